use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{Extension, OriginalUri, Query, State};
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiError;
use super::attachments::mime_type;
use super::body::{BodyError, Fields, read_bytes};
use super::once::{answer, once};
use super::pages::{Answer, Call, as_typed};
use super::request::{authorize, decode, revision};
use super::writing::{announces_more, recording};
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::PagePath;
use crate::wiki::{self, NewAttachment, Origin, Recording};

/// Largest file when the configuration sets no limit: what the repository can hold.
const LARGEST: usize = 64 << 20;

/// A file that was attached to a page.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct UploadedAnswer {
    /// The name under which it is kept.
    pub(super) filename: String,
    pub(super) mime_type: String,
    /// The page's path as it is stored.
    pub(super) path: String,
    /// Bytes.
    pub(super) size: usize,
    /// The commit; null when the same file was there before.
    pub(super) revision: Option<String>,
    /// Whether a file of that name was replaced.
    pub(super) replaced: bool,
}

/// A file that is gone.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct DeletedFileAnswer {
    /// `true`.
    pub(super) deleted: bool,
    pub(super) filename: String,
    /// The commit that deleted it.
    pub(super) revision: Option<String>,
}

/// The most bytes that a file may have.
pub(super) fn largest(state: &AppState) -> usize {
    match usize::try_from(state.wikis().limits().attachment_bytes) {
        Ok(limit) if limit > 0 => limit,
        _ => LARGEST,
    }
}

/// Room for a file of the largest size as base64, and for the other fields.
pub(super) fn most_encoded(state: &AppState) -> usize {
    (largest(state) / 3 + 1).saturating_mul(4).saturating_add(64 << 10)
}

/// `POST /pages/{path}/attachments` (reference 1.10, in its order).
pub(super) async fn upload(state: &AppState, call: Call, typed: String, fields: Fields) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Upload>(state, &call.headers, &call.slug)?;
            if !fields.has("filename") || !fields.has("content") {
                return Err(ApiError::field("Request body must include 'filename' and 'content' fields"));
            }
            let encoded = fields.text("content")?.unwrap_or_default();
            let bytes = STANDARD.decode(encoded).map_err(|_refused| ApiError::field("Invalid base64 content"))?;
            wiki::check_attachment_size(state.wikis(), bytes.len())?;
            let name = wiki::attachment_name(fields.text("filename")?.unwrap_or_default())?;
            let page = PagePath::parse(&typed)?;
            let once = call.once(fields.raw())?;
            let (size, mime_type) = (bytes.len(), mime_type(name.as_str()));
            let new = NewAttachment {
                name,
                bytes,
                base: revision(fields.text("revision")?)?,
                overwrite: fields.flag("overwrite")?.unwrap_or(true),
                recording: recording(&fields, &typed, once.as_ref())?,
            };
            let done = wiki::attach(state.wikis(), &access, &page, new).map_err(|error| as_typed(error, &typed))?;
            Ok(answer(StatusCode::CREATED, uploaded(done.value, mime_type, size), done.replayed))
        })
        .await?
}

/// `DELETE /pages/{path}/attachments/{name}`.
pub(super) async fn remove(state: &AppState, call: Call, typed: String, name: String, fields: Fields) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Upload>(state, &call.headers, &call.slug)?;
            let page = PagePath::parse(&typed)?;
            let base = revision(fields.text("revision")?.or_else(|| call.query.get("revision").map(String::as_str)))?;
            let once = call.once(fields.raw())?;
            let recording = recording(&fields, &typed, once.as_ref())?;
            let done = wiki::detach(state.wikis(), &access, &page, &name, base.as_ref(), &recording)
                .map_err(|error| as_typed(error, &typed))?;
            let body = DeletedFileAnswer {
                deleted: true,
                filename: done.value.name,
                revision: done.value.revision.map(|revision| revision.to_string()),
            };
            Ok(answer(StatusCode::OK, body, done.replayed))
        })
        .await?
}

/// `PUT /files/{page}/{name}`: the file as it is. Query: `revision`, `overwrite=false`,
/// `commit_message`.
pub(super) async fn upload_raw(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    OriginalUri(uri): OriginalUri,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let raw = uri.path().strip_prefix("/api/v1/files/").unwrap_or_default();
    let (page, name) =
        raw.rsplit_once('/').ok_or_else(|| ApiError::field("the address must be /files/{page}/{name}"))?;
    let (typed, name) = (decode(page)?, decode(name)?);
    // Nobody sends megabytes only to hear that he may not.
    let access = {
        let (headers, slug) = (headers.clone(), slug.clone());
        state.run_blocking(move |state| authorize::<wiki::Upload>(state, &headers, &slug)).await??
    };
    let limit = largest(&state);
    if announces_more(&headers, limit) {
        return Err(BodyError::TooLarge { limit }.into());
    }
    let bytes = read_bytes(body, limit).await?;
    let target = format!("PUT {uri}");
    state
        .run_blocking(move |state| {
            let overwrite = match query.get("overwrite").map(String::as_str) {
                None | Some("true") => true,
                Some("false") => false,
                Some(_) => return Err(ApiError::field("overwrite must be true or false")),
            };
            let name = wiki::attachment_name(&name)?;
            let page = PagePath::parse(&typed)?;
            let once = once(&headers, &target, &bytes)?;
            let (size, mime_type) = (bytes.len(), mime_type(name.as_str()));
            let message = query.get("commit_message").map(String::as_str);
            let new = NewAttachment {
                name,
                bytes: bytes.into(),
                base: revision(query.get("revision").map(String::as_str))?,
                overwrite,
                recording: Recording { message, origin: Origin::Api, typed: &typed, once: once.as_ref() },
            };
            let done = wiki::attach(state.wikis(), &access, &page, new).map_err(|error| as_typed(error, &typed))?;
            let status = if done.value.replaced { StatusCode::OK } else { StatusCode::CREATED };
            Ok(answer(status, uploaded(done.value, mime_type, size), done.replayed))
        })
        .await?
}

fn uploaded(attached: wiki::Attached, mime_type: String, size: usize) -> UploadedAnswer {
    UploadedAnswer {
        filename: attached.name,
        mime_type,
        path: attached.page.to_string(),
        size,
        revision: attached.revision.map(|revision| revision.to_string()),
        replaced: attached.replaced,
    }
}
