//! Sentence embeddings on the processor: an int8 BERT encoder, its tokenizer, and the
//! threads that run them.
//!
//! [`Model`] is what turns texts into vectors, built in or read from a directory;
//! [`Embedder`] owns the threads that do it. Nothing here knows what the texts are.

mod bert;
mod error;
mod model;
mod pool;
mod tokenizer;
mod wordpiece;

pub use error::Error;
pub use model::{Kind, Model, ModelInfo};
pub use pool::Embedder;
