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

/// `GET /-/tags`.
pub(super) async fn tags(State(state): State<AppState>, request: WebRequest) -> Response {
    all(&state, &request, TAGS).await
}

/// `GET /-/categories`.
pub(super) async fn categories(State(state): State<AppState>, request: WebRequest) -> Response {
    all(&state, &request, CATEGORIES).await
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

async fn all(state: &AppState, request: &WebRequest, kind: Kind) -> Response {
    let found = ask(state, request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        Ok((Surroundings::wiki(state, &access, request), (kind.all)(&access)?))
    });
    let (surroundings, names) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let row = |counted: &Counted| NameCount {
        name: counted.name.clone(),
        href: format!("{}/{}", kind.base, encode(&counted.name)),
        pages: counted.pages,
    };
    let view = Names {
        frame: surroundings.frame(kind.plural),
        heading: kind.plural,
        none: kind.none,
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
