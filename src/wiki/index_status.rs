use std::path::Path;

use super::{Access, Read, Wiki, WikiError, Wikis, Write};
use crate::auth::Operator;
use crate::catalog::State;
use crate::model::{Revision, Slug, WikiId};
use crate::search::{self, Error, VectorStatus};

/// How far the indexes of a wiki are behind it.
#[derive(Clone, Debug)]
pub struct IndexStatus {
    /// The wiki's newest commit.
    pub tip: Option<Revision>,
    pub text: TextIndexStatus,
    /// None without an embedding model.
    pub vectors: Option<VectorIndexStatus>,
}

#[derive(Clone, Debug)]
pub struct TextIndexStatus {
    pub status: search::Status,
    /// Commits between what is indexed and the tip; none when that cannot be said, as before
    /// the first indexing.
    pub lag: Option<usize>,
    /// Bytes on disk.
    pub disk: u64,
}

#[derive(Clone, Debug)]
pub struct VectorIndexStatus {
    pub status: VectorStatus,
    /// As for text. While pages are being embedded there is progress instead.
    pub lag: Option<usize>,
    /// The model's name, for people.
    pub model_name: String,
}

/// What became of the wish to have everything indexed anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reindexing {
    Started,
    /// It is being done already.
    Running,
}

/// The name of the embedding model; none without one.
#[must_use]
pub fn embedding_model(wikis: &Wikis) -> Option<String> {
    wikis.vectors().model().map(|model| model.name.clone())
}

impl IndexStatus {
    /// Whether everything is being indexed anew, or for the first time.
    #[must_use]
    pub fn is_rebuilding(&self) -> bool {
        self.text.status.rebuilding || self.vectors.as_ref().is_some_and(|vectors| vectors.status.rebuilding)
    }

    /// Why one of them does not come on.
    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        let vectors = self.vectors.as_ref().and_then(|vectors| vectors.status.last_error.as_deref());
        self.text.status.last_error.as_deref().or(vectors)
    }
}

/// How far the indexes are.
///
/// # Errors
/// When an index cannot be opened, or on a storage failure.
pub fn index_status(wikis: &Wikis, access: &Access<Read>) -> Result<IndexStatus, WikiError> {
    wikis.index_status_of(access.wiki(), access.slug())
}

/// Has everything indexed anew, in the background; the indexes that there are answer
/// meanwhile. Without a model that is the text.
///
/// # Errors
/// None at present; a wiki that cannot be indexed says so in its status.
pub fn reindex(wikis: &Wikis, access: &Access<Write>) -> Result<Reindexing, WikiError> {
    wikis.reindex_wiki(access.id())
}

impl Wikis {
    /// As [`reindex`], for the operator.
    ///
    /// # Errors
    /// When there is no such wiki, or on a storage failure.
    pub fn reindex(&self, proof: Operator, slug: &Slug) -> Result<Reindexing, WikiError> {
        let id = self.find(proof, slug)?;
        // Opened here, so that what is wrong with it is told at once.
        self.open(id, slug)?;
        self.reindex_wiki(id)
    }

    /// As [`index_status`], for the operator.
    ///
    /// # Errors
    /// When there is no such wiki, an index cannot be opened, or on a storage failure.
    pub fn index_status(&self, proof: Operator, slug: &Slug) -> Result<IndexStatus, WikiError> {
        let wiki = self.open(self.find(proof, slug)?, slug)?;
        self.index_status_of(&wiki, slug)
    }

    fn index_status_of(&self, wiki: &Wiki, slug: &Slug) -> Result<IndexStatus, WikiError> {
        let text = self.indexes().status(wiki.id())?;
        let vectors = match self.vectors().status(wiki.id()) {
            Ok(status) => Some(status),
            Err(Error::NoModel) => None,
            Err(error) => return Err(error.into()),
        };
        let model_name = self.vectors().model().map(|model| model.name.clone()).unwrap_or_default();
        let disk = size_of_files(&self.wiki_dir(slug).join("index").join("text"));
        let state = wiki.current()?;
        let behind = |indexed: Option<Revision>| indexed.and_then(|indexed| lag(&state, indexed));
        Ok(IndexStatus {
            tip: state.commit(),
            text: TextIndexStatus { lag: behind(text.indexed), status: text, disk },
            vectors: vectors.map(|status| VectorIndexStatus { lag: behind(status.indexed), status, model_name }),
        })
    }

    /// Has all pages embedded anew, in the background, if there is a model.
    pub(super) fn embed_anew(&self, id: WikiId) {
        match self.vectors().rebuild(id) {
            Ok(_) | Err(Error::NoModel) => {}
            Err(error) => tracing::warn!(%id, %error, "pages are not embedded anew"),
        }
    }

    fn reindex_wiki(&self, id: WikiId) -> Result<Reindexing, WikiError> {
        let text = self.indexes().rebuild(id);
        let vectors = match self.vectors().rebuild(id) {
            Ok(started) => started,
            Err(Error::NoModel) => false,
            Err(error) => return Err(error.into()),
        };
        Ok(if text || vectors { Reindexing::Started } else { Reindexing::Running })
    }
}

/// Commits that an index has not seen.
fn lag(state: &State, indexed: Revision) -> Option<usize> {
    let place = state.log().place(indexed)?;
    Some(state.log().len().saturating_sub(place as usize + 1))
}

/// Bytes of the files in a directory; what cannot be looked at does not count.
fn size_of_files(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}
