use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ApiError;
use super::body::Fields;
use super::once::{answer, once};
use super::pages::{Answer, Call, as_typed};
use super::request::{authorize, revision};
use super::schema::{DeletedAnswer, SavedAnswer, WrittenAnswer};
use crate::http::state::AppState;
use crate::model::{PagePath, RevisionPrefix};
use crate::wiki::{self, Deleted, Done, Edit, Once, Origin, Recording, Replacement, Saved, WriteMode, WritePage};

/// One exact replacement. All of a request are made, in order, or none.
#[derive(Clone, Deserialize, JsonSchema)]
pub(in crate::http) struct EditBody {
    /// The text as it is in the page, spaces and line breaks included.
    pub(super) old_string: String,
    /// What takes its place; may be empty.
    pub(super) new_string: String,
    /// Replace every occurrence; else there must be exactly one.
    #[serde(default)]
    pub(super) replace_all: bool,
    /// How many occurrences there must be.
    #[serde(default)]
    pub(super) expected_count: Option<usize>,
}

/// How a request to the API is recorded.
pub(super) fn recording<'a>(
    fields: &'a Fields,
    typed: &'a str,
    once: Option<&'a Once>,
) -> Result<Recording<'a>, ApiError> {
    Ok(Recording { message: fields.text("commit_message")?, origin: Origin::Api, typed, once })
}

impl Call {
    /// The request's idempotency key.
    pub(super) fn once(&self, body: &[u8]) -> Result<Option<Once>, ApiError> {
        once(&self.headers, &self.target, body)
    }
}

pub(super) async fn put(state: &AppState, call: Call, typed: String, fields: Fields) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            if !fields.has("content") {
                return Err(ApiError::field("Request body must include 'content' field"));
            }
            let content = fields.text("content")?.ok_or_else(|| ApiError::field("content must be a string"))?;
            let mode = match (fields.flag("create_only")?, fields.flag("merge")?) {
                (Some(true), Some(true)) => return Err(ApiError::field("create_only and merge exclude each other")),
                (Some(true), _) => WriteMode::CreateOnly,
                (_, Some(true)) => WriteMode::Merge,
                _ => WriteMode::Strict,
            };
            // That a revision is missing is said before that it is malformed.
            let base = fields.text("revision")?.filter(|text| !text.is_empty());
            let once = call.once(fields.raw())?;
            let recording = recording(&fields, &typed, once.as_ref())?;
            let request = WritePage { content, base: revision(base)?, mode, recording };
            let Done { value, replayed } = wiki::write(state.wikis(), &access, &path, &request)?;
            let status = if value.created { StatusCode::CREATED } else { StatusCode::OK };
            let merged = (mode == WriteMode::Merge).then_some(value.merged);
            let written = WrittenAnswer { created: value.created, saved: value.into(), merged };
            Ok(answer(status, written, replayed))
        })
        .await?
}

pub(super) async fn patch(state: &AppState, call: Call, typed: String, fields: Fields) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            if !fields.any() {
                return Err(ApiError::field("Request body is required"));
            }
            let several = fields.parse_field::<Vec<EditBody>>("edits")?;
            let required =
                if several.is_some() { &["revision"][..] } else { &["revision", "old_string", "new_string"] };
            for name in required {
                if !fields.has(name) {
                    return Err(ApiError::field(format!("Missing required field: {name}")));
                }
            }
            let text = |name| fields.text(name)?.ok_or_else(|| ApiError::field(format!("{name} must be a string")));
            let bodies = match several {
                Some(_) if fields.has("old_string") || fields.has("new_string") => {
                    return Err(ApiError::field("edits and old_string exclude each other"));
                }
                Some(edits) if edits.is_empty() || edits.len() > wiki::MOST_CHANGES => {
                    return Err(ApiError::field(format!("edits must be 1 to {}", wiki::MOST_CHANGES)));
                }
                Some(edits) => edits,
                None => vec![EditBody {
                    old_string: text("old_string")?.to_owned(),
                    new_string: text("new_string")?.to_owned(),
                    replace_all: fields.flag("replace_all")?.unwrap_or(false),
                    expected_count: fields.parse_field("expected_count")?,
                }],
            };
            if bodies.iter().any(|edit| edit.old_string.is_empty()) {
                return Err(ApiError::field("old_string must not be empty"));
            }
            let base = RevisionPrefix::parse(text("revision")?)?;
            let once = call.once(fields.raw())?;
            let recording = recording(&fields, &typed, once.as_ref())?;
            let edits = replacements(&bodies);
            let request = Edit { base, edits: &edits, recording };
            let saved = wiki::edit(state.wikis(), &access, &path, &request);
            Ok(saved_answer(saved.map_err(|error| as_typed(error, &typed))?))
        })
        .await?
}

pub(super) fn replacements(bodies: &[EditBody]) -> Vec<Replacement<'_>> {
    let edits = bodies.iter().map(|edit| Replacement {
        old: &edit.old_string,
        new: &edit.new_string,
        all: edit.replace_all,
        expected: edit.expected_count,
    });
    edits.collect()
}

pub(super) async fn delete(state: &AppState, call: Call, typed: String, fields: Fields) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let base = revision(fields.text("revision")?.or_else(|| call.query.get("revision").map(String::as_str)))?;
            let dry_run = fields.flag("dry_run")?.unwrap_or(false);
            let once = call.once(fields.raw())?;
            let recording = recording(&fields, &typed, once.as_ref())?;
            let done = wiki::delete(state.wikis(), &access, &path, base.as_ref(), dry_run, &recording)
                .map_err(|error| as_typed(error, &typed))?;
            Ok(deleted_answer(done))
        })
        .await?
}

fn deleted_answer(done: Done<Deleted>) -> Response {
    let Deleted { path, attachments, revision } = done.value;
    let body = DeletedAnswer {
        deleted: revision.is_some(),
        path: path.to_string(),
        attachments,
        revision: revision.map(|revision| revision.to_string()),
    };
    answer(StatusCode::OK, body, done.replayed)
}

pub(super) fn saved_answer(done: Done<Saved>) -> Response {
    answer(StatusCode::OK, SavedAnswer::from(done.value), done.replayed)
}

/// Whether a client announces more bytes than `limit`, so that it need not send them.
pub(super) fn announces_more(headers: &HeaderMap, limit: usize) -> bool {
    let length = headers.get(axum::http::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64)
}
