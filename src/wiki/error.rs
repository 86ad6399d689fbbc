use super::AccessError;
use crate::model::{PagePath, PathError, Revision, RevisionError};
use crate::store::StoreError;
use crate::{repo, search};

/// Why a use case did not do what was asked. The texts are for whoever asked; those that
/// the predecessor's clients know are kept to the letter (reference 1.4).
#[derive(Debug, thiserror::Error)]
pub enum WikiError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("path: {0}")]
    Path(#[from] PathError),
    #[error("{0}")]
    Revision(#[from] RevisionError),
    #[error("Page not found: {path}")]
    NoSuchPage { path: String, near: Vec<PagePath> },
    #[error("Attachment not found: {name}")]
    NoSuchAttachment { name: String },
    #[error("Revision required when updating an existing page. Read the page first to get the current revision.")]
    RevisionRequired,
    #[error("Revision mismatch: page has been modified since last read.")]
    RevisionMismatch { current: Revision },
    #[error("Page was deleted since last read: {path}. Omit the revision to create it again.")]
    PageDeleted { path: String },
    #[error("old_string not found in page content")]
    OldStringMissing,
    #[error("old_string is ambiguous: found {count} occurrences. Provide a longer unique string.")]
    OldStringAmbiguous {
        count: usize,
        /// 1-based lines on which the first hundred occurrences begin, in order.
        lines: Vec<usize>,
    },
    #[error("{field} {problem}")]
    Invalid { field: &'static str, problem: String },
    #[error("{field} is too large: the limit is {limit} bytes")]
    TooLarge { field: &'static str, limit: u64 },
    #[error("this wiki has reached its limit of {limit} {what}; edits that do not add to it still work")]
    LimitReached { what: &'static str, limit: u64 },
    #[error("the page is not UTF-8 text: {path}; it can be fetched with git")]
    NotText { path: String },
    #[error("a wiki '{0}' exists already")]
    SlugTaken(String),
    #[error("'{path}' cannot be a page and a folder's file at once: {cause}")]
    PathTaken { path: String, cause: String },
    #[error("import: {0}")]
    Import(String),
    #[error("the wiki is being changed elsewhere; try again")]
    Busy,
    #[error("storage: {0}")]
    Store(#[from] StoreError),
    #[error("repository: {0}")]
    Repo(#[from] repo::Error),
    #[error("search index: {0}")]
    Search(#[from] search::Error),
    #[error("{what}: {cause}")]
    Io { what: &'static str, cause: std::io::Error },
}
