use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::WikiError;
use super::my_drafts::prune_drafts;
use crate::clock::Clock;
use crate::store::Store;

/// Time between two rounds.
const ROUND: Duration = Duration::from_secs(60 * 60);

/// Removes what nobody asked for again: at the start, and every hour.
pub(super) struct Housekeeping {
    stop: Arc<Stop>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Stop {
    stopping: Mutex<bool>,
    changed: Condvar,
}

impl Housekeeping {
    pub(super) fn start(store: Arc<Store>, clock: Arc<dyn Clock>) -> Result<Self, WikiError> {
        let stop = Arc::new(Stop::default());
        let told = Arc::clone(&stop);
        let rounds = move || {
            let mut stopping = told.stopping.lock();
            while !*stopping {
                if let Err(error) = prune_drafts(&store, clock.as_ref()) {
                    tracing::error!(%error, "old drafts could not be removed");
                }
                told.changed.wait_for(&mut stopping, ROUND);
            }
        };
        let started = std::thread::Builder::new().name("housekeeping".to_owned()).spawn(rounds);
        let thread = started.map_err(|cause| WikiError::Io { what: "cannot start the housekeeping", cause })?;
        Ok(Self { stop, thread: Mutex::new(Some(thread)) })
    }

    pub(super) fn stop(&self) {
        *self.stop.stopping.lock() = true;
        self.stop.changed.notify_all();
        if let Some(thread) = self.thread.lock().take() {
            // A round that panicked has been logged; there is nothing left to end.
            let _ended = thread.join();
        }
    }
}

impl Drop for Housekeeping {
    fn drop(&mut self) {
        self.stop();
    }
}
