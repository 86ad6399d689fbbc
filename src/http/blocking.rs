use super::state::AppState;

/// A blocking call panicked, or the server is shutting down.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the request could not be worked on")]
pub(super) struct BlockingFailed;

impl AppState {
    /// Runs what reads disks or computes for long, off the async threads. The only seam
    /// between the two worlds.
    ///
    /// # Errors
    /// When `work` panicked; the panic is logged with the request.
    pub(super) async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, BlockingFailed> {
        let permit = self.blocking().clone().acquire_owned().await.map_err(|_closed| BlockingFailed)?;
        let state = self.clone();
        let span = tracing::Span::current();
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let _in_request = span.entered();
            work(&state)
        });
        task.await.map_err(|error| {
            tracing::error!(%error, "a blocking call failed");
            BlockingFailed
        })
    }
}
