//! A model's tensors, ready for the kernels: bytes are used where they lie, everything else is decoded once.

use std::borrow::Cow;
use std::ops::Range;

use crate::format::{Architecture, FormatError, LANE, Layout, MatrixPlace, NormPlace, RowsPlace};
use crate::kernels::{Matrix, Norm};

/// The file's bytes, starting at a multiple of 64.
enum Bytes {
    Static(&'static [u8]),
    Owned { buffer: Vec<u8>, start: usize },
}

impl Bytes {
    fn new(file: Cow<'static, [u8]>) -> Self {
        match file {
            Cow::Borrowed(file) if file.as_ptr().addr().is_multiple_of(LANE) => Self::Static(file),
            Cow::Owned(buffer) if buffer.as_ptr().addr().is_multiple_of(LANE) => Self::Owned { buffer, start: 0 },
            file => {
                let mut buffer = vec![0; file.len() + LANE];
                let start = buffer.as_ptr().addr().next_multiple_of(LANE) - buffer.as_ptr().addr();
                if let Some(to) = buffer.get_mut(start..start + file.len()) {
                    to.copy_from_slice(&file);
                }
                buffer.truncate(start + file.len());
                Self::Owned { buffer, start }
            }
        }
    }

    /// Ranges come from the layout, which the file's length was checked against.
    fn range(&self, range: &Range<usize>) -> &[u8] {
        let bytes = match self {
            Self::Static(file) => file.get(range.clone()),
            Self::Owned { buffer, start } => buffer.get(start + range.start..start + range.end),
        };
        bytes.unwrap_or_default()
    }
}

/// Rows of i8 with a scale for each.
pub(crate) struct Rows {
    width: usize,
    values: Range<usize>,
    scales: Vec<f32>,
}

struct Weights {
    place: MatrixPlace,
    scales: Vec<f32>,
    biases: Vec<f32>,
    sums: Vec<i32>,
}

struct NormWeights {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

struct LayerWeights {
    attention: Weights,
    projection: Weights,
    attention_norm: NormWeights,
    expand: Weights,
    contract: Weights,
    output_norm: NormWeights,
}

/// One layer of the encoder.
pub(crate) struct Layer<'a> {
    /// Queries (scaled for [`crate::kernels::Queries`]), keys and values, for each group of heads beside each other.
    pub attention: Matrix<'a>,
    pub projection: Matrix<'a>,
    pub attention_norm: Norm<'a>,
    pub expand: Matrix<'a>,
    pub contract: Matrix<'a>,
    pub output_norm: Norm<'a>,
}

pub(crate) struct Model {
    pub architecture: Architecture,
    bytes: Bytes,
    words: Rows,
    positions: Rows,
    norm: NormWeights,
    layers: Vec<LayerWeights>,
}

impl Model {
    pub(crate) fn read(file: Cow<'static, [u8]>) -> Result<Self, FormatError> {
        let (architecture, layout) = Layout::read(&file)?;
        let bytes = Bytes::new(file);
        let width = crate::format::padded(architecture.hidden);
        let rows = |place: RowsPlace| {
            Ok::<_, FormatError>(Rows { width, values: place.values, scales: floats(&bytes, &place.scales)? })
        };
        let (words, positions) = (rows(layout.words)?, rows(layout.positions)?);
        let norm = norm_weights(&bytes, &layout.norm)?;
        let layers = layout.layers.into_iter().map(|place| {
            let mut attention = weights(&bytes, place.attention)?;
            scale_queries(&architecture, &mut attention);
            Ok(LayerWeights {
                attention,
                projection: weights(&bytes, place.projection)?,
                attention_norm: norm_weights(&bytes, &place.attention_norm)?,
                expand: weights(&bytes, place.expand)?,
                contract: weights(&bytes, place.contract)?,
                output_norm: norm_weights(&bytes, &place.output_norm)?,
            })
        });
        let layers = layers.collect::<Result<_, FormatError>>()?;
        Ok(Self { architecture, bytes, words, positions, norm, layers })
    }

    /// A token's numbers and what one unit of them is worth.
    pub(crate) fn word(&self, token: u32) -> Option<(&[u8], f32)> {
        self.row(&self.words, usize::try_from(token).ok()?)
    }

    pub(crate) fn position(&self, position: usize) -> Option<(&[u8], f32)> {
        self.row(&self.positions, position)
    }

    fn row(&self, rows: &Rows, number: usize) -> Option<(&[u8], f32)> {
        let scale = *rows.scales.get(number)?;
        let start = rows.values.start + number * rows.width;
        Some((self.bytes.range(&(start..start + rows.width)), scale))
    }

    /// Of the sum of the embeddings.
    pub(crate) fn norm(&self) -> Norm<'_> {
        self.normalization(&self.norm)
    }

    pub(crate) fn layers(&self) -> impl Iterator<Item = Layer<'_>> {
        self.layers.iter().map(|layer| Layer {
            attention: self.matrix(&layer.attention),
            projection: self.matrix(&layer.projection),
            attention_norm: self.normalization(&layer.attention_norm),
            expand: self.matrix(&layer.expand),
            contract: self.matrix(&layer.contract),
            output_norm: self.normalization(&layer.output_norm),
        })
    }

    fn matrix<'a>(&'a self, weights: &'a Weights) -> Matrix<'a> {
        Matrix {
            inputs: weights.place.inputs,
            weights: self.bytes.range(&weights.place.weights),
            scales: &weights.scales,
            biases: &weights.biases,
            sums: &weights.sums,
        }
    }

    fn normalization<'a>(&'a self, norm: &'a NormWeights) -> Norm<'a> {
        let Architecture { hidden, epsilon, .. } = self.architecture;
        Norm { weight: &norm.weight, bias: &norm.bias, width: hidden, epsilon }
    }
}

/// Puts log2(e)/√head into what a query's unit is worth, which spares attention the multiplication.
fn scale_queries(architecture: &Architecture, attention: &mut Weights) {
    let factor = std::f32::consts::LOG2_E / (architecture.head() as f32).sqrt();
    let columns = architecture.group_columns();
    for numbers in [&mut attention.scales, &mut attention.biases] {
        for queries in numbers.chunks_mut(columns).step_by(3) {
            for number in queries {
                *number *= factor;
            }
        }
    }
}

fn weights(bytes: &Bytes, place: MatrixPlace) -> Result<Weights, FormatError> {
    Ok(Weights {
        scales: floats(bytes, &place.scales)?,
        biases: floats(bytes, &place.biases)?,
        sums: words(bytes, &place.sums).map(u32::cast_signed).collect(),
        place,
    })
}

fn norm_weights(bytes: &Bytes, place: &NormPlace) -> Result<NormWeights, FormatError> {
    Ok(NormWeights { weight: floats(bytes, &place.weight)?, bias: floats(bytes, &place.bias)? })
}

fn floats(bytes: &Bytes, range: &Range<usize>) -> Result<Vec<f32>, FormatError> {
    let values: Vec<f32> = words(bytes, range).map(f32::from_bits).collect();
    if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err(FormatError::NotFinite) }
}

fn words<'a>(bytes: &'a Bytes, range: &Range<usize>) -> impl Iterator<Item = u32> + 'a {
    let (words, _) = bytes.range(range).as_chunks();
    words.iter().map(|&word| u32::from_le_bytes(word))
}
