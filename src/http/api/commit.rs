use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ApiError;
use super::body::Fields;
use super::once::{answer, once};
use super::pages::Answer;
use super::request::{authorize, revision};
use super::writing::{EditBody, replacements};
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::PagePath;
use crate::wiki::{self, BatchChange, BatchDone, BatchOp, Origin, Recording, WriteMode};

/// Several changes to make in one commit, in order: all of them or none.
#[derive(Deserialize, JsonSchema)]
pub(in crate::http) struct CommitBody {
    /// The commit's message.
    #[serde(default)]
    pub(super) message: Option<String>,
    /// 1 to 100.
    pub(super) changes: Vec<ChangeBody>,
    /// Checks everything and changes nothing.
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// One change. `revision` is the page's revision that was read; where it may be absent, the
/// change is made to the page as it is.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(in crate::http) enum ChangeBody {
    /// Creates a page, or replaces one of which the revision is given.
    Put {
        path: String,
        content: String,
        #[serde(default)]
        revision: Option<String>,
        #[serde(default)]
        create_only: bool,
        #[serde(default)]
        merge: bool,
    },
    /// Exact replacements.
    Edit {
        path: String,
        edits: Vec<EditBody>,
        #[serde(default)]
        revision: Option<String>,
    },
    /// Adds to the end of a page.
    Append {
        path: String,
        content: String,
        #[serde(default)]
        revision: Option<String>,
    },
    /// Moves a page with its sub-pages and attachments.
    Rename {
        path: String,
        new_path: String,
        #[serde(default)]
        revision: Option<String>,
    },
    /// Deletes a page with its attachments.
    Delete {
        path: String,
        #[serde(default)]
        revision: Option<String>,
    },
}

/// What a commit of several changes did.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct CommitAnswer {
    /// The commit; null for a dry run, or when nothing changed.
    pub(super) revision: Option<String>,
    /// One for each change, in order.
    pub(super) changes: Vec<ChangedRow>,
}

/// What one change did.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct ChangedRow {
    /// The page as it is stored; for a rename, under its new name.
    pub(super) path: String,
    /// Whether there was no such page before.
    pub(super) created: bool,
    /// Pages whose links a rename rewrote.
    pub(super) updated_pages: Vec<String>,
}

/// `POST /commit`
pub(super) async fn commit(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    {
        // Nobody sends megabytes only to hear that he may not.
        let (headers, slug) = (headers.clone(), slug.clone());
        state.run_blocking(move |state| authorize::<wiki::Write>(state, &headers, &slug).map(|_access| ())).await??;
    }
    let fields = Fields::read_several(&state, body).await?;
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &headers, &slug)?;
            let body = fields.parse::<CommitBody>()?;
            let once = once(&headers, "POST /commit", fields.raw())?;
            let changes =
                body.changes.iter().enumerate().map(|(at, change)| parse(change).map_err(|error| error.within(at)));
            let changes: Vec<BatchChange<'_>> = changes.collect::<Result<_, _>>()?;
            let recording =
                Recording { message: body.message.as_deref(), origin: Origin::Api, typed: "", once: once.as_ref() };
            let done = wiki::batch(state.wikis(), &access, &changes, body.dry_run, &recording)?;
            Ok(answer(StatusCode::OK, CommitAnswer::from(done.value), done.replayed))
        })
        .await?
}

fn parse(change: &ChangeBody) -> Result<BatchChange<'_>, ApiError> {
    let (path, base, op) = match change {
        ChangeBody::Put { create_only: true, merge: true, .. } => {
            return Err(ApiError::field("create_only and merge exclude each other"));
        }
        ChangeBody::Put { path, content, revision, create_only, merge } => {
            let mode = match (create_only, merge) {
                (true, _) => WriteMode::CreateOnly,
                (_, true) => WriteMode::Merge,
                _ => WriteMode::Strict,
            };
            (path, revision, BatchOp::Put { content, mode })
        }
        ChangeBody::Edit { path, edits, revision } => (path, revision, BatchOp::Edit { edits: replacements(edits) }),
        ChangeBody::Append { path, content, revision } => (path, revision, BatchOp::Append { content }),
        ChangeBody::Rename { path, new_path, revision } => (path, revision, BatchOp::Rename { to: new_path }),
        ChangeBody::Delete { path, revision } => (path, revision, BatchOp::Delete),
    };
    Ok(BatchChange { path: PagePath::parse(path)?, base: revision(base.as_deref())?, op })
}

impl From<BatchDone> for CommitAnswer {
    fn from(done: BatchDone) -> Self {
        let changes = done.changes.into_iter().map(|item| ChangedRow {
            path: item.path.to_string(),
            created: item.created,
            updated_pages: item.updated_pages.iter().map(ToString::to_string).collect(),
        });
        Self { revision: done.revision.map(|revision| revision.to_string()), changes: changes.collect() }
    }
}
