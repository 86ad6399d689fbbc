use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::authenticate::{self, CredentialError};
use crate::http::error::log_internal;
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::{Name, Permission, Principal, Slug};
use crate::wiki::{Access, AccessError, Read, WikiError};

/// Who called which wiki; in the extensions of every request that passed the gate. Tools
/// take the identity from here, never from an earlier request.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) slug: Slug,
    pub(super) principal: Principal,
    pub(super) wiki_name: Name,
    pub(super) may_write: bool,
}

/// Why a request goes no further.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("this wiki is private: send a wiki token as `Authorization: Bearer`")]
    NoCredentials,
    #[error("the token is unknown here, revoked or expired")]
    InvalidToken,
    #[error("the token may not read this wiki")]
    Forbidden,
    #[error("requests from other web sites are not accepted")]
    ForeignOrigin,
    #[error("no such wiki")]
    NoSuchWiki,
    #[error("the server failed; try again")]
    Failed,
}

/// Lets requests through that may read the wiki and come from no other web site. It stands
/// before every check of the protocol itself, because clients probe without credentials and
/// without proper headers, and must learn from a 401 where to go.
pub(super) async fn pass(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&state, &parts).await {
        Ok(caller) => {
            parts.extensions.insert(caller);
            let says_json = says_json(&parts.headers);
            let response = next.run(Request::from_parts(parts, body)).await;
            if says_json && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE { unreadable() } else { response }
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn admit(state: &AppState, parts: &Parts) -> Result<Caller, Refusal> {
    let WikiSlug(slug) = parts.extensions.get::<WikiSlug>().cloned().ok_or(Refusal::NoSuchWiki)?;
    let headers = parts.headers.clone();
    let caller =
        state.run_blocking(move |state| identify(state, slug, &headers)).await.map_err(|error| failed(&error))??;
    if is_foreign(parts) {
        return Err(Refusal::ForeignOrigin);
    }
    Ok(caller)
}

/// Only `Authorization: Bearer` (RFC 6750 section 2.1) counts here: a cookie would let other
/// web sites use a visitor's session, and a token in an address ends up in logs.
fn identify(state: &AppState, slug: Slug, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let principal = authenticate::bearer(state, headers).map_err(|error| match error {
        CredentialError::Malformed | CredentialError::Unknown => Refusal::InvalidToken,
        CredentialError::Auth(error) => failed(&error),
    })?;
    let access: Access<Read> = state.wikis().authorize(&principal, &slug).map_err(|error| match error {
        WikiError::Access(AccessError::SignInNeeded(_)) => Refusal::NoCredentials,
        WikiError::Access(AccessError::OtherWikisToken) => Refusal::InvalidToken,
        WikiError::Access(AccessError::Forbidden(_)) => Refusal::Forbidden,
        WikiError::Access(AccessError::NoSuchWiki(_)) => Refusal::NoSuchWiki,
        error => failed(&error),
    })?;
    let (wiki_name, may_write) = (access.name().clone(), access.may(Permission::Write));
    Ok(Caller { slug, principal, wiki_name, may_write })
}

/// Whether a browser sent this on behalf of a page of another host. Programs that are no
/// browsers send no `Origin` (MCP 2025-11-25, transports, security warning).
fn is_foreign(parts: &Parts) -> bool {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = host.or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
    parts.headers.get_all(header::ORIGIN).iter().any(|origin| {
        let (Ok(origin), Some(own)) = (origin.to_str(), own) else { return true };
        let (authority, port) = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
            (Some(authority), _) => (authority, ":443"),
            (None, Some(authority)) => (authority, ":80"),
            (None, None) => return true,
        };
        let without_default = |authority: &str| authority.strip_suffix(port).unwrap_or(authority).to_ascii_lowercase();
        without_default(authority) != without_default(own)
    })
}

fn says_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// rmcp calls a body that it cannot read an unsupported type; the protocol has an error
/// for it (JSON-RPC 2.0 section 5.1).
fn unreadable() -> Response {
    let error = serde_json::json!({ "code": -32700, "message": "Parse error: the body is no JSON-RPC message" });
    let body = serde_json::json!({ "jsonrpc": "2.0", "id": null, "error": error });
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}

fn failed(error: &dyn std::error::Error) -> Refusal {
    log_internal(error);
    Refusal::Failed
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // Challenges of RFC 6750 section 3: without an error code when nothing was sent.
        let (status, code, challenge) = match self {
            Self::NoCredentials => (StatusCode::UNAUTHORIZED, "unauthorized", Some("Bearer")),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid_token", Some("Bearer error=\"invalid_token\"")),
            Self::Forbidden => {
                (StatusCode::FORBIDDEN, "insufficient_scope", Some("Bearer error=\"insufficient_scope\""))
            }
            Self::ForeignOrigin => (StatusCode::FORBIDDEN, "foreign_origin", None),
            Self::NoSuchWiki => (StatusCode::NOT_FOUND, "not_found", None),
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", None),
        };
        let body = serde_json::json!({ "error": code, "error_description": self.to_string() });
        let mut response = (status, axum::Json(body)).into_response();
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
