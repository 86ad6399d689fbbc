use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;

use super::Answer;
use super::body::{Body, Segments};
use super::caller::Caller;
use super::schema::{CollaboratorList, CollaboratorRow, RoleBody};
use crate::http::api::ApiError;
use crate::http::state::AppState;
use crate::wiki;

/// `GET /wikis/{slug}/collaborators`.
pub(super) async fn list(State(state): State<AppState>, caller: Caller, Segments(slug): Segments<String>) -> Answer {
    state
        .run_blocking(move |state| {
            let access = caller.authorize::<wiki::Admin>(state, &slug)?;
            let found = state.wikis().collaborators(&access)?;
            let collaborators = found.into_iter().map(CollaboratorRow::from).collect();
            Ok(Json(CollaboratorList { collaborators }).into_response())
        })
        .await?
}

/// `GET /wikis/{slug}/collaborators/{person}`.
pub(super) async fn read(
    State(state): State<AppState>,
    caller: Caller,
    Segments((slug, person)): Segments<(String, String)>,
) -> Answer {
    state
        .run_blocking(move |state| {
            let access = caller.authorize::<wiki::Admin>(state, &slug)?;
            Ok(Json(CollaboratorRow::from(state.wikis().collaborator(&access, &person)?)).into_response())
        })
        .await?
}

/// `PUT /wikis/{slug}/collaborators/{person}`.
pub(super) async fn set(
    State(state): State<AppState>,
    caller: Caller,
    Segments((slug, person)): Segments<(String, String)>,
    body: Result<Body<RoleBody>, ApiError>,
) -> Answer {
    state
        .run_blocking(move |state| {
            let access = caller.authorize::<wiki::Admin>(state, &slug)?;
            let Body(body) = body?;
            let now = state.wikis().set_collaborator(&access, &person, body.role.into())?;
            Ok(Json(CollaboratorRow::from(now)).into_response())
        })
        .await?
}

/// `DELETE /wikis/{slug}/collaborators/{person}`; the answer is what they were.
pub(super) async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Segments((slug, person)): Segments<(String, String)>,
) -> Answer {
    state
        .run_blocking(move |state| {
            let access = caller.authorize::<wiki::Admin>(state, &slug)?;
            let before = state.wikis().remove_collaborator(&access, &person)?;
            Ok(Json(CollaboratorRow::from(before)).into_response())
        })
        .await?
}
