use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::auth::AuthError;
use crate::http::authenticate::CredentialError;
use crate::http::blocking::BlockingFailed;
use crate::http::error::{Failure, INTERNAL, INTERNAL_TEXT, Kind, kind_of, kind_of_auth, log_internal};
use crate::repo::Clash;
use crate::wiki::{AccessError, Conflict, Obstacle, ObstacleKind, WikiError};

/// Sections named when the one that was asked for is not found.
const MOST_SECTIONS: usize = 200;
/// Files named that keep a commit from being undone.
const MOST_OBSTACLES: usize = 100;

/// An error as JSON: `error` is the text, `code` a stable word, and what helps beside.
#[derive(Debug)]
pub(in crate::http) struct ApiError {
    kind: Kind,
    text: String,
    more: Map<String, Value>,
}

impl ApiError {
    pub(in crate::http) fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Self {
        Self { kind: Kind { status, code }, text: text.into(), more: Map::new() }
    }

    /// A field of the request that cannot be used.
    pub(in crate::http) fn field(text: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", text)
    }

    pub(super) fn internal(error: &dyn std::error::Error) -> Self {
        log_internal(error);
        Self { kind: INTERNAL, text: INTERNAL_TEXT.to_owned(), more: Map::new() }
    }

    /// The same, of one of several changes.
    pub(super) fn within(self, index: usize) -> Self {
        let text = format!("changes[{index}]: {}", self.text);
        Self { text, ..self }.with("change", index.into())
    }

    fn conflict(self, conflict: Conflict) -> Self {
        self.with("current_revision", conflict.current.to_string().into())
            .with("base", conflict.base.into())
            .with("theirs", conflict.theirs.into())
            .with("hunks", conflict.clashes.iter().map(hunk).collect())
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.more.insert(key.to_owned(), value);
        self
    }
}

fn hunk(clash: &Clash) -> Value {
    json!({ "line": clash.line, "base": clash.base, "mine": clash.ours, "theirs": clash.theirs })
}

fn obstacle(found: Obstacle) -> Value {
    let (reason, hunks) = match found.why {
        ObstacleKind::Changed(clashes) => ("changed", clashes),
        ObstacleKind::Gone => ("gone", Vec::new()),
        ObstacleKind::Taken => ("taken", Vec::new()),
    };
    json!({ "path": found.path, "page": found.page, "reason": reason, "hunks": hunks.iter().map(hunk).collect::<Value>() })
}

impl From<WikiError> for ApiError {
    fn from(error: WikiError) -> Self {
        let kind = kind_of(&error);
        if kind == INTERNAL {
            return Self::internal(&error);
        }
        let plain = Self { kind, text: error.to_string(), more: Map::new() };
        match error {
            WikiError::Access(AccessError::SignInNeeded(_)) => {
                Self { text: CredentialError::Malformed.to_string(), ..plain }
            }
            WikiError::RevisionMismatch { current } => plain.with("current_revision", json!(current.to_string())),
            WikiError::NoSuchPage { near, .. } if !near.is_empty() => {
                plain.with("near", near.iter().map(ToString::to_string).collect())
            }
            WikiError::OldStringAmbiguous { edit, count, lines }
            | WikiError::OccurrencesDiffer { edit, count, lines, .. } => {
                plain.with("edit", edit.into()).with("count", count.into()).with("lines", lines.into())
            }
            WikiError::OldStringMissing { edit, near } => {
                let near =
                    near.map_or(Value::Null, |near| json!({ "line": near.line, "text": near.text, "hint": near.hint }));
                plain.with("edit", edit.into()).with("nearest", near)
            }
            WikiError::NoSuchSection { candidates, .. } => {
                plain.with("sections", candidates.into_iter().take(MOST_SECTIONS).collect())
            }
            WikiError::Conflict(conflict) => plain.conflict(*conflict),
            WikiError::RevertObstacles(obstacles) => {
                plain.with("obstacles", obstacles.into_iter().take(MOST_OBSTACLES).map(obstacle).collect())
            }
            WikiError::InBatch { index, error } => Self::from(*error).within(index),
            WikiError::TooLarge { limit, .. }
            | WikiError::LimitReached { limit, .. }
            | WikiError::TooManyWikis { limit }
            | WikiError::TooManyCollaborators { limit } => plain.with("limit", limit.into()),
            _ => plain,
        }
    }
}

impl From<CredentialError> for ApiError {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Malformed => Self::new(StatusCode::UNAUTHORIZED, "sign_in_needed", error.to_string()),
            CredentialError::Unknown => Self::new(StatusCode::UNAUTHORIZED, "invalid_token", error.to_string()),
            CredentialError::Auth(error) => error.into(),
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        let kind = kind_of_auth(&error);
        if kind == INTERNAL {
            return Self::internal(&error);
        }
        Self { kind, text: error.to_string(), more: Map::new() }
    }
}

impl From<BlockingFailed> for ApiError {
    fn from(error: BlockingFailed) -> Self {
        Self::internal(&error)
    }
}

impl From<Failure> for ApiError {
    fn from(error: Failure) -> Self {
        match error {
            Failure::Wiki(error) => error.into(),
            Failure::Auth(error) => error.into(),
            Failure::Blocking(error) => error.into(),
        }
    }
}

impl From<crate::model::PathError> for ApiError {
    fn from(error: crate::model::PathError) -> Self {
        WikiError::from(error).into()
    }
}

impl From<crate::model::RevisionError> for ApiError {
    fn from(error: crate::model::RevisionError) -> Self {
        WikiError::from(error).into()
    }
}

impl ApiError {
    /// What is answered, for where it is one result of several.
    pub(super) fn into_body(self) -> Map<String, Value> {
        let mut body = self.more;
        body.insert("error".to_owned(), self.text.into());
        body.insert("code".to_owned(), self.kind.code.into());
        body
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let kind = self.kind;
        let mut response = (kind.status, Json(Value::Object(self.into_body()))).into_response();
        if kind.status == StatusCode::UNAUTHORIZED {
            let challenge = if kind.code == "invalid_token" {
                HeaderValue::from_static("Bearer error=\"invalid_token\"")
            } else {
                HeaderValue::from_static("Bearer")
            };
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

pub(in crate::http) async fn unknown_address() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address of the API.")
}

pub(in crate::http) async fn wrong_method() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take this method.")
}
