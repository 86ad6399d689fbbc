//! What the search needs of an embedding model: a seam, so that everything around it can be
//! tested without one.

use super::BoxError;

/// The model behind an [`Embed`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelInfo {
    /// Differs whenever the vectors would: name, digest, format.
    pub id: String,
    /// For people.
    pub name: String,
    /// Numbers in a vector.
    pub dimensions: usize,
    /// Tokens of a text that it reads; the rest would be ignored.
    pub max_tokens: usize,
}

/// Turns texts into vectors of length 1, so that their inner product says how alike they are.
/// Everything here blocks.
pub trait Embed: Send + Sync {
    fn model(&self) -> &ModelInfo;

    /// The vector of what somebody asks.
    ///
    /// # Errors
    /// When the model is too busy or failed.
    fn query(&self, text: &str) -> Result<Vec<f32>, BoxError>;

    /// The vectors of what may be found, in order. Gives way to queries.
    ///
    /// # Errors
    /// When the model failed or is being shut down.
    fn passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, BoxError>;

    /// How many tokens the model would read of a text, its own marks not counted.
    fn tokens(&self, text: &str) -> usize;

    /// Ends its threads; later calls fail.
    fn shutdown(&self) {}
}
