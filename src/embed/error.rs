use std::io;
use std::path::PathBuf;

/// Why a model cannot be used, or a text was not embedded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    /// A file of a model is damaged, or asks for what this encoder does not do.
    #[error("{}: {problem}", path.display())]
    Model { path: PathBuf, problem: String },
    /// The model inside the binary is damaged.
    #[error("the built-in model is damaged: {0}")]
    Builtin(String),
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
    /// More queries are waiting than may; ask again later.
    #[error("too many texts are waiting to be embedded")]
    Busy,
    /// [`Embedder::shutdown`](crate::Embedder::shutdown) came first.
    #[error("the embedding threads have ended")]
    Stopped,
    /// A defect: the encoder refused or panicked. Other texts are not affected.
    #[error("embedding failed: {0}")]
    Failed(String),
}
