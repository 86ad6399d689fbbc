use axum::body::Body;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;

use super::refuse_push;
use crate::http::authenticate::{CredentialError, bearer_or_basic};
use crate::http::error::{INTERNAL, INTERNAL_TEXT, kind_of, log_internal};
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::Slug;
use crate::wiki::{self, AccessError, Wiki, WikiError};

/// `GET /repo.git/info/refs?service=git-upload-pack`.
pub(in crate::http) async fn info_refs(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    match readable(&state, slug, &headers).await {
        Ok(wiki) => state.git().info_refs(move || wiki.repo().gix(), query.as_deref(), &headers).await,
        Err(refusal) => refusal,
    }
}

/// `POST /repo.git/git-upload-pack`.
pub(in crate::http) async fn upload_pack(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match readable(&state, slug, &headers).await {
        Ok(wiki) => state.git().upload_pack(move || wiki.repo().gix(), &headers, body).await,
        Err(refusal) => refusal,
    }
}

/// `POST /repo.git/git-receive-pack`: this server takes no pushes.
pub(in crate::http) async fn receive_pack() -> Response {
    refuse_push()
}

/// The wiki, if whoever asks may read it; else the answer that a git client understands.
async fn readable(state: &AppState, slug: Slug, headers: &HeaderMap) -> Result<Arc<Wiki>, Response> {
    let asked = headers.clone();
    let realm = slug.clone();
    let checked = state.run_blocking(move |state| {
        let principal = bearer_or_basic(state, &asked).map_err(Refusal::Credential)?;
        let access = state.wikis().authorize::<wiki::Read>(&principal, &slug).map_err(Refusal::Wiki)?;
        Ok::<_, Refusal>(access.repository())
    });
    match checked.await {
        Ok(Ok(wiki)) => Ok(wiki),
        Ok(Err(refusal)) => Err(refusal.into_response(&realm)),
        Err(failed) => {
            log_internal(&failed);
            Err((INTERNAL.status, INTERNAL_TEXT).into_response())
        }
    }
}

enum Refusal {
    Credential(CredentialError),
    Wiki(WikiError),
}

impl Refusal {
    fn into_response(self, realm: &Slug) -> Response {
        match self {
            Self::Credential(CredentialError::Auth(error)) => {
                log_internal(&error);
                (INTERNAL.status, INTERNAL_TEXT).into_response()
            }
            Self::Credential(_) => challenge(realm, "this token is not valid; use a wiki token as the password\n"),
            Self::Wiki(WikiError::Access(AccessError::SignInNeeded(_))) => {
                challenge(realm, "this wiki is private; use a wiki token as the password\n")
            }
            Self::Wiki(error) => {
                let kind = kind_of(&error);
                if kind == INTERNAL {
                    log_internal(&error);
                    return (kind.status, INTERNAL_TEXT).into_response();
                }
                (kind.status, format!("{error}\n")).into_response()
            }
        }
    }
}

/// RFC 7617: git asks its user, or its credential helper, and comes again.
fn challenge(realm: &Slug, text: &'static str) -> Response {
    let mut response = (StatusCode::UNAUTHORIZED, text).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("Basic realm=\"{realm}\"")) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
