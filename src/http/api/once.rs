use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::ApiError;
use crate::wiki::Once;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key, in characters.
const LONGEST: usize = 200;

/// The request's `Idempotency-Key`, bound to what it asks for: `target` is method and
/// address, `body` the bytes that were sent.
///
/// # Errors
/// 422 when the key is not 1 to 200 visible ASCII characters, or is sent twice.
pub(super) fn once(headers: &HeaderMap, target: &str, body: &[u8]) -> Result<Option<Once>, ApiError> {
    let mut values = headers.get_all(&KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| {
        (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) && values.next().is_none()
    });
    let key = key.ok_or_else(|| {
        ApiError::field(format!("Idempotency-Key must be one header of 1 to {LONGEST} visible ASCII characters"))
    })?;
    let mut hash = Sha256::new();
    hash.update(target);
    hash.update([0]);
    hash.update(body);
    Ok(Some(Once { key: key.to_owned(), request: hash.finalize().into() }))
}

/// An answer, marked when it is that of an earlier request with the same key.
pub(super) fn answer(status: StatusCode, body: impl Serialize, replayed: bool) -> Response {
    let mut response = (status, Json(body)).into_response();
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(values: &[&'static str]) -> Result<Option<String>, ApiError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(KEY, HeaderValue::from_static(value));
        }
        once(&headers, "PUT /x", b"{}").map(|once| once.map(|once| once.key))
    }

    #[test]
    fn a_key_is_one_visible_ascii_word() {
        assert_eq!(key(&[]).unwrap(), None);
        assert_eq!(key(&["abc-1"]).unwrap().as_deref(), Some("abc-1"));
        for values in [&[""][..], &["a b"], &["a", "a"]] {
            assert!(key(values).is_err(), "{values:?}");
        }
    }

    #[test]
    fn a_key_is_bound_to_address_and_body() {
        let mut headers = HeaderMap::new();
        headers.insert(KEY, HeaderValue::from_static("k"));
        let request = |target, body: &[u8]| once(&headers, target, body).unwrap().unwrap().request;
        assert_eq!(request("PUT /a", b"x"), request("PUT /a", b"x"));
        assert_ne!(request("PUT /a", b"x"), request("PUT /b", b"x"));
        assert_ne!(request("PUT /a", b"x"), request("PUT /a", b"y"));
    }
}
