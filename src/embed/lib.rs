//! Sentence embeddings on the processor: an int8 BERT encoder, its tokenizer, and the
//! threads that run them.
//!
//! [`Model`] is what turns texts into vectors, built in or read from a directory;
//! [`Embedder`] owns the threads that do it. [`vector`] compares what comes out. Nothing
//! here knows what the texts are.

mod bert;
#[cfg(feature = "model")]
mod builtin;
mod directory;
mod embedder;
mod error;
pub mod format;
mod kernels;
mod meeting;
mod model;
#[cfg(feature = "onnx")]
mod onnx;
#[cfg(feature = "onnx")]
mod onnx_api;
mod pool;
mod prompts;
pub mod quantize;
mod team;
mod tensors;
mod tokenizer;
pub mod vector;
mod weights;
mod wordpiece;

pub use bert::{Encoder, Scratch, SequenceError};
pub use embedder::Embedder;
pub use error::Error;
pub use kernels::Level;
pub use model::{Kind, Model, ModelInfo};
pub use team::Team;
