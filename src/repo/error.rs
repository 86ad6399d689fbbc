use std::io;
use std::path::{Path, PathBuf};

use crate::model::Revision;

/// Why a repository could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody committed since the caller looked; it decides on the new tip again.
    #[error("the wiki changed in the meantime")]
    TipMoved { actual: Option<Revision> },
    #[error("nothing changed")]
    NothingChanged,
    #[error("'{path}' does not exist")]
    Missing { path: String },
    #[error("'{path}' already exists")]
    Exists { path: String },
    /// A directory where a file is to be, a file where a directory is to be, or an entry
    /// that is neither (a symbolic link, a submodule).
    #[error("'{path}' is not a file")]
    NotAFile { path: String },
    #[error("there is no revision {0}")]
    UnknownRevision(Revision),
    #[error("{size} bytes are more than the limit of {limit}")]
    TooLarge { size: u64, limit: u64 },
    #[error("more than {limit} entries in one tree")]
    TooManyEntries { limit: usize },
    #[error("another process holds {}", lock.display())]
    Locked { lock: PathBuf },
    #[error("failed to {action} {}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("repository is damaged: {0}")]
    Damaged(String),
    #[error("failed to read the repository")]
    Git(#[from] gix::Error),
}

/// Adds to an I/O error what was attempted, on which path.
pub(super) trait During<T> {
    fn during(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io { action, path: path.to_owned(), source })
    }
}
