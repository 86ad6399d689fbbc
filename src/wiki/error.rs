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
    #[error("Revision not found: {revision}")]
    NoSuchRevision { revision: String },
    #[error("{}: {query}", if *ambiguous { "Section is ambiguous" } else { "Section not found" })]
    NoSuchSection {
        query: String,
        /// The sections that could be meant, else all of the page, as paths that find them.
        candidates: Vec<String>,
        ambiguous: bool,
    },
    #[error("Attachment not found: {name}")]
    NoSuchAttachment { name: String },
    #[error("Revision required when updating an existing page. Read the page first to get the current revision.")]
    RevisionRequired,
    #[error("Revision mismatch: page has been modified since last read.")]
    RevisionMismatch { current: Revision },
    #[error("Page was deleted since last read: {path}. Omit the revision to create it again.")]
    PageDeleted { path: String },
    #[error("A page already exists at: {path}")]
    PageExists { path: String },
    #[error("A file already exists at: {path}")]
    FileExists { path: String },
    #[error("Invalid filename")]
    AttachmentName,
    #[error("there is no small version of {name}: {reason}")]
    NoThumbnail { name: String, reason: &'static str },
    #[error("Attachment too large (max {}MB)", limit >> 20)]
    AttachmentTooLarge { limit: u64 },
    #[error("Page not found: {path} at revision {revision}")]
    NotAtRevision { path: String, revision: String },
    #[error("Your change overlaps with somebody else's: {} place(s) cannot be merged.", .0.clashes.len())]
    Conflict(Box<super::Conflict>),
    #[error("{} file(s) were changed since in a way that keeps the commit from being undone", .0.len())]
    RevertObstacles(Vec<super::Obstacle>),
    #[error("another window has a newer draft of this page")]
    DraftElsewhere,
    #[error("this idempotency key was used for another request")]
    KeyReused,
    #[error("old_string not found in page content")]
    OldStringMissing {
        /// Which of several edits, from 0.
        edit: usize,
        near: Option<super::NearMiss>,
    },
    #[error("old_string is ambiguous: found {count} occurrences. Provide a longer unique string.")]
    OldStringAmbiguous {
        /// Which of several edits, from 0.
        edit: usize,
        count: usize,
        /// 1-based lines on which the first hundred occurrences begin, in order.
        lines: Vec<usize>,
    },
    #[error("old_string was found {count} times, expected_count is {expected}")]
    OccurrencesDiffer { edit: usize, expected: usize, count: usize, lines: Vec<usize> },
    #[error("changes[{index}]: {error}")]
    InBatch { index: usize, error: Box<WikiError> },
    #[error("{field} {problem}")]
    Invalid { field: &'static str, problem: String },
    #[error("{field} is too large: the limit is {limit} bytes")]
    TooLarge { field: &'static str, limit: u64 },
    #[error("this wiki has reached its limit of {limit} {what}; edits that do not add to it still work")]
    LimitReached { what: &'static str, limit: u64 },
    #[error("the page is not UTF-8 text: {path}; it can be fetched with git")]
    NotText { path: String },
    #[error("you own {limit} wikis already, which is the limit here")]
    TooManyWikis { limit: u64 },
    #[error("a wiki has at most {limit} people beside its owner")]
    TooManyCollaborators { limit: u64 },
    #[error("a wiki needs an owner: make somebody else one first")]
    LastOwner,
    #[error("no account '{0}'")]
    NoSuchPerson(String),
    #[error("'{0}' is nothing on this wiki")]
    NotACollaborator(String),
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
    Search(search::Error),
    #[error("{what}: {cause}")]
    Io { what: &'static str, cause: std::io::Error },
}

impl From<search::Error> for WikiError {
    fn from(error: search::Error) -> Self {
        use search::Error as E;
        match error {
            E::NoSuchRevision(revision) => Self::NoSuchRevision { revision: revision.to_string() },
            E::TooManyDiffer { .. } | E::TooLargeDifference { .. } => {
                Self::Invalid { field: "as_of", problem: format!("is too far from now: {error}") }
            }
            error => Self::Search(error),
        }
    }
}
