use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::ApiError;
use super::paging::{self, Parameters, bad_cursor, cursor, part};
use super::schema::Commit;
use crate::http::dates;
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::{PagePath, Revision, RevisionPrefix, UnixSeconds};
use crate::wiki::{self, AsOf, ListPosition, ListQuery, PageQuery, PageSummary, SortBy, TreeNode};

pub(super) type Pairs = Query<Vec<(String, String)>>;
type Answer = Result<Response, ApiError>;

/// Names of a tree that are shown.
const MOST_NAMES: usize = 10_000;
/// Levels of a path (`model::PagePath`).
const MOST_LEVELS: usize = 16;

/// The pages of a wiki, or a part of them.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Pages {
    /// All pages that pass the filters.
    total: usize,
    pages: Vec<PageRow>,
    /// Where the next part begins; absent when this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A page without its content. Which fields are there, `fields` decides.
#[derive(Default, Serialize, JsonSchema)]
#[serde(default)]
pub(in crate::http) struct PageRow {
    /// The front matter's title, else the last component of the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The front matter's category as it is written; null when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    /// The day of the last change, as it was for its author.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_updated: Option<Option<String>>,
    /// Words of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_length: Option<usize>,
    /// Bytes of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// The commit that last changed it, its time and author.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<Option<String>>,
    /// When it was created, under whatever name.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Option<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Name,
    Path,
    Category,
    Tags,
    LastUpdated,
    ContentLength,
    Size,
    Revision,
    Updated,
    Author,
    Created,
}

const FIELDS: [(&str, Field); 11] = [
    ("name", Field::Name),
    ("path", Field::Path),
    ("category", Field::Category),
    ("tags", Field::Tags),
    ("last_updated", Field::LastUpdated),
    ("content_length", Field::ContentLength),
    ("size", Field::Size),
    ("revision", Field::Revision),
    ("updated", Field::Updated),
    ("author", Field::Author),
    ("created", Field::Created),
];
/// How many of them there are when nobody says which.
const DEFAULT_FIELDS: usize = 6;

const SORTS: [(&str, SortBy); 6] = [
    ("path", SortBy::Path),
    ("name", SortBy::Name),
    ("updated", SortBy::Updated),
    ("created", SortBy::Created),
    ("size", SortBy::Size),
    ("words", SortBy::Words),
];

/// `GET /pages`: the pages that pass the filters (reference 1.4); `limit`, `cursor`, `sort`,
/// `fields`, `has` and `as_of` are ours.
pub(super) async fn pages(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Answer {
    paging::answer(&state, slug, headers, query, |access, query| {
        let fields = fields(query)?;
        let list = wiki::list_pages(access, &page_query(query)?)?;
        let next_cursor = list.next.map(|next| cursor(format!("{}\n{}\n{}", next.path, next.number, next.text)));
        let pages = list.pages.into_iter().map(|page| row(page, &fields)).collect();
        Ok(Pages { total: list.total, pages, next_cursor })
    })
    .await
}

fn page_query(query: &Parameters) -> Result<PageQuery, ApiError> {
    let text = |name| query.get(name).map(str::to_owned);
    let (sort, descending) = match query.get("sort") {
        None => (SortBy::Path, false),
        Some(text) => {
            let name = text.strip_prefix('-').unwrap_or(text);
            (choice("sort", name, &SORTS)?, name != text)
        }
    };
    Ok(PageQuery {
        filter: ListQuery {
            prefix: text("prefix"),
            category: text("category"),
            tag: text("tag"),
            updated_since: query.time("updated_since")?,
        },
        tags: query.all("has").map(str::to_owned).collect(),
        sort,
        descending,
        limit: query.limit()?,
        after: query.cursor()?.map(|text| position(&text).ok_or_else(bad_cursor)).transpose()?,
        as_of: query.get("as_of").map(as_of).transpose()?,
    })
}

fn position(text: &str) -> Option<ListPosition> {
    let mut parts = text.splitn(3, '\n');
    let path = PagePath::parse(parts.next()?).ok()?;
    Some(ListPosition { path, number: parts.next()?.parse().ok()?, text: parts.next()?.to_owned() })
}

pub(super) fn as_of(text: &str) -> Result<AsOf, ApiError> {
    // A date has separators, which no revision has.
    if let Ok(prefix) = RevisionPrefix::parse(text) {
        return Ok(AsOf::Revision(prefix));
    }
    let time = dates::parse_end(text);
    time.map(AsOf::Time).ok_or_else(|| ApiError::field("as_of must be a revision or an ISO 8601 date"))
}

fn fields(query: &Parameters) -> Result<Vec<Field>, ApiError> {
    match query.get("fields") {
        None => Ok(FIELDS.iter().take(DEFAULT_FIELDS).map(|(_, field)| *field).collect()),
        Some(text) => {
            let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
            names.map(|name| choice("fields", name, &FIELDS)).collect()
        }
    }
}

fn choice<T: Copy>(parameter: &str, name: &str, choices: &[(&str, T)]) -> Result<T, ApiError> {
    let found = choices.iter().find(|(choice, _)| *choice == name).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
        ApiError::field(format!("{parameter} knows only {}", names.join(", ")))
    })
}

fn row(page: PageSummary, fields: &[Field]) -> PageRow {
    let mut row = PageRow::default();
    let date_time = |(time, offset): (UnixSeconds, i32)| dates::date_time(time, offset);
    let revision = |revision: Revision| revision.to_string();
    let PageSummary { path, name, category, tags, updated, words, size, revision: last, author, created } = page;
    let has = |field| fields.contains(&field);
    row.name = has(Field::Name).then_some(name);
    row.path = has(Field::Path).then(|| path.into());
    row.category = has(Field::Category).then_some(category);
    row.tags = has(Field::Tags).then_some(tags);
    row.last_updated = has(Field::LastUpdated).then(|| updated.map(|(time, offset)| dates::date(time, offset)));
    row.content_length = has(Field::ContentLength).then_some(words);
    row.size = has(Field::Size).then_some(size);
    row.revision = has(Field::Revision).then(|| last.map(revision));
    row.updated = has(Field::Updated).then(|| updated.map(date_time));
    row.author = has(Field::Author).then_some(author);
    row.created = has(Field::Created).then(|| created.map(date_time));
    row
}

/// A part of the tree of pages.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Tree {
    children: Vec<Node>,
    /// Pages with the prefix, shown or not.
    total: u64,
    /// Whether names were left out because there are more than 10,000.
    truncated: bool,
}

/// A page, a folder, or both.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Node {
    name: String,
    path: String,
    /// Whether there is a page of this path.
    page: bool,
    /// Pages at and below it, shown or not.
    count: u64,
    children: Vec<Node>,
}

impl From<TreeNode> for Node {
    fn from(node: TreeNode) -> Self {
        let children = node.children.into_iter().map(Self::from).collect();
        Self { name: node.name, path: node.path, page: node.is_page, count: node.pages, children }
    }
}

/// `GET /tree?prefix=&depth=`: the pages as folders.
pub(super) async fn tree(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Answer {
    paging::answer(&state, slug, headers, query, |access, query| {
        let depth = query.number("depth", MOST_LEVELS)?.unwrap_or(MOST_LEVELS);
        let tree = wiki::tree(access, query.get("prefix"), depth, MOST_NAMES)?;
        let children = tree.nodes.into_iter().map(Node::from).collect();
        Ok(Tree { children, total: tree.pages, truncated: tree.truncated })
    })
    .await
}

/// Pages that are gone.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Deleted {
    deleted: Vec<DeletedRow>,
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A page that is gone.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct DeletedRow {
    path: String,
    /// A commit that still has the page: it can be read and restored from there.
    revision: String,
    /// The commit that deleted it.
    deleted_in: Commit,
}

/// `GET /deleted`: pages that were deleted and do not exist now.
pub(super) async fn deleted(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Answer {
    paging::answer(&state, slug, headers, query, |access, query| {
        let pages = wiki::deleted_pages(access, query.get("prefix"))?;
        let part = part(pages, query, |page| page.path.to_string())?;
        let deleted = part.items.iter().map(|page| DeletedRow {
            path: page.path.to_string(),
            revision: page.before.to_string(),
            deleted_in: (&page.deleted).into(),
        });
        Ok(Deleted { deleted: deleted.collect(), total: part.total, next_cursor: part.next_cursor })
    })
    .await
}
