//! The management API, `/api` of the platform's host: accounts, wikis, who may come in,
//! tokens. A browser that is signed in uses it with its session, programs with a personal
//! access token; wiki tokens are for wikis and get nothing here.
//!
//! One file a resource. The rules are in `wiki::manage` and `auth`.

mod body;
mod caller;
mod collaborators;
mod me;
mod preferences;
pub(super) mod schema;
mod tokens;
mod wikis;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use super::api::{ApiError, unknown_address, wrong_method};
use super::state::AppState;

type Answer = Result<axum::response::Response, ApiError>;

/// The longest body that makes sense here.
const BODY_BYTES: usize = 512 << 10;

/// The routes below `/api`.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/openapi.json", get(super::openapi::of_platform))
        .route("/me", get(me::me))
        .route("/me/tokens", get(me::list_tokens).post(me::create_token))
        .route("/me/tokens/{id}", axum::routing::delete(me::revoke_token))
        .route("/wikis", get(wikis::list).post(wikis::create))
        .route("/wikis/{slug}", get(wikis::read).patch(wikis::change).delete(wikis::delete))
        .route("/wikis/{slug}/usage", get(wikis::usage))
        .route("/wikis/{slug}/collaborators", get(collaborators::list))
        .route(
            "/wikis/{slug}/collaborators/{person}",
            get(collaborators::read).put(collaborators::set).delete(collaborators::remove),
        )
        .route("/wikis/{slug}/tokens", get(tokens::list).post(tokens::create))
        .route("/wikis/{slug}/tokens/{id}", axum::routing::delete(tokens::revoke))
        .fallback(unknown_address)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
}
