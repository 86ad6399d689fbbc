use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::diff_rows::rows;
use super::drafts::{drafting, none_if_empty};
use super::error_page::{Problem, page, sentence};
use super::frame::Surroundings;
use super::page_view::{Stopped, change, refuse, slug};
use super::request::{WebRequest, decode, encode, page_href};
use super::views::{ClashView, Drafting, EditConflict, EditForm, Held, Section};
use crate::http::error::{Failure, kind_of};
use crate::http::state::AppState;
use crate::model::{PagePath, Permission, Principal, RevisionPrefix};
use crate::repo::{Clash, MergePart, TextDiff};
use crate::wiki::{
    self, Access, AccessError, Choice, Contested, DraftStamp, Origin, Recording, Submission, Submitted, WikiError,
};

/// Clashes that are shown one by one, and lines of each.
const MOST_CLASHES: usize = 100;
const MOST_LINES: usize = 1_000;

/// What the form posts.
#[derive(Deserialize)]
pub(super) struct Posted {
    content: String,
    #[serde(default)]
    base: String,
    #[serde(default)]
    section: String,
    #[serde(default)]
    message: String,
    /// The window that it comes from, and the draft that the window went on with.
    #[serde(default)]
    writer: String,
    #[serde(default)]
    seen: String,
    /// After a conflict: what the text began with, and `save` or `review` for the choices.
    #[serde(default)]
    origin: String,
    #[serde(default)]
    resolve: String,
    #[serde(default)]
    csrf: String,
    /// `choice-0` and so on.
    #[serde(flatten)]
    choices: HashMap<String, String>,
}

impl Posted {
    /// What the text began with. Beside choices, `base` is what they were made against.
    fn began_with(&self) -> &str {
        if self.resolve.is_empty() { &self.base } else { &self.origin }
    }
}

/// What came of a save.
enum Outcome {
    /// The page, whether somebody else's change was kept beside this one, and where in it.
    Saved(PagePath, bool, Option<String>),
    /// Somebody else saved in the meantime; why choices were not taken.
    Conflict(Box<Surroundings>, Box<Contested>, Drafting, Option<&'static str>),
    /// The form again, with a text to look at: why it was not saved, or what to know.
    Form(Box<FormAgain>),
    /// It is nobody's text any more, or that of somebody who may not write.
    Held(Box<Surroundings>, StatusCode),
}

struct FormAgain {
    surroundings: Surroundings,
    path: PagePath,
    /// In place of what was posted: the text, and what it begins with.
    instead: Option<(String, String)>,
    drafting: Drafting,
    status: StatusCode,
    problem: Option<String>,
    note: Option<&'static str>,
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
        Err(rejection) => return unreadable(state, &request, &rejection),
    };
    let typed = match decode(page_part) {
        Ok(typed) => typed,
        Err(error) => return give_back(state, &request, WikiError::Path(error).into(), &posted),
    };
    let posted = Arc::new(posted);
    let (asked, given) = (request.clone(), Arc::clone(&posted));
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        attempt(state, &asked, &principal, &typed, &given).map_err(|failure| Stopped::new(failure, principal))
    });
    match work.await {
        Err(failed) => give_back(state, &request, failed.into(), &posted),
        Ok(Ok(outcome)) => answer(&request, &posted, outcome),
        Ok(Err(Stopped(failure, principal))) => {
            let typed = Some(posted.content.as_str());
            Problem { failure: *failure, principal: &principal, request: &request, typed }.into_response(state)
        }
    }
}

fn unreadable(state: &AppState, request: &WebRequest, rejection: &FormRejection) -> Response {
    let limit = state.wikis().limits().page_bytes;
    let error = if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        WikiError::TooLarge { field: "content", limit }
    } else {
        WikiError::Invalid { field: "the form", problem: "could not be read; go back and save again".to_owned() }
    };
    refuse(state, request, error.into())
}

/// A failure before it is known who asks.
fn give_back(state: &AppState, request: &WebRequest, failure: Failure, posted: &Posted) -> Response {
    let typed = Some(posted.content.as_str());
    Problem { failure, principal: &Principal::Nobody, request, typed }.into_response(state)
}

fn attempt(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    typed: &str,
    posted: &Posted,
) -> Result<Outcome, Failure> {
    // What another site sends is nobody's text.
    if !request.same_origin(state) {
        return Err(WikiError::from(match principal {
            Principal::Nobody => AccessError::SignInNeeded(Permission::Write),
            _ => AccessError::Forbidden(Permission::Write),
        })
        .into());
    }
    let access = match state.wikis().authorize::<wiki::Write>(principal, slug(request)?) {
        Ok(access) => access,
        Err(error @ WikiError::Access(AccessError::SignInNeeded(_) | AccessError::Forbidden(_))) => {
            let surroundings = Box::new(Surroundings::outside(state, principal, request));
            return Ok(Outcome::Held(surroundings, kind_of(&error).status));
        }
        Err(error) => return Err(error.into()),
    };
    let path = PagePath::parse(typed).map_err(WikiError::from)?;
    let surroundings = |path: &PagePath| Surroundings::wiki(state, &access, request).about(path);
    let again = |instead, (status, problem), note| -> Result<Outcome, Failure> {
        let (surroundings, drafting) = (surroundings(&path), drafting(state, &access)?);
        let path = path.clone();
        Ok(Outcome::Form(Box::new(FormAgain { surroundings, path, instead, drafting, status, problem, note })))
    };
    if !state.auth().csrf_matches(principal, &posted.csrf) {
        let note = "This text was sent with a form of an earlier session. It is not saved yet: look it over and save.";
        return again(None, (StatusCode::FORBIDDEN, None), Some(note));
    }
    let (content, base) = match chosen(&access, &path, posted)? {
        Settled::Nothing => (posted.content.clone(), posted.base.clone()),
        Settled::Text(text) if posted.resolve == "review" => {
            let note = "This is both texts put together. Save it if it is right.";
            return again(Some((text, posted.base.clone())), (StatusCode::OK, None), Some(note));
        }
        Settled::Text(text) => (text, posted.base.clone()),
        Settled::Open => (posted.content.clone(), posted.origin.clone()),
    };
    let revision = match none_if_empty(&base).map(RevisionPrefix::parse).transpose() {
        Ok(revision) => revision,
        Err(error) => {
            let error = WikiError::from(error);
            let problem = (kind_of(&error).status, Some(sentence(&error.to_string())));
            return again(Some((content, base)), problem, None);
        }
    };
    let given = Submission {
        content: &content,
        base: revision,
        section: none_if_empty(&posted.section),
        recording: Recording {
            message: Some(posted.message.as_str()),
            origin: Origin::Web,
            typed: path.as_str(),
            once: None,
        },
    };
    match wiki::submit(state.wikis(), &access, &path, &given) {
        Ok(Submitted::Saved { page, near }) => {
            let seen = DraftStamp::parse(&posted.seen);
            let own = (posted.writer.as_str(), seen.as_ref());
            if let Err(error) = wiki::discard_own_draft(state.wikis(), &access.reading(), &path, own) {
                // The page is saved; its draft is then offered once more.
                tracing::error!(%error, "the draft of a saved page was left behind");
            }
            Ok(Outcome::Saved(page.path, page.merged, near))
        }
        Ok(Submitted::Contested(contested)) => {
            let problem = (!posted.resolve.is_empty())
                .then_some("Choose for every place, and look again: the page may have changed once more.");
            let surroundings = Box::new(surroundings(&contested.path));
            Ok(Outcome::Conflict(surroundings, contested, drafting(state, &access)?, problem))
        }
        Err(error) if kind_of(&error).status.is_server_error() => Err(error.into()),
        Err(error) => {
            let problem = (kind_of(&error).status, Some(sentence(&error.to_string())));
            again(Some((content.clone(), base)), problem, None)
        }
    }
}

/// What the choices after a conflict came to.
enum Settled {
    /// There were none to make.
    Nothing,
    Text(String),
    /// They do not fit what they were made for: the conflict is shown again.
    Open,
}

fn chosen(access: &Access<wiki::Write>, path: &PagePath, posted: &Posted) -> Result<Settled, WikiError> {
    let Some(theirs) = none_if_empty(&posted.base).filter(|_| !posted.resolve.is_empty()) else {
        return Ok(Settled::Nothing);
    };
    let origin = none_if_empty(&posted.origin).map(RevisionPrefix::parse).transpose()?;
    let choices: Vec<Choice> = (0..MOST_CLASHES)
        .map_while(|at| match posted.choices.get(&format!("choice-{at}"))?.as_str() {
            "mine" => Some(Choice::Mine),
            "theirs" => Some(Choice::Theirs),
            "both" => Some(Choice::Both),
            _ => None,
        })
        .collect();
    let theirs = RevisionPrefix::parse(theirs)?;
    match wiki::settle(&access.reading(), path, &posted.content, (origin.as_ref(), &theirs), &choices) {
        Ok(Some(text)) => Ok(Settled::Text(text)),
        Ok(None) | Err(WikiError::NotAtRevision { .. }) => Ok(Settled::Open),
        Err(error) => Err(error),
    }
}

fn answer(request: &WebRequest, posted: &Posted, outcome: Outcome) -> Response {
    match outcome {
        Outcome::Saved(path, merged, near) => {
            let note = if merged { "?merged=1" } else { "" };
            let near = near.map(|anchor| format!("#{}", encode(&anchor))).unwrap_or_default();
            Redirect::to(&format!("{}{note}{near}", page_href(&path))).into_response()
        }
        Outcome::Conflict(surroundings, contested, drafting, problem) => {
            conflict(&surroundings, &contested, &drafting, posted, problem)
        }
        Outcome::Form(again) => form_again(&again, posted),
        Outcome::Held(surroundings, status) => {
            let title = if status == StatusCode::UNAUTHORIZED { "Sign in" } else { "Not allowed" };
            let path = request.raw_path.trim_start_matches('/').trim_end_matches("/edit");
            let view = Held {
                frame: surroundings.frame(title),
                action: &request.address,
                path: &decode(path).unwrap_or_default(),
                content: &posted.content,
                base: posted.began_with(),
                section: &posted.section,
                message: &posted.message,
                writer: &posted.writer,
                seen: &posted.seen,
            };
            page(status, &view)
        }
    }
}

fn form_again(again: &FormAgain, posted: &Posted) -> Response {
    let (content, base) = match &again.instead {
        Some((content, base)) => (content.as_str(), base.as_str()),
        None => (posted.content.as_str(), posted.began_with()),
    };
    let encoded = encode(&posted.section);
    let section = none_if_empty(&posted.section);
    let section = section.map(|anchor| Section { anchor, encoded: &encoded, title: anchor });
    let drafting = same_window(&again.drafting, posted);
    let title = if again.problem.is_some() { "Not saved" } else { "Not saved yet" };
    let view = EditForm {
        frame: again.surroundings.frame(title),
        path: again.path.as_str(),
        content,
        base,
        message: &posted.message,
        problem: again.problem.as_deref(),
        note: again.note,
        unsaved: true,
        section: section.as_ref(),
        drafting: &drafting,
        offer: None,
    };
    page(again.status, &view)
}

/// The draft that a text was stays its draft.
fn same_window(new: &Drafting, posted: &Posted) -> Drafting {
    let window = none_if_empty(&posted.writer).unwrap_or(&new.window).to_owned();
    Drafting { window, seen: posted.seen.clone(), ..*new }
}

fn conflict(
    surroundings: &Surroundings,
    contested: &Contested,
    drafting: &Drafting,
    posted: &Posted,
    problem: Option<&str>,
) -> Response {
    let last = contested.theirs.as_ref().and_then(|page| page.last.as_ref());
    let origin = posted.began_with();
    let view = EditConflict {
        frame: surroundings.frame("Somebody else saved this page"),
        path: contested.path.as_str(),
        mine: &contested.mine,
        theirs: contested.theirs.as_ref().map(|page| page.content.as_str()),
        their_change: last.map(change),
        origin,
        base: &last.map(|last| last.revision.to_string()).unwrap_or_default(),
        message: &posted.message,
        clashes: clashes(&contested.parts, !origin.is_empty(), posted),
        problem,
        drafting: &same_window(drafting, posted),
    };
    page(StatusCode::CONFLICT, &view)
}

/// The clashes as views; none when they are too many.
fn clashes(parts: &[MergePart], has_origin: bool, posted: &Posted) -> Vec<ClashView> {
    let clashes: Vec<&Clash> = parts
        .iter()
        .filter_map(|part| match part {
            MergePart::Clash(clash) => Some(clash),
            MergePart::Agreed(_) => None,
        })
        .collect();
    if clashes.len() > MOST_CLASHES {
        return Vec::new();
    }
    let view = |(at, clash): (usize, &&Clash)| {
        let field = format!("choice-{at}");
        ClashView {
            number: at + 1,
            before: has_origin.then(|| clash.base.clone()),
            rows: TextDiff::between(&clash.ours, &clash.theirs, true, MOST_LINES).hunks.iter().flat_map(rows).collect(),
            mine_empty: clash.ours.is_empty(),
            theirs_empty: clash.theirs.is_empty(),
            chosen: posted.choices.get(&field).cloned().unwrap_or_default(),
            field,
        }
    };
    clashes.iter().enumerate().map(view).collect()
}
