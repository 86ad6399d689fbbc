use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde::Deserialize;

use super::super::answer::ask;
use super::super::error_page::page as render_page;
use super::super::frame::{Surroundings, platform_address};
use super::super::page_view::size_for_people;
use super::super::request::WebRequest;
use super::super::views::{SettingsDanger, SettingsNav};
use super::{admin, admin_by_form, unreadable};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::wiki::{Access, Admin, Read};

const AT: &str = "danger";

#[derive(Deserialize)]
pub(super) struct Posted {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    slug: String,
}

struct Found {
    surroundings: Surroundings,
    slug: String,
    pages: u64,
    size: String,
}

/// `GET /-/settings/danger`.
pub(super) async fn form(State(state): State<AppState>, request: WebRequest) -> Response {
    let found = ask(&state, &request, |state, request, principal| {
        let access = admin(state, request, principal)?;
        found(state, request, &access)
    });
    match found.await {
        Ok(found) => show(StatusCode::OK, &found, "", None),
        Err(refused) => refused,
    }
}

/// `POST /-/settings/danger`: deletes the wiki if its name was typed.
pub(super) async fn delete(
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
        if posted.slug.trim() != access.slug().as_str() {
            return Ok(Some((found(state, request, &access)?, posted.slug)));
        }
        state.wikis().delete_own(&access)?;
        Ok(None)
    });
    match done.await {
        Ok(None) => gone(&platform_address(&state)),
        Ok(Some((found, typed))) => {
            let problem = format!("Nothing was deleted. Type exactly {} to delete the wiki.", found.slug);
            show(StatusCode::UNPROCESSABLE_ENTITY, &found, &typed, Some(&problem))
        }
        Err(refused) => refused,
    }
}

/// Leads on to the platform. Not by a redirect: browsers hold those of a form to the policy's `form-action`, which
/// knows this host alone.
fn gone(address: &str) -> Response {
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<title>Deleted</title>\n\
         <p>The wiki has been deleted. <a href=\"{address}\">All wikis</a></p>\n</html>\n"
    );
    match HeaderValue::from_str(&format!("0; url={address}")) {
        Ok(refresh) => ([(header::REFRESH, refresh)], Html(text)).into_response(),
        Err(_invalid) => Html(text).into_response(),
    }
}

fn found(state: &AppState, request: &WebRequest, access: &Access<Admin>) -> Result<Found, Failure> {
    let reading = state.wikis().authorize::<Read>(access.principal(), access.slug())?;
    let usage = state.wikis().usage(&reading)?;
    Ok(Found {
        surroundings: Surroundings::wiki(state, access, request),
        slug: access.slug().to_string(),
        pages: usage.pages,
        size: size_for_people(usage.bytes),
    })
}

fn show(status: StatusCode, found: &Found, typed: &str, problem: Option<&str>) -> Response {
    let view = SettingsDanger {
        frame: found.surroundings.frame("Danger zone"),
        nav: SettingsNav::at(AT),
        slug: &found.slug,
        pages: found.pages,
        size: &found.size,
        typed,
        problem,
    };
    render_page(status, &view)
}
