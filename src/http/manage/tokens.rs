use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use super::Answer;
use super::body::{Body, Segments};
use super::caller::Caller;
use super::schema::{Gone, NewTokenAnswer, NewTokenBody, TokenList, TokenRow, name};
use crate::auth::AuthError;
use crate::http::api::ApiError;
use crate::http::state::AppState;
use crate::wiki;

/// `GET /wikis/{slug}/tokens`.
pub(super) async fn list(State(state): State<AppState>, caller: Caller, Segments(slug): Segments<String>) -> Answer {
    state
        .run_blocking(move |state| {
            let access = caller.authorize::<wiki::Admin>(state, &slug)?;
            let tokens = state.auth().list_wiki_tokens(&access)?.into_iter().map(TokenRow::from).collect();
            Ok(Json(TokenList { tokens }).into_response())
        })
        .await?
}

/// `POST /wikis/{slug}/tokens`.
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Segments(slug): Segments<String>,
    body: Result<Body<NewTokenBody>, ApiError>,
) -> Answer {
    state
        .run_blocking(move |state| {
            let access = caller.authorize::<wiki::Admin>(state, &slug)?;
            let Body(body) = body?;
            let name = name(&body.name)?;
            let token = state.auth().create_wiki_token(&access, &name, body.role.into(), body.expires_days)?;
            Ok((StatusCode::CREATED, Json(NewTokenAnswer::new(token, &name, body.role))).into_response())
        })
        .await?
}

/// `DELETE /wikis/{slug}/tokens/{id}`.
pub(super) async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    Segments((slug, id)): Segments<(String, String)>,
) -> Answer {
    state
        .run_blocking(move |state| {
            let access = caller.authorize::<wiki::Admin>(state, &slug)?;
            let token = id.parse().map_err(|_not_an_id| AuthError::NoSuchToken(id))?;
            state.auth().revoke_wiki_token(&access, token)?;
            Ok(Json(Gone { deleted: true }).into_response())
        })
        .await?
}
