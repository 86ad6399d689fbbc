use axum::Json;
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::json;

use super::answer::{ask, genuine};
use super::error_page::sentence;
use super::page_view::{refuse, slug};
use super::request::{WebRequest, encode, page_href};
use crate::http::error::{Failure, kind_of};
use crate::http::state::AppState;
use crate::model::{AttachmentName, PagePath, Permission, Principal, RevisionPrefix};
use crate::wiki::{self, Access, Origin, Recording, StagedFile, WikiError};

/// Largest file when the configuration sets no limit: what a repository can hold.
const LARGEST: usize = 64 << 20;
/// Files that one form may bring.
pub(super) const MOST_FILES: usize = 20;
/// Longest text field of the form, in bytes.
const LONGEST_FIELD: usize = 10_000;

/// The most bytes that the form may have.
pub(super) fn most(state: &AppState) -> usize {
    largest(state).saturating_mul(2).saturating_add(64 << 10)
}

/// The most bytes that a file may have.
pub(super) fn largest(state: &AppState) -> usize {
    match usize::try_from(state.wikis().limits().attachment_bytes) {
        Ok(limit) if limit > 0 => limit,
        _ => LARGEST,
    }
}

/// What a form says beside its files.
#[derive(Default)]
struct Posted {
    csrf: String,
    /// What the commit is to say.
    message: Option<String>,
    /// A file that the one sent takes the place of, whatever that is called.
    replace: Option<String>,
    /// A file to delete.
    delete: Option<String>,
    /// A file to rename, and how.
    rename: Option<String>,
    to: Option<String>,
    /// A file to bring back, and as of which commit.
    restore: Option<String>,
    revision: Option<String>,
}

/// What was done.
struct DoneHere {
    /// The Markdown of each file that came.
    markdown: Vec<String>,
    /// The file whose page is shown next; none for the list.
    file: Option<String>,
}

/// `POST /{path}/attachments`: takes files (`file`, several at a time, as one commit), replaces one
/// (`replace` and `file`), deletes one (`delete`), renames one (`rename`, `to`) or brings one back
/// (`restore`, `revision`). `csrf` comes before the files, `message` anywhere. The editor asks for JSON
/// and gets the Markdown that shows the file.
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
        Ok(done) if wants_json => {
            (StatusCode::CREATED, Json(json!({ "markdown": done.markdown.join("\n") }))).into_response()
        }
        Ok(done) => match PagePath::parse(&typed) {
            Ok(path) => {
                let file = done.file.map(|name| format!("?file={}", encode(&name))).unwrap_or_default();
                Redirect::to(&format!("{}/attachments{file}", page_href(&path))).into_response()
            }
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

/// Takes the fields as they come; of the files one at a time is in memory.
async fn take(state: &AppState, request: &WebRequest, typed: &str, mut form: Multipart) -> Result<DoneHere, Refused> {
    let mut posted = Posted::default();
    let mut files = Vec::new();
    while let Some(mut field) = form.next_field().await.map_err(|error| broken(state, &error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let given = field.file_name().unwrap_or_default().to_owned();
            if given.is_empty() {
                continue;
            }
            if files.len() == MOST_FILES {
                return Err(invalid("brings more than 20 files; send the rest after").into());
            }
            // Nobody sends megabytes only to hear that he may not.
            check(state, request, &posted.csrf).await?;
            let limit = largest(state);
            let bytes = read(&mut field, limit).await.map_err(|error| broken(state, &error))?;
            let bytes = bytes.ok_or(WikiError::AttachmentTooLarge { limit: limit as u64 })?;
            files.push(stage(state, request, &given, bytes).await?);
            continue;
        }
        let bytes = read(&mut field, LONGEST_FIELD).await.map_err(|error| broken(state, &error))?;
        let text = bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| invalid("has a field that is too long"))?;
        match name.as_str() {
            "csrf" => posted.csrf = text,
            "message" => posted.message = Some(text),
            "replace" => posted.replace = Some(text),
            "delete" => posted.delete = Some(text),
            "rename" => posted.rename = Some(text),
            "to" => posted.to = Some(text),
            "restore" => posted.restore = Some(text),
            "revision" => posted.revision = Some(text),
            _ => {}
        }
    }
    carry_out(state, request, typed, posted, files).await
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

/// Takes one file in, under a name that can be kept.
async fn stage(state: &AppState, request: &WebRequest, given: &str, bytes: Vec<u8>) -> Result<StagedFile, Refused> {
    let given = given.to_owned();
    kind_errors_as_data(state, request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Upload>(principal, slug(request)?)?;
        Ok(wiki::attachment_name(&given).and_then(|name| wiki::stage(state.wikis(), &access, name, &bytes)))
    })
    .await
}

/// Runs `work`; a failure that the person can do something about is answered as data, so that the
/// editor can show it.
async fn kind_errors_as_data<T: Send + 'static>(
    state: &AppState,
    request: &WebRequest,
    work: impl FnOnce(&AppState, &WebRequest, &Principal) -> Result<Result<T, WikiError>, Failure> + Send + 'static,
) -> Result<T, Refused> {
    let done = ask(state, request, move |state, request, principal| match work(state, request, principal)? {
        Err(error) if kind_of(&error).status.is_server_error() => Err(error.into()),
        other => Ok(other),
    });
    Ok(done.await??)
}

/// Does what the form says, as one commit.
async fn carry_out(
    state: &AppState,
    request: &WebRequest,
    typed: &str,
    posted: Posted,
    files: Vec<StagedFile>,
) -> Result<DoneHere, Refused> {
    let typed = typed.to_owned();
    kind_errors_as_data(state, request, move |state, request, principal| {
        genuine(state, request, principal, &posted.csrf, Permission::Upload)?;
        // A rename rewrites the pages that show the file, which is more than adding files.
        let work = match (&posted.rename, &posted.to) {
            (Some(name), Some(to)) if posted.delete.is_none() => {
                let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
                rename(state, &access, &typed, (name, to), posted.message.as_deref())
            }
            _ => {
                let access = state.wikis().authorize::<wiki::Upload>(principal, slug(request)?)?;
                change(state, &access, &typed, &posted, files)
            }
        };
        Ok(work)
    })
    .await
}

fn rename(
    state: &AppState,
    access: &Access<wiki::Write>,
    typed: &str,
    (name, to): (&str, &str),
    message: Option<&str>,
) -> Result<DoneHere, WikiError> {
    let path = PagePath::parse(typed)?;
    let (name, to) = (AttachmentName::parse(name)?, wiki::attachment_name(to)?);
    let recording = Recording { message, origin: Origin::Web, typed, once: None };
    wiki::rename_attachment(state.wikis(), access, &path, (&name, &to), &recording)?;
    Ok(DoneHere { markdown: Vec::new(), file: Some(to.to_string()) })
}

fn change(
    state: &AppState,
    access: &Access<wiki::Upload>,
    typed: &str,
    posted: &Posted,
    files: Vec<StagedFile>,
) -> Result<DoneHere, WikiError> {
    let path = PagePath::parse(typed)?;
    let recording = Recording { message: posted.message.as_deref(), origin: Origin::Web, typed, once: None };
    let nothing = Vec::new;
    if let Some(name) = &posted.delete {
        wiki::detach(state.wikis(), access, &path, name, None, &recording)?;
        return Ok(DoneHere { markdown: nothing(), file: None });
    }
    if let (Some(name), Some(revision)) = (&posted.restore, &posted.revision) {
        let (name, at) = (AttachmentName::parse(name)?, RevisionPrefix::parse(revision)?);
        wiki::restore_attachment(state.wikis(), access, (&path, &name), &at, &recording)?;
        return Ok(DoneHere { markdown: nothing(), file: Some(name.to_string()) });
    }
    if files.is_empty() {
        return Err(WikiError::Invalid { field: "file", problem: "is missing: choose a file first".to_owned() });
    }
    let files = match &posted.replace {
        None => files,
        Some(name) => replacing(&AttachmentName::parse(name)?, files)?,
    };
    let attached = wiki::attach_staged(state.wikis(), access, &path, files, &recording)?.value;
    let markdown = attached.iter().map(|file| markdown(&file.name)).collect();
    Ok(DoneHere { markdown, file: posted.replace.clone() })
}

/// The one file that came, under the name of the one that it replaces.
fn replacing(name: &AttachmentName, mut files: Vec<StagedFile>) -> Result<Vec<StagedFile>, WikiError> {
    if files.len() > 1 {
        let problem = "must be one file when another is replaced".to_owned();
        return Err(WikiError::Invalid { field: "file", problem });
    }
    for file in &mut files {
        file.name = name.clone();
    }
    Ok(files)
}

/// `![name](./file)` for a picture, `[name](./file)` for others.
pub(super) fn markdown(name: &str) -> String {
    let picture = mime_guess::from_path(name).first().is_some_and(|kind| kind.type_() == "image");
    let mark = if picture { "!" } else { "" };
    format!("{mark}[{name}](./{})", encode(name))
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
