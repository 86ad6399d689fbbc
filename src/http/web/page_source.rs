use std::collections::HashMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::answer::ask;
use super::error_page::page as render_page;
use super::frame::Surroundings;
use super::page_view::slug;
use super::request::{WebRequest, encode, page_href};
use super::views::SourceView;
use crate::http::state::AppState;
use crate::model::{PagePath, RevisionPrefix, display_name};
use crate::wiki::{self, WikiError};

/// `GET /{path}/source`: the Markdown as it is stored, now or as of a revision, with numbered
/// lines; with `raw` the text alone.
pub(super) async fn show(
    state: &AppState,
    request: WebRequest,
    typed: String,
    query: HashMap<String, String>,
) -> Response {
    let at = query.get("revision").filter(|text| !text.is_empty()).cloned();
    let revision = at.clone();
    let found = ask(state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let at = at.as_deref().map(RevisionPrefix::parse).transpose().map_err(WikiError::from)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let page = wiki::read(&access, &path, at.as_ref())?;
        Ok((Surroundings::wiki(state, &access, request).about(&page.path), page))
    });
    let (surroundings, page) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    if query.contains_key("raw") {
        return ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], page.content).into_response();
    }
    let base = page_href(&page.path);
    let with = |first: &str| match &revision {
        Some(revision) => format!("{first}revision={}", encode(revision)),
        None => String::new(),
    };
    let name = display_name(page.path.leaf());
    let title = format!("Source of {name}");
    let view = SourceView {
        frame: surroundings.frame(&title),
        lines: page.content.lines().collect(),
        page_href: format!("{base}{}", with("?")),
        raw_href: format!("{base}/source?raw{}", with("&")),
        revision: revision.as_deref(),
    };
    render_page(StatusCode::OK, &view)
}
