use std::collections::HashMap;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::super::answer::ask;
use super::super::error_page::{page as render_page, sentence};
use super::super::frame::Surroundings;
use super::super::request::WebRequest;
use super::super::views::{Moment, NewTokenShown, SettingsNav, SettingsTokens, TokenRow};
use super::{admin, admin_by_form, unreadable};
use crate::auth::{AuthError, NewToken, TokenSummary};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{Name, TokenRole};
use crate::wiki::{Access, Admin, WikiError};

const AT: &str = "tokens";

/// What a form posts: to make a token, or to revoke one.
#[derive(Deserialize, Default)]
pub(super) struct Posted {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
    /// Empty for a token that does not end.
    #[serde(default)]
    expires_days: String,
    /// The identifier of a token that is to be revoked.
    #[serde(default)]
    revoke: String,
}

struct Found {
    surroundings: Surroundings,
    tokens: Vec<TokenSummary>,
    now: i64,
    /// Addresses that take tokens.
    base: String,
}

/// `GET /-/settings/tokens`.
pub(super) async fn list(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let found = ask(&state, &request, |state, request, principal| {
        let access = admin(state, request, principal)?;
        found(state, request, &access)
    });
    match found.await {
        Ok(found) => show(StatusCode::OK, &found, &Posted::default(), None, query.contains_key("revoked"), None),
        Err(refused) => refused,
    }
}

/// `POST /-/settings/tokens`. The secret of a new one is in the answer, and nowhere after.
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
        if !posted.revoke.is_empty() {
            let gone = AuthError::NoSuchToken(posted.revoke.clone());
            match posted.revoke.parse() {
                Ok(token) => state.auth().revoke_wiki_token(&access, token)?,
                Err(_not_an_id) => return Err(gone.into()),
            }
            return Ok(None);
        }
        let made = made(state, &access, &posted)?;
        Ok(Some((found(state, request, &access)?, posted, made)))
    });
    match done.await {
        Ok(None) => Redirect::to("/-/settings/tokens?revoked=1").into_response(),
        Ok(Some((found, _, Ok(token)))) => {
            let mut answer = show(StatusCode::OK, &found, &Posted::default(), Some(&token), false, None);
            answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            answer
        }
        Ok(Some((found, posted, Err(problem)))) => {
            show(StatusCode::UNPROCESSABLE_ENTITY, &found, &posted, None, false, Some(&problem))
        }
        Err(refused) => refused,
    }
}

/// A new token, or what is wrong with what was typed.
fn made(state: &AppState, access: &Access<Admin>, posted: &Posted) -> Result<Result<NewToken, String>, Failure> {
    let wrong = |field: &'static str, problem: &str| {
        Ok(Err(sentence(&WikiError::Invalid { field, problem: problem.to_owned() }.to_string())))
    };
    let name = match Name::parse(&posted.name) {
        Ok(name) => name,
        Err(cause) => return Ok(Err(sentence(&cause.to_string()))),
    };
    let role = match posted.role.as_str() {
        "read" => TokenRole::Read,
        "write" => TokenRole::Write,
        _ => return wrong("what it may do", "must be chosen"),
    };
    let days = match posted.expires_days.trim() {
        "" => None,
        text => match text.parse::<u32>() {
            Ok(days) if (1..=3650).contains(&days) => Some(days),
            _ => return wrong("days", "must be a number from 1 to 3650, or empty for a token that does not end"),
        },
    };
    match state.auth().create_wiki_token(access, &name, role, days) {
        Ok(token) => Ok(Ok(token)),
        Err(error @ AuthError::TooManyTokens(_)) => Ok(Err(sentence(&error.to_string()))),
        Err(error) => Err(error.into()),
    }
}

fn found(state: &AppState, request: &WebRequest, access: &Access<Admin>) -> Result<Found, Failure> {
    let config = state.config();
    let scheme = if config.https { "https" } else { "http" };
    Ok(Found {
        surroundings: Surroundings::wiki(state, access, request),
        tokens: state.auth().list_wiki_tokens(access)?,
        now: state.clock().now(),
        base: format!("{scheme}://{}.{}", access.slug(), config.domain),
    })
}

fn show(
    status: StatusCode,
    found: &Found,
    typed: &Posted,
    made: Option<&NewToken>,
    revoked: bool,
    problem: Option<&str>,
) -> Response {
    let row = |token: &TokenSummary| TokenRow {
        id: token.id.to_string(),
        name: token.name.to_string(),
        writes: token.role == TokenRole::Write,
        created: Moment::from_unix(token.created),
        expires: token.expires.map(Moment::from_unix),
        ended: token.expires.is_some_and(|expires| expires <= found.now),
    };
    let view = SettingsTokens {
        frame: found.surroundings.frame("Tokens"),
        nav: SettingsNav::at(AT),
        tokens: found.tokens.iter().map(row).collect(),
        made: made.map(|token| NewTokenShown { secret: &token.secret, base: &found.base }),
        name: &typed.name,
        writes: typed.role == "write",
        days: &typed.expires_days,
        revoked,
        problem,
    };
    render_page(status, &view)
}
