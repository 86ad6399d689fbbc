use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::answer::ask;
use super::page_view::slug;
use super::request::WebRequest;
use crate::http::state::AppState;
use crate::wiki;

/// `GET /-/style/{name}`: the wiki's own style sheet, whose name is a hash of it. By an older
/// name it is the one of now, which nothing keeps under that name.
pub(super) async fn serve(State(state): State<AppState>, Path(name): Path<String>, request: WebRequest) -> Response {
    let found = ask(&state, &request, |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        Ok(access.style())
    });
    let style = match found.await {
        Ok(Some(style)) => style,
        Ok(None) => return (StatusCode::NOT_FOUND, "This wiki has no style sheet of its own.\n").into_response(),
        Err(refused) => return refused,
    };
    let keep = if name == style.name { "private, max-age=31536000, immutable" } else { "no-cache" };
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, keep)], style.css.clone())
        .into_response()
}
