use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::state::AppState;
use crate::model::Principal;

/// `GET /health`, on any host: the process answers and its database can be read.
pub(super) async fn health(state: &AppState) -> Response {
    let ready = state.run_blocking(|state| state.wikis().readable(&Principal::Nobody).is_ok()).await;
    if ready.unwrap_or(false) {
        Json(json!({ "status": "ok" })).into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "unavailable" }))).into_response()
    }
}
