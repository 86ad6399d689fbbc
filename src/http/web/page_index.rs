use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::ask;
use super::error_page::page;
use super::frame::Surroundings;
use super::page_view::slug;
use super::request::{WebRequest, encode, link_to, page_href, path_for_people};
use super::side::{index_href, pages_text};
use super::views::{Crumb, Folder, IndexEntry, IndexGroup, Letter, Link, NamesFound, PageIndex};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{PagePath, display_name};
use crate::wiki::{self, Access, FolderIndex, FolderQuery, Inside, NameQuery, Named, Node, Read, WikiError};

/// Names that a filter shows.
const FOUND: usize = 200;
/// Longest filter that is looked at, in characters.
const LONGEST: usize = 100;

/// What is listed of a wiki.
pub(super) struct Listed {
    surroundings: Surroundings,
    index: FolderIndex,
    headings: bool,
    /// What was typed to filter, and what it found.
    filter: Option<(String, Vec<Named>, usize)>,
    /// Whether the folder could get a page that the visitor may write.
    create: Option<String>,
}

/// `GET /-/index`: the pages by their first letters; of a large wiki, folder by folder and in
/// parts. `in` names a folder, `q` filters by name, `headings` adds each page's headings,
/// `from` leads on.
pub(super) async fn page_index(
    State(state): State<AppState>,
    Query(given): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let text = |name: &str| given.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let folder = text("in").map(|text| PagePath::parse(text).map_err(WikiError::from)).transpose()?;
        let query = FolderQuery {
            folder: folder.clone(),
            from: text("from").map(|text| text.chars().take(LONGEST).collect()),
            headings: given.contains_key("headings"),
        };
        let filter = text("q").map(|text| text.chars().take(LONGEST).collect::<String>());
        let surroundings = Surroundings::wiki(state, &access, request);
        listed(&access, surroundings, &query, filter)?.ok_or_else(|| match folder {
            Some(folder) => WikiError::NoSuchPage { path: folder.to_string(), near: Vec::new() }.into(),
            None => WikiError::Busy.into(),
        })
    });
    match found.await {
        Ok(listed) => show(&listed),
        Err(refused) => refused,
    }
}

impl Listed {
    pub(super) const fn folder(&self) -> Option<&PagePath> {
        self.index.folder.as_ref()
    }
}

/// What is below a path; none when nothing is.
pub(super) fn listed(
    access: &Access<Read>,
    surroundings: Surroundings,
    query: &FolderQuery,
    filter: Option<String>,
) -> Result<Option<Listed>, Failure> {
    let Some(index) = wiki::folder_index(access, query)? else { return Ok(None) };
    let filter = match filter {
        Some(typed) => {
            let query = NameQuery { typed: &typed, folder: index.folder.as_ref() };
            let (found, total) = wiki::named(access, query, FOUND)?;
            Some((typed, found, total))
        }
        None => None,
    };
    let new = index.folder.as_ref().filter(|_| !index.is_page && surroundings.may_write());
    let create = new.and_then(|folder| folder.for_new_page().ok()).map(|path| format!("{}/edit", page_href(&path)));
    let surroundings = match &index.folder {
        Some(folder) if index.is_page => surroundings.about(folder),
        Some(folder) => surroundings.in_folder(folder),
        None => surroundings,
    };
    Ok(Some(Listed { surroundings, index, headings: query.headings, filter, create }))
}

pub(super) fn show(listed: &Listed) -> Response {
    let Listed { surroundings, index, headings, filter, create } = listed;
    let folder = index.folder.as_ref();
    let title = folder.map_or_else(|| "All pages".to_owned(), |folder| display_name(folder.leaf()));
    let more = |from: &String| with_headings(format!("{}from={}", joined(folder), encode(from)), *headings);
    let whole = index.next.is_none() && index.previous.is_none();
    let groups = groups(&index.nodes);
    let view = PageIndex {
        frame: surroundings.frame(&title),
        heading: &title,
        folder: folder.map(|folder| Folder {
            path: folder.to_string(),
            page_href: index.is_page.then(|| page_href(folder)),
            crumbs: crumbs(folder),
            create_href: create.as_deref(),
        }),
        total: index.pages,
        letters: index.letters.iter().copied().map(|c| letter_link(c, &groups, whole, &more)).collect(),
        groups,
        whole,
        headings: *headings,
        all_href: index_href(folder),
        headings_href: with_headings(index_href(folder), !headings),
        previous_href: index.previous.as_ref().map(more),
        next_href: index.next.as_ref().map(more),
        filter: filter.as_ref().map_or("", |(typed, ..)| typed),
        found: filter.as_ref().map(|(_, found, total)| NamesFound {
            pages: found.iter().map(|(path, title)| named_link(path, title)).collect(),
            total: *total,
        }),
    };
    page(StatusCode::OK, &view)
}

/// The address of a folder's listing, to which a parameter is added.
fn joined(folder: Option<&PagePath>) -> String {
    format!("{}{}", index_href(folder), if folder.is_some() { '&' } else { '?' })
}

fn with_headings(href: String, headings: bool) -> String {
    match (headings, href.contains('?')) {
        (false, _) => href,
        (true, true) => format!("{href}&headings=1"),
        (true, false) => format!("{href}?headings=1"),
    }
}

fn named_link(path: &PagePath, title: &str) -> Link {
    let link = link_to(path);
    if title == path.leaf() { link } else { Link { text: format!("{title} ({})", path_for_people(path)), ..link } }
}

/// The folders above a folder.
fn crumbs(folder: &PagePath) -> Vec<Crumb> {
    let mut crumbs: Vec<Crumb> = std::iter::successors(folder.parent(), PagePath::parent)
        .map(|above| Crumb { name: display_name(above.leaf()), href: Some(index_href(Some(&above))) })
        .collect();
    crumbs.push(Crumb { name: "All pages".to_owned(), href: Some(index_href(None)) });
    crumbs.reverse();
    crumbs
}

/// A letter leads to its group if that is on this page, else to the part that begins with it.
fn letter_link(first: char, groups: &[IndexGroup], whole: bool, more: &impl Fn(&String) -> String) -> Letter {
    let letter = letter(first);
    let here = groups.iter().find(|group| group.letter == letter).filter(|_| whole);
    let href = here.map_or_else(|| more(&first.to_string()), |group| format!("#letter-{}", group.letter));
    Letter { letter, href }
}

fn letter(first: char) -> char {
    if first.is_alphabetic() { first.to_uppercase().next().unwrap_or(first) } else { '#' }
}

/// Groups names, which arrive in reading order, by letter.
fn groups(nodes: &[Node]) -> Vec<IndexGroup> {
    let mut groups: Vec<IndexGroup> = Vec::new();
    for node in nodes {
        let letter = letter(node.path.leaf().chars().next().unwrap_or('#'));
        let at = groups.iter().position(|group| group.letter == letter).unwrap_or_else(|| {
            groups.push(IndexGroup { letter, entries: Vec::new() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            push(node, 0, &mut group.entries);
        }
    }
    groups
}

fn push(node: &Node, depth: usize, entries: &mut Vec<IndexEntry>) {
    let href = page_href(&node.path);
    entries.push(IndexEntry {
        depth,
        name: display_name(node.path.leaf()),
        is_page: node.is_page,
        below: matches!(node.inside, Inside::Folded).then(|| (pages_text(node.pages), index_href(Some(&node.path)))),
        headings: node
            .headings
            .iter()
            .filter(|heading| !heading.title.is_empty())
            .map(|heading| Link { text: heading.title.clone(), href: format!("{href}#{}", encode(&heading.anchor)) })
            .collect(),
        href,
    });
    if let Inside::Open(names) = &node.inside {
        for node in &names.nodes {
            push(node, depth + 1, entries);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wiki::Names;

    fn node(path: &str, is_page: bool, inside: Inside) -> Node {
        Node { path: PagePath::parse(path).unwrap(), is_page, pages: 3, inside, headings: Vec::new() }
    }

    #[test]
    fn names_are_grouped_by_letter_and_say_what_is_folded_up() {
        let below = |nodes| Inside::Open(Names { nodes, ..Names::default() });
        let nodes = [
            node("1st", true, Inside::Nothing),
            node("Alpha", true, below(vec![node("Alpha/One", true, Inside::Nothing)])),
            node("alp", false, Inside::Folded),
            node("\u{e9}t\u{e9}", true, Inside::Nothing),
        ];
        let lines: Vec<String> = groups(&nodes)
            .into_iter()
            .flat_map(|group| {
                group.entries.into_iter().map(move |entry| {
                    let below = entry.below.map(|(pages, href)| format!(" {pages} at {href}")).unwrap_or_default();
                    format!("{} {}{} {}{below}", group.letter, "-".repeat(entry.depth), entry.name, entry.is_page)
                })
            })
            .collect();
        let expected = [
            "# 1st true",
            "A Alpha true",
            "A -One true",
            "A alp false 3 pages at /-/index?in=alp",
            "\u{c9} \u{e9}t\u{e9} true",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_letter_leads_to_where_its_names_are() {
        let groups = groups(&[node("Alpha", true, Inside::Nothing)]);
        let more = |from: &String| format!("/-/index?from={from}");
        assert_eq!(letter_link('a', &groups, true, &more).href, "#letter-A");
        assert_eq!(letter_link('a', &groups, false, &more).href, "/-/index?from=a");
        assert_eq!(letter_link('z', &groups, true, &more).href, "/-/index?from=z");
    }
}
