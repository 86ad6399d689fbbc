//! The file the encoder runs from: int8 weights in the order in which the kernels read them.
//!
//! A file is a header of 64 bytes and then tensors in a fixed order, each starting at a multiple
//! of 64 bytes; sizes follow from the header alone, so that there are no names and no offsets to
//! be wrong. Numbers are little-endian. Every dimension that a kernel runs over is padded with
//! zeros to a multiple of [`LANE`], so that kernels have no remainders.
//!
//! This file and `quantize.rs` use the standard library only: the build script includes both.

use std::fmt;
use std::ops::Range;

/// Dimensions are padded to a multiple of this; it is also the number of output columns of a panel of weights.
pub const LANE: usize = 64;
/// Changes when the meaning of a file does; also part of a model's identity, because vectors change with it.
pub const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"rw-embed";
const HEADER: usize = 64;
/// The widest matrix: 32,768 products of 255 by 127 stay below 2^31.
const WIDEST: usize = 32_768;

/// The function between the two halves of the feed-forward block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x Φ(x), by the error function (`gelu`).
    Gelu,
    /// Its approximation by tanh (`gelu_new`, `gelu_pytorch_tanh`).
    GeluTanh,
    Relu,
}

/// How the vectors of the tokens become that of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// That of the first token, `[CLS]`.
    First,
}

/// The shape of a BERT encoder, as `config.json` and the pooling module describe it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Architecture {
    /// Numbers per token, also those of a finished vector.
    pub hidden: usize,
    pub layers: usize,
    /// Attention heads; divides `hidden`.
    pub heads: usize,
    /// Numbers per token between the halves of the feed-forward block.
    pub intermediate: usize,
    /// Tokens the model knows; ids are below this.
    pub vocabulary: usize,
    /// The longest sequence in tokens, with the special ones.
    pub positions: usize,
    /// What layer normalization adds to the variance.
    pub epsilon: f32,
    pub activation: Activation,
    pub pooling: Pooling,
    /// Whether finished vectors get length 1.
    pub normalize: bool,
}

/// Why bytes are not a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// Not a model file of this program.
    Foreign,
    /// Written in another version of the format.
    Version(u32),
    /// A number in the header is outside of what an encoder can have.
    Header(&'static str),
    /// The file has another length than its header asks for, in bytes.
    Length { expected: usize, found: usize },
    /// A scale, a bias or a weight of layer normalization is not finite.
    NotFinite,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("not an embedding model of this program"),
            Self::Version(found) => write!(f, "the model file has version {found}, this program reads {VERSION}"),
            Self::Header(what) => write!(f, "the model file's {what} is out of range"),
            Self::Length { expected, found } => {
                write!(f, "the model file has {found} bytes instead of {expected}")
            }
            Self::NotFinite => f.write_str("the model file holds a number that is not finite"),
        }
    }
}

impl std::error::Error for FormatError {}

/// Rounds up to a multiple of [`LANE`].
pub const fn padded(count: usize) -> usize {
    count.next_multiple_of(LANE)
}

impl Architecture {
    /// Numbers per attention head.
    pub fn head(&self) -> usize {
        self.hidden / self.heads
    }

    /// Heads whose queries, keys and values are computed together: the fewest that fill whole
    /// panels, or all of them where that does not come out even.
    pub fn group(&self) -> usize {
        let mut group = 1;
        while group < self.heads && !(group * self.head()).is_multiple_of(LANE) {
            group += 1;
        }
        if self.heads.is_multiple_of(group) { group } else { self.heads }
    }

    /// Columns of one group's queries (or keys, or values), padded.
    pub fn group_columns(&self) -> usize {
        padded(self.group() * self.head())
    }

    /// Columns of the fused matrix of queries, keys and values: for each group its queries, keys and values.
    pub fn attention_columns(&self) -> usize {
        self.heads / self.group() * 3 * self.group_columns()
    }

    /// Refuses shapes that no encoder has or that would overflow a sum.
    pub fn check(&self) -> Result<(), FormatError> {
        let range = |what, value: usize, most: usize| {
            if (1..=most).contains(&value) { Ok(()) } else { Err(FormatError::Header(what)) }
        };
        range("hidden size", self.hidden, 8_192)?;
        range("number of layers", self.layers, 128)?;
        range("number of heads", self.heads, self.hidden)?;
        range("head size", if self.hidden.is_multiple_of(self.heads) { self.head() } else { 0 }, 256)?;
        range("intermediate size", self.intermediate, WIDEST)?;
        range("vocabulary", self.vocabulary, 1 << 21)?;
        range("number of positions", self.positions, 8_192)?;
        if !(self.epsilon.is_finite() && self.epsilon >= 0.0) {
            return Err(FormatError::Header("epsilon"));
        }
        Ok(())
    }

    fn header(&self) -> [u8; HEADER] {
        let activation = match self.activation {
            Activation::Gelu => 0,
            Activation::GeluTanh => 1,
            Activation::Relu => 2,
        };
        let pooling = match self.pooling {
            Pooling::Mean => 0,
            Pooling::First => 1,
        };
        let words = [
            VERSION,
            self.hidden as u32,
            self.layers as u32,
            self.heads as u32,
            self.intermediate as u32,
            self.vocabulary as u32,
            self.positions as u32,
            self.epsilon.to_bits(),
            activation,
            pooling,
            u32::from(self.normalize),
        ];
        let mut header = [0; HEADER];
        let bytes = MAGIC.into_iter().chain(words.into_iter().flat_map(u32::to_le_bytes));
        for (to, from) in header.iter_mut().zip(bytes) {
            *to = from;
        }
        header
    }

    /// The shape a file's header states, after [`Architecture::check`].
    pub fn read(file: &[u8]) -> Result<Self, FormatError> {
        let header = file.get(..HEADER).ok_or(FormatError::Foreign)?;
        let (magic, words) = header.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(FormatError::Foreign);
        }
        let mut words =
            words.chunks_exact(4).map(|word| word.iter().rev().fold(0, |sum, &byte| sum << 8 | u32::from(byte)));
        let mut next = || words.next().unwrap_or(0);
        let version = next();
        if version != VERSION {
            return Err(FormatError::Version(version));
        }
        let mut size = || next() as usize;
        let architecture = Self {
            hidden: size(),
            layers: size(),
            heads: size(),
            intermediate: size(),
            vocabulary: size(),
            positions: size(),
            epsilon: f32::from_bits(next()),
            activation: match next() {
                0 => Activation::Gelu,
                1 => Activation::GeluTanh,
                2 => Activation::Relu,
                _ => return Err(FormatError::Header("activation")),
            },
            pooling: match next() {
                0 => Pooling::Mean,
                1 => Pooling::First,
                _ => return Err(FormatError::Header("pooling")),
            },
            normalize: match next() {
                0 => false,
                1 => true,
                _ => return Err(FormatError::Header("normalization")),
            },
        };
        architecture.check()?;
        Ok(architecture)
    }
}

/// One int8 matrix with a scale for each output: where its parts are in the file.
#[derive(Clone, Debug)]
pub struct MatrixPlace {
    /// Padded inputs.
    pub inputs: usize,
    /// Padded outputs.
    pub outputs: usize,
    /// `[outputs / 64][inputs / 4][64][4]` of i8.
    pub weights: Range<usize>,
    /// `[outputs]` of f32: what one unit of a weight is worth.
    pub scales: Range<usize>,
    /// `[outputs]` of f32.
    pub biases: Range<usize>,
    /// `[outputs]` of i32: the sum of an output's weights.
    pub sums: Range<usize>,
}

/// Rows of i8 with a scale for each: where its parts are in the file.
#[derive(Clone, Debug)]
pub struct RowsPlace {
    /// `[rows][padded(hidden)]` of i8.
    pub values: Range<usize>,
    /// `[rows]` of f32.
    pub scales: Range<usize>,
}

/// Layer normalization: `[padded(hidden)]` of f32 each, zero in the padding.
#[derive(Clone, Debug)]
pub struct NormPlace {
    pub weight: Range<usize>,
    pub bias: Range<usize>,
}

/// Where the tensors of one layer are.
#[derive(Clone, Debug)]
pub struct LayerPlace {
    /// Queries, keys and values, in the order of [`Architecture::attention_columns`].
    pub attention: MatrixPlace,
    pub projection: MatrixPlace,
    pub attention_norm: NormPlace,
    pub expand: MatrixPlace,
    pub contract: MatrixPlace,
    pub output_norm: NormPlace,
}

/// Where every tensor of a file is.
#[derive(Clone, Debug)]
pub struct Layout {
    pub words: RowsPlace,
    /// Positions, each with the embedding of the first token type added.
    pub positions: RowsPlace,
    pub norm: NormPlace,
    pub layers: Vec<LayerPlace>,
    /// Length of the file in bytes.
    pub length: usize,
}

impl Layout {
    /// `architecture` must have passed [`Architecture::check`], which bounds every product here.
    pub fn new(architecture: &Architecture) -> Self {
        let mut end = HEADER;
        let mut take = |bytes: usize| {
            let start = end.next_multiple_of(LANE);
            end = start + bytes;
            start..end
        };
        let hidden = padded(architecture.hidden);
        let intermediate = padded(architecture.intermediate);
        let mut rows = |count: usize| RowsPlace { values: take(count * hidden), scales: take(count * 4) };
        let (words, positions) = (rows(architecture.vocabulary), rows(architecture.positions));
        let norm = |take: &mut dyn FnMut(usize) -> Range<usize>| NormPlace {
            weight: take(hidden * 4),
            bias: take(hidden * 4),
        };
        let matrix = |take: &mut dyn FnMut(usize) -> Range<usize>, inputs: usize, outputs: usize| MatrixPlace {
            inputs,
            outputs,
            weights: take(inputs * outputs),
            scales: take(outputs * 4),
            biases: take(outputs * 4),
            sums: take(outputs * 4),
        };
        let embedding_norm = norm(&mut take);
        let layers = (0..architecture.layers)
            .map(|_| LayerPlace {
                attention: matrix(&mut take, hidden, architecture.attention_columns()),
                projection: matrix(&mut take, hidden, hidden),
                attention_norm: norm(&mut take),
                expand: matrix(&mut take, hidden, intermediate),
                contract: matrix(&mut take, intermediate, hidden),
                output_norm: norm(&mut take),
            })
            .collect();
        Self { words, positions, norm: embedding_norm, layers, length: end.next_multiple_of(LANE) }
    }

    /// Reads the header and checks the length: every range of the layout is then inside `file`.
    pub fn read(file: &[u8]) -> Result<(Architecture, Self), FormatError> {
        let architecture = Architecture::read(file)?;
        let layout = Self::new(&architecture);
        if layout.length != file.len() {
            return Err(FormatError::Length { expected: layout.length, found: file.len() });
        }
        Ok((architecture, layout))
    }

    /// A file of zeros with its header, for the quantizer to fill.
    pub fn blank(&self, architecture: &Architecture) -> Vec<u8> {
        let mut file = vec![0; self.length];
        for (to, from) in file.iter_mut().zip(architecture.header()) {
            *to = from;
        }
        file
    }
}
