use axum::extract::{Extension, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiError;
use super::lists::Pairs;
use super::paging::{self, MOST, Parameters, bad_cursor, cursor};
use super::schema::Commit;
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::{PagePath, Revision, Slug};
use crate::wiki::{self, By, ChangeKind, ChangedFile, ChangelogEntry, ChangelogQuery, WikiError};

/// Commits when nobody says how many (reference 1.5).
const DEFAULT: usize = 50;

/// The commits of a wiki, newest first.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Changelog {
    entries: Vec<Entry>,
    /// How many entries this answer has.
    total: usize,
    /// How many commits pass the filters.
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Entry {
    #[serde(flatten)]
    commit: Commit,
    email: String,
    /// `agent` when a token of the wiki made it or it came over MCP.
    by: MadeBy,
    /// The pages that it changed; a renamed one under its new name.
    pages_affected: Vec<String>,
    /// Pages and attachments, with what happened to them; at most 1000.
    changes: Vec<Change>,
    /// Whether it changed more files than are named.
    truncated: bool,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Change {
    kind: Kind,
    path: String,
    /// What a renamed file was called before.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
}

/// Whether a person made a commit, or a program.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum MadeBy {
    Person,
    Agent,
}

/// As git writes it: added, modified, deleted, renamed.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) enum Kind {
    A,
    M,
    D,
    R,
}

/// `GET /changelog` (reference 1.5). A `limit` of 0 or less means as many as there can be.
pub(super) async fn changelog(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    paging::answer(&state, slug, headers, query, |access, query| {
        let limit = match query.get("limit").map(str::parse::<i64>) {
            Some(Ok(limit)) => usize::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(MOST).min(MOST),
            None | Some(Err(_)) => DEFAULT,
        };
        let log = wiki::changelog(
            access,
            &ChangelogQuery {
                author: query.get("author").map(str::to_owned),
                by: by(query)?,
                prefix: query.get("prefix").map(str::to_owned),
                since: query.time("since")?,
                until: query.end("until")?,
                after: after(query)?,
                limit,
            },
        )?;
        let entries: Vec<Entry> = log.entries.into_iter().map(Entry::from).collect();
        let next_cursor = log.next.map(|next| cursor(next.to_string()));
        Ok(Changelog { total: entries.len(), entries, count: log.count, next_cursor })
    })
    .await
}

fn after(query: &Parameters) -> Result<Option<Revision>, ApiError> {
    query.cursor()?.map(|text| Revision::parse(&text).map_err(|_not_one| bad_cursor())).transpose()
}

fn by(query: &Parameters) -> Result<Option<By>, ApiError> {
    match query.get("by") {
        None | Some("") => Ok(None),
        Some("person") => Ok(Some(By::Person)),
        Some("agent") => Ok(Some(By::Agent)),
        Some(_) => {
            let problem = "must be 'person' or 'agent'".to_owned();
            Err(WikiError::Invalid { field: "by", problem }.into())
        }
    }
}

impl From<ChangelogEntry> for Entry {
    fn from(entry: ChangelogEntry) -> Self {
        let pages = entry.files.iter().filter(|file| file.page).map(|file| file.path.clone());
        Self {
            commit: (&entry.change).into(),
            by: match entry.change.by {
                By::Person => MadeBy::Person,
                By::Agent => MadeBy::Agent,
            },
            email: entry.email,
            pages_affected: pages.collect(),
            changes: entry.files.into_iter().map(Change::from).collect(),
            truncated: entry.more_files,
        }
    }
}

impl From<ChangedFile> for Change {
    fn from(file: ChangedFile) -> Self {
        let kind = match file.kind {
            ChangeKind::Added => Kind::A,
            ChangeKind::Modified => Kind::M,
            ChangeKind::Deleted => Kind::D,
            ChangeKind::Renamed => Kind::R,
        };
        Self { kind, path: file.path, from: file.from }
    }
}

/// The commits that changed a page, newest first.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct History {
    history: Vec<Version>,
    path: String,
    /// All commits that changed it.
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Version {
    #[serde(flatten)]
    commit: Commit,
    /// The page's path at that commit.
    path: String,
}

/// `GET /pages/{path}/history` (reference 1.5): follows renames. A `limit` that is no
/// positive number counts as absent.
pub(super) async fn history(
    state: &AppState,
    slug: Slug,
    headers: HeaderMap,
    query: Vec<(String, String)>,
    typed: String,
) -> Result<Response, ApiError> {
    paging::answer(state, slug, headers, query, move |access, query| {
        let path = PagePath::parse(&typed)?;
        let limit = super::request::count(query.get("limit"));
        let part = wiki::history_part(access, &path, limit, after(query)?).map_err(|error| match error {
            WikiError::NoSuchPage { near, .. } => WikiError::NoSuchPage { path: typed.clone(), near },
            other => other,
        })?;
        let history = part.items.iter();
        Ok(History {
            history: history
                .map(|item| Version { commit: (&item.change).into(), path: item.path.to_string() })
                .collect(),
            path: part.path.into(),
            total: part.total,
            next_cursor: part.next.map(|next| cursor(next.to_string())),
        })
    })
    .await
}
