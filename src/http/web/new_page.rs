use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::error_page::{Problem, page, sentence};
use super::frame::Surroundings;
use super::page_view::{Stopped, refuse, slug};
use super::request::{WebRequest, page_href, path_for_people};
use super::views::{Link, NewPage};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{PagePath, Principal};
use crate::wiki;

enum Found {
    Form(Box<Surroundings>, Option<String>, Option<PagePath>),
    Edit(PagePath),
}

/// `GET /-/new`: asks for a name, or leads on to the page's form.
pub(super) async fn new_page(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let name = query.get("name").map(|name| name.trim().to_owned()).unwrap_or_default();
    let (asked, wanted) = (request.clone(), name.clone());
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        find(state, &asked, &principal, &wanted).map_err(|failure| Stopped::new(failure, principal))
    });
    match work.await {
        Ok(Ok(Found::Edit(path))) => Redirect::to(&format!("{}/edit", page_href(&path))).into_response(),
        Ok(Ok(Found::Form(surroundings, problem, existing))) => {
            let existing = existing.map(|path| Link { text: path_for_people(&path), href: page_href(&path) });
            let frame = surroundings.frame("New page");
            page(StatusCode::OK, &NewPage { frame, name: &name, problem: problem.as_deref(), existing })
        }
        Ok(Err(Stopped(failure, principal))) => {
            Problem { failure: *failure, principal: &principal, request: &request, typed: None }.into_response(&state)
        }
        Err(failed) => refuse(&state, &request, failed.into()),
    }
}

fn find(state: &AppState, request: &WebRequest, principal: &Principal, name: &str) -> Result<Found, Failure> {
    let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
    let surroundings = Box::new(Surroundings::wiki(state, &access, request));
    if name.is_empty() {
        return Ok(Found::Form(surroundings, None, None));
    }
    match PagePath::parse(name).and_then(|path| path.for_new_page()) {
        Err(problem) => Ok(Found::Form(surroundings, Some(sentence(&format!("the name {problem}"))), None)),
        Ok(path) => match wiki::find_page(&access.reading(), &path)? {
            Some(existing) => Ok(Found::Form(surroundings, None, Some(existing))),
            None => Ok(Found::Edit(path)),
        },
    }
}
