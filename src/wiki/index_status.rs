use super::{Access, Read, WikiError, Wikis, Write};
use crate::catalog::State;
use crate::model::{Revision, WikiId};
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

/// How far the indexes are.
///
/// # Errors
/// When an index cannot be opened, or on a storage failure.
pub fn index_status(wikis: &Wikis, access: &Access<Read>) -> Result<IndexStatus, WikiError> {
    let text = wikis.indexes().status(access.id())?;
    let vectors = match wikis.vectors().status(access.id()) {
        Ok(status) => Some(status),
        Err(Error::NoModel) => None,
        Err(error) => return Err(error.into()),
    };
    let model_name = embedding_model(wikis).unwrap_or_default();
    let state = access.wiki().current()?;
    let behind = |indexed: Option<Revision>| indexed.and_then(|indexed| lag(&state, indexed));
    Ok(IndexStatus {
        tip: state.commit(),
        text: TextIndexStatus { lag: behind(text.indexed), status: text },
        vectors: vectors.map(|status| VectorIndexStatus { lag: behind(status.indexed), status, model_name }),
    })
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
    pub(super) fn reindex_wiki(&self, id: WikiId) -> Result<Reindexing, WikiError> {
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
