//! REST, `/api/v1`: the predecessor's contract (`reference` section 1), kept to the letter
//! where its clients rely on it. One file a resource; answers are JSON, errors too.

mod answer;
mod attachments;
pub(super) mod batch;
pub(super) mod blame;
pub(super) mod bodies;
mod body;
pub(super) mod changelog;
pub(super) mod commit;
pub(super) mod diff;
mod error;
pub(super) mod events;
mod files;
pub(super) mod links;
pub(super) mod lists;
mod once;
mod pages;
mod paging;
pub(super) mod reading;
mod request;
pub(super) mod revert;
pub(super) mod revising;
pub(super) mod schema;
pub(super) mod search;
pub(super) mod semantic;
pub(super) mod tags;
pub(super) mod uploads;
pub(super) mod writing;

use axum::Json;
use axum::Router;
use axum::routing::{get, post};

pub(super) use error::ApiError;

use super::state::AppState;

pub(super) use error::{unknown_address, wrong_method};

/// The routes below `/api/v1`.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/health", get(async || Json(schema::Health { status: "ok" })))
        .route("/openapi.json", get(super::openapi::of_wikis))
        .route("/pages", get(lists::pages).fallback(error::wrong_method))
        .route("/pages/{*path}", axum::routing::any(pages::by_path))
        .route("/files/{*path}", get(files::download).put(uploads::upload_raw).fallback(error::wrong_method))
        .route("/batch/read", post(batch::read).fallback(error::wrong_method))
        .route("/commit", post(commit::commit).fallback(error::wrong_method))
        .route("/commit/{revision}/revert", post(revert::revert).fallback(error::wrong_method))
        .route("/events", get(events::events).fallback(error::wrong_method))
        .route("/search", get(search::search).fallback(error::wrong_method))
        .route("/search/status", get(semantic::index_state).fallback(error::wrong_method))
        .route("/semantic-search", get(semantic::semantic_search).fallback(error::wrong_method))
        .route("/reindex", post(semantic::reindex).fallback(error::wrong_method))
        .route("/reindex/status", get(semantic::reindex_status).fallback(error::wrong_method))
        .route("/changelog", get(changelog::changelog).fallback(error::wrong_method))
        .route("/links", get(links::graph).fallback(error::wrong_method))
        .route("/links/broken", get(links::broken).fallback(error::wrong_method))
        .route("/links/orphans", get(links::orphans).fallback(error::wrong_method))
        .route("/links/{*path}", get(links::of_page).fallback(error::wrong_method))
        .route("/tags", get(tags::tags).fallback(error::wrong_method))
        .route("/categories", get(tags::categories).fallback(error::wrong_method))
        .route("/tree", get(lists::tree).fallback(error::wrong_method))
        .route("/deleted", get(lists::deleted).fallback(error::wrong_method))
        .fallback(error::unknown_address)
        .method_not_allowed_fallback(error::wrong_method)
        .layer(body::limit(state))
}
