use std::ops::Range;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::conditional::{is_known, range_holds, value};
use crate::model::Revision;
use crate::wiki::{Attachment, Thumbnail};

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

/// Drawings that may hold script. Browsers run none of it in an `<img>`; opened by itself, a drawing
/// stands in a sandbox with an origin of its own, where its policy lets no script start either.
/// PDF has scripts too, and browsers' viewers do not work in a sandbox: those are downloads.
const DRAWING: &str = "image/svg+xml";

/// For what is addressed by a whole revision: it is never anything else.
const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// What may stand in an extended header value as it is (RFC 8187 section 3.2.1).
const IN_HEADER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A file of the wiki, or the range of it that was asked for. It cannot act in the wiki's
/// origin whatever it holds: active types are downloads, nothing is sniffed, and a sandbox
/// holds what is opened all the same.
pub(super) fn serve(file: Attachment, method: &Method, request: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", file.identity);
    let kind = mime_guess::from_path(&file.name).first_or_octet_stream();
    let shown = SHOWN.contains(&kind.essence_str()) || kind.essence_str() == DRAWING;
    let content_type = match kind.essence_str() {
        "text/plain" => "text/plain; charset=utf-8",
        essence if shown => essence,
        _ => "application/octet-stream",
    };
    let mut response = if is_known(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let asked = request.get(header::RANGE).filter(|_| *method == Method::GET && range_holds(request, &tag));
        content(file.bytes.into(), asked, content_type)
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    let disposition = if shown { "inline" } else { "attachment" };
    // RFC 6266: the encoded form holds any name.
    let disposition = format!("{disposition}; filename*=UTF-8''{}", utf8_percent_encode(&file.name, IN_HEADER));
    headers.insert(header::CONTENT_DISPOSITION, value(&disposition));
    headers.insert(header::ETAG, value(&tag));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

/// A small version of a picture.
pub(super) fn serve_thumbnail(thumbnail: Thumbnail, request: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", thumbnail.identity);
    let mut response = if is_known(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, thumbnail.kind.mime())], thumbnail.bytes).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(header::ETAG, value(&tag));
    response
}

/// Lets a browser keep an answer that belongs to this revision, if the revision is a whole one.
pub(super) fn lasting(mut response: Response, revision: Option<&str>) -> Response {
    if revision.is_some_and(|text| Revision::parse(text).is_ok()) && response.status() != StatusCode::NOT_FOUND {
        response.headers_mut().insert(header::CACHE_CONTROL, FOR_EVER);
    }
    response
}

const SANDBOX: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox",
);

fn content(bytes: Bytes, asked: Option<&HeaderValue>, content_type: &str) -> Response {
    let length = bytes.len();
    let content_type = (header::CONTENT_TYPE, value(content_type));
    match asked.and_then(|asked| asked.to_str().ok()).map_or(Asked::All, |asked| Asked::parse(asked, length)) {
        Asked::All => ([content_type], bytes).into_response(),
        Asked::Part(part) => {
            let place = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            let headers = [content_type, (header::CONTENT_RANGE, value(&place))];
            (StatusCode::PARTIAL_CONTENT, headers, bytes.slice(part)).into_response()
        }
        Asked::Outside => {
            let place = format!("bytes */{length}");
            (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, value(&place))]).into_response()
        }
    }
}

/// What a `Range` header asks for (RFC 9110 section 14.2). Several ranges, other units and
/// what cannot be read may be ignored, and are.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Asked {
    All,
    /// Not empty, and within the file.
    Part(Range<usize>),
    Outside,
}

impl Asked {
    fn parse(text: &str, length: usize) -> Self {
        Self::read(text, length).unwrap_or(Self::All)
    }

    fn read(text: &str, length: usize) -> Option<Self> {
        let (unit, range) = text.split_once('=')?;
        let (first, last) = range.trim().split_once('-')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") || range.contains(',') {
            return None;
        }
        // A number that is too large lies behind any end.
        let number = |digits: &str| {
            let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            all.then(|| digits.parse().unwrap_or(usize::MAX))
        };
        let part = if first.is_empty() {
            length.saturating_sub(number(last)?)..length
        } else {
            let first = number(first)?;
            let last = if last.is_empty() { usize::MAX } else { number(last)? };
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(length)
        };
        Some(if part.is_empty() { Self::Outside } else { Self::Part(part) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> Attachment {
        Attachment { name: name.to_owned(), bytes: b"0123456789".to_vec(), identity: "abc".to_owned() }
    }

    fn answer(name: &str, asks: &[(header::HeaderName, &'static str)]) -> Response {
        let headers = asks.iter().map(|(name, text)| (name.clone(), HeaderValue::from_static(text))).collect();
        serve(file(name), &Method::GET, &headers)
    }

    #[test]
    fn active_types_are_downloads() {
        for name in ["x.html", "x.pdf", "x.xml", "x.js", "x.unknown", "x"] {
            let response = answer(name, &[]);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/octet-stream", "{name}");
            assert!(response.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
        }
        let drawing = answer("x.svg", &[]);
        assert_eq!(drawing.headers()[header::CONTENT_TYPE], "image/svg+xml");
        let policy = drawing.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.ends_with("; sandbox") && !policy.contains("script"));
        let image = answer("my otter.png", &[]);
        assert_eq!(image.headers()[header::CONTENT_TYPE], "image/png");
        assert_eq!(image.headers()[header::CONTENT_DISPOSITION], "inline; filename*=UTF-8''my%20otter.png");
    }

    #[test]
    fn an_unchanged_file_is_not_sent_again() {
        let response = answer("x.png", &[(header::IF_NONE_MATCH, "\"old\", \"abc\""), (header::RANGE, "bytes=0-1")]);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(response.headers()[header::ETAG], "\"abc\"");
    }

    #[test]
    fn ranges_are_read_as_http_says() {
        let part = Asked::Part;
        for (text, asked) in [
            ("bytes=0-3", part(0..4)),
            ("bytes=8-", part(8..10)),
            ("bytes=8-99", part(8..10)),
            ("Bytes=-3", part(7..10)),
            ("bytes=-99", part(0..10)),
            ("bytes=9-99999999999999999999999", part(9..10)),
            ("bytes=10-", Asked::Outside),
            ("bytes=-0", Asked::Outside),
            ("bytes=99999999999999999999999-", Asked::Outside),
            ("bytes=3-1", Asked::All),
            ("bytes=0-1,3-4", Asked::All),
            ("lines=0-1", Asked::All),
            ("bytes=", Asked::All),
            ("bytes=-", Asked::All),
            ("bytes=+1-2", Asked::All),
            ("bytes=a-b", Asked::All),
        ] {
            assert_eq!(Asked::parse(text, 10), asked, "{text}");
        }
        assert_eq!(Asked::parse("bytes=0-", 0), Asked::Outside);
    }

    #[test]
    fn a_range_is_answered_unless_the_file_is_another() {
        let part = answer("x.png", &[(header::RANGE, "bytes=2-4"), (header::IF_RANGE, "\"abc\"")]);
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 2-4/10");
        let other = answer("x.png", &[(header::RANGE, "bytes=2-4"), (header::IF_RANGE, "\"old\"")]);
        assert_eq!(other.status(), StatusCode::OK);
        let outside = answer("x.png", &[(header::RANGE, "bytes=10-")]);
        assert_eq!(outside.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(outside.headers()[header::CONTENT_RANGE], "bytes */10");
        let head = [(header::RANGE, HeaderValue::from_static("bytes=2-4"))].into_iter().collect();
        assert_eq!(serve(file("x.png"), &Method::HEAD, &head).status(), StatusCode::OK);
    }
}
