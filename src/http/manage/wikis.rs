use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use super::Answer;
use super::body::{Body, Segments};
use super::caller::Caller;
use super::preferences::{WikiSettings, wanted};
use super::schema::{Gone, NewWikiBody, SettingsBody, UsageAnswer, WikiAnswer, WikiList, WikiRow, name, utc};
use crate::http::api::ApiError;
use crate::http::state::AppState;
use crate::model::{Language, Permission, Slug};
use crate::wiki::{self, Access, MemberWiki, NewOwnWiki, Settings};

/// `GET /wikis`: those on which the person is something.
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Answer {
    state
        .run_blocking(move |state| {
            let (_, person) = caller.principal(state)?;
            let wikis = state.wikis().of_person(person)?.into_iter().map(|wiki| row(state, &wiki)).collect();
            Ok(Json(WikiList { wikis }).into_response())
        })
        .await?
}

/// `POST /wikis`.
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    body: Result<Body<NewWikiBody>, ApiError>,
) -> Answer {
    state
        .run_blocking(move |state| {
            let (principal, _) = caller.principal(state)?;
            let Body(body) = body?;
            let slug = Slug::parse(&body.slug).map_err(|cause| ApiError::field(format!("slug: {cause}")))?;
            let new = NewOwnWiki { slug, name: name(&body.name)?, public: body.public };
            state.wikis().create_own(&principal, &new)?;
            let access = state.wikis().authorize::<wiki::Read>(&principal, &new.slug)?;
            let made = answer(state, &access)?;
            Ok((StatusCode::CREATED, Json(made)).into_response())
        })
        .await?
}

/// `GET /wikis/{slug}`.
pub(super) async fn read(State(state): State<AppState>, caller: Caller, Segments(slug): Segments<String>) -> Answer {
    state
        .run_blocking(move |state| {
            let access = caller.authorize::<wiki::Read>(state, &slug)?;
            Ok(Json(answer(state, &access)?).into_response())
        })
        .await?
}

/// `PATCH /wikis/{slug}`.
pub(super) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Segments(slug): Segments<String>,
    body: Result<Body<SettingsBody>, ApiError>,
) -> Answer {
    state
        .run_blocking(move |state| {
            let access = caller.authorize::<wiki::Admin>(state, &slug)?;
            let Body(body) = body?;
            let settings = Settings {
                name: body.name.as_deref().map(name).transpose()?,
                public: body.public,
                language: body.language.as_deref().map(language).transpose()?,
                ..wanted(body, access.preferences())?
            };
            state.wikis().change_settings(&access, &settings)?;
            let access = caller.authorize::<wiki::Read>(state, &slug)?;
            Ok(Json(answer(state, &access)?).into_response())
        })
        .await?
}

/// `DELETE /wikis/{slug}`.
pub(super) async fn delete(State(state): State<AppState>, caller: Caller, Segments(slug): Segments<String>) -> Answer {
    state
        .run_blocking(move |state| {
            let access = caller.authorize::<wiki::Admin>(state, &slug)?;
            state.wikis().delete_own(&access)?;
            Ok(Json(Gone { deleted: true }).into_response())
        })
        .await?
}

/// `GET /wikis/{slug}/usage`.
pub(super) async fn usage(State(state): State<AppState>, caller: Caller, Segments(slug): Segments<String>) -> Answer {
    state
        .run_blocking(move |state| {
            let access = caller.authorize::<wiki::Read>(state, &slug)?;
            Ok(Json(UsageAnswer::from(state.wikis().usage(&access)?)).into_response())
        })
        .await?
}

fn language(text: &str) -> Result<Language, ApiError> {
    Language::parse(text).map_err(|cause| ApiError::field(format!("language {cause}")))
}

fn row(state: &AppState, wiki: &MemberWiki) -> WikiRow {
    let config = state.config();
    let scheme = if config.https { "https" } else { "http" };
    WikiRow {
        url: format!("{scheme}://{}.{}/", wiki.slug, config.domain),
        slug: wiki.slug.to_string(),
        name: wiki.name.to_string(),
        public: wiki.public,
        created: utc(wiki.created),
        language: wiki.language.to_string(),
        role: wiki.role.map(Into::into),
    }
}

fn answer(state: &AppState, access: &Access<wiki::Read>) -> Result<WikiAnswer, ApiError> {
    let wiki = row(state, &state.wikis().membership(access)?);
    let owner = access.may(Permission::Admin);
    Ok(WikiAnswer {
        settings: owner.then(|| WikiSettings::from(access.preferences())),
        mcp_endpoint: format!("{}mcp", wiki.url),
        api_endpoint: format!("{}api/v1", wiki.url),
        git_url: format!("{}repo.git", wiki.url),
        wiki,
    })
}
