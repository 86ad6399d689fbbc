//! The menu and the tree of pages that stand beside every page of a wiki.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::ask;
use super::error_page::page as render_page;
use super::page_view::slug;
use super::request::{WebRequest, encode, page_href};
use super::views::{Link, Side, TreeName, TreePart, TreeRow};
use crate::catalog::FolderOrder;
use crate::http::authenticate::cookie;
use crate::http::state::AppState;
use crate::model::{Destination, MenuEntry, PagePath, Preferences, TreeFocus, TreeMode, display_name};
use crate::wiki::{self, Access, Focus, Inside, Names, Node, PageTree, Right, TreeStyle, WikiError};

/// The cookie that a script sets when the visitor puts the sidebar away.
const COOKIE: &str = "side";
/// Levels of a tree that is not limited: paths have no more.
const ALL_LEVELS: usize = 16;

/// What is beside the pages of one wiki; the tree depends on the page.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    tree: PageTree,
    style: Option<TreeStyle>,
    side: Side,
}

impl Beside {
    /// Blocks.
    pub(super) fn new<R: Right>(access: &Access<R>, request: &WebRequest) -> Self {
        let preferences = access.preferences();
        let side = Side {
            menu: menu(preferences),
            rows: Vec::new(),
            hidden: cookie(&request.headers, COOKIE) == Some("hidden"),
        };
        Self { tree: PageTree::of(access), style: style(preferences), side }.at(None)
    }

    /// The same beside a page. Blocks.
    pub(super) fn at(mut self, page: Option<&PagePath>) -> Self {
        let Some(style) = self.style else { return self };
        match self.tree.beside(page, style) {
            Ok(names) => self.side.rows = rows(&names, None, page),
            // A page without its tree is better than none.
            Err(error) => tracing::warn!(%error, "the tree of pages is left out"),
        }
        self
    }

    /// None when the owner wants neither menu nor tree.
    pub(super) fn side(&self) -> Option<&Side> {
        Some(&self.side).filter(|side| !side.menu.is_empty() || !side.rows.is_empty())
    }
}

fn style(preferences: &Preferences) -> Option<TreeStyle> {
    let sidebar = preferences.sidebar;
    Some(TreeStyle {
        order: match sidebar.tree {
            TreeMode::Off => return None,
            TreeMode::Sorted => FolderOrder::Sorted,
            TreeMode::FoldersFirst => FolderOrder::FoldersFirst,
            TreeMode::FoldersOnly => FolderOrder::FoldersOnly,
        },
        focus: match sidebar.focus {
            TreeFocus::Branch => Focus::Branch,
            TreeFocus::Folded => Focus::Folded,
            TreeFocus::Open => Focus::Open,
        },
        depth: sidebar.depth.map_or(ALL_LEVELS, |depth| usize::from(depth.levels())),
    })
}

fn menu(preferences: &Preferences) -> Vec<Option<Link>> {
    let link = |entry: &MenuEntry| match entry {
        MenuEntry::Separator => None,
        MenuEntry::Item(item) => Some(Link {
            text: item.title.clone(),
            href: match &item.to {
                Destination::Page(page) => page_href(page),
                other => other.to_string(),
            },
        }),
    };
    preferences.menu.entries().iter().map(link).collect()
}

/// `GET /-/tree`: a part of the tree as a fragment of HTML, for the script that unfolds it.
/// `in` names a folder, whose names come folded; without it everything comes open, as far as
/// there is room, beside the page `at`. Without scripts `/-/index` shows the same.
pub(super) async fn tree(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let path = |name: &str| {
            let text = query.get(name).filter(|text| !text.is_empty());
            text.map(|text| PagePath::parse(text).map_err(WikiError::from)).transpose()
        };
        let (folder, page) = (path("in")?, path("at")?);
        let style = style(access.preferences());
        let style = style.unwrap_or(TreeStyle { order: FolderOrder::Sorted, focus: Focus::Folded, depth: ALL_LEVELS });
        let tree = PageTree::of(&access);
        let names = match &folder {
            Some(folder) => tree.inside(folder, style)?.unwrap_or_default(),
            None => tree.unfolded(page.as_ref(), style)?,
        };
        Ok(rows(&names, folder.as_ref(), page.as_ref()))
    });
    match found.await {
        Ok(rows) => render_page(StatusCode::OK, &TreePart { rows }),
        Err(refused) => refused,
    }
}

/// The names in a folder, with what is open below them, as rows.
fn rows(names: &Names, folder: Option<&PagePath>, current: Option<&PagePath>) -> Vec<TreeRow> {
    let mut rows = Vec::new();
    push(names, folder, current, &mut rows);
    rows
}

fn push(names: &Names, folder: Option<&PagePath>, current: Option<&PagePath>, rows: &mut Vec<TreeRow>) {
    let more = |text: &str| TreeRow::More(Link { text: text.to_owned(), href: index_href(folder) });
    if names.earlier {
        rows.push(more("Names before these"));
    }
    for node in &names.nodes {
        let name = name(node, current);
        match &node.inside {
            Inside::Nothing => rows.push(TreeRow::Name(name)),
            Inside::Folded => {
                let inside_href = index_href(Some(&node.path));
                rows.push(TreeRow::Folded { name, pages: pages_text(node.pages), inside_href });
            }
            Inside::Open(below) => {
                rows.push(TreeRow::Opens(name));
                push(below, Some(&node.path), current, rows);
                rows.push(TreeRow::Closes);
            }
        }
    }
    if names.later {
        rows.push(more("More"));
    }
}

fn name(node: &Node, current: Option<&PagePath>) -> TreeName {
    TreeName {
        link: Link { text: display_name(node.path.leaf()), href: page_href(&node.path) },
        current: node.is_page && current == Some(&node.path),
    }
}

/// The address of the listing of a folder, or of all pages.
pub(super) fn index_href(folder: Option<&PagePath>) -> String {
    match folder {
        Some(folder) => format!("/-/index?in={}", encode(folder.as_str()).replace("%2F", "/")),
        None => "/-/index".to_owned(),
    }
}

/// `1 page`, `312 pages`.
pub(super) fn pages_text(pages: u32) -> String {
    if pages == 1 { "1 page".to_owned() } else { format!("{pages} pages") }
}
