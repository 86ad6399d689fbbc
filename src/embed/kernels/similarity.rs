//! Dot products for comparing finished vectors.

use super::simd::Simd;
use super::{Kernels, dispatch};

impl Kernels {
    pub(crate) fn dot_f32(self, left: &[f32], right: &[f32]) -> f32 {
        let length = left.len().min(right.len());
        let (left, right) = (&left[..length], &right[..length]);
        dispatch!(self, dot_f32(left, right))
    }

    pub(crate) fn dot_i8(self, left: &[i8], right: &[i8]) -> i32 {
        let length = left.len().min(right.len());
        let (left, right) = (&left[..length], &right[..length]);
        dispatch!(self, dot_i8(left, right))
    }

    pub(crate) fn score_f32(self, query: &[f32], rows: &[f32], scores: &mut [f32]) {
        dispatch!(self, score_f32(query, rows, scores));
    }

    pub(crate) fn score_i8(self, query: &[i8], rows: &[i8], scores: &mut [i32]) {
        dispatch!(self, score_i8(query, rows, scores));
    }
}

/// # Safety
/// The level's instructions exist; the slices have equal lengths.
#[inline(always)]
pub(super) unsafe fn dot_f32<S: Simd>(left: &[f32], right: &[f32]) -> f32 {
    // SAFETY: `at` and what is read behind it stay below the common length.
    unsafe {
        let (a, b) = (left.as_ptr(), right.as_ptr());
        let mut sums = [S::splat(0.0); 4];
        let mut at = 0;
        while at + 4 * S::LANES <= left.len() {
            for (v, sum) in sums.iter_mut().enumerate() {
                *sum = S::load(a.add(at + v * S::LANES)).mul_add(S::load(b.add(at + v * S::LANES)), *sum);
            }
            at += 4 * S::LANES;
        }
        let [first, second, third, fourth] = sums;
        let mut sum = first.add(second).add(third.add(fourth)).sum();
        while at < left.len() {
            sum += *a.add(at) * *b.add(at);
            at += 1;
        }
        sum
    }
}

/// The products of a query with each row.
///
/// # Safety
/// The level's instructions exist.
#[inline(always)]
pub(super) unsafe fn score_f32<S: Simd>(query: &[f32], rows: &[f32], scores: &mut [f32]) {
    for (row, score) in rows.chunks_exact(query.len().max(1)).zip(scores) {
        // SAFETY: a row has the length of the query.
        *score = unsafe { dot_f32::<S>(query, row) };
    }
}
