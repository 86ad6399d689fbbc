use axum::extract::{Extension, OriginalUri, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiError;
use super::lists::Pairs;
use super::paging::{self, part};
use super::request::decode;
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::{PagePath, Slug};
use crate::wiki::{self, WikiError};

type Answer = Result<Response, ApiError>;

/// Levels of neighbours, and neighbours on all of them together.
const MOST_DEPTH: usize = 3;
const MOST_NEIGHBOURS: usize = 500;

/// The links of a wiki as a graph.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Graph {
    /// Pages and missing pages, ordered by path. With `limit`, those that the edges name.
    nodes: Vec<String>,
    /// Ordered by source, then target.
    edges: Vec<Edge>,
    /// The nodes that are no pages.
    missing: Vec<String>,
    /// All edges.
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Edge {
    source: String,
    target: String,
}

fn edge((source, target): (PagePath, PagePath)) -> Edge {
    Edge { source: source.into(), target: target.into() }
}

fn texts(paths: impl IntoIterator<Item = PagePath>) -> Vec<String> {
    paths.into_iter().map(String::from).collect()
}

/// `GET /links` (reference 1.7).
pub(super) async fn graph(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Answer {
    paging::answer(&state, slug, headers, query, |access, query| {
        let wiki::Graph { mut nodes, mut missing, edges } = wiki::graph(access)?;
        let part = part(edges, query, |(source, target)| format!("{source}\n{target}"))?;
        if query.get("limit").is_some() {
            let mut named: Vec<&PagePath> = part.items.iter().flat_map(|(source, target)| [source, target]).collect();
            named.sort_unstable();
            nodes.retain(|node| named.binary_search(&node).is_ok());
            missing.retain(|node| named.binary_search(&node).is_ok());
        }
        let edges = part.items.into_iter().map(edge).collect();
        let (nodes, missing) = (texts(nodes), texts(missing));
        Ok(Graph { nodes, edges, missing, total: part.total, next_cursor: part.next_cursor })
    })
    .await
}

/// The links of one page.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct PageLinks {
    path: String,
    /// Whether there is such a page.
    exists: bool,
    links_to: Vec<String>,
    linked_from: Vec<String>,
    /// Those of `links_to` that are no pages.
    missing: Vec<String>,
}

/// `GET /links/{path}` (reference 1.7): a page that does not exist has no links, but may be
/// linked to.
pub(super) async fn of_page(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    OriginalUri(uri): OriginalUri,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Answer {
    let raw = uri.path().strip_prefix("/api/v1/links/").unwrap_or_default().to_owned();
    paging::answer(&state, slug, headers, query, move |access, _| {
        let links = wiki::page_links(access, &PagePath::parse(&decode(&raw)?)?)?;
        let missing = links.links_to.iter().filter(|target| !target.exists).map(|target| target.path.to_string());
        Ok(PageLinks {
            path: links.path.into(),
            exists: links.exists,
            missing: missing.collect(),
            links_to: texts(links.links_to.into_iter().map(|target| target.path)),
            linked_from: texts(links.linked_from),
        })
    })
    .await
}

/// Names that are linked to and are no pages.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Broken {
    broken: Vec<BrokenRow>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct BrokenRow {
    target: String,
    linked_from: Vec<String>,
}

/// `GET /links/broken`.
pub(super) async fn broken(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Answer {
    paging::answer(&state, slug, headers, query, |access, query| {
        let part = part(wiki::broken_links(access)?, query, |link| link.target.to_string())?;
        let rows = part.items.into_iter();
        let broken =
            rows.map(|link| BrokenRow { target: link.target.into(), linked_from: texts(link.linked_from) }).collect();
        Ok(Broken { broken, total: part.total, next_cursor: part.next_cursor })
    })
    .await
}

/// Pages that no other page links to.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Orphans {
    orphans: Vec<String>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// `GET /links/orphans`; the start page is none.
pub(super) async fn orphans(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Answer {
    paging::answer(&state, slug, headers, query, |access, query| {
        let part = part(wiki::orphans(access)?, query, ToString::to_string)?;
        Ok(Orphans { orphans: texts(part.items), total: part.total, next_cursor: part.next_cursor })
    })
    .await
}

/// The surroundings of a page in the graph of links.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Neighbours {
    path: String,
    depth: usize,
    /// Nearest first.
    neighbours: Vec<Neighbour>,
    /// The links among them and the page.
    edges: Vec<Edge>,
    /// How many neighbours this answer has.
    total: usize,
    /// Whether there are more.
    truncated: bool,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Neighbour {
    path: String,
    /// Links on the shortest way, whichever way they point.
    distance: usize,
    exists: bool,
}

/// `GET /pages/{path}/neighbours?depth=`: depth is 1 to 3, default 1; `limit` is 1 to 500.
pub(super) async fn neighbours(
    state: &AppState,
    slug: Slug,
    headers: HeaderMap,
    query: Vec<(String, String)>,
    typed: String,
) -> Answer {
    paging::answer(state, slug, headers, query, move |access, query| {
        let path = PagePath::parse(&typed)?;
        let depth = query.number("depth", MOST_DEPTH)?.unwrap_or(1);
        let most = query.number("limit", MOST_NEIGHBOURS)?.unwrap_or(MOST_NEIGHBOURS);
        let found = wiki::neighbours(access, &path, depth, most).map_err(|error| match error {
            WikiError::NoSuchPage { near, .. } => WikiError::NoSuchPage { path: typed.clone(), near },
            other => other,
        })?;
        let rows = found.pages.into_iter();
        let neighbours: Vec<Neighbour> = rows
            .map(|page| Neighbour { path: page.path.into(), distance: page.distance, exists: page.exists })
            .collect();
        Ok(Neighbours {
            path: found.path.into(),
            depth,
            total: neighbours.len(),
            neighbours,
            edges: found.edges.into_iter().map(edge).collect(),
            truncated: found.truncated,
        })
    })
    .await
}
