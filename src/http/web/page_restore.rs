use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::answer::{ask, either, genuine};
use super::page_view::{refuse, slug};
use super::request::{WebRequest, page_href};
use crate::http::state::AppState;
use crate::model::{PagePath, Permission, RevisionPrefix};
use crate::wiki::{self, Origin, Recording, WikiError};

/// What the button posts.
#[derive(Deserialize)]
pub(super) struct Posted {
    revision: String,
    #[serde(default)]
    csrf: String,
}

/// `POST /{path}/revert`: makes an old version the current one, as a new commit.
pub(super) async fn submit(
    state: &AppState,
    request: WebRequest,
    typed: String,
    posted: Result<Form<Posted>, FormRejection>,
) -> Response {
    let Ok(Form(posted)) = posted else {
        let problem = "must name a version".to_owned();
        return refuse(state, &request, WikiError::Invalid { field: "revision", problem }.into());
    };
    let done = ask(state, &request, move |state, request, principal| {
        genuine(state, request, principal, &posted.csrf, Permission::Write)?;
        let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let at = RevisionPrefix::parse(&posted.revision).map_err(WikiError::from)?;
        let recording = Recording { message: None, origin: Origin::Web, typed: path.as_str(), once: None };
        Ok(wiki::restore(state.wikis(), &access, &path, (&at, None), &recording)?.value.path)
    });
    either(done.await.map(|path| Redirect::to(&page_href(&path)).into_response()))
}
