//! From headers to a principal. A credential that is present and wrong is an error, never
//! silently nobody.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::state::AppState;
use super::tenant::HostName;
use crate::auth::AuthError;
use crate::model::Principal;

/// Why a credential is no principal.
#[derive(Debug, thiserror::Error)]
pub(super) enum CredentialError {
    /// An `Authorization` header of another form.
    #[error("Missing or invalid Authorization header")]
    Malformed,
    /// Unknown, revoked or expired.
    #[error("Invalid API key")]
    Unknown,
    #[error(transparent)]
    Auth(#[from] AuthError),
}

/// The bearer of a wiki token, or nobody when there is no `Authorization` header. Blocks.
pub(super) fn bearer(state: &AppState, headers: &HeaderMap) -> Result<Principal, CredentialError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(Principal::Nobody) };
    let text = value.to_str().map_err(|_not_ascii| CredentialError::Malformed)?;
    let (scheme, secret) = text.split_once(' ').ok_or(CredentialError::Malformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(CredentialError::Malformed);
    }
    state.auth().principal_of_token(secret.trim())?.ok_or(CredentialError::Unknown)
}

/// As [`bearer`], and also Basic with the token as password and any user name, as git
/// clients send it (RFC 7617). Blocks.
pub(super) fn bearer_or_basic(state: &AppState, headers: &HeaderMap) -> Result<Principal, CredentialError> {
    let basic = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let Some((_, encoded)) = basic else { return bearer(state, headers) };
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_not_base64| CredentialError::Malformed)?;
    let pair = String::from_utf8(decoded).map_err(|_not_utf8| CredentialError::Malformed)?;
    let (_, password) = pair.split_once(':').ok_or(CredentialError::Malformed)?;
    state.auth().principal_of_token(password)?.ok_or(CredentialError::Unknown)
}

/// The person behind the session cookie, or nobody. Blocks.
pub(super) fn session(state: &AppState, headers: &HeaderMap, host: &HostName) -> Result<Principal, AuthError> {
    match cookie(headers, session_cookie(state)) {
        Some(jwt) => state.auth().principal_of_session(jwt, &host.0),
        None => Ok(Principal::Nobody),
    }
}

/// The name of the session cookie. Over HTTPS the prefix makes browsers refuse one that
/// was set by another host or without `Secure` (RFC 6265bis section 4.1.3.2).
pub(super) fn session_cookie(state: &AppState) -> &'static str {
    if state.config().https { "__Host-robotwiki" } else { "robotwiki" }
}

/// The cookie that remembers who began to sign in on a wiki's host.
pub(super) fn handoff_cookie(state: &AppState) -> &'static str {
    if state.config().https { "__Host-robotwiki-handoff" } else { "robotwiki-handoff" }
}

/// A cookie of this host alone, out of reach of scripts.
pub(super) fn set_cookie(state: &AppState, name: &str, value: &str, seconds: i64) -> Option<HeaderValue> {
    let secure = if state.config().https { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")).ok()
}

/// The value of a cookie, if it is sent exactly once.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}
