//! 512-bit vectors and the byte dot product.

use std::arch::x86_64::*;

use super::matrix::{PANEL, Quantized, Sums, Tile};
use super::simd::Simd;

pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
}

#[derive(Clone, Copy)]
pub(super) struct Vector(__m512);

impl Simd for Vector {
    const LANES: usize = 16;
    const TILE: usize = 4;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller runs on this level and has 16 values there.
        Self(unsafe { _mm512_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller runs on this level and has room for 16 values there.
        unsafe { _mm512_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn from_i32(from: *const i32) -> Self {
        // SAFETY: the caller runs on this level and has 16 values there.
        Self(unsafe { _mm512_cvtepi32_ps(_mm512_loadu_si512(from.cast())) })
    }

    #[inline(always)]
    unsafe fn from_i8(from: *const i8) -> Self {
        // SAFETY: the caller runs on this level and has 16 values there.
        Self(unsafe { _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast()))) })
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm512_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn abs(self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm512_abs_ps(self.0) })
    }

    #[inline(always)]
    unsafe fn shift_exponent(self, shift: Self) -> Self {
        // SAFETY: the caller runs on this level.
        unsafe {
            let shift = _mm512_slli_epi32::<23>(_mm512_castps_si512(shift.0));
            Self(_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(self.0), shift)))
        }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        // SAFETY: the caller runs on this level and has room for 16 bytes there.
        unsafe {
            let shifted = _mm512_add_epi32(_mm512_cvtps_epi32(self.0), _mm512_set1_epi32(128));
            _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(shifted));
        }
    }

    #[inline(always)]
    unsafe fn store_words(self, to: *mut i16) {
        // SAFETY: the caller runs on this level and has room for 16 words there.
        unsafe { _mm256_storeu_si256(to.cast(), _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(self.0))) }
    }

    #[inline(always)]
    unsafe fn prefetch(from: *const i8) {
        // SAFETY: a prefetch reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(from) }
    }

    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: the caller runs on this level.
        unsafe { _mm512_reduce_add_ps(self.0) }
    }

    #[inline(always)]
    unsafe fn highest(self) -> f32 {
        // SAFETY: the caller runs on this level.
        unsafe { _mm512_reduce_max_ps(self.0) }
    }
}

/// Six rows by a whole panel: 24 registers of sums.
pub(super) struct ByteTile;

impl Tile for ByteTile {
    type Activation = u8;

    fn activations(left: &Quantized) -> *const u8 {
        left.bytes()
    }

    #[inline(always)]
    unsafe fn multiply(
        rows: usize,
        left: *const u8,
        weights: *const i8,
        inputs: usize,
        column_sums: *const i32,
        sums: &mut Sums,
    ) {
        // SAFETY: as promised by the caller.
        unsafe {
            match rows {
                1 => multiply_rows::<1>(left, weights, inputs, column_sums, sums),
                2 => multiply_rows::<2>(left, weights, inputs, column_sums, sums),
                3 => multiply_rows::<3>(left, weights, inputs, column_sums, sums),
                4 => multiply_rows::<4>(left, weights, inputs, column_sums, sums),
                5 => multiply_rows::<5>(left, weights, inputs, column_sums, sums),
                _ => multiply_rows::<6>(left, weights, inputs, column_sums, sums),
            }
        }
    }
}

/// The bytes are 128 too high, so that the sums start 128 times the sum of the column's weights too low.
///
/// # Safety
/// As [`Tile::multiply`], for exactly `R` rows.
#[inline(always)]
unsafe fn multiply_rows<const R: usize>(
    left: *const u8,
    weights: *const i8,
    inputs: usize,
    column_sums: *const i32,
    sums: &mut Sums,
) {
    // SAFETY: `inputs` bytes are at each of `R` rows, `inputs * 64` at the weights.
    unsafe {
        let mut tile = [[_mm512_setzero_si512(); 4]; R];
        for v in 0..4 {
            let sum = _mm512_loadu_si512(column_sums.add(v * 16).cast());
            let start = _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_slli_epi32::<7>(sum));
            for row in &mut tile {
                row[v] = start;
            }
        }
        for quad in 0..inputs / 4 {
            let mut columns = [_mm512_setzero_si512(); 4];
            for (v, column) in columns.iter_mut().enumerate() {
                *column = _mm512_loadu_si512(weights.add(quad * 4 * PANEL + v * 64).cast());
            }
            for (r, row) in tile.iter_mut().enumerate() {
                let value = _mm512_set1_epi32(left.add(r * inputs + quad * 4).cast::<i32>().read_unaligned());
                for (sum, &column) in row.iter_mut().zip(&columns) {
                    *sum = _mm512_dpbusd_epi32(*sum, value, column);
                }
            }
        }
        for (row, sums) in tile.iter().zip(sums) {
            for (v, &sum) in row.iter().enumerate() {
                _mm512_storeu_si512(sums.as_mut_ptr().add(v * 16).cast(), sum);
            }
        }
    }
}

/// # Safety
/// The level's instructions exist; the slices have equal lengths.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
pub(super) unsafe fn dot_i8(left: &[i8], right: &[i8]) -> i32 {
    let (a, b) = (left.as_ptr(), right.as_ptr());
    let mut sums = [_mm512_setzero_si512(); 2];
    let mut at = 0;
    while at + 64 <= left.len() {
        for (half, sum) in sums.iter_mut().enumerate() {
            // SAFETY: 64 bytes are there, 32 from each half.
            let (a, b) = unsafe {
                (_mm256_loadu_si256(a.add(at + half * 32).cast()), _mm256_loadu_si256(b.add(at + half * 32).cast()))
            };
            *sum = _mm512_dpwssd_epi32(*sum, _mm512_cvtepi8_epi16(a), _mm512_cvtepi8_epi16(b));
        }
        at += 64;
    }
    let mut sum = _mm512_reduce_add_epi32(_mm512_add_epi32(sums[0], sums[1]));
    for (&a, &b) in left[at..].iter().zip(&right[at..]) {
        sum += i32::from(a) * i32::from(b);
    }
    sum
}

super::level!(
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
    Vector,
    ByteTile
);
