use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::ask;
use super::error_page::page as render_page;
use super::frame::Surroundings;
use super::page_view::{change, slug};
use super::request::{WebRequest, encode};
use super::views::{ChangelogView, CommitFile, CommitRow};
use crate::http::dates;
use crate::http::state::AppState;
use crate::model::{PagePath, Revision};
use crate::wiki::{self, By, ChangeKind, ChangedFile, ChangelogEntry, ChangelogQuery};

/// Commits on one page, and files named in a row.
const SHOWN: usize = 50;
const NAMED: usize = 8;

/// `GET /-/changelog`: what happened, newest first; `author`, `by`, `prefix`, `since` and `until`
/// filter, `after` leads on.
pub(super) async fn changelog(
    State(state): State<AppState>,
    Query(given): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let text = |name: &str| given.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let some = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let mut problem = None;
    let mut day = |name: &str, end: bool| {
        let text = some(name)?;
        let time = if end { dates::parse_end(&text) } else { dates::parse(&text) };
        if time.is_none() {
            problem = Some("The days must be written like 2026-11-20.");
        }
        time
    };
    let query = ChangelogQuery {
        author: some("author"),
        by: by(&text("by")),
        prefix: some("prefix"),
        since: day("since", false),
        until: day("until", true),
        after: some("after").and_then(|text| Revision::parse(&text).ok()),
        limit: SHOWN,
    };
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let log = wiki::changelog(&access, &query)?;
        Ok((Surroundings::wiki(state, &access, request), log))
    });
    let (surroundings, log) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let older = log.next.map(|next| {
        let filters: String = ["author", "by", "prefix", "since", "until"]
            .into_iter()
            .filter_map(|name| Some(format!("{name}={}&", encode(&some(name)?))))
            .collect();
        format!("/-/changelog?{filters}after={next}")
    });
    let view = ChangelogView {
        frame: surroundings.frame("Changes"),
        author: &text("author"),
        by: &text("by"),
        prefix: &text("prefix"),
        since: &text("since"),
        until: &text("until"),
        problem,
        count: log.count,
        commits: log.entries.iter().map(row).collect(),
        older_href: older.as_deref(),
    };
    render_page(StatusCode::OK, &view)
}

/// Whose commits a filter wants; anything else wants all.
fn by(text: &str) -> Option<By> {
    match text {
        "person" => Some(By::Person),
        "agent" => Some(By::Agent),
        _ => None,
    }
}

fn row(entry: &ChangelogEntry) -> CommitRow {
    CommitRow {
        href: format!("/-/commit/{}", entry.change.revision),
        message: entry.change.message.lines().next().unwrap_or_default().to_owned(),
        change: change(&entry.change),
        revision: entry.change.revision.short(),
        files: entry.files.iter().take(NAMED).map(|file| commit_file(file, entry.change.revision)).collect(),
        more: entry.files.len().saturating_sub(NAMED) + usize::from(entry.more_files),
    }
}

/// A changed file, with the addresses of its page and of what changed in it.
pub(super) fn commit_file(file: &ChangedFile, revision: Revision) -> CommitFile {
    let href = file.path.split('/').map(encode).fold(String::new(), |href, part| href + "/" + &part);
    let gone = file.kind == ChangeKind::Deleted;
    CommitFile {
        kind: match file.kind {
            ChangeKind::Added => "Added",
            ChangeKind::Modified => "Changed",
            ChangeKind::Deleted => "Deleted",
            ChangeKind::Renamed => "Renamed",
        },
        name: match PagePath::parse(&file.path) {
            Ok(path) if file.page => super::request::path_for_people(&path),
            _ => file.path.clone(),
        },
        diff_href: file.page.then(|| format!("{href}/diff?to={revision}")),
        href: (!gone).then_some(href),
        from: file.from.clone(),
    }
}
