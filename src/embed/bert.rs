//! The encoder: from token ids to the vector of a text.
//!
//! The sequences of a batch lie behind each other as the rows of one matrix, without padding, a few
//! hundred rows at a time, so that what a layer works on stays in the cache. No row sees another
//! one outside of attention, which stays inside a sequence: what a batch holds besides a sequence does
//! not change its vector.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::format::{Activation, Architecture, FormatError, Pooling, padded};
use crate::kernels::{Attention, AttentionSpace, Epilogue, Kernels, Level, Norm, Output, PANEL, Quantized};
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

/// What a worker computes in: grows to what the longest group needs, and then no call allocates.
#[derive(Default)]
pub struct Scratch(Option<Space>);

/// Buffers for `rows` rows of an encoder of this shape.
struct Space {
    architecture: Architecture,
    level: Level,
    rows: usize,
    /// `[rows][hidden]`: what goes from layer to layer.
    states: Vec<f32>,
    /// `[rows]` of `hidden`: the states, or what attention made of them.
    inputs: Quantized,
    /// `[3 * panels of a group][rows][64]`: queries, keys and values of one group of heads.
    heads: Vec<f32>,
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

    fn check(&self, batch: &[&[u32]]) -> Result<(), SequenceError> {
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
        let space = scratch.space(self, rows);
        self.look_up(space, group)?;
        for layer in self.model.layers() {
            self.attend(space, group, rows, &layer);
            self.feed_forward(space, rows, &layer);
        }
        self.pool(space, group, output);
        Ok(())
    }

    /// States become the normalized sum of each token's and its position's embedding.
    fn look_up(&self, space: &mut Space, group: &[&[u32]]) -> Result<(), SequenceError> {
        let norm = self.model.norm();
        let tokens = group.iter().flat_map(|sequence| sequence.iter().enumerate());
        let states = space.states.chunks_exact_mut(padded(self.dimensions()));
        for (number, ((position, &token), state)) in tokens.zip(states).enumerate() {
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

    /// states = norm(states + projection(attention(states)))
    fn attend(&self, space: &mut Space, group: &[&[u32]], rows: usize, layer: &Layer<'_>) {
        let architecture = &self.model.architecture;
        let (hidden, head) = (padded(architecture.hidden), architecture.head());
        let (together, columns) = (architecture.group(), architecture.group_columns());
        let stride = 3 * columns;
        for first in (0..architecture.heads).step_by(together) {
            let start = first / together * stride;
            let matrix = layer.attention.columns(start..start + stride);
            let mut output = Output { values: &mut space.heads, row_stride: stride, panel_stride: PANEL };
            self.kernels.multiply(&space.inputs, 0..rows, &matrix, Epilogue::Store, &mut output);
            for number in 0..together {
                let mut row = 0;
                for sequence in group {
                    let from = space.heads.get(row * stride + number * head..).unwrap_or_default();
                    let part = |part: usize| from.get(part * columns..).unwrap_or_default();
                    let tokens = sequence.len();
                    let input = Attention { queries: part(0), keys: part(1), values: part(2), stride, tokens, head };
                    let to = space.context.get_mut(row * hidden + (first + number) * head..).unwrap_or_default();
                    self.kernels.attend(&input, &mut space.attention, to, hidden);
                    row += tokens;
                }
            }
        }
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

    /// The vector of each sequence from the states of its tokens.
    fn pool(&self, space: &Space, group: &[&[u32]], output: &mut [f32]) {
        let dimensions = self.dimensions();
        let mut states = space.states.chunks_exact(padded(dimensions));
        for (sequence, vector) in group.iter().zip(output.chunks_exact_mut(dimensions)) {
            vector.fill(0.0);
            for (number, state) in states.by_ref().take(sequence.len()).enumerate() {
                if number == 0 || self.model.architecture.pooling == Pooling::Mean {
                    for (sum, value) in vector.iter_mut().zip(state) {
                        *sum += value;
                    }
                }
            }
            let factor = match self.model.architecture.pooling {
                // A direction does not depend on the number of tokens, but models that do not normalize give a mean.
                Pooling::Mean => 1.0 / sequence.len() as f32,
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

    /// Space for so many rows: what there is, where it suffices.
    fn space(&mut self, encoder: &Encoder, rows: usize) -> &mut Space {
        let fits = |space: &Space| {
            space.rows >= rows && space.architecture == *encoder.architecture() && space.level == encoder.level()
        };
        if !self.0.as_ref().is_some_and(fits) {
            self.0 = None;
        }
        self.0.get_or_insert_with(|| Space::new(encoder, rows))
    }
}

impl Space {
    fn new(encoder: &Encoder, rows: usize) -> Self {
        let (architecture, kernels) = (*encoder.architecture(), encoder.kernels);
        let (hidden, intermediate) = (padded(architecture.hidden), padded(architecture.intermediate));
        // Most groups have up to this many; asking for less would mean to grow with almost every call.
        let rows = rows.max(GROUP);
        Self {
            architecture,
            level: kernels.level(),
            rows,
            states: vec![0.0; rows * hidden],
            inputs: Quantized::new(kernels, rows, hidden),
            heads: vec![0.0; rows * 3 * architecture.group_columns()],
            context: vec![0.0; rows * hidden],
            wide: vec![0.0; BLOCK * intermediate],
            wide_inputs: Quantized::new(kernels, BLOCK, intermediate),
            attention: AttentionSpace::new(rows.min(architecture.positions), architecture.head()),
        }
    }
}

#[cfg(test)]
mod tests;
