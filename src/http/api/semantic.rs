//! What the predecessor's semantic search answered (reference 3.7), and how far the indexes are.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiError;
use super::lists::Pairs;
use super::paging;
use super::request::authorize;
use super::search::filter;
use crate::http::dates;
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::search::VectorStatus;
use crate::wiki::{self, ChunkHit, IndexStatus, Reindexing};

/// Passages when nobody says how many, and at most; passages of one page.
const DEFAULT: usize = 5;
const MOST: usize = 50;
const DEFAULT_PER_PAGE: usize = 2;
const MOST_PER_PAGE: usize = 5;
/// Characters of a snippet.
const SNIPPET: usize = 150;

/// Passages that mean something like a text, nearest first.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Passages {
    query: String,
    results: Vec<PassageRow>,
    /// How many passages are in this answer.
    total: usize,
}

/// A passage of a page.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct PassageRow {
    name: String,
    path: String,
    /// 0 for the same, 2 for the opposite: 1 minus the cosine of the angle between the vectors.
    distance: f64,
    /// The passage's place among its page's, from 0.
    chunk_index: usize,
    total_chunks: usize,
    page_word_count: usize,
    /// The heading that it is under; empty before the first one.
    section: String,
    /// The page's title and the headings that lead there, joined with ` > `.
    section_path: String,
    /// The heading's anchor; empty before the first one.
    anchor: String,
    /// First and last line in the file, counted from 1.
    lines: (usize, usize),
    /// The beginning of the passage, about 150 characters.
    snippet: String,
    /// The passage after `[section_path] `.
    text: String,
}

impl From<ChunkHit> for PassageRow {
    fn from(hit: ChunkHit) -> Self {
        let lines = hit.section.lines;
        Self {
            distance: 1.0 - f64::from(hit.similarity),
            chunk_index: hit.index,
            total_chunks: hit.total,
            page_word_count: hit.page_words,
            section: hit.section.titles.last().cloned().unwrap_or_default(),
            anchor: hit.section.anchor,
            lines: (lines.start, lines.end.saturating_sub(1).max(lines.start)),
            snippet: snippet(&hit.text),
            text: format!("[{}] {}", hit.section_path, hit.text),
            section_path: hit.section_path,
            name: hit.title,
            path: hit.path.to_string(),
        }
    }
}

/// A short text as it is, a longer one up to a space and `...`.
fn snippet(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(SNIPPET) else { return text.to_owned() };
    let cut = text.get(..end).unwrap_or_default();
    format!("{}...", cut.rsplit_once(char::is_whitespace).map_or(cut, |(words, _)| words).trim_end())
}

/// A number between 1 and `most`; anything that is none counts as absent.
fn clamped(text: Option<&str>, default: usize, most: usize) -> usize {
    let number = text.and_then(|text| text.parse::<i64>().ok());
    number.map_or(default, |number| usize::try_from(number.max(1)).unwrap_or(most).min(most))
}

/// `GET /semantic-search?q=&n=&max_chunks_per_page=` (reference 3.7); filters are ours.
pub(super) async fn semantic_search(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let wikis = Arc::clone(state.wikis());
    paging::answer(&state, slug, headers, query, move |access, query| {
        if wiki::embedding_model(&wikis).is_none() {
            return Err(no_model());
        }
        let text = query.get("q").ok_or_else(|| ApiError::field("Missing required parameter: q"))?;
        let n = clamped(query.get("n"), DEFAULT, MOST);
        let per_page = clamped(query.get("max_chunks_per_page"), DEFAULT_PER_PAGE, MOST_PER_PAGE);
        let found = wiki::semantic_chunks(&wikis, access, text, &filter(query), n, per_page)?;
        let results: Vec<PassageRow> = found.into_iter().map(PassageRow::from).collect();
        Ok(Passages { query: text.to_owned(), total: results.len(), results })
    })
    .await
}

fn no_model() -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "no_model", "Vector backend is not available")
}

/// Says that indexing has begun.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Started {
    /// `started`.
    status: &'static str,
}

/// `POST /reindex`: has text and vectors made anew, in the background (reference 3.7).
pub(super) async fn reindex(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &headers, &slug)?;
            match wiki::reindex(state.wikis(), &access)? {
                Reindexing::Started => Ok((StatusCode::ACCEPTED, Json(Started { status: "started" })).into_response()),
                Reindexing::Running => {
                    Err(ApiError::new(StatusCode::CONFLICT, "reindexing", "Reindex already in progress"))
                }
            }
        })
        .await?
}

/// What became of the last reindexing of all pages since the server started.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(in crate::http) enum ReindexStatus {
    /// None was asked for.
    Idle,
    InProgress {
        started_at: String,
        /// Pages embedded so far, and pages to embed.
        pages_done: usize,
        pages_total: usize,
    },
    Complete {
        pages_indexed: usize,
        chunks_created: usize,
        completed_at: String,
    },
    Error {
        error_message: String,
        completed_at: String,
    },
}

impl From<Option<VectorStatus>> for ReindexStatus {
    fn from(status: Option<VectorStatus>) -> Self {
        let Some(status) = status else { return Self::Idle };
        let time = |seconds: Option<i64>| dates::date_time(seconds.unwrap_or_default(), 0);
        if status.rebuilding {
            let (done, total) = status.progress.map_or((0, 0), |progress| (progress.done, progress.total));
            return Self::InProgress { started_at: time(status.started), pages_done: done, pages_total: total };
        }
        match (status.last_error, status.finished) {
            (Some(error_message), ended) => Self::Error { error_message, completed_at: time(ended.or(status.started)) },
            (None, None) => Self::Idle,
            (None, finished) => Self::Complete {
                pages_indexed: status.pages,
                chunks_created: status.passages,
                completed_at: time(finished),
            },
        }
    }
}

/// `GET /reindex/status` (reference 3.7).
pub(super) async fn reindex_status(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let wikis = Arc::clone(state.wikis());
    paging::answer(&state, slug, headers, query, move |access, _query| {
        Ok(ReindexStatus::from(wiki::index_status(&wikis, access)?.vectors.map(|vectors| vectors.status)))
    })
    .await
}

/// How far the indexes are behind the wiki.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct IndexState {
    /// The wiki's newest commit; null while there is none.
    tip: Option<String>,
    text: TextState,
    /// Null when the server has no embedding model.
    vectors: Option<VectorState>,
}

/// The index of words.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct TextState {
    /// The commit whose pages are found; null before the first indexing.
    indexed: Option<String>,
    /// Commits that it has not seen; null when that cannot be said.
    lag: Option<usize>,
    pages: usize,
    rebuilding: bool,
    /// Why the last attempt failed; null after one that succeeded.
    error: Option<String>,
}

/// The index of meaning.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct VectorState {
    /// The commit whose pages are found; null while some are still to be embedded.
    indexed: Option<String>,
    /// Commits that it has not seen; null when that cannot be said.
    lag: Option<usize>,
    pages: usize,
    chunks: usize,
    /// The embedding model.
    model: String,
    /// Pages embedded and pages to embed, of what is being done now.
    progress: Option<(usize, usize)>,
    rebuilding: bool,
    /// Why the last attempt failed; null after one that succeeded.
    error: Option<String>,
    /// Bytes on disk.
    size: u64,
}

impl From<IndexStatus> for IndexState {
    fn from(status: IndexStatus) -> Self {
        let text = status.text;
        Self {
            tip: status.tip.map(|tip| tip.to_string()),
            text: TextState {
                indexed: text.status.indexed.map(|revision| revision.to_string()),
                lag: text.lag,
                pages: text.status.documents,
                rebuilding: text.status.rebuilding,
                error: text.status.last_error,
            },
            vectors: status.vectors.map(|vectors| VectorState {
                indexed: vectors.status.indexed.map(|revision| revision.to_string()),
                lag: vectors.lag,
                pages: vectors.status.pages,
                chunks: vectors.status.passages,
                model: vectors.model_name,
                progress: vectors.status.progress.map(|progress| (progress.done, progress.total)),
                rebuilding: vectors.status.rebuilding,
                error: vectors.status.last_error,
                size: vectors.status.disk,
            }),
        }
    }
}

/// `GET /search/status`.
pub(super) async fn index_state(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let wikis = Arc::clone(state.wikis());
    paging::answer(&state, slug, headers, query, move |access, _query| {
        Ok(IndexState::from(wiki::index_status(&wikis, access)?))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_end_between_words() {
        assert_eq!(snippet("short text"), "short text");
        let long = "word ".repeat(60);
        let cut = snippet(&long);
        assert!(cut.ends_with("word...") && cut.chars().count() <= 153, "{cut}");
        assert_eq!(snippet(&"x".repeat(200)).chars().count(), 153);
    }

    #[test]
    fn numbers_are_brought_into_range() {
        let n = |text| clamped(text, 5, 50);
        assert_eq!(
            [n(None), n(Some("x")), n(Some("-3")), n(Some("0")), n(Some("7")), n(Some("999"))],
            [5, 5, 1, 1, 7, 50]
        );
    }

    #[test]
    fn a_reindexing_says_what_became_of_it() {
        let shown = |status| serde_json::to_value(ReindexStatus::from(status)).unwrap();
        assert_eq!(shown(None), serde_json::json!({ "status": "idle" }));
        let done = VectorStatus { pages: 4, passages: 9, finished: Some(0), ..VectorStatus::default() };
        assert_eq!(
            shown(Some(done.clone())),
            serde_json::json!({
                "status": "complete", "pages_indexed": 4, "chunks_created": 9, "completed_at": "1970-01-01T00:00:00+00:00"
            })
        );
        let failed = VectorStatus { last_error: Some("no".to_owned()), ..done.clone() };
        assert_eq!(shown(Some(failed))["status"], "error");
        assert_eq!(shown(Some(VectorStatus { rebuilding: true, ..done }))["status"], "in_progress");
    }
}
