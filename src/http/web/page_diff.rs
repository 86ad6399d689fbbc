use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::Response;

use super::answer::ask;
use super::diff_rows::rows;
use super::error_page::page as render_page;
use super::frame::Surroundings;
use super::page_view::slug;
use super::request::{WebRequest, page_href};
use super::views::{DiffView, Link};
use crate::http::state::AppState;
use crate::model::{PagePath, RevisionPrefix};
use crate::wiki::{self, DiffQuery, WikiError};

/// Lines that are shown at most.
const MOST_LINES: usize = 5_000;

/// `GET /{path}/diff?from=&to=&view=inline`: what differs between two versions; without
/// `from` against the version before, without `to` the current one.
pub(super) async fn show(
    state: &AppState,
    request: WebRequest,
    typed: String,
    query: HashMap<String, String>,
) -> Response {
    let given = |name: &str| query.get(name).filter(|text| !text.is_empty()).cloned();
    let (from, to) = (given("from"), given("to"));
    let split = query.get("view").is_none_or(|view| view != "inline");
    let found = ask(state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let revision =
            |text: Option<String>| text.as_deref().map(RevisionPrefix::parse).transpose().map_err(WikiError::from);
        let query = DiffQuery { from: revision(from)?, to: revision(to)?, words: true, max_lines: MOST_LINES };
        let diff = wiki::diff(&access, &path, &query)?;
        let path = diff.to_path.clone().or_else(|| diff.from_path.clone()).unwrap_or(path);
        let current = wiki::find_page(&access, &path)?.unwrap_or(path);
        Ok((Surroundings::wiki(state, &access, request).about(&current), current, diff))
    });
    let (surroundings, path, diff) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let base = page_href(&path);
    let version = |revision: &crate::model::Revision| Link {
        text: revision.short(),
        href: format!("{base}?revision={revision}"),
    };
    let range =
        diff.from.map(|from| format!("from={from}&to={}", diff.to)).unwrap_or_else(|| format!("to={}", diff.to));
    let other = format!("{base}/diff?{range}{}", if split { "&view=inline" } else { "" });
    let restore = format!("{base}/revert");
    let from_text = diff.from.map(|from| from.to_string());
    let view = DiffView {
        frame: surroundings.frame("Compare versions"),
        from: diff.from.as_ref().map(version),
        to: version(&diff.to),
        added: diff.text.added,
        removed: diff.text.removed,
        split,
        other_href: &other,
        hunks: diff.text.hunks.iter().map(rows).collect(),
        truncated: diff.text.truncated,
        restore: from_text.as_deref().filter(|_| surroundings.may_write()).map(|from| (restore.as_str(), from)),
    };
    render_page(StatusCode::OK, &view)
}
