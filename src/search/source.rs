use std::path::PathBuf;
use std::sync::Arc;

use super::BoxError;
use crate::model::{Language, LinkOrder, PagePath, Revision, WikiId};
use crate::repo::BlobId;

/// One wiki's content, as the index needs it. Implemented over git by the composition root.
pub trait Source: Send + Sync {
    /// The newest commit; `None` while the wiki has none.
    ///
    /// # Errors
    /// When the repository cannot be read; the worker tries again later.
    fn tip(&self) -> Result<Option<Revision>, BoxError>;

    /// The pages that differ between the files of two commits, or every page when `from` is
    /// `None`. Answers `None` when the wiki does not have one of them: the index is then rebuilt.
    ///
    /// # Errors
    /// When the repository cannot be read; the worker tries again later.
    fn changes(&self, from: Option<Revision>, to: Revision) -> Result<Option<Vec<SourceChange>>, BoxError>;

    /// A page's Markdown, with what is not UTF-8 replaced; empty when it is too large to be read.
    ///
    /// # Errors
    /// When the repository cannot be read or holds no such file; the worker tries again later.
    fn text(&self, blob: BlobId) -> Result<String, BoxError>;

    /// How its pages write links.
    fn link_order(&self) -> LinkOrder {
        LinkOrder::default()
    }
}

/// A page that was written, or deleted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceChange {
    pub path: PagePath,
    /// Its new file; `None` when it is deleted.
    pub blob: Option<BlobId>,
}

/// Where a wiki's index lives, and what it reflects.
#[derive(Clone)]
pub struct Place {
    /// The directory of the text index alone (`index/text`): it is removed when damaged.
    pub dir: PathBuf,
    /// What the wiki is written in.
    pub language: Language,
    pub source: Arc<dyn Source>,
}

/// Finds a wiki. Asked when an index is opened or brought up to date, so cheap enough to be
/// asked often. Any function of that shape is one.
pub trait Places: Send + Sync {
    /// `None`: there is no such wiki (any more).
    ///
    /// # Errors
    /// When this cannot be found out now; the worker tries again later.
    fn place(&self, wiki: WikiId) -> Result<Option<Place>, BoxError>;
}

impl<F> Places for F
where
    F: Fn(WikiId) -> Result<Option<Place>, BoxError> + Send + Sync,
{
    fn place(&self, wiki: WikiId) -> Result<Option<Place>, BoxError> {
        self(wiki)
    }
}
