//! REST, `/api/v1`: the predecessor's contract (`reference` section 1), kept to the letter
//! where its clients rely on it. One file a resource; answers are JSON, errors too.

mod attachments;
mod body;
mod changelog;
mod error;
mod links;
mod lists;
mod pages;
mod paging;
mod request;
mod search;
mod tags;

use axum::Json;
use axum::Router;
use axum::routing::get;
use serde_json::json;

pub(super) use error::ApiError;

use super::state::AppState;

pub(super) use error::unknown_address;

/// The routes below `/api/v1`.
pub(super) fn routes(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/health", get(async || Json(json!({ "status": "ok" }))))
        .route("/pages", get(lists::pages).fallback(error::wrong_method))
        .route("/pages/{*path}", axum::routing::any(pages::by_path))
        .route("/search", get(search::search).fallback(error::wrong_method))
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
