use std::error::Error as _;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ApiError;
use super::uploads::most_encoded;
use crate::http::state::AppState;

/// A request body that is a JSON object; anything else, and no body, count as none, as the
/// predecessor had it (reference 1.1).
pub(super) struct Fields {
    object: Option<Map<String, Value>>,
    raw: Bytes,
}

/// Room for a page whose every character is escaped (`\u0000`), and for the other fields.
fn most(state: &AppState) -> usize {
    let page = usize::try_from(state.wikis().limits().page_bytes).unwrap_or(usize::MAX);
    page.saturating_mul(6).saturating_add(64 << 10)
}

pub(super) fn limit(state: &AppState) -> DefaultBodyLimit {
    DefaultBodyLimit::max(most(state))
}

/// A request body that is JSON of a certain shape.
///
/// # Errors
/// 413 and 408 as [`Fields::read`], 422 saying what does not fit.
pub(super) async fn parse<T: DeserializeOwned>(state: &AppState, body: Body) -> Result<T, ApiError> {
    let bytes = read(state, body).await?;
    serde_json::from_slice(&bytes).map_err(|error| ApiError::field(format!("the request body: {error}")))
}

async fn read(state: &AppState, body: Body) -> Result<Bytes, ApiError> {
    let limit = most(state);
    to_bytes(body, limit).await.map_err(|error| {
        if error.source().is_some_and(|cause| cause.is::<LengthLimitError>()) {
            let text = format!("the request is too large: the limit is {limit} bytes");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
        } else {
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "incomplete", "the request did not arrive whole")
        }
    })
}

impl Fields {
    /// # Errors
    /// 413 when the body is longer than any page can make it, 408 when it does not come.
    pub(super) async fn read(state: &AppState, body: Body) -> Result<Self, ApiError> {
        Self::read_most(body, most(state)).await
    }

    /// As [`Fields::read`], of a body that has a file as base64.
    ///
    /// # Errors
    /// As [`Fields::read`], with the limit of files.
    pub(super) async fn read_encoded(state: &AppState, body: Body) -> Result<Self, ApiError> {
        Self::read_most(body, most_encoded(state)).await
    }

    /// As [`Fields::read`], of a body that has several pages.
    ///
    /// # Errors
    /// As [`Fields::read`], with the limit of ten pages.
    pub(super) async fn read_several(state: &AppState, body: Body) -> Result<Self, ApiError> {
        Self::read_most(body, most(state).saturating_mul(10)).await
    }

    async fn read_most(body: Body, limit: usize) -> Result<Self, ApiError> {
        let bytes = read_bytes(body, limit).await?;
        let object = serde_json::from_slice::<Value>(&bytes).ok().and_then(|value| match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        });
        Ok(Self { object, raw: bytes })
    }

    /// The body as it was sent.
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The whole object as a type.
    ///
    /// # Errors
    /// 422 that names what does not fit.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let object = self.object.clone().ok_or_else(|| ApiError::field("Request body is required"))?;
        serde_json::from_value(Value::Object(object)).map_err(|cause| ApiError::field(cause.to_string()))
    }

    /// A field as a type; none when it is absent or null.
    ///
    /// # Errors
    /// 422 that names the field and what does not fit.
    pub(super) fn parse_field<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ApiError> {
        match self.object.as_ref().and_then(|fields| fields.get(name)) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value).map(Some).map_err(|cause| ApiError::field(format!("{name}: {cause}"))),
        }
    }

    /// A truth value that may be absent or null.
    ///
    /// # Errors
    /// 422 when the field is anything else.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.object.as_ref().and_then(|fields| fields.get(name)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(ApiError::field(format!("{name} must be true or false"))),
        }
    }

    /// Whether there is an object with at least one field.
    pub(super) fn any(&self) -> bool {
        self.object.as_ref().is_some_and(|fields| !fields.is_empty())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.object.as_ref().is_some_and(|fields| fields.contains_key(name))
    }

    /// A text that may be absent or null.
    ///
    /// # Errors
    /// 422 when the field is anything else.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        match self.object.as_ref().and_then(|fields| fields.get(name)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::field(format!("{name} must be a string"))),
        }
    }
}

/// All bytes of a body.
///
/// # Errors
/// 413 when there are more than `limit`, 408 when they do not come.
pub(super) async fn read_bytes(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    to_bytes(body, limit).await.map_err(|error| {
        if error.source().is_some_and(|cause| cause.is::<LengthLimitError>()) {
            let text = format!("the request is too large: the limit is {limit} bytes");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
        } else {
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "incomplete", "the request did not arrive whole")
        }
    })
}
