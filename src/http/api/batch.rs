use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ApiError;
use super::answer::Wanted;
use super::body;
use super::pages::as_typed;
use super::reading::{MOST_CHARS, PAGE_FIELDS, ReadAnswer, answer, nothing_required};
use super::request::authorize;
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::PagePath;
use crate::wiki::{self, Access, Read, Selection, WikiError};

/// Pages of one request, and bytes of all their texts.
const MOST_PAGES: usize = 100;
const MOST_BYTES: usize = 32 << 20;

/// Pages to read at once.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct BatchRead {
    /// 1 to 100 paths.
    paths: Vec<String>,
    /// The fields of each page that are wanted; all when absent.
    fields: Option<Vec<String>>,
    /// Most characters of each page.
    max_chars: Option<usize>,
}

/// One result a path, in the order of the request.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct BatchAnswer {
    results: Vec<BatchRow>,
    /// Pages that were read, and those that were not.
    found: usize,
    failed: usize,
}

/// The fields of a page, or of an error (`error`, `code`).
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct BatchRow {
    /// The path as it was asked for.
    requested: String,
    #[serde(flatten)]
    #[schemars(with = "PageOrError")]
    fields: Map<String, Value>,
}

/// What the fields of a row are.
#[derive(JsonSchema)]
#[schemars(transform = nothing_required)]
#[expect(dead_code, reason = "describes a map")]
struct PageOrError {
    #[schemars(flatten)]
    page: ReadAnswer,
    /// Why the page could not be read, for people.
    error: String,
    /// The same, for programs.
    code: String,
}

/// `POST /batch/read`: several pages at once. One that cannot be read does not spoil the others.
pub(super) async fn read(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let asked: BatchRead = body::parse(&state, body).await?;
    state
        .run_blocking(move |state| {
            let access = authorize::<Read>(state, &headers, &slug)?;
            if asked.paths.is_empty() || asked.paths.len() > MOST_PAGES {
                return Err(ApiError::field(format!("paths must be 1 to {MOST_PAGES} paths")));
            }
            if asked.max_chars.is_some_and(|most| most == 0 || most > MOST_CHARS) {
                return Err(ApiError::field(format!("max_chars must be a number from 1 to {MOST_CHARS}")));
            }
            let wanted = Wanted::of(asked.fields.unwrap_or_default(), PAGE_FIELDS)?;
            let selection = Selection { max_chars: asked.max_chars, ..Selection::default() };
            let mut room = MOST_BYTES;
            let (mut results, mut failed) = (Vec::with_capacity(asked.paths.len()), 0);
            for requested in asked.paths {
                let fields = match page(&access, &requested, &selection, &wanted, &mut room) {
                    Ok(fields) => fields,
                    Err(error) => {
                        failed += 1;
                        error.into_body()
                    }
                };
                results.push(BatchRow { requested, fields });
            }
            Ok(Json(BatchAnswer { found: results.len() - failed, failed, results }).into_response())
        })
        .await?
}

fn page(
    access: &Access<Read>,
    typed: &str,
    selection: &Selection<'_>,
    wanted: &Wanted,
    room: &mut usize,
) -> Result<Map<String, Value>, ApiError> {
    let page = wiki::read(access, &PagePath::parse(typed)?, None).map_err(|error| as_typed(error, typed))?;
    let fields = wanted.select(&answer(access, page, selection)?)?;
    let size = fields.get("content").and_then(Value::as_str).map_or(0, str::len);
    *room = room.checked_sub(size).ok_or(WikiError::TooLarge { field: "the answer", limit: MOST_BYTES as u64 })?;
    Ok(fields)
}
