use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::answer::{ask, either};
use super::page_view::slug;
use super::request::{WebRequest, page_href, path_for_people};
use crate::http::state::AppState;
use crate::wiki;

/// Pages offered at a time.
const OFFERED: usize = 12;
/// Longest beginning that is looked at, in characters.
const LONGEST: usize = 100;

/// A page to link to.
#[derive(Serialize)]
struct Offer {
    /// What to write between `[[` and `]]`.
    target: String,
    title: String,
    /// Where it is, for people: `Guides / First Steps`.
    path: String,
    href: String,
}

/// `GET /-/complete?q=`: pages whose names begin with, or hold, what was typed; as JSON, for
/// the editor and the search field.
pub(super) async fn complete(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let typed: String = query.get("q").map(|text| text.trim().chars().take(LONGEST).collect()).unwrap_or_default();
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        Ok(wiki::named_like(&access, &typed, OFFERED)?)
    });
    either(found.await.map(|pages| {
        let offers: Vec<Offer> = pages
            .into_iter()
            .map(|(path, title)| Offer {
                target: path.as_str().replace('_', " "),
                title,
                path: path_for_people(&path),
                href: page_href(&path),
            })
            .collect();
        Json(offers).into_response()
    }))
}
