use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

use super::frame::Surroundings;
use super::request::WebRequest;
use super::views::{ErrorPage, Forbidden, Link};
use crate::http::error::{Failure, INTERNAL_TEXT, log_internal};
use crate::http::state::AppState;
use crate::model::{Permission, Principal};
use crate::wiki::{AccessError, WikiError};

/// Renders a view. A template that fails is a bug, and answered as one.
pub(super) fn page(status: StatusCode, view: &impl Template) -> Response {
    match view.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            log_internal(&error);
            (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL_TEXT).into_response()
        }
    }
}

/// A failure as a page, and what was typed with it.
pub(super) struct Problem<'a> {
    pub(super) failure: Failure,
    pub(super) principal: &'a Principal,
    pub(super) request: &'a WebRequest,
    /// A text that was posted: shown again, so that it is not lost.
    pub(super) typed: Option<&'a str>,
}

impl Problem<'_> {
    pub(super) fn into_response(self, state: &AppState) -> Response {
        let kind = self.failure.kind();
        let surroundings = Surroundings::outside(state, self.principal, self.request);
        if let Failure::Wiki(WikiError::Access(error)) = &self.failure {
            return self.refused(error, &surroundings);
        }
        let text = if kind.status.is_server_error() && !matches!(self.failure, Failure::Wiki(WikiError::Busy)) {
            log_internal(&self.failure);
            INTERNAL_TEXT.to_owned()
        } else {
            sentence(&self.failure.to_string())
        };
        let heading = match kind.status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::GONE => "This link no longer works",
            StatusCode::PAYLOAD_TOO_LARGE => "Too large",
            StatusCode::UNPROCESSABLE_ENTITY => "That cannot be done",
            StatusCode::CONFLICT => "Somebody was faster",
            StatusCode::SERVICE_UNAVAILABLE => "Busy right now",
            _ => "Something went wrong",
        };
        error(kind.status, &surroundings, heading, &text, self.request, self.typed)
    }

    fn refused(&self, refusal: &AccessError, surroundings: &Surroundings) -> Response {
        let (status, permission) = match refusal {
            AccessError::NoSuchWiki(_) => {
                let text =
                    "There is no wiki at this address. It may have been deleted, or the address has a typing error.";
                return error(StatusCode::NOT_FOUND, surroundings, "No wiki here", text, self.request, self.typed);
            }
            AccessError::SignInNeeded(permission) => (StatusCode::UNAUTHORIZED, *permission),
            AccessError::OtherWikisToken => (StatusCode::FORBIDDEN, Permission::Read),
            AccessError::Forbidden(permission) => (StatusCode::FORBIDDEN, *permission),
        };
        let action = match permission {
            Permission::Read => "read this wiki",
            Permission::Write => "edit this page",
            Permission::Upload => "add files to this wiki",
            Permission::Admin => "change this wiki's settings",
        };
        let title = if status == StatusCode::UNAUTHORIZED { "Sign in" } else { "Not allowed" };
        page(status, &Forbidden { frame: surroundings.frame(title), action, typed: self.typed })
    }
}

/// A general error page.
pub(super) fn error(
    status: StatusCode,
    surroundings: &Surroundings,
    heading: &str,
    advice: &str,
    request: &WebRequest,
    typed: Option<&str>,
) -> Response {
    let links = vec![Link { text: "Go to the first page".to_owned(), href: "/".to_owned() }];
    let view = ErrorPage {
        frame: surroundings.frame(heading),
        status: status.as_u16(),
        heading,
        advice,
        links,
        request_id: &request.id,
        typed,
    };
    page(status, &view)
}

pub(super) async fn unknown_platform_address(State(state): State<AppState>, request: WebRequest) -> Response {
    let surroundings = Surroundings::platform(&state, &Principal::Nobody);
    let text = "There is nothing at this address.";
    error(StatusCode::NOT_FOUND, &surroundings, "Not found", text, &request, None)
}

pub(super) async fn unknown_wiki_address(State(state): State<AppState>, request: WebRequest) -> Response {
    let surroundings = Surroundings::outside(&state, &Principal::Nobody, &request);
    let text = "There is nothing at this address.";
    error(StatusCode::NOT_FOUND, &surroundings, "Not found", text, &request, None)
}

pub(super) async fn wrong_method(State(state): State<AppState>, request: WebRequest) -> Response {
    let surroundings = Surroundings::outside(&state, &Principal::Nobody, &request);
    let text = "This address does not take this kind of request.";
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, &surroundings, "Not possible", text, &request, None);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    response
}

/// An error's fragment as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}
