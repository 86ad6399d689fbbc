use axum::Json;
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;

use super::answer::{ask, genuine};
use super::error_page::{page as render_page, sentence};
use super::frame::Surroundings;
use super::page_view::{refuse, size_for_people, slug};
use super::request::{WebRequest, encode, page_href};
use super::views::{FileRow, Moment, PageFiles};
use crate::http::error::{Failure, kind_of};
use crate::http::state::AppState;
use crate::model::{AttachmentName, PagePath, Permission};
use crate::wiki::{self, NewAttachment, Origin, Recording, WikiError};

/// Largest file when the configuration sets no limit: what a repository can hold.
const LARGEST: usize = 64 << 20;
/// Files that one form may bring.
const MOST_FILES: usize = 20;
/// Longest text field of the form, in bytes.
const LONGEST_FIELD: usize = 4096;

/// The most bytes that the form may have.
pub(super) fn most(state: &AppState) -> usize {
    largest(state).saturating_mul(2).saturating_add(64 << 10)
}

fn largest(state: &AppState) -> usize {
    match usize::try_from(state.wikis().limits().attachment_bytes) {
        Ok(limit) if limit > 0 => limit,
        _ => LARGEST,
    }
}

/// `GET /{path}/attachments`: the files of a page, with what may be done with them.
pub(super) async fn list(state: &AppState, request: WebRequest, typed: String) -> Response {
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
        may_upload,
        files: files
            .iter()
            .map(|file| FileRow {
                name: file.name.clone(),
                href: format!("{base}/{}", encode(&file.name)),
                size: size_for_people(file.size),
                changed: file.updated.map(|(seconds, _)| Moment::from_unix(seconds)),
            })
            .collect(),
    };
    render_page(StatusCode::OK, &view)
}

/// What a form brought so far.
#[derive(Default)]
struct Posted {
    csrf: String,
    /// A file to delete.
    delete: Option<String>,
    /// A file to rename, and how.
    rename: Option<String>,
    to: Option<String>,
}

/// `POST /{path}/attachments`: takes files (`file`, several at a time), deletes one (`delete`) or
/// renames one (`rename`, `to`). `csrf` comes first. The editor asks for JSON and gets the Markdown that
/// shows the file.
pub(super) async fn upload(
    state: &AppState,
    request: WebRequest,
    typed: String,
    posted: Result<Multipart, MultipartRejection>,
) -> Response {
    let wants_json = request
        .headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("application/json"));
    let done = match posted {
        Ok(form) => take(state, &request, &typed, form).await,
        Err(_no_form) => Err(invalid("could not be read").into()),
    };
    match done {
        Ok(markdown) if wants_json => {
            (StatusCode::CREATED, Json(json!({ "markdown": markdown.join("\n") }))).into_response()
        }
        Ok(_) => match PagePath::parse(&typed) {
            Ok(path) => Redirect::to(&format!("{}/attachments", page_href(&path))).into_response(),
            Err(error) => refuse(state, &request, WikiError::from(error).into()),
        },
        Err(Refused::Failure(failure)) if wants_json => {
            let kind = failure.kind();
            (kind.status, Json(json!({ "error": sentence(&failure.to_string()), "code": kind.code }))).into_response()
        }
        Err(Refused::Failure(failure)) => refuse(state, &request, *failure),
        Err(Refused::Page(page)) if wants_json => {
            let error = "You may not add files here. Sign in, and try again.";
            (page.status(), Json(json!({ "error": error }))).into_response()
        }
        Err(Refused::Page(page)) => *page,
    }
}

enum Refused {
    Failure(Box<Failure>),
    Page(Box<Response>),
}

impl From<WikiError> for Refused {
    fn from(error: WikiError) -> Self {
        Self::Failure(Box::new(error.into()))
    }
}

impl From<Response> for Refused {
    fn from(page: Response) -> Self {
        Self::Page(Box::new(page))
    }
}

fn invalid(problem: &str) -> WikiError {
    WikiError::Invalid { field: "the form", problem: problem.to_owned() }
}

/// Takes the fields as they come; a file is committed before the next is read.
async fn take(
    state: &AppState,
    request: &WebRequest,
    typed: &str,
    mut form: Multipart,
) -> Result<Vec<String>, Refused> {
    let mut posted = Posted::default();
    let mut done = Vec::new();
    while let Some(mut field) = form.next_field().await.map_err(|error| broken(state, &error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let given = field.file_name().unwrap_or_default().to_owned();
            if given.is_empty() {
                continue;
            }
            if done.len() == MOST_FILES {
                return Err(invalid("brings more than 20 files; send the rest after").into());
            }
            // Nobody sends megabytes only to hear that he may not.
            check(state, request, &posted.csrf).await?;
            let limit = largest(state);
            let bytes = read(&mut field, limit).await.map_err(|error| broken(state, &error))?;
            let bytes = bytes.ok_or(WikiError::AttachmentTooLarge { limit: limit as u64 })?;
            done.push(attach(state, request, typed, &given, bytes, posted.csrf.clone()).await?);
            continue;
        }
        let bytes = read(&mut field, LONGEST_FIELD).await.map_err(|error| broken(state, &error))?;
        let text = bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| invalid("has a field that is too long"))?;
        match name.as_str() {
            "csrf" => posted.csrf = text,
            "delete" => posted.delete = Some(text),
            "rename" => posted.rename = Some(text),
            "to" => posted.to = Some(text),
            _ => {}
        }
    }
    change(state, request, typed, posted, done.is_empty()).await?;
    Ok(done)
}

/// A field's bytes; none when it has more than the limit.
async fn read(field: &mut Field<'_>, limit: usize) -> Result<Option<Vec<u8>>, MultipartError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await? {
        if bytes.len() + chunk.len() > limit {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

fn broken(state: &AppState, error: &MultipartError) -> WikiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        WikiError::TooLarge { field: "the form", limit: most(state) as u64 }
    } else {
        invalid("ended too early or could not be read; try again")
    }
}

async fn check(state: &AppState, request: &WebRequest, csrf: &str) -> Result<(), Response> {
    let csrf = csrf.to_owned();
    ask(state, request, move |state, request, principal| {
        genuine(state, request, principal, &csrf, Permission::Upload)?;
        state.wikis().authorize::<wiki::Upload>(principal, slug(request)?)?;
        Ok(())
    })
    .await
}

/// Commits one file; answers the Markdown that shows it.
async fn attach(
    state: &AppState,
    request: &WebRequest,
    typed: &str,
    given: &str,
    bytes: Vec<u8>,
    csrf: String,
) -> Result<String, Refused> {
    let (typed, given) = (typed.to_owned(), given.to_owned());
    let work = ask(state, request, move |state, request, principal| {
        genuine(state, request, principal, &csrf, Permission::Upload)?;
        let access = state.wikis().authorize::<wiki::Upload>(principal, slug(request)?)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let name = wiki::attachment_name(&given)?;
        let recording = Recording { message: None, origin: Origin::Web, typed: &typed, once: None };
        // Kind errors are answered as data, so that the editor can show them.
        let new = NewAttachment { name, bytes, base: None, overwrite: true, recording };
        match wiki::attach(state.wikis(), &access, &path, new) {
            Ok(done) => Ok(Ok(markdown(&done.value.name))),
            Err(error) if kind_of(&error).status.is_server_error() => Err(error.into()),
            Err(error) => Ok(Err(error)),
        }
    });
    Ok(work.await??)
}

/// `![name](./file)` for a picture, `[name](./file)` for others.
fn markdown(name: &str) -> String {
    let picture = mime_guess::from_path(name).first().is_some_and(|kind| kind.type_() == "image");
    let mark = if picture { "!" } else { "" };
    format!("{mark}[{name}](./{})", encode(name))
}

/// Deletes or renames a file, if the form says so.
async fn change(
    state: &AppState,
    request: &WebRequest,
    typed: &str,
    posted: Posted,
    must: bool,
) -> Result<(), Refused> {
    let typed = typed.to_owned();
    let work = ask(state, request, move |state, request, principal| {
        genuine(state, request, principal, &posted.csrf, Permission::Upload)?;
        let path = PagePath::parse(&typed).map_err(WikiError::from)?;
        let recording = Recording { message: None, origin: Origin::Web, typed: &typed, once: None };
        if let Some(name) = &posted.delete {
            let access = state.wikis().authorize::<wiki::Upload>(principal, slug(request)?)?;
            wiki::detach(state.wikis(), &access, &path, name, None, &recording)?;
        } else if let (Some(name), Some(to)) = (&posted.rename, &posted.to) {
            let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
            let name = AttachmentName::parse(name).map_err(WikiError::from)?;
            let to = wiki::attachment_name(to)?;
            wiki::rename_attachment(state.wikis(), &access, &path, (&name, &to), &recording)?;
        } else if must {
            return Err(WikiError::Invalid { field: "file", problem: "choose a file first".to_owned() }.into());
        }
        Ok(())
    });
    Ok(work.await?)
}

#[cfg(test)]
mod tests {
    use super::markdown;

    #[test]
    fn pictures_are_shown_and_other_files_linked() {
        assert_eq!(markdown("a b.png"), "![a b.png](./a%20b.png)");
        assert_eq!(markdown("notes.pdf"), "[notes.pdf](./notes.pdf)");
    }
}
