//! A vector of f32, so that the loops over f32 are written once for every level.
//!
//! The functions are `unsafe` because calling one needs the instructions of its level (the caller is
//! compiled for them and runs only after they were detected), and the pointer to reach as far as they say.

/// `LANES` numbers of f32.
pub(super) trait Simd: Copy {
    const LANES: usize;
    /// Vectors side by side in a tile of six rows: as many as the registers hold.
    const TILE: usize;

    unsafe fn splat(value: f32) -> Self;
    /// Reads `LANES` values at `from`.
    unsafe fn load(from: *const f32) -> Self;
    /// Writes `LANES` values at `to`.
    unsafe fn store(self, to: *mut f32);
    /// Reads `LANES` values at `from`.
    unsafe fn from_i32(from: *const i32) -> Self;
    /// Reads `LANES` values at `from`.
    unsafe fn from_i8(from: *const i8) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    /// `self * factor + addend`, rounded once where the level has such an instruction.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
    unsafe fn max(self, other: Self) -> Self;
    unsafe fn min(self, other: Self) -> Self;
    unsafe fn abs(self) -> Self;
    /// The value at an exponent higher by the low bits of `shift`, a number [`MAGIC`] was added to.
    unsafe fn shift_exponent(self, shift: Self) -> Self;
    /// Rounds numbers in -128..=127 to the nearest whole one, ties to even, and writes `LANES` bytes, 128 added.
    unsafe fn store_bytes(self, to: *mut u8);
    /// Rounds numbers in -32,768..=32,767 to the nearest whole one, ties to even, and writes `LANES` words.
    unsafe fn store_words(self, to: *mut i16);
    /// Asks for the line at an address that need not exist.
    unsafe fn prefetch(_from: *const i8) {}
    unsafe fn sum(self) -> f32;
    unsafe fn highest(self) -> f32;
}

/// 1.5 × 2^23: added to a number below 2^22, what is left of its fraction is rounded to nearest, ties to even.
pub(super) const MAGIC: f32 = 12_582_912.0;

/// The polynomial with these coefficients, the lowest first.
///
/// # Safety
/// The level's instructions exist.
#[inline(always)]
unsafe fn polynomial<S: Simd, const N: usize>(at: S, coefficients: [f32; N]) -> S {
    // SAFETY: as promised by the caller.
    unsafe {
        let mut sum = S::splat(coefficients[N - 1]);
        let mut next = N - 1;
        while next > 0 {
            next -= 1;
            sum = sum.mul_add(at, S::splat(coefficients[next]));
        }
        sum
    }
}

/// 2^x for x at most 127, relative error below 3e-7; below -126 it is 2^-126.
///
/// # Safety
/// The level's instructions exist.
#[inline(always)]
pub(super) unsafe fn exp2<S: Simd>(x: S) -> S {
    // A minimax fit of 2^f on -1/2..=1/2.
    const FIT: [f32; 6] = [1.000_000_1, 0.693_146_94, 0.240_221_2, 0.055_507_13, 0.009_675_542, 0.001_327_647_2];
    // SAFETY: as promised by the caller.
    unsafe {
        let x = x.max(S::splat(-126.0));
        let shift = x.add(S::splat(MAGIC));
        let fraction = x.sub(shift.sub(S::splat(MAGIC)));
        polynomial(fraction, FIT).shift_exponent(shift)
    }
}

/// x Φ(x), absolute error below 5e-6 up to |x| = 9 and growing in proportion from there.
///
/// # Safety
/// The level's instructions exist.
#[inline(always)]
pub(super) unsafe fn gelu<S: Simd>(x: S) -> S {
    // erf(x/√2) = x P(2x²/25 - 1) for |x| <= 5, a fit that minimizes the error of the product with x/2;
    // beyond 5 the function is 1 to 6e-7.
    const FIT: [f32; 12] = [
        0.282_727_5,
        -0.140_596_46,
        0.103_050_8,
        -0.080_783_97,
        0.062_713_44,
        -0.047_249_883,
        0.033_820_316,
        -0.020_330_971,
        0.010_226_474,
        -0.007_773_661_5,
        0.006_388_945_5,
        -0.002_192_749,
    ];
    // SAFETY: as promised by the caller.
    unsafe {
        let inside = x.max(S::splat(-5.0)).min(S::splat(5.0));
        let at = inside.mul(inside).mul_add(S::splat(2.0 / 25.0), S::splat(-1.0));
        let erf = polynomial(at, FIT).mul(inside);
        let half = x.mul(S::splat(0.5));
        half.mul_add(erf, half)
    }
}

/// x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, written as x / (1 + e^(-2 …)).
///
/// # Safety
/// The level's instructions exist.
#[inline(always)]
pub(super) unsafe fn gelu_tanh<S: Simd>(x: S) -> S {
    // -2 √(2/π) log2(e)
    const SLOPE: f32 = -2.302_208_2;
    // SAFETY: as promised by the caller.
    unsafe {
        let inner = x.mul(x).mul_add(S::splat(0.044_715), S::splat(1.0)).mul(x).mul(S::splat(SLOPE));
        let power = exp2(inner.min(S::splat(126.0)));
        x.div(power.add(S::splat(1.0)))
    }
}
