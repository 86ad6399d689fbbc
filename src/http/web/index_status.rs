use std::collections::HashMap;

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::answer::{ask, either, genuine};
use super::error_page::page as render_page;
use super::frame::Surroundings;
use super::page_view::{size_for_people, slug};
use super::request::WebRequest;
use super::views::{IndexRow, IndexStatusView};
use crate::http::state::AppState;
use crate::model::Permission;
use crate::wiki::{self, IndexStatus, TextIndexStatus, VectorIndexStatus};

/// What the button posts.
#[derive(Deserialize)]
pub(super) struct Posted {
    #[serde(default)]
    csrf: String,
}

/// `GET /-/search/status`: how far the indexes are.
pub(super) async fn index_status(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        Ok((Surroundings::wiki(state, &access, request), wiki::index_status(state.wikis(), &access)?))
    });
    let (surroundings, IndexStatus { text, vectors, .. }) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let model = vectors.as_ref().map(|vectors| vectors.model_name.clone()).unwrap_or_default();
    let view = IndexStatusView {
        frame: surroundings.frame("Search index"),
        words: words(&text),
        meaning: vectors.as_ref().map(meaning),
        model: &model,
        started: query.contains_key("started"),
    };
    render_page(StatusCode::OK, &view)
}

/// `POST /-/search/reindex`: has everything indexed anew.
pub(super) async fn reindex(
    State(state): State<AppState>,
    request: WebRequest,
    Form(posted): Form<Posted>,
) -> Response {
    let done = ask(&state, &request, move |state, request, principal| {
        genuine(state, request, principal, &posted.csrf, Permission::Write)?;
        let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
        Ok(wiki::reindex(state.wikis(), &access)?)
    });
    either(done.await.map(|_started| Redirect::to("/-/search/status?started=1").into_response()))
}

fn words(text: &TextIndexStatus) -> IndexRow {
    IndexRow {
        state: if text.status.rebuilding { "Indexing all pages".to_owned() } else { behind(text.lag) },
        percent: None,
        holds: counted(text.status.documents, "page"),
        problem: text.status.last_error.clone(),
    }
}

fn meaning(vectors: &VectorIndexStatus) -> IndexRow {
    let status = &vectors.status;
    let progress = status.progress.filter(|progress| progress.total > 0);
    IndexRow {
        state: progress.map_or_else(
            || behind(vectors.lag),
            |progress| format!("Reading pages: {} of {}", grouped(progress.done), grouped(progress.total)),
        ),
        percent: progress.map(|progress| progress.done * 100 / progress.total),
        holds: format!(
            "{}, {}, {} on disk",
            counted(status.pages, "page"),
            counted(status.passages, "passage"),
            size_for_people(status.disk)
        ),
        problem: status.last_error.clone(),
    }
}

fn behind(lag: Option<usize>) -> String {
    match lag {
        Some(0) => "Up to date".to_owned(),
        Some(lag) => format!("{} behind", counted(lag, "change")),
        None => "Not indexed yet".to_owned(),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// `12,345`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_counted() {
        assert_eq!(["0", "12", "1,234", "12,345,678"].map(str::to_owned), [0, 12, 1234, 12_345_678].map(grouped));
        assert_eq!((counted(1, "page"), counted(1200, "page")), ("1 page".to_owned(), "1,200 pages".to_owned()));
        assert_eq!((behind(Some(0)), behind(Some(1))), ("Up to date".to_owned(), "1 change behind".to_owned()));
    }
}
