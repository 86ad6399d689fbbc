use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use super::folders::Folder;
use super::links::LinkGraph;
use super::log::{Log, LogDeletion, PathId};
use super::{AttachmentEntry, OutLink, PageEntry, near};
use crate::markdown::LinkOrder;
use crate::model::{AttachmentName, AttachmentPath, FoldKey, PagePath, Revision};
use crate::repo::{CommitInfo, LoggedCommit};

/// The metadata as of [`State::commit`]; readers hold it while they read.
#[derive(Default)]
pub struct State {
    pub(super) commit: Option<Revision>,
    pub(super) order: LinkOrder,
    pub(super) log: Log,
    pub(super) pages: BTreeMap<PagePath, PageEntry>,
    pub(super) attachments: BTreeMap<PagePath, BTreeMap<String, AttachmentEntry>>,
    attachment_count: u64,
    spellings: HashMap<FoldKey, Vec<PagePath>>,
    folders: Folder,
    links: LinkGraph,
    file_links: LinkGraph,
    bytes: u64,
}

impl State {
    /// Of a repository without commits.
    pub(super) fn new(order: LinkOrder) -> Self {
        Self { order, ..Self::default() }
    }
}

/// What became of one file.
pub(super) enum Update {
    Page(PagePath, Option<PageEntry>),
    Attachment(AttachmentPath, Option<AttachmentEntry>),
}

/// Where a link of a page leads.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LinkTarget {
    /// As the page is stored if it exists, else as it was written.
    pub path: PagePath,
    pub exists: bool,
}

impl State {
    /// The commit that this view reflects; none for an empty wiki.
    #[must_use]
    pub const fn commit(&self) -> Option<Revision> {
        self.commit
    }

    /// How the links were read.
    #[must_use]
    pub const fn order(&self) -> LinkOrder {
        self.order
    }

    /// Every commit up to it.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// All pages, ordered by path.
    pub fn pages(&self) -> impl ExactSizeIterator<Item = (&PagePath, &PageEntry)> {
        self.pages.iter()
    }

    /// The pages that come after a path, ordered by path.
    pub fn pages_after(&self, path: &PagePath) -> impl Iterator<Item = (&PagePath, &PageEntry)> {
        self.pages.range((Bound::Excluded(path), Bound::Unbounded))
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

    /// The pages that fold to a name, ordered by path.
    #[must_use]
    pub fn spelled(&self, key: &str) -> &[PagePath] {
        self.spellings.get(key).map_or(&[], Vec::as_slice)
    }

    /// All pages as folders in folders.
    #[must_use]
    pub const fn folders(&self) -> &Folder {
        &self.folders
    }

    /// The commit that created a page, under whatever name.
    #[must_use]
    pub fn created(&self, path: &PagePath) -> Option<&Arc<CommitInfo>> {
        self.log.created(path.file().as_str())
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

    /// Where a link leads.
    #[must_use]
    pub fn target(&self, link: &OutLink) -> LinkTarget {
        let found = link.below.as_ref().and_then(|below| self.resolve(below)).or_else(|| self.resolve(&link.target));
        LinkTarget { path: found.unwrap_or(&link.target).clone(), exists: found.is_some() }
    }

    /// Where the links of a page lead, each target once, ordered by path. A Markdown link
    /// that leads to no page and may be one to a file is left out.
    #[must_use]
    pub fn links_of(&self, page: &PagePath) -> Vec<LinkTarget> {
        let links = self.pages.get(page).map_or(&[][..], |entry| &entry.links);
        let targets = links.iter().map(|link| (link, self.target(link)));
        let mut targets: Vec<LinkTarget> =
            targets.filter(|(link, target)| target.exists || !link.may_be_file()).map(|(_, target)| target).collect();
        targets.sort();
        targets.dedup();
        targets
    }

    /// The pages that link to this one, which need not exist, ordered by path.
    #[must_use]
    pub fn linked_from(&self, page: &PagePath) -> Vec<PagePath> {
        let key = page.fold();
        self.links.to(&key).iter().filter(|source| self.leads(source, page, &key)).cloned().collect()
    }

    /// Whether another page links to this one.
    #[must_use]
    pub fn is_linked(&self, page: &PagePath, entry: &PageEntry) -> bool {
        self.links.to(&entry.key).iter().any(|source| source != page && self.leads(source, page, &entry.key))
    }

    /// Whether a link of `source` leads to a page, whose name folds to `key`.
    fn leads(&self, source: &PagePath, page: &PagePath, key: &FoldKey) -> bool {
        // Most links are spelled as the page is, which spares the folding.
        let means = |path: &PagePath| path == page || path.fold() == *key;
        let leads_here = |link: &OutLink| match &link.below {
            Some(below) if self.resolve(below).is_some() => means(below),
            _ => means(&link.target),
        };
        self.pages.get(source).is_some_and(|entry| entry.links.iter().any(leads_here))
    }

    /// The pages that may have links to what is no page, ordered by path.
    #[must_use]
    pub fn pages_with_doubtful_links(&self) -> BTreeSet<&PagePath> {
        self.links.names().filter(|(key, _)| !self.spellings.contains_key(*key)).flat_map(|(_, pages)| pages).collect()
    }

    /// The pages that may link to a page, whether or not it is there, ordered by path.
    #[must_use]
    pub fn pages_naming(&self, page: &PagePath) -> &[PagePath] {
        self.links.to(&page.fold())
    }

    /// The pages that may show or link to files of a page, ordered by path.
    #[must_use]
    pub fn pages_naming_files_of(&self, page: &PagePath) -> &[PagePath] {
        self.file_links.to(&page.fold())
    }

    /// The pages with more links than are kept.
    pub fn pages_with_unknown_links(&self) -> impl Iterator<Item = &PagePath> {
        self.pages.iter().filter(|(_, entry)| entry.has_unknown_links()).map(|(path, _)| path)
    }

    /// The files that are gone, as they were called, ordered by path.
    #[must_use]
    pub fn deleted(&self) -> Vec<LogDeletion<'_>> {
        let mut deletions = self.log.deletions();
        deletions.retain(|deletion| match PagePath::from_file(deletion.path) {
            Some(page) => !self.pages.contains_key(&page),
            None => AttachmentPath::from_file(deletion.path).is_some_and(|path| self.attachment(&path).is_none()),
        });
        deletions
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

    /// Adds what happened up to `commit`.
    pub(super) fn advance(&mut self, commits: Vec<LoggedCommit>, updates: Vec<Update>, commit: Revision) {
        let mut touched = self.log.extend(commits);
        for update in updates {
            self.apply(update, &mut touched);
        }
        for id in touched {
            self.refresh_last(id);
        }
        self.commit = Some(commit);
    }

    /// Takes entries that were stored, with their last commits from the log.
    pub(super) fn restore(log: Log, updates: Vec<Update>, commit: Option<Revision>, order: LinkOrder) -> Self {
        let mut state = Self { commit, order, log, ..Self::default() };
        let mut unused = HashSet::new();
        for update in updates {
            state.apply(update, &mut unused);
        }
        state
    }

    /// Finds out again which commit last changed a file that is there.
    fn refresh_last(&mut self, id: PathId) {
        let file = self.log.path(id);
        if let Some(entry) = PagePath::from_file(file).and_then(|path| self.pages.get_mut(&path)) {
            entry.last = self.log.last(file, entry.blob, &|_| true).cloned();
        } else if let Some(path) = AttachmentPath::from_file(file)
            && let Some(entry) = self.attachments.get_mut(&path.page).and_then(|a| a.get_mut(path.name.as_str()))
        {
            entry.last = self.log.last(file, entry.blob, &|_| true).cloned();
        }
    }

    fn apply(&mut self, update: Update, touched: &mut HashSet<PathId>) {
        match update {
            Update::Page(path, entry) => self.apply_page(path, entry, touched),
            Update::Attachment(path, entry) => self.apply_attachment(&path, entry, touched),
        }
    }

    fn apply_attachment(
        &mut self,
        path: &AttachmentPath,
        entry: Option<AttachmentEntry>,
        touched: &mut HashSet<PathId>,
    ) {
        let file = path.file();
        let entry =
            entry.map(|entry| AttachmentEntry { last: self.found(file.as_str(), entry.blob, touched), ..entry });
        let files = self.attachments.entry(path.page.clone()).or_default();
        let added = entry.as_ref().map(|entry| entry.size);
        let name = AttachmentName::as_str(&path.name).to_owned();
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

    fn apply_page(&mut self, path: PagePath, entry: Option<PageEntry>, touched: &mut HashSet<PathId>) {
        let file = path.file();
        let entry = entry.map(|entry| PageEntry { last: self.found(file.as_str(), entry.blob, touched), ..entry });
        let key = entry.as_ref().map_or_else(|| path.fold(), |entry| entry.key.clone());
        let added = entry.as_ref().map(|entry| entry.size);
        if let Some(old) = self.pages.get(&path) {
            self.links.remove(&path, old.names());
            self.file_links.remove(&path, old.files_of.iter().cloned());
        }
        let replaced = match entry {
            Some(entry) => {
                self.links.add(&path, entry.names());
                self.file_links.add(&path, entry.files_of.iter().cloned());
                let name = key.as_str().to_owned();
                let paths = self.spellings.entry(key).or_default();
                if let Err(at) = paths.binary_search(&path) {
                    paths.insert(at, path.clone());
                    self.folders.add(&name);
                }
                self.pages.insert(path, entry)
            }
            None => {
                if let Some(paths) = self.spellings.get_mut(&key) {
                    if let Ok(at) = paths.binary_search(&path) {
                        paths.remove(at);
                        self.folders.remove(key.as_str());
                    }
                    if paths.is_empty() {
                        self.spellings.remove(&key);
                    }
                }
                self.pages.remove(&path)
            }
        };
        self.account(added, replaced.as_ref().map(|entry| entry.size));
    }

    fn found(&self, file: &str, blob: crate::repo::BlobId, touched: &mut HashSet<PathId>) -> Option<Arc<CommitInfo>> {
        if let Some(id) = self.log.id(file) {
            touched.remove(&id);
        }
        self.log.last(file, blob, &|_| true).cloned()
    }

    fn account(&mut self, added: Option<u64>, removed: Option<u64>) {
        self.bytes += added.unwrap_or(0);
        self.bytes -= removed.unwrap_or(0).min(self.bytes);
    }
}
