//! What the search needs of an embedding model: a seam, so that everything around it can be
//! tested without one.

use super::BoxError;
use crate::embed::{Embedder, ModelInfo};

/// Turns texts into vectors of length 1, so that their inner product says how alike they are.
/// Everything here blocks.
pub trait Embed: Send + Sync {
    fn info(&self) -> &ModelInfo;

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

impl Embed for Embedder {
    fn info(&self) -> &ModelInfo {
        Self::info(self)
    }

    fn query(&self, text: &str) -> Result<Vec<f32>, BoxError> {
        Ok(Self::query(self, text)?)
    }

    fn passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, BoxError> {
        Ok(Self::passages(self, texts)?)
    }

    fn tokens(&self, text: &str) -> usize {
        Self::tokens(self, text)
    }

    fn shutdown(&self) {
        Self::shutdown(self);
    }
}
