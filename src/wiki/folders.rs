use std::fmt;
use std::sync::Arc;

use super::{Access, Right, Wiki, WikiError};
use crate::catalog::{Folder, FolderName, FolderOrder, HeadingEntry, State};
use crate::model::PagePath;

/// Names of a tree beside a page, and of one of its levels.
const MOST_BESIDE: usize = 80;
const MOST_OF_A_LEVEL: usize = 40;
/// Names that are kept for each level of the way to the page that is read.
const KEPT_FOR_A_LEVEL: usize = 8;
/// Names of a tree that somebody has unfolded.
const MOST_UNFOLDED: usize = 1_000;
/// Names of a folder that is opened.
const MOST_OPENED: usize = 100;
/// Names on one page of an index; with their headings; headings of one page.
const MOST_INDEXED: usize = 400;
const MOST_WITH_HEADINGS: usize = 100;
const MOST_HEADINGS: usize = 40;
/// First letters that an index leads to.
const MOST_LETTERS: usize = 120;

/// A page or a folder, as it is listed.
#[derive(Clone, Debug)]
pub struct Node {
    /// As it is stored; of a folder without a page of its own, as its first page spells it.
    pub path: PagePath,
    pub is_page: bool,
    /// Pages below it.
    pub pages: u32,
    pub inside: Inside,
    /// Filled in an index that was asked for them.
    pub headings: Vec<HeadingEntry>,
}

/// What is shown of what is below a name.
#[derive(Clone, Debug)]
pub enum Inside {
    /// Nothing: there is nothing, or it is deeper than wanted.
    Nothing,
    /// That there is something.
    Folded,
    Open(Names),
}

/// Some names of a folder that come after one another.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub nodes: Vec<Node>,
    /// Whether there are names before them, and after them.
    pub earlier: bool,
    pub later: bool,
}

/// How the tree beside a page is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TreeStyle {
    pub order: FolderOrder,
    pub focus: Focus,
    /// Levels at most.
    pub depth: usize,
}

/// How much of the tree is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Focus {
    /// What is above, beside and below the page; nothing else.
    Branch,
    /// All, folded up but for the way to the page.
    Folded,
    /// All, open, as far as there is room.
    Open,
}

/// The pages of a wiki as the tree beside its pages; made for whoever may read them.
#[derive(Clone)]
pub struct PageTree(Arc<Wiki>);

impl fmt::Debug for PageTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PageTree of {}", self.0.id())
    }
}

impl PageTree {
    /// Every right on a wiki comes with the right to read it.
    #[must_use]
    pub fn of<R: Right>(access: &Access<R>) -> Self {
        Self(access.repository())
    }

    /// The tree beside a page, or beside none: few names, whatever the size of the wiki.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn beside(&self, page: Option<&PagePath>, style: TreeStyle) -> Result<Names, WikiError> {
        self.tree(page, style, MOST_BESIDE, MOST_OF_A_LEVEL)
    }

    /// The same with everything open, up to a thousand names.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn unfolded(&self, page: Option<&PagePath>, style: TreeStyle) -> Result<Names, WikiError> {
        let style = TreeStyle { focus: Focus::Open, ..style };
        self.tree(page, style, MOST_UNFOLDED, MOST_UNFOLDED)
    }

    /// The names in a folder, all of them folded; none when nothing is below it.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn inside(&self, folder: &PagePath, style: TreeStyle) -> Result<Option<Names>, WikiError> {
        let state = self.0.current()?;
        let key = folder.fold();
        let level = 1 + folder.as_str().split('/').count();
        let Some(found) = state.folders().at(key.as_str()) else { return Ok(None) };
        let branches =
            Branches { state: &state, style: TreeStyle { focus: Focus::Folded, ..style }, level: MOST_OPENED };
        let mut left = MOST_OPENED;
        Ok(Some(branches.names(found, key.as_str(), &[], level, &mut left)))
    }

    fn tree(&self, page: Option<&PagePath>, style: TreeStyle, most: usize, level: usize) -> Result<Names, WikiError> {
        let state = self.0.current()?;
        let key = page.map(PagePath::fold);
        let way: Vec<&str> = key.as_ref().map(|key| key.as_str().split('/').collect()).unwrap_or_default();
        let mut left = most;
        Ok(Branches { state: &state, style, level }.names(state.folders(), "", &way, 1, &mut left))
    }
}

/// What every level of one tree needs.
struct Branches<'s> {
    state: &'s State,
    style: TreeStyle,
    /// Names of one level.
    level: usize,
}

impl Branches<'_> {
    /// The names of a folder at a level, from 1. `way` is what is left of the way to the page
    /// that is read, and `left` how many names there is still room for.
    fn names(&self, folder: &Folder, prefix: &str, way: &[&str], level: usize, left: &mut usize) -> Names {
        let TreeStyle { order, focus, depth } = self.style;
        let next = way.first().copied();
        let shown = if focus == Focus::Branch && way.len() > 1 {
            let on_the_way = folder.from(order, next).next().filter(|name| Some(name.key) == next);
            crate::catalog::FolderWindow { names: on_the_way.into_iter().collect(), earlier: false, later: false }
        } else {
            let kept = way.len().saturating_sub(1) * KEPT_FOR_A_LEVEL;
            let most = left.saturating_sub(kept).clamp(KEPT_FOR_A_LEVEL / 2, self.level);
            folder.window(order, next, most)
        };
        *left = left.saturating_sub(shown.names.len());
        // The way to the page gets its room before anything beside it.
        let mut on_the_way = None;
        if let Some(name) = shown.names.iter().find(|name| Some(name.key) == next)
            && let Some(folder) = name.folder
            && level < depth
        {
            let rest = way.get(1..).unwrap_or_default();
            on_the_way = Some(self.names(folder, &join(prefix, name.key), rest, level + 1, left));
        }
        let nodes = shown.names.iter().filter_map(|name| {
            let inside = match name.folder {
                None => Inside::Nothing,
                Some(_) if level >= depth => Inside::Nothing,
                Some(_) if Some(name.key) == next => match on_the_way.take() {
                    Some(names) if !names.nodes.is_empty() => Inside::Open(names),
                    _ => Inside::Nothing,
                },
                Some(folder) if order == FolderOrder::FoldersOnly && folder.len(order) == 0 => Inside::Nothing,
                Some(folder) if focus == Focus::Open && folder.len(order) <= *left => {
                    Inside::Open(self.names(folder, &join(prefix, name.key), &[], level + 1, left))
                }
                Some(_) => Inside::Folded,
            };
            node(self.state, prefix, name, inside)
        });
        Names { nodes: nodes.collect(), earlier: shown.earlier, later: shown.later }
    }
}

/// What a listing of a folder is to show.
#[derive(Clone, Debug, Default)]
pub struct FolderQuery {
    /// None: the whole wiki.
    pub folder: Option<PagePath>,
    /// The folded name, or the beginning of one, with which it begins.
    pub from: Option<String>,
    pub headings: bool,
}

/// A part of the listing of a folder.
#[derive(Clone, Debug)]
pub struct FolderIndex {
    /// As it is spelled; none for the whole wiki.
    pub folder: Option<PagePath>,
    pub is_page: bool,
    /// Pages in it at any depth.
    pub pages: u32,
    pub nodes: Vec<Node>,
    /// The first letters of the names in it, as far as they are letters.
    pub letters: Vec<char>,
    /// Where the parts before and after this one begin.
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// The names in a folder, in parts of a few hundred. If it has no more pages than that, what
/// is below them is listed as well. None when nothing is below the folder.
///
/// # Errors
/// On a storage failure.
pub fn folder_index<R: Right>(access: &Access<R>, query: &FolderQuery) -> Result<Option<FolderIndex>, WikiError> {
    const ORDER: FolderOrder = FolderOrder::Sorted;
    let state = access.wiki().current()?;
    let key = query.folder.as_ref().map(PagePath::fold);
    let prefix = key.as_ref().map_or("", |key| key.as_str());
    let found = if prefix.is_empty() { Some(state.folders()) } else { state.folders().at(prefix) };
    let Some(folder) = found else { return Ok(None) };
    let most = if query.headings { MOST_WITH_HEADINGS } else { MOST_INDEXED };
    let whole = folder.below() as usize <= most;
    let from = query.from.as_deref().map(super::list::fold_prefix).filter(|_| !whole);
    let mut names: Vec<_> = folder.from(ORDER, from.as_deref()).take(most + 1).collect();
    let next = names.get(most).map(|name| name.key.to_owned());
    names.truncate(most);
    let previous = from.as_deref().and_then(|from| {
        let window = folder.window(ORDER, Some(from), most * 2);
        let before = window.names.iter().take_while(|name| name.key < from).count();
        window.names.get(before.saturating_sub(most)).filter(|_| before > 0).map(|name| name.key.to_owned())
    });
    let listing = Listing { state: &state, whole, headings: query.headings };
    let spelled = match state.spelled(prefix).first() {
        Some(page) => Some(page.clone()),
        None if prefix.is_empty() => None,
        None => spelled_as_first_page(&state, prefix, folder),
    };
    Ok(Some(FolderIndex {
        folder: spelled,
        is_page: folder.is_page(),
        pages: folder.below(),
        nodes: listing.nodes(prefix, &names),
        letters: letters(folder),
        previous,
        next,
    }))
}

struct Listing<'s> {
    state: &'s State,
    whole: bool,
    headings: bool,
}

impl Listing<'_> {
    fn nodes(&self, prefix: &str, names: &[FolderName<'_>]) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(names.len());
        for name in names {
            let key = join(prefix, name.key);
            let inside = match name.folder {
                None => Inside::Nothing,
                Some(folder) if self.whole => {
                    let names: Vec<_> = folder.from(FolderOrder::Sorted, None).collect();
                    Inside::Open(Names { nodes: self.nodes(&key, &names), ..Names::default() })
                }
                Some(_) => Inside::Folded,
            };
            nodes.extend(node(self.state, prefix, name, inside).map(|node| self.with_headings(node)));
            // Further spellings of the same name are pages of their own.
            let more = self.state.spelled(&key).iter().skip(1).map(|path| Node {
                path: path.clone(),
                is_page: true,
                pages: 0,
                inside: Inside::Nothing,
                headings: Vec::new(),
            });
            nodes.extend(more.map(|node| self.with_headings(node)));
        }
        nodes
    }

    fn with_headings(&self, mut node: Node) -> Node {
        if self.headings
            && node.is_page
            && let Some(entry) = self.state.page(&node.path)
        {
            node.headings = entry.headings.iter().take(MOST_HEADINGS).cloned().collect();
        }
        node
    }
}

fn node(state: &State, prefix: &str, name: &FolderName<'_>, inside: Inside) -> Option<Node> {
    let key = join(prefix, name.key);
    let path = match (state.spelled(&key).first(), name.folder) {
        (Some(page), _) => page.clone(),
        (None, Some(folder)) => spelled_as_first_page(state, &key, folder)?,
        (None, None) => return None,
    };
    let pages = name.folder.map_or(0, Folder::below);
    Some(Node { path, is_page: name.is_page, pages, inside, headings: Vec::new() })
}

/// A folder without a page of its own is spelled as its first page spells it.
fn spelled_as_first_page(state: &State, key: &str, folder: &Folder) -> Option<PagePath> {
    let levels = key.split('/').count();
    let page = state.spelled(&join(key, &folder.first_page()?)).first()?;
    let end: usize = page.as_str().split('/').take(levels).map(|component| component.len() + 1).sum();
    PagePath::parse(page.as_str().get(..end.checked_sub(1)?)?).ok()
}

/// The first letters of the names in a folder, each found by one look.
fn letters(folder: &Folder) -> Vec<char> {
    let mut letters: Vec<char> = Vec::new();
    let mut from = None;
    while letters.len() < MOST_LETTERS
        && let Some(name) = folder.from(FolderOrder::Sorted, from.as_deref()).next()
        && let Some(first) = name.key.chars().next()
    {
        letters.push(first);
        from = (u32::from(first) + 1..=u32::from(first) + 0x900).find_map(char::from_u32).map(String::from);
        if from.is_none() {
            break;
        }
    }
    letters
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}/{key}") }
}
