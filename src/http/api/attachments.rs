use std::collections::HashMap;

use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ApiError;
use super::request::{authorize, revision};
use super::schema::{AttachmentAnswer, AttachmentList, AttachmentRow};
use crate::http::dates;
use crate::http::state::AppState;
use crate::model::{AttachmentName, PagePath, Slug};
use crate::wiki::{self, WikiError};

/// `GET /pages/{path}/attachments` (reference 1.10).
pub(super) async fn list(
    state: &AppState,
    slug: Slug,
    headers: HeaderMap,
    typed: String,
) -> Result<Response, ApiError> {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Read>(state, &headers, &slug)?;
            let (page, files) = wiki::attachments(&access, &PagePath::parse(&typed)?)?;
            let attachments: Vec<AttachmentRow> = files
                .into_iter()
                .map(|file| AttachmentRow {
                    size: file.size,
                    mime_type: mime_type(&file.name),
                    last_modified: file.last.map(|last| dates::date_time(last.time, last.offset)),
                    filename: file.name,
                })
                .collect();
            let total = attachments.len();
            Ok(Json(AttachmentList { path: page.to_string(), total, attachments }).into_response())
        })
        .await?
}

/// `GET /pages/{path}/attachments/{name}`: the file as base64 in JSON. Every file that a
/// listing shows can be fetched by its name.
pub(super) async fn download(
    state: &AppState,
    slug: Slug,
    headers: HeaderMap,
    query: HashMap<String, String>,
    typed: String,
    name: String,
) -> Result<Response, ApiError> {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Read>(state, &headers, &slug)?;
            let page = PagePath::parse(&typed)?;
            let parsed = AttachmentName::parse(&name).map_err(|_refused| WikiError::NoSuchAttachment { name })?;
            let at = revision(query.get("revision").map(String::as_str))?;
            let file = wiki::attachment(&access, &page, &parsed, at.as_ref())?;
            let limit = state.wikis().limits().attachment_bytes;
            if limit > 0 && file.bytes.len() as u64 > limit {
                return Err(WikiError::TooLarge { field: "attachment", limit }.into());
            }
            Ok(Json(AttachmentAnswer {
                size: file.bytes.len(),
                mime_type: mime_type(&file.name),
                content: STANDARD.encode(&file.bytes),
                filename: file.name,
            })
            .into_response())
        })
        .await?
}

pub(super) fn mime_type(name: &str) -> String {
    mime_guess::from_path(name).first_or_octet_stream().to_string()
}
