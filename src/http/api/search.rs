use std::ops::Range;

use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiError;
use super::lists::{Pairs, as_of};
use super::paging::{self, Parameters, bad_cursor, cursor};
use super::request::count;
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::search::{Filter, Mode, SectionRef};
use crate::wiki::{self, Hit, SearchQuery};

/// Results when nobody says how many, and at most.
const DEFAULT: usize = 50;
const MOST: usize = 200;
/// Results that can be paged through.
const FARTHEST: usize = 10_000;

/// Pages that match a query, best first.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct SearchAnswer {
    query: String,
    results: Vec<SearchRow>,
    /// Pages that match, not only those in this answer.
    total: usize,
    /// What was compared: `text`, `semantic` or `hybrid`. `text` instead of `hybrid` when the server has no
    /// embedding model, or no time for it.
    mode: &'static str,
    /// The commit whose pages were searched; null while they are being indexed for the first time.
    indexed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A page that matches.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct SearchRow {
    name: String,
    path: String,
    /// How well it matches, above 0, at most 1.
    score: f64,
    /// The part of the text that matches best.
    snippet: String,
    /// What of the snippet matched: pairs of places, counted in characters, the end not included.
    highlights: Vec<(usize, usize)>,
    /// Why it was found: `words`, `meaning` or both.
    matched: Vec<&'static str>,
    /// The section that the snippet is from; null when that is not known.
    section: Option<SectionRow>,
    /// Further sections of the page that match, best first.
    also: Vec<SectionRow>,
}

/// A part of a page, as reading and editing by section name it.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct SectionRow {
    /// The headings that lead to it, joined with ` > `; empty before the first heading.
    section: String,
    /// The heading's anchor; empty before the first heading.
    anchor: String,
    /// First and last line in the file, counted from 1.
    lines: (usize, usize),
}

impl From<SectionRef> for SectionRow {
    fn from(section: SectionRef) -> Self {
        let Range { start, end } = section.lines;
        Self {
            section: section.titles.join(" > "),
            anchor: section.anchor,
            lines: (start, end.saturating_sub(1).max(start)),
        }
    }
}

impl From<Hit> for SearchRow {
    fn from(hit: Hit) -> Self {
        let characters = |at: usize| hit.snippet.get(..at).map_or(0, |before| before.chars().count());
        Self {
            score: (f64::from(hit.score) * 100.0).round() / 100.0,
            highlights: hit.highlights.iter().map(|mark| (characters(mark.start), characters(mark.end))).collect(),
            matched: [(hit.words, "words"), (hit.meaning, "meaning")]
                .into_iter()
                .filter_map(|(matched, name)| matched.then_some(name))
                .collect(),
            section: hit.section.map(SectionRow::from),
            also: hit.also.into_iter().map(SectionRow::from).collect(),
            name: hit.title,
            path: hit.path.to_string(),
            snippet: hit.snippet,
        }
    }
}

/// What a mode is called.
pub(super) const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Text => "text",
        Mode::Semantic => "semantic",
        Mode::Hybrid => "hybrid",
    }
}

/// The filters that every search takes: `prefix`, `tag` (several), `category`.
pub(super) fn filter(query: &Parameters) -> Filter {
    Filter {
        prefix: query.get("prefix").map(str::to_owned),
        tags: query.all("tag").map(str::to_owned).collect(),
        category: query.get("category").map(str::to_owned),
    }
}

/// `GET /search?q=` (reference 1.6), best first. `mode`, filters, `as_of` and `cursor` are
/// ours. `limit` is 1 to 200, default 50; `total` counts all that match.
pub(super) async fn search(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let wikis = std::sync::Arc::clone(state.wikis());
    paging::answer(&state, slug, headers, query, move |access, query| {
        let words = query.get("q").ok_or_else(|| ApiError::field("Query parameter 'q' is required"))?;
        let mode = match query.get("mode") {
            None | Some("text") => Mode::Text,
            Some("semantic") => Mode::Semantic,
            Some("hybrid") => Mode::Hybrid,
            Some(_) => return Err(ApiError::field("mode must be text, semantic or hybrid")),
        };
        let as_of = query.get("as_of").map(as_of).transpose()?;
        if as_of.is_some() && mode != Mode::Text {
            return Err(ApiError::field("as_of is for mode=text; meaning is only known of the newest state"));
        }
        let offset = match query.cursor()? {
            None => 0,
            Some(text) => text.parse().ok().filter(|offset| *offset <= FARTHEST).ok_or_else(bad_cursor)?,
        };
        let limit = count(query.get("limit")).unwrap_or(DEFAULT).min(MOST);
        let asked = SearchQuery {
            text: words.to_owned(),
            mode,
            filter: filter(query),
            limit,
            offset,
            as_of: as_of.map(|as_of| wiki::revision_of(access, &as_of)).transpose()?,
        };
        let found = wiki::search(&wikis, access, &asked)?;
        let end = offset + found.hits.len();
        let more = !found.hits.is_empty() && end < found.total && end <= FARTHEST;
        Ok(SearchAnswer {
            query: words.to_owned(),
            total: found.total,
            mode: mode_name(found.mode),
            indexed: found.indexed.map(|revision| revision.to_string()),
            next_cursor: more.then(|| cursor(end.to_string())),
            results: found.hits.into_iter().map(SearchRow::from).collect(),
        })
    })
    .await
}
