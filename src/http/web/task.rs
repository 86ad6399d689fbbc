use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::answer::{ask, either, genuine};
use super::page_view::{refuse, slug};
use super::request::WebRequest;
use crate::http::state::AppState;
use crate::model::{PagePath, Permission, RevisionPrefix};
use crate::wiki::{self, Origin, Passage, Recording, WikiError};

/// What a ticked box posts.
#[derive(Deserialize)]
pub(super) struct Posted {
    /// Which box of the page, counted from 0.
    task: usize,
    done: bool,
    /// The revision that the reader saw.
    base: String,
    #[serde(default)]
    csrf: String,
}

/// `POST /-/task/{path}`: ticks a task, as a commit. Answers the page's new revision as text.
pub(super) async fn tick(
    State(state): State<AppState>,
    Path(typed): Path<String>,
    request: WebRequest,
    posted: Result<Form<Posted>, FormRejection>,
) -> Response {
    let Ok(Form(posted)) = posted else {
        let problem = "must name a box and its state".to_owned();
        return refuse(&state, &request, WikiError::Invalid { field: "the form", problem }.into());
    };
    let done = ask(&state, &request, move |state, request, principal| {
        genuine(state, request, principal, &posted.csrf, Permission::Write)?;
        let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let base = RevisionPrefix::parse(&posted.base).map_err(WikiError::from)?;
        let part = Passage::Task { index: posted.task, done: posted.done };
        let recording = Recording { message: None, origin: Origin::Web, typed: path.as_str(), once: None };
        Ok(wiki::revise(state.wikis(), &access, &path, Some(&base), &part, &recording)?.value.revision)
    });
    either(done.await.map(|revision| (StatusCode::OK, revision.to_string()).into_response()))
}
