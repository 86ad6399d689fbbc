use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::Response;

use super::answer::ask;
use super::error_page::page as render_page;
use super::frame::Surroundings;
use super::page_view::{change, slug};
use super::request::{WebRequest, page_href};
use super::views::{BlameView, BlamedLine, BlamedPart};
use crate::http::state::AppState;
use crate::model::{PagePath, RevisionPrefix};
use crate::wiki::{self, WikiError};

/// `GET /{path}/blame`: who wrote which lines, now or as of `revision`.
pub(super) async fn show(
    state: &AppState,
    request: WebRequest,
    typed: String,
    query: HashMap<String, String>,
) -> Response {
    let at = query.get("revision").filter(|text| !text.is_empty()).cloned();
    let found = ask(state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let at = at.as_deref().map(RevisionPrefix::parse).transpose().map_err(WikiError::from)?;
        let blame = wiki::blame(&access, &path, at.as_ref())?;
        let revision = RevisionPrefix::from(blame.revision);
        let text = wiki::read(&access, &blame.path, Some(&revision))?.content;
        Ok((Surroundings::wiki(state, &access, request).about(&blame.path), blame, text))
    });
    let (surroundings, blame, text) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let lines: Vec<&str> = text.lines().collect();
    let parts = blame
        .ranges
        .iter()
        .map(|range| BlamedPart {
            change: change(&range.change),
            message: range.change.message.lines().next().unwrap_or_default().to_owned(),
            href: format!("{}?revision={}", page_href(&range.path), range.change.revision),
            or_earlier: range.or_earlier,
            lines: (range.line..=range.end_line)
                .map(|number| BlamedLine {
                    number,
                    text: lines.get(number - 1).copied().unwrap_or_default().to_owned(),
                })
                .collect(),
        })
        .collect();
    render_page(StatusCode::OK, &BlameView { frame: surroundings.frame("Who wrote what"), parts })
}
