use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::request::encode;
use crate::wiki::Attachment;

/// Types that a browser shows and that cannot run anything. All others are downloaded.
const SHOWN: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "text/plain",
];

/// A file of the wiki. It cannot act in the wiki's origin whatever it holds: active types
/// are downloads, nothing is sniffed, and a sandbox holds what is opened all the same.
pub(super) fn serve(file: Attachment, request: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", file.identity);
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let unchanged = known.is_some_and(|tags| tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag));
    let kind = mime_guess::from_path(&file.name).first_or_octet_stream();
    let shown = SHOWN.contains(&kind.essence_str());
    let content_type = match kind.essence_str() {
        "text/plain" => "text/plain; charset=utf-8",
        essence if shown => essence,
        _ => "application/octet-stream",
    };
    let disposition = if shown { "inline" } else { "attachment" };
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], file.bytes).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox",
        ),
    );
    // RFC 6266: the encoded form holds any name.
    let disposition = format!("{disposition}; filename*=UTF-8''{}", encode(&file.name));
    for (name, value) in [(header::CONTENT_DISPOSITION, disposition), (header::ETAG, tag)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(name: &str) -> Response {
        let file = Attachment { name: name.to_owned(), bytes: b"x".to_vec(), identity: "abc".to_owned() };
        serve(file, &HeaderMap::new())
    }

    #[test]
    fn active_types_are_downloads() {
        for name in ["x.svg", "x.html", "x.pdf", "x.xml", "x.js", "x.unknown", "x"] {
            let response = answer(name);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/octet-stream", "{name}");
            assert!(response.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
        }
        let image = answer("my otter.png");
        assert_eq!(image.headers()[header::CONTENT_TYPE], "image/png");
        assert_eq!(image.headers()[header::CONTENT_DISPOSITION], "inline; filename*=UTF-8''my%20otter.png");
    }

    #[test]
    fn an_unchanged_file_is_not_sent_again() {
        let file = Attachment { name: "x.png".to_owned(), bytes: b"x".to_vec(), identity: "abc".to_owned() };
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"old\", \"abc\""));
        assert_eq!(serve(file, &headers).status(), StatusCode::NOT_MODIFIED);
    }
}
