use std::error::Error as _;

use axum::body::{Body, to_bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use http_body_util::LengthLimitError;
use serde_json::{Map, Value};

use super::ApiError;
use crate::http::state::AppState;

/// A request body that is a JSON object; anything else, and no body, count as none, as the
/// predecessor had it (reference 1.1).
pub(super) struct Fields(Option<Map<String, Value>>);

/// Room for a page whose every character is escaped (`\u0000`), and for the other fields.
fn most(state: &AppState) -> usize {
    let page = usize::try_from(state.wikis().limits().page_bytes).unwrap_or(usize::MAX);
    page.saturating_mul(6).saturating_add(64 << 10)
}

pub(super) fn limit(state: &AppState) -> DefaultBodyLimit {
    DefaultBodyLimit::max(most(state))
}

impl Fields {
    /// # Errors
    /// 413 when the body is longer than any page can make it, 408 when it does not come.
    pub(super) async fn read(state: &AppState, body: Body) -> Result<Self, ApiError> {
        let limit = most(state);
        let bytes = to_bytes(body, limit).await.map_err(|error| {
            if error.source().is_some_and(|cause| cause.is::<LengthLimitError>()) {
                let text = format!("the request is too large: the limit is {limit} bytes");
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
            } else {
                ApiError::new(StatusCode::REQUEST_TIMEOUT, "incomplete", "the request did not arrive whole")
            }
        })?;
        Ok(Self(serde_json::from_slice::<Value>(&bytes).ok().and_then(|value| match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        })))
    }

    /// Whether there is an object with at least one field.
    pub(super) fn any(&self) -> bool {
        self.0.as_ref().is_some_and(|fields| !fields.is_empty())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|fields| fields.contains_key(name))
    }

    /// A text that may be absent or null.
    ///
    /// # Errors
    /// 422 when the field is anything else.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        match self.0.as_ref().and_then(|fields| fields.get(name)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::field(format!("{name} must be a string"))),
        }
    }
}
