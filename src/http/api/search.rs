use std::collections::HashMap;

use axum::Json;
use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use super::ApiError;
use super::request::{authorize, count};
use super::schema::{SearchAnswer, SearchRow};
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::search::Mode;
use crate::wiki::{self, SearchQuery};

/// Results when nobody says how many, and at most.
const DEFAULT: usize = 50;
const MOST: usize = 200;

/// `GET /search?q=` (reference 1.6), best first. `limit` is 1 to 200, default 50; `total`
/// counts all that match.
pub(super) async fn search(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Read>(state, &headers, &slug)?;
            let words = query.get("q").map(|text| text.trim()).unwrap_or_default();
            if words.is_empty() {
                return Err(ApiError::field("Query parameter 'q' is required"));
            }
            let limit = count(query.get("limit").map(String::as_str)).unwrap_or(DEFAULT).min(MOST);
            let asked = SearchQuery { text: words.to_owned(), mode: Mode::Text, limit, ..SearchQuery::default() };
            let found = wiki::search(state.wikis(), &access, &asked)?;
            let results = found
                .hits
                .into_iter()
                .map(|hit| SearchRow {
                    name: hit.title,
                    path: hit.path.to_string(),
                    score: (f64::from(hit.score) * 100.0).round() / 100.0,
                    snippet: hit.snippet,
                })
                .collect();
            Ok(Json(SearchAnswer { query: words.to_owned(), results, total: found.total }).into_response())
        })
        .await?
}
