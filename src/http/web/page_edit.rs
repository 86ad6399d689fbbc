use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::Response;

use super::answer::ask;
use super::drafts::{self, Shelf};
use super::error_page::page;
use super::frame::Surroundings;
use super::page_view::slug;
use super::request::{WebRequest, encode};
use super::views::{DraftOffer, Drafting, EditForm, Section};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::markdown;
use crate::model::{PagePath, Principal};
use crate::wiki::{self, MyDraft, WikiError};

/// What the form is about to hold.
struct Start {
    surroundings: Surroundings,
    path: PagePath,
    content: String,
    base: String,
    section: Option<(String, String)>,
    drafting: Drafting,
    offer: Option<DraftOffer>,
    note: Option<&'static str>,
    message: String,
}

/// `GET /{path}/edit`: the form, with the page's text or empty. `section` is the anchor of a
/// section that is edited alone; `draft=continue` puts the person's draft into the form, and
/// `draft=compare` shows it beside the page.
pub(super) async fn form(
    state: &AppState,
    request: WebRequest,
    typed: String,
    query: HashMap<String, String>,
) -> Response {
    let given = |name: &str| query.get(name).filter(|text| !text.is_empty()).cloned();
    let (section, draft) = (given("section"), given("draft"));
    let compare = draft.as_deref() == Some("compare");
    let found = ask(state, &request, move |state, request, principal| {
        start(state, request, principal, &typed, (section.as_deref(), draft.is_some()))
    });
    match found.await {
        Ok((start, Some((draft, stored)))) if compare => drafts::compare(&start.surroundings, &draft, &stored),
        Ok((start, _)) => show(&start),
        Err(refused) => refused,
    }
}

fn show(start: &Start) -> Response {
    let title = format!("Edit {}", crate::model::display_name(start.path.leaf()));
    let encoded = start.section.as_ref().map(|(anchor, _)| encode(anchor)).unwrap_or_default();
    let section =
        start.section.as_ref().map(|(anchor, title)| Section { anchor, encoded: &encoded, title: title.as_str() });
    let view = EditForm {
        frame: start.surroundings.frame(&title),
        path: start.path.as_str(),
        content: &start.content,
        base: &start.base,
        message: &start.message,
        problem: None,
        note: start.note,
        unsaved: false,
        section: section.as_ref(),
        drafting: &start.drafting,
        offer: start.offer.clone(),
    };
    page(StatusCode::OK, &view)
}

/// The form's content; and the draft with what is stored beside it, if one was asked for.
type Found = (Start, Option<(MyDraft, String)>);

fn start(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    typed: &str,
    (section, with_draft): (Option<&str>, bool),
) -> Result<Found, Failure> {
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
    let draft = wiki::my_draft(state.wikis(), &access.reading(), &path, section)?;
    let found = section.map(|anchor| (anchor, markdown::section_at(&content, access.link_order(), anchor)));
    let mut note = None;
    let (section, stored) = match found {
        None => (None, content),
        Some((anchor, Some(section))) => {
            let text = content.get(section.span).unwrap_or_default().trim_end().to_owned() + "\n";
            (Some((anchor.to_owned(), section.title)), text)
        }
        // A draft of the section can be gone on with; it is merged with what became of the page.
        Some((anchor, None)) if with_draft && draft.is_some() => {
            (Some((anchor.to_owned(), anchor.to_owned())), String::new())
        }
        Some((_, None)) => {
            note = Some("This section is not there any more. This is the whole page.");
            (None, content)
        }
    };
    let surroundings = Surroundings::wiki(state, &access, request).about(&path);
    let shelf = Shelf { path: &path, section: section.as_ref().map(|(anchor, _)| anchor.as_str()) };
    let mut drafting = drafts::drafting(state, &access)?;
    let taken = with_draft && draft.is_some();
    let offer = draft
        .as_ref()
        .filter(|draft| taken || draft.content.trim_end() != stored.trim_end())
        .map(|draft| shelf.offer(draft, taken));
    let shown = match draft.as_ref().filter(|_| taken) {
        Some(draft) => {
            drafting.seen = draft.stamp.to_string();
            let base = draft.base.map(|base| base.to_string()).unwrap_or_default();
            (draft.content.clone(), base)
        }
        None => (stored.clone(), base),
    };
    let (content, base) = shown;
    // What the owner calls a change can be seen, and changed, before it is saved.
    let name = crate::model::display_name(path.leaf());
    let message = access.preferences().messages.template.expand(&name, state.clock().now()).unwrap_or_default();
    let beside = draft.filter(|_| taken).map(|draft| (draft, stored));
    Ok((Start { surroundings, path, content, base, section, drafting, offer, note, message }, beside))
}
