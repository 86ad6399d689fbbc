use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;

use super::Wikis;
use crate::catalog::Catalog;
use crate::model::{LinkOrder, PagePath, Revision, WikiId};
use crate::repo::{self, BlobId, FileChange, Repo, Snapshot};
use crate::search::{BoxError, Place, Places, Source, SourceChange};

/// Finds wikis for the index worker, which starts before [`Wikis`] exists and must not
/// keep it alive.
#[derive(Clone, Default)]
pub(super) struct WikiPlaces {
    wikis: Arc<OnceLock<Weak<Wikis>>>,
}

/// The same for the worker of one kind of index.
pub(super) struct IndexPlaces {
    wikis: WikiPlaces,
    name: &'static str,
}

impl WikiPlaces {
    pub(super) fn serve(&self, wikis: &Arc<Wikis>) {
        // Set once, by the only caller.
        let _already = self.wikis.set(Arc::downgrade(wikis));
    }

    /// For the indexes that are in `index/{name}`.
    pub(super) fn below(&self, name: &'static str) -> IndexPlaces {
        IndexPlaces { wikis: self.clone(), name }
    }
}

impl Places for IndexPlaces {
    fn place(&self, wiki: WikiId) -> Result<Option<Place>, BoxError> {
        match self.wikis.wikis.get().and_then(Weak::upgrade) {
            Some(wikis) => Ok(wikis.index_place(wiki, self.name)?),
            None => Ok(None),
        }
    }
}

/// Larger files are no pages to be read: more than `limits.page_bytes` can allow. Bytes.
const LARGEST_PAGE: u64 = 16 << 20;

/// A repository as the search index reads it.
pub(super) struct RepoSource {
    repo: Arc<Repo>,
    catalog: Arc<Catalog>,
    /// How the wiki's owner wants links to be read.
    order: LinkOrder,
    /// Keeps what reading one object after the other has to look up.
    reader: Mutex<Option<Snapshot>>,
}

impl RepoSource {
    pub(super) const fn new(repo: Arc<Repo>, catalog: Arc<Catalog>, order: LinkOrder) -> Self {
        Self { repo, catalog, order, reader: Mutex::new(None) }
    }
}

impl Source for RepoSource {
    fn tip(&self) -> Result<Option<Revision>, BoxError> {
        // The worker comes by after every change, off every request's way: the time to read
        // links in the order that is wanted now, and to keep the copy of the metadata on disk
        // from falling behind.
        self.catalog.reorder(&self.repo, self.order)?;
        let tip = self.catalog.catch_up(&self.repo)?;
        self.catalog.store_if_due();
        Ok(tip)
    }

    fn changes(&self, from: Option<Revision>, to: Revision) -> Result<Option<Vec<SourceChange>>, BoxError> {
        if self.repo.at(to)?.is_none() {
            return Ok(None);
        }
        let changes = match self.repo.changes(from, to) {
            Ok(changes) => changes,
            Err(_unknown) if from.is_some() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let page =
            |change: FileChange| PagePath::from_file(&change.path).map(|path| SourceChange { path, blob: change.new });
        Ok(Some(changes.into_iter().filter_map(page).collect()))
    }

    fn link_order(&self) -> LinkOrder {
        self.order
    }

    fn text(&self, blob: BlobId) -> Result<String, BoxError> {
        let mut reader = self.reader.lock();
        let reader = match &mut *reader {
            Some(reader) => reader,
            none => none.insert(self.repo.at_tip()?.with_limit(LARGEST_PAGE)),
        };
        match reader.blob(blob) {
            Ok(bytes) => Ok(String::from_utf8(bytes)
                .unwrap_or_else(|invalid| String::from_utf8_lossy(invalid.as_bytes()).into_owned())),
            Err(repo::Error::TooLarge { .. }) => Ok(String::new()),
            Err(error) => Err(error.into()),
        }
    }
}
