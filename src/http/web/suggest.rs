use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::answer::{ask, either};
use super::page_view::slug;
use super::request::{WebRequest, encode, page_href, path_for_people};
use super::search::parts;
use crate::http::state::AppState;
use crate::wiki::{self, Hit, Suggestions};

/// Longest beginning that is looked at, in characters.
const LONGEST: usize = 100;

#[derive(Serialize)]
struct Answer {
    suggestions: Vec<Suggestion>,
}

/// A page that may be meant.
#[derive(Serialize)]
struct Suggestion {
    title: String,
    /// Where it is, for people: `Guides / First Steps`.
    path: String,
    href: String,
    /// Where it has the words; empty for one that was found by its name.
    snippet: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    text: String,
    hit: bool,
}

/// `GET /-/suggest?q=`: pages that may be meant by what was typed so far, as JSON, for the
/// search field; about ten.
pub(super) async fn suggest(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let typed: String = query.get("q").map(|text| text.trim().chars().take(LONGEST).collect()).unwrap_or_default();
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        Ok(wiki::suggest(state.wikis(), &access, &typed)?)
    });
    either(found.await.map(|Suggestions { names, pages }| {
        let names = names.into_iter().map(|(path, title)| Suggestion {
            title,
            path: path_for_people(&path),
            href: page_href(&path),
            snippet: Vec::new(),
        });
        Json(Answer { suggestions: names.chain(pages.into_iter().map(page)).collect() }).into_response()
    }))
}

fn page(hit: Hit) -> Suggestion {
    let page = page_href(&hit.path);
    let section = hit.section.filter(|section| !section.anchor.is_empty());
    let snippet = parts(&hit.snippet, &hit.highlights).into_iter().map(|part| Part { text: part.text, hit: part.hit });
    Suggestion {
        path: path_for_people(&hit.path),
        snippet: snippet.collect(),
        href: section.map_or_else(|| page.clone(), |section| format!("{page}#{}", encode(&section.anchor))),
        title: hit.title,
    }
}
