use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::answer::{ask, genuine};
use super::error_page::{page as render_page, sentence};
use super::frame::Surroundings;
use super::page_view::{refuse, slug};
use super::request::{WebRequest, link_to};
use super::views::DeletePage;
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{PagePath, Permission, Principal, RevisionPrefix};
use crate::wiki::{self, ListQuery, Origin, Recording, WikiError};

/// Pages with links to it that are named.
const NAMED: usize = 20;

/// What the form posts.
#[derive(Deserialize)]
pub(super) struct Posted {
    #[serde(default)]
    base: String,
    #[serde(default)]
    csrf: String,
}

struct Start {
    surroundings: Surroundings,
    base: String,
    files: usize,
    subpages: usize,
    linked_from: Vec<PagePath>,
}

/// `GET /{path}/delete`: asks, and says what goes with the page.
pub(super) async fn form(state: &AppState, request: WebRequest, typed: String) -> Response {
    let found = ask(state, &request, move |state, request, principal| start(state, request, principal, &typed));
    found.await.map_or_else(|refused| refused, |start| show(&start, StatusCode::OK, None))
}

fn start(state: &AppState, request: &WebRequest, principal: &Principal, typed: &str) -> Result<Start, Failure> {
    let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
    let path = PagePath::parse(typed).map_err(WikiError::from)?;
    let reading = access.reading();
    let page = wiki::read(&reading, &path, None)?;
    let below = ListQuery { prefix: Some(format!("{}/", page.path)), ..ListQuery::default() };
    Ok(Start {
        surroundings: Surroundings::wiki(state, &access, request).about(&page.path),
        base: page.last.map(|last| last.revision.to_string()).unwrap_or_default(),
        files: wiki::attachments(&reading, &page.path)?.1.len(),
        subpages: wiki::list(&reading, &below)?.len(),
        linked_from: page.linked_from.into_iter().filter(|other| *other != page.path).collect(),
    })
}

fn show(start: &Start, status: StatusCode, problem: Option<&str>) -> Response {
    let view = DeletePage {
        frame: start.surroundings.frame("Delete"),
        base: &start.base,
        files: start.files,
        subpages: start.subpages,
        linked_from: start.linked_from.iter().take(NAMED).map(link_to).collect(),
        more: start.linked_from.len().saturating_sub(NAMED),
        problem,
    };
    render_page(status, &view)
}

/// `POST /{path}/delete`: deletes the page with its files. It stays in the history.
pub(super) async fn submit(
    state: &AppState,
    request: WebRequest,
    typed: String,
    posted: Result<Form<Posted>, FormRejection>,
) -> Response {
    let Ok(Form(posted)) = posted else {
        let problem = "could not be read; go back and try again".to_owned();
        return refuse(state, &request, WikiError::Invalid { field: "the form", problem }.into());
    };
    let done = ask(state, &request, move |state, request, principal| {
        genuine(state, request, principal, &posted.csrf, Permission::Write)?;
        let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let base = Some(posted.base.as_str()).filter(|base| !base.is_empty());
        let base = base.map(RevisionPrefix::parse).transpose().map_err(WikiError::from)?;
        let recording = Recording { message: None, origin: Origin::Web, typed: path.as_str(), once: None };
        match wiki::delete(state.wikis(), &access, &path, base.as_ref(), false, &recording) {
            Ok(_done) => Ok(Ok(())),
            Err(error @ WikiError::RevisionMismatch { .. }) => {
                Ok(Err((start(state, request, principal, &typed)?, error)))
            }
            Err(error) => Err(error.into()),
        }
    });
    match done.await {
        Ok(Ok(())) => Redirect::to("/-/changelog").into_response(),
        Ok(Err((start, error))) => show(&start, StatusCode::CONFLICT, Some(&sentence(&error.to_string()))),
        Err(refused) => refused,
    }
}
