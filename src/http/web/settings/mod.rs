//! The settings of a wiki, `/-/settings/…`, for its owner. What is one form of fields is a
//! [`Section`]; people, tokens, housekeeping and the end of a wiki have pages of their own.
//! All are plain forms: what is refused comes back as it was typed, with the reason.

mod danger;
mod housekeeping;
mod people;
mod sections;
mod tokens;

use std::collections::HashMap;

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;

use super::answer::{ask, genuine};
use super::error_page::{Problem, page as render_page, sentence};
use super::frame::Surroundings;
use super::page_view::{Stopped, refuse, slug};
use super::request::WebRequest;
use super::views::{FieldKind, SettingsField, SettingsForm, SettingsNav};
use crate::http::error::{Failure, kind_of};
use crate::http::state::AppState;
use crate::model::{Permission, Principal};
use crate::wiki::{Access, Admin, Settings, WikiError};
use sections::{Appearance, General, Reading, Redirects, Writing};

type Fields = HashMap<String, String>;

/// The longest form, as it is sent: many redirects, percent-encoded.
const MOST_BYTES: usize = 1 << 20;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/-/settings", get(|| async { Redirect::to("/-/settings/general") }))
        .route("/-/settings/general", get(show::<General>).post(save::<General>))
        .route("/-/settings/reading", get(show::<Reading>).post(save::<Reading>))
        .route("/-/settings/writing", get(show::<Writing>).post(save::<Writing>))
        .route("/-/settings/appearance", get(show::<Appearance>).post(save::<Appearance>))
        .route("/-/settings/redirects", get(show::<Redirects>).post(save::<Redirects>))
        .route("/-/settings/people", get(people::list).post(people::change))
        .route("/-/settings/tokens", get(tokens::list).post(tokens::change))
        .route("/-/settings/housekeeping", get(housekeeping::list).post(housekeeping::clear))
        .route("/-/settings/danger", get(danger::form).post(danger::delete))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
}

/// A page of the settings that is one form.
trait Section: 'static {
    /// The last part of its address.
    const AT: &'static str;
    const TITLE: &'static str;

    /// Its fields with what is stored.
    fn fields(access: &Access<Admin>) -> Vec<SettingsField>;

    /// What was typed, checked.
    ///
    /// # Errors
    /// [`WikiError::Invalid`], which names the field.
    fn parse(access: &Access<Admin>, typed: &Fields) -> Result<Settings, WikiError>;

    /// What to know beside the fields: that something is still going on.
    fn note(_access: &Access<Admin>) -> Option<&'static str> {
        None
    }
}

/// `GET /-/settings/{section}`.
async fn show<S: Section>(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let found = ask(&state, &request, |state, request, principal| {
        let access = admin(state, request, principal)?;
        Ok((Surroundings::wiki(state, &access, request), S::fields(&access), S::note(&access)))
    });
    let (surroundings, fields, note) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let view = SettingsForm {
        frame: surroundings.frame(S::TITLE),
        nav: SettingsNav::at(S::AT),
        fields,
        saved: query.contains_key("saved"),
        note,
        problem: None,
    };
    render_page(StatusCode::OK, &view)
}

/// What came of a form.
enum Outcome {
    Saved,
    Refused(Box<Surroundings>, Vec<SettingsField>, WikiError),
}

/// `POST /-/settings/{section}`.
async fn save<S: Section>(
    State(state): State<AppState>,
    request: WebRequest,
    posted: Result<Form<Fields>, FormRejection>,
) -> Response {
    let typed = match posted {
        Ok(Form(typed)) => typed,
        Err(rejection) => return unreadable(&state, &request, &rejection),
    };
    let long = typed.iter().filter(|(name, _)| *name != "csrf").map(|(_, text)| text).max_by_key(|text| text.len());
    let long = long.filter(|text| text.len() > 200).cloned();
    let asked = request.clone();
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        attempt::<S>(state, &asked, &principal, &typed).map_err(|failure| Stopped::new(failure, principal))
    });
    match work.await {
        Ok(Ok(Outcome::Saved)) => Redirect::to(&format!("/-/settings/{}?saved=1", S::AT)).into_response(),
        Ok(Ok(Outcome::Refused(surroundings, fields, error))) => {
            let known = fields.iter().any(|field| field.problem.is_some());
            let problem =
                if known { "One of the fields needs another look.".to_owned() } else { sentence(&error.to_string()) };
            let view = SettingsForm {
                frame: surroundings.frame(S::TITLE),
                nav: SettingsNav::at(S::AT),
                fields,
                saved: false,
                note: None,
                problem: Some(&problem),
            };
            render_page(kind_of(&error).status, &view)
        }
        Ok(Err(Stopped(failure, principal))) => {
            Problem { failure: *failure, principal: &principal, request: &request, typed: long.as_deref() }
                .into_response(&state)
        }
        Err(failed) => refuse(&state, &request, failed.into()),
    }
}

fn attempt<S: Section>(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    typed: &Fields,
) -> Result<Outcome, Failure> {
    let access = admin_by_form(state, request, principal, typed.get("csrf").map_or("", String::as_str))?;
    let error = match S::parse(&access, typed).and_then(|settings| state.wikis().change_settings(&access, &settings)) {
        Ok(()) => return Ok(Outcome::Saved),
        Err(error) if kind_of(&error).status.is_server_error() => return Err(error.into()),
        Err(error) => error,
    };
    let mut fields = S::fields(&access);
    for field in &mut fields {
        field.value = typed.get(field.name).cloned().unwrap_or_default();
        if let WikiError::Invalid { field: wrong, problem } = &error
            && *wrong == field.name
        {
            field.problem = Some(sentence(&format!("{} {problem}", field.label)));
        }
    }
    if let WikiError::Invalid { field: CONFIRM_PUBLIC, .. } = &error {
        fields.insert(0, confirm_public());
    }
    Ok(Outcome::Refused(Box::new(Surroundings::wiki(state, &access, request)), fields, error))
}

/// Must be ticked to open a private wiki to everybody.
const CONFIRM_PUBLIC: &str = "confirm_public";

fn confirm_public() -> SettingsField {
    SettingsField {
        name: CONFIRM_PUBLIC,
        label: "Let everybody read this wiki",
        help: "Everybody who knows the address will read every page and file, and how each was at any time since \
               the wiki began. What was read once cannot be taken back.",
        value: String::new(),
        kind: FieldKind::Tick,
        problem: Some("Nothing has been changed yet. Tick this and save again if that is what you want.".to_owned()),
    }
}

/// The wiki, for its owner.
fn admin(state: &AppState, request: &WebRequest, principal: &Principal) -> Result<Access<Admin>, Failure> {
    Ok(state.wikis().authorize::<Admin>(principal, slug(request)?)?)
}

/// The same, for a form that came from this very site.
fn admin_by_form(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    csrf: &str,
) -> Result<Access<Admin>, Failure> {
    genuine(state, request, principal, csrf, Permission::Admin)?;
    admin(state, request, principal)
}

fn unreadable(state: &AppState, request: &WebRequest, rejection: &FormRejection) -> Response {
    let error = if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        WikiError::TooLarge { field: "the form", limit: MOST_BYTES as u64 }
    } else {
        WikiError::Invalid { field: "the form", problem: "could not be read; go back and save again".to_owned() }
    };
    refuse(state, request, error.into())
}
