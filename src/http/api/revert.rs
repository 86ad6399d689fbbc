use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::body::Fields;
use super::once::{answer, once};
use super::pages::Answer;
use super::request::authorize;
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::RevisionPrefix;
use crate::wiki::{self, Origin, Recording, Reverted, Undoing};

/// A commit that was undone, or would be.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct RevertedAnswer {
    /// The commit that was undone.
    pub(super) reverted: String,
    /// The new commit; null for a dry run.
    pub(super) revision: Option<String>,
    /// The files that change, ordered by path.
    pub(super) files: Vec<RevertedRow>,
}

/// What undoing did to one page or attachment.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct RevertedRow {
    /// A page's path, or that of an attachment with its name.
    pub(super) path: String,
    pub(super) page: bool,
    pub(super) fate: FateWord,
    /// What it was called when its former name came back.
    pub(super) from: Option<String>,
}

/// What becomes of a file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum FateWord {
    Restored,
    Removed,
    Changed,
    Moved,
}

/// `POST /commit/{revision}/revert`
pub(super) async fn revert(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    Path(revision): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    {
        // Nobody sends a body only to hear that he may not.
        let (headers, slug) = (headers.clone(), slug.clone());
        state.run_blocking(move |state| authorize::<wiki::Write>(state, &headers, &slug).map(|_access| ())).await??;
    }
    let fields = Fields::read(&state, body).await?;
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &headers, &slug)?;
            let prefix = RevisionPrefix::parse(&revision)?;
            let once = once(&headers, &format!("POST /commit/{revision}/revert"), fields.raw())?;
            let message = fields.text("commit_message")?;
            let dry_run = fields.flag("dry_run")?.unwrap_or(false);
            let recording = Recording { message, origin: Origin::Api, typed: "", once: once.as_ref() };
            let done = wiki::revert(state.wikis(), &access, &prefix, dry_run, &recording)?;
            Ok(answer(StatusCode::OK, RevertedAnswer::from(done.value), done.replayed))
        })
        .await?
}

impl From<Reverted> for RevertedAnswer {
    fn from(reverted: Reverted) -> Self {
        let row = |file: wiki::RevertedFile| {
            let (fate, from) = match file.fate {
                Undoing::Restored => (FateWord::Restored, None),
                Undoing::Removed => (FateWord::Removed, None),
                Undoing::Changed => (FateWord::Changed, None),
                Undoing::Moved { from } => (FateWord::Moved, Some(from)),
            };
            RevertedRow { path: file.path, page: file.page, fate, from }
        };
        Self {
            reverted: reverted.reverted.to_string(),
            revision: reverted.revision.map(|revision| revision.to_string()),
            files: reverted.files.into_iter().map(row).collect(),
        }
    }
}
