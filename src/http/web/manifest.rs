use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::answer::{ask, either};
use super::asset;
use super::page_view::slug;
use super::request::WebRequest;
use crate::http::state::AppState;
use crate::wiki;

/// `GET /-/manifest.json`: what a device shows for a wiki that is put on its home screen (W3C
/// Web Application Manifest).
pub(super) async fn manifest(State(state): State<AppState>, request: WebRequest) -> Response {
    let found = ask(&state, &request, |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        Ok(access.name().to_string())
    });
    either(found.await.map(|name| {
        let icon = |src: &str, sizes: &str, kind: &str| json!({"src": asset(src), "sizes": sizes, "type": kind});
        let manifest = json!({
            "name": name,
            "id": "/",
            "start_url": "/",
            "scope": "/",
            "display": "minimal-ui",
            "icons": [
                icon("favicon.svg", "any", "image/svg+xml"),
                icon("touch-icon.png", "180x180", "image/png"),
                icon("app-icon.png", "512x512", "image/png"),
            ],
        });
        ([(header::CONTENT_TYPE, "application/manifest+json")], Json(manifest)).into_response()
    }))
}
