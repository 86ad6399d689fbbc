use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::answer::{ask, genuine};
use super::error_page::{page as render_page, sentence};
use super::frame::Surroundings;
use super::page_view::{refuse, slug};
use super::request::{WebRequest, page_href};
use super::views::RenamePage;
use crate::http::error::{Failure, kind_of};
use crate::http::state::AppState;
use crate::model::{PagePath, Permission, Principal, RevisionPrefix};
use crate::wiki::{self, Extent, Origin, Recording, Rename, WikiError};

/// What the form posts.
#[derive(Deserialize)]
pub(super) struct Posted {
    to: String,
    #[serde(default)]
    base: String,
    #[serde(default)]
    csrf: String,
}

struct Start {
    surroundings: Surroundings,
    path: PagePath,
    base: String,
    extent: Extent,
}

/// `GET /{path}/rename`: asks for the new name, and says what will move along.
pub(super) async fn form(state: &AppState, request: WebRequest, typed: String) -> Response {
    let found = ask(state, &request, move |state, request, principal| start(state, request, principal, &typed));
    match found.await {
        Ok(form) => {
            let (to, base) = (form.path.as_str().replace('_', " "), form.base.clone());
            show(&form, StatusCode::OK, &to, &base, None)
        }
        Err(refused) => refused,
    }
}

fn start(state: &AppState, request: &WebRequest, principal: &Principal, typed: &str) -> Result<Start, Failure> {
    let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
    let path = PagePath::parse(typed).map_err(WikiError::from)?;
    let page = wiki::read(&access.reading(), &path, None)?;
    Ok(Start {
        surroundings: Surroundings::wiki(state, &access, request).about(&page.path),
        base: page.last.map(|last| last.revision.to_string()).unwrap_or_default(),
        extent: wiki::extent_of_rename(&access, &page.path)?,
        path: page.path,
    })
}

fn show(form: &Start, status: StatusCode, to: &str, base: &str, problem: Option<&str>) -> Response {
    let view = RenamePage {
        frame: form.surroundings.frame("Rename"),
        to,
        base,
        subpages: form.extent.subpages,
        files: form.extent.files,
        linked_from: form.extent.linked_from,
        problem,
    };
    render_page(status, &view)
}

/// `POST /{path}/rename`: moves the page with what belongs to it, and goes there.
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
    let (to, base) = (posted.to.clone(), posted.base.clone());
    let done = ask(state, &request, move |state, request, principal| {
        genuine(state, request, principal, &posted.csrf, Permission::Write)?;
        let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let base = Some(posted.base.as_str()).filter(|base| !base.is_empty());
        let rename = Rename {
            to: &posted.to,
            base: base.map(RevisionPrefix::parse).transpose().map_err(WikiError::from)?,
            subpages: true,
            attachments: true,
            dry_run: false,
            recording: Recording { message: None, origin: Origin::Web, typed: path.as_str(), once: None },
        };
        match wiki::rename(state.wikis(), &access, &path, &rename) {
            Ok(done) => Ok(Ok(done.value.to)),
            Err(error) if kind_of(&error).status.is_server_error() => Err(error.into()),
            Err(error @ WikiError::NoSuchPage { .. }) => Err(error.into()),
            Err(error) => Ok(Err((start(state, request, principal, &typed)?, error))),
        }
    });
    match done.await {
        Ok(Ok(path)) => Redirect::to(&page_href(&path)).into_response(),
        Ok(Err((form, error))) => {
            let problem = sentence(&error.to_string());
            // After somebody else's change the next attempt is made knowing of it.
            let base = if matches!(error, WikiError::RevisionMismatch { .. }) { &form.base } else { &base };
            show(&form, kind_of(&error).status, &to, base, Some(&problem))
        }
        Err(refused) => refused,
    }
}
