//! Threads that embed texts: queries before passages, in batches that take
//! milliseconds, so that a query never waits long. A single text is embedded by all threads
//! that have nothing else to do.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::meeting::Meeting;

/// More threads than any machine has cores are a mistake.
const MOST_THREADS: usize = 1024;
/// Queries that may wait; the next is refused.
const WAITING_QUERIES: usize = 256;
/// What a batch of passages should take at the most: a query may have to wait for one.
const BATCH_TIME: Duration = Duration::from_millis(8);
/// Tokens of a batch, whatever its time: fewer do not use a weight often enough once it is read, more do not
/// fit the cache.
const BATCH_TOKENS: std::ops::RangeInclusive<usize> = 64..=512;
/// How long a thread waits for those that were idle to help it: waking one takes some tens of microseconds, but
/// where others use the processor it may not come for long.
const ASSEMBLY: Duration = Duration::from_micros(300);
/// Passages that are sorted by length and handed out together.
const WINDOW: usize = 256;

/// What the threads run.
pub(crate) trait Encode: Send + Sync + 'static {
    /// A text, cut into tokens.
    type Input: Send;
    /// What a thread computes in, kept from one batch to the next.
    type Space: Default;
    /// What threads share that embed one text together.
    type Team: Send + Sync + 'static;

    /// Components of a vector.
    fn dimensions(&self) -> usize;

    /// How many tokens a text has.
    fn length(input: &Self::Input) -> usize;

    /// Writes the vectors of texts behind each other into `out`, of as many times `dimensions`.
    ///
    /// # Errors
    /// What is wrong with a text.
    fn embed(&self, space: &mut Self::Space, batch: &[Self::Input], out: &mut [f32]) -> Result<(), String>;

    /// A team of two to `threads` members for a text; none for one that is not worth it.
    fn team(&self, input: &Self::Input, threads: usize) -> Option<Self::Team>;

    fn meeting(team: &Self::Team) -> &Meeting;

    /// Does a member's part; false when another one left.
    fn take_part(&self, team: &Self::Team, member: usize, space: &mut Self::Space) -> bool;

    /// Writes the vector of a team whose members are done.
    fn team_vector(&self, team: &Self::Team, out: &mut [f32]);
}

/// The threads and what waits for them.
pub(crate) struct Pool<E: Encode> {
    shared: Arc<Shared<E>>,
    threads: usize,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared<E: Encode> {
    encoder: E,
    queue: Mutex<Queue<E>>,
    /// There is something to do, or the end.
    work: Condvar,
    /// There is room for passages, or the end.
    room: Condvar,
    waiting_batches: usize,
    /// Tokens of the next batches of passages, so that each takes [`BATCH_TIME`] on this machine.
    batch_tokens: AtomicUsize,
}

struct Queue<E: Encode> {
    queries: VecDeque<Batch<E::Input>>,
    passages: VecDeque<Batch<E::Input>>,
    /// Parts of texts that are being embedded, each for a thread that is idle.
    parts: VecDeque<Part<E>>,
    /// Threads that wait for something to do.
    idle: usize,
    ended: bool,
}

/// A team, and which member of it somebody is to be.
type Part<E> = (Arc<<E as Encode>::Team>, usize);

/// What a thread does next.
enum Task<E: Encode> {
    Batch { batch: Batch<E::Input>, is_passages: bool, team: Option<Arc<E::Team>> },
    Part(Part<E>),
}

/// Texts that are embedded together.
struct Batch<I> {
    /// Where each was in the request.
    places: Vec<usize>,
    inputs: Vec<I>,
    answer: Sender<Answer>,
}

/// The vectors of the texts at these places, behind each other.
type Answer = (Vec<usize>, Result<Vec<f32>, Error>);

impl<E: Encode> Pool<E> {
    /// Starts `threads` workers, 0 for as many as the machine has cores.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub(crate) fn start(encoder: E, threads: usize) -> Result<Self, Error> {
        let threads = if threads == 0 { thread::available_parallelism().map_or(1, usize::from) } else { threads };
        let threads = threads.min(MOST_THREADS);
        let shared = Arc::new(Shared {
            encoder,
            queue: Mutex::new(Queue {
                queries: VecDeque::new(),
                passages: VecDeque::new(),
                parts: VecDeque::new(),
                idle: 0,
                ended: false,
            }),
            work: Condvar::new(),
            room: Condvar::new(),
            waiting_batches: 2 * threads,
            batch_tokens: AtomicUsize::new(*BATCH_TOKENS.start()),
        });
        let pool = Self { shared, threads, workers: Mutex::default() };
        for number in 0..threads {
            let shared = Arc::clone(&pool.shared);
            let worker = thread::Builder::new().name(format!("embed-{number}")).spawn(move || shared.run())?;
            pool.workers.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        }
        Ok(pool)
    }

    pub(crate) fn encoder(&self) -> &E {
        &self.shared.encoder
    }

    /// Embeds one text before all passages.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait already.
    pub(crate) fn query(&self, input: E::Input) -> Result<Vec<f32>, Error> {
        let (answer, answered) = channel();
        {
            let mut queue = self.shared.lock();
            if queue.ended {
                return Err(Error::Stopped);
            }
            if queue.queries.len() >= WAITING_QUERIES {
                return Err(Error::Busy);
            }
            queue.queries.push_back(Batch { places: vec![0], inputs: vec![input], answer });
        }
        self.shared.work.notify_one();
        answered.recv().map_or(Err(Error::Stopped), |(_, vector)| vector)
    }

    /// Embeds texts when no query waits; they are taken as there is room for them.
    ///
    /// # Errors
    /// The first of an item, or [`Error::Stopped`].
    pub(crate) fn passages(
        &self,
        inputs: impl ExactSizeIterator<Item = Result<E::Input, Error>>,
    ) -> Result<Vec<Vec<f32>>, Error> {
        let count = inputs.len();
        let (answer, answered) = channel();
        let mut window = Vec::with_capacity(count.min(WINDOW));
        for (place, input) in inputs.enumerate() {
            window.push((place, input?));
            if window.len() == WINDOW {
                self.hand_out(&mut window, &answer)?;
            }
        }
        self.hand_out(&mut window, &answer)?;
        drop(answer);
        collect(count, self.shared.encoder.dimensions(), &answered)
    }

    /// Cuts a window into batches of texts of like length, and queues them.
    fn hand_out(&self, window: &mut Vec<(usize, E::Input)>, answer: &Sender<Answer>) -> Result<(), Error> {
        window.sort_by_key(|(_, input)| std::cmp::Reverse(E::length(input)));
        let tokens: usize = window.iter().map(|(_, input)| E::length(input)).sum();
        // As many batches as all threads have done at the same time, so that none waits for the last.
        let most = self.shared.batch_tokens.load(Ordering::Relaxed);
        let batches = tokens.div_ceil(most).next_multiple_of(self.threads);
        let batches = batches.min(tokens / BATCH_TOKENS.start()).max(1);
        let empty = || Batch { places: Vec::new(), inputs: Vec::new(), answer: answer.clone() };
        let (mut batch, mut handed_out, mut taken) = (empty(), 0, 0);
        for (place, input) in window.drain(..) {
            taken += E::length(&input);
            batch.places.push(place);
            batch.inputs.push(input);
            if taken * batches >= (handed_out + 1) * tokens {
                self.shared.submit(std::mem::replace(&mut batch, empty()))?;
                handed_out = taken * batches / tokens.max(1);
            }
        }
        if batch.inputs.is_empty() { Ok(()) } else { self.shared.submit(batch) }
    }

    /// Ends the threads after what each is doing; whatever waits gets [`Error::Stopped`].
    pub(crate) fn shutdown(&self) {
        {
            let mut queue = self.shared.lock();
            queue.ended = true;
            queue.queries.clear();
            queue.passages.clear();
            queue.parts.clear();
        }
        self.shared.work.notify_all();
        self.shared.room.notify_all();
        let workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in workers {
            // Its panics are answered where they happen.
            let _ended = worker.join();
        }
    }
}

impl<E: Encode> Drop for Pool<E> {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// Waits for the vectors of a request and brings them in order.
fn collect(count: usize, dimensions: usize, answered: &Receiver<Answer>) -> Result<Vec<Vec<f32>>, Error> {
    let mut vectors = vec![Vec::new(); count];
    let mut missing = count;
    while missing > 0 {
        let Ok((places, result)) = answered.recv() else { return Err(Error::Stopped) };
        missing = missing.saturating_sub(places.len());
        let found = result?;
        for (place, vector) in places.into_iter().zip(found.chunks_exact(dimensions)) {
            if let Some(slot) = vectors.get_mut(place) {
                *slot = vector.to_vec();
            }
        }
    }
    Ok(vectors)
}

impl<E: Encode> Shared<E> {
    fn lock(&self) -> MutexGuard<'_, Queue<E>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues passages as soon as there is room.
    fn submit(&self, batch: Batch<E::Input>) -> Result<(), Error> {
        let full = |queue: &mut Queue<E>| !queue.ended && queue.passages.len() >= self.waiting_batches;
        let mut queue = self.room.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        if queue.ended {
            return Err(Error::Stopped);
        }
        queue.passages.push_back(batch);
        drop(queue);
        self.work.notify_one();
        Ok(())
    }

    /// What a worker does until the end.
    fn run(&self) {
        let mut space = E::Space::default();
        while let Some(task) = self.next() {
            let (batch, is_passages, team) = match task {
                Task::Batch { batch, is_passages, team } => (batch, is_passages, team),
                Task::Part((team, member)) => {
                    let part = || self.encoder.take_part(&team, member, &mut space);
                    if catch_unwind(AssertUnwindSafe(part)).is_err() {
                        space = E::Space::default();
                    }
                    continue;
                }
            };
            let mut out = vec![0.0; batch.inputs.len() * self.encoder.dimensions()];
            let started = Instant::now();
            let embed = || match team {
                Some(team) if self.lead(&team, &mut space, &mut out) => Ok(()),
                _ => self.encoder.embed(&mut space, &batch.inputs, &mut out),
            };
            let done = catch_unwind(AssertUnwindSafe(embed));
            if is_passages {
                self.learn(batch.inputs.iter().map(E::length).sum(), started.elapsed());
            }
            let result = match done {
                Ok(Ok(())) => Ok(out),
                Ok(Err(problem)) => Err(Error::Failed(problem)),
                Err(_) => {
                    // Whatever it was left in.
                    space = E::Space::default();
                    Err(Error::Failed("the encoder panicked".to_owned()))
                }
            };
            // Whoever asked may have gone.
            let _heard = batch.answer.send((batch.places, result));
        }
    }

    /// Embeds a text with the help of others; false when they do not come or do not stay.
    fn lead(&self, team: &Arc<E::Team>, space: &mut E::Space, out: &mut [f32]) -> bool {
        let meeting = E::meeting(team);
        if !meeting.assembles(ASSEMBLY) {
            self.lock().parts.retain(|(waiting, _)| !Arc::ptr_eq(waiting, team));
            meeting.abandon();
            return false;
        }
        let done = self.encoder.take_part(team, 0, space);
        if done {
            self.encoder.team_vector(team, out);
        }
        done
    }

    /// The next task; none at the end.
    fn next(&self) -> Option<Task<E>> {
        let idle = |queue: &mut Queue<E>| {
            !queue.ended && queue.queries.is_empty() && queue.passages.is_empty() && queue.parts.is_empty()
        };
        let mut queue = self.lock();
        queue.idle += 1;
        let mut queue = self.work.wait_while(queue, idle).unwrap_or_else(PoisonError::into_inner);
        queue.idle -= 1;
        if queue.ended {
            return None;
        }
        if let Some(part) = queue.parts.pop_front() {
            return Some(Task::Part(part));
        }
        let (batch, is_passages) = match queue.queries.pop_front() {
            Some(query) => (query, false),
            None => (queue.passages.pop_front()?, true),
        };
        let team = self.gather(&mut queue, &batch.inputs);
        drop(queue);
        if is_passages {
            self.room.notify_one();
        }
        Some(Task::Batch { batch, is_passages, team })
    }

    /// A team for a single text, if nothing else waits and other threads are idle, which are called.
    fn gather(&self, queue: &mut Queue<E>, inputs: &[E::Input]) -> Option<Arc<E::Team>> {
        let [input] = inputs else { return None };
        if !queue.queries.is_empty() || !queue.passages.is_empty() || queue.idle == 0 {
            return None;
        }
        let team = Arc::new(self.encoder.team(input, queue.idle + 1)?);
        for member in 1..E::meeting(&team).members() {
            queue.parts.push_back((Arc::clone(&team), member));
            self.work.notify_one();
        }
        Some(team)
    }

    /// Sizes the next batches by how long one took, a quarter of the way each time.
    fn learn(&self, tokens: usize, took: Duration) {
        let micros = took.as_micros().max(1);
        let wanted = tokens as u128 * BATCH_TIME.as_micros() / micros;
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).clamp(*BATCH_TOKENS.start(), *BATCH_TOKENS.end());
        let now = self.batch_tokens.load(Ordering::Relaxed);
        self.batch_tokens.store((3 * now + wanted).div_ceil(4), Ordering::Relaxed);
    }
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
