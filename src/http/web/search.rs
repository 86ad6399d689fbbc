use std::collections::HashMap;
use std::ops::Range;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::error_page::{Problem, page};
use super::frame::Surroundings;
use super::page_view::{Stopped, refuse, slug};
use super::request::{WebRequest, encode, page_href, path_for_people};
use super::views::{Link, SearchHit, SearchResults, SnippetPart};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{PagePath, Principal};
use crate::search::{Filter, Mode, SectionRef};
use crate::wiki::{self, Hit, SearchQuery, WikiError};

/// Results on one page.
const SHOWN: usize = 20;
/// Longest query that is looked at, in characters.
const LONGEST: usize = 500;

/// What the form asks.
#[derive(Clone, Default)]
struct Asked {
    words: String,
    prefix: String,
    tag: String,
    category: String,
    words_only: bool,
    skip: usize,
}

struct Found {
    surroundings: Surroundings,
    results: Option<wiki::SearchResults>,
    create: Option<String>,
    has_model: bool,
    note: Option<String>,
}

impl Asked {
    fn read(query: &HashMap<String, String>) -> Self {
        let text = |name: &str| {
            query.get(name).map(|text| text.trim().chars().take(LONGEST).collect::<String>()).unwrap_or_default()
        };
        Self {
            words: text("q"),
            prefix: text("prefix"),
            tag: text("tag"),
            category: text("category"),
            words_only: query.get("mode").is_some_and(|mode| mode == "text"),
            skip: query.get("skip").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0).min(10_000),
        }
    }

    /// The address of the same search from another place on.
    fn at(&self, skip: usize) -> String {
        let mut address = format!("/-/search?q={}", encode(&self.words));
        for (name, text) in [("prefix", &self.prefix), ("tag", &self.tag), ("category", &self.category)] {
            if !text.is_empty() {
                address.push_str(&format!("&{name}={}", encode(text)));
            }
        }
        if self.words_only {
            address.push_str("&mode=text");
        }
        format!("{address}&skip={skip}")
    }

    /// Whether pages with the words may be left out.
    fn is_filtered(&self) -> bool {
        !self.prefix.is_empty() || !self.tag.is_empty() || !self.category.is_empty()
    }

    fn query(&self) -> SearchQuery {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        SearchQuery {
            text: self.words.clone(),
            mode: if self.words_only { Mode::Text } else { Mode::Hybrid },
            filter: Filter {
                prefix: some(&self.prefix),
                tags: some(&self.tag).into_iter().collect(),
                category: some(&self.category),
            },
            limit: SHOWN,
            offset: self.skip,
            as_of: None,
        }
    }
}

/// `GET /-/search?q=`: results, or the empty form; `prefix`, `tag` and `category` filter, `mode=text`
/// leaves meaning out, `skip` leads on.
pub(super) async fn search(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let asked = Asked::read(&query);
    let (sender, wanted) = (request.clone(), asked.clone());
    let work = state.run_blocking(move |state| {
        let principal = sender.principal(state)?;
        find(state, &sender, &principal, &wanted).map_err(|failure| Stopped::new(failure, principal))
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
    let (previous, next) = (asked.at(asked.skip.saturating_sub(SHOWN)), asked.at(asked.skip + SHOWN));
    let title = if asked.words.is_empty() { "Search".to_owned() } else { format!("Search: {}", asked.words) };
    let view = SearchResults {
        frame: found.surroundings.frame(&title),
        query: &asked.words,
        prefix: &asked.prefix,
        tag: &asked.tag,
        category: &asked.category,
        filtered: asked.is_filtered(),
        unfiltered_href: &format!("/-/search?q={}", encode(&asked.words)),
        words_only: asked.words_only,
        has_model: found.has_model,
        note: found.note.as_deref(),
        total,
        create_href: found.create.as_deref(),
        previous_href: (asked.skip > 0).then_some(previous.as_str()),
        next_href: (asked.skip + hits.len() < total).then_some(next.as_str()),
        hits: hits.into_iter().map(hit).collect(),
    };
    page(StatusCode::OK, &view)
}

fn find(state: &AppState, request: &WebRequest, principal: &Principal, asked: &Asked) -> Result<Found, Failure> {
    let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
    let surroundings = Surroundings::wiki(state, &access, request);
    let has_model = wiki::embedding_model(state.wikis()).is_some();
    if asked.words.is_empty() {
        return Ok(Found { surroundings, results: None, create: None, has_model, note: None });
    }
    let results = match wiki::search(state.wikis(), &access, &asked.query()) {
        Ok(results) => results,
        // A filter or an expression that cannot be used is said beside the form.
        Err(error @ WikiError::Invalid { .. }) => {
            let note = Some(super::error_page::sentence(&error.to_string()));
            return Ok(Found { surroundings, results: None, create: None, has_model, note });
        }
        Err(error) => return Err(error.into()),
    };
    let status = wiki::index_status(state.wikis(), &access)?;
    let progress = status.vectors.and_then(|vectors| vectors.status.progress);
    let note = progress
        .filter(|progress| !asked.words_only && progress.total > 1)
        .map(|progress| format!("Still learning what pages mean: {} of {} are done.", progress.done, progress.total));
    let wanted = PagePath::parse(&asked.words).and_then(|path| path.for_new_page()).ok();
    let create = match wanted.filter(|_| surroundings.may_write()) {
        Some(path) if wiki::find_page(&access, &path)?.is_none() => Some(format!("{}/edit", page_href(&path))),
        _ => None,
    };
    Ok(Found { surroundings, results: Some(results), create, has_model, note })
}

fn hit(hit: Hit) -> SearchHit {
    let href = page_href(&hit.path);
    let section = |section: SectionRef| {
        let name = section.titles.last()?.clone();
        Some(Link { text: name, href: format!("{href}#{}", encode(&section.anchor)) })
    };
    SearchHit {
        path: path_for_people(&hit.path),
        snippet: parts(&hit.snippet, &hit.highlights),
        section: hit.section.and_then(section),
        also: hit.also.into_iter().filter_map(section).collect(),
        meaning_only: hit.meaning && !hit.words,
        title: hit.title,
        href: href.clone(),
    }
}

pub(super) fn parts(text: &str, highlights: &[Range<usize>]) -> Vec<SnippetPart> {
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
