use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use serde::Deserialize;

use super::answer::{ask, either, genuine};
use super::embed_sources::WikiSources;
use super::page_view::slug;
use super::request::WebRequest;
use crate::http::state::AppState;
use crate::markdown::{self, RenderContext};
use crate::model::{PagePath, Permission};
use crate::wiki::{self, WikiError};

/// What the editor posts.
#[derive(Deserialize)]
pub(super) struct Draft {
    content: String,
    #[serde(default)]
    csrf: String,
}

/// `POST /{path}/preview`: the text as HTML, as the page would show it. Nothing is stored.
pub(super) async fn preview(
    state: &AppState,
    request: WebRequest,
    typed: String,
    posted: Result<Form<Draft>, FormRejection>,
) -> Response {
    let draft = match posted {
        Ok(Form(draft)) => draft,
        Err(rejection) => return (rejection.status(), "The text cannot be shown.\n").into_response(),
    };
    let found = ask(state, &request, move |state, request, principal| {
        genuine(state, request, principal, &draft.csrf, Permission::Write)?;
        let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
        wiki::check_content(state.wikis(), &draft.content)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let access = access.reading();
        let find_page = wiki::link_targets(&access);
        let sources = WikiSources { access: &access };
        let context =
            RenderContext { page: &path, order: access.link_order(), find_page: &find_page, sources: &sources };
        Ok(markdown::render(&draft.content, &context).html)
    });
    either(found.await.map(|html| (StatusCode::OK, Html(html)).into_response()))
}
