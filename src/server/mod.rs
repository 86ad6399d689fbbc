//! Listening: the HTTP port, the control socket, word to systemd, and an orderly end.
//! What is answered is decided by the router and the verbs that are handed in.

mod connections;
mod control;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::admin::Parts;
use crate::http::Stopping;

pub use control::socket_path;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("cannot listen on {address}: {cause}")]
    Listen { address: SocketAddr, cause: io::Error },
    #[error("cannot open {}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
    #[error("cannot watch signals: {0}")]
    Signals(io::Error),
}

/// A bound port, not yet served.
pub struct Listening {
    listener: TcpListener,
    pub address: SocketAddr,
}

impl Listening {
    /// # Errors
    /// When the port is taken or not allowed.
    pub async fn bind(address: SocketAddr) -> Result<Self, ServerError> {
        let failed = |cause| ServerError::Listen { address, cause };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Serves until SIGTERM or SIGINT, then finishes what has begun, for a bounded time.
    ///
    /// # Errors
    /// When the control socket or the file with the address cannot be made.
    pub async fn serve(self, router: Router, parts: Parts, data_dir: &Path) -> Result<(), ServerError> {
        let (stop, stopping) = watch::channel(false);
        let control = control::start(data_dir, parts, stopping.clone())?;
        let address_file = data_dir.join("listen");
        std::fs::write(&address_file, self.address.to_string())
            .map_err(|cause| ServerError::File { path: address_file.clone(), cause })?;
        let mut terminate = signal(SignalKind::terminate()).map_err(ServerError::Signals)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(ServerError::Signals)?;

        tracing::info!("robotwiki listening on http://{}", self.address);
        tell_systemd(&[sd_notify::NotifyState::Ready]);
        let watchdog = tokio::spawn(feed_watchdog());
        let router = router.layer(axum::Extension(Stopping(stopping.clone())));
        let connections = connections::serve(self.listener, router, stopping);
        let until_told = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping");
            tell_systemd(&[sd_notify::NotifyState::Stopping]);
            // Nobody listens any more only when everything has ended by itself.
            let _everybody_gone = stop.send(true);
        };
        tokio::join!(connections, until_told);
        watchdog.abort();
        control.abort();
        for file in [address_file, socket_path(data_dir)] {
            if let Err(error) = std::fs::remove_file(&file) {
                tracing::debug!(%error, file = %file.display(), "could not be removed");
            }
        }
        Ok(())
    }
}

fn tell_systemd(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// Tells systemd that the server is alive, twice as often as it asks for (sd_watchdog_enabled(3)).
async fn feed_watchdog() {
    let Some(interval) = sd_notify::watchdog_enabled() else { return };
    let mut tick = tokio::time::interval(interval / 2);
    loop {
        tick.tick().await;
        tell_systemd(&[sd_notify::NotifyState::Watchdog]);
    }
}
