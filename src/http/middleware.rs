//! What surrounds every request: an identifier, a log line, headers that tell browsers
//! what pages may do, and an answer when a handler panics.

use std::any::Any;
use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use super::body_deadline::with_deadline;
use super::state::AppState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Pages run our own script and style, and nothing else; no page may be framed. `blob:` images are
/// what our own scripts made: diagrams, and an image cannot run script. The only document of this
/// origin that lets itself be framed is the sandbox they are drawn in, `web/diagram_frame.rs`.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: blob:; media-src 'self'; \
     font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'",
);

/// Identifies a request in logs and on error pages.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

/// Gives the request an identifier, bounds the time its body takes, logs it, and sets the headers that hold everywhere.
/// A handler that sets one of them itself keeps its own.
pub(super) async fn surround(state: AppState, mut request: Request, next: Next) -> Response {
    let id = request_id(&state);
    request.extensions_mut().insert(RequestId(id.clone()));
    let span =
        tracing::info_span!("request", request.id = %id, method = %request.method(), path = request.uri().path());
    let begun = Instant::now();
    let mut response = next.run(request.map(with_deadline)).instrument(span.clone()).await;
    let status = response.status();
    span.in_scope(|| {
        let ms = begun.elapsed().as_millis();
        if status.is_server_error() {
            tracing::error!(status = status.as_u16(), elapsed_ms = ms, "answered with a server error");
        } else {
            tracing::debug!(status = status.as_u16(), elapsed_ms = ms, "answered");
        }
    });
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    let mut default = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    default(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    default(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    default(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    default(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    default(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    default(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if state.config().https {
        default(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

fn request_id(state: &AppState) -> String {
    let mut bytes = [0u8; 8];
    // Without randomness the time still tells requests apart.
    if state.clock().fill_random(&mut bytes).is_err() {
        bytes = state.clock().now().to_be_bytes();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The last resort: a handler panicked.
#[expect(clippy::needless_pass_by_value, reason = "the layer that catches panics hands the cause over")]
pub(super) fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    let cause = cause.downcast_ref::<&str>().copied().or_else(|| cause.downcast_ref::<String>().map(String::as_str));
    tracing::error!(cause = cause.unwrap_or("unknown"), "a handler panicked");
    (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on the server. Try again.\n").into_response()
}
