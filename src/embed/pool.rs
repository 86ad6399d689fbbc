use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::bert::Scratch;
use crate::{Error, Kind, Model, ModelInfo};

/// Queries that may wait; the next is refused.
const WAITING_QUERIES: usize = 256;
/// Tokens that are embedded together unless one text alone has more.
const BATCH_TOKENS: usize = 512;
/// Texts that are tokenized, sorted by length and handed out together.
const WINDOW: usize = 256;

/// Threads that embed texts, queries before passages.
pub struct Embedder {
    shared: Arc<Shared>,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    model: Model,
    queue: Mutex<Queue>,
    /// Something to do, or the end.
    work: Condvar,
    /// Room for passages, or the end.
    room: Condvar,
    waiting_batches: usize,
}

#[derive(Default)]
struct Queue {
    queries: VecDeque<Batch>,
    passages: VecDeque<Batch>,
    ended: bool,
}

struct Batch {
    /// Where each text was in the request.
    places: Vec<usize>,
    texts: Vec<Vec<u32>>,
    answer: Sender<Answer>,
}

type Answer = (Vec<usize>, Result<Vec<f32>, Error>);

impl Embedder {
    /// Starts `threads` workers, 0 for as many as the machine has cores.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(model: Model, threads: usize) -> Result<Self, Error> {
        let threads = if threads == 0 { thread::available_parallelism().map_or(1, usize::from) } else { threads };
        let shared = Arc::new(Shared {
            model,
            queue: Mutex::default(),
            work: Condvar::new(),
            room: Condvar::new(),
            waiting_batches: 2 * threads,
        });
        let embedder = Self { shared, workers: Mutex::default() };
        for number in 0..threads {
            let shared = Arc::clone(&embedder.shared);
            let worker = thread::Builder::new().name(format!("embed-{number}")).spawn(move || shared.run())?;
            embedder.workers.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        }
        Ok(embedder)
    }

    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        self.shared.model.info()
    }

    /// The vector of a query, of length 1. Waits for at most one batch of passages.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many are waiting.
    pub fn query(&self, text: &str) -> Result<Vec<f32>, Error> {
        let ids = self.shared.model.encode(text, Kind::Query)?;
        let (answer, answered) = channel();
        {
            let mut queue = self.shared.lock();
            if queue.ended {
                return Err(Error::Stopped);
            }
            if queue.queries.len() >= WAITING_QUERIES {
                return Err(Error::Busy);
            }
            queue.queries.push_back(Batch { places: vec![0], texts: vec![ids], answer });
        }
        self.shared.work.notify_one();
        answered.recv().map_or(Err(Error::Stopped), |(_, vector)| vector)
    }

    /// The vectors of any number of passages, in their order, each of length 1. Waits until
    /// all are done; queries go before.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the embedder is shut down meanwhile.
    pub fn passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let mut vectors = Vec::with_capacity(texts.len());
        for window in texts.chunks(WINDOW) {
            vectors.extend(self.window(window)?);
        }
        Ok(vectors)
    }

    fn window(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let mut tokens = Vec::with_capacity(texts.len());
        for (place, text) in texts.iter().enumerate() {
            tokens.push((place, self.shared.model.encode(text, Kind::Passage)?));
        }
        tokens.sort_by_key(|(_, ids)| std::cmp::Reverse(ids.len()));
        let (answer, answered) = channel();
        let mut batch = Batch { places: Vec::new(), texts: Vec::new(), answer: answer.clone() };
        let mut size = 0;
        for (place, ids) in tokens {
            if size > 0 && size + ids.len() > BATCH_TOKENS {
                let next = Batch { places: Vec::new(), texts: Vec::new(), answer: answer.clone() };
                self.shared.submit(std::mem::replace(&mut batch, next))?;
                size = 0;
            }
            size += ids.len();
            batch.places.push(place);
            batch.texts.push(ids);
        }
        if size > 0 {
            self.shared.submit(batch)?;
        } else {
            drop(batch);
        }
        drop(answer);
        let mut vectors = vec![Vec::new(); texts.len()];
        let mut missing = texts.len();
        while missing > 0 {
            let (places, result) = answered.recv().map_err(|_| Error::Stopped)?;
            for (place, vector) in places.into_iter().zip(result?.chunks_exact(self.info().dimensions)) {
                vectors[place] = vector.to_vec();
                missing -= 1;
            }
        }
        Ok(vectors)
    }

    /// How many tokens a text has, without the two that frame it, however long it is.
    #[must_use]
    pub fn tokens(&self, text: &str) -> usize {
        self.shared.model.count(text)
    }

    /// Ends the threads after what each is doing; whatever waits gets [`Error::Stopped`].
    pub fn shutdown(&self) {
        {
            let mut queue = self.shared.lock();
            queue.ended = true;
            queue.queries.clear();
            queue.passages.clear();
        }
        self.shared.work.notify_all();
        self.shared.room.notify_all();
        let workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in workers {
            let _ended = worker.join();
        }
    }
}

impl Drop for Embedder {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts passages into the queue as soon as there is room.
    fn submit(&self, batch: Batch) -> Result<(), Error> {
        let queue = self.lock();
        let full = |queue: &mut Queue| !queue.ended && queue.passages.len() >= self.waiting_batches;
        let mut queue = self.room.wait_while(queue, full).unwrap_or_else(PoisonError::into_inner);
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
        let mut scratch = Scratch::default();
        while let Some(batch) = self.next() {
            let texts: Vec<&[u32]> = batch.texts.iter().map(Vec::as_slice).collect();
            let mut out = vec![0.0; texts.len() * self.model.encoder().dimensions()];
            let done = catch_unwind(AssertUnwindSafe(|| self.model.encoder().embed(&mut scratch, &texts, &mut out)));
            let result = match done {
                Ok(Ok(())) => Ok(out),
                Ok(Err(cause)) => Err(Error::Failed(cause.to_string())),
                Err(_) => {
                    scratch = Scratch::default();
                    Err(Error::Failed("the encoder panicked".to_owned()))
                }
            };
            // Whoever asked may have gone.
            let _heard = batch.answer.send((batch.places, result));
        }
    }

    fn next(&self) -> Option<Batch> {
        let idle = |queue: &mut Queue| !queue.ended && queue.queries.is_empty() && queue.passages.is_empty();
        let mut queue = self.work.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        if queue.ended {
            return None;
        }
        let query = queue.queries.pop_front();
        if query.is_some() {
            return query;
        }
        let batch = queue.passages.pop_front();
        drop(queue);
        self.room.notify_one();
        batch
    }
}
