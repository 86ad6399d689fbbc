//! Products of rows of activations with a matrix of weights: int8, summed in i32, made f32 with bias and activation.

use std::ops::Range;

use super::simd::{Simd, gelu, gelu_tanh};
use super::{Kernels, Level, dispatch};

/// Output columns of a panel of weights.
pub(crate) const PANEL: usize = crate::format::LANE;
/// Rows of a tile at most.
pub(super) const ROWS: usize = 6;
/// The sums of one tile.
pub(super) type Sums = [[i32; PANEL]; ROWS];

/// Rows of activations in -127..=127, each with its scale.
///
/// The byte dot product wants them as bytes with 128 added, the other levels as words.
pub(crate) struct Quantized {
    width: usize,
    bytes: Vec<u8>,
    words: Vec<i16>,
    scales: Vec<f32>,
}

impl Quantized {
    /// Rows for `kernels`, of `width` numbers (a multiple of 64) each.
    pub(crate) fn new(kernels: Kernels, rows: usize, width: usize) -> Self {
        let words = kernels.uses_words();
        Self {
            width,
            bytes: vec![0; if words { 0 } else { rows * width }],
            words: vec![0; if words { rows * width } else { 0 }],
            scales: vec![0.0; rows],
        }
    }

    /// The bytes or the words of a row, whichever there are, and its scale.
    pub(super) fn row_mut(&mut self, number: usize) -> (&mut [u8], &mut [i16], &mut f32) {
        let range = number * self.width..(number + 1) * self.width;
        let bytes = if self.bytes.is_empty() { &mut [] } else { &mut self.bytes[range.clone()] };
        let words = if self.words.is_empty() { &mut [] } else { &mut self.words[range] };
        (bytes, words, &mut self.scales[number])
    }
}

/// Weights as the file holds them.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    /// Padded inputs.
    pub inputs: usize,
    /// `[outputs / 64][inputs / 4][64][4]` of i8.
    pub weights: &'a [u8],
    /// `[outputs]`: what one unit of a weight is worth.
    pub scales: &'a [f32],
    /// `[outputs]`
    pub biases: &'a [f32],
    /// `[outputs]`: the sum of an output's weights.
    pub sums: &'a [i32],
}

impl<'a> Matrix<'a> {
    fn outputs(&self) -> usize {
        self.scales.len()
    }

    /// The outputs in `columns`, whole panels.
    pub(crate) fn columns(&self, columns: Range<usize>) -> Matrix<'a> {
        Matrix {
            inputs: self.inputs,
            weights: &self.weights[columns.start * self.inputs..columns.end * self.inputs],
            scales: &self.scales[columns.clone()],
            biases: &self.biases[columns.clone()],
            sums: &self.sums[columns],
        }
    }
}

/// What is done with a product before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Epilogue {
    Store,
    /// Added to what is there.
    Add,
    Gelu,
    GeluTanh,
    Relu,
}

/// Where products go: row r of panel p starts at `p * panel_stride + r * row_stride`.
pub(crate) struct Output<'a> {
    pub values: &'a mut [f32],
    pub row_stride: usize,
    pub panel_stride: usize,
}

impl Kernels {
    /// Whether activations are words rather than bytes.
    pub(super) fn uses_words(self) -> bool {
        self.level() != Level::Avx512Vnni
    }

    /// `output = epilogue(left[rows] × right + bias)`, the first of `rows` going to row 0 of the output.
    pub(crate) fn multiply(
        self,
        left: &Quantized,
        rows: Range<usize>,
        right: &Matrix<'_>,
        epilogue: Epilogue,
        output: &mut Output<'_>,
    ) {
        let outputs = right.outputs();
        assert!(left.width == right.inputs && rows.end <= left.scales.len());
        assert!(
            (if self.uses_words() { left.words.len() } else { left.bytes.len() }) == left.width * left.scales.len()
        );
        assert!(right.inputs.is_multiple_of(PANEL) && outputs.is_multiple_of(PANEL));
        assert!(right.weights.len() == right.inputs * outputs);
        assert!(right.biases.len() == outputs && right.sums.len() == outputs);
        if rows.is_empty() || outputs == 0 {
            return;
        }
        let last = (outputs / PANEL - 1) * output.panel_stride + (rows.len() - 1) * output.row_stride;
        assert!(last + PANEL <= output.values.len());
        dispatch!(self, multiply(left, rows, right, epilogue, output));
    }
}

/// A level's way to multiply up to six rows with one panel.
pub(super) trait Tile {
    /// How activations are stored.
    type Activation;

    fn activations(left: &Quantized) -> *const Self::Activation;

    /// `sums[r][c]` becomes the product of row r and column c, for `rows` rows (1..=6) that are `stride` apart.
    ///
    /// # Safety
    /// The level's instructions exist; `rows` rows of `inputs` (a multiple of 64) activations are at `left`,
    /// `inputs * 64` bytes at `weights`, 64 column sums at `column_sums`.
    unsafe fn multiply(
        rows: usize,
        left: *const Self::Activation,
        weights: *const i8,
        inputs: usize,
        column_sums: *const i32,
        sums: &mut Sums,
    );
}

impl Quantized {
    pub(super) fn bytes(&self) -> *const u8 {
        self.bytes.as_ptr()
    }

    pub(super) fn words(&self) -> *const i16 {
        self.words.as_ptr()
    }
}

/// # Safety
/// The level's instructions exist, and the lengths are as [`Kernels::multiply`] checks.
#[inline(always)]
pub(super) unsafe fn multiply<S: Simd, T: Tile>(
    left: &Quantized,
    rows: Range<usize>,
    right: &Matrix<'_>,
    epilogue: Epilogue,
    output: &mut Output<'_>,
) {
    let groups = rows.len().div_ceil(ROWS);
    let mut sums: Sums = [[0; PANEL]; ROWS];
    for panel in 0..right.outputs() / PANEL {
        let column = panel * PANEL;
        for group in 0..groups {
            // Groups differ by one row at most, so that there is none of a single row after others of six.
            let first = rows.len() * group / groups;
            let count = rows.len() * (group + 1) / groups - first;
            // SAFETY: the rows and columns are inside the slices, by the lengths checked.
            unsafe {
                let activations = T::activations(left).add((rows.start + first) * left.width);
                let weights = right.weights.as_ptr().add(column * right.inputs).cast::<i8>();
                // Each group fetches its share of the next panel, which so arrives before it is needed.
                let next = weights.wrapping_add(PANEL * right.inputs);
                let mut line = right.inputs * group / groups;
                while line < right.inputs * (group + 1) / groups {
                    S::prefetch(next.wrapping_add(line * PANEL));
                    line += 1;
                }
                T::multiply(count, activations, weights, right.inputs, right.sums.as_ptr().add(column), &mut sums);
                let row_scales = left.scales.as_ptr().add(rows.start + first);
                let start = panel * output.panel_stride + first * output.row_stride;
                let to = output.values.as_mut_ptr().add(start);
                let (scales, biases) = (right.scales.as_ptr().add(column), right.biases.as_ptr().add(column));
                finish::<S>(epilogue, &sums, count, row_scales, scales, biases, to, output.row_stride);
            }
        }
    }
}

/// Makes the first `rows` rows of a tile f32 and stores them `stride` apart.
///
/// # Safety
/// The level's instructions exist; `rows` values are at `row_scales`, 64 at the other pointers and in each row of `to`.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "pointers that belong to one tile")]
unsafe fn finish<S: Simd>(
    epilogue: Epilogue,
    sums: &Sums,
    rows: usize,
    row_scales: *const f32,
    scales: *const f32,
    biases: *const f32,
    to: *mut f32,
    stride: usize,
) {
    // SAFETY: LANES divides 64.
    unsafe {
        let mut at = 0;
        while at < PANEL {
            let (scale, bias) = (S::load(scales.add(at)), S::load(biases.add(at)));
            for (row, sums) in sums[..rows].iter().enumerate() {
                let unit = scale.mul(S::splat(*row_scales.add(row)));
                let value = S::from_i32(sums.as_ptr().add(at)).mul_add(unit, bias);
                let to = to.add(row * stride + at);
                let value = match epilogue {
                    Epilogue::Store => value,
                    Epilogue::Add => value.add(S::load(to)),
                    Epilogue::Gelu => gelu(value),
                    Epilogue::GeluTanh => gelu_tanh(value),
                    Epilogue::Relu => value.max(S::splat(0.0)),
                };
                value.store(to);
            }
            at += S::LANES;
        }
    }
}
