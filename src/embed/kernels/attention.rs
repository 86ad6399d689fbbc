//! Attention of one head over one sequence: softmax(Q Kᵀ) V in f32, a few rows of scores at a time.

use super::matrix::ROWS;
use super::simd::{Simd, exp2};
use super::{Kernels, dispatch};

/// Numbers of the longest vector: rows of the space are padded to a multiple of it.
const WIDEST: usize = 16;
/// The padded size of the largest head.
const LARGEST_HEAD: usize = 256;

/// Keys and values of one head, of some tokens of a sequence: row t of each starts at `t * stride` of its slice.
pub(crate) struct Source<'a> {
    pub keys: &'a [f32],
    pub values: &'a [f32],
    pub stride: usize,
    /// Rows, at least one.
    pub tokens: usize,
}

/// Queries of one head: row t starts at `t * stride`.
///
/// They are scaled by log2(e)/√head, so that a weight is 2 to the power of a product.
pub(crate) struct Queries<'a> {
    pub values: &'a [f32],
    pub stride: usize,
    /// At least one.
    pub rows: usize,
}

/// Keys and values in the order in which they are read, and a few rows of scores.
pub(crate) struct AttentionSpace {
    most_tokens: usize,
    largest_head: usize,
    /// Of the sequence at hand.
    tokens: usize,
    /// Numbers of a row that belong to the head at hand: 1..=256.
    head: usize,
    /// `[head][padded tokens]`
    keys: Vec<f32>,
    /// `[tokens][padded head]`
    values: Vec<f32>,
    /// `[6][padded tokens]`
    scores: Vec<f32>,
}

impl AttentionSpace {
    /// Space for sequences of at most `tokens` and heads of at most `head` numbers.
    pub(crate) fn new(tokens: usize, head: usize) -> Self {
        let width = tokens.next_multiple_of(WIDEST);
        Self {
            most_tokens: tokens,
            largest_head: head.min(LARGEST_HEAD),
            tokens: 0,
            head: 0,
            keys: vec![0.0; head * width],
            values: vec![0.0; tokens * head.next_multiple_of(WIDEST)],
            scores: vec![0.0; ROWS * width],
        }
    }

    /// Begins a head of a sequence of `tokens`, all of which are to be gathered before queries attend to them.
    pub(crate) fn begin(&mut self, tokens: usize, head: usize) {
        assert!((1..=self.most_tokens).contains(&tokens) && (1..=self.largest_head).contains(&head));
        (self.tokens, self.head) = (tokens, head);
        let width = tokens.next_multiple_of(WIDEST);
        for row in self.keys.chunks_exact_mut(width).take(head) {
            row[tokens..].fill(0.0);
        }
    }

    /// Takes in the keys and values of the tokens from number `first` on.
    pub(crate) fn gather(&mut self, source: &Source<'_>, first: usize) {
        let &Source { keys, values, stride, tokens } = source;
        let head = self.head;
        let needed = (tokens - 1) * stride + head;
        assert!(keys.len() >= needed && values.len() >= needed && first + tokens <= self.tokens);
        let columns = head.next_multiple_of(WIDEST);
        // SAFETY: the space holds `head` rows of the padded width; the keys reach to their last row.
        unsafe { transpose(source, head, self.tokens.next_multiple_of(WIDEST), self.keys.as_mut_ptr().add(first)) };
        let rows = self.values.chunks_exact_mut(columns).skip(first).take(tokens);
        for (row, from) in rows.zip(values.chunks(stride)) {
            row[..head].copy_from_slice(&from[..head]);
            row[head..].fill(0.0);
        }
    }
}

impl Kernels {
    /// Writes for each query the values of all tokens of the space, weighted by how their keys match, `head`
    /// numbers: row t starts at `t * stride` of `output`.
    pub(crate) fn attend(self, queries: &Queries<'_>, space: &mut AttentionSpace, output: &mut [f32], stride: usize) {
        let (last, head) = (queries.rows - 1, space.head);
        assert!(head > 0 && queries.values.len() >= last * queries.stride + head);
        assert!(output.len() >= last * stride + head);
        dispatch!(self, attend(queries, space, output, stride));
    }
}

/// # Safety
/// The level's instructions exist, and the lengths are as [`Kernels::attend`] checks.
#[inline(always)]
pub(super) unsafe fn attend<S: Simd>(
    queries: &Queries<'_>,
    space: &mut AttentionSpace,
    output: &mut [f32],
    stride: usize,
) {
    let &mut AttentionSpace { tokens, head, .. } = space;
    let width = tokens.next_multiple_of(WIDEST);
    let columns = head.next_multiple_of(WIDEST);
    let mut mixed = [0.0_f32; ROWS * LARGEST_HEAD];
    let groups = queries.rows.div_ceil(ROWS);
    for group in 0..groups {
        let first = queries.rows * group / groups;
        let count = queries.rows * (group + 1) / groups - first;
        // SAFETY: the space holds `head` rows of `width` keys, `tokens` rows of `columns` values and six rows
        // of `width` scores; queries and output reach to their last row.
        unsafe {
            let from = queries.values.as_ptr().add(first * queries.stride);
            let scores = space.scores.as_mut_ptr();
            product::<S>(count, from, queries.stride, space.keys.as_ptr(), width, head, scores);
            let mut shares = [0.0; ROWS];
            for (row, share) in shares[..count].iter_mut().enumerate() {
                *share = 1.0 / soften::<S>(scores.add(row * width), tokens, width);
            }
            product::<S>(count, scores, width, space.values.as_ptr(), columns, tokens, mixed.as_mut_ptr());
            for (row, share) in shares[..count].iter().enumerate() {
                let from = mixed.as_ptr().add(row * columns);
                let to = output.as_mut_ptr().add((first + row) * stride);
                for at in 0..head {
                    *to.add(at) = *from.add(at) * share;
                }
            }
        }
    }
}

/// Keys as columns.
///
/// # Safety
/// `head` rows that are `width` apart have room for the tokens at `to`; the keys are as [`AttentionSpace::gather`] checks.
#[inline(always)]
unsafe fn transpose(source: &Source<'_>, head: usize, width: usize, to: *mut f32) {
    let &Source { tokens, stride, .. } = source;
    let (whole_tokens, whole_head) = (tokens & !3, head & !3);
    let keys = source.keys.as_ptr();
    // SAFETY: at most the last token and the last of `head` are read; below `head` rows of `width` are written.
    unsafe {
        for token in (0..whole_tokens).step_by(4) {
            for at in (0..whole_head).step_by(4) {
                transpose_block(keys.add(token * stride + at), stride, to.add(at * width + token), width);
            }
        }
        for token in 0..tokens {
            let start = if token < whole_tokens { whole_head } else { 0 };
            for at in start..head {
                *to.add(at * width + token) = *keys.add(token * stride + at);
            }
        }
    }
}

/// Four rows of four, `stride` apart, become columns.
///
/// # Safety
/// Four rows of four values are at both pointers.
#[inline(always)]
unsafe fn transpose_block(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
    // SAFETY: as promised by the caller; every x86-64 processor has SSE2.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        use std::arch::x86_64::{_MM_TRANSPOSE4_PS, _mm_loadu_ps, _mm_storeu_ps};
        let mut a = _mm_loadu_ps(from);
        let mut b = _mm_loadu_ps(from.add(stride));
        let mut c = _mm_loadu_ps(from.add(2 * stride));
        let mut d = _mm_loadu_ps(from.add(3 * stride));
        _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
        _mm_storeu_ps(to, a);
        _mm_storeu_ps(to.add(to_stride), b);
        _mm_storeu_ps(to.add(2 * to_stride), c);
        _mm_storeu_ps(to.add(3 * to_stride), d);
    }
    // SAFETY: as promised by the caller.
    #[cfg(not(target_arch = "x86_64"))]
    unsafe {
        for row in 0..4 {
            for at in 0..4 {
                *to.add(at * to_stride + row) = *from.add(row * stride + at);
            }
        }
    }
}

/// Makes a row of exponents the weights of a softmax, without dividing by their sum, which it returns (at least 1).
///
/// # Safety
/// The level's instructions exist; `width`, a multiple of 16 above or equal to `tokens`, values are at `row`.
#[inline(always)]
unsafe fn soften<S: Simd>(row: *mut f32, tokens: usize, width: usize) -> f32 {
    // SAFETY: `at` steps by LANES, which divides `width`.
    unsafe {
        for padding in tokens..width {
            *row.add(padding) = f32::MIN;
        }
        let mut most = S::splat(f32::MIN);
        let mut at = 0;
        while at < width {
            most = most.max(S::load(row.add(at)));
            at += S::LANES;
        }
        let most = S::splat(most.highest());
        let mut sum = S::splat(0.0);
        at = 0;
        while at < width {
            let weight = exp2(S::load(row.add(at)).sub(most));
            weight.store(row.add(at));
            sum = sum.add(weight);
            at += S::LANES;
        }
        sum.sum()
    }
}

/// `to[rows][width] = left[rows][inner] × right[inner][width]`, rows of the left `stride` apart.
///
/// # Safety
/// The level's instructions exist; `rows` is in 1..=6, `width` a multiple of 16; the pointers reach that far.
#[inline(always)]
unsafe fn product<S: Simd>(
    rows: usize,
    left: *const f32,
    stride: usize,
    right: *const f32,
    width: usize,
    inner: usize,
    to: *mut f32,
) {
    // SAFETY: as promised by the caller.
    unsafe {
        match rows {
            1 => product_of::<S, 1>(left, stride, right, width, inner, to),
            2 => product_of::<S, 2>(left, stride, right, width, inner, to),
            3 => product_of::<S, 3>(left, stride, right, width, inner, to),
            4 => product_of::<S, 4>(left, stride, right, width, inner, to),
            5 => product_of::<S, 5>(left, stride, right, width, inner, to),
            _ => product_of::<S, 6>(left, stride, right, width, inner, to),
        }
    }
}

/// # Safety
/// As [`product`], for exactly `R` rows.
#[inline(always)]
unsafe fn product_of<S: Simd, const R: usize>(
    left: *const f32,
    stride: usize,
    right: *const f32,
    width: usize,
    inner: usize,
    to: *mut f32,
) {
    let mut at = 0;
    // SAFETY: as promised by the caller; `at` stays a multiple of LANES below `width`.
    unsafe {
        if S::TILE == 4 {
            while at + 4 * S::LANES <= width {
                tile::<S, R, 4>(left, stride, right.add(at), width, inner, to.add(at));
                at += 4 * S::LANES;
            }
        }
        while at + 2 * S::LANES <= width {
            tile::<S, R, 2>(left, stride, right.add(at), width, inner, to.add(at));
            at += 2 * S::LANES;
        }
        while at < width {
            tile::<S, R, 1>(left, stride, right.add(at), width, inner, to.add(at));
            at += S::LANES;
        }
    }
}

/// # Safety
/// As [`product`], for `R` rows and `V` vectors.
#[inline(always)]
unsafe fn tile<S: Simd, const R: usize, const V: usize>(
    left: *const f32,
    stride: usize,
    right: *const f32,
    width: usize,
    inner: usize,
    to: *mut f32,
) {
    // SAFETY: as promised by the caller.
    unsafe {
        let mut sums = [[S::splat(0.0); V]; R];
        for k in 0..inner {
            let mut columns = [S::splat(0.0); V];
            for (v, column) in columns.iter_mut().enumerate() {
                *column = S::load(right.add(k * width + v * S::LANES));
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let value = S::splat(*left.add(r * stride + k));
                for (sum, &column) in sums.iter_mut().zip(&columns) {
                    *sum = value.mul_add(column, *sum);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                sum.store(to.add(r * width + v * S::LANES));
            }
        }
    }
}
