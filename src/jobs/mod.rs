//! Work that takes longer than a request may: one piece at a time, in the order in which it was asked
//! for, with its state to be seen. What there is to do is not written down: who asked asks again after
//! a restart.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::model::WikiId;

/// Pieces of work that wait; more are refused.
const MOST_WAITING: usize = 8;
/// Results that are kept, and for how long.
const MOST_KEPT: usize = 64;
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Names a piece of work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobId(pub u64);

/// How far a piece of work is.
#[derive(Clone, Debug)]
pub enum JobState<O> {
    Waiting,
    /// With a line for people.
    Running(String),
    Done(Arc<O>),
    Failed(String),
}

/// Too much is waiting already.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("too much is waiting already; try again later")]
pub struct TooMany;

/// What a piece of work tells, and hears whether it is still wanted.
pub struct Watch {
    line: Mutex<String>,
    stopped: AtomicBool,
}

type Work<O> = Box<dyn FnOnce(&Watch) -> Result<O, String> + Send>;

/// A worker with its queue.
pub struct Jobs<O> {
    inner: Arc<Mutex<Inner<O>>>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

struct Inner<O> {
    next: u64,
    queue: VecDeque<(JobId, Work<O>)>,
    known: VecDeque<Known<O>>,
    is_running: bool,
    is_closed: bool,
}

struct Known<O> {
    id: JobId,
    wiki: WikiId,
    since: Instant,
    watch: Arc<Watch>,
    state: JobState<O>,
}

impl Watch {
    /// Tells how far it is; false when it is to stop.
    pub fn say(&self, line: &str) -> bool {
        line.clone_into(&mut self.line.lock());
        !self.stopped.load(Ordering::Relaxed)
    }
}

impl<O: Send + Sync + 'static> Default for Jobs<O> {
    fn default() -> Self {
        let inner =
            Inner { next: 1, queue: VecDeque::new(), known: VecDeque::new(), is_running: false, is_closed: false };
        Self { inner: Arc::new(Mutex::new(inner)), worker: Mutex::default() }
    }
}

impl<O: Send + Sync + 'static> Jobs<O> {
    /// Has a piece of work done for a wiki. What it returns is kept for a day.
    ///
    /// # Errors
    /// [`TooMany`], also once the server ends.
    pub fn submit(
        &self,
        wiki: WikiId,
        work: impl FnOnce(&Watch) -> Result<O, String> + Send + 'static,
    ) -> Result<JobId, TooMany> {
        let mut inner = self.inner.lock();
        if inner.is_closed || inner.queue.len() >= MOST_WAITING {
            return Err(TooMany);
        }
        let id = JobId(inner.next);
        inner.next += 1;
        inner.known.retain(|job| job.since.elapsed() < KEPT);
        if inner.known.len() >= MOST_KEPT {
            inner.known.pop_front();
        }
        let watch = Arc::new(Watch { line: Mutex::default(), stopped: AtomicBool::new(false) });
        inner.known.push_back(Known { id, wiki, since: Instant::now(), watch, state: JobState::Waiting });
        inner.queue.push_back((id, Box::new(work)));
        if !inner.is_running {
            let shared = Arc::clone(&self.inner);
            let started = std::thread::Builder::new().name("jobs".to_owned()).spawn(move || run(&shared));
            match started {
                Ok(worker) => {
                    inner.is_running = true;
                    *self.worker.lock() = Some(worker);
                }
                Err(error) => {
                    tracing::error!(%error, "no thread for background work");
                    inner.queue.pop_back();
                    inner.known.pop_back();
                    return Err(TooMany);
                }
            }
        }
        Ok(id)
    }

    /// How far a piece of work for a wiki is; none when there is no such.
    #[must_use]
    pub fn state(&self, wiki: WikiId, id: JobId) -> Option<JobState<O>> {
        let inner = self.inner.lock();
        inner.known.iter().find(|job| job.id == id && job.wiki == wiki).map(Known::state)
    }

    /// All that is known of a wiki, the newest first.
    #[must_use]
    pub fn of_wiki(&self, wiki: WikiId) -> Vec<(JobId, JobState<O>)> {
        let inner = self.inner.lock();
        inner.known.iter().rev().filter(|job| job.wiki == wiki).map(|job| (job.id, job.state())).collect()
    }

    /// Stops a piece of work, or forgets its result.
    pub fn discard(&self, wiki: WikiId, id: JobId) {
        let mut inner = self.inner.lock();
        inner.queue.retain(|(queued, _)| *queued != id);
        inner.known.retain(|job| {
            let is_it = job.id == id && job.wiki == wiki;
            if is_it {
                job.watch.stopped.store(true, Ordering::Relaxed);
            }
            !is_it
        });
    }

    /// Ends what runs at its next word, and drops what waits. Waits for that.
    pub fn shutdown(&self) {
        {
            let mut inner = self.inner.lock();
            inner.is_closed = true;
            inner.queue.clear();
            inner.known.iter().for_each(|job| job.watch.stopped.store(true, Ordering::Relaxed));
        }
        let worker = self.worker.lock().take();
        if worker.is_some_and(|worker| worker.join().is_err()) {
            tracing::error!("background work panicked");
        }
    }
}

impl<O> Known<O> {
    fn state(&self) -> JobState<O> {
        match &self.state {
            JobState::Running(_) => JobState::Running(self.watch.line.lock().clone()),
            JobState::Waiting => JobState::Waiting,
            JobState::Done(outcome) => JobState::Done(Arc::clone(outcome)),
            JobState::Failed(text) => JobState::Failed(text.clone()),
        }
    }
}

/// Works until nothing waits.
fn run<O>(shared: &Mutex<Inner<O>>) {
    loop {
        let (id, work, watch) = {
            let mut inner = shared.lock();
            let Some((id, work)) = inner.queue.pop_front() else {
                inner.is_running = false;
                return;
            };
            let Some(job) = inner.known.iter_mut().find(|job| job.id == id) else { continue };
            job.state = JobState::Running(String::new());
            (id, work, Arc::clone(&job.watch))
        };
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&watch)));
        let state = match done {
            Ok(Ok(outcome)) => JobState::Done(Arc::new(outcome)),
            Ok(Err(text)) => JobState::Failed(text),
            Err(_panic) => JobState::Failed("something went wrong on the server".to_owned()),
        };
        if let Some(job) = shared.lock().known.iter_mut().find(|job| job.id == id) {
            job.state = state;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const WIKI: WikiId = WikiId(7);

    fn until<O: Send + Sync + 'static>(jobs: &Jobs<O>, id: JobId, wanted: impl Fn(&JobState<O>) -> bool) {
        let begun = Instant::now();
        while !jobs.state(WIKI, id).is_some_and(|state| wanted(&state)) {
            assert!(begun.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn work_is_done_in_order_and_its_state_is_seen() {
        let jobs = Jobs::default();
        let (go, wait) = mpsc::channel::<()>();
        let first = jobs
            .submit(WIKI, move |watch| {
                watch.say("half");
                wait.recv().unwrap();
                Ok(1)
            })
            .unwrap();
        let second = jobs.submit(WIKI, |_| Err("no".to_owned())).unwrap();
        let third = jobs.submit(WIKI, |_| panic!("a bug")).unwrap();
        until(&jobs, first, |state| matches!(state, JobState::Running(line) if line == "half"));
        assert!(matches!(jobs.state(WIKI, second), Some(JobState::Waiting)));
        assert!(jobs.state(WikiId(8), first).is_none(), "another wiki's");
        go.send(()).unwrap();
        until(&jobs, third, |state| matches!(state, JobState::Failed(_)));
        assert!(matches!(jobs.state(WIKI, first), Some(JobState::Done(one)) if *one == 1));
        assert!(matches!(jobs.state(WIKI, second), Some(JobState::Failed(text)) if text == "no"));
        assert_eq!(jobs.of_wiki(WIKI).len(), 3);
        jobs.discard(WIKI, first);
        assert!(jobs.state(WIKI, first).is_none());
        // The worker ended and is started again.
        let fourth = jobs.submit(WIKI, |_| Ok(4)).unwrap();
        until(&jobs, fourth, |state| matches!(state, JobState::Done(_)));
    }

    #[test]
    fn the_queue_is_bounded_and_shutdown_stops_what_runs() {
        let jobs = Jobs::<()>::default();
        let endless = |watch: &Watch| {
            while watch.say("on and on") {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err("stopped".to_owned())
        };
        let first = jobs.submit(WIKI, endless).unwrap();
        until(&jobs, first, |state| matches!(state, JobState::Running(_)));
        for _ in 0..MOST_WAITING {
            jobs.submit(WIKI, endless).unwrap();
        }
        assert!(jobs.submit(WIKI, endless).is_err());
        jobs.shutdown();
        assert!(matches!(jobs.state(WIKI, first), Some(JobState::Failed(text)) if text == "stopped"));
        assert!(jobs.submit(WIKI, endless).is_err());
    }
}
