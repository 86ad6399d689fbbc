use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::answer::{ask, genuine};
use super::diff_rows::rows;
use super::error_page::{page as render_page, sentence};
use super::frame::Surroundings;
use super::page_view::{change, refuse, slug};
use super::request::{WebRequest, path_for_people};
use super::views::{ClashView, ObstacleRow, RevertRow, RevertView};
use crate::http::error::{Failure, kind_of};
use crate::http::state::AppState;
use crate::model::{PagePath, Permission, Principal, RevisionPrefix};
use crate::repo::{Clash, TextDiff};
use crate::wiki::{self, ChangelogEntry, Obstacle, ObstacleKind, Origin, Recording, Reverted, Undoing, WikiError};

/// Clashes of one file that are shown, and lines of each.
const MOST_CLASHES: usize = 20;
const MOST_LINES: usize = 200;

/// What the button posts.
#[derive(Deserialize)]
pub(super) struct Posted {
    #[serde(default)]
    message: String,
    #[serde(default)]
    csrf: String,
}

/// What undoing comes to, or would.
enum Found {
    /// What would change.
    Plan(Reverted),
    Done(Reverted),
    /// Why it cannot be done.
    Refused(WikiError),
}

/// `GET /-/commit/{revision}/revert`: what undoing a commit would change, or what stands in
/// its way.
pub(super) async fn form(State(state): State<AppState>, Path(revision): Path<String>, request: WebRequest) -> Response {
    answer(&state, request, revision, None).await
}

/// `POST /-/commit/{revision}/revert`: undoes it, as a new commit.
pub(super) async fn submit(
    State(state): State<AppState>,
    Path(revision): Path<String>,
    request: WebRequest,
    posted: Result<Form<Posted>, FormRejection>,
) -> Response {
    let Ok(Form(posted)) = posted else {
        let problem = "could not be read; open the page again".to_owned();
        return refuse(&state, &request, WikiError::Invalid { field: "the form", problem }.into());
    };
    answer(&state, request, revision, Some(posted)).await
}

async fn answer(state: &AppState, request: WebRequest, revision: String, posted: Option<Posted>) -> Response {
    let found = ask(state, &request, move |state, request, principal| {
        attempt(state, request, principal, &revision, posted.as_ref())
            .map(|found| (found, posted.map(|posted| posted.message).unwrap_or_default()))
    });
    let ((surroundings, entry, found), message) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    if let Found::Done(Reverted { revision: Some(revision), .. }) = &found {
        return Redirect::to(&format!("/-/commit/{revision}")).into_response();
    }
    let (status, files, obstacles, problem) = match &found {
        Found::Plan(plan) | Found::Done(plan) => (StatusCode::OK, files(plan), Vec::new(), None),
        Found::Refused(WikiError::RevertObstacles(obstacles)) => {
            (StatusCode::CONFLICT, Vec::new(), obstacles.iter().map(obstacle).collect(), None)
        }
        Found::Refused(error) => (kind_of(error).status, Vec::new(), Vec::new(), Some(sentence(&error.to_string()))),
    };
    let revision = entry.change.revision.to_string();
    let view = RevertView {
        frame: surroundings.frame("Undo a change"),
        subject: entry.change.message.lines().next().unwrap_or_default(),
        change: change(&entry.change),
        revision: &revision,
        message: &message,
        files,
        obstacles,
        problem: problem.as_deref(),
    };
    render_page(status, &view)
}

fn attempt(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    revision: &str,
    posted: Option<&Posted>,
) -> Result<(Surroundings, ChangelogEntry, Found), Failure> {
    if let Some(posted) = posted {
        genuine(state, request, principal, &posted.csrf, Permission::Write)?;
    }
    let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
    let revision = RevisionPrefix::parse(revision).map_err(WikiError::from)?;
    let entry = wiki::commit(&access.reading(), &revision)?;
    let recording =
        Recording { message: posted.map(|posted| posted.message.as_str()), origin: Origin::Web, typed: "", once: None };
    let found = match wiki::revert(state.wikis(), &access, &revision, posted.is_none(), &recording) {
        Ok(done) if posted.is_none() => Found::Plan(done.value),
        Ok(done) => Found::Done(done.value),
        Err(error) if kind_of(&error).status.is_server_error() => return Err(error.into()),
        Err(error) => Found::Refused(error),
    };
    Ok((Surroundings::wiki(state, &access, request), entry, found))
}

fn files(plan: &Reverted) -> Vec<RevertRow> {
    let row = |file: &wiki::RevertedFile| RevertRow {
        name: name(&file.path, file.page),
        fate: match &file.fate {
            Undoing::Restored => "comes back",
            Undoing::Removed => "is removed",
            Undoing::Changed => "changes",
            Undoing::Moved { .. } => "gets its former name back",
        },
        from: match &file.fate {
            Undoing::Moved { from } => Some(name(from, file.page)),
            _ => None,
        },
    };
    plan.files.iter().map(row).collect()
}

fn name(path: &str, page: bool) -> String {
    match PagePath::parse(path) {
        Ok(path) if page => path_for_people(&path),
        _ => path.to_owned(),
    }
}

fn obstacle(found: &Obstacle) -> ObstacleRow {
    let (why, clashes) = match &found.why {
        ObstacleKind::Changed(clashes) if clashes.is_empty() => ("was changed since as a whole", &[][..]),
        ObstacleKind::Changed(clashes) => ("was changed since in the same place", clashes.as_slice()),
        ObstacleKind::Gone => ("is not there any more", &[][..]),
        ObstacleKind::Taken => ("cannot come back: its name is taken", &[][..]),
    };
    let view = |(at, clash): (usize, &Clash)| ClashView {
        field: String::new(),
        number: at + 1,
        before: None,
        rows: TextDiff::between(&clash.ours, &clash.theirs, true, MOST_LINES).hunks.iter().flat_map(rows).collect(),
        mine_empty: clash.ours.is_empty(),
        theirs_empty: clash.theirs.is_empty(),
        chosen: String::new(),
    };
    ObstacleRow {
        name: name(&found.path, found.page),
        why,
        clashes: clashes.iter().take(MOST_CLASHES).enumerate().map(view).collect(),
        more: clashes.len().saturating_sub(MOST_CLASHES),
    }
}
