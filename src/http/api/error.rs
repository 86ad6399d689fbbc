use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::http::authenticate::CredentialError;
use crate::http::blocking::BlockingFailed;
use crate::http::error::{Failure, INTERNAL, INTERNAL_TEXT, Kind, kind_of, log_internal};
use crate::wiki::{AccessError, WikiError};

/// An error as JSON: `error` is the text, `code` a stable word, and what helps beside.
#[derive(Debug)]
pub(in crate::http) struct ApiError {
    kind: Kind,
    text: String,
    more: Map<String, Value>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Self {
        Self { kind: Kind { status, code }, text: text.into(), more: Map::new() }
    }

    /// A field of the request that cannot be used.
    pub(super) fn field(text: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", text)
    }

    fn internal(error: &dyn std::error::Error) -> Self {
        log_internal(error);
        Self { kind: INTERNAL, text: INTERNAL_TEXT.to_owned(), more: Map::new() }
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.more.insert(key.to_owned(), value);
        self
    }
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
            WikiError::OldStringAmbiguous { lines, .. } => plain.with("lines", lines.into()),
            WikiError::TooLarge { limit, .. } | WikiError::LimitReached { limit, .. } => {
                plain.with("limit", limit.into())
            }
            _ => plain,
        }
    }
}

impl From<CredentialError> for ApiError {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Malformed => Self::new(StatusCode::UNAUTHORIZED, "sign_in_needed", error.to_string()),
            CredentialError::Unknown => Self::new(StatusCode::UNAUTHORIZED, "invalid_token", error.to_string()),
            CredentialError::Auth(error) => Self::internal(&error),
        }
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
            Failure::Auth(error) => Self::internal(&error),
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

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = self.more;
        body.insert("error".to_owned(), self.text.into());
        body.insert("code".to_owned(), self.kind.code.into());
        let mut response = (self.kind.status, Json(Value::Object(body))).into_response();
        if self.kind.status == StatusCode::UNAUTHORIZED {
            let challenge = if self.kind.code == "invalid_token" {
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

pub(super) async fn wrong_method() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take this method.")
}
