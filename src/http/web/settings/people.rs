use std::collections::HashMap;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::super::answer::ask;
use super::super::error_page::{page as render_page, sentence};
use super::super::frame::Surroundings;
use super::super::request::WebRequest;
use super::super::views::{PersonRow, SettingsNav, SettingsPeople};
use super::{admin, admin_by_form, unreadable};
use crate::http::error::kind_of;
use crate::http::state::AppState;
use crate::model::Role;
use crate::wiki::{Access, Admin, Collaborator, WikiError, Wikis};

const AT: &str = "people";

/// What a form posts: to add somebody, to make them something else, to remove them.
#[derive(Deserialize)]
pub(super) struct Posted {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    role: String,
    /// `add`, `set` or `remove`.
    #[serde(default)]
    act: String,
}

/// `GET /-/settings/people`.
pub(super) async fn list(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let found = ask(&state, &request, |state, request, principal| {
        let access = admin(state, request, principal)?;
        Ok((Surroundings::wiki(state, &access, request), state.wikis().collaborators(&access)?))
    });
    match found.await {
        Ok((surroundings, people)) => {
            let saved = query.contains_key("saved");
            show(StatusCode::OK, &surroundings, &people, ("", "editor"), saved, None)
        }
        Err(refused) => refused,
    }
}

/// `POST /-/settings/people`.
pub(super) async fn change(
    State(state): State<AppState>,
    request: WebRequest,
    posted: Result<Form<Posted>, FormRejection>,
) -> Response {
    let posted = match posted {
        Ok(Form(posted)) => posted,
        Err(rejection) => return unreadable(&state, &request, &rejection),
    };
    let done = ask(&state, &request, move |state, request, principal| {
        let access = admin_by_form(state, request, principal, &posted.csrf)?;
        match carry_out(state.wikis(), &access, &posted) {
            Ok(()) => Ok(None),
            Err(error) if kind_of(&error).status.is_server_error() => Err(error.into()),
            Err(error) => {
                let people = state.wikis().collaborators(&access)?;
                Ok(Some((Surroundings::wiki(state, &access, request), people, posted, error)))
            }
        }
    });
    match done.await {
        Ok(None) => Redirect::to("/-/settings/people?saved=1").into_response(),
        Ok(Some((surroundings, people, posted, error))) => {
            let problem = match &error {
                WikiError::NoSuchPerson(name) if name.trim().is_empty() => "Type the name of an account.".to_owned(),
                WikiError::NoSuchPerson(name) => {
                    format!("There is no account called '{}' here. Whoever runs this server can make one.", name.trim())
                }
                WikiError::NotACollaborator(_) => "That person is not on this wiki any more.".to_owned(),
                error => sentence(&error.to_string()),
            };
            let typed =
                if posted.act == "add" { (posted.person.as_str(), posted.role.as_str()) } else { ("", "editor") };
            show(kind_of(&error).status, &surroundings, &people, typed, false, Some(&problem))
        }
        Err(refused) => refused,
    }
}

fn carry_out(wikis: &Wikis, access: &Access<Admin>, posted: &Posted) -> Result<(), WikiError> {
    if posted.act == "remove" {
        return wikis.remove_collaborator(access, &posted.person).map(drop);
    }
    let role = match posted.role.as_str() {
        "viewer" => Role::Viewer,
        "editor" => Role::Editor,
        "owner" => Role::Owner,
        _ => return Err(WikiError::Invalid { field: "role", problem: "must be viewer, editor or owner".to_owned() }),
    };
    wikis.set_collaborator(access, &posted.person, role).map(drop)
}

fn show(
    status: StatusCode,
    surroundings: &Surroundings,
    people: &[Collaborator],
    (typed, role): (&str, &str),
    saved: bool,
    problem: Option<&str>,
) -> Response {
    let owners = people.iter().filter(|person| person.role == Role::Owner).count();
    let row = |person: &Collaborator| PersonRow {
        id: person.person.to_string(),
        name: person.name.to_string(),
        role: person.role.to_string(),
        last_owner: person.role == Role::Owner && owners == 1,
    };
    let view = SettingsPeople {
        frame: surroundings.frame("People"),
        nav: SettingsNav::at(AT),
        people: people.iter().map(row).collect(),
        typed,
        role,
        saved,
        problem,
    };
    render_page(status, &view)
}
