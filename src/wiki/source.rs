use std::sync::{Arc, OnceLock, Weak};

use super::Wikis;
use crate::catalog::Catalog;
use crate::markdown;
use crate::model::{PagePath, Revision, WikiId};
use crate::repo::{self, Repo, Snapshot};
use crate::search::{BoxError, IndexedPage, Place, Places, Source, SourceChange};

/// Finds wikis for the index worker, which starts before [`Wikis`] exists and must not
/// keep it alive.
#[derive(Clone, Default)]
pub(super) struct WikiPlaces {
    wikis: Arc<OnceLock<Weak<Wikis>>>,
}

impl WikiPlaces {
    pub(super) fn serve(&self, wikis: &Arc<Wikis>) {
        // Set once, by the only caller.
        let _already = self.wikis.set(Arc::downgrade(wikis));
    }
}

impl Places for WikiPlaces {
    fn place(&self, wiki: WikiId) -> Result<Option<Place>, BoxError> {
        match self.wikis.get().and_then(Weak::upgrade) {
            Some(wikis) => Ok(wikis.index_place(wiki)?),
            None => Ok(None),
        }
    }
}

/// A repository as the search index reads it.
pub(super) struct RepoSource {
    repo: Arc<Repo>,
    catalog: Arc<Catalog>,
}

impl RepoSource {
    pub(super) const fn new(repo: Arc<Repo>, catalog: Arc<Catalog>) -> Self {
        Self { repo, catalog }
    }

    fn page(snapshot: &Snapshot, path: &PagePath, blob: repo::BlobId) -> Result<IndexedPage, repo::Error> {
        let bytes = match snapshot.blob(blob) {
            Ok(bytes) => bytes,
            Err(repo::Error::TooLarge { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8_lossy(&bytes);
        let front = markdown::front_matter(&text);
        Ok(IndexedPage {
            title: front.title().unwrap_or_else(|| crate::model::display_name(path.leaf())),
            headings: markdown::headings(&text).into_iter().map(|heading| heading.title).collect(),
            tags: front.tags(),
            body: markdown::plain_text(&text),
        })
    }
}

impl Source for RepoSource {
    fn tip(&self) -> Result<Option<Revision>, BoxError> {
        // The worker comes by after every change, off every request's way: the time to keep
        // the copy of the metadata on disk from falling behind.
        let tip = self.catalog.catch_up(&self.repo)?;
        self.catalog.store_if_due();
        Ok(tip)
    }

    fn changes(&self, from: Option<Revision>, to: Revision) -> Result<Option<Vec<SourceChange>>, BoxError> {
        let Some(snapshot) = self.repo.at(to)? else { return Ok(None) };
        let changes = match self.repo.changes(from, to) {
            Ok(changes) => changes,
            Err(_unknown) if from.is_some() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut pages = Vec::new();
        for change in changes {
            let Some(path) = PagePath::from_file(&change.path) else { continue };
            let page = change.new.map(|blob| Self::page(&snapshot, &path, blob)).transpose()?;
            pages.push(SourceChange { path, page });
        }
        Ok(Some(pages))
    }
}
