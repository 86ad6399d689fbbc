use serde_json::{Map, Value};

use super::versions::history_of;
use super::{Access, By, Read, WikiError};
use crate::catalog::State;
use crate::markdown;
use crate::model::{PagePath, Revision, RevisionPrefix, UnixSeconds};
use crate::repo::{CommitInfo, Snapshot};

/// A page as it is, or was.
#[derive(Clone, Debug)]
pub struct Page {
    /// As it is stored.
    pub path: PagePath,
    /// The front matter's title, else the last component of the path.
    pub name: String,
    /// The file, front matter included.
    pub content: String,
    pub front_matter: Option<Map<String, Value>>,
    /// The last commit that changed it, as of the revision that was asked for.
    pub last: Option<LastChange>,
    pub links_to: Vec<PagePath>,
    pub linked_from: Vec<PagePath>,
    /// The wiki's newest commit when this was read.
    pub as_of: Option<Revision>,
}

/// A commit, as readers see it.
#[derive(Clone, Debug)]
pub struct LastChange {
    pub revision: Revision,
    pub author: String,
    pub by: By,
    /// Seconds since the epoch, and the author's offset from UTC in seconds.
    pub time: UnixSeconds,
    pub offset: i32,
    pub message: String,
}

impl From<&CommitInfo> for LastChange {
    fn from(commit: &CommitInfo) -> Self {
        Self {
            revision: commit.revision,
            author: commit.author.clone(),
            by: By::of(commit),
            time: commit.time,
            offset: commit.offset_seconds,
            message: commit.message.clone(),
        }
    }
}

/// Reads a page, at the tip or as of a revision.
///
/// At the tip every spelling finds it. As of a revision, the name must be the one it has
/// now, or exactly the one it had then.
///
/// # Errors
/// [`WikiError::NoSuchPage`], [`WikiError::NotText`], or a storage failure.
pub fn read(access: &Access<Read>, path: &PagePath, at: Option<&RevisionPrefix>) -> Result<Page, WikiError> {
    let wiki = access.wiki();
    let state = wiki.current()?;
    let stored = state.resolve(path).unwrap_or(path).clone();
    let Some(at) = at else {
        let entry = state.page(&stored).ok_or_else(|| no_such_page(&state, path))?;
        let (last, blob, links_to) = (entry.last.as_deref().map(LastChange::from), entry.blob, state.links_of(&stored));
        let linked_from = state.linked_from(&stored);
        let links_to = links_to.into_iter().map(|link| link.path).collect();
        let Some(commit) = state.commit() else { return Err(no_such_page(&state, path)) };
        drop(state);
        let snapshot = wiki.repo().at(commit)?.ok_or_else(|| missing(path))?;
        return page(stored, snapshot.blob(blob)?, last, links_to, linked_from, Some(commit));
    };
    let as_of = state.commit();
    drop(state);
    let revision = wiki.find(at)?.ok_or_else(|| missing(path))?;
    let snapshot = wiki.repo().at(revision)?.ok_or_else(|| missing(path))?;
    let bytes = snapshot.read(&stored.file())?.ok_or_else(|| missing(path))?;
    let last = history_of(access, &stored.file(), revision, 1)?.first().map(|entry| LastChange::from(&entry.commit));
    page(stored, bytes, last, Vec::new(), Vec::new(), as_of)
}

fn page(
    path: PagePath,
    bytes: Vec<u8>,
    last: Option<LastChange>,
    mut links_to: Vec<PagePath>,
    linked_from: Vec<PagePath>,
    as_of: Option<Revision>,
) -> Result<Page, WikiError> {
    let content = String::from_utf8(bytes).map_err(|_invalid| WikiError::NotText { path: path.to_string() })?;
    let front = markdown::front_matter(&content);
    let name = front.title().unwrap_or_else(|| path.leaf().to_owned());
    let front_matter = front.fields;
    links_to.sort();
    links_to.dedup();
    Ok(Page { path, name, content, front_matter, last, links_to, linked_from, as_of })
}

/// The path under which a page is stored, for any spelling of it.
///
/// # Errors
/// On a storage failure.
pub fn find_page(access: &Access<Read>, path: &PagePath) -> Result<Option<PagePath>, WikiError> {
    Ok(access.wiki().current()?.resolve(path).cloned())
}

/// Looks up what the links of a page mean: the stored path for any spelling of a target.
pub fn link_targets(access: &Access<Read>) -> impl Fn(&str) -> Option<PagePath> + '_ {
    move |target| access.wiki().known().resolve(&PagePath::parse(target).ok()?).cloned()
}

/// Pages with similar names, best first.
///
/// # Errors
/// On a storage failure.
pub fn near_pages(access: &Access<Read>, path: &PagePath) -> Result<Vec<PagePath>, WikiError> {
    Ok(access.wiki().current()?.near(path, 5))
}

pub(super) fn no_such_page(state: &State, path: &PagePath) -> WikiError {
    WikiError::NoSuchPage { path: path.to_string(), near: state.near(path, 5) }
}

fn missing(path: &PagePath) -> WikiError {
    WikiError::NoSuchPage { path: path.to_string(), near: Vec::new() }
}

/// The bytes of a file as of a revision prefix; none when either does not exist.
pub(super) fn snapshot_at(access: &Access<Read>, at: &RevisionPrefix) -> Result<Option<Snapshot>, WikiError> {
    match access.wiki().find(at)? {
        Some(revision) => Ok(access.wiki().repo().at(revision)?),
        None => Ok(None),
    }
}

/// The newest commit of the wiki; none while it is empty.
///
/// # Errors
/// On a storage failure.
pub fn tip(access: &Access<Read>) -> Result<Option<Revision>, WikiError> {
    access.wiki().tip()
}
