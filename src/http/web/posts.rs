//! What is posted to a page's address: the verb behind the page says what is meant.

use axum::extract::{Form, FromRequest as _, Multipart, Request, State};
use axum::response::Response;

use super::page_view::{Verb, refuse, split_verb};
use super::request::{WebRequest, decode};
use super::{file_posts, page_delete, page_rename, page_restore, page_save, preview};
use crate::http::state::AppState;
use crate::wiki::WikiError;

/// `POST /{path}/{verb}`.
pub(super) async fn by_path(State(state): State<AppState>, request: WebRequest, body: Request) -> Response {
    let raw = request.raw_path.trim_start_matches('/').to_owned();
    let (verb, page_part) = split_verb(&raw);
    if matches!(verb, Verb::Edit) {
        // It gives back the text even when the address is wrong.
        return page_save::save(&state, request, page_part, Form::from_request(body, &state).await).await;
    }
    let typed = match decode(page_part) {
        Ok(typed) => typed,
        Err(error) => return refuse(&state, &request, WikiError::Path(error).into()),
    };
    match verb {
        Verb::Preview => preview::preview(&state, request, typed, Form::from_request(body, &state).await).await,
        Verb::Files => file_posts::upload(&state, request, typed, Multipart::from_request(body, &state).await).await,
        Verb::Rename => page_rename::submit(&state, request, typed, Form::from_request(body, &state).await).await,
        Verb::Delete => page_delete::submit(&state, request, typed, Form::from_request(body, &state).await).await,
        Verb::Restore => page_restore::submit(&state, request, typed, Form::from_request(body, &state).await).await,
        Verb::View | Verb::Edit | Verb::History | Verb::Source | Verb::Diff | Verb::Blame => {
            super::error_page::wrong_method(State(state), request).await
        }
    }
}
