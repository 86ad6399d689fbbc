//! 256-bit vectors with fused multiply-add.

use std::arch::x86_64::*;

use super::matrix::{PANEL, Quantized, Sums, Tile};
use super::simd::Simd;

pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[derive(Clone, Copy)]
pub(super) struct Vector(__m256);

impl Simd for Vector {
    const LANES: usize = 8;
    const TILE: usize = 2;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller runs on this level and has eight values there.
        Self(unsafe { _mm256_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller runs on this level and has room for eight values there.
        unsafe { _mm256_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn from_i32(from: *const i32) -> Self {
        // SAFETY: the caller runs on this level and has eight values there.
        Self(unsafe { _mm256_cvtepi32_ps(_mm256_loadu_si256(from.cast())) })
    }

    #[inline(always)]
    unsafe fn from_i8(from: *const i8) -> Self {
        // SAFETY: the caller runs on this level and has eight values there.
        Self(unsafe { _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()))) })
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm256_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm256_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, addend.0) })
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm256_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm256_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn abs(self) -> Self {
        // SAFETY: the caller runs on this level.
        Self(unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0) })
    }

    #[inline(always)]
    unsafe fn shift_exponent(self, shift: Self) -> Self {
        // SAFETY: the caller runs on this level.
        unsafe {
            let shift = _mm256_slli_epi32::<23>(_mm256_castps_si256(shift.0));
            Self(_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(self.0), shift)))
        }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        // SAFETY: the caller runs on this level and has room for eight bytes there.
        unsafe {
            let words = words(self.0);
            let bytes = _mm_packus_epi16(_mm_add_epi16(words, _mm_set1_epi16(128)), words);
            _mm_storel_epi64(to.cast(), bytes);
        }
    }

    #[inline(always)]
    unsafe fn store_words(self, to: *mut i16) {
        // SAFETY: the caller runs on this level and has room for eight words there.
        unsafe { _mm_storeu_si128(to.cast(), words(self.0)) }
    }

    #[inline(always)]
    unsafe fn prefetch(from: *const i8) {
        // SAFETY: a prefetch reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(from) }
    }

    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: the caller runs on this level.
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }

    #[inline(always)]
    unsafe fn highest(self) -> f32 {
        // SAFETY: the caller runs on this level.
        unsafe {
            let four = _mm_max_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
        }
    }
}

/// # Safety
/// The level's instructions exist.
#[inline(always)]
unsafe fn words(values: __m256) -> __m128i {
    // SAFETY: as promised by the caller.
    unsafe {
        let whole = _mm256_cvtps_epi32(values);
        _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256::<1>(whole))
    }
}

/// Six rows by eight columns at a time: twelve registers of sums, two for each column.
///
/// Bytes are widened to words, whose products are summed in pairs without saturating.
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
        for eight in 0..PANEL / 8 {
            let mut tile = [[_mm256_setzero_si256(); 2]; R];
            for quad in 0..inputs / 4 {
                let from = weights.add(quad * 4 * PANEL + eight * 32);
                let columns = [
                    _mm256_cvtepi8_epi16(_mm_loadu_si128(from.cast())),
                    _mm256_cvtepi8_epi16(_mm_loadu_si128(from.add(16).cast())),
                ];
                for (r, row) in tile.iter_mut().enumerate() {
                    let value = _mm256_set1_epi64x(left.add(r * inputs + quad * 4).cast::<i64>().read_unaligned());
                    for (sum, &column) in row.iter_mut().zip(&columns) {
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(value, column));
                    }
                }
            }
            for (row, sums) in tile.iter().zip(sums.iter_mut()) {
                // Pairs of columns 0 1 4 5 2 3 6 7, in halves of the register.
                let pairs = _mm256_hadd_epi32(row[0], row[1]);
                let eight_sums = _mm256_permute4x64_epi64::<0b11_01_10_00>(pairs);
                _mm256_storeu_si256(sums.as_mut_ptr().add(eight * 8).cast(), eight_sums);
            }
        }
    }
}

/// # Safety
/// The level's instructions exist; the slices have equal lengths.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn dot_i8(left: &[i8], right: &[i8]) -> i32 {
    let (a, b) = (left.as_ptr(), right.as_ptr());
    let mut sums = [_mm256_setzero_si256(); 2];
    let mut at = 0;
    while at + 32 <= left.len() {
        for (half, sum) in sums.iter_mut().enumerate() {
            // SAFETY: 32 bytes are there, 16 from each half.
            let (a, b) = unsafe {
                (_mm_loadu_si128(a.add(at + half * 16).cast()), _mm_loadu_si128(b.add(at + half * 16).cast()))
            };
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(_mm256_cvtepi8_epi16(a), _mm256_cvtepi8_epi16(b)));
        }
        at += 32;
    }
    let four = _mm256_add_epi32(sums[0], sums[1]);
    let four = _mm_add_epi32(_mm256_castsi256_si128(four), _mm256_extracti128_si256::<1>(four));
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b11_10_11_10>(four));
    let mut sum = _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b01_01_01_01>(two)));
    for (&a, &b) in left[at..].iter().zip(&right[at..]) {
        sum += i32::from(a) * i32::from(b);
    }
    sum
}

super::level!(
    #[target_feature(enable = "avx2,fma")]
    Vector,
    WordTile
);
