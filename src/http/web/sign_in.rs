use std::collections::HashMap;

use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::error_page::{Problem, page, sentence};
use super::frame::{Surroundings, platform_address};
use super::page_view::refuse;
use super::request::{WebRequest, encode, is_local};
use super::views::{SignIn, SignInConfirm, SignedOut};
use crate::auth::{Auth, AuthError, NewSession};
use crate::http::authenticate::{cookie, handoff_cookie, session_cookie, set_cookie};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{Name, Principal, Slug};
use crate::wiki::{AccessError, WikiError};

/// How long a browser may take from a wiki's host over the platform's and back.
const HANDOFF_SECONDS: i64 = 600;

/// `GET /auth/link?token=`: asks before the link is used up, because programs that preview
/// links follow them too.
pub(super) async fn link_form(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let token = query.get("token").cloned().unwrap_or_default();
    let return_to = query.get("return").filter(|address| is_local(address)).cloned().unwrap_or_default();
    let (asked, secret) = (request.clone(), token.clone());
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        let name = match state.auth().peek_sign_in_link(&secret) {
            Ok(name) => Ok(name),
            Err(AuthError::LinkEnded) => Err(AuthError::LinkEnded.to_string()),
            Err(error) => return Err(Failure::from(error)),
        };
        Ok((principal, name))
    });
    let (principal, name) = match work.await.map_err(Failure::from).and_then(|result| result) {
        Ok(found) => found,
        Err(failure) => return refuse(&state, &request, failure),
    };
    let surroundings = Surroundings::platform(&state, &principal);
    match name {
        Ok(name) => {
            let instead_of = signed_in_as(&principal).filter(|other| **other != name);
            let view = SignInConfirm {
                frame: surroundings.frame("Sign in"),
                name: name.as_str(),
                token: &token,
                return_to: &return_to,
                instead_of: instead_of.map(Name::as_str),
            };
            no_store(page(StatusCode::OK, &view))
        }
        Err(problem) => {
            let problem = sentence(&problem);
            page(StatusCode::GONE, &SignIn { frame: surroundings.frame("Sign in"), problem: Some(&problem) })
        }
    }
}

#[derive(Deserialize)]
pub(super) struct LinkForm {
    token: String,
    #[serde(default)]
    r#return: String,
}

/// `POST /auth/link`: uses the link up and begins the session. The secret in the form is
/// what a CSRF token would be; the origin is checked as well, so that nobody is signed in
/// as somebody else from another site.
pub(super) async fn link_submit(
    State(state): State<AppState>,
    request: WebRequest,
    Form(form): Form<LinkForm>,
) -> Response {
    if !request.same_origin(&state) {
        return foreign(&state, &request);
    }
    let host = request.host.0.clone();
    let work = state.run_blocking(move |state| Ok(state.auth().sign_in_with_link(&form.token, &host)?));
    match work.await.map_err(Failure::from).and_then(|result: Result<_, Failure>| result) {
        Ok(session) => {
            let to = Some(form.r#return.as_str()).filter(|address| is_local(address)).unwrap_or("/");
            begin(&state, &session, to)
        }
        Err(Failure::Auth(AuthError::LinkEnded)) => {
            let surroundings = Surroundings::platform(&state, &Principal::Nobody);
            let problem = sentence(&AuthError::LinkEnded.to_string());
            page(StatusCode::GONE, &SignIn { frame: surroundings.frame("Sign in"), problem: Some(&problem) })
        }
        Err(failure) => refuse(&state, &request, failure),
    }
}

/// `GET /auth/sign-in`: how to sign in; or, when a wiki's host asks and somebody is signed
/// in here, the way back there with the session.
pub(super) async fn sign_in(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let asked = request.clone();
    let wanted = query.get("wiki").and_then(|text| Slug::parse(text).ok());
    let challenge = query.get("state").filter(|text| text.len() == 64).cloned();
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        let (Some(slug), Some(challenge)) = (wanted, challenge) else { return Ok((principal, None)) };
        let id = state.wikis().id_of(&slug)?;
        let handoff = state.auth().begin_handoff(&principal, id, &challenge)?;
        Ok::<_, Failure>((principal, handoff.map(|handoff| (slug, handoff.code))))
    });
    let (principal, handoff) = match work.await.map_err(Failure::from).and_then(|result| result) {
        Ok(found) => found,
        Err(failure) => return refuse(&state, &request, failure),
    };
    let back = query.get("return").filter(|address| is_local(address)).map_or("/", String::as_str);
    match handoff {
        Some((slug, code)) => {
            let config = state.config();
            let scheme = if config.https { "https" } else { "http" };
            let to =
                format!("{scheme}://{slug}.{}/-/session?code={}&return={}", config.domain, encode(&code), encode(back));
            Redirect::to(&to).into_response()
        }
        None => {
            let surroundings = Surroundings::platform(&state, &principal);
            page(StatusCode::OK, &SignIn { frame: surroundings.frame("Sign in"), problem: None })
        }
    }
}

/// `GET /-/sign-in`: leaves for the platform's host, where the session is, with a promise
/// that only this browser can come back with it.
pub(super) async fn from_wiki(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let back = query.get("return").filter(|address| is_local(address)).map_or("/", String::as_str);
    let nonce = match state.auth().nonce() {
        Ok(nonce) => nonce,
        Err(error) => return refuse(&state, &request, error.into()),
    };
    let slug = request.slug.as_ref().map(ToString::to_string).unwrap_or_default();
    let to = format!(
        "{}auth/sign-in?wiki={slug}&state={}&return={}",
        platform_address(&state),
        Auth::handoff_state(&nonce),
        encode(back)
    );
    let mut response = Redirect::to(&to).into_response();
    if let Some(value) = set_cookie(&state, handoff_cookie(&state), &nonce, HANDOFF_SECONDS) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// `GET /-/session?code=`: arrives from the platform's host with a session.
pub(super) async fn arrive(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let back = query.get("return").filter(|address| is_local(address)).cloned().unwrap_or_else(|| "/".to_owned());
    let code = query.get("code").cloned().unwrap_or_default();
    let asked = request.clone();
    let work = state.run_blocking(move |state| {
        let slug = asked.slug.clone().ok_or_else(|| WikiError::from(AccessError::NoSuchWiki(asked.host.0.clone())))?;
        let wiki = state.wikis().id_of(&slug)?;
        let nonce = cookie(&asked.headers, handoff_cookie(state)).unwrap_or_default();
        Ok::<_, Failure>(state.auth().complete_handoff(&code, nonce, wiki, &asked.host.0)?)
    });
    match work.await.map_err(Failure::from).and_then(|result| result) {
        Ok(session) => {
            let mut response = begin(&state, &session, &back);
            if let Some(value) = set_cookie(&state, handoff_cookie(&state), "", 0) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
            response
        }
        // Too late, or begun in another browser: begin again.
        Err(Failure::Auth(AuthError::LinkEnded)) => Redirect::to("/").into_response(),
        Err(failure) => refuse(&state, &request, failure),
    }
}

#[derive(Deserialize)]
pub(super) struct SignOutForm {
    #[serde(default)]
    csrf: String,
}

/// `POST /auth/sign-out` and `/-/sign-out`: ends the session on every host.
pub(super) async fn sign_out(
    State(state): State<AppState>,
    request: WebRequest,
    Form(form): Form<SignOutForm>,
) -> Response {
    if !request.same_origin(&state) {
        return foreign(&state, &request);
    }
    let asked = request.clone();
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        if principal == Principal::Nobody || state.auth().csrf_matches(&principal, &form.csrf) {
            state.auth().sign_out(&principal)?;
            return Ok(true);
        }
        Ok::<_, Failure>(false)
    });
    match work.await.map_err(Failure::from).and_then(|result| result) {
        Ok(true) => {
            let surroundings = match request.slug {
                Some(_) => Surroundings::outside(&state, &Principal::Nobody, &request),
                None => Surroundings::platform(&state, &Principal::Nobody),
            };
            let view = SignedOut { frame: surroundings.frame("Signed out"), home_href: "/" };
            let mut response = page(StatusCode::OK, &view);
            if let Some(value) = set_cookie(&state, session_cookie(&state), "", 0) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
            response
        }
        Ok(false) => foreign(&state, &request),
        Err(failure) => refuse(&state, &request, failure),
    }
}

fn begin(state: &AppState, session: &NewSession, to: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    if let Some(value) = set_cookie(state, session_cookie(state), &session.jwt, session.seconds) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    no_store(response)
}

/// For answers that carry a secret: nothing may keep them.
fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A form that no page of this host sent.
fn foreign(state: &AppState, request: &WebRequest) -> Response {
    let failure = WikiError::Invalid {
        field: "this form",
        problem: "did not come from this site, or is out of date; open the page again".to_owned(),
    };
    Problem { failure: failure.into(), principal: &Principal::Nobody, request, typed: None }.into_response(state)
}

fn signed_in_as(principal: &Principal) -> Option<&Name> {
    match principal {
        Principal::Person { name, .. } => Some(name),
        _ => None,
    }
}
