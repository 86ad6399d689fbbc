use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;

/// Pages as folders in folders, by what their names fold to. Kept up to date page by page,
/// so that a part of it can be shown without a look at all pages.
///
/// A page with pages below it is a folder. Every folder but the root has pages below it.
#[derive(Default, Debug)]
pub struct Folder {
    /// Pages that are this folder: more than one when their spellings fold to the same.
    own: u32,
    below: u32,
    folders: BTreeMap<Box<str>, Folder>,
    pages: BTreeMap<Box<str>, u32>,
}

/// In which order the names of a folder come, and which of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FolderOrder {
    Sorted,
    FoldersFirst,
    FoldersOnly,
}

/// A name in a folder.
#[derive(Clone, Copy, Debug)]
pub struct FolderName<'f> {
    /// The component, folded.
    pub key: &'f str,
    /// Whether a page has this very name.
    pub is_page: bool,
    /// What is below it; none for a page without sub-pages.
    pub folder: Option<&'f Folder>,
}

/// Some of the names of a folder that come after one another.
#[derive(Debug)]
pub struct FolderWindow<'f> {
    pub names: Vec<FolderName<'f>>,
    /// Whether there are names before them, and after them.
    pub earlier: bool,
    pub later: bool,
}

impl Folder {
    /// Pages in it at any depth, without its own.
    #[must_use]
    pub const fn below(&self) -> u32 {
        self.below
    }

    /// Names directly in it.
    #[must_use]
    pub fn len(&self, order: FolderOrder) -> usize {
        let pages = if order == FolderOrder::FoldersOnly { 0 } else { self.pages.len() };
        self.folders.len() + pages
    }

    #[must_use]
    pub const fn is_page(&self) -> bool {
        self.own > 0
    }

    /// The folder that a folded path leads to from here; none when nothing is below it.
    #[must_use]
    pub fn at(&self, key: &str) -> Option<&Self> {
        key.split('/').try_fold(self, |folder, component| folder.folders.get(component))
    }

    /// The folded path, from here, of the first page below.
    #[must_use]
    pub fn first_page(&self) -> Option<String> {
        let page = self.pages.keys().next();
        let folder = self.folders.iter().next();
        match (page, folder) {
            (Some(page), Some((name, _))) if page < name => Some(page.to_string()),
            (_, Some((name, _))) if self.folders.get(name).is_some_and(Self::is_page) => Some(name.to_string()),
            (_, Some((name, folder))) => folder.first_page().map(|rest| format!("{name}/{rest}")),
            (Some(page), None) => Some(page.to_string()),
            (None, None) => None,
        }
    }

    /// The names in an order, from the one with a key on or from where it would be.
    pub fn from<'f>(&'f self, order: FolderOrder, key: Option<&str>) -> Box<dyn Iterator<Item = FolderName<'f>> + 'f> {
        let start = key.map_or(Bound::Unbounded, Bound::Included);
        let folders = self.folders.range::<str, _>((start, Bound::Unbounded)).map(folder_name);
        let pages = |start| self.pages.range::<str, _>((start, Bound::Unbounded)).map(page_name);
        match order {
            FolderOrder::Sorted => Box::new(Merged::new(folders, pages(start), |a, b| a < b)),
            FolderOrder::FoldersOnly => Box::new(folders),
            FolderOrder::FoldersFirst if key.is_some_and(|key| !self.folders.contains_key(key)) => {
                Box::new(pages(start))
            }
            FolderOrder::FoldersFirst => Box::new(folders.chain(pages(Bound::Unbounded))),
        }
    }

    /// The names before the one with a key, the nearest first.
    fn before<'f>(&'f self, order: FolderOrder, key: &str) -> Box<dyn Iterator<Item = FolderName<'f>> + 'f> {
        let before = (Bound::Unbounded, Bound::Excluded(key));
        let folders = self.folders.range::<str, _>(before).rev().map(folder_name);
        let pages = self.pages.range::<str, _>(before).rev().map(page_name);
        match order {
            FolderOrder::Sorted => Box::new(Merged::new(folders, pages, |a, b| a > b)),
            FolderOrder::FoldersFirst if !self.folders.contains_key(key) => {
                Box::new(pages.chain(self.folders.iter().rev().map(folder_name)))
            }
            FolderOrder::FoldersFirst | FolderOrder::FoldersOnly => Box::new(folders),
        }
    }

    /// At most `most` names: those around a key if there is one, else the first.
    #[must_use]
    pub fn window(&self, order: FolderOrder, around: Option<&str>, most: usize) -> FolderWindow<'_> {
        let mut names: Vec<_> = self.from(order, around).take(most + 1).collect();
        let mut before: Vec<_> = match around {
            Some(key) => self.before(order, key).take(most + 1).collect(),
            None => Vec::new(),
        };
        let kept = before.len().min((most / 2).max(most.saturating_sub(names.len())));
        let earlier = before.len() > kept;
        before.truncate(kept);
        before.reverse();
        let later = names.len() > most - kept;
        names.truncate(most - kept);
        before.append(&mut names);
        FolderWindow { names: before, earlier, later }
    }

    pub(super) fn add(&mut self, key: &str) {
        self.below += 1;
        match key.split_once('/') {
            Some((first, rest)) => {
                if !self.folders.contains_key(first) {
                    let own = self.pages.remove(first).unwrap_or(0);
                    self.folders.insert(first.into(), Self { own, ..Self::default() });
                }
                if let Some(folder) = self.folders.get_mut(first) {
                    folder.add(rest);
                }
            }
            None => match self.folders.get_mut(key) {
                Some(folder) => folder.own += 1,
                None => *self.pages.entry(key.into()).or_default() += 1,
            },
        }
    }

    /// Takes back what [`Self::add`] did with the same key.
    pub(super) fn remove(&mut self, key: &str) {
        self.below = self.below.saturating_sub(1);
        match key.split_once('/') {
            Some((first, rest)) => {
                let Some(folder) = self.folders.get_mut(first) else { return };
                folder.remove(rest);
                if folder.below > 0 {
                    return;
                }
                let own = folder.own;
                self.folders.remove(first);
                if own > 0 {
                    self.pages.insert(first.into(), own);
                }
            }
            None => {
                if let Some(folder) = self.folders.get_mut(key) {
                    folder.own = folder.own.saturating_sub(1);
                } else if let Some(pages) = self.pages.get_mut(key) {
                    *pages = pages.saturating_sub(1);
                    if *pages == 0 {
                        self.pages.remove(key);
                    }
                }
            }
        }
    }
}

fn folder_name<'f>((key, folder): (&'f (impl AsRef<str> + ?Sized), &'f Folder)) -> FolderName<'f> {
    let key = key.as_ref();
    FolderName { key, is_page: folder.is_page(), folder: Some(folder) }
}

fn page_name<'f>((key, _): (&'f (impl AsRef<str> + ?Sized), &'f u32)) -> FolderName<'f> {
    let key = key.as_ref();
    FolderName { key, is_page: true, folder: None }
}

/// Two runs of names in the same order as one.
struct Merged<A: Iterator, B: Iterator> {
    a: Peekable<A>,
    b: Peekable<B>,
    first: fn(&str, &str) -> bool,
}

impl<A: Iterator, B: Iterator> Merged<A, B> {
    fn new(a: A, b: B, first: fn(&str, &str) -> bool) -> Self {
        Self { a: a.peekable(), b: b.peekable(), first }
    }
}

impl<'f, A, B> Iterator for Merged<A, B>
where
    A: Iterator<Item = FolderName<'f>>,
    B: Iterator<Item = FolderName<'f>>,
{
    type Item = FolderName<'f>;

    fn next(&mut self) -> Option<FolderName<'f>> {
        match (self.a.peek(), self.b.peek()) {
            (Some(a), Some(b)) if !(self.first)(a.key, b.key) => self.b.next(),
            (Some(_), _) => self.a.next(),
            (None, _) => self.b.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::FolderOrder::{FoldersFirst, FoldersOnly, Sorted};
    use super::*;

    fn of(keys: &[&str]) -> Folder {
        let mut root = Folder::default();
        for key in keys {
            root.add(key);
        }
        root
    }

    fn names(folder: &Folder, order: FolderOrder) -> Vec<&str> {
        folder.from(order, None).map(|name| name.key).collect()
    }

    #[test]
    fn names_come_in_the_order_that_is_asked_for() {
        let root = of(&["b", "c/x", "a/y", "d", "a"]);
        assert_eq!(names(&root, Sorted), ["a", "b", "c", "d"]);
        assert_eq!(names(&root, FoldersFirst), ["a", "c", "b", "d"]);
        assert_eq!(names(&root, FoldersOnly), ["a", "c"]);
        assert_eq!((root.below(), root.at("a").unwrap().below()), (5, 1));
        assert_eq!(root.at("c").unwrap().first_page().as_deref(), Some("x"));
        assert_eq!(root.first_page().as_deref(), Some("a"));
        assert!(root.at("b").is_none() && root.at("a").unwrap().is_page() && !root.at("c").unwrap().is_page());
    }

    #[test]
    fn a_window_is_around_the_name_that_is_read() {
        let keys: Vec<String> = (0..100).map(|n| format!("{n:02}")).collect();
        let root = of(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        for (around, first, last, earlier, later) in [
            (None, "00", "09", false, true),
            (Some("00"), "00", "09", false, true),
            (Some("50"), "45", "54", true, true),
            (Some("99"), "90", "99", true, false),
            (Some("97"), "90", "99", true, false),
        ] {
            let window = root.window(Sorted, around, 10);
            let keys = (window.names.first().unwrap().key, window.names.last().unwrap().key);
            assert_eq!((keys, window.earlier, window.later), ((first, last), earlier, later), "{around:?}");
        }
        let mixed = of(&["a", "b", "f/x", "g/x"]);
        let keys = |around| mixed.window(FoldersFirst, Some(around), 2).names.iter().map(|n| n.key).collect::<Vec<_>>();
        assert_eq!((keys("a"), keys("f"), keys("g")), (vec!["g", "a"], vec!["f", "g"], vec!["f", "g"]));
    }

    proptest! {
        /// Whatever was added and removed on the way, the tree is that of the pages that are left.
        #[test]
        fn a_tree_depends_on_its_pages_alone(
            pages in prop::collection::vec(("[ab](/[ab]){0,3}", any::<bool>()), 0..30),
        ) {
            let mut changed = Folder::default();
            for (key, _) in &pages {
                changed.add(key);
            }
            for (key, _) in pages.iter().filter(|(_, stays)| !stays) {
                changed.remove(key);
            }
            let left: Vec<&str> = pages.iter().filter(|(_, stays)| *stays).map(|(key, _)| key.as_str()).collect();
            prop_assert_eq!(format!("{changed:?}"), format!("{:?}", of(&left)));
        }
    }
}
