//! Where in the wiki each file of a source goes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use unicode_normalization::UnicodeNormalization as _;

use super::OnConflict;
use super::convert::Destination;
use super::report::Fate;
use super::resolve::{fold, folder, stem};
use super::source::SourceFile;
use crate::model::{AttachmentName, AttachmentPath, FoldKey, PagePath, Revision};
use crate::repo::{self, BlobId, Snapshot};
use crate::wiki::attachment_name;

/// The page that gets the files which no page uses.
const UNUSED: &str = "Imported_files";
/// Longest component that is made, in bytes: room for a number and an ending below the limit.
const LONGEST: usize = 180;

/// The wiki as it is before an import.
#[derive(Default)]
pub(super) struct Existing {
    pub(super) tip: Option<Revision>,
    pub(super) pages: BTreeMap<PagePath, BlobId>,
    folded: HashMap<FoldKey, PagePath>,
    pub(super) files: BTreeMap<AttachmentPath, BlobId>,
    pub(super) bytes: u64,
}

impl Existing {
    pub(super) fn of(snapshot: &Snapshot, bytes: u64) -> Result<Self, repo::Error> {
        let mut existing = Self { tip: snapshot.revision(), bytes, ..Self::default() };
        for file in snapshot.files()? {
            if let Some(page) = PagePath::from_file(&file.path) {
                existing.folded.entry(page.fold()).or_insert_with(|| page.clone());
                existing.pages.insert(page, file.blob);
            } else if let Some(path) = AttachmentPath::from_file(&file.path) {
                existing.files.insert(path, file.blob);
            }
        }
        Ok(existing)
    }

    /// A wiki with nothing in it, though the commit is there.
    pub(super) fn cleared(&self) -> Self {
        Self { tip: self.tip, ..Self::default() }
    }

    pub(super) fn page(&self, path: &PagePath) -> Option<&PagePath> {
        self.pages.get_key_value(path).map(|(page, _)| page).or_else(|| self.folded.get(&path.fold()))
    }
}

/// What becomes of one file.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) destination: Destination,
    pub(super) fate: Fate,
    /// Why it is not imported.
    pub(super) refused: Option<&'static str>,
}

/// Finds places for the files of a source.
pub(super) struct Places<'p> {
    existing: &'p Existing,
    on_conflict: OnConflict,
    /// Names given out, as the wiki tells names apart.
    pages: HashSet<FoldKey>,
    files: BTreeSet<(PagePath, String)>,
    pub(super) placed: Vec<Placed>,
}

impl<'p> Places<'p> {
    pub(super) fn new(existing: &'p Existing, on_conflict: OnConflict, count: usize) -> Self {
        let nowhere = Placed { destination: Destination::Nowhere, fate: Fate::New, refused: None };
        let placed = vec![nowhere; count];
        Self { existing, on_conflict, pages: HashSet::new(), files: BTreeSet::new(), placed }
    }

    fn set(&mut self, at: usize, placed: Placed) {
        if let Some(place) = self.placed.get_mut(at) {
            *place = placed;
        }
    }

    pub(super) fn refuse(&mut self, at: usize, reason: &'static str) {
        self.set(at, Placed { destination: Destination::Nowhere, fate: Fate::New, refused: Some(reason) });
    }

    /// Finds a place for a page; `name` is its path without the ending.
    pub(super) fn page(&mut self, at: usize, name: &str) {
        let Some(wanted) = page_path(name) else {
            return self.refuse(at, "no page may have this name");
        };
        let there = self.existing.page(&wanted).cloned();
        let taken_here = self.pages.contains(&wanted.fold());
        let (path, fate) = match (there, self.on_conflict) {
            _ if taken_here => (self.free_page(&wanted), Fate::Renamed),
            (None, _) => (Some(wanted), Fate::New),
            (Some(there), OnConflict::Skip) => (Some(there), Fate::Skipped),
            (Some(there), OnConflict::Overwrite) => (Some(there), Fate::Overwritten),
            (Some(_), OnConflict::Rename) => (self.free_page(&wanted), Fate::Renamed),
        };
        let Some(path) = path else { return self.refuse(at, "no name is free for it") };
        self.pages.insert(path.fold());
        self.set(at, Placed { destination: Destination::Page(path), fate, refused: None });
    }

    fn free_page(&self, wanted: &PagePath) -> Option<PagePath> {
        let free = |path: &PagePath| self.existing.page(path).is_none() && !self.pages.contains(&path.fold());
        (2..10_000).filter_map(|number| PagePath::parse(&format!("{wanted}_{number}")).ok()).find(free)
    }

    /// Finds a place for a file of a page.
    fn file(&mut self, at: usize, page: &PagePath, name: &str) {
        let Ok(wanted) = AttachmentName::parse(name).or_else(|_| attachment_name(name)) else {
            return self.refuse(at, "no file may have this name");
        };
        let path = AttachmentPath { page: page.clone(), name: wanted };
        let taken_here = self.files.contains(&key(&path));
        let (path, fate) = match (self.existing.files.contains_key(&path), self.on_conflict) {
            _ if taken_here => (self.free_file(&path), Fate::Renamed),
            (false, _) => (Some(path), Fate::New),
            (true, OnConflict::Skip) => (Some(path), Fate::Skipped),
            (true, OnConflict::Overwrite) => (Some(path), Fate::Overwritten),
            (true, OnConflict::Rename) => (self.free_file(&path), Fate::Renamed),
        };
        let Some(path) = path else { return self.refuse(at, "no name is free for it") };
        self.files.insert(key(&path));
        self.set(at, Placed { destination: Destination::File(path), fate, refused: None });
    }

    fn free_file(&self, wanted: &AttachmentPath) -> Option<AttachmentPath> {
        let (stem, ending) = match wanted.name.as_str().rsplit_once('.') {
            Some((stem, ending)) => (stem, format!(".{ending}")),
            None => (wanted.name.as_str(), String::new()),
        };
        let named = |number| AttachmentName::parse(&format!("{stem}_{number}{ending}")).ok();
        let mut paths = (2..10_000).filter_map(named).map(|name| AttachmentPath { page: wanted.page.clone(), name });
        let free = |path: &AttachmentPath| !self.existing.files.contains_key(path) && !self.files.contains(&key(path));
        paths.find(free)
    }

    /// Finds places for all files that are no pages, once those have theirs: with the page whose folder
    /// they lie in, else with the first that uses them, else with a page for the rest, which is the answer.
    pub(super) fn files(&mut self, files: &[SourceFile], users: &HashMap<usize, usize>) -> Option<PagePath> {
        let mut owners: HashMap<String, PagePath> = HashMap::new();
        for (at, file) in files.iter().enumerate() {
            if let Some(name) = stem(&file.path)
                && let Some(Placed { destination: Destination::Page(page), .. }) = self.placed.get(at)
            {
                owners.insert(fold(name), page.clone());
            }
        }
        let mut rest = None;
        for (at, file) in files.iter().enumerate() {
            if stem(&file.path).is_some() {
                continue;
            }
            let directory = folder(&file.path);
            // Otterwiki and older exports: `/Page/a/file`.
            let short = directory.strip_suffix("/a").unwrap_or(directory);
            let by_folder = [directory, short].into_iter().find_map(|directory| owners.get(&fold(directory)));
            let by_use = || match users.get(&at).and_then(|user| self.placed.get(*user)).map(|p| &p.destination) {
                Some(Destination::Page(page)) => Some(page.clone()),
                _ => None,
            };
            let owner = by_folder.cloned().or_else(by_use);
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            match owner {
                Some(page) => self.file(at, &page, name),
                None => {
                    let page = match &rest {
                        Some(page) => Some(PagePath::clone(page)),
                        None => self.page_for_the_rest(),
                    };
                    match &page {
                        Some(page) => self.file(at, page, name),
                        None => self.refuse(at, "no page could be made for it"),
                    }
                    rest = page;
                }
            }
        }
        rest
    }

    fn page_for_the_rest(&mut self) -> Option<PagePath> {
        let wanted = PagePath::parse(UNUSED).ok()?;
        let taken = self.pages.contains(&wanted.fold());
        let page = match self.existing.page(&wanted) {
            Some(there) => Some(there.clone()),
            None if taken => self.free_page(&wanted),
            None => Some(wanted),
        }?;
        self.pages.insert(page.fold());
        Some(page)
    }
}

/// Where case does not count, as on many a disk of those who clone.
fn key(path: &AttachmentPath) -> (PagePath, String) {
    (path.page.clone(), path.name.as_str().to_lowercase())
}

/// The path of a new page for a name from elsewhere: what is not allowed is left out or replaced.
fn page_path(name: &str) -> Option<PagePath> {
    let parts: Vec<String> = name.split('/').map(component).collect();
    if parts.iter().any(String::is_empty) {
        return None;
    }
    let path = parts.join("/");
    let parsed = PagePath::parse(&path).ok()?;
    // A name that is an address of the wiki's own, like `Guides/edit`, gets a mark.
    parsed.for_new_page().or_else(|_| PagePath::parse(&format!("{path}_"))?.for_new_page()).ok()
}

fn component(text: &str) -> String {
    let kept: String = text.nfc().filter(|c| !c.is_control() && PagePath::parse(&format!("x{c}x")).is_ok()).collect();
    let mut name = kept.split_whitespace().collect::<Vec<_>>().join("_");
    while name.len() > LONGEST {
        name.pop();
    }
    let name = name.trim_start_matches('.').trim_end_matches(['.', ' ']);
    let name = name.strip_suffix(".md").unwrap_or(name).trim_end_matches('.');
    if PagePath::parse(name).is_ok() { name.to_owned() } else { name.replace('%', "_") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_elsewhere_become_pages() {
        for (name, expected) in [
            ("New York", Some("New_York")),
            ("Guides/First  steps", Some("Guides/First_steps")),
            ("etc.", Some("etc")),
            ("a\u{200b}b", Some("ab")),
            ("Guides/edit", Some("Guides/edit_")),
            ("-/x", None),
            ("100%2e", Some("100_2e")),
            ("...", None),
            ("what? #1", Some("what?_#1")),
        ] {
            assert_eq!(page_path(name).as_ref().map(PagePath::as_str), expected, "{name}");
        }
        assert!(page_path(&"x".repeat(400)).unwrap().as_str().len() <= LONGEST);
    }
}
