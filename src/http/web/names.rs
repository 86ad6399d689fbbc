use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::ask;
use super::error_page::page as render_page;
use super::frame::Surroundings;
use super::page_view::slug;
use super::request::{WebRequest, encode, link_to};
use super::views::{NameCount, Names, PagesWith};
use crate::http::state::AppState;
use crate::wiki::{self, Access, Counted, ListQuery, PageQuery, WikiError};

/// Pages on one page of a list.
const SHOWN: usize = 200;
/// Names that are listed at a time: the most used of them.
const MOST_NAMES: usize = 500;
/// Names from which on they can be filtered.
const WORTH_FILTERING: usize = 40;
/// Longest filter that is looked at, in characters.
const LONGEST: usize = 100;

/// What sorts pages: a front matter's tags, or its category.
#[derive(Clone, Copy)]
struct Kind {
    singular: &'static str,
    plural: &'static str,
    base: &'static str,
    none: &'static str,
    all: fn(&Access<wiki::Read>) -> Result<Vec<Counted>, WikiError>,
    filter: fn(String) -> ListQuery,
}

const TAGS: Kind = Kind {
    singular: "Tag",
    plural: "Tags",
    base: "/-/tags",
    none: "tags: [one, two]",
    all: wiki::tags,
    filter: |name| ListQuery { tag: Some(name), ..ListQuery::default() },
};

const CATEGORIES: Kind = Kind {
    singular: "Category",
    plural: "Categories",
    base: "/-/categories",
    none: "category: Manual",
    all: wiki::categories,
    filter: |name| ListQuery { category: Some(name), ..ListQuery::default() },
};

/// `GET /-/tags`; `q` filters by name.
pub(super) async fn tags(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    all(&state, &request, TAGS, &query).await
}

/// `GET /-/categories`; `q` filters by name.
pub(super) async fn categories(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    all(&state, &request, CATEGORIES, &query).await
}

/// `GET /-/tags/{name}`: the pages with a tag; `skip` leads on.
pub(super) async fn tag(
    State(state): State<AppState>,
    Path(name): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    pages(&state, &request, TAGS, name, &query).await
}

/// `GET /-/categories/{name}`: the pages in a category; `skip` leads on.
pub(super) async fn category(
    State(state): State<AppState>,
    Path(name): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    pages(&state, &request, CATEGORIES, name, &query).await
}

async fn all(state: &AppState, request: &WebRequest, kind: Kind, query: &HashMap<String, String>) -> Response {
    let filter: String = query.get("q").map(|text| text.trim().chars().take(LONGEST).collect()).unwrap_or_default();
    let found = ask(state, request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        Ok((Surroundings::wiki(state, &access, request), (kind.all)(&access)?))
    });
    let (surroundings, mut names) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let total = names.len();
    let wanted = filter.to_lowercase();
    names.retain(|counted| counted.name.to_lowercase().contains(&wanted));
    let matching = names.len();
    if matching > MOST_NAMES {
        names.sort_by_key(|counted| std::cmp::Reverse(counted.pages));
        names.truncate(MOST_NAMES);
        names.sort_by_cached_key(|counted| counted.name.to_lowercase());
    }
    let row = |counted: &Counted| NameCount {
        name: counted.name.clone(),
        href: format!("{}/{}", kind.base, encode(&counted.name)),
        pages: counted.pages,
    };
    let view = Names {
        frame: surroundings.frame(kind.plural),
        heading: kind.plural,
        none: kind.none,
        base: kind.base,
        filter: &filter,
        filters: total > WORTH_FILTERING,
        left_out: matching - names.len(),
        names: names.iter().map(row).collect(),
    };
    render_page(StatusCode::OK, &view)
}

async fn pages(
    state: &AppState,
    request: &WebRequest,
    kind: Kind,
    name: String,
    query: &HashMap<String, String>,
) -> Response {
    let skip = query.get("skip").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0).min(1_000_000);
    let wanted = name.clone();
    let found = ask(state, request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let query = PageQuery { filter: (kind.filter)(wanted), limit: Some(skip + SHOWN), ..PageQuery::default() };
        Ok((Surroundings::wiki(state, &access, request), wiki::list_pages(&access, &query)?))
    });
    let (surroundings, list) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let next = format!("{}/{}?skip={}", kind.base, encode(&name), skip + SHOWN);
    let view = PagesWith {
        frame: surroundings.frame(&name),
        kind: kind.singular,
        name: &name,
        all_href: kind.base,
        total: list.total,
        pages: list.pages.iter().skip(skip).map(|page| link_to(&page.path)).collect(),
        next_href: list.next.is_some().then_some(next.as_str()),
    };
    render_page(StatusCode::OK, &view)
}
