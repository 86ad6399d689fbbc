//! Git is the queue: a notice only says "look again". The worker compares the commit that an
//! index reflects with the wiki's tip and applies the difference. After a crash, a push or a
//! restore it is the same code.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::indexes::Shared;
use super::{Error, Place, TextIndex};
use crate::model::{Revision, WikiId};

/// The pause after a first failure; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Without work for so long, segments are merged.
const IDLE: Duration = Duration::from_secs(1);
/// After so many commits they are merged in any case.
const MOST_UNTIDY: u32 = 32;

/// How far a wiki's index is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The commit whose pages are found.
    pub indexed: Option<Revision>,
    /// Pages in the index.
    pub documents: usize,
    /// Why the last attempt failed; `None` after one that succeeded.
    pub last_error: Option<String>,
    /// Whether all pages are being indexed anew.
    pub rebuilding: bool,
}

/// Which wikis are to be looked at: each at most once.
#[derive(Default)]
pub(super) struct Queue {
    ready: VecDeque<WikiId>,
    later: BTreeSet<(Instant, WikiId)>,
    untidy: BTreeSet<WikiId>,
    wikis: HashMap<WikiId, Entry>,
    busy: Option<WikiId>,
    stopping: bool,
}

#[derive(Default)]
struct Entry {
    status: Status,
    /// Notices so far, and how many of them the last successful pass came after.
    asked: u64,
    done: u64,
    queued: bool,
    /// Whether `status` comes from a pass.
    known: bool,
    failures: u32,
    commits: u32,
    /// All pages are to be indexed anew, whatever the index reflects.
    anew: bool,
}

enum Job {
    Follow(WikiId, u64),
    Tidy(WikiId),
}

impl Queue {
    /// Returns the number of the notice.
    pub(super) fn ask(&mut self, wiki: WikiId) -> u64 {
        let entry = self.wikis.entry(wiki).or_default();
        entry.asked += 1;
        if !entry.queued {
            entry.queued = true;
            self.ready.push_back(wiki);
        }
        entry.asked
    }

    /// Asks for all pages to be indexed anew; false when that is already so.
    pub(super) fn ask_anew(&mut self, wiki: WikiId) -> bool {
        let entry = self.wikis.entry(wiki).or_default();
        let first = !std::mem::replace(&mut entry.anew, true);
        self.ask(wiki);
        first
    }

    pub(super) fn is_anew(&self, wiki: WikiId) -> bool {
        self.wikis.get(&wiki).is_some_and(|entry| entry.anew)
    }

    pub(super) fn has(&self, wiki: WikiId, revision: Option<Revision>) -> bool {
        revision.is_some() && self.wikis.get(&wiki).is_some_and(|entry| entry.status.indexed == revision)
    }

    pub(super) fn is_done(&self, wiki: WikiId, notice: u64) -> bool {
        self.wikis.get(&wiki).is_some_and(|entry| entry.done >= notice)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping
    }

    pub(super) fn is_busy_with(&self, wiki: WikiId) -> bool {
        self.busy == Some(wiki)
    }

    pub(super) fn status(&self, wiki: WikiId) -> Option<Status> {
        self.wikis.get(&wiki).filter(|entry| entry.known).map(|entry| entry.status.clone())
    }

    pub(super) fn forget(&mut self, wiki: WikiId) {
        self.wikis.remove(&wiki);
        self.untidy.remove(&wiki);
        self.ready.retain(|queued| *queued != wiki);
        self.later.retain(|(_, queued)| *queued != wiki);
    }

    pub(super) fn stop(&mut self) {
        self.stopping = true;
    }

    fn next(&mut self, now: Instant) -> Option<Job> {
        while let Some((due, wiki)) = self.later.first().copied()
            && due <= now
        {
            self.later.pop_first();
            self.ask(wiki);
        }
        while let Some(wiki) = self.ready.pop_front() {
            if let Some(entry) = self.wikis.get_mut(&wiki) {
                entry.queued = false;
                self.busy = Some(wiki);
                return Some(if entry.commits >= MOST_UNTIDY {
                    // Comes round again right after.
                    entry.commits = 0;
                    entry.queued = true;
                    self.ready.push_front(wiki);
                    Job::Tidy(wiki)
                } else {
                    Job::Follow(wiki, entry.asked)
                });
            }
        }
        None
    }

    fn next_idle(&mut self) -> Option<Job> {
        let wiki = self.untidy.pop_first()?;
        self.busy = Some(wiki);
        if let Some(entry) = self.wikis.get_mut(&wiki) {
            entry.commits = 0;
        }
        Some(Job::Tidy(wiki))
    }

    fn finish(&mut self, wiki: WikiId, notice: u64, result: Result<Pass, Error>) {
        let Some(entry) = self.wikis.get_mut(&wiki) else {
            return;
        };
        entry.known = true;
        entry.status.rebuilding = false;
        match result {
            Ok(pass) => {
                entry.status = Status { indexed: pass.indexed, documents: pass.documents, ..Status::default() };
                entry.done = notice;
                entry.anew &= !pass.anew;
                entry.failures = 0;
                if pass.changed {
                    entry.commits += 1;
                    self.untidy.insert(wiki);
                }
            }
            Err(Error::UnknownWiki) => self.forget(wiki),
            Err(error) => {
                tracing::warn!(%wiki, %error, "text index not brought up to date, will retry");
                entry.status.last_error = Some(error.to_string());
                let pause = FIRST_PAUSE.saturating_mul(1 << entry.failures.min(16)).min(LONGEST_PAUSE);
                entry.failures = entry.failures.saturating_add(1);
                self.later.retain(|(_, queued)| *queued != wiki);
                self.later.insert((Instant::now() + pause, wiki));
            }
        }
    }
}

/// The worker's life.
pub(super) fn run(shared: &Shared) {
    while let Some(job) = wait_for_work(shared) {
        match job {
            Job::Follow(wiki, notice) => {
                shared.pin(Some(wiki));
                let result = catch_unwind(AssertUnwindSafe(|| follow(shared, wiki)))
                    .unwrap_or_else(|_| Err(Error::Damaged("panic while following the wiki".to_owned())));
                shared.queue.lock().finish(wiki, notice, result);
            }
            Job::Tidy(wiki) => {
                shared.pin(Some(wiki));
                if let Some(index) = shared.open_handle(wiki)
                    && let Err(error) = index.tidy()
                {
                    tracing::warn!(%wiki, %error, "merging the text index failed");
                    shared.queue.lock().ask(wiki);
                }
            }
        }
        shared.pin(None);
        shared.queue.lock().busy = None;
        shared.changed.notify_all();
    }
}

/// `None` when the worker is to end.
fn wait_for_work(shared: &Shared) -> Option<Job> {
    let mut queue = shared.queue.lock();
    loop {
        if queue.stopping {
            return None;
        }
        let now = Instant::now();
        if let Some(job) = queue.next(now) {
            return Some(job);
        }
        let retry = queue.later.first().map(|(due, _)| *due);
        let idle = (!queue.untidy.is_empty()).then(|| now + IDLE);
        match retry.into_iter().chain(idle).min() {
            None => shared.changed.wait(&mut queue),
            Some(until) => {
                let idled = shared.changed.wait_until(&mut queue, until).timed_out() && idle == Some(until);
                if idled && queue.ready.is_empty() {
                    return queue.next_idle();
                }
            }
        }
    }
}

struct Pass {
    indexed: Option<Revision>,
    documents: usize,
    changed: bool,
    /// Whether all pages were indexed anew because somebody asked for it.
    anew: bool,
}

fn follow(shared: &Shared, wiki: WikiId) -> Result<Pass, Error> {
    let place = shared.place(wiki)?;
    let (index, _) = shared.handle(wiki, Some(&place))?;
    let anew = shared.queue.lock().is_anew(wiki);
    let changed = update(&index, &place, anew, || {
        let mut queue = shared.queue.lock();
        if let Some(entry) = queue.wikis.get_mut(&wiki) {
            entry.known = true;
            entry.status.rebuilding = true;
        }
    })?;
    Ok(Pass { indexed: index.reflects(), documents: index.documents(), changed, anew })
}

/// Brings an index to the tip; returns whether anything was written.
fn update(index: &TextIndex, place: &Place, anew: bool, rebuilding: impl FnOnce()) -> Result<bool, Error> {
    let source = place.source.as_ref();
    let Some(tip) = source.tip().map_err(Error::Source)? else {
        let written = index.reflects().is_some();
        if written {
            index.clear()?;
        }
        return Ok(written);
    };
    let from = index.reflects();
    let kept = index.language() == place.language && index.link_order() == source.link_order() && !anew;
    if from == Some(tip) && kept {
        return Ok(false);
    }
    if from.is_some()
        && kept
        && let Some(changes) = source.changes(from, tip).map_err(Error::Source)?
    {
        index.apply(&changes, source, tip)?;
        return Ok(true);
    }
    rebuilding();
    let pages = source.changes(None, tip).map_err(Error::Source)?;
    let pages = pages.ok_or_else(|| Error::Source("the wiki's tip is not among its commits".into()))?;
    index.replace(&pages, source, tip, place.language)?;
    Ok(true)
}
