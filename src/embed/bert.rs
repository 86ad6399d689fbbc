//! The encoder: from token ids to the vector of a text.
//!
//! The sequences of a batch lie behind each other as the rows of one matrix, without padding, a few
//! hundred rows at a time, so that what a layer works on stays in the cache. No row sees another
//! one outside of attention, which stays inside a sequence: what a batch holds besides a sequence does
//! not change its vector.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::format::{Activation, Architecture, FormatError, Pooling, padded};
use crate::kernels::{AttentionSpace, Epilogue, Kernels, Level, Norm, Output, PANEL, Quantized, Queries, Source};
use crate::meeting::{Abandoned, Presence};
use crate::team::{Heads, Team};
use crate::weights::{Layer, Model};

/// Tokens that go through the layers together, where no single sequence is longer: enough to use a
/// weight often once it is read, few enough for the second-level cache.
const GROUP: usize = 256;
/// Rows of the feed-forward block that are computed together, a multiple of the tile's six.
const BLOCK: usize = 96;

/// Why sequences cannot be embedded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceError {
    /// A sequence has no tokens, not even the special ones.
    Empty,
    /// A sequence is longer than the model reads, in tokens.
    TooLong { tokens: usize, limit: usize },
    /// The vocabulary has no such token.
    UnknownToken(u32),
    /// The output has another length than all vectors together.
    Output { expected: usize, found: usize },
}

impl fmt::Display for SequenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a sequence has no tokens"),
            Self::TooLong { tokens, limit } => write!(f, "a sequence has {tokens} tokens, the model reads {limit}"),
            Self::UnknownToken(token) => write!(f, "the model has no token {token}"),
            Self::Output { expected, found } => {
                write!(f, "the vectors have {expected} numbers together, the output {found}")
            }
        }
    }
}

impl std::error::Error for SequenceError {}

/// A model that makes vectors of token ids; shared by all workers.
pub struct Encoder {
    model: Model,
    kernels: Kernels,
}

/// What a thread computes in: grows to what the longest group needs, and then no call allocates.
#[derive(Default)]
pub struct Scratch(Option<Space>);

/// Buffers for `rows` rows of an encoder of this shape.
struct Space {
    architecture: Architecture,
    level: Level,
    rows: usize,
    /// Tokens of the longest sequence, which need not be this thread's alone.
    tokens: usize,
    /// `[rows][hidden]`: what goes from layer to layer.
    states: Vec<f32>,
    /// `[rows]` of `hidden`: the states, or what attention made of them.
    inputs: Quantized,
    /// `[rows][3 * columns of a group]`: queries, keys and values of one group of heads.
    heads: Arc<Heads>,
    /// `[rows][hidden]`: the output of attention.
    context: Vec<f32>,
    /// `[BLOCK][intermediate]`
    wide: Vec<f32>,
    /// `[BLOCK]` of `intermediate`.
    wide_inputs: Quantized,
    attention: AttentionSpace,
}

impl Encoder {
    /// Reads a model file: one in static memory is used where it lies if it starts at a multiple of 64 bytes.
    pub fn from_bytes(file: impl Into<Cow<'static, [u8]>>) -> Result<Self, FormatError> {
        Ok(Self { model: Model::read(file.into())?, kernels: Kernels::chosen() })
    }

    /// The same encoder with the kernels of another level; None where the processor lacks the instructions.
    pub fn with_level(self, level: Level) -> Option<Self> {
        Some(Self { kernels: Kernels::new(level)?, ..self })
    }

    pub fn level(&self) -> Level {
        self.kernels.level()
    }

    pub fn architecture(&self) -> &Architecture {
        &self.model.architecture
    }

    /// Numbers of a vector.
    pub fn dimensions(&self) -> usize {
        self.model.architecture.hidden
    }

    /// The longest sequence in tokens, with the special ones.
    pub fn max_tokens(&self) -> usize {
        self.model.architecture.positions
    }

    /// Embeds sequences of token ids, each with its special tokens, and writes their vectors behind each other.
    ///
    /// `output` has `batch.len() * dimensions()` numbers. On an error its content is unspecified.
    pub fn embed(&self, scratch: &mut Scratch, batch: &[&[u32]], output: &mut [f32]) -> Result<(), SequenceError> {
        let dimensions = self.dimensions();
        let expected = batch.len() * dimensions;
        if output.len() != expected {
            return Err(SequenceError::Output { expected, found: output.len() });
        }
        self.check(batch)?;
        let (mut rest, mut output) = (batch, output);
        while !rest.is_empty() {
            let (group, after) = rest.split_at(group_size(rest));
            let (vectors, space_after) = std::mem::take(&mut output).split_at_mut(group.len() * dimensions);
            self.embed_group(scratch, group, vectors)?;
            (rest, output) = (after, space_after);
        }
        Ok(())
    }

    pub(crate) fn check(&self, batch: &[&[u32]]) -> Result<(), SequenceError> {
        let limit = self.max_tokens();
        for sequence in batch {
            if sequence.is_empty() {
                return Err(SequenceError::Empty);
            }
            if sequence.len() > limit {
                return Err(SequenceError::TooLong { tokens: sequence.len(), limit });
            }
            if let Some(&token) = sequence.iter().find(|&&token| self.model.word(token).is_none()) {
                return Err(SequenceError::UnknownToken(token));
            }
        }
        Ok(())
    }

    fn embed_group(&self, scratch: &mut Scratch, group: &[&[u32]], output: &mut [f32]) -> Result<(), SequenceError> {
        let rows = group.iter().map(|sequence| sequence.len()).sum();
        let longest = group.iter().map(|sequence| sequence.len()).max().unwrap_or_default();
        let space = scratch.space(self, rows, longest);
        self.look_up(space, group.iter().flat_map(|sequence| sequence.iter().copied().enumerate()))?;
        for layer in self.model.layers() {
            for heads in 0..self.head_groups() {
                self.project_heads(space, rows, &layer, heads, 0);
                self.attend(space, group, heads);
            }
            self.leave_attention(space, rows, &layer);
            self.feed_forward(space, rows, &layer);
        }
        let mut states = space.states.chunks_exact(padded(self.dimensions()));
        for (sequence, vector) in group.iter().zip(output.chunks_exact_mut(self.dimensions())) {
            vector.fill(0.0);
            self.add_up(states.by_ref().take(sequence.len()), 0, vector);
            self.scale(vector, sequence.len());
        }
        Ok(())
    }

    /// Takes the rows of one member of a team through all layers; returns the sum of its states that count.
    ///
    /// `share` is given what the others are to see.
    pub(crate) fn embed_part(
        &self,
        team: &Team,
        rows: Range<usize>,
        presence: &Presence<'_>,
        share: impl FnOnce(Arc<Heads>),
        scratch: &mut Scratch,
    ) -> Result<Vec<f32>, Abandoned> {
        let (start, count) = (rows.start, rows.len());
        let space = scratch.space(self, count, team.tokens.len());
        share(Arc::clone(&space.heads));
        let tokens = team.tokens.iter().copied().enumerate().skip(start).take(count);
        self.look_up(space, tokens).map_err(|_unknown| Abandoned)?;
        let mut turn = 0;
        for layer in self.model.layers() {
            for group in 0..self.head_groups() {
                self.project_heads(space, count, &layer, group, turn);
                presence.meet()?;
                self.attend_in_team(space, team, count, group, turn);
                turn += 1;
            }
            self.leave_attention(space, count, &layer);
            self.feed_forward(space, count, &layer);
        }
        let mut sum = vec![0.0; self.dimensions()];
        self.add_up(space.states.chunks_exact(padded(self.dimensions())).take(count), start, &mut sum);
        Ok(sum)
    }

    /// States become the normalized sum of each token's and its position's embedding.
    fn look_up(&self, space: &mut Space, tokens: impl Iterator<Item = (usize, u32)>) -> Result<(), SequenceError> {
        let norm = self.model.norm();
        let states = space.states.chunks_exact_mut(padded(self.dimensions()));
        for (number, ((position, token), state)) in tokens.zip(states).enumerate() {
            let (word, scale) = self.model.word(token).ok_or(SequenceError::UnknownToken(token))?;
            let limit = self.max_tokens();
            let (place, place_scale) =
                self.model.position(position).ok_or(SequenceError::TooLong { tokens: position + 1, limit })?;
            self.kernels.embed(word, scale, place, place_scale, state);
            self.kernels.normalize(&norm, state);
            self.kernels.quantize(state, &mut space.inputs, number);
        }
        Ok(())
    }

    /// Heads are computed in groups that fill whole panels.
    fn head_groups(&self) -> usize {
        self.model.architecture.heads.div_ceil(self.model.architecture.group())
    }

    /// Queries, keys and values of one group of heads.
    fn project_heads(&self, space: &mut Space, rows: usize, layer: &Layer<'_>, group: usize, turn: usize) {
        let stride = 3 * self.model.architecture.group_columns();
        let matrix = layer.attention.columns(group * stride..(group + 1) * stride);
        let mut heads = space.heads.write(turn);
        let mut output = Output { values: &mut heads, row_stride: stride, panel_stride: PANEL };
        self.kernels.multiply(&space.inputs, 0..rows, &matrix, Epilogue::Store, &mut output);
    }

    /// context = attention of one group of heads, inside of each sequence
    fn attend(&self, space: &mut Space, sequences: &[&[u32]], group: usize) {
        let shared = Arc::clone(&space.heads);
        let heads = shared.read(0);
        for number in 0..self.model.architecture.group() {
            let mut row = 0;
            for sequence in sequences {
                let rows = row..row + sequence.len();
                space.attention.begin(sequence.len(), self.model.architecture.head());
                self.gather(space, &heads, rows.clone(), number, 0);
                self.ask(space, &heads, rows.clone(), group, number);
                row = rows.end;
            }
        }
    }

    /// context = attention of one group of heads, of this member's `rows` to those of all
    fn attend_in_team(&self, space: &mut Space, team: &Team, rows: usize, group: usize, turn: usize) {
        let own = Arc::clone(&space.heads);
        for number in 0..self.model.architecture.group() {
            space.attention.begin(team.tokens.len(), self.model.architecture.head());
            for (heads, place) in team.heads() {
                self.gather(space, &heads.read(turn), 0..place.len(), number, place.start);
            }
            self.ask(space, &own.read(turn), 0..rows, group, number);
        }
    }

    /// Takes in the keys and values in `rows` of a head, as those of the tokens from `first` on.
    fn gather(&self, space: &mut Space, heads: &[f32], rows: Range<usize>, number: usize, first: usize) {
        let columns = self.model.architecture.group_columns();
        let stride = 3 * columns;
        let from = rows.start * stride + number * self.model.architecture.head();
        let part = |part: usize| heads.get(from + part * columns..).unwrap_or_default();
        let source = Source { keys: part(1), values: part(2), stride, tokens: rows.len() };
        space.attention.gather(&source, first);
    }

    /// Writes what the queries in `rows` of a head find into the context's same rows.
    fn ask(&self, space: &mut Space, heads: &[f32], rows: Range<usize>, group: usize, number: usize) {
        let architecture = &self.model.architecture;
        let (hidden, head) = (padded(architecture.hidden), architecture.head());
        let stride = 3 * architecture.group_columns();
        let values = heads.get(rows.start * stride + number * head..).unwrap_or_default();
        let column = (group * architecture.group() + number) * head;
        let to = space.context.get_mut(rows.start * hidden + column..).unwrap_or_default();
        self.kernels.attend(&Queries { values, stride, rows: rows.len() }, &mut space.attention, to, hidden);
    }

    /// states = norm(states + projection(context))
    fn leave_attention(&self, space: &mut Space, rows: usize, layer: &Layer<'_>) {
        let hidden = padded(self.dimensions());
        let context = space.context.chunks_exact(hidden).take(rows);
        for (number, row) in context.enumerate() {
            self.kernels.quantize(row, &mut space.inputs, number);
        }
        let mut output = Output { values: &mut space.states, row_stride: hidden, panel_stride: PANEL };
        self.kernels.multiply(&space.inputs, 0..rows, &layer.projection, Epilogue::Add, &mut output);
        self.normalize(space, 0..rows, &layer.attention_norm);
    }

    /// states = norm(states + contract(activation(expand(states))))
    fn feed_forward(&self, space: &mut Space, rows: usize, layer: &Layer<'_>) {
        let architecture = &self.model.architecture;
        let (hidden, intermediate) = (padded(architecture.hidden), padded(architecture.intermediate));
        let activation = match architecture.activation {
            Activation::Gelu => Epilogue::Gelu,
            Activation::GeluTanh => Epilogue::GeluTanh,
            Activation::Relu => Epilogue::Relu,
        };
        for start in (0..rows).step_by(BLOCK) {
            let block = start..rows.min(start + BLOCK);
            let mut output = Output { values: &mut space.wide, row_stride: intermediate, panel_stride: PANEL };
            self.kernels.multiply(&space.inputs, block.clone(), &layer.expand, activation, &mut output);
            for (number, row) in space.wide.chunks_exact(intermediate).take(block.len()).enumerate() {
                self.kernels.quantize(row, &mut space.wide_inputs, number);
            }
            let values = space.states.get_mut(start * hidden..).unwrap_or_default();
            let mut output = Output { values, row_stride: hidden, panel_stride: PANEL };
            self.kernels.multiply(&space.wide_inputs, 0..block.len(), &layer.contract, Epilogue::Add, &mut output);
            self.normalize(space, block, &layer.output_norm);
        }
    }

    /// Normalizes and quantizes the states in `rows`.
    fn normalize(&self, space: &mut Space, rows: Range<usize>, norm: &Norm<'_>) {
        let states = space.states.chunks_exact_mut(padded(self.dimensions()));
        for (number, row) in states.enumerate().take(rows.end).skip(rows.start) {
            self.kernels.normalize(norm, row);
            self.kernels.quantize(row, &mut space.inputs, number);
        }
    }

    /// Adds the states that count to `sum`; the first is that of the token at `start`.
    fn add_up<'s>(&self, states: impl Iterator<Item = &'s [f32]>, start: usize, sum: &mut [f32]) {
        for (position, state) in (start..).zip(states) {
            if position == 0 || self.model.architecture.pooling == Pooling::Mean {
                for (sum, value) in sum.iter_mut().zip(state) {
                    *sum += value;
                }
            }
        }
    }

    /// Makes the sum of a sequence's states its vector.
    pub(crate) fn scale(&self, vector: &mut [f32], tokens: usize) {
        let factor = match self.model.architecture.pooling {
            // A direction does not depend on the number of tokens, but models that do not normalize give a mean.
            Pooling::Mean => 1.0 / tokens as f32,
            Pooling::First => 1.0,
        };
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt() * factor;
        let normal = if length > 1e-12 { factor / length } else { factor };
        let factor = if self.model.architecture.normalize { normal } else { factor };
        for value in vector {
            *value *= factor;
        }
    }
}

/// How many of the sequences, at least one, go through the layers together.
fn group_size(batch: &[&[u32]]) -> usize {
    let mut tokens = 0;
    let fitting = batch.iter().take_while(|sequence| {
        tokens += sequence.len();
        tokens <= GROUP
    });
    fitting.count().max(1)
}

impl Scratch {
    pub fn new() -> Self {
        Self::default()
    }

    /// Space for so many rows of sequences of so many tokens: what there is, where it suffices.
    fn space(&mut self, encoder: &Encoder, rows: usize, tokens: usize) -> &mut Space {
        let fits = |space: &Space| {
            space.rows >= rows
                && space.tokens >= tokens
                && space.architecture == *encoder.architecture()
                && space.level == encoder.level()
        };
        if !self.0.as_ref().is_some_and(fits) {
            self.0 = None;
        }
        self.0.get_or_insert_with(|| Space::new(encoder, rows, tokens))
    }
}

impl Space {
    fn new(encoder: &Encoder, rows: usize, tokens: usize) -> Self {
        let (architecture, kernels) = (*encoder.architecture(), encoder.kernels);
        let (hidden, intermediate) = (padded(architecture.hidden), padded(architecture.intermediate));
        // Most groups have up to this many; asking for less would mean to grow with almost every call.
        let rows = rows.max(GROUP);
        let tokens = tokens.max(rows.min(architecture.positions));
        Self {
            architecture,
            level: kernels.level(),
            rows,
            tokens,
            states: vec![0.0; rows * hidden],
            inputs: Quantized::new(kernels, rows, hidden),
            heads: Arc::new(Heads::new(rows * 3 * architecture.group_columns())),
            context: vec![0.0; rows * hidden],
            wide: vec![0.0; BLOCK * intermediate],
            wide_inputs: Quantized::new(kernels, BLOCK, intermediate),
            attention: AttentionSpace::new(tokens, architecture.head()),
        }
    }
}

#[cfg(test)]
mod tests;
