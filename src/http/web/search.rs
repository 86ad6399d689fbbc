use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::error_page::{Problem, page};
use super::frame::Surroundings;
use super::page_view::{Stopped, refuse, slug};
use super::request::{WebRequest, encode, page_href, path_for_people};
use super::views::{SearchHit, SearchResults, SnippetPart};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{PagePath, Principal};
use crate::search::Mode;
use crate::wiki::{self, Hit, SearchQuery};

/// Results on one page.
const SHOWN: usize = 20;
/// Longest query that is looked at, in characters.
const LONGEST: usize = 500;

struct Found {
    surroundings: Surroundings,
    results: Option<wiki::SearchResults>,
    create: Option<String>,
}

/// `GET /-/search?q=`: results, or the empty form; `skip` leads on.
pub(super) async fn search(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let words: String = query.get("q").map(|text| text.trim().chars().take(LONGEST).collect()).unwrap_or_default();
    let skip = query.get("skip").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0).min(10_000);
    let (asked, wanted) = (request.clone(), words.clone());
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        find(state, &asked, &principal, &wanted, skip).map_err(|failure| Stopped::new(failure, principal))
    });
    let found = match work.await {
        Ok(Ok(found)) => found,
        Ok(Err(Stopped(failure, principal))) => {
            return Problem { failure: *failure, principal: &principal, request: &request, typed: None }
                .into_response(&state);
        }
        Err(failed) => return refuse(&state, &request, failed.into()),
    };
    let (total, hits) = found.results.map(|results| (results.total, results.hits)).unwrap_or_default();
    let at = |skip: usize| format!("/-/search?q={}&skip={skip}", encode(&words));
    let (previous, next) = (at(skip.saturating_sub(SHOWN)), at(skip + SHOWN));
    let title = if words.is_empty() { "Search".to_owned() } else { format!("Search: {words}") };
    let view = SearchResults {
        frame: found.surroundings.frame(&title),
        query: &words,
        total,
        create_href: found.create.as_deref(),
        previous_href: (skip > 0).then_some(previous.as_str()),
        next_href: (skip + hits.len() < total).then_some(next.as_str()),
        hits: hits.into_iter().map(hit).collect(),
    };
    page(StatusCode::OK, &view)
}

fn find(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    words: &str,
    skip: usize,
) -> Result<Found, Failure> {
    let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
    let surroundings = Surroundings::wiki(state, &access, request);
    if words.is_empty() {
        return Ok(Found { surroundings, results: None, create: None });
    }
    let query =
        SearchQuery { text: words.to_owned(), mode: Mode::Text, limit: SHOWN, offset: skip, ..SearchQuery::default() };
    let results = wiki::search(state.wikis(), &access, &query)?;
    let wanted = PagePath::parse(words).and_then(|path| path.for_new_page()).ok().filter(|_| surroundings.may_write());
    let create = match wanted {
        Some(path) if wiki::find_page(&access, &path)?.is_none() => Some(format!("{}/edit", page_href(&path))),
        _ => None,
    };
    Ok(Found { surroundings, results: Some(results), create })
}

fn hit(hit: Hit) -> SearchHit {
    SearchHit {
        href: page_href(&hit.path),
        path: path_for_people(&hit.path),
        snippet: parts(&hit.snippet, &hit.highlights),
        title: hit.title,
    }
}

fn parts(text: &str, highlights: &[std::ops::Range<usize>]) -> Vec<SnippetPart> {
    let mut parts = Vec::new();
    let mut done = 0;
    let mut push = |text: Option<&str>, hit| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            parts.push(SnippetPart { text: text.to_owned(), hit });
        }
    };
    for range in highlights {
        push(text.get(done..range.start), false);
        push(text.get(range.clone()), true);
        done = range.end;
    }
    push(text.get(done..), false);
    parts
}
