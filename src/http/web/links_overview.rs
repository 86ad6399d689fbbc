use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::ask;
use super::error_page::page as render_page;
use super::frame::Surroundings;
use super::page_view::slug;
use super::request::{WebRequest, link_to};
use super::views::{BrokenRow, LinksOverview};
use crate::http::state::AppState;
use crate::wiki;

/// Rows of each list, and pages named in a row.
const SHOWN: usize = 200;
const NAMED: usize = 5;

/// `GET /-/links`: links that lead nowhere, and pages that nothing leads to.
pub(super) async fn links_overview(State(state): State<AppState>, request: WebRequest) -> Response {
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let surroundings = Surroundings::wiki(state, &access, request);
        Ok((surroundings, wiki::broken_links(&access)?, wiki::orphans(&access)?))
    });
    let (surroundings, broken, orphans) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let row = |link: &wiki::BrokenLink| BrokenRow {
        target: link_to(&link.target),
        linked_from: link.linked_from.iter().take(NAMED).map(link_to).collect(),
        more: link.linked_from.len().saturating_sub(NAMED),
    };
    let view = LinksOverview {
        frame: surroundings.frame("Links to mend"),
        broken: broken.iter().take(SHOWN).map(row).collect(),
        more_broken: broken.len().saturating_sub(SHOWN),
        orphans: orphans.iter().take(SHOWN).map(link_to).collect(),
        more_orphans: orphans.len().saturating_sub(SHOWN),
    };
    render_page(StatusCode::OK, &view)
}
