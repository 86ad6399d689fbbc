use super::{Access, AsOf, Read, WikiError};
use crate::model::{PagePath, RepoPath, Revision, RevisionPrefix, UnixSeconds};
use crate::repo::{CommitInfo, HistoryEntry, Snapshot};

/// A page's file in some commit.
pub(super) struct Version {
    pub(super) revision: Revision,
    pub(super) snapshot: Snapshot,
    /// What the page was called there; none when it was not there.
    pub(super) path: Option<PagePath>,
}

/// The last commit at a time or before it; none when the wiki is younger.
///
/// # Errors
/// On a storage failure.
pub fn revision_at(access: &Access<Read>, time: UnixSeconds) -> Result<Option<Revision>, WikiError> {
    let state = access.wiki().current()?;
    Ok(state.commit().and_then(|tip| state.log().as_of(tip, time)))
}

/// The commit that a state of the past was.
///
/// # Errors
/// [`WikiError::NoSuchRevision`] when there is none, or a storage failure.
pub fn revision_of(access: &Access<Read>, as_of: &AsOf) -> Result<Revision, WikiError> {
    match as_of {
        AsOf::Revision(prefix) => find(access, prefix),
        AsOf::Time(time) => {
            let none = || WikiError::NoSuchRevision { revision: "before the first change".to_owned() };
            revision_at(access, *time)?.ok_or_else(none)
        }
    }
}

/// The one commit that a prefix means.
pub(super) fn find(access: &Access<Read>, prefix: &RevisionPrefix) -> Result<Revision, WikiError> {
    let found = access.wiki().find(prefix)?;
    found.ok_or_else(|| WikiError::NoSuchRevision { revision: prefix.to_string() })
}

/// A page as of a commit, under the name that it has now or any that it had before.
///
/// `path` is how the page is called now, or was called then.
pub(super) fn version(access: &Access<Read>, path: &PagePath, revision: Revision) -> Result<Version, WikiError> {
    let wiki = access.wiki();
    let unknown = || WikiError::NoSuchRevision { revision: revision.to_string() };
    let snapshot = wiki.repo().at(revision)?.ok_or_else(unknown)?;
    if snapshot.find(&path.file())?.is_some() {
        return Ok(Version { revision, snapshot, path: Some(path.clone()) });
    }
    let mut tried = path.clone();
    let tip = wiki.tip()?.ok_or_else(unknown)?;
    for entry in history_of(access, &path.file(), tip, MOST_FOLLOWED)? {
        let Some(former) = PagePath::from_file(&entry.path).filter(|former| *former != tried) else { continue };
        if snapshot.find(&former.file())?.is_some() {
            return Ok(Version { revision, snapshot, path: Some(former) });
        }
        tried = former;
    }
    Ok(Version { revision, snapshot, path: None })
}

/// The commits that changed a file, newest first, from a commit back. Of a commit that the
/// wiki's newest one builds on, the catalog knows them; else git is walked through.
pub(super) fn history_of(
    access: &Access<Read>,
    file: &RepoPath,
    from: Revision,
    most: usize,
) -> Result<Vec<HistoryEntry>, WikiError> {
    let wiki = access.wiki();
    let state = wiki.current()?;
    if state.log().place(from).is_none() {
        drop(state);
        return Ok(wiki.repo().history(file, from, most)?);
    }
    let known = state.log().history(file.as_str(), from, most).into_iter();
    let entry = |known: crate::catalog::LogHistory<'_>| HistoryEntry {
        commit: CommitInfo::clone(known.commit),
        path: known.path.to_owned(),
        blob: known.blob,
    };
    Ok(known.map(entry).collect())
}

/// Commits of a page that are looked through for its former names.
const MOST_FOLLOWED: usize = 10_000;

impl Version {
    /// The page's text; none when it was not there.
    pub(super) fn text(&self) -> Result<Option<String>, WikiError> {
        let Some(path) = &self.path else { return Ok(None) };
        let Some(bytes) = self.snapshot.read(&path.file())? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|_invalid| WikiError::NotText { path: path.to_string() })
    }
}
