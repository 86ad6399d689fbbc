use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::{Access, Read, WikiError};
use crate::catalog::{LinkTarget, State};
use crate::model::{FoldKey, PagePath, StartPage};

/// What a page links to, and what links to it.
#[derive(Clone, Debug)]
pub struct PageLinks {
    /// As the page is stored, or as it was asked for.
    pub path: PagePath,
    pub exists: bool,
    pub links_to: Vec<LinkTarget>,
    pub linked_from: Vec<PagePath>,
}

/// All pages and what links between them.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Pages, and names that are linked to without being pages, ordered by path.
    pub nodes: Vec<PagePath>,
    /// Those of them that do not exist.
    pub missing: Vec<PagePath>,
    /// From page to page, ordered.
    pub edges: Vec<(PagePath, PagePath)>,
}

/// A name that is linked to and is no page.
#[derive(Clone, Debug)]
pub struct BrokenLink {
    /// As it is written on the first of its pages.
    pub target: PagePath,
    pub linked_from: Vec<PagePath>,
}

/// A page or a missing one within reach of another.
#[derive(Clone, Debug)]
pub struct Neighbour {
    pub path: PagePath,
    /// Links on the shortest way there, whichever way they point.
    pub distance: usize,
    pub exists: bool,
}

/// The surroundings of a page in the graph of links.
#[derive(Clone, Debug)]
pub struct Neighbours {
    pub path: PagePath,
    /// Nearest first, then ordered by path; the page itself is not among them.
    pub pages: Vec<Neighbour>,
    /// The links between these pages and the page, ordered.
    pub edges: Vec<(PagePath, PagePath)>,
    /// Whether there are more than were asked for.
    pub truncated: bool,
}

/// The links of one page, which need not exist.
///
/// # Errors
/// On a storage failure.
pub fn page_links(access: &Access<Read>, path: &PagePath) -> Result<PageLinks, WikiError> {
    let state = access.wiki().current()?;
    let stored = state.resolve(path);
    let shown = stored.unwrap_or(path);
    Ok(PageLinks {
        path: shown.clone(),
        exists: stored.is_some(),
        links_to: state.links_of(shown),
        linked_from: state.linked_from(shown),
    })
}

/// All links of the wiki.
///
/// # Errors
/// On a storage failure.
pub fn graph(access: &Access<Read>) -> Result<Graph, WikiError> {
    let state = access.wiki().current()?;
    let mut missing = Missing::default();
    let mut edges = Vec::new();
    for (path, _) in state.pages() {
        let targets: BTreeSet<PagePath> =
            state.links_of(path).into_iter().map(|target| missing.spell(target)).collect();
        edges.extend(targets.into_iter().map(|target| (path.clone(), target)));
    }
    let missing = missing.names();
    let mut nodes: Vec<PagePath> = state.pages().map(|(path, _)| path.clone()).chain(missing.iter().cloned()).collect();
    nodes.sort();
    Ok(Graph { nodes, missing, edges })
}

/// The names that are linked to and lead nowhere, ordered: no page has them, and none of the
/// owner's redirects.
///
/// # Errors
/// On a storage failure.
pub fn broken_links(access: &Access<Read>) -> Result<Vec<BrokenLink>, WikiError> {
    let state = access.wiki().current()?;
    let mut missing = Missing::default();
    let mut sources: BTreeMap<PagePath, Vec<PagePath>> = BTreeMap::new();
    for path in state.pages_with_doubtful_links() {
        for target in state.links_of(path).into_iter().filter(|target| !target.exists) {
            let linked_from = sources.entry(missing.spell(target)).or_default();
            if linked_from.last() != Some(path) {
                linked_from.push(path.clone());
            }
        }
    }
    drop(state);
    let mut broken = Vec::new();
    for (target, linked_from) in sources {
        let redirected = access.preferences().redirects.get(&target).is_some();
        if !redirected || super::leads_to(access, &target)?.is_none() {
            broken.push(BrokenLink { target, linked_from });
        }
    }
    Ok(broken)
}

/// The pages that no other page links to, ordered by path; the start page is none.
///
/// # Errors
/// On a storage failure.
pub fn orphans(access: &Access<Read>) -> Result<Vec<PagePath>, WikiError> {
    let state = access.wiki().current()?;
    let start = match &access.preferences().start {
        StartPage::Page(page) => Some(page.fold()),
        StartPage::Changelog | StartPage::Index => None,
    };
    let pages =
        state.pages().filter(|(path, entry)| Some(&entry.key) != start.as_ref() && !state.is_linked(path, entry));
    Ok(pages.map(|(path, _)| path.clone()).collect())
}

/// The pages within `depth` links of a page, whichever way they point, at most `most`.
///
/// # Errors
/// [`WikiError::NoSuchPage`], or a storage failure.
pub fn neighbours(access: &Access<Read>, path: &PagePath, depth: usize, most: usize) -> Result<Neighbours, WikiError> {
    let state = access.wiki().current()?;
    let start = state.resolve(path).cloned().ok_or_else(|| super::read::no_such_page(&state, path))?;
    let mut missing = Missing::default();
    let mut seen: HashMap<PagePath, usize> = HashMap::from([(start.clone(), 0)]);
    let mut queue = VecDeque::from([start.clone()]);
    let mut pages = Vec::new();
    let mut truncated = false;
    while let Some(page) = queue.pop_front() {
        let distance = seen.get(&page).map_or(0, |distance| distance + 1);
        if distance > depth {
            break;
        }
        for target in around(&state, &page, &mut missing) {
            if seen.contains_key(&target.path) {
                continue;
            }
            if pages.len() >= most {
                truncated = true;
                break;
            }
            seen.insert(target.path.clone(), distance);
            queue.push_back(target.path.clone());
            pages.push(Neighbour { path: target.path, distance, exists: target.exists });
        }
    }
    let mut edges: Vec<(PagePath, PagePath)> = Vec::new();
    for page in seen.keys().filter(|page| state.page(page).is_some()) {
        let targets = state.links_of(page).into_iter().map(|target| missing.spell(target));
        edges.extend(targets.filter(|target| seen.contains_key(target)).map(|target| (page.clone(), target)));
    }
    edges.sort();
    edges.dedup();
    pages.sort_by(|a, b| (a.distance, &a.path).cmp(&(b.distance, &b.path)));
    Ok(Neighbours { path: start, pages, edges, truncated })
}

fn around(state: &State, page: &PagePath, missing: &mut Missing) -> Vec<LinkTarget> {
    let out = state
        .links_of(page)
        .into_iter()
        .map(|target| LinkTarget { exists: target.exists, path: missing.spell(target) });
    let incoming = state.linked_from(page).into_iter().map(|path| LinkTarget { path, exists: true });
    out.chain(incoming).collect()
}

/// Names without a page, each under the spelling that was met first.
#[derive(Default)]
struct Missing {
    spellings: HashMap<FoldKey, PagePath>,
}

impl Missing {
    fn spell(&mut self, target: LinkTarget) -> PagePath {
        if target.exists {
            return target.path;
        }
        self.spellings.entry(target.path.fold()).or_insert(target.path).clone()
    }

    fn names(self) -> Vec<PagePath> {
        let mut names: Vec<PagePath> = self.spellings.into_values().collect();
        names.sort();
        names
    }
}
