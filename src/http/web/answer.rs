//! The frame that handlers share: the blocking part runs as whoever asks, and what goes
//! wrong in it becomes a page.

use axum::response::{IntoResponse as _, Response};

use super::error_page::Problem;
use super::page_view::{Stopped, refuse};
use super::request::WebRequest;
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{Permission, Principal};
use crate::wiki::{AccessError, WikiError};

/// Runs `work` off the async threads with the principal of the request.
///
/// # Errors
/// The page that says what went wrong.
pub(super) async fn ask<T: Send + 'static>(
    state: &AppState,
    request: &WebRequest,
    work: impl FnOnce(&AppState, &WebRequest, &Principal) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Response> {
    let asked = request.clone();
    let running = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        work(state, &asked, &principal).map_err(|failure| Stopped::new(failure, principal))
    });
    match running.await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(Stopped(failure, principal))) => {
            Err(Problem { failure: *failure, principal: &principal, request, typed: None }.into_response(state))
        }
        Err(failed) => Err(refuse(state, request, failed.into())),
    }
}

/// Refuses a form from another site, or one whose session has ended: it is nobody's.
///
/// # Errors
/// [`AccessError::SignInNeeded`] or [`AccessError::Forbidden`], for the right that was wanted.
pub(super) fn genuine(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    csrf: &str,
    wanted: Permission,
) -> Result<(), Failure> {
    if request.same_origin(state) && state.auth().csrf_matches(principal, csrf) {
        return Ok(());
    }
    Err(WikiError::from(match principal {
        Principal::Nobody => AccessError::SignInNeeded(wanted),
        _ => AccessError::Forbidden(wanted),
    })
    .into())
}

/// The answer, whichever it is.
pub(super) fn either(answer: Result<Response, Response>) -> Response {
    answer.unwrap_or_else(|refused| refused.into_response())
}
