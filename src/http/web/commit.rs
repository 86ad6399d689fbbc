use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::ask;
use super::changelog::commit_file;
use super::diff_rows::rows;
use super::error_page::page as render_page;
use super::frame::Surroundings;
use super::page_view::{change, slug};
use super::request::WebRequest;
use super::views::{CommitFile, CommitView, DiffRow};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{PagePath, Revision, RevisionPrefix};
use crate::wiki::{self, Access, DiffQuery, WikiError};

/// Files of a commit that are compared, and lines of all of them.
const COMPARED: usize = 30;
const MOST_LINES: usize = 3_000;

type Compared = Vec<(CommitFile, Option<Vec<Vec<DiffRow>>>)>;

/// `GET /-/commit/{revision}`: one commit, with what it changed.
pub(super) async fn commit(
    State(state): State<AppState>,
    Path(revision): Path<String>,
    request: WebRequest,
) -> Response {
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let revision = RevisionPrefix::parse(&revision).map_err(WikiError::from)?;
        let entry = wiki::commit(&access, &revision)?;
        let files = compare(&access, &entry)?;
        Ok((Surroundings::wiki(state, &access, request), entry, files))
    });
    let (surroundings, entry, files) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let revision = entry.change.revision.to_string();
    let view = CommitView {
        frame: surroundings.frame("Change"),
        message: &entry.change.message,
        change: change(&entry.change),
        revision: &revision,
        more: entry.files.len().saturating_sub(files.len()) + usize::from(entry.more_files),
        files,
    };
    render_page(StatusCode::OK, &view)
}

fn compare(access: &Access<wiki::Read>, entry: &wiki::ChangelogEntry) -> Result<Compared, Failure> {
    let mut left = MOST_LINES;
    let mut compared = Vec::new();
    for file in entry.files.iter().take(COMPARED) {
        let row = commit_file(file, entry.change.revision);
        let hunks =
            if file.page && left > 0 { hunks(access, &file.path, entry.change.revision, &mut left)? } else { None };
        compared.push((row, hunks));
    }
    Ok(compared)
}

/// What the commit changed in a page; none when it is no text.
fn hunks(
    access: &Access<wiki::Read>,
    path: &str,
    revision: Revision,
    left: &mut usize,
) -> Result<Option<Vec<Vec<DiffRow>>>, Failure> {
    let path = PagePath::parse(path).map_err(WikiError::from)?;
    let query = DiffQuery { from: None, to: Some(revision.into()), words: true, max_lines: *left };
    match wiki::diff(access, &path, &query) {
        Ok(diff) => {
            *left = left.saturating_sub(diff.text.hunks.iter().map(|hunk| hunk.lines.len()).sum());
            Ok(Some(diff.text.hunks.iter().map(rows).collect()))
        }
        Err(WikiError::NotText { .. } | WikiError::NoSuchPage { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
