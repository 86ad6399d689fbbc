//! Sentence embeddings on the processor: an int8 BERT encoder and its tokenizer.

mod bert;
pub mod format;
mod kernels;
pub mod quantize;
pub mod vector;
mod weights;

pub use bert::{Encoder, Scratch, SequenceError};
pub use kernels::Level;
