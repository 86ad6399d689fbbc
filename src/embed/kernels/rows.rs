//! What happens to one row, one token's numbers, between the matrices.

use super::matrix::Quantized;
use super::simd::Simd;
use super::{Kernels, dispatch};

/// Layer normalization: `weight` and `bias` of as many numbers as a padded row, zero in the padding.
pub(crate) struct Norm<'a> {
    pub weight: &'a [f32],
    pub bias: &'a [f32],
    /// Numbers of a row without the padding.
    pub width: usize,
    pub epsilon: f32,
}

impl Kernels {
    /// `row = values * scale + other * other_scale`: a token's embedding from its word's and its position's.
    pub(crate) fn embed(self, values: &[u8], scale: f32, other: &[u8], other_scale: f32, row: &mut [f32]) {
        assert!(values.len() == row.len() && other.len() == row.len() && row.len().is_multiple_of(64));
        dispatch!(self, embed_row(values, scale, other, other_scale, row));
    }

    /// Normalizes a row in place; its padding must be zero and stays so.
    pub(crate) fn normalize(self, norm: &Norm<'_>, row: &mut [f32]) {
        assert!(norm.weight.len() == row.len() && norm.bias.len() == row.len() && row.len().is_multiple_of(64));
        assert!(norm.width <= row.len());
        dispatch!(self, normalize_row(norm, row));
    }

    /// Quantizes a row as the `number`-th of `to`: symmetric, the largest value becomes 127.
    pub(crate) fn quantize(self, row: &[f32], to: &mut Quantized, number: usize) {
        let (bytes, words, scale) = to.row_mut(number);
        assert!(row.len().is_multiple_of(64) && (bytes.len() == row.len() || words.len() == row.len()));
        *scale = dispatch!(self, quantize_row(row, bytes, words));
    }
}

/// # Safety
/// The level's instructions exist; the slices have equal lengths, a multiple of 64.
#[inline(always)]
pub(super) unsafe fn embed_row<S: Simd>(values: &[u8], scale: f32, other: &[u8], other_scale: f32, row: &mut [f32]) {
    // SAFETY: `at` steps by LANES, which divides the common length.
    unsafe {
        let (scale, other_scale) = (S::splat(scale), S::splat(other_scale));
        let mut at = 0;
        while at < row.len() {
            let left = S::from_i8(values.as_ptr().add(at).cast()).mul(scale);
            let right = S::from_i8(other.as_ptr().add(at).cast());
            right.mul_add(other_scale, left).store(row.as_mut_ptr().add(at));
            at += S::LANES;
        }
    }
}

/// # Safety
/// The level's instructions exist; row, weight and bias have equal lengths, a multiple of 64.
#[inline(always)]
pub(super) unsafe fn normalize_row<S: Simd>(norm: &Norm<'_>, row: &mut [f32]) {
    let width = norm.width as f32;
    let padding = (row.len() - norm.width) as f32;
    // SAFETY: `at` steps by four vectors of at most 16 and then by LANES, which divide the common length.
    unsafe {
        let pointer = row.as_mut_ptr();
        let mut sums = [S::splat(0.0); 4];
        let mut at = 0;
        while at < row.len() {
            for (v, sum) in sums.iter_mut().enumerate() {
                *sum = sum.add(S::load(pointer.add(at + v * S::LANES)));
            }
            at += 4 * S::LANES;
        }
        let mean = total(sums) / width;
        let mut squares = [S::splat(0.0); 4];
        at = 0;
        while at < row.len() {
            for (v, squares) in squares.iter_mut().enumerate() {
                let difference = S::load(pointer.add(at + v * S::LANES)).sub(S::splat(mean));
                *squares = difference.mul_add(difference, *squares);
            }
            at += 4 * S::LANES;
        }
        // The zeros of the padding were counted as well.
        let variance = ((total(squares) - padding * mean * mean) / width).max(0.0);
        let factor = 1.0 / (variance + norm.epsilon).sqrt();
        let factor = if factor.is_finite() { factor } else { 0.0 };
        at = 0;
        while at < row.len() {
            let weight = S::load(norm.weight.as_ptr().add(at)).mul(S::splat(factor));
            let value = S::load(pointer.add(at)).sub(S::splat(mean));
            value.mul_add(weight, S::load(norm.bias.as_ptr().add(at))).store(pointer.add(at));
            at += S::LANES;
        }
    }
}

/// # Safety
/// The level's instructions exist.
#[inline(always)]
unsafe fn total<S: Simd>(sums: [S; 4]) -> f32 {
    let [first, second, third, fourth] = sums;
    // SAFETY: as promised by the caller.
    unsafe { first.add(second).add(third.add(fourth)).sum() }
}

/// Writes the levels as bytes (128 added) or words, whichever slice is not empty, and returns what a unit is worth.
///
/// # Safety
/// The level's instructions exist; one of `bytes` and `words` has the length of `row`, a multiple of 64, the other none.
#[inline(always)]
pub(super) unsafe fn quantize_row<S: Simd>(row: &[f32], bytes: &mut [u8], words: &mut [i16]) -> f32 {
    // SAFETY: `at` steps by four vectors of at most 16 and then by LANES, which divide the common length.
    unsafe {
        let mut most = [S::splat(0.0); 4];
        let mut at = 0;
        while at < row.len() {
            for (v, most) in most.iter_mut().enumerate() {
                *most = most.max(S::load(row.as_ptr().add(at + v * S::LANES)).abs());
            }
            at += 4 * S::LANES;
        }
        let [first, second, third, fourth] = most;
        let most = first.max(second).max(third.max(fourth)).highest();
        // No product exceeds 127 by as much as rounding takes away.
        let factor = S::splat(if most >= 1e-30 { 127.0 / most } else { 0.0 });
        at = 0;
        while at < row.len() {
            let level = S::load(row.as_ptr().add(at)).mul(factor);
            if words.is_empty() {
                level.store_bytes(bytes.as_mut_ptr().add(at));
            } else {
                level.store_words(words.as_mut_ptr().add(at));
            }
            at += S::LANES;
        }
        most / 127.0
    }
}
