//! A level in plain Rust: for processors that are not x86-64, and what the others are compared with in tests.

use super::matrix::{PANEL, Quantized, Sums, Tile};
use super::simd::Simd;

/// Four numbers in plain Rust, which compilers keep in one register.
#[derive(Clone, Copy)]
pub(super) struct Vector([f32; 4]);

impl Simd for Vector {
    const LANES: usize = 4;
    const TILE: usize = 2;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: four values are there, by the promise of the caller.
        Self(unsafe { from.cast::<[f32; 4]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: there is room for four values, by the promise of the caller.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn from_i32(from: *const i32) -> Self {
        // SAFETY: four values are there, by the promise of the caller.
        Self(unsafe { from.cast::<[i32; 4]>().read_unaligned() }.map(|value| value as f32))
    }

    #[inline(always)]
    unsafe fn from_i8(from: *const i8) -> Self {
        // SAFETY: four values are there, by the promise of the caller.
        Self(unsafe { from.cast::<[i8; 4]>().read_unaligned() }.map(f32::from))
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.zip(factor, |a, b| a * b).zip(addend, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }

    #[inline(always)]
    unsafe fn shift_exponent(self, shift: Self) -> Self {
        self.zip(shift, |value, shift| f32::from_bits(value.to_bits().wrapping_add(shift.to_bits() << 23)))
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        // SAFETY: there is room for four bytes, by the promise of the caller.
        unsafe {
            to.cast::<[u8; 4]>().write_unaligned(self.0.map(|value| (value.round_ties_even() as i32 + 128) as u8));
        }
    }

    #[inline(always)]
    unsafe fn store_words(self, to: *mut i16) {
        // SAFETY: there is room for four words, by the promise of the caller.
        unsafe { to.cast::<[i16; 4]>().write_unaligned(self.0.map(|value| value.round_ties_even() as i16)) }
    }

    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        let [a, b, c, d] = self.0;
        (a + b) + (c + d)
    }

    #[inline(always)]
    unsafe fn highest(self) -> f32 {
        let [a, b, c, d] = self.0;
        a.max(b).max(c.max(d))
    }
}

impl Vector {
    #[inline(always)]
    fn zip(self, other: Self, combine: impl Fn(f32, f32) -> f32) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([combine(a, e), combine(b, f), combine(c, g), combine(d, h)])
    }
}

pub(super) struct ScalarTile;

impl Tile for ScalarTile {
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
        // SAFETY: that much is there, by the promise of the caller.
        let (left, weights) = unsafe {
            (std::slice::from_raw_parts(left, rows * inputs), std::slice::from_raw_parts(weights, inputs * PANEL))
        };
        for (row, sums) in left.chunks_exact(inputs).zip(sums) {
            *sums = [0; PANEL];
            for (activations, weights) in row.chunks_exact(4).zip(weights.chunks_exact(4 * PANEL)) {
                for (sum, weights) in sums.iter_mut().zip(weights.chunks_exact(4)) {
                    for (&activation, &weight) in activations.iter().zip(weights) {
                        *sum += i32::from(activation) * i32::from(weight);
                    }
                }
            }
        }
    }
}

/// # Safety
/// Always safe; `unsafe` like its namesakes.
pub(super) unsafe fn dot_i8(left: &[i8], right: &[i8]) -> i32 {
    left.iter().zip(right).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

super::level!(Vector, ScalarTile);
