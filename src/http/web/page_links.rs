use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::ask;
use super::error_page::page as render_page;
use super::frame::Surroundings;
use super::page_view::slug;
use super::request::{WebRequest, link_to};
use super::views::PageLinksView;
use crate::http::state::AppState;
use crate::model::{PagePath, display_name};
use crate::search::Mode;
use crate::wiki::{self, SearchQuery, WikiError};

/// Pages that are looked at for mentions.
const MENTIONS: usize = 50;

/// `GET /-/links/{path}`: what links here, what is linked to, and who names the page without a
/// link.
pub(super) async fn page_links(
    State(state): State<AppState>,
    Path(typed): Path<String>,
    request: WebRequest,
) -> Response {
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let links = wiki::page_links(&access, &path)?;
        let name = display_name(links.path.leaf());
        let phrase = format!("\"{}\"", name.replace('"', " "));
        let named = SearchQuery { text: phrase, mode: Mode::Text, limit: MENTIONS, ..SearchQuery::default() };
        let found = wiki::search(state.wikis(), &access, &named)?;
        let mut mentions: Vec<PagePath> = found.hits.into_iter().map(|hit| hit.path).collect();
        mentions.retain(|page| *page != links.path && !links.linked_from.contains(page));
        Ok((Surroundings::wiki(state, &access, request).about(&links.path), links, mentions))
    });
    let (surroundings, links, mentions) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let (there, missing): (Vec<_>, Vec<_>) = links.links_to.iter().partition(|target| target.exists);
    let view = PageLinksView {
        frame: surroundings.frame("Links"),
        linked_from: links.linked_from.iter().map(link_to).collect(),
        links_to: there.into_iter().map(|target| link_to(&target.path)).collect(),
        missing: missing.into_iter().map(|target| link_to(&target.path)).collect(),
        mentions: mentions.iter().map(link_to).collect(),
    };
    render_page(StatusCode::OK, &view)
}
