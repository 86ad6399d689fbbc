use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A strong entity tag that stands for exactly these bytes (RFC 9110 section 8.8.3).
pub(super) fn tag_of(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest.get(..18).unwrap_or_default()))
}

/// Whether the client has what it asks for already, by `If-None-Match` (RFC 9110 section
/// 13.1.2: weak comparison, `*` is anything there is).
pub(super) fn is_known(request: &HeaderMap, tag: &str) -> bool {
    let values = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|tags| tags.split(','))
        .map(|known| known.trim())
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// Whether a range of what the client has is a range of this (RFC 9110 section 13.1.5:
/// strong comparison). No date is ever sent, so a date is never ours.
pub(super) fn range_holds(request: &HeaderMap, tag: &str) -> bool {
    request.get(header::IF_RANGE).is_none_or(|value| value.as_bytes() == tag.as_bytes())
}

/// A header's value; tags and ranges are always one.
pub(super) fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_invalid| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_as_http_says() {
        let asks = |name: header::HeaderName, text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(text));
            headers
        };
        let tag = "\"abc\"";
        for known in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            assert!(is_known(&asks(header::IF_NONE_MATCH, known), tag), "{known}");
        }
        for other in ["\"ab\"", "abc", ""] {
            assert!(!is_known(&asks(header::IF_NONE_MATCH, other), tag), "{other}");
        }
        assert!(range_holds(&HeaderMap::new(), tag));
        assert!(range_holds(&asks(header::IF_RANGE, "\"abc\""), tag));
        assert!(!range_holds(&asks(header::IF_RANGE, "W/\"abc\""), tag));
        assert!(!range_holds(&asks(header::IF_RANGE, "Fri, 20 Nov 2026 12:00:00 GMT"), tag));
        assert_eq!(tag_of(b"x"), tag_of(b"x"));
        assert_ne!(tag_of(b"x"), tag_of(b"y"));
    }
}
