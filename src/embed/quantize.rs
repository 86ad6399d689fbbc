//! Makes the encoder's file from a model's f32 tensors.
//!
//! Matrices become int8 with one scale for each output, embeddings int8 with one scale a row, both
//! symmetric in -127..=127; biases and layer normalization stay f32. The embedding of the first
//! token type, the only one a single text has, is added to the positions.
//!
//! This file and `format.rs` use the standard library only: the build script includes both.

use std::fmt;
use std::ops::Range;

use super::format::{Architecture, FormatError, LANE, Layout, MatrixPlace, NormPlace, RowsPlace, padded};

/// Why a model cannot be quantized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuantizeError {
    /// Its shape is not one the encoder runs.
    Architecture(FormatError),
    /// A tensor is missing.
    Missing(String),
    /// A tensor has another number of values than the architecture asks for.
    Size { name: String, expected: usize, found: usize },
    /// A tensor holds a number that is not finite.
    NotFinite(String),
}

impl fmt::Display for QuantizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Architecture(error) => error.fmt(f),
            Self::Missing(name) => write!(f, "the model has no tensor {name}"),
            Self::Size { name, expected, found } => {
                write!(f, "the model's tensor {name} has {found} values instead of {expected}")
            }
            Self::NotFinite(name) => write!(f, "the model's tensor {name} holds a number that is not finite"),
        }
    }
}

impl std::error::Error for QuantizeError {}

/// The encoder's file for a model.
///
/// `tensor` returns the values of a tensor by its name in the Hugging Face layout of BERT, without the
/// prefix `bert.` some models have (`encoder.layer.0.attention.self.query.weight`), in row-major order:
/// matrices as `[outputs][inputs]`.
pub fn quantize(
    architecture: &Architecture,
    tensor: &mut dyn FnMut(&str) -> Option<Vec<f32>>,
) -> Result<Vec<u8>, QuantizeError> {
    architecture.check().map_err(QuantizeError::Architecture)?;
    let layout = Layout::new(architecture);
    let file = layout.blank(architecture);
    let mut quantizer = Quantizer { architecture, tensor, file };
    quantizer.embeddings(&layout)?;
    for (number, place) in layout.layers.iter().enumerate() {
        let prefix = format!("encoder.layer.{number}");
        let (hidden, intermediate) = (architecture.hidden, architecture.intermediate);
        quantizer.attention(&format!("{prefix}.attention.self"), &place.attention)?;
        quantizer.matrix(&format!("{prefix}.attention.output.dense"), hidden, hidden, &place.projection)?;
        quantizer.norm(&format!("{prefix}.attention.output.LayerNorm"), &place.attention_norm)?;
        quantizer.matrix(&format!("{prefix}.intermediate.dense"), hidden, intermediate, &place.expand)?;
        quantizer.matrix(&format!("{prefix}.output.dense"), intermediate, hidden, &place.contract)?;
        quantizer.norm(&format!("{prefix}.output.LayerNorm"), &place.output_norm)?;
    }
    Ok(quantizer.file)
}

struct Quantizer<'a> {
    architecture: &'a Architecture,
    tensor: &'a mut dyn FnMut(&str) -> Option<Vec<f32>>,
    file: Vec<u8>,
}

impl Quantizer<'_> {
    fn tensor(&mut self, name: &str, expected: usize) -> Result<Vec<f32>, QuantizeError> {
        let values = (self.tensor)(name).ok_or_else(|| QuantizeError::Missing(name.to_owned()))?;
        if values.len() != expected {
            return Err(QuantizeError::Size { name: name.to_owned(), expected, found: values.len() });
        }
        if !values.iter().all(|value| value.is_finite()) {
            return Err(QuantizeError::NotFinite(name.to_owned()));
        }
        Ok(values)
    }

    fn embeddings(&mut self, layout: &Layout) -> Result<(), QuantizeError> {
        let Architecture { hidden, vocabulary, positions, .. } = *self.architecture;
        let words = self.tensor("embeddings.word_embeddings.weight", vocabulary * hidden)?;
        self.rows(&words, &layout.words);
        let mut places = self.tensor("embeddings.position_embeddings.weight", positions * hidden)?;
        let name = "embeddings.token_type_embeddings.weight";
        let kinds = (self.tensor)(name).ok_or_else(|| QuantizeError::Missing(name.to_owned()))?;
        let Some(kind) = kinds.get(..hidden) else {
            return Err(QuantizeError::Size { name: name.to_owned(), expected: hidden, found: kinds.len() });
        };
        for row in places.chunks_exact_mut(hidden) {
            for (value, add) in row.iter_mut().zip(kind) {
                *value += add;
            }
        }
        if !kind.iter().all(|value| value.is_finite()) {
            return Err(QuantizeError::NotFinite(name.to_owned()));
        }
        self.rows(&places, &layout.positions);
        self.norm("embeddings.LayerNorm", &layout.norm)
    }

    fn rows(&mut self, values: &[f32], place: &RowsPlace) {
        let hidden = self.architecture.hidden;
        for (number, row) in values.chunks_exact(hidden).enumerate() {
            let scale = scale(row);
            put_words(&mut self.file, &place.scales, number, scale.to_le_bytes());
            let start = place.values.start + number * padded(hidden);
            for (to, &value) in self.file.iter_mut().skip(start).zip(row) {
                *to = level(value, scale) as u8;
            }
        }
    }

    fn norm(&mut self, name: &str, place: &NormPlace) -> Result<(), QuantizeError> {
        for (part, range) in [("weight", &place.weight), ("bias", &place.bias)] {
            let values = self.tensor(&format!("{name}.{part}"), self.architecture.hidden)?;
            for (number, value) in values.into_iter().enumerate() {
                put_words(&mut self.file, range, number, value.to_le_bytes());
            }
        }
        Ok(())
    }

    fn matrix(&mut self, name: &str, inputs: usize, outputs: usize, place: &MatrixPlace) -> Result<(), QuantizeError> {
        let weights = self.tensor(&format!("{name}.weight"), outputs * inputs)?;
        let biases = self.tensor(&format!("{name}.bias"), outputs)?;
        for (column, (weights, bias)) in weights.chunks_exact(inputs).zip(biases).enumerate() {
            self.column(place, column, weights, bias);
        }
        Ok(())
    }

    /// Queries, keys and values, for each group of heads beside each other.
    fn attention(&mut self, name: &str, place: &MatrixPlace) -> Result<(), QuantizeError> {
        let architecture = self.architecture;
        let hidden = architecture.hidden;
        let columns = architecture.group() * architecture.head();
        for (part, what) in ["query", "key", "value"].into_iter().enumerate() {
            let weights = self.tensor(&format!("{name}.{what}.weight"), hidden * hidden)?;
            let biases = self.tensor(&format!("{name}.{what}.bias"), hidden)?;
            for (output, (weights, bias)) in weights.chunks_exact(hidden).zip(biases).enumerate() {
                let start = (output / columns * 3 + part) * architecture.group_columns();
                self.column(place, start + output % columns, weights, bias);
            }
        }
        Ok(())
    }

    fn column(&mut self, place: &MatrixPlace, column: usize, weights: &[f32], bias: f32) {
        let scale = scale(weights);
        let panel = place.weights.start + column / LANE * LANE * place.inputs;
        let mut sum = 0_i32;
        for (input, &weight) in weights.iter().enumerate() {
            let level = level(weight, scale);
            sum += i32::from(level);
            let at = panel + input / 4 * (LANE * 4) + column % LANE * 4 + input % 4;
            if let Some(to) = self.file.get_mut(at) {
                *to = level as u8;
            }
        }
        put_words(&mut self.file, &place.scales, column, scale.to_le_bytes());
        put_words(&mut self.file, &place.biases, column, bias.to_le_bytes());
        put_words(&mut self.file, &place.sums, column, sum.to_le_bytes());
    }
}

/// What one unit is worth when the largest value becomes 127; 0 for a row of zeros.
fn scale(values: &[f32]) -> f32 {
    values.iter().fold(0.0_f32, |most, value| most.max(value.abs())) / 127.0
}

fn level(value: f32, scale: f32) -> i8 {
    // A scale too small to divide by is that of a row that is zero for all purposes.
    if scale < f32::MIN_POSITIVE { 0 } else { (value / scale).round().clamp(-127.0, 127.0) as i8 }
}

/// Writes the `number`-th value of four bytes in `range`.
fn put_words(file: &mut [u8], range: &Range<usize>, number: usize, word: [u8; 4]) {
    if let Some(to) = file.get_mut(range.start + number * 4..range.start + number * 4 + 4) {
        to.copy_from_slice(&word);
    }
}
