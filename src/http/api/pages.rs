use std::collections::HashMap;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, OriginalUri, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::body::Fields;
use super::request::{Part, Target, authorize, revision};
use super::{ApiError, attachments, changelog, links};
use crate::http::dates;
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::{PagePath, Slug};
use crate::wiki::{self, Edit, LastChange, Origin, WikiError, WritePage};

type QueryMap = Query<HashMap<String, String>>;
type Answer = Result<Response, ApiError>;

/// What every operation on one page is given.
struct Call {
    slug: Slug,
    headers: HeaderMap,
    query: HashMap<String, String>,
}

/// Everything below `/pages/`: the last parts of the path decide what it is about.
pub(super) async fn by_path(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    OriginalUri(uri): OriginalUri,
    Query(query): QueryMap,
    method: Method,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let raw = uri.path().strip_prefix("/api/v1/pages/").unwrap_or_default().to_owned();
    let Target { page, part } = Target::parse(&raw)?;
    let call = Call { slug, headers, query };
    let state = &state;
    match (method, part) {
        (Method::GET | Method::HEAD, Part::Page) => read(state, call, page).await,
        (Method::PUT, Part::Page) => {
            let fields = fields(state, &call, body).await?;
            write(state, call, page, fields).await
        }
        (Method::PATCH, Part::Page) => {
            let fields = fields(state, &call, body).await?;
            edit(state, call, page, fields).await
        }
        (Method::DELETE, Part::Page) => {
            let fields = fields(state, &call, body).await?;
            delete(state, call, page, fields).await
        }
        (Method::GET | Method::HEAD, Part::History) => {
            changelog::history(state, call.slug, call.headers, pairs(call.query), page).await
        }
        (Method::GET | Method::HEAD, Part::Neighbours) => {
            links::neighbours(state, call.slug, call.headers, pairs(call.query), page).await
        }
        (Method::GET | Method::HEAD, Part::Attachments) => {
            attachments::list(state, call.slug, call.headers, page).await
        }
        (Method::GET | Method::HEAD, Part::Attachment(name)) => {
            attachments::download(state, call.slug, call.headers, call.query, page, name).await
        }
        _ => Err(super::error::wrong_method().await),
    }
}

fn pairs(query: HashMap<String, String>) -> Vec<(String, String)> {
    query.into_iter().collect()
}

/// The body of a request that changes a page. Whoever may not write is told so before it
/// is taken in.
async fn fields(state: &AppState, call: &Call, body: Body) -> Result<Fields, ApiError> {
    let (headers, slug) = (call.headers.clone(), call.slug.clone());
    state.run_blocking(move |state| authorize::<wiki::Write>(state, &headers, &slug).map(|_access| ())).await??;
    Fields::read(state, body).await
}

async fn read(state: &AppState, call: Call, typed: String) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Read>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let at = revision(call.query.get("revision").map(String::as_str))?;
            let page = wiki::read(&access, &path, at.as_ref()).map_err(|error| as_typed(error, &typed))?;
            let revision = page.last.as_ref().map(|last| last.revision.to_string()).unwrap_or_default();
            Ok(Json(json!({
                "name": page.name,
                "path": page.path,
                "content": page.content,
                "frontmatter": page.front_matter,
                "links_to": page.links_to,
                "linked_from": page.linked_from,
                "revision": revision,
                "last_commit": page.last.as_ref().map(commit),
            }))
            .into_response())
        })
        .await?
}

async fn write(state: &AppState, call: Call, typed: String, fields: Fields) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            if !fields.has("content") {
                return Err(ApiError::field("Request body must include 'content' field"));
            }
            let content = fields.text("content")?.ok_or_else(|| ApiError::field("content must be a string"))?;
            // That a revision is missing is said before that it is malformed.
            let base = fields.text("revision")?.filter(|text| !text.is_empty());
            let request = WritePage {
                content,
                base: revision(base)?,
                message: fields.text("commit_message")?,
                origin: Origin::Api,
                typed: &typed,
            };
            let saved = wiki::write(state.wikis(), &access, &path, &request)?;
            let status = if saved.created { StatusCode::CREATED } else { StatusCode::OK };
            let body = json!({
                "name": saved.name,
                "path": saved.path,
                "revision": saved.revision,
                "created": saved.created,
            });
            Ok((status, Json(body)).into_response())
        })
        .await?
}

async fn edit(state: &AppState, call: Call, typed: String, fields: Fields) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            if !fields.any() {
                return Err(ApiError::field("Request body is required"));
            }
            for name in ["revision", "old_string", "new_string"] {
                if !fields.has(name) {
                    return Err(ApiError::field(format!("Missing required field: {name}")));
                }
            }
            let required = |name| fields.text(name)?.ok_or_else(|| ApiError::field(format!("{name} must be a string")));
            let old = required("old_string")?;
            if old.is_empty() {
                return Err(ApiError::field("old_string must not be empty"));
            }
            let request = Edit {
                base: crate::model::RevisionPrefix::parse(required("revision")?)?,
                old,
                new: required("new_string")?,
                message: fields.text("commit_message")?,
                origin: Origin::Api,
                typed: &typed,
            };
            let saved = wiki::edit(state.wikis(), &access, &path, &request).map_err(|error| as_typed(error, &typed))?;
            let body = json!({ "name": saved.name, "path": saved.path, "revision": saved.revision });
            Ok(Json(body).into_response())
        })
        .await?
}

async fn delete(state: &AppState, call: Call, typed: String, fields: Fields) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let base = revision(fields.text("revision")?)?;
            let message = fields.text("commit_message")?;
            let deleted = wiki::delete(state.wikis(), &access, &path, base.as_ref(), message, Origin::Api)
                .map_err(|error| as_typed(error, &typed))?;
            Ok(Json(json!({ "deleted": true, "path": deleted })).into_response())
        })
        .await?
}

fn commit(change: &LastChange) -> Map<String, Value> {
    let fields = [
        ("revision", json!(change.revision)),
        ("author", json!(change.author)),
        ("date", json!(dates::date_time(change.time, change.offset))),
        ("message", json!(change.message)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The predecessor names a missing page as it was asked for.
fn as_typed(error: WikiError, typed: &str) -> WikiError {
    match error {
        WikiError::NoSuchPage { near, .. } => WikiError::NoSuchPage { path: typed.to_owned(), near },
        other => other,
    }
}
