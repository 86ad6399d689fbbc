use std::collections::HashMap;

use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::error_page::Problem;
use super::page_view::{Stopped, refuse, slug};
use super::request::WebRequest;
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{PagePath, Principal, RevisionPrefix};
use crate::wiki::{self, WikiError};

/// `GET /{path}/source`: the Markdown as it is stored, now or as of a revision.
pub(super) async fn show(
    state: &AppState,
    request: WebRequest,
    typed: String,
    query: HashMap<String, String>,
) -> Response {
    let asked = request.clone();
    let at = query.get("revision").filter(|text| !text.is_empty()).cloned();
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        read(state, &asked, &principal, &typed, at.as_deref()).map_err(|failure| Stopped::new(failure, principal))
    });
    match work.await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response(),
        Ok(Err(Stopped(failure, principal))) => {
            Problem { failure: *failure, principal: &principal, request: &request, typed: None }.into_response(state)
        }
        Err(failed) => refuse(state, &request, failed.into()),
    }
}

fn read(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    typed: &str,
    at: Option<&str>,
) -> Result<String, Failure> {
    let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
    let at = at.map(RevisionPrefix::parse).transpose().map_err(WikiError::from)?;
    let path = PagePath::parse(typed).map_err(WikiError::from)?;
    Ok(wiki::read(&access, &path, at.as_ref())?.content)
}
