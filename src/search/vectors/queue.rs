use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::plan::Step;
use crate::model::{Revision, UnixSeconds, WikiId};
use crate::search::Error;

/// The pause after a first failure; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// After so many slices for changes, what takes long has its turn.
const IN_A_ROW: u32 = 3;

/// How far a wiki's vectors are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VectorStatus {
    /// The commit whose pages are found; none while some are still to be embedded.
    pub indexed: Option<Revision>,
    /// Pages and passages that are found.
    pub pages: usize,
    pub passages: usize,
    /// The model that reads queries and passages.
    pub model: Option<String>,
    /// Pages embedded and pages to embed, of what is being done now.
    pub progress: Option<Progress>,
    /// Whether all pages are being embedded anew.
    pub rebuilding: bool,
    /// Why the last attempt failed; none after one that succeeded.
    pub last_error: Option<String>,
    /// When the last embedding of all pages began and ended, since the start.
    pub started: Option<UnixSeconds>,
    pub finished: Option<UnixSeconds>,
    /// Bytes on disk and in memory.
    pub disk: u64,
    pub memory: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    pub done: usize,
    pub total: usize,
}

/// Which wikis are to be worked on: each at most once in either list.
#[derive(Default)]
pub(super) struct Queue {
    /// Something has changed there.
    changed: VecDeque<WikiId>,
    /// There is more to do.
    unfinished: VecDeque<WikiId>,
    in_a_row: u32,
    later: BTreeSet<(Instant, WikiId)>,
    wikis: HashMap<WikiId, Entry>,
    busy: Option<WikiId>,
    stopping: bool,
}

#[derive(Default)]
struct Entry {
    status: VectorStatus,
    known: bool,
    /// Notices so far, and how many of them the last pass that reached the tip came after.
    asked: u64,
    done: u64,
    failures: u32,
    /// All pages are to be embedded anew.
    anew: bool,
}

/// What a slice left behind.
pub(super) struct Report {
    pub(super) step: Step,
    /// There is more to do besides: a rebuilding, a graph.
    pub(super) more: bool,
    pub(super) status: VectorStatus,
}

impl Queue {
    pub(super) fn ask(&mut self, wiki: WikiId) -> u64 {
        let entry = self.wikis.entry(wiki).or_default();
        entry.asked += 1;
        if !self.changed.contains(&wiki) {
            self.changed.push_back(wiki);
        }
        self.wikis.get(&wiki).map_or(0, |entry| entry.asked)
    }

    /// Asks for all pages to be embedded anew; false when that is already so.
    pub(super) fn ask_anew(&mut self, wiki: WikiId, now: UnixSeconds) -> bool {
        let entry = self.wikis.entry(wiki).or_default();
        if entry.anew {
            return false;
        }
        entry.anew = true;
        entry.status.rebuilding = true;
        entry.status.started = Some(now);
        entry.status.finished = None;
        self.ask(wiki);
        true
    }

    pub(super) fn is_anew(&self, wiki: WikiId) -> bool {
        self.wikis.get(&wiki).is_some_and(|entry| entry.anew)
    }

    pub(super) fn is_done(&self, wiki: WikiId, notice: u64) -> bool {
        self.wikis.get(&wiki).is_some_and(|entry| entry.done >= notice)
    }

    pub(super) fn status(&self, wiki: WikiId) -> Option<VectorStatus> {
        self.wikis.get(&wiki).filter(|entry| entry.known).map(|entry| entry.status.clone())
    }

    pub(super) fn knows(&self, wiki: WikiId) -> bool {
        self.wikis.contains_key(&wiki)
    }

    pub(super) const fn is_stopping(&self) -> bool {
        self.stopping
    }

    pub(super) fn stop(&mut self) {
        self.stopping = true;
    }

    pub(super) fn is_busy_with(&self, wiki: WikiId) -> bool {
        self.busy == Some(wiki)
    }

    pub(super) fn idle(&mut self) {
        self.busy = None;
    }

    pub(super) fn forget(&mut self, wiki: WikiId) {
        self.wikis.remove(&wiki);
        self.changed.retain(|queued| *queued != wiki);
        self.unfinished.retain(|queued| *queued != wiki);
        self.later.retain(|(_, queued)| *queued != wiki);
    }

    /// The wikis whose work is not to be thrown away.
    pub(super) fn at_work(&self) -> HashSet<WikiId> {
        self.changed.iter().chain(&self.unfinished).chain(&self.busy).copied().collect()
    }

    /// The next wiki, with the number of its last notice.
    pub(super) fn next(&mut self, now: Instant) -> Option<(WikiId, u64)> {
        while let Some((due, wiki)) = self.later.first().copied()
            && due <= now
        {
            self.later.pop_first();
            self.ask(wiki);
        }
        let wiki = if self.in_a_row >= IN_A_ROW && !self.unfinished.is_empty() {
            self.in_a_row = 0;
            self.unfinished.pop_front()
        } else {
            self.in_a_row += 1;
            self.changed.pop_front().or_else(|| self.unfinished.pop_front())
        }?;
        // One slice answers both.
        self.unfinished.retain(|queued| *queued != wiki);
        self.changed.retain(|queued| *queued != wiki);
        self.busy = Some(wiki);
        Some((wiki, self.wikis.entry(wiki).or_default().asked))
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.later.first().map(|(due, _)| *due)
    }

    pub(super) fn finish(&mut self, wiki: WikiId, notice: u64, result: Result<Report, Error>, now: UnixSeconds) {
        let Some(entry) = self.wikis.get_mut(&wiki) else { return };
        entry.known = true;
        match result {
            Ok(report) => {
                let (mut started, mut finished) = (entry.status.started, entry.status.finished);
                if report.status.rebuilding && (started.is_none() || finished.is_some()) {
                    (started, finished) = (Some(now), None);
                }
                if !report.status.rebuilding && started.is_some() && finished.is_none() {
                    finished = Some(now);
                }
                entry.anew &= report.status.rebuilding;
                entry.status = VectorStatus { started, finished, ..report.status };
                entry.failures = 0;
                if report.step.finished {
                    entry.done = notice;
                }
                if (report.more || !report.step.finished) && !self.unfinished.contains(&wiki) {
                    self.unfinished.push_back(wiki);
                }
            }
            Err(Error::UnknownWiki) => self.forget(wiki),
            Err(error) => {
                tracing::warn!(%wiki, %error, "vectors not brought up to date, will retry");
                entry.status.last_error = Some(error.to_string());
                let pause = FIRST_PAUSE.saturating_mul(1 << entry.failures.min(16)).min(LONGEST_PAUSE);
                entry.failures = entry.failures.saturating_add(1);
                self.later.retain(|(_, queued)| *queued != wiki);
                self.later.insert((Instant::now() + pause, wiki));
            }
        }
    }
}
