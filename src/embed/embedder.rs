use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::bert::Scratch;
use crate::error::Error;
use crate::meeting::Meeting;
use crate::model::{Engine, Input, Kind, Model, ModelInfo};
use crate::pool::{Encode, Pool};
use crate::team::Team;

/// Queries whose vectors are kept: whoever turns a page of results asks again.
const RECENT: usize = 64;
/// Longer queries are not kept, in bytes.
const LONGEST_RECENT: usize = 1024;

/// A model with the threads that run it. Idle threads cost nothing but their memory.
pub struct Embedder {
    pool: Pool<Model>,
    /// The newest last.
    recent: Mutex<VecDeque<(String, Vec<f32>)>>,
}

impl Embedder {
    /// Starts `threads` workers, 0 for as many as the machine has cores.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(model: Model, threads: usize) -> Result<Self, Error> {
        Ok(Self { pool: Pool::start(model, threads)?, recent: Mutex::default() })
    }

    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        self.pool.encoder().info()
    }

    /// What runs the model, for the log: which instructions of the processor, such as `Avx512Vnni`, or `tract`.
    #[must_use]
    pub fn kernels(&self) -> String {
        match self.pool.encoder().engine() {
            Engine::Bert(encoder) => format!("{:?}", encoder.level()),
            #[cfg(feature = "onnx")]
            Engine::Onnx(_) => "tract".to_owned(),
        }
    }

    /// The vector of a query, of length 1. Waits for other queries, and for one batch of passages at the most.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many queries are waiting, [`Error::Stopped`] after [`Self::shutdown`].
    pub fn query(&self, text: &str) -> Result<Vec<f32>, Error> {
        if let Some(vector) = self.recall(text) {
            return Ok(vector);
        }
        let vector = self.pool.query(self.pool.encoder().encode(text, Kind::Query)?)?;
        if text.len() <= LONGEST_RECENT {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            if recent.len() >= RECENT {
                recent.pop_front();
            }
            recent.push_back((text.to_owned(), vector.clone()));
        }
        Ok(vector)
    }

    fn recall(&self, text: &str) -> Option<Vec<f32>> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let at = recent.iter().position(|(known, _)| known == text)?;
        let found = recent.remove(at)?;
        let vector = found.1.clone();
        recent.push_back(found);
        Some(vector)
    }

    /// The vectors of any number of passages, in their order, each of length 1. Waits until all are done;
    /// queries go before. A passage longer than the model reads is embedded by its beginning.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the embedder is shut down meanwhile.
    pub fn passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        self.many(texts, Kind::Passage)
    }

    /// As [`Self::passages`], of any kind: many queries at once need not go before anything.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the embedder is shut down meanwhile.
    pub fn many(&self, texts: &[&str], kind: Kind) -> Result<Vec<Vec<f32>>, Error> {
        self.pool.passages(texts.iter().map(|text| self.pool.encoder().encode(text, kind)))
    }

    /// How many tokens the whole of a text has, without those that frame it. The model reads
    /// [`ModelInfo::max_tokens`] with them.
    #[must_use]
    pub fn tokens(&self, text: &str) -> usize {
        self.pool.encoder().count(text)
    }

    /// Ends the threads after what each is doing; whoever waits gets [`Error::Stopped`].
    pub fn shutdown(&self) {
        self.pool.shutdown();
    }
}

impl Encode for Model {
    type Input = Input;
    type Space = Scratch;
    type Team = Team;

    fn dimensions(&self) -> usize {
        self.info().dimensions
    }

    fn length(input: &Input) -> usize {
        input.tokens.len()
    }

    fn embed(&self, space: &mut Scratch, batch: &[Input], out: &mut [f32]) -> Result<(), String> {
        match self.engine() {
            Engine::Bert(encoder) => {
                let sequences: Vec<&[u32]> = batch.iter().map(|input| input.tokens.as_slice()).collect();
                encoder.embed(space, &sequences, out).map_err(|problem| problem.to_string())
            }
            #[cfg(feature = "onnx")]
            Engine::Onnx(model) => model.embed(batch.iter().map(|input| input.text.as_str()), out),
        }
    }

    fn team(&self, input: &Input, threads: usize) -> Option<Team> {
        match self.engine() {
            Engine::Bert(encoder) => {
                let members = Team::worth(input.tokens.len()).min(threads);
                if members > 1 { encoder.team(&input.tokens, members).ok() } else { None }
            }
            #[cfg(feature = "onnx")]
            Engine::Onnx(_) => None,
        }
    }

    fn meeting(team: &Team) -> &Meeting {
        &team.meeting
    }

    fn take_part(&self, team: &Team, member: usize, space: &mut Scratch) -> bool {
        match self.engine() {
            Engine::Bert(encoder) => encoder.take_part(team, member, space),
            #[cfg(feature = "onnx")]
            Engine::Onnx(_) => false,
        }
    }

    fn team_vector(&self, team: &Team, out: &mut [f32]) {
        match self.engine() {
            Engine::Bert(encoder) => encoder.team_vector(team, out),
            #[cfg(feature = "onnx")]
            Engine::Onnx(_) => {}
        }
    }
}

#[cfg(test)]
#[path = "embedder_tests.rs"]
mod tests;
