use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::http::api::ApiError;
use crate::http::state::AppState;

/// A body that is JSON, whatever its type is called.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(|refused: BytesRejection| {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", refused.body_text())
        })?;
        // An empty body says as much as an empty object: what is missing is then named.
        let bytes = if bytes.is_empty() { Bytes::from_static(b"{}") } else { bytes };
        serde_json::from_slice(&bytes).map(Self).map_err(|cause| ApiError::field(format!("body: {cause}")))
    }
}

/// The parameters of an address, decoded.
pub(super) struct Segments<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Segments<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let found = Path::<T>::from_request_parts(parts, state).await;
        let Path(segments) = found.map_err(|refused: PathRejection| ApiError::field(refused.body_text()))?;
        Ok(Self(segments))
    }
}
