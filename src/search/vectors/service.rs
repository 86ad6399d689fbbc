//! All wikis' vectors: a bounded number of them in memory, followed by one worker.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::log::Key;
use super::nearest::nearest;
use super::queue::{Queue, VectorStatus};
use super::record::Passage;
use super::store::{Store, View, file_name};
use super::table::Row;
use super::worker;
use crate::clock::Clock;
use crate::embed::ModelInfo;
use crate::model::{PagePath, WikiId};
use crate::repo::BlobId;
use crate::search::{Embed, Error, Place, Places};

/// How much is kept open.
#[derive(Clone, Copy, Debug)]
pub struct VectorLimits {
    /// Wikis whose vectors are in memory at the same time.
    pub open: usize,
    /// Bytes that they take together, unless one alone takes more. A thousand passages take
    /// about half a megabyte.
    pub memory: usize,
    /// Passages of a wiki from which on a graph is asked and not every one looked at. Looking
    /// is exact and needs no graph in memory, and with the kernels of [`crate::embed::vector`]
    /// it takes 2.5 ms for 100,000 (two cores with AVX-512), a graph of them 3.4 ms; for 10,000
    /// the graph takes five times as long (`make bench ONLY=vectors`). The lines cross near this.
    pub graph_from: usize,
}

impl Default for VectorLimits {
    fn default() -> Self {
        Self { open: 64, memory: 64 << 20, graph_from: 200_000 }
    }
}

/// Models by identifier, for what was embedded with a model that is not in use any more.
pub type FormerModels = Box<dyn Fn(&str) -> Option<Arc<dyn Embed>> + Send + Sync>;

/// The models of an installation.
pub struct Models {
    /// The one in use; without it nothing is embedded or found.
    pub current: Option<Arc<dyn Embed>>,
    pub former: FormerModels,
}

impl Models {
    /// No model but this.
    #[must_use]
    pub fn only(current: Option<Arc<dyn Embed>>) -> Self {
        Self { current, former: Box::new(|_| None) }
    }
}

/// The vectors of all wikis and the thread that keeps them at their wikis' tips. Everything
/// here blocks; call it off the async threads.
pub struct Vectors {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

pub(super) struct Shared {
    places: Box<dyn Places>,
    pub(super) models: Models,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: VectorLimits,
    cache: Mutex<Cache>,
    pub(super) queue: Mutex<Queue>,
    /// Something in the queue has changed.
    pub(super) changed: Condvar,
}

#[derive(Default)]
struct Cache {
    slots: HashMap<WikiId, Slot>,
    uses: u64,
}

#[derive(Default)]
struct Slot {
    /// Empty while it is being opened, which holds the lock.
    cell: Arc<Mutex<Option<Arc<Opened>>>>,
    used: u64,
    memory: usize,
}

/// A wiki's vectors.
pub(super) struct Opened {
    pub(super) store: Arc<Store>,
    /// Those of another model, which answer until all pages are embedded with this one.
    pub(super) former: Mutex<Option<Former>>,
    pub(super) dir: PathBuf,
}

#[derive(Clone)]
pub(super) struct Former {
    store: Arc<Store>,
    embed: Arc<dyn Embed>,
}

/// What is asked.
pub struct Nearest<'q> {
    pub text: &'q str,
    /// The least inner product of a passage that counts.
    pub floor: f32,
    /// Whether `wanted` lets few pages through.
    pub filtered: bool,
    /// Which pages count at all.
    pub wanted: &'q dyn Fn(&PagePath) -> bool,
}

/// A page that means something like what was asked.
#[derive(Clone, PartialEq, Debug)]
pub struct NearPage {
    pub path: PagePath,
    /// The page's file, as it was embedded.
    pub blob: BlobId,
    /// The inner product with its best passage, at most 1.
    pub score: f32,
    passages: Vec<(f32, Row)>,
}

/// A page's passage that means something like what was asked.
#[derive(Clone, PartialEq, Debug)]
pub struct NearPassage {
    pub score: f32,
    pub passage: Passage,
}

/// What was found, as long as nothing is written.
pub struct Found<'v> {
    view: View<'v>,
    /// The best first.
    pub pages: Vec<NearPage>,
}

impl Found<'_> {
    /// The best passages of a page, at most `most`.
    #[must_use]
    pub fn passages(&self, page: &NearPage, most: usize) -> Vec<NearPassage> {
        let read = |(score, row): &(f32, Row)| Some(NearPassage { score: *score, passage: self.view.passage(*row)? });
        page.passages.iter().take(most).filter_map(read).collect()
    }
}

impl Vectors {
    /// Starts the worker, if there is a model.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(
        places: impl Places + 'static,
        models: Models,
        clock: Arc<dyn Clock>,
        limits: VectorLimits,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            places: Box::new(places),
            models,
            clock,
            limits,
            cache: Mutex::default(),
            queue: Mutex::default(),
            changed: Condvar::new(),
        });
        let worker = match &shared.models.current {
            None => None,
            Some(_) => {
                let shared = Arc::clone(&shared);
                let thread = thread::Builder::new().name("vectors".to_owned());
                Some(thread.spawn(move || worker::run(&shared)).map_err(Error::Thread)?)
            }
        };
        Ok(Self { shared, worker: Mutex::new(worker) })
    }

    /// The model in use.
    #[must_use]
    pub fn model(&self) -> Option<&ModelInfo> {
        self.shared.models.current.as_ref().map(|embed| embed.info())
    }

    /// Says that the wiki may have changed. Returns at once; many notices of one wiki are one
    /// piece of work. To be called after every write, push or restore.
    pub fn notify(&self, wiki: WikiId) {
        if self.shared.models.current.is_some() {
            self.shared.queue.lock().ask(wiki);
            self.shared.changed.notify_all();
        }
    }

    /// Waits until everything committed before the call is found by its meaning. `false` when
    /// that takes longer than `timeout`.
    pub fn wait_current(&self, wiki: WikiId, timeout: Duration) -> bool {
        let Some(deadline) = Instant::now().checked_add(timeout) else { return false };
        if self.shared.models.current.is_none() {
            return false;
        }
        let mut queue = self.shared.queue.lock();
        let ticket = queue.ask(wiki);
        self.shared.changed.notify_all();
        while !queue.is_done(wiki, ticket) {
            if queue.is_stopping() || self.shared.changed.wait_until(&mut queue, deadline).timed_out() {
                return false;
            }
        }
        true
    }

    /// Embeds all pages of a wiki anew, in the background; the vectors that there are answer
    /// meanwhile. False when that is being done already.
    ///
    /// # Errors
    /// [`Error::NoModel`].
    pub fn rebuild(&self, wiki: WikiId) -> Result<bool, Error> {
        if self.shared.models.current.is_none() {
            return Err(Error::NoModel);
        }
        let started = self.shared.queue.lock().ask_anew(wiki, self.shared.clock.now());
        self.shared.changed.notify_all();
        Ok(started)
    }

    /// Finds the pages of a wiki with passages that mean something like a text, and hands
    /// them to `read`. While pages are being embedded for the first time, those are found
    /// that already are.
    ///
    /// # Errors
    /// When there is no such wiki or no model, the model is too busy, or the file system
    /// fails.
    pub fn search<T>(&self, wiki: WikiId, asked: &Nearest<'_>, read: impl FnOnce(&Found<'_>) -> T) -> Result<T, Error> {
        let (opened, just_now) = self.shared.opened(wiki, None)?;
        if just_now {
            self.notify(wiki);
        }
        let former = opened.former.lock().clone();
        let (store, embed) = match &former {
            Some(former) => (&former.store, &former.embed),
            None => (&opened.store, self.shared.embed()?),
        };
        let query = embed.query(asked.text).map_err(Error::Model)?;
        let view = store.view();
        let matches = nearest(&view, &query, asked.floor, asked.filtered, asked.wanted);
        let pages = matches.into_iter().filter_map(|found| {
            let page = view.table().page(found.page)?;
            let score = found.score.clamp(-1.0, 1.0);
            Some(NearPage { path: page.path.clone(), blob: page.blob, score, passages: found.passages })
        });
        let pages = pages.collect();
        Ok(read(&Found { view, pages }))
    }

    /// How far the wiki's vectors are.
    ///
    /// # Errors
    /// When there is no such wiki or no model, or the file system fails.
    pub fn status(&self, wiki: WikiId) -> Result<VectorStatus, Error> {
        let (known, rebuilding) = {
            let queue = self.shared.queue.lock();
            (queue.status(wiki), queue.is_anew(wiki))
        };
        if let Some(status) = known {
            return Ok(VectorStatus { rebuilding: rebuilding || status.rebuilding, ..status });
        }
        let embed = Arc::clone(self.shared.embed()?);
        let (opened, just_now) = self.shared.opened(wiki, None)?;
        if just_now {
            self.notify(wiki);
        }
        Ok(VectorStatus { rebuilding, ..worker::status_of(&opened.store, embed.as_ref()) })
    }

    /// Lets go of a wiki that is deleted or moved: when it returns, nothing of its vectors is
    /// being written here. `Places` must not know it any more.
    pub fn forget(&self, wiki: WikiId) {
        let mut queue = self.shared.queue.lock();
        queue.forget(wiki);
        while queue.is_busy_with(wiki) {
            self.shared.changed.wait(&mut queue);
        }
        queue.forget(wiki);
        drop(queue);
        let closed = self.shared.cache.lock().slots.remove(&wiki);
        drop(closed);
    }

    /// Wikis whose vectors are in memory, and the bytes that they take.
    #[must_use]
    pub fn open(&self) -> (usize, usize) {
        let cache = self.shared.cache.lock();
        (cache.slots.len(), cache.slots.values().map(|slot| slot.memory).sum())
    }

    /// Ends the worker after what it is doing now. What was not embedded yet is embedded after
    /// the next start.
    pub fn shutdown(&self) {
        self.shared.queue.lock().stop();
        self.shared.changed.notify_all();
        if let Some(worker) = self.worker.lock().take()
            && worker.join().is_err()
        {
            tracing::error!("the worker for vectors panicked");
        }
        if let Some(embed) = &self.shared.models.current {
            embed.shutdown();
        }
    }
}

impl Drop for Vectors {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Shared {
    pub(super) fn place(&self, wiki: WikiId) -> Result<Place, Error> {
        self.places.place(wiki).map_err(Error::Source)?.ok_or(Error::UnknownWiki)
    }

    pub(super) fn embed(&self) -> Result<&Arc<dyn Embed>, Error> {
        self.models.current.as_ref().ok_or(Error::NoModel)
    }

    pub(super) fn key(&self) -> Result<Key, Error> {
        let info = self.embed()?.info();
        Ok(Key { model: info.id.clone(), dimensions: info.dimensions })
    }

    /// The vectors, and whether they were opened just now.
    pub(super) fn opened(&self, wiki: WikiId, place: Option<&Place>) -> Result<(Arc<Opened>, bool), Error> {
        let cell = self.cell(wiki);
        let mut cell = cell.lock();
        if let Some(opened) = cell.as_ref() {
            return Ok((Arc::clone(opened), false));
        }
        let dir = match place {
            Some(place) => place.dir.clone(),
            None => self.place(wiki)?.dir,
        };
        let key = self.key()?;
        let store = Arc::new(Store::open(&dir, &key, self.limits.graph_from).map_err(Error::Vectors)?);
        let former = if store.is_complete() { None } else { self.find_former(&dir, &key) };
        let opened = Arc::new(Opened { store, former: Mutex::new(former), dir });
        *cell = Some(Arc::clone(&opened));
        drop(cell);
        self.make_room(wiki, opened.memory());
        Ok((opened, true))
    }

    /// The vectors of a model that was used before, if it can still be asked.
    fn find_former(&self, dir: &std::path::Path, key: &Key) -> Option<Former> {
        for entry in std::fs::read_dir(dir).ok()?.filter_map(Result::ok) {
            let Some(other) = Key::of_file(&entry.path()).filter(|other| other != key) else { continue };
            let Some(embed) = (self.models.former)(&other.model) else { continue };
            if entry.file_name() != *file_name(&other) || embed.info().dimensions != other.dimensions {
                continue;
            }
            let Ok(store) = Store::open(dir, &other, self.limits.graph_from) else { continue };
            if store.is_complete() {
                return Some(Former { store: Arc::new(store), embed });
            }
        }
        None
    }

    /// Puts other vectors in the place of a wiki's.
    pub(super) fn replace(&self, wiki: WikiId, opened: Opened) {
        let memory = opened.memory();
        *self.cell(wiki).lock() = Some(Arc::new(opened));
        self.make_room(wiki, memory);
    }

    /// What is open, for [`Store::store_graph`] at the end.
    pub(super) fn all_open(&self) -> Vec<Arc<Opened>> {
        let cells: Vec<_> = self.cache.lock().slots.values().map(|slot| Arc::clone(&slot.cell)).collect();
        cells.iter().filter_map(|cell| cell.lock().clone()).collect()
    }

    fn cell(&self, wiki: WikiId) -> Arc<Mutex<Option<Arc<Opened>>>> {
        let mut cache = self.cache.lock();
        cache.uses += 1;
        let used = cache.uses;
        let slot = cache.slots.entry(wiki).or_default();
        slot.used = used;
        Arc::clone(&slot.cell)
    }

    /// Notes how much memory a wiki's vectors take, and closes those that were not used for
    /// longest until all keep to the limits.
    pub(super) fn make_room(&self, wiki: WikiId, memory: usize) {
        let at_work: HashSet<WikiId> = self.queue.lock().at_work();
        let mut closed = Vec::new();
        let mut cache = self.cache.lock();
        if let Some(slot) = cache.slots.get_mut(&wiki) {
            slot.memory = memory;
        }
        loop {
            let sum: usize = cache.slots.values().map(|slot| slot.memory).sum();
            if cache.slots.len() <= self.limits.open.max(1) && sum <= self.limits.memory {
                break;
            }
            let free = cache.slots.iter().filter(|(id, _)| **id != wiki && !at_work.contains(id));
            let Some(oldest) = free.min_by_key(|(_, slot)| slot.used).map(|(id, _)| *id) else { break };
            closed.extend(cache.slots.remove(&oldest));
        }
        drop(cache);
        drop(closed);
    }
}

impl Opened {
    pub(super) fn memory(&self) -> usize {
        let former = self.former.lock().as_ref().map_or(0, |former| former.store.memory());
        self.store.memory() + former
    }
}
