//! What people see in a browser. One file an action; each fills a struct of `views` and
//! renders it. Pages of the platform (landing, sign-in) are here too.

mod answer;
mod api_reference;
mod assets;
mod changelog;
mod commit;
mod commit_revert;
mod complete;
mod diagram_frame;
mod diff_rows;
mod drafts;
mod embed_sources;
mod error_page;
mod export;
mod feeds;
mod file_posts;
mod frame;
mod import;
mod index_status;
mod landing;
mod links_overview;
mod manifest;
mod names;
mod new_page;
mod page_blame;
mod page_delete;
mod page_diff;
mod page_edit;
mod page_files;
mod page_history;
mod page_index;
mod page_links;
mod page_rename;
mod page_restore;
mod page_save;
mod page_source;
mod page_view;
mod posts;
mod preview;
mod request;
mod search;
mod section_links;
mod settings;
mod side;
mod sign_in;
mod style;
mod suggest;
mod task;
mod thumbnail;
mod views;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use assets::asset;
pub(super) use page_view::RenderedPage;

use super::state::AppState;

/// The platform's own pages.
pub(super) fn platform_routes() -> Router<AppState> {
    Router::new()
        .route("/", get(landing::landing))
        .route("/auth/link", get(sign_in::link_form).post(sign_in::link_submit))
        .route("/auth/sign-in", get(sign_in::sign_in))
        .route("/auth/sign-out", post(sign_in::sign_out))
        .route("/-/api", get(api_reference::api_reference))
        .route("/static/{name}", get(assets::serve))
        .fallback(error_page::unknown_platform_address)
        .method_not_allowed_fallback(error_page::wrong_method)
}

/// A wiki's pages. What is not under `/-/` is a page, or a page and a verb.
pub(super) fn wiki_routes(state: &AppState) -> Router<AppState> {
    // A form is percent-encoded: up to six bytes for a line feed (`%0D%0A`), three for others.
    let page = usize::try_from(state.wikis().limits().page_bytes).unwrap_or(usize::MAX);
    Router::new()
        .route("/", get(page_view::home))
        .route("/-/index", get(page_index::page_index))
        .route("/-/search", get(search::search))
        .route("/-/search/status", get(index_status::index_status))
        .route("/-/search/reindex", post(index_status::reindex))
        .route("/-/api", get(api_reference::api_reference))
        .route("/-/export", get(export::show))
        .route("/-/export/{format}", get(export::download))
        .route(
            "/-/settings/import",
            get(import::form).post(import::send).layer(DefaultBodyLimit::max(import::most(state))),
        )
        .route("/-/settings/import/{job}", get(import::show).post(import::decide))
        .route("/-/new", get(new_page::new_page))
        .route("/-/sign-in", get(sign_in::from_wiki))
        .route("/-/session", get(sign_in::arrive))
        .route("/-/sign-out", post(sign_in::sign_out))
        .route("/-/changelog", get(changelog::changelog))
        .route("/-/commit/{revision}", get(commit::commit))
        .route("/-/commit/{revision}/revert", get(commit_revert::form).post(commit_revert::submit))
        .route("/-/feed.atom", get(feeds::atom))
        .route("/-/feed.rss", get(feeds::rss))
        .route("/sitemap.xml", get(feeds::sitemap))
        .route("/robots.txt", get(feeds::robots))
        .route("/-/manifest.json", get(manifest::manifest))
        .route("/-/complete", get(complete::complete))
        .route("/-/suggest", get(suggest::suggest))
        .route("/-/tree", get(side::tree))
        .route("/-/links", get(links_overview::links_overview))
        .route("/-/links/{*path}", get(page_links::page_links))
        .route("/-/task/{*path}", post(task::tick))
        .route("/-/draft/{*path}", post(drafts::keep))
        .route("/-/drafts", get(drafts::list).post(drafts::discard))
        .route("/-/tags", get(names::tags))
        .route("/-/tags/{name}", get(names::tag))
        .route("/-/categories", get(names::categories))
        .route("/-/categories/{name}", get(names::category))
        .route("/-/style/{name}", get(style::serve))
        .merge(settings::routes())
        .route("/-/{*rest}", get(error_page::unknown_wiki_address))
        .route("/static/diagram-frame.html", get(diagram_frame::frame))
        .route("/static/{name}", get(assets::serve))
        .route("/{*path}", get(page_view::by_path).post(posts::by_path))
        .fallback(error_page::unknown_wiki_address)
        .method_not_allowed_fallback(error_page::wrong_method)
        .layer(DefaultBodyLimit::max(page.saturating_mul(6).saturating_add(64 << 10).max(file_posts::most(state))))
}

#[cfg(test)]
mod tests;
