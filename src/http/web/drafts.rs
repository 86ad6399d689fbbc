//! What a person has typed and not saved: kept from the editor, listed, compared, thrown away.

use std::collections::HashMap;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::answer::{ask, either, genuine};
use super::diff_rows::rows;
use super::error_page::{page as render_page, sentence};
use super::frame::Surroundings;
use super::page_view::{refuse, size_for_people, slug};
use super::request::{WebRequest, encode, is_local, page_href, path_for_people};
use super::views::{DraftCompare, DraftOffer, DraftRow, Drafting, Drafts, Link, Moment, SummaryField};
use crate::http::error::{Failure, INTERNAL_TEXT, log_internal};
use crate::http::state::AppState;
use crate::model::{MessageDemand, PagePath, Permission, Principal, Revision};
use crate::repo::TextDiff;
use crate::wiki::{self, Access, AccessError, DraftStamp, MyDraft, NewDraft, WikiError};

/// Lines of a comparison that are shown.
const MOST_LINES: usize = 5_000;
/// Characters of a window's name.
const WINDOW: usize = 20;

/// What the editor posts to be kept. The form of a page has the same fields.
#[derive(Deserialize)]
pub(super) struct Kept {
    content: String,
    #[serde(default)]
    base: String,
    #[serde(default)]
    section: String,
    /// The window, and a number that grows with each text; without one it is the time.
    #[serde(default)]
    writer: String,
    #[serde(default)]
    seq: u64,
    #[serde(default)]
    seen: String,
    #[serde(default)]
    csrf: String,
}

/// What throws a draft away.
#[derive(Deserialize)]
pub(super) struct Discarded {
    path: String,
    #[serde(default)]
    section: String,
    #[serde(default)]
    r#return: String,
    #[serde(default)]
    csrf: String,
}

/// Where a draft is kept.
pub(super) struct Shelf<'a> {
    pub(super) path: &'a PagePath,
    pub(super) section: Option<&'a str>,
}

impl Shelf<'_> {
    /// What can be done with a draft; `taken` when the form holds it already.
    pub(super) fn offer(&self, draft: &MyDraft, taken: bool) -> DraftOffer {
        let edit = format!("{}/edit", page_href(self.path));
        let (query, plain) = match self.section {
            Some(section) => (format!("section={}&", encode(section)), format!("?section={}", encode(section))),
            None => (String::new(), String::new()),
        };
        DraftOffer {
            at: Moment::from_unix(draft.saved),
            outdated: draft.outdated,
            taken,
            continue_href: format!("{edit}?{query}draft=continue"),
            compare_href: format!("{edit}?{query}draft=compare"),
            path: self.path.to_string(),
            section: self.section.unwrap_or_default().to_owned(),
            return_to: format!("{edit}{plain}"),
        }
    }
}

/// What a new window of the editor is called, and what it may send.
pub(super) fn drafting(state: &AppState, access: &Access<wiki::Write>) -> Result<Drafting, Failure> {
    let random = state.auth().nonce()?;
    let window = random.chars().filter(char::is_ascii_alphanumeric).take(WINDOW).collect();
    let summary = match access.preferences().messages.demand {
        MessageDemand::Optional => SummaryField::Optional,
        MessageDemand::Required => SummaryField::Required,
        MessageDemand::Hidden => SummaryField::Hidden,
    };
    Ok(Drafting { window, seen: String::new(), limit: state.wikis().limits().page_bytes, summary })
}

pub(super) fn none_if_empty(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A draft beside what is stored.
pub(super) fn compare(surroundings: &Surroundings, draft: &MyDraft, stored: &str) -> Response {
    let text = draft.content.replace("\r\n", "\n");
    let diff = TextDiff::between(&stored.replace("\r\n", "\n"), &text, true, MOST_LINES);
    let shelf = Shelf { path: &draft.path, section: draft.section.as_deref() };
    let view = DraftCompare {
        frame: surroundings.frame("Compare with your draft"),
        name: &path_for_people(&draft.path),
        offer: shelf.offer(draft, false),
        hunks: diff.hunks.iter().map(rows).collect(),
        truncated: diff.truncated,
    };
    render_page(StatusCode::OK, &view)
}

/// `POST /-/draft/{path}`: keeps what is being written. Answers the editor's script in JSON,
/// and a form with the list of drafts.
pub(super) async fn keep(
    State(state): State<AppState>,
    Path(typed): Path<String>,
    request: WebRequest,
    posted: Result<Form<Kept>, FormRejection>,
) -> Response {
    let accepts = request.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let script = accepts.starts_with("application/json");
    let posted = match posted {
        Ok(Form(posted)) => posted,
        Err(rejection) if script => {
            return (rejection.status(), Json(json!({"error": "The draft cannot be read."}))).into_response();
        }
        Err(_rejection) => {
            let problem = "could not be read; go back and try again".to_owned();
            return refuse(&state, &request, WikiError::Invalid { field: "the form", problem }.into());
        }
    };
    if !script {
        let done = ask(&state, &request, move |state, request, principal| {
            genuine(state, request, principal, &posted.csrf, Permission::Write)?;
            kept(state, request, principal, &typed, &posted)
        });
        return either(done.await.map(|kept| {
            let gone = kept.given_up.map(|page| format!("?gone={}", encode(page.as_str()))).unwrap_or_default();
            Redirect::to(&format!("/-/drafts{gone}")).into_response()
        }));
    }
    let work = state.run_blocking(move |state| {
        let principal = request.principal(state)?;
        if let Err(failure) = genuine(state, &request, &principal, &posted.csrf, Permission::Write) {
            // A form of an earlier session of a person who is signed in again: the same
            // answer that another load of the form would be.
            let stale = matches!(principal, Principal::Person { .. }) && request.same_origin(state);
            let csrf = stale.then(|| state.auth().csrf_token(&principal));
            return Ok(Err((failure, csrf)));
        }
        Ok::<_, Failure>(kept(state, &request, &principal, &typed, &posted).map_err(|failure| (failure, None)))
    });
    match work.await.map_err(Failure::from).and_then(|result| result) {
        Ok(Ok(kept)) => Json(json!({"given_up": kept.given_up.map(|page| path_for_people(&page))})).into_response(),
        Ok(Err((failure, csrf))) => refused(&failure, csrf.as_deref()),
        Err(failure) => refused(&failure, None),
    }
}

fn refused(failure: &Failure, csrf: Option<&str>) -> Response {
    let kind = failure.kind();
    let text = if kind.status.is_server_error() {
        log_internal(failure);
        INTERNAL_TEXT.to_owned()
    } else {
        sentence(&failure.to_string())
    };
    (kind.status, Json(json!({"error": text, "code": kind.code, "csrf": csrf}))).into_response()
}

fn kept(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    typed: &str,
    posted: &Kept,
) -> Result<wiki::KeptDraft, Failure> {
    let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
    let path = PagePath::parse(typed).map_err(WikiError::from)?;
    let base = none_if_empty(&posted.base).map(Revision::parse).transpose().map_err(WikiError::from)?;
    let now = u64::try_from(state.clock().now()).unwrap_or_default().saturating_mul(1_000);
    let stamp = format!("{}.{}", posted.writer, if posted.seq == 0 { now } else { posted.seq });
    let invalid = || WikiError::Invalid { field: "writer", problem: "must name a window of the editor".to_owned() };
    let new = NewDraft {
        section: none_if_empty(&posted.section),
        base,
        content: &posted.content.replace("\r\n", "\n"),
        stamp: DraftStamp::parse(&stamp).ok_or_else(invalid)?,
        seen: DraftStamp::parse(&posted.seen),
    };
    Ok(wiki::keep_draft(state.wikis(), &access, &path, &new)?)
}

/// `GET /-/drafts`: what the person has not saved on this wiki.
pub(super) async fn list(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let found = ask(&state, &request, |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        if *principal == Principal::Nobody {
            return Err(WikiError::from(AccessError::SignInNeeded(Permission::Write)).into());
        }
        let drafts = wiki::my_drafts(state.wikis(), &access)?;
        let mut rows = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let missing = draft.base.is_some() && wiki::find_page(&access, &draft.path)?.is_none();
            rows.push(row(&draft, missing));
        }
        Ok((Surroundings::wiki(state, &access, request), rows))
    });
    let (surroundings, rows) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let given_up = query.get("gone").and_then(|text| PagePath::parse(text).ok()).map(|path| path_for_people(&path));
    let view = Drafts {
        frame: surroundings.frame("My drafts"),
        rows,
        days: wiki::DRAFT_DAYS,
        most: wiki::MOST_DRAFTS,
        given_up: given_up.as_deref(),
    };
    render_page(StatusCode::OK, &view)
}

fn row(draft: &MyDraft, missing: bool) -> DraftRow {
    let shelf = Shelf { path: &draft.path, section: draft.section.as_deref() };
    DraftRow {
        page: Link { text: path_for_people(&draft.path), href: page_href(&draft.path) },
        section: draft.section.clone(),
        missing,
        size: size_for_people(draft.content.len() as u64),
        offer: shelf.offer(draft, false),
    }
}

/// `POST /-/drafts`: throws one away, and goes on to `return` or the list.
pub(super) async fn discard(
    State(state): State<AppState>,
    request: WebRequest,
    posted: Result<Form<Discarded>, FormRejection>,
) -> Response {
    let Ok(Form(posted)) = posted else {
        let problem = "must name a page".to_owned();
        return refuse(&state, &request, WikiError::Invalid { field: "path", problem }.into());
    };
    let to = Some(posted.r#return.clone()).filter(|address| is_local(address));
    let to = to.unwrap_or_else(|| "/-/drafts".to_owned());
    let done = ask(&state, &request, move |state, request, principal| {
        genuine(state, request, principal, &posted.csrf, Permission::Write)?;
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let path = PagePath::parse(&posted.path).map_err(WikiError::from)?;
        Ok(wiki::discard_draft(state.wikis(), &access, &path, none_if_empty(&posted.section))?)
    });
    either(done.await.map(|_there_was_one| Redirect::to(&to).into_response()))
}
