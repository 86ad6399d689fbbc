use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use super::Answer;
use super::body::{Body, Segments};
use super::caller::Caller;
use super::schema::{
    Gone, Me, NewPersonalTokenAnswer, NewPersonalTokenBody, PersonalTokenList, PersonalTokenRow, name, utc,
};
use crate::auth::AuthError;
use crate::http::state::AppState;

/// `GET /me`.
pub(super) async fn me(State(state): State<AppState>, caller: Caller) -> Answer {
    state
        .run_blocking(move |state| {
            let (principal, person) = caller.principal(state)?;
            let account = state.auth().account(person)?;
            let csrf = state.auth().csrf_token(&principal);
            Ok(Json(Me {
                id: account.id.to_string(),
                name: account.name.to_string(),
                operator: account.operator,
                created: utc(account.created),
                csrf_token: Some(csrf).filter(|token| !token.is_empty()),
            })
            .into_response())
        })
        .await?
}

/// `GET /me/tokens`.
pub(super) async fn list_tokens(State(state): State<AppState>, caller: Caller) -> Answer {
    state
        .run_blocking(move |state| {
            let (_, person) = caller.principal(state)?;
            let tokens = state.auth().personal_tokens(person)?.into_iter().map(PersonalTokenRow::from).collect();
            Ok(Json(PersonalTokenList { tokens }).into_response())
        })
        .await?
}

/// `POST /me/tokens`, with a session only.
pub(super) async fn create_token(
    State(state): State<AppState>,
    caller: Caller,
    body: Result<Body<NewPersonalTokenBody>, super::ApiError>,
) -> Answer {
    state
        .run_blocking(move |state| {
            let (principal, _) = caller.principal(state)?;
            let Body(body) = body?;
            let name = name(&body.name)?;
            let token = state.auth().create_personal_token(&principal, &name, body.expires_days)?;
            Ok((StatusCode::CREATED, Json(NewPersonalTokenAnswer::new(token, &name))).into_response())
        })
        .await?
}

/// `DELETE /me/tokens/{id}`.
pub(super) async fn revoke_token(
    State(state): State<AppState>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Answer {
    state
        .run_blocking(move |state| {
            let (_, person) = caller.principal(state)?;
            let token = id.parse().map_err(|_not_an_id| AuthError::NoSuchPersonalToken(id))?;
            state.auth().revoke_personal_token(person, token)?;
            Ok(Json(Gone { deleted: true }).into_response())
        })
        .await?
}
