use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};

use super::assets::asset;

/// What the frame may do: run the script that draws, and give what it draws a style. It has no
/// origin, so it reaches nothing of the wiki's; it has no network, opens nothing, sends no form.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts",
);

/// `GET /static/diagram-frame.html`: the sandbox in which `diagrams.js` has diagrams drawn.
pub(super) async fn frame() -> Response {
    let script = asset("diagram-drawing.js.gz");
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Drawing of diagrams</title>\n\
         <body><script src=\"{script}\"></script>\n"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
        ),
    ];
    (headers, Html(html)).into_response()
}
