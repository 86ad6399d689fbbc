//! All wikis' indexes: a bounded number of them open, each followed by one worker.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::past::PastStates;
use super::ranking::MOST_HITS;
use super::worker::{self, Queue, Status};
use super::{Error, Hits, Place, Places, Ranking, TextIndex, TextQuery};
use crate::model::{Revision, WikiId};

/// How long a search waits for an index that holds nothing yet or has to be repaired.
const PATIENCE: Duration = Duration::from_secs(3);

/// How much is kept open.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Indexes open at the same time, at least 1. An open one costs about ten mapped files a
    /// segment and no thread.
    pub open: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { open: 64 }
    }
}

/// The text indexes of all wikis and the thread that keeps them at their wikis' tips.
/// Everything here blocks; call it off the async threads.
pub struct Indexes {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

pub(super) struct Shared {
    pub(super) places: Box<dyn Places>,
    limits: Limits,
    cache: Mutex<Cache>,
    past: PastStates,
    pub(super) queue: Mutex<Queue>,
    /// Something in the queue has changed.
    pub(super) changed: Condvar,
}

#[derive(Default)]
struct Cache {
    slots: HashMap<WikiId, Slot>,
    uses: u64,
    /// What the worker works on. It is not evicted, so that a directory never has two writers.
    pinned: Option<WikiId>,
}

#[derive(Default)]
struct Slot {
    /// Empty while it is being opened, which holds the lock.
    index: Arc<Mutex<Option<Arc<TextIndex>>>>,
    used: u64,
}

impl Indexes {
    /// Starts the worker.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(places: impl Places + 'static, limits: Limits) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            places: Box::new(places),
            limits,
            cache: Mutex::default(),
            past: PastStates::default(),
            queue: Mutex::default(),
            changed: Condvar::new(),
        });
        let worker = thread::Builder::new().name("text-index".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || worker::run(&shared)
        });
        Ok(Self { shared, worker: Mutex::new(Some(worker.map_err(Error::Thread)?)) })
    }

    /// Says that the wiki may have changed. Returns at once; many notices of one wiki are one
    /// piece of work. To be called after every write, push or restore.
    pub fn notify(&self, wiki: WikiId) {
        self.shared.queue.lock().ask(wiki);
        self.shared.changed.notify_all();
    }

    /// Indexes all pages of a wiki anew, in the background; the old index answers meanwhile.
    /// False when that is being done already.
    pub fn rebuild(&self, wiki: WikiId) -> bool {
        let started = self.shared.queue.lock().ask_anew(wiki);
        self.shared.changed.notify_all();
        started
    }

    /// Waits until `revision`, a commit of the wiki's main branch, is searchable; notifies by
    /// itself. `false` when that takes longer than `timeout`.
    pub fn wait_until(&self, wiki: WikiId, revision: Revision, timeout: Duration) -> bool {
        self.wait(wiki, Some(revision), timeout)
    }

    /// Waits until everything committed before the call is searchable.
    pub fn wait_current(&self, wiki: WikiId, timeout: Duration) -> bool {
        self.wait(wiki, None, timeout)
    }

    fn wait(&self, wiki: WikiId, revision: Option<Revision>, timeout: Duration) -> bool {
        let Some(deadline) = std::time::Instant::now().checked_add(timeout) else {
            return false;
        };
        let mut queue = self.shared.queue.lock();
        if queue.has(wiki, revision) {
            return true;
        }
        // A pass that begins after this notice sees the commit, whatever came on top of it.
        let ticket = queue.ask(wiki);
        self.shared.changed.notify_all();
        loop {
            if queue.has(wiki, revision) || queue.is_done(wiki, ticket) {
                return true;
            }
            if queue.is_stopping() || self.shared.changed.wait_until(&mut queue, deadline).timed_out() {
                return false;
            }
        }
    }

    /// Finds pages of a wiki; see [`TextIndex::search`] for the query. An index that is missing
    /// or damaged is built first, for which this waits a few seconds.
    ///
    /// # Errors
    /// When there is no such wiki, or its index cannot be used and not be repaired in time. For
    /// a commit of the past also [`Error::NoSuchRevision`], [`Error::TooManyDiffer`] and
    /// [`Error::TooLargeDifference`].
    pub fn search(&self, wiki: WikiId, query: &TextQuery) -> Result<Hits, Error> {
        let query = TextQuery { limit: query.limit.min(MOST_HITS), ..query.clone() };
        self.with_ranking(wiki, &query, |ranking| {
            Ok(Hits { total: ranking.total(), hits: ranking.hits(0..ranking.pages().count())? })
        })
    }

    /// As [`Self::search`]: hands what was found to `read`, before any page was looked at.
    ///
    /// # Errors
    /// As there.
    pub fn with_ranking<T>(
        &self,
        wiki: WikiId,
        query: &TextQuery,
        read: impl Fn(&Ranking<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.with(wiki, |index| {
            let view = index.view();
            let past = match query.as_of {
                Some(as_of) if view.reflects != Some(as_of) => {
                    let source = self.shared.place(wiki)?.source;
                    Some(self.shared.past.get(wiki, as_of, &view, index.fields(), source.as_ref())?)
                }
                _ => None,
            };
            read(&index.ranking_in(view, past.as_deref(), query)?)
        })
    }

    /// Asks a wiki's index something. One that is missing or damaged is built first, for which
    /// this waits a few seconds.
    ///
    /// # Errors
    /// When there is no such wiki, or its index cannot be used and not be repaired in time.
    pub fn with<T>(&self, wiki: WikiId, ask: impl Fn(&TextIndex) -> Result<T, Error>) -> Result<T, Error> {
        let index = self.handle(wiki)?;
        if index.reflects().is_none() {
            self.wait_current(wiki, PATIENCE);
        }
        match ask(&index) {
            Err(error) if index.is_damaged() => {
                tracing::warn!(%wiki, %error, "text index damaged while in use, rebuilding");
                self.handle(wiki)?;
                self.wait_current(wiki, PATIENCE);
                ask(self.handle(wiki)?.as_ref())
            }
            result => result,
        }
    }

    /// The wiki's index, opened if need be. When it had to be opened it is also brought up to
    /// date in the background.
    ///
    /// # Errors
    /// When there is no such wiki, or the directory can be neither opened nor replaced.
    pub fn handle(&self, wiki: WikiId) -> Result<Arc<TextIndex>, Error> {
        let (index, opened) = self.shared.handle(wiki, None)?;
        if opened {
            self.notify(wiki);
        }
        Ok(index)
    }

    /// How far the wiki's index is.
    ///
    /// # Errors
    /// As [`Self::handle`], if nothing is known about it yet.
    pub fn status(&self, wiki: WikiId) -> Result<Status, Error> {
        let (known, rebuilding) = {
            let queue = self.shared.queue.lock();
            (queue.status(wiki), queue.is_anew(wiki))
        };
        if let Some(status) = known {
            return Ok(Status { rebuilding: rebuilding || status.rebuilding, ..status });
        }
        let index = self.handle(wiki)?;
        Ok(Status { rebuilding, indexed: index.reflects(), documents: index.documents(), ..Status::default() })
    }

    /// Lets go of a wiki that is deleted or moved: when it returns, nothing of its index is
    /// open or being written here. `Places` must not know it any more.
    pub fn forget(&self, wiki: WikiId) {
        let mut queue = self.shared.queue.lock();
        queue.forget(wiki);
        while queue.is_busy_with(wiki) {
            self.shared.changed.wait(&mut queue);
        }
        queue.forget(wiki);
        drop(queue);
        self.shared.past.forget(wiki);
        self.shared.close(wiki);
    }

    /// How many indexes are open.
    pub fn open_count(&self) -> usize {
        self.shared.cache.lock().slots.len()
    }

    /// Ends the worker after what it is doing now. What was not indexed yet is indexed after
    /// the next start.
    pub fn shutdown(&self) {
        self.shared.queue.lock().stop();
        self.shared.changed.notify_all();
        if let Some(worker) = self.worker.lock().take()
            && worker.join().is_err()
        {
            tracing::error!("the index worker panicked");
        }
    }
}

impl Drop for Indexes {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Shared {
    pub(super) fn place(&self, wiki: WikiId) -> Result<Place, Error> {
        self.places.place(wiki).map_err(Error::Source)?.ok_or(Error::UnknownWiki)
    }

    /// The index, and whether it was opened just now.
    pub(super) fn handle(&self, wiki: WikiId, place: Option<&Place>) -> Result<(Arc<TextIndex>, bool), Error> {
        let cell = self.slot(wiki);
        let mut cell = cell.lock();
        if let Some(index) = cell.as_ref() {
            if !index.is_damaged() {
                return Ok((Arc::clone(index), false));
            }
            index.retire();
        }
        *cell = None;
        let opened = match place {
            Some(place) => TextIndex::open(&place.dir),
            None => self.place(wiki).and_then(|place| TextIndex::open(&place.dir)),
        };
        let index = Arc::new(opened?.index);
        *cell = Some(Arc::clone(&index));
        Ok((index, true))
    }

    /// The index if it is open.
    pub(super) fn open_handle(&self, wiki: WikiId) -> Option<Arc<TextIndex>> {
        let cell = self.cache.lock().slots.get(&wiki).map(|slot| Arc::clone(&slot.index))?;
        cell.lock().clone()
    }

    pub(super) fn pin(&self, wiki: Option<WikiId>) {
        self.cache.lock().pinned = wiki;
    }

    fn slot(&self, wiki: WikiId) -> Arc<Mutex<Option<Arc<TextIndex>>>> {
        let mut cache = self.cache.lock();
        cache.uses += 1;
        let used = cache.uses;
        let slot = cache.slots.entry(wiki).or_default();
        slot.used = used;
        let cell = Arc::clone(&slot.index);
        let mut evicted = Vec::new();
        while cache.slots.len() > self.limits.open.max(1) {
            let pinned = cache.pinned;
            let candidates = cache.slots.iter().filter(|(id, _)| **id != wiki && Some(**id) != pinned);
            let Some(oldest) = candidates.min_by_key(|(_, slot)| slot.used).map(|(id, _)| *id) else {
                break;
            };
            evicted.extend(cache.slots.remove(&oldest));
        }
        drop(cache);
        drop(evicted);
        cell
    }

    fn close(&self, wiki: WikiId) {
        let closed = self.cache.lock().slots.remove(&wiki);
        drop(closed);
    }
}
