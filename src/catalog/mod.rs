//! Derived page metadata of one wiki, always as of a named commit: titles, tags, words,
//! links, sizes, who last changed what.
//!
//! Everything here comes from git and can be forgotten at any time. It is brought up to
//! date by the difference between the commit it reflects and the tip, whoever moved it.

mod entry;
mod links;
mod near;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock, RwLockReadGuard};

pub use entry::{AttachmentEntry, PageEntry};

use crate::markdown::LinkOrder;
use crate::model::{AttachmentPath, FoldKey, PagePath, Revision};
use crate::repo::{self, BlobId, CommitInfo, FileChange, Repo, Snapshot};
use links::LinkGraph;

/// The metadata of one wiki.
pub struct Catalog {
    state: RwLock<State>,
    /// Held while the metadata is brought forward. All who find it old wait for one of
    /// them to do the work, of which a large wiki needs much after a start.
    updating: Mutex<()>,
    order: LinkOrder,
}

/// The metadata as of [`State::commit`]; readers hold it while they read.
#[derive(Default)]
pub struct State {
    commit: Option<Revision>,
    pages: BTreeMap<PagePath, PageEntry>,
    attachments: BTreeMap<PagePath, BTreeMap<String, AttachmentEntry>>,
    attachment_count: u64,
    spellings: HashMap<FoldKey, Vec<PagePath>>,
    links: LinkGraph,
    bytes: u64,
}

/// What changed for one page between two states of a wiki.
pub struct PageChange {
    pub path: PagePath,
    /// None when the page is gone.
    pub blob: Option<BlobId>,
}

impl Catalog {
    #[must_use]
    pub fn new(order: LinkOrder) -> Self {
        Self { state: RwLock::default(), updating: Mutex::default(), order }
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
        let _turn = self.updating.lock();
        // While others had their turn the tip may have moved, and the metadata with it.
        let tip = repo.tip()?;
        let from = self.state.read().commit;
        let Some(to) = tip.filter(|_| tip != from) else { return Ok(tip) };

        // An unknown ancestor (history was replaced) means starting over.
        let (from, changes, commits) = match Self::difference(repo, from, to) {
            Ok((changes, commits)) => (from, changes, commits),
            Err(_unrelated) if from.is_some() => {
                let (changes, commits) = Self::difference(repo, None, to)?;
                (None, changes, commits)
            }
            Err(error) => return Err(error),
        };
        let snapshot = repo.at(to)?.ok_or(repo::Error::UnknownRevision(to))?;
        let updates = self.read_updates(&snapshot, changes, commits)?;

        let mut state = self.state.write();
        if from.is_none() {
            *state = State::default();
        }
        for update in updates {
            state.apply(update);
        }
        state.commit = Some(to);
        Ok(Some(to))
    }

    fn difference(
        repo: &Repo,
        from: Option<Revision>,
        to: Revision,
    ) -> Result<(Vec<FileChange>, BTreeMap<String, CommitInfo>), repo::Error> {
        Ok((repo.changes(from, to)?, repo.last_commits(to, from)?))
    }

    fn read_updates(
        &self,
        snapshot: &Snapshot,
        changes: Vec<FileChange>,
        mut commits: BTreeMap<String, CommitInfo>,
    ) -> Result<Vec<Update>, repo::Error> {
        // Many files share a commit.
        let mut shared: HashMap<Revision, Arc<CommitInfo>> = HashMap::new();
        let mut updates = Vec::with_capacity(changes.len());
        for change in changes {
            let last = commits
                .remove(&change.path)
                .map(|commit| shared.entry(commit.revision).or_insert_with(|| Arc::new(commit)).clone());
            if let Some(path) = PagePath::from_file(&change.path) {
                let entry = match change.new {
                    Some(blob) => Some(PageEntry::read(snapshot, &path, blob, last, self.order)?),
                    None => None,
                };
                updates.push(Update::Page(path, entry));
            } else if let Some(path) = AttachmentPath::from_file(&change.path) {
                let entry = match change.new {
                    Some(blob) => Some(AttachmentEntry { blob, size: snapshot.size(blob)?, last }),
                    None => None,
                };
                updates.push(Update::Attachment(path, entry));
            }
        }
        // What was changed and changed back holds what it held, by a later commit.
        for (path, commit) in commits {
            let last = shared.entry(commit.revision).or_insert_with(|| Arc::new(commit)).clone();
            updates.push(Update::Last(path, last));
        }
        Ok(updates)
    }
}

enum Update {
    Page(PagePath, Option<PageEntry>),
    Attachment(AttachmentPath, Option<AttachmentEntry>),
    /// The file is the same, its last commit is another.
    Last(String, Arc<CommitInfo>),
}

impl State {
    /// The commit that this view reflects; none for an empty wiki.
    #[must_use]
    pub const fn commit(&self) -> Option<Revision> {
        self.commit
    }

    /// All pages, ordered by path.
    pub fn pages(&self) -> impl ExactSizeIterator<Item = (&PagePath, &PageEntry)> {
        self.pages.iter()
    }

    /// The page stored under exactly this path.
    #[must_use]
    pub fn page(&self, path: &PagePath) -> Option<&PageEntry> {
        self.pages.get(path)
    }

    /// The page that a spelling means: the path itself, or else the first one that folds
    /// to the same name.
    #[must_use]
    pub fn resolve(&self, path: &PagePath) -> Option<&PagePath> {
        if let Some((stored, _)) = self.pages.get_key_value(path) {
            return Some(stored);
        }
        self.spellings.get(&path.fold()).and_then(|paths| paths.first())
    }

    /// The files attached to a page, ordered by name.
    pub fn attachments(&self, page: &PagePath) -> impl Iterator<Item = (&str, &AttachmentEntry)> {
        self.attachments.get(page).into_iter().flatten().map(|(name, entry)| (name.as_str(), entry))
    }

    /// The attachment stored under exactly this path.
    #[must_use]
    pub fn attachment(&self, path: &AttachmentPath) -> Option<&AttachmentEntry> {
        self.attachments.get(&path.page)?.get(path.name.as_str())
    }

    /// The pages that link to this one, ordered by path.
    #[must_use]
    pub fn linked_from(&self, page: &PagePath) -> Vec<PagePath> {
        self.links.to(&page.fold())
    }

    /// Paths whose names resemble `path`, best first.
    #[must_use]
    pub fn near(&self, path: &PagePath, most: usize) -> Vec<PagePath> {
        let names = self.pages.iter().map(|(path, entry)| (path, entry.key.as_str()));
        near::near(path.fold().as_str(), names, most)
    }

    #[must_use]
    pub fn page_count(&self) -> u64 {
        self.pages.len() as u64
    }

    #[must_use]
    pub const fn attachment_count(&self) -> u64 {
        self.attachment_count
    }

    /// Bytes of all pages and attachments.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn apply(&mut self, update: Update) {
        match update {
            Update::Page(path, entry) => self.apply_page(path, entry),
            Update::Attachment(path, entry) => {
                let files = self.attachments.entry(path.page.clone()).or_default();
                let added = entry.as_ref().map(|entry| entry.size);
                let name = path.name.as_str().to_owned();
                let replaced = match entry {
                    Some(entry) => files.insert(name, entry),
                    None => files.remove(&name),
                };
                if files.is_empty() {
                    self.attachments.remove(&path.page);
                }
                self.account(added, replaced.as_ref().map(|entry| entry.size));
                self.attachment_count += u64::from(added.is_some());
                self.attachment_count -= u64::from(replaced.is_some());
            }
            Update::Last(file, last) => {
                if let Some(entry) = PagePath::from_file(&file).and_then(|path| self.pages.get_mut(&path)) {
                    entry.last = Some(last);
                } else if let Some(path) = AttachmentPath::from_file(&file)
                    && let Some(files) = self.attachments.get_mut(&path.page)
                    && let Some(entry) = files.get_mut(path.name.as_str())
                {
                    entry.last = Some(last);
                }
            }
        }
    }

    fn apply_page(&mut self, path: PagePath, entry: Option<PageEntry>) {
        let key = entry.as_ref().map_or_else(|| path.fold(), |entry| entry.key.clone());
        let added = entry.as_ref().map(|entry| entry.size);
        let links = entry.as_ref().map(|entry| entry.links.clone()).unwrap_or_default();
        self.links.set(&path, &links);
        let replaced = match entry {
            Some(entry) => {
                let paths = self.spellings.entry(key).or_default();
                if let Err(at) = paths.binary_search(&path) {
                    paths.insert(at, path.clone());
                }
                self.pages.insert(path, entry)
            }
            None => {
                if let Some(paths) = self.spellings.get_mut(&key) {
                    paths.retain(|other| *other != path);
                    if paths.is_empty() {
                        self.spellings.remove(&key);
                    }
                }
                self.pages.remove(&path)
            }
        };
        self.account(added, replaced.as_ref().map(|entry| entry.size));
    }

    fn account(&mut self, added: Option<u64>, removed: Option<u64>) {
        self.bytes += added.unwrap_or(0);
        self.bytes -= removed.unwrap_or(0).min(self.bytes);
    }
}

#[cfg(test)]
mod catch_up_tests;
