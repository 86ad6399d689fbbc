//! What embeddings show of a wiki. The caller knows the wiki; this module only asks.

use crate::model::PagePath;

/// The wiki, as far as an embedding asks about it. Answers hold no more than was asked for.
pub trait Sources {
    /// The files of a page, ordered by name, and whether there are more than `most`; none when
    /// there is no such page.
    fn files(&self, page: &PagePath, most: usize) -> Option<Part<FileEntry>>;

    /// Whether a path from the wiki's root is an attached file.
    fn is_file(&self, path: &str) -> bool;

    /// The bytes of the attached file at a path from the wiki's root.
    ///
    /// # Errors
    /// [`SourceError`], when it is not there, larger than `most` bytes, or cannot be read.
    fn file(&self, path: &str, most: usize) -> Result<Vec<u8>, SourceError>;

    /// The pages whose folded paths ([`PagePath::fold`]) pass `wanted`, in reading order, and whether
    /// there are more than `most`.
    fn pages(&self, wanted: &dyn Fn(&str) -> bool, most: usize) -> Part<PagePath>;

    /// Title and anchor of each heading of a page that is stored under this path, in order.
    fn headings(&self, page: &PagePath) -> Vec<(String, String)>;

    /// The text of a page that is stored under this path.
    ///
    /// # Errors
    /// [`SourceError`], when it is not there, larger than `most` bytes, or cannot be read.
    fn page(&self, path: &PagePath, most: usize) -> Result<String, SourceError>;
}

/// The beginning of a list.
#[derive(Clone, Debug)]
pub struct Part<T> {
    pub entries: Vec<T>,
    /// Whether there is more.
    pub more: bool,
}

/// A file, for a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileEntry {
    pub name: String,
    /// For people: `12 KB`.
    pub size: String,
    /// The day of its last change, `2026-11-29`.
    pub changed: Option<String>,
}

/// Why there is nothing to show. The texts complete "The file ...".
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SourceError {
    #[error("is not there")]
    Missing,
    #[error("is too large to be shown")]
    TooLarge,
    #[error("is not text")]
    NotText,
    #[error("cannot be read now")]
    Failed,
}

/// No wiki: every list is empty and nothing is there.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSources;

impl Sources for NoSources {
    fn files(&self, _page: &PagePath, _most: usize) -> Option<Part<FileEntry>> {
        None
    }

    fn is_file(&self, _path: &str) -> bool {
        false
    }

    fn file(&self, _path: &str, _most: usize) -> Result<Vec<u8>, SourceError> {
        Err(SourceError::Missing)
    }

    fn pages(&self, _wanted: &dyn Fn(&str) -> bool, _most: usize) -> Part<PagePath> {
        Part { entries: Vec::new(), more: false }
    }

    fn headings(&self, _page: &PagePath) -> Vec<(String, String)> {
        Vec::new()
    }

    fn page(&self, _path: &PagePath, _most: usize) -> Result<String, SourceError> {
        Err(SourceError::Missing)
    }
}
