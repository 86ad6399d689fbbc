use std::collections::HashMap;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, OriginalUri, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::body::Fields;
use super::request::{Part, Target, authorize, count, revision};
use super::schema::{
    Commit, DeletedAnswer, HistoryAnswer, HistoryRow, PageAnswer, PageList, PageRow, SavedAnswer, WrittenAnswer,
};
use super::{ApiError, attachments};
use crate::http::dates;
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::{PagePath, Slug};
use crate::wiki::{self, Edit, ListQuery, Origin, WikiError, WritePage};

type QueryMap = Query<HashMap<String, String>>;
type Answer = Result<Response, ApiError>;

/// What every operation on one page is given.
struct Call {
    slug: Slug,
    headers: HeaderMap,
    query: HashMap<String, String>,
}

/// `GET /pages`: all pages that pass the filters (reference 1.4).
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): QueryMap,
    headers: HeaderMap,
) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Read>(state, &headers, &slug)?;
            let given = |name: &str| query.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
            let updated_since = given("updated_since").map(|text| {
                dates::parse(text).ok_or_else(|| ApiError::field("Invalid updated_since format. Use ISO 8601."))
            });
            let filters = ListQuery {
                prefix: given("prefix").map(str::to_owned),
                category: given("category").map(str::to_owned),
                tag: given("tag").map(str::to_owned),
                updated_since: updated_since.transpose()?,
            };
            let pages: Vec<PageRow> = wiki::list(&access, &filters)?.into_iter().map(PageRow::from).collect();
            Ok(Json(PageList { total: pages.len(), pages }).into_response())
        })
        .await?
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
        (Method::PUT, Part::Page) => write(state, call, page, Fields::read(state, body).await?).await,
        (Method::PATCH, Part::Page) => edit(state, call, page, Fields::read(state, body).await?).await,
        (Method::DELETE, Part::Page) => delete(state, call, page, Fields::read(state, body).await?).await,
        (Method::GET | Method::HEAD, Part::History) => history(state, call, page).await,
        (Method::GET | Method::HEAD, Part::Attachments) => {
            attachments::list(state, call.slug, call.headers, page).await
        }
        (Method::GET | Method::HEAD, Part::Attachment(name)) => {
            attachments::download(state, call.slug, call.headers, call.query, page, name).await
        }
        _ => Err(super::error::wrong_method().await),
    }
}

async fn read(state: &AppState, call: Call, typed: String) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Read>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let at = revision(call.query.get("revision").map(String::as_str))?;
            let page = wiki::read(&access, &path, at.as_ref()).map_err(|error| as_typed(error, &typed))?;
            Ok(Json(PageAnswer::from(page)).into_response())
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
            let written = WrittenAnswer { created: saved.created, saved: saved.into() };
            Ok((status, Json(written)).into_response())
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
            Ok(Json(SavedAnswer::from(saved)).into_response())
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
            Ok(Json(DeletedAnswer { deleted: true, path: deleted.to_string() }).into_response())
        })
        .await?
}

async fn history(state: &AppState, call: Call, typed: String) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Read>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let limit = count(call.query.get("limit").map(String::as_str));
            let (stored, items) = wiki::history(&access, &path, limit).map_err(|error| as_typed(error, &typed))?;
            let history = items
                .into_iter()
                .map(|item| HistoryRow { commit: Commit::from(&item.change), path: item.path.to_string() })
                .collect();
            Ok(Json(HistoryAnswer { history, path: stored.to_string() }).into_response())
        })
        .await?
}

/// The predecessor names a missing page as it was asked for.
fn as_typed(error: WikiError, typed: &str) -> WikiError {
    match error {
        WikiError::NoSuchPage { near, .. } => WikiError::NoSuchPage { path: typed.to_owned(), near },
        other => other,
    }
}
