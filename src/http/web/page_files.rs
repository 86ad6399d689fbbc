use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::Response;

use super::answer::ask;
use super::error_page::page as render_page;
use super::file_posts::{MOST_FILES, largest, markdown};
use super::frame::Surroundings;
use super::page_view::{change, size_for_people, slug};
use super::request::{WebRequest, encode, page_href};
use super::thumbnail;
use super::views::{FileRow, FileVersion, FileView, PageFiles};
use crate::http::state::AppState;
use crate::model::{AttachmentName, PagePath, Permission};
use crate::wiki::{self, AttachmentHistory, AttachmentSummary, WikiError};

/// Versions of a file that its page shows.
const MOST_VERSIONS: usize = 200;

/// `GET /{path}/attachments`: the files of a page; with `?file=name`, one of them.
pub(super) async fn show(
    state: &AppState,
    request: WebRequest,
    typed: String,
    query: HashMap<String, String>,
) -> Response {
    match query.get("file").filter(|name| !name.is_empty()) {
        Some(name) => one(state, request, typed, name.clone()).await,
        None => list(state, request, typed).await,
    }
}

async fn list(state: &AppState, request: WebRequest, typed: String) -> Response {
    let found = ask(state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let (path, files) = wiki::attachments(&access, &path)?;
        let may_upload = access.may(Permission::Upload);
        Ok((Surroundings::wiki(state, &access, request).about(&path), path, files, may_upload))
    });
    let (surroundings, path, files, may_upload) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let base = page_href(&path);
    let view = PageFiles {
        frame: surroundings.frame("Files"),
        limit: &size_for_people(largest(state) as u64),
        most: MOST_FILES,
        may_upload,
        files: files.iter().map(|file| row(&base, file)).collect(),
    };
    render_page(StatusCode::OK, &view)
}

async fn one(state: &AppState, request: WebRequest, typed: String, name: String) -> Response {
    let found = ask(state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let (path, files) = wiki::attachments(&access, &path)?;
        let parsed = AttachmentName::parse(&name).map_err(|_refused| WikiError::NoSuchAttachment { name })?;
        let history = wiki::attachment_history(&access, &path, &parsed, MOST_VERSIONS + 1)?;
        let file = files.into_iter().find(|file| file.name == parsed.as_str());
        let may = [Permission::Upload, Permission::Write].map(|right| access.may(right));
        Ok((Surroundings::wiki(state, &access, request).about(&path), file, history, may))
    });
    let (surroundings, file, history, [may_upload, may_write]) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let base = page_href(&history.path.page);
    let name = history.path.name.as_str();
    let more = history.versions.len() > MOST_VERSIONS;
    let picture = file.as_ref().and_then(|file| thumbnail::href(&base, 1024, file));
    let view = FileView {
        frame: surroundings.frame(name),
        file: file.as_ref().map(|file| row(&base, file)),
        name,
        picture: picture.as_deref(),
        limit: &size_for_people(largest(state) as u64),
        versions: versions(&history),
        more,
        may_upload,
        may_write,
    };
    render_page(StatusCode::OK, &view)
}

fn row(base: &str, file: &AttachmentSummary) -> FileRow {
    let name = &file.name;
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).filter(|ending| (1..=4).contains(&ending.len()));
    FileRow {
        kind: ending.unwrap_or_default().to_uppercase(),
        href: format!("{base}/{}", encode(name)),
        thumbnail: thumbnail::href(base, 128, file),
        about_href: format!("{base}/attachments?file={}", encode(name)),
        markdown: markdown(name),
        size: size_for_people(file.size),
        changed: file.last.as_ref().map(change),
        message: file.last.as_ref().map(|last| first_line(&last.message)).unwrap_or_default(),
        name: name.clone(),
    }
}

fn versions(history: &AttachmentHistory) -> Vec<FileVersion> {
    let shown = history.versions.iter().take(MOST_VERSIONS);
    let version = |version: &wiki::AttachmentVersion| {
        let (name, revision) = (version.path.name.as_str(), version.change.revision);
        let address = format!("{}/{}", page_href(&version.path.page), encode(name));
        let there = version.size.is_some();
        let picture = there && wiki::has_thumbnail(name);
        FileVersion {
            revision: revision.to_string(),
            thumbnail: picture.then(|| format!("{address}?thumbnail=128&revision={revision}")),
            href: there.then(|| format!("{address}?revision={revision}")),
            size: version.size.map(size_for_people).unwrap_or_default(),
            change: change(&version.change),
            message: first_line(&version.change.message),
            former_name: (version.path != history.path).then(|| version.path.file().to_string()),
            current: history.current == Some(revision),
        }
    };
    shown.map(version).collect()
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}
