use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use parking_lot::{Mutex, MutexGuard, RwLock, RwLockUpgradableReadGuard};

use super::feed::Listeners;
use super::housekeeping::Housekeeping;
use super::settings::Style;
use super::source::{RepoSource, WikiPlaces};
use super::{AccessError, ImportDone, WikiError};
use crate::catalog::{Catalog, Past, PastError, State};
use crate::clock::Clock;
use crate::config::Limits;
use crate::jobs::Jobs;
use crate::model::{Preferences, Revision, RevisionPrefix, Slug, WikiId};
use crate::repo::{Disk, Repo};
use crate::search::{self, Indexes, Models, Place, VectorLimits, Vectors};
use crate::store::{CountersRecord, Store, StoreError};

/// Wikis kept open when nobody uses them.
const KEPT_OPEN: usize = 128;

/// What [`Wikis`] is made of.
pub struct WikisConfig {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub disk: Arc<dyn Disk>,
    pub limits: Limits,
    /// The data directory; wikis are in `wikis/{slug}` below it.
    pub data_dir: PathBuf,
    /// What embeds pages and queries.
    pub models: Models,
}

/// All wikis of the installation.
pub struct Wikis {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    disk: Arc<dyn Disk>,
    limits: Limits,
    data_dir: PathBuf,
    indexes: Indexes,
    vectors: Vectors,
    open: Mutex<OpenWikis>,
    listeners: Arc<Listeners>,
    jobs: Jobs<ImportDone>,
    housekeeping: Housekeeping,
    /// Held while a wiki is created or deleted.
    pub(super) lifecycle: Mutex<()>,
}

/// Each wiki is open at most once, however long somebody holds it; the most recently used
/// stay open without being held.
#[derive(Default)]
struct OpenWikis {
    all: HashMap<WikiId, Slot>,
    recent: Vec<Arc<Wiki>>,
    /// Wikis that were deleted while somebody was using them.
    leaving: Vec<(Slug, Weak<Wiki>)>,
}

/// Locked while the wiki is being opened, so that others need not wait for that.
type Slot = Arc<Mutex<Weak<Wiki>>>;

/// One open wiki.
pub struct Wiki {
    id: WikiId,
    repo: Arc<Repo>,
    catalog: Arc<Catalog>,
    /// As the store has them; who changes them there changes them here.
    preferences: RwLock<Arc<Preferences>>,
    /// The style sheet of those preferences, once somebody has asked for it.
    style: Mutex<Option<(Arc<Preferences>, Arc<Style>)>>,
    /// Writers take turns; true once the wiki is deleted.
    writing: Mutex<bool>,
}

impl Wikis {
    /// Starts the workers that keep the search indexes at their wikis' tips, and the housekeeping.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(config: WikisConfig) -> Result<Arc<Self>, WikiError> {
        let WikisConfig { store, clock, disk, limits, data_dir, models } = config;
        let places = WikiPlaces::default();
        let indexes = Indexes::start(places.below("text"), search::Limits::default())?;
        let vectors = Vectors::start(places.below("vectors"), models, Arc::clone(&clock), VectorLimits::default())?;
        let housekeeping = Housekeeping::start(Arc::clone(&store), Arc::clone(&clock))?;
        let wikis = Arc::new(Self {
            store,
            clock,
            disk,
            limits,
            data_dir,
            indexes,
            vectors,
            open: Mutex::default(),
            listeners: Arc::default(),
            jobs: Jobs::default(),
            housekeeping,
            lifecycle: Mutex::new(()),
        });
        places.serve(&wikis);
        Ok(wikis)
    }

    /// Ends the workers; what is not indexed yet is indexed after the next start.
    pub fn shutdown(&self) {
        self.jobs.shutdown();
        self.housekeeping.stop();
        self.vectors.shutdown();
        self.indexes.shutdown();
        let slots: Vec<_> = self.open.lock().all.values().map(Arc::clone).collect();
        for slot in slots {
            let wiki = slot.lock().upgrade();
            if let Some(wiki) = wiki {
                wiki.catalog.store();
            }
        }
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    pub(super) fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.disk)
    }

    pub(super) fn indexes(&self) -> &Indexes {
        &self.indexes
    }

    pub(super) fn vectors(&self) -> &Vectors {
        &self.vectors
    }

    /// Says that a wiki may have changed.
    pub(super) fn notify_indexes(&self, id: WikiId) {
        self.indexes.notify(id);
        self.vectors.notify(id);
    }

    /// Lets go of the indexes of a wiki whose record was removed.
    pub(super) fn forget_indexes(&self, id: WikiId) {
        self.indexes.forget(id);
        self.vectors.forget(id);
    }

    pub(super) fn jobs(&self) -> &Jobs<ImportDone> {
        &self.jobs
    }

    pub(super) fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn wikis_dir(&self) -> PathBuf {
        self.data_dir.join("wikis")
    }

    pub(super) fn wiki_dir(&self, slug: &Slug) -> PathBuf {
        self.wikis_dir().join(slug.as_str())
    }

    /// The wiki, opened if it is not: stale locks of a crash are removed, derived data is
    /// brought to the tip, and counters that lag behind it are repaired.
    pub(super) fn open(&self, id: WikiId, slug: &Slug) -> Result<Arc<Wiki>, WikiError> {
        let slot = {
            let mut open = self.open.lock();
            let slot = open.slot(id);
            if let Some(wiki) = slot.try_lock().and_then(|wiki| wiki.upgrade()) {
                open.touch(&wiki);
                return Ok(wiki);
            }
            slot
        };
        let mut opening = slot.lock();
        if let Some(wiki) = opening.upgrade() {
            return Ok(wiki);
        }
        // Who deletes a wiki removes its record before its slot: what has no record any
        // more is not opened, because its directory may belong to another wiki by now.
        let preferences = self.store().read(|tx| {
            let known = tx.wiki(id)?.is_some();
            Ok::<_, StoreError>(if known { Some(tx.preferences(id)?) } else { None })
        })?;
        let preferences = preferences.ok_or_else(|| AccessError::NoSuchWiki(slug.to_string()))?;
        let dir = self.wiki_dir(slug);
        let mut repo = Repo::open(self.disk(), &dir.join("repo.git"))?;
        let listeners = Arc::clone(&self.listeners);
        repo.on_move(move || listeners.tell(id));
        let repo = Arc::new(repo);
        let wiki = Arc::new(Wiki {
            id,
            repo,
            catalog: Arc::new(Catalog::open(preferences.link_order, &dir.join("index").join("catalog.bin"))),
            preferences: RwLock::new(Arc::new(preferences)),
            style: Mutex::default(),
            writing: Mutex::new(false),
        });
        *opening = Arc::downgrade(&wiki);
        drop(opening);
        self.open.lock().touch(&wiki);
        self.notify_indexes(id);
        if let Err(error) = self.repair_counters(&wiki) {
            // Its repository can be fetched all the same.
            tracing::error!(wiki.slug = %slug, %error, "the counters of a wiki could not be compared with it");
        }
        Ok(wiki)
    }

    /// Where an index of a wiki is, by its name below `index/`, and what it reads; none when
    /// there is no such wiki.
    pub(super) fn index_place(&self, id: WikiId, name: &str) -> Result<Option<Place>, WikiError> {
        let Some(record) = self.store().read(|tx| tx.wiki(id))? else { return Ok(None) };
        let wiki = self.open(id, &record.slug)?;
        let dir = self.wiki_dir(&record.slug).join("index").join(name);
        let source =
            Arc::new(RepoSource::new(Arc::clone(&wiki.repo), Arc::clone(&wiki.catalog), wiki.preferences().link_order));
        Ok(Some(Place { dir, language: record.language, source }))
    }

    /// As if nobody had ever used the wiki since the start.
    #[cfg(test)]
    pub(super) fn close(&self, id: WikiId) {
        let mut open = self.open.lock();
        open.recent.retain(|wiki| wiki.id != id);
        open.all.remove(&id);
    }

    /// Closes a wiki whose record was removed. Nobody opens it again; who uses it still
    /// may read on, but not write.
    pub(super) fn forget(&self, id: WikiId, slug: &Slug) {
        let slot = {
            let mut open = self.open.lock();
            open.recent.retain(|wiki| wiki.id != id);
            open.all.remove(&id)
        };
        self.listeners.tell(id);
        let Some(wiki) = slot.and_then(|slot| std::mem::take(&mut *slot.lock()).upgrade()) else { return };
        wiki.close_for_writing();
        self.open.lock().leaving.push((slug.clone(), Arc::downgrade(&wiki)));
    }

    /// Whether somebody still uses a deleted wiki of this slug. What they read is found by
    /// the directory's name, which must not become another wiki's meanwhile.
    pub(super) fn is_still_used(&self, slug: &Slug) -> bool {
        let mut open = self.open.lock();
        open.leaving.retain(|(_, wiki)| wiki.strong_count() > 0);
        open.leaving.iter().any(|(left, _)| left == slug)
    }

    /// Makes the stored counters say what the tip says; a crash between a commit and its
    /// transaction is repaired forward here (design section 4.2).
    fn repair_counters(&self, wiki: &Wiki) -> Result<(), WikiError> {
        let stored = self.store().read(|tx| tx.counters(wiki.id))?;
        let current = counters(&*wiki.current()?);
        if stored != Some(current) {
            self.store().write(|tx| tx.set_counters(wiki.id, &current))?;
        }
        Ok(())
    }

    /// The counters of a wiki as the store has them.
    ///
    /// # Errors
    /// On a storage failure.
    pub(super) fn counters_of(&self, id: WikiId) -> Result<Option<CountersRecord>, WikiError> {
        Ok(self.store().read(|tx| tx.counters(id))?)
    }
}

impl OpenWikis {
    fn slot(&mut self, id: WikiId) -> Slot {
        if let Some(slot) = self.all.get(&id) {
            return Arc::clone(slot);
        }
        let in_use =
            |slot: &Slot| Arc::strong_count(slot) > 1 || slot.try_lock().is_none_or(|wiki| wiki.strong_count() > 0);
        self.all.retain(|_, slot| in_use(slot));
        Arc::clone(self.all.entry(id).or_default())
    }

    fn touch(&mut self, wiki: &Arc<Wiki>) {
        if !self.all.contains_key(&wiki.id) {
            return;
        }
        self.recent.retain(|other| other.id != wiki.id);
        if self.recent.len() >= KEPT_OPEN {
            self.recent.remove(0);
        }
        self.recent.push(Arc::clone(wiki));
    }
}

pub(super) fn counters(state: &State) -> CountersRecord {
    CountersRecord {
        commit: state.commit(),
        pages: state.page_count(),
        attachments: state.attachment_count(),
        bytes: state.bytes(),
    }
}

impl Wiki {
    #[must_use]
    pub const fn id(&self) -> WikiId {
        self.id
    }

    #[must_use]
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// The metadata as of the tip.
    pub(super) fn current(&self) -> Result<parking_lot::RwLockReadGuard<'_, State>, WikiError> {
        self.catalog.catch_up(&self.repo)?;
        Ok(self.catalog.read())
    }

    /// The one commit of the history that begins with a prefix; none when there is none or
    /// more than one.
    pub(super) fn find(&self, prefix: &RevisionPrefix) -> Result<Option<Revision>, WikiError> {
        Ok(self.current()?.log().find(prefix))
    }

    /// The metadata as of the last time somebody asked for the tip.
    pub(super) fn known(&self) -> parking_lot::RwLockReadGuard<'_, State> {
        self.catalog.read()
    }

    /// The pages as of a commit of the past; at most `most` of them are read for it.
    pub(super) fn past(&self, revision: Revision, most: usize) -> Result<Past, PastError> {
        self.catalog.at(&self.repo, revision, most)
    }

    /// How its owner wants it.
    pub(super) fn preferences(&self) -> Arc<Preferences> {
        Arc::clone(&self.preferences.read())
    }

    /// The style sheet that these preferences ask for.
    pub(super) fn style(&self, preferences: &Arc<Preferences>) -> Option<Arc<Style>> {
        if preferences.css.is_empty() {
            return None;
        }
        let mut kept = self.style.lock();
        if let Some((of, style)) = &*kept
            && Arc::ptr_eq(of, preferences)
        {
            return Some(Arc::clone(style));
        }
        let style = Arc::new(Style::of(&preferences.css));
        *kept = Some((Arc::clone(preferences), Arc::clone(&style)));
        Some(style)
    }

    /// Changes how its owner wants it: `store` does so durably, and says what they are now.
    /// Who asks meanwhile gets what was or what is, never what was not stored.
    pub(super) fn change_preferences(
        &self,
        store: impl FnOnce() -> Result<Preferences, WikiError>,
    ) -> Result<(), WikiError> {
        let kept = self.preferences.upgradable_read();
        let now = Arc::new(store()?);
        *RwLockUpgradableReadGuard::upgrade(kept) = now;
        Ok(())
    }

    pub(super) fn tip(&self) -> Result<Option<Revision>, WikiError> {
        Ok(self.repo.tip()?)
    }

    /// Waits for its turn to write; refuses once the wiki is deleted.
    pub(super) fn begin_writing(&self) -> Result<MutexGuard<'_, bool>, WikiError> {
        let writing = self.writing.lock();
        if *writing { Err(WikiError::Busy) } else { Ok(writing) }
    }

    /// Ends all writing, now and later.
    pub(super) fn close_for_writing(&self) {
        *self.writing.lock() = true;
    }
}
