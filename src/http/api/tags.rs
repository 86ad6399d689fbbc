use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiError;
use super::lists::Pairs;
use super::paging::{self, part};
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::wiki::{self, Counted};

/// The tags of a wiki, ordered by name.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Tags {
    tags: Vec<Tag>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A tag; case does not count.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Tag {
    tag: String,
    /// Pages that have it.
    count: u64,
}

/// The categories of a wiki, ordered by name.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Categories {
    categories: Vec<Category>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A category; case does not count.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Category {
    category: String,
    /// Pages that are in it.
    count: u64,
}

fn name(counted: &Counted) -> String {
    counted.name.to_lowercase()
}

/// `GET /tags`.
pub(super) async fn tags(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    paging::answer(&state, slug, headers, query, |access, query| {
        let part = part(wiki::tags(access)?, query, name)?;
        let tags = part.items.into_iter().map(|tag| Tag { tag: tag.name, count: tag.pages }).collect();
        Ok(Tags { tags, total: part.total, next_cursor: part.next_cursor })
    })
    .await
}

/// `GET /categories`.
pub(super) async fn categories(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    paging::answer(&state, slug, headers, query, |access, query| {
        let part = part(wiki::categories(access)?, query, name)?;
        let rows = part.items.into_iter();
        let categories = rows.map(|row| Category { category: row.name, count: row.pages }).collect();
        Ok(Categories { categories, total: part.total, next_cursor: part.next_cursor })
    })
    .await
}
