use std::collections::BTreeMap;

use parking_lot::RwLockReadGuard;

use super::WikiError;
use super::open::Wiki;
use super::read::no_such_page;
use crate::catalog::State;
use crate::model::{AttachmentName, AttachmentPath, LinkOrder, PagePath, RepoPath, Revision, RevisionPrefix};
use crate::repo::{BlobId, Change, Snapshot};

/// The files of a wiki as a change is about to leave them: what the newest commit holds,
/// and what was changed so far on top. Nothing is written until all of it is decided.
pub(super) struct Draft<'w> {
    state: RwLockReadGuard<'w, State>,
    snapshot: Snapshot,
    /// By file. What is not here is as it was.
    files: BTreeMap<RepoPath, Option<File>>,
    pages: BTreeMap<PagePath, bool>,
}

#[derive(Clone)]
enum File {
    Bytes(Vec<u8>),
    /// Content that the repository holds already, and its length.
    Stored(BlobId, u64),
    /// The bytes that another file had before.
    Moved(RepoPath, BlobId),
}

/// A page that is there, and what the writer needs to know of it.
#[derive(Clone, Debug)]
pub(super) struct Current {
    pub(super) path: PagePath,
    /// The commit that last changed it; none when this draft created it.
    pub(super) revision: Option<Revision>,
}

/// How much a draft adds to a wiki.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    pub(super) pages_before: u64,
    pub(super) pages_after: u64,
    pub(super) bytes_before: u64,
    pub(super) bytes_after: u64,
}

impl<'w> Draft<'w> {
    /// Begins at the newest commit. The caller holds the wiki's turn to write.
    pub(super) fn begin(wiki: &'w Wiki) -> Result<Self, WikiError> {
        let state = wiki.current()?;
        let snapshot = match state.commit() {
            Some(commit) => wiki.repo().at(commit)?.ok_or(WikiError::Busy)?,
            None => wiki.repo().at_tip()?,
        };
        Ok(Self { state, snapshot, files: BTreeMap::new(), pages: BTreeMap::new() })
    }

    pub(super) fn tip(&self) -> Option<Revision> {
        self.state.commit()
    }

    /// How links in its pages are read.
    pub(super) fn link_order(&self) -> LinkOrder {
        self.state.order()
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// The pages that this draft has changed, and whether they are there now.
    pub(super) fn drafted(&self) -> &BTreeMap<PagePath, bool> {
        &self.pages
    }

    /// The page that a spelling means, in this draft.
    pub(super) fn resolve(&self, path: &PagePath) -> Option<PagePath> {
        self.resolve_with(&self.pages, path)
    }

    /// The page that a spelling means while no more than `drafted` has been changed.
    pub(super) fn resolve_with(&self, drafted: &BTreeMap<PagePath, bool>, path: &PagePath) -> Option<PagePath> {
        if let Some(there) = drafted.get(path) {
            if *there {
                return Some(path.clone());
            }
        } else if self.state.page(path).is_some() {
            return Some(path.clone());
        }
        let key = path.fold();
        let here = drafted.iter().find(|(page, there)| **there && page.fold() == key).map(|(page, _)| page);
        here.or_else(|| self.state.resolve(path).filter(|page| !drafted.contains_key(*page))).cloned()
    }

    /// The page that a spelling means.
    ///
    /// # Errors
    /// [`WikiError::NoSuchPage`].
    pub(super) fn page(&self, path: &PagePath) -> Result<Current, WikiError> {
        let stored = self.resolve(path).ok_or_else(|| no_such_page(&self.state, path))?;
        let last = self.state.page(&stored).and_then(|entry| entry.last.as_ref());
        Ok(Current { revision: last.map(|last| last.revision), path: stored })
    }

    /// As [`Draft::page`], of which the writer has read the revision `base`.
    ///
    /// # Errors
    /// [`WikiError::NoSuchPage`] or [`WikiError::RevisionMismatch`].
    pub(super) fn page_as_read(&self, path: &PagePath, base: Option<&RevisionPrefix>) -> Result<Current, WikiError> {
        let page = self.page(path)?;
        match (base, page.revision) {
            (Some(base), Some(current)) if !current.matches(base) => Err(WikiError::RevisionMismatch { current }),
            _ => Ok(page),
        }
    }

    /// The text of a page that is there.
    ///
    /// # Errors
    /// [`WikiError::NotText`], or a storage failure.
    pub(super) fn text(&self, path: &PagePath) -> Result<String, WikiError> {
        let file = path.file();
        // The metadata knows the blob, which spares the walk through the directories.
        let bytes = match self.state.page(path) {
            Some(entry) if !self.files.contains_key(&file) => self.snapshot.blob(entry.blob)?,
            _ => self.bytes(&file)?.ok_or_else(|| no_such_page(&self.state, path))?,
        };
        String::from_utf8(bytes).map_err(|_invalid| WikiError::NotText { path: path.to_string() })
    }

    pub(super) fn bytes(&self, file: &RepoPath) -> Result<Option<Vec<u8>>, WikiError> {
        Ok(match self.files.get(file) {
            Some(Some(File::Bytes(bytes))) => Some(bytes.clone()),
            Some(Some(File::Moved(_, blob) | File::Stored(blob, _))) => Some(self.snapshot.blob(*blob)?),
            Some(None) => None,
            None => self.snapshot.read(file)?,
        })
    }

    pub(super) fn put_page(&mut self, path: &PagePath, text: String) {
        self.pages.insert(path.clone(), true);
        self.put(path.file(), text.into_bytes());
    }

    pub(super) fn put(&mut self, file: RepoPath, bytes: Vec<u8>) {
        self.files.insert(file, Some(File::Bytes(bytes)));
    }

    /// Puts content that [`crate::repo::Repo::store`] made durable.
    pub(super) fn link(&mut self, file: RepoPath, blob: BlobId, size: u64) {
        if let Some(page) = PagePath::from_file(file.as_str()) {
            self.pages.insert(page, true);
        }
        self.files.insert(file, Some(File::Stored(blob, size)));
    }

    pub(super) fn delete_page(&mut self, path: &PagePath) {
        self.pages.insert(path.clone(), false);
        self.delete(path.file());
    }

    pub(super) fn delete(&mut self, file: RepoPath) {
        self.files.insert(file, None);
    }

    /// Moves pages, old path to new, all at once.
    pub(super) fn move_pages(&mut self, pages: &BTreeMap<PagePath, PagePath>) -> Result<(), WikiError> {
        self.pages.extend(pages.keys().map(|from| (from.clone(), false)));
        self.pages.extend(pages.values().map(|to| (to.clone(), true)));
        self.move_files(pages.iter().map(|(from, to)| (from.file(), to.file())).collect())
    }

    /// Moves files whatever they hold, all at once. What was at a new path is replaced.
    pub(super) fn move_files(&mut self, files: Vec<(RepoPath, RepoPath)>) -> Result<(), WikiError> {
        let mut moved = Vec::with_capacity(files.len());
        for (from, to) in files {
            let file = match self.files.get(&from) {
                Some(file) => file.clone(),
                None => self.snapshot.find(&from)?.map(|blob| File::Moved(from.clone(), blob)),
            };
            moved.push((from, to, file));
        }
        self.files.extend(moved.iter().map(|(from, ..)| (from.clone(), None)));
        self.files.extend(moved.into_iter().map(|(_, to, file)| (to, file)));
        Ok(())
    }

    /// Whether there is a file under exactly this path.
    pub(super) fn has(&self, file: &RepoPath) -> Result<bool, WikiError> {
        match self.files.get(file) {
            Some(file) => Ok(file.is_some()),
            None => Ok(self.snapshot.find(file)?.is_some()),
        }
    }

    /// The pages below a page, by path.
    pub(super) fn pages_below(&self, page: &PagePath) -> Vec<PagePath> {
        let prefix = format!("{page}/");
        let mut below: Vec<PagePath> = self
            .state
            .pages()
            .map(|(path, _)| path)
            .filter(|path| path.as_str().starts_with(&prefix) && !self.pages.contains_key(*path))
            .chain(
                self.pages.iter().filter(|(path, there)| **there && path.as_str().starts_with(&prefix)).map(|(p, _)| p),
            )
            .cloned()
            .collect();
        below.sort();
        below
    }

    /// The names of the files attached to a page, by name.
    pub(super) fn attachments(&self, page: &PagePath) -> Vec<AttachmentPath> {
        let path = |name| AttachmentPath { page: page.clone(), name };
        let mut files: Vec<AttachmentPath> = self
            .state
            .attachments(page)
            .filter_map(|(name, _)| AttachmentName::parse(name).ok().map(path))
            .filter(|file| !self.files.contains_key(&file.file()))
            .collect();
        let drafted = self.files.iter().filter(|(_, file)| file.is_some());
        let drafted = drafted.filter_map(|(file, _)| AttachmentPath::from_file(file.as_str()));
        files.extend(drafted.filter(|file| file.page == *page && PagePath::from_file(file.file().as_str()).is_none()));
        files.sort();
        files
    }

    pub(super) fn growth(&self) -> Result<Growth, WikiError> {
        let (pages, bytes) = (self.state.page_count(), self.state.bytes());
        let mut growth = Growth { pages_before: pages, pages_after: pages, bytes_before: bytes, bytes_after: bytes };
        for (path, there) in &self.pages {
            let was = self.state.page(path).is_some();
            growth.pages_after = growth.pages_after + u64::from(*there && !was) - u64::from(was && !*there);
        }
        for (file, now) in &self.files {
            let before = self.snapshot.find(file)?.map(|blob| self.snapshot.size(blob)).transpose()?.unwrap_or(0);
            let now = match now {
                Some(File::Bytes(bytes)) => bytes.len() as u64,
                Some(File::Stored(_, size)) => *size,
                Some(File::Moved(_, blob)) => self.snapshot.size(*blob)?,
                None => 0,
            };
            growth.bytes_after = (growth.bytes_after + now).saturating_sub(before);
        }
        Ok(growth)
    }

    /// What a commit has to do: removals first, then moves, then new content.
    pub(super) fn into_changes(self) -> Result<Vec<Change>, WikiError> {
        let (mut deletes, mut moves, mut puts) = (Vec::new(), Vec::new(), Vec::new());
        let mut sources = std::collections::BTreeSet::new();
        for (path, file) in &self.files {
            let was = self.snapshot.find(path)?;
            match file {
                Some(File::Bytes(bytes)) => puts.push(Change::Put { path: path.clone(), bytes: bytes.clone() }),
                Some(File::Stored(blob, _) | File::Moved(_, blob)) if was == Some(*blob) => {}
                Some(File::Stored(blob, _)) => puts.push(Change::Link { path: path.clone(), blob: *blob }),
                Some(File::Moved(from, _))
                    if was.is_none() && matches!(self.files.get(from), Some(None)) && sources.insert(from.clone()) =>
                {
                    moves.push(Change::Rename { from: from.clone(), to: path.clone() });
                }
                Some(File::Moved(_, blob)) => {
                    puts.push(Change::Link { path: path.clone(), blob: *blob });
                }
                None if was.is_some() => deletes.push(path.clone()),
                None => {}
            }
        }
        let deletes = deletes.into_iter().filter(|path| !sources.contains(path)).map(|path| Change::Delete { path });
        Ok(deletes.chain(moves).chain(puts).collect())
    }
}
