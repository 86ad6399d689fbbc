//! Derived page metadata of one wiki, always as of a named commit: titles, tags, words,
//! links, sizes, who changed what and when.
//!
//! Everything here comes from git and can be forgotten at any time. It is brought up to
//! date by the difference between the commit it reflects and the tip, whoever moved it.

mod codec;
mod entry;
mod folders;
mod links;
mod log;
mod near;
mod past;
mod state;
mod stored;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use parking_lot::{Mutex, RwLock, RwLockReadGuard};

pub use entry::{AttachmentEntry, HeadingEntry, OutLink, PageEntry};
pub use folders::{Folder, FolderName, FolderOrder, FolderWindow};
pub use log::{ChangeKind, Log, LogChange, LogCommit, LogDeletion, LogHistory};
pub use past::{Past, PastError};
pub use state::{LinkTarget, State};

use crate::markdown::LinkOrder;
use crate::model::{AttachmentPath, PagePath, Revision};
use crate::repo::{self, FileChange, Repo};
use state::Update;

/// Commits after which the stored copy is written anew: so many are made up for in a
/// moment when the wiki is opened the next time.
const COMMITS_BETWEEN_COPIES: usize = 64;
/// Files from which on their contents are read by more than one thread.
const WORTH_SHARING: usize = 512;

/// The metadata of one wiki.
pub struct Catalog {
    state: RwLock<State>,
    /// Held while the state is brought to the tip: that is one thread's work.
    following: Mutex<()>,
    /// Held while the links are read anew in another order, which takes long.
    reordering: Mutex<()>,
    stored: Mutex<Stored>,
}

/// The copy on disk.
#[derive(Default)]
struct Stored {
    /// None: there is no copy.
    file: Option<PathBuf>,
    /// The commit that it reflects, and how many commits it knows.
    commit: Option<Revision>,
    commits: usize,
}

impl Catalog {
    /// Metadata that is kept in memory alone.
    #[must_use]
    pub fn new(order: LinkOrder) -> Self {
        Self::of(State::new(order), Stored::default())
    }

    /// Metadata with a copy in a file, which is read if it can be used. The copy may hold links
    /// in another order than `order`: that is so until [`Catalog::reorder`].
    #[must_use]
    pub fn open(order: LinkOrder, file: &Path) -> Self {
        let state = stored::read(file).unwrap_or_else(|| State::new(order));
        let stored = Stored { file: Some(file.to_owned()), commit: state.commit, commits: state.log.len() };
        Self::of(state, stored)
    }

    const fn of(state: State, stored: Stored) -> Self {
        Self {
            state: RwLock::new(state),
            following: Mutex::new(()),
            reordering: Mutex::new(()),
            stored: Mutex::new(stored),
        }
    }

    /// A consistent view. Hold it briefly: a writer waits for it.
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read()
    }

    /// Brings the metadata to the repository's tip; does nothing when it is there.
    ///
    /// # Errors
    /// When the repository cannot be read; the metadata stays as of its old commit.
    pub fn catch_up(&self, repo: &Repo) -> Result<Option<Revision>, repo::Error> {
        let tip = repo.tip()?;
        if tip.is_none() || tip == self.state.read().commit {
            return Ok(tip);
        }
        let _turn = self.following.lock();
        let Some(to) = repo.tip()? else { return Ok(None) };
        let from = self.state.read().commit;
        if from == Some(to) {
            return Ok(Some(to));
        }
        // What it reflected may be gone, or no part of the history any more.
        let continued = match from {
            Some(from) => self.advance(repo, from, to).unwrap_or_else(|error| {
                tracing::warn!(%error, "page metadata cannot be continued");
                false
            }),
            None => false,
        };
        if !continued {
            let fresh = self.build(repo, to)?;
            *self.state.write() = fresh;
        }
        Ok(Some(to))
    }

    /// Reads all links anew when they were read in another order. Who asks meanwhile gets them
    /// as they were, and writers wait only for what was committed in the meantime.
    ///
    /// # Errors
    /// When the repository cannot be read; the metadata stays as it was.
    pub fn reorder(&self, repo: &Repo, order: LinkOrder) -> Result<(), repo::Error> {
        let _turn = self.reordering.lock();
        if self.state.read().order == order {
            return Ok(());
        }
        let fresh = Self::new(order);
        fresh.catch_up(repo)?;
        let _following = self.following.lock();
        fresh.catch_up(repo)?;
        let mut state = self.state.write();
        *state = fresh.state.into_inner();
        // Whoever stores the copy locks it before the state.
        drop(state);
        self.stored.lock().commit = None;
        Ok(())
    }

    /// Adds what happened after `from`; false when `to` does not build on it.
    fn advance(&self, repo: &Repo, from: Revision, to: Revision) -> Result<bool, repo::Error> {
        let commits = {
            let state = self.state.read();
            repo.log(to, &|revision| state.log.place(revision).is_some())?
        };
        // Whatever is known builds up to `from`, so that the way to it leads through itself.
        if !commits.iter().any(|commit| commit.parents.contains(&from)) {
            return Ok(false);
        }
        let updates = self.read_updates(repo, to, &repo.changes(Some(from), to)?)?;
        self.state.write().advance(commits, updates, to);
        Ok(true)
    }

    /// The metadata from git alone.
    fn build(&self, repo: &Repo, to: Revision) -> Result<State, repo::Error> {
        let updates = self.read_updates(repo, to, &repo.changes(None, to)?)?;
        let mut state = State::new(self.state.read().order);
        state.advance(repo.log(to, &|_| false)?, updates, to);
        Ok(state)
    }

    fn read_updates(&self, repo: &Repo, at: Revision, changes: &[FileChange]) -> Result<Vec<Update>, repo::Error> {
        let order = self.state.read().order;
        if changes.len() < WORTH_SHARING {
            return read_part(repo, at, changes, order);
        }
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(4));
        let parts = changes.chunks(changes.len().div_ceil(threads));
        let read: Vec<_> = std::thread::scope(|scope| {
            let started: Vec<_> = parts.map(|part| scope.spawn(move || read_part(repo, at, part, order))).collect();
            let panicked = |_| Err(repo::Error::Damaged("a page could not be parsed".to_owned()));
            started.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
        });
        let mut updates = Vec::with_capacity(changes.len());
        for part in read {
            updates.extend(part?);
        }
        Ok(updates)
    }

    /// Writes the copy if it is missing or far behind. For a background thread.
    pub fn store_if_due(&self) {
        let due = |stored: &Stored, state: &State| {
            stored.commit.is_none()
                || state.log.len().abs_diff(stored.commits) >= COMMITS_BETWEEN_COPIES
                || state.log.place(stored.commit.unwrap_or(Revision::from_bytes([0; 20]))).is_none()
        };
        self.store_when(&due);
    }

    /// Writes the copy if it is not as of the same commit.
    pub fn store(&self) {
        self.store_when(&|_, _| true);
    }

    fn store_when(&self, due: &dyn Fn(&Stored, &State) -> bool) {
        let mut stored = self.stored.lock();
        let Some(file) = stored.file.clone() else { return };
        let (bytes, commit, commits) = {
            let state = self.state.read();
            if state.commit.is_none() || state.commit == stored.commit || !due(&stored, &state) {
                return;
            }
            (stored::encode(&state), state.commit, state.log.len())
        };
        match stored::write(&file, &bytes) {
            Ok(()) => (stored.commit, stored.commits) = (commit, commits),
            Err(error) => tracing::warn!(%error, "page metadata not stored; it will be derived again"),
        }
    }
}

fn read_part(repo: &Repo, at: Revision, changes: &[FileChange], order: LinkOrder) -> Result<Vec<Update>, repo::Error> {
    let snapshot = repo.at(at)?.ok_or(repo::Error::UnknownRevision(at))?;
    let mut updates = Vec::with_capacity(changes.len());
    for change in changes {
        if let Some(path) = PagePath::from_file(&change.path) {
            let entry = match change.new {
                Some(blob) => Some(PageEntry::read(&snapshot, &path, blob, order)?),
                None => None,
            };
            updates.push(Update::Page(path, entry));
        } else if let Some(path) = AttachmentPath::from_file(&change.path) {
            let entry = match change.new {
                Some(blob) => Some(AttachmentEntry { blob, size: snapshot.size(blob)?, last: None }),
                None => None,
            };
            updates.push(Update::Attachment(path, entry));
        }
    }
    Ok(updates)
}
