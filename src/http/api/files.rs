use std::collections::HashMap;

use axum::extract::{Extension, OriginalUri, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use super::ApiError;
use super::request::{authorize, decode, revision};
use crate::http::file_answer;
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::{AttachmentName, PagePath};
use crate::wiki::{self, WikiError};

/// `GET /files/{page}/{name}?revision=`: an attachment's own bytes, or a range of them.
pub(super) async fn download(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    OriginalUri(uri): OriginalUri,
    Query(query): Query<HashMap<String, String>>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let raw = uri.path().strip_prefix("/api/v1/files/").unwrap_or_default().to_owned();
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Read>(state, &headers, &slug)?;
            let (page, name) = raw.rsplit_once('/').unwrap_or(("", &raw));
            let (page, name) = (decode(page)?, decode(name)?);
            let page = PagePath::parse(&page)?;
            let name = AttachmentName::parse(&name).map_err(|_refused| WikiError::NoSuchAttachment { name })?;
            let at = revision(query.get("revision").map(String::as_str))?;
            let file = wiki::attachment(&access, &page, &name, at.as_ref())?;
            Ok(file_answer::serve(file, &method, &headers))
        })
        .await?
}
