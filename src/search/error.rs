use std::io;
use std::path::PathBuf;

/// What a [`super::Source`] or [`super::Places`] may fail with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why something could not be searched or indexed. Damage is not among these where it can be
/// repaired: an index is derived, so it is emptied and built again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused; repair needs the operator.
    #[error("text index {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    /// tantivy failed.
    #[error("text index: {0}")]
    Index(#[from] tantivy::TantivyError),
    /// The files were found damaged while in use. The worker rebuilds them.
    #[error("text index is damaged: {0}")]
    Damaged(String),
    /// The file system refused; the vectors stay what they were.
    #[error("vectors: {0}")]
    Vectors(io::Error),
    /// Nothing was embedded: the model is too busy, or failed.
    #[error("embedding: {0}")]
    Model(BoxError),
    /// There is no embedding model in this installation.
    #[error("this installation has no embedding model")]
    NoModel,
    /// The wiki's content could not be read.
    #[error("reading the wiki: {0}")]
    Source(BoxError),
    /// A state of the past differs from the index in more pages, or in more text, than are
    /// indexed for one search.
    #[error("{pages} pages differ from that revision; a search of the past can have at most {limit}")]
    TooManyDiffer { pages: usize, limit: usize },
    #[error("the pages that differ from that revision have more than {limit} bytes")]
    TooLargeDifference { limit: usize },
    /// The wiki has no such commit.
    #[error("no such revision: {0}")]
    NoSuchRevision(crate::model::Revision),
    /// The wiki is not there (any more).
    #[error("no such wiki")]
    UnknownWiki,
    /// The background thread could not be started.
    #[error("starting the index worker: {0}")]
    Thread(io::Error),
}

impl Error {
    /// Whether it says that an index's files are not what they should be.
    pub(super) const fn is_damage(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Index(_) | Self::Damaged(_))
    }
}
