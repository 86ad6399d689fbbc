//! SSE2, which every x86-64 processor has: 128-bit vectors, so that nothing needs to be detected.

use std::arch::x86_64::*;

use super::matrix::{PANEL, Quantized, Sums, Tile};
use super::simd::Simd;

#[derive(Clone, Copy)]
pub(super) struct Vector(__m128);

impl Simd for Vector {
    const LANES: usize = 4;
    const TILE: usize = 2;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { Self(_mm_set1_ps(value)) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: SSE2 is part of x86-64; the caller has four values there.
        unsafe { Self(_mm_loadu_ps(from)) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: SSE2 is part of x86-64; the caller has room for four values there.
        unsafe { _mm_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn from_i32(from: *const i32) -> Self {
        // SAFETY: SSE2 is part of x86-64; the caller has four values there.
        unsafe { Self(_mm_cvtepi32_ps(_mm_loadu_si128(from.cast()))) }
    }

    #[inline(always)]
    unsafe fn from_i8(from: *const i8) -> Self {
        // SAFETY: SSE2 is part of x86-64; the caller has four values there.
        unsafe {
            let bytes = _mm_cvtsi32_si128(from.cast::<i32>().read_unaligned());
            // Each byte in the highest of four, and then down again with its sign.
            let words = _mm_unpacklo_epi8(_mm_setzero_si128(), bytes);
            Self(_mm_cvtepi32_ps(_mm_srai_epi32::<24>(_mm_unpacklo_epi16(_mm_setzero_si128(), words))))
        }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { Self(_mm_add_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { Self(_mm_sub_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { Self(_mm_mul_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { Self(_mm_div_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { Self(_mm_add_ps(_mm_mul_ps(self.0, factor.0), addend.0)) }
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { Self(_mm_max_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { Self(_mm_min_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn abs(self) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        unsafe { Self(_mm_andnot_ps(_mm_set1_ps(-0.0), self.0)) }
    }

    #[inline(always)]
    unsafe fn shift_exponent(self, shift: Self) -> Self {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let shift = _mm_slli_epi32::<23>(_mm_castps_si128(shift.0));
            Self(_mm_castsi128_ps(_mm_add_epi32(_mm_castps_si128(self.0), shift)))
        }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        // SAFETY: SSE2 is part of x86-64; the caller has room for four bytes there.
        unsafe {
            let words = _mm_add_epi16(words(self.0), _mm_set1_epi16(128));
            let bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
            to.cast::<i32>().write_unaligned(bytes);
        }
    }

    #[inline(always)]
    unsafe fn store_words(self, to: *mut i16) {
        // SAFETY: SSE2 is part of x86-64; the caller has room for four words there.
        unsafe { _mm_storel_epi64(to.cast(), words(self.0)) }
    }

    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let two = _mm_add_ps(self.0, _mm_movehl_ps(self.0, self.0));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }

    #[inline(always)]
    unsafe fn highest(self) -> f32 {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let two = _mm_max_ps(self.0, _mm_movehl_ps(self.0, self.0));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }
}

#[inline(always)]
fn words(values: __m128) -> __m128i {
    // SAFETY: SSE2 is part of x86-64.
    unsafe {
        let whole = _mm_cvtps_epi32(values);
        _mm_packs_epi32(whole, whole)
    }
}

/// Sixteen bytes as words, eight and eight.
#[inline(always)]
fn widen(bytes: __m128i) -> [__m128i; 2] {
    // SAFETY: SSE2 is part of x86-64.
    unsafe {
        let zero = _mm_setzero_si128();
        [_mm_srai_epi16::<8>(_mm_unpacklo_epi8(zero, bytes)), _mm_srai_epi16::<8>(_mm_unpackhi_epi8(zero, bytes))]
    }
}

/// Six rows by four columns at a time: twelve registers of sums, two for each column.
pub(super) struct WordTile;

impl Tile for WordTile {
    type Activation = i16;

    fn activations(left: &Quantized) -> *const i16 {
        left.words()
    }

    #[inline(always)]
    unsafe fn multiply(
        rows: usize,
        left: *const i16,
        weights: *const i8,
        inputs: usize,
        _column_sums: *const i32,
        sums: &mut Sums,
    ) {
        // SAFETY: as promised by the caller.
        unsafe {
            match rows {
                1 => multiply_rows::<1>(left, weights, inputs, sums),
                2 => multiply_rows::<2>(left, weights, inputs, sums),
                3 => multiply_rows::<3>(left, weights, inputs, sums),
                4 => multiply_rows::<4>(left, weights, inputs, sums),
                5 => multiply_rows::<5>(left, weights, inputs, sums),
                _ => multiply_rows::<6>(left, weights, inputs, sums),
            }
        }
    }
}

/// # Safety
/// As [`Tile::multiply`], for exactly `R` rows.
#[inline(always)]
unsafe fn multiply_rows<const R: usize>(left: *const i16, weights: *const i8, inputs: usize, sums: &mut Sums) {
    // SAFETY: `inputs` words are at each of `R` rows, `inputs * 64` bytes at the weights.
    unsafe {
        for four in 0..PANEL / 4 {
            let mut tile = [[_mm_setzero_si128(); 2]; R];
            for quad in 0..inputs / 4 {
                let columns = widen(_mm_loadu_si128(weights.add(quad * 4 * PANEL + four * 16).cast()));
                for (r, row) in tile.iter_mut().enumerate() {
                    let value = _mm_loadl_epi64(left.add(r * inputs + quad * 4).cast());
                    let value = _mm_unpacklo_epi64(value, value);
                    for (sum, &column) in row.iter_mut().zip(&columns) {
                        *sum = _mm_add_epi32(*sum, _mm_madd_epi16(value, column));
                    }
                }
            }
            for (row, sums) in tile.iter().zip(sums.iter_mut()) {
                let (first, second) = (_mm_castsi128_ps(row[0]), _mm_castsi128_ps(row[1]));
                let even = _mm_castps_si128(_mm_shuffle_ps::<0b10_00_10_00>(first, second));
                let odd = _mm_castps_si128(_mm_shuffle_ps::<0b11_01_11_01>(first, second));
                _mm_storeu_si128(sums.as_mut_ptr().add(four * 4).cast(), _mm_add_epi32(even, odd));
            }
        }
    }
}

/// # Safety
/// The slices have equal lengths.
pub(super) unsafe fn dot_i8(left: &[i8], right: &[i8]) -> i32 {
    // SAFETY: SSE2 is part of x86-64; 16 bytes are there.
    unsafe {
        let mut sum = _mm_setzero_si128();
        let mut at = 0;
        while at + 16 <= left.len() {
            let (a, b) =
                (_mm_loadu_si128(left.as_ptr().add(at).cast()), _mm_loadu_si128(right.as_ptr().add(at).cast()));
            let ([a, b], [c, d]) = (widen(a), widen(b));
            sum = _mm_add_epi32(sum, _mm_add_epi32(_mm_madd_epi16(a, c), _mm_madd_epi16(b, d)));
            at += 16;
        }
        let two = _mm_add_epi32(sum, _mm_shuffle_epi32::<0b11_10_11_10>(sum));
        let mut sum = _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b01_01_01_01>(two)));
        for (&a, &b) in left[at..].iter().zip(&right[at..]) {
            sum += i32::from(a) * i32::from(b);
        }
        sum
    }
}

super::level!(Vector, WordTile);
