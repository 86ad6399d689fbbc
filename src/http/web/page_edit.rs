use std::sync::Arc;

use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::answer::genuine;
use super::error_page::{Problem, page, sentence};
use super::frame::Surroundings;
use super::page_view::{Stopped, change, refuse, slug};
use super::request::{WebRequest, decode, page_href};
use super::views::{EditConflict, EditForm};
use crate::http::error::{Failure, kind_of};
use crate::http::state::AppState;
use crate::model::{PagePath, Permission, Principal, RevisionPrefix};
use crate::wiki::{self, Access, Origin, Recording, WikiError, WriteMode, WritePage};

/// What the form posts.
#[derive(Deserialize)]
pub(super) struct Posted {
    content: String,
    #[serde(default)]
    base: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    csrf: String,
}

struct Start {
    surroundings: Surroundings,
    path: PagePath,
    content: String,
    base: String,
}

/// `GET /{path}/edit`: the form, with the page's text or empty.
pub(super) async fn form(state: &AppState, request: WebRequest, typed: String) -> Response {
    let asked = request.clone();
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        start(state, &asked, &principal, &typed).map_err(|failure| Stopped::new(failure, principal))
    });
    match work.await {
        Ok(Ok(start)) => {
            let title = format!("Edit {}", crate::model::display_name(start.path.leaf()));
            let view = EditForm {
                frame: start.surroundings.frame(&title),
                path: start.path.as_str(),
                content: &start.content,
                base: &start.base,
                message: "",
                problem: None,
            };
            page(StatusCode::OK, &view)
        }
        Ok(Err(Stopped(failure, principal))) => {
            Problem { failure: *failure, principal: &principal, request: &request, typed: None }.into_response(state)
        }
        Err(failed) => refuse(state, &request, failed.into()),
    }
}

fn start(state: &AppState, request: &WebRequest, principal: &Principal, typed: &str) -> Result<Start, Failure> {
    let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
    let path = PagePath::parse(typed).map_err(WikiError::from)?;
    let (path, content, base) = match wiki::read(&access.reading(), &path, None) {
        Ok(page) => {
            let base = page.last.map(|last| last.revision.to_string()).unwrap_or_default();
            (page.path, page.content, base)
        }
        Err(WikiError::NoSuchPage { .. }) => {
            let path = path.for_new_page().map_err(WikiError::from)?;
            (path, String::new(), String::new())
        }
        Err(error) => return Err(error.into()),
    };
    let surroundings = Surroundings::wiki(state, &access, request).about(&path);
    Ok(Start { surroundings, path, content, base })
}

/// What came of a save.
enum Outcome {
    /// The page, and whether somebody else's change was kept beside this one.
    Saved(PagePath, bool),
    /// Somebody else saved in the meantime.
    Conflict(Box<Surroundings>, PagePath, Option<Box<wiki::Page>>),
    /// The text is as it should not be; the form comes back with it.
    Refused(Box<Surroundings>, PagePath, WikiError),
}

/// `POST /{path}/edit`: saves. Whatever goes wrong, the text comes back to its writer.
pub(super) async fn save(
    state: &AppState,
    request: WebRequest,
    page_part: &str,
    posted: Result<Form<Posted>, FormRejection>,
) -> Response {
    let posted = match posted {
        Ok(Form(posted)) => posted,
        Err(rejection) => {
            let limit = state.wikis().limits().page_bytes;
            let error = if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                WikiError::TooLarge { field: "content", limit }
            } else {
                WikiError::Invalid {
                    field: "the form",
                    problem: "could not be read; go back and save again".to_owned(),
                }
            };
            return refuse(state, &request, error.into());
        }
    };
    let typed = match decode(page_part) {
        Ok(typed) => typed,
        Err(error) => return give_back(state, &request, WikiError::Path(error).into(), &posted),
    };
    let posted = Arc::new(posted);
    let (asked, given) = (request.clone(), Arc::clone(&posted));
    let work = state.run_blocking(move |state| saved(state, &asked, &typed, &given));
    match work.await {
        Err(failed) => give_back(state, &request, failed.into(), &posted),
        Ok(Ok(Outcome::Saved(path, merged))) => {
            let note = if merged { "?merged=1" } else { "" };
            Redirect::to(&format!("{}{note}", page_href(&path))).into_response()
        }
        Ok(Ok(Outcome::Conflict(surroundings, path, theirs))) => {
            conflict(&surroundings, &path, theirs.as_deref(), &posted)
        }
        Ok(Ok(Outcome::Refused(surroundings, path, error))) => {
            let problem = sentence(&error.to_string());
            let view = EditForm {
                frame: surroundings.frame("Not saved"),
                path: path.as_str(),
                content: &posted.content,
                base: &posted.base,
                message: &posted.message,
                problem: Some(&problem),
            };
            page(kind_of(&error).status, &view)
        }
        Ok(Err(Stopped(failure, principal))) => {
            let typed = Some(posted.content.as_str());
            Problem { failure: *failure, principal: &principal, request: &request, typed }.into_response(state)
        }
    }
}

/// A failure before it is known who asks.
fn give_back(state: &AppState, request: &WebRequest, failure: Failure, posted: &Posted) -> Response {
    let typed = Some(posted.content.as_str());
    Problem { failure, principal: &Principal::Nobody, request, typed }.into_response(state)
}

fn saved(state: &AppState, request: &WebRequest, typed: &str, posted: &Posted) -> Result<Outcome, Stopped> {
    let principal = request.principal(state)?;
    attempt(state, request, &principal, typed, posted).map_err(|failure| Stopped::new(failure, principal))
}

fn attempt(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    typed: &str,
    posted: &Posted,
) -> Result<Outcome, Failure> {
    genuine(state, request, principal, &posted.csrf, Permission::Write)?;
    let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
    let path = PagePath::parse(typed).map_err(WikiError::from)?;
    let surroundings = || Box::new(Surroundings::wiki(state, &access, request).about(&path));
    let base = match posted.base.as_str() {
        "" => None,
        text => Some(RevisionPrefix::parse(text).map_err(WikiError::from)?),
    };
    let content = line_ends(&access, &path, &posted.content)?;
    let write = WritePage {
        content: &content,
        base,
        mode: WriteMode::Merge,
        recording: Recording {
            message: Some(posted.message.as_str()),
            origin: Origin::Web,
            typed: path.as_str(),
            once: None,
        },
    };
    match wiki::write(state.wikis(), &access, &path, &write) {
        Ok(saved) => Ok(Outcome::Saved(saved.value.path, saved.value.merged)),
        Err(WikiError::RevisionMismatch { .. } | WikiError::RevisionRequired | WikiError::Conflict(_)) => {
            let theirs = wiki::read(&access.reading(), &path, None)?;
            Ok(Outcome::Conflict(surroundings(), path.clone(), Some(Box::new(theirs))))
        }
        Err(WikiError::PageDeleted { .. }) => Ok(Outcome::Conflict(surroundings(), path.clone(), None)),
        Err(error) if kind_of(&error).status.is_server_error() => Err(error.into()),
        Err(error) => Ok(Outcome::Refused(surroundings(), path.clone(), error)),
    }
}

/// Browsers post CRLF; pages are stored with LF, or as most of their lines were.
fn line_ends(access: &Access<wiki::Write>, path: &PagePath, posted: &str) -> Result<String, WikiError> {
    let text = posted.replace("\r\n", "\n");
    match wiki::read(&access.reading(), path, None) {
        Ok(page) if mostly_crlf(&page.content) => Ok(text.replace('\n', "\r\n")),
        Ok(_) | Err(WikiError::NoSuchPage { .. } | WikiError::NotText { .. }) => Ok(text),
        Err(error) => Err(error),
    }
}

fn mostly_crlf(text: &str) -> bool {
    text.matches("\r\n").count() * 2 > text.matches('\n').count()
}

fn conflict(surroundings: &Surroundings, path: &PagePath, theirs: Option<&wiki::Page>, posted: &Posted) -> Response {
    let last = theirs.and_then(|page| page.last.as_ref());
    let view = EditConflict {
        frame: surroundings.frame("Somebody else saved this page"),
        path: path.as_str(),
        mine: &posted.content,
        theirs: theirs.map(|page| page.content.as_str()),
        their_change: last.map(change),
        base: &last.map(|last| last.revision.to_string()).unwrap_or_default(),
        message: &posted.message,
    };
    page(StatusCode::CONFLICT, &view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_lines_decide_how_lines_end() {
        assert!(mostly_crlf("a\r\nb\r\nc\n"));
        assert!(!mostly_crlf("a\nb\r\n"));
        assert!(!mostly_crlf("a"));
    }
}
