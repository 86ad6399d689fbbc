//! Where this surface touches the rest of `http`: the tenant, and the way to blocking code.

use axum::http::request::Parts;

use crate::model::Slug;

/// The wiki that the request's host names; a middleware in front has checked the host.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    pub(crate) slug: Slug,
}

/// The wiki that a request is for.
pub(super) fn slug(parts: &Parts) -> Option<&Slug> {
    parts.extensions.get::<Tenant>().map(|tenant| &tenant.slug)
}

/// A blocking function did not come back: it panicked, or the server is stopping.
#[derive(Debug, thiserror::Error)]
#[error("the work was cut short")]
pub(super) struct CutShort;

/// Runs what reads or writes files on a thread that may block.
pub(super) async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CutShort> {
    tokio::task::spawn_blocking(work).await.map_err(|_panicked| CutShort)
}
