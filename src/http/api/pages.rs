use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{Extension, OriginalUri, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;

use super::body::Fields;
use super::request::{Part, Target, authorize};
use super::revising::Verb;
use super::{ApiError, attachments, blame, changelog, diff, links, reading, revising, uploads, writing};
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::Slug;
use crate::wiki::{self, WikiError};

type QueryMap = Query<HashMap<String, String>>;
pub(super) type Answer = Result<Response, ApiError>;

/// What every operation on one page is given.
pub(super) struct Call {
    pub(super) slug: Slug,
    pub(super) headers: HeaderMap,
    pub(super) query: HashMap<String, String>,
    /// Method and address.
    pub(super) target: String,
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
    let call = Call { slug, headers, query, target: format!("{method} {uri}") };
    let state = &state;
    if let Some((verb, page)) = Verb::split(&method, &raw)? {
        let fields = fields(state, &call, body).await?;
        return revising::revise(state, call, verb, page, fields).await;
    }
    let Target { page, part } = Target::parse(&raw)?;
    match (method, part) {
        (Method::GET | Method::HEAD, Part::Page) => reading::read(state, call, page).await,
        (Method::PUT, Part::Page) => {
            let fields = fields(state, &call, body).await?;
            writing::put(state, call, page, fields).await
        }
        (Method::PATCH, Part::Page) => {
            let fields = fields(state, &call, body).await?;
            writing::patch(state, call, page, fields).await
        }
        (Method::DELETE, Part::Page) => {
            let fields = fields(state, &call, body).await?;
            writing::delete(state, call, page, fields).await
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
        (Method::GET | Method::HEAD, Part::Outline) => reading::outline(state, call, page).await,
        (Method::GET | Method::HEAD, Part::Diff) => diff::diff(state, call, page).await,
        (Method::GET | Method::HEAD, Part::Blame) => blame::blame(state, call, page).await,
        (Method::POST, Part::Attachments) => {
            admit::<wiki::Upload>(state, &call).await?;
            uploads::upload(state, call, page, Fields::read_encoded(state, body).await?).await
        }
        (Method::DELETE, Part::Attachment(name)) => {
            admit::<wiki::Upload>(state, &call).await?;
            uploads::remove(state, call, page, name, Fields::read(state, body).await?).await
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
    admit::<wiki::Write>(state, call).await?;
    Fields::read(state, body).await
}

/// Refuses whoever has not the right.
async fn admit<R: wiki::Right + 'static>(state: &AppState, call: &Call) -> Result<(), ApiError> {
    let (headers, slug) = (call.headers.clone(), call.slug.clone());
    state.run_blocking(move |state| authorize::<R>(state, &headers, &slug).map(|_access| ())).await?
}

/// The predecessor names a missing page as it was asked for.
pub(super) fn as_typed(error: WikiError, typed: &str) -> WikiError {
    match error {
        WikiError::NoSuchPage { near, .. } => WikiError::NoSuchPage { path: typed.to_owned(), near },
        other => other,
    }
}
