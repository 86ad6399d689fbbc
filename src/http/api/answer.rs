use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use super::ApiError;
use crate::http::conditional::{is_known, tag_of, value};

/// JSON with a strong entity tag, or 304 when the client has exactly this already.
///
/// The tag stands for the bytes of the answer: a page's links and titles of other pages are
/// in it, and change without the page.
pub(super) fn tagged(request: &HeaderMap, answer: &impl Serialize) -> Result<Response, ApiError> {
    let body = serde_json::to_vec(answer).map_err(|error| ApiError::internal(&error))?;
    let tag = tag_of(&body);
    let etag = (header::ETAG, value(&tag));
    if is_known(request, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [etag]).into_response());
    }
    let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(([json, etag], body).into_response())
}

/// The fields of an answer that a client wants; all unless it says.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted(Option<Vec<String>>);

impl Wanted {
    /// Names between commas, each of which must be one of `known`.
    ///
    /// # Errors
    /// 422 naming what there is.
    pub(super) fn parse(text: Option<&str>, known: &[&str]) -> Result<Self, ApiError> {
        let Some(text) = text else { return Ok(Self(None)) };
        Self::of(text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect(), known)
    }

    /// # Errors
    /// 422 when one of the names is none of `known`.
    pub(super) fn of(names: Vec<String>, known: &[&str]) -> Result<Self, ApiError> {
        match names.iter().find(|name| !known.contains(&name.as_str())) {
            Some(other) => {
                let known = known.join(", ");
                Err(ApiError::field(format!("fields: there is no '{other:.60}'; there are {known}")))
            }
            None => Ok(Self(Some(names).filter(|names| !names.is_empty()))),
        }
    }

    /// # Errors
    /// When the answer is no object of JSON; those of this API are.
    pub(super) fn select(&self, answer: &impl Serialize) -> Result<Map<String, Value>, ApiError> {
        let value = serde_json::to_value(answer).map_err(|error| ApiError::internal(&error))?;
        let Value::Object(mut fields) = value else { return Ok(Map::new()) };
        if let Some(wanted) = &self.0 {
            fields.retain(|name, _| wanted.contains(name));
        }
        Ok(fields)
    }
}
