use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ApiError;
use super::uploads::{largest, most_encoded};
use crate::http::state::AppState;
use crate::wiki::WikiError;

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
    let bytes = read_bytes(body, most(state)).await?;
    serde_json::from_slice(&bytes).map_err(|error| ApiError::field(format!("the request body: {error}")))
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
    /// As [`Fields::read`], but 422 when the body is longer than the largest file can make it:
    /// whoever sends too large a file hears the same, whatever its size (reference 1.10).
    pub(super) async fn read_encoded(state: &AppState, body: Body) -> Result<Self, ApiError> {
        match read_bytes(body, most_encoded(state)).await {
            Ok(bytes) => Ok(Self::from_bytes(bytes)),
            Err(BodyError::TooLarge { .. }) => {
                Err(WikiError::AttachmentTooLarge { limit: largest(state) as u64 }.into())
            }
            Err(error @ BodyError::Incomplete) => Err(error.into()),
        }
    }

    /// As [`Fields::read`], of a body that has several pages.
    ///
    /// # Errors
    /// As [`Fields::read`], with the limit of ten pages.
    pub(super) async fn read_several(state: &AppState, body: Body) -> Result<Self, ApiError> {
        Self::read_most(body, most(state).saturating_mul(10)).await
    }

    async fn read_most(body: Body, limit: usize) -> Result<Self, ApiError> {
        Ok(Self::from_bytes(read_bytes(body, limit).await?))
    }

    fn from_bytes(bytes: Bytes) -> Self {
        let object = serde_json::from_slice::<Value>(&bytes).ok().and_then(|value| match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        });
        Self { object, raw: bytes }
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

/// Why a body was not taken in.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the request is too large: the limit is {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the request did not arrive whole")]
    Incomplete,
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        let (status, code) = match error {
            BodyError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            BodyError::Incomplete => (StatusCode::REQUEST_TIMEOUT, "incomplete"),
        };
        Self::new(status, code, error.to_string())
    }
}

/// All bytes of a body.
///
/// # Errors
/// [`BodyError::TooLarge`] when there are more than `limit`.
pub(super) async fn read_bytes(mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    match Limited::new(&mut body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            // A client that is still sending when the connection closes does not see the answer.
            let mut rest = Limited::new(body, limit);
            while let Some(Ok(_)) = rest.frame().await {}
            Err(BodyError::TooLarge { limit })
        }
        Err(_) => Err(BodyError::Incomplete),
    }
}
