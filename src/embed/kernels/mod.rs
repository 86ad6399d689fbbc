//! The loops that take the time: products of int8 matrices, attention, layer normalization, dot products.
//!
//! Here belongs what depends on the processor's instructions, and all `unsafe` code. What a layer
//! is made of belongs to the encoder. A level is a vector of f32 and a tile of the int8 product;
//! the loops around them are written once.

#![allow(unsafe_code)]
#![allow(
    clippy::indexing_slicing,
    reason = "lengths are checked once, where a kernel is called, and indices follow from them"
)]

#[cfg(test)]
mod allocations_tests;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod matrix;
mod rows;
#[cfg(any(test, not(target_arch = "x86_64")))]
mod scalar;
mod simd;
mod similarity;
#[cfg(target_arch = "x86_64")]
mod sse2;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use allocations_tests::allocations;
pub(crate) use attention::{AttentionSpace, Queries, Source};
pub(crate) use matrix::{Epilogue, Matrix, Output, PANEL, Quantized};
pub(crate) use rows::Norm;

/// Instructions the kernels are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// 512-bit vectors with the byte dot product (Intel since Ice Lake, AMD since Zen 4).
    Avx512Vnni,
    /// 256-bit vectors with fused multiply-add (Intel since Haswell, AMD since Excavator).
    Avx2,
    /// What every processor has: SSE2 on x86-64, plain Rust elsewhere.
    Portable,
}

impl Level {
    /// Every level, the fastest first.
    pub const ALL: [Self; 3] = [Self::Avx512Vnni, Self::Avx2, Self::Portable];

    /// The name [`Level::chosen`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512Vnni => "avx512vnni",
            Self::Avx2 => "avx2",
            Self::Portable => "portable",
        }
    }

    /// Whether this processor has the instructions.
    pub fn available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => avx512::available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::available(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512Vnni | Self::Avx2 => false,
            Self::Portable => true,
        }
    }

    /// The fastest level of this processor.
    pub fn detected() -> Self {
        Self::ALL.into_iter().find(|level| level.available()).unwrap_or(Self::Portable)
    }

    /// The fastest level of this processor, or the one `ROBOTWIKI_EMBED_KERNELS` names, for
    /// measuring, where it is available.
    pub fn chosen() -> Self {
        let wish = std::env::var("ROBOTWIKI_EMBED_KERNELS").unwrap_or_default();
        let wish = Self::ALL.into_iter().find(|level| level.name() == wish && level.available());
        wish.unwrap_or_else(Self::detected)
    }
}

/// The kernels of a level; a value exists only after its instructions were detected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernels(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Sse2,
    #[cfg(any(test, not(target_arch = "x86_64")))]
    Scalar,
}

impl Kernels {
    /// None where the processor lacks the instructions.
    pub(crate) fn new(level: Level) -> Option<Self> {
        level.available().then_some(Self(match level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512Vnni => Set::Avx512,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => Set::Avx2,
            #[cfg(target_arch = "x86_64")]
            Level::Portable => Set::Sse2,
            #[cfg(not(target_arch = "x86_64"))]
            _ => Set::Scalar,
        }))
    }

    /// Those of [`Level::chosen`].
    pub(crate) fn chosen() -> Self {
        Self::new(Level::chosen()).unwrap_or(Self::PORTABLE)
    }

    const PORTABLE: Self = Self(
        #[cfg(target_arch = "x86_64")]
        Set::Sse2,
        #[cfg(not(target_arch = "x86_64"))]
        Set::Scalar,
    );

    /// Plain Rust, for comparison.
    #[cfg(test)]
    pub(crate) fn scalar() -> Self {
        Self(Set::Scalar)
    }

    pub(crate) fn level(self) -> Level {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => Level::Avx512Vnni,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => Level::Avx2,
            #[cfg(target_arch = "x86_64")]
            Set::Sse2 => Level::Portable,
            #[cfg(any(test, not(target_arch = "x86_64")))]
            Set::Scalar => Level::Portable,
        }
    }
}

/// Calls a level's function of that name.
macro_rules! dispatch {
    ($kernels:expr, $name:ident($($argument:expr),* $(,)?)) => {
        // SAFETY: a value of `Kernels` exists only where the level's instructions do; the caller has checked
        // the lengths the function asks for.
        unsafe {
            match $kernels.0 {
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::Set::Avx512 => $crate::kernels::avx512::$name($($argument),*),
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::Set::Avx2 => $crate::kernels::avx2::$name($($argument),*),
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::Set::Sse2 => $crate::kernels::sse2::$name($($argument),*),
                #[cfg(any(test, not(target_arch = "x86_64")))]
                $crate::kernels::Set::Scalar => $crate::kernels::scalar::$name($($argument),*),
            }
        }
    };
}
use dispatch;

/// Defines the functions of a level, compiled for its instructions, from its vector and its tile.
macro_rules! level {
    ($(#[$feature:meta])* $vector:ty, $tile:ty) => {
        use super::{attention, matrix, rows, similarity};

        $(#[$feature])*
        pub(super) unsafe fn embed_row(values: &[u8], scale: f32, other: &[u8], other_scale: f32, row: &mut [f32]) {
            // SAFETY: compiled for the level; the rest is the caller's promise.
            unsafe { rows::embed_row::<$vector>(values, scale, other, other_scale, row) }
        }

        $(#[$feature])*
        pub(super) unsafe fn normalize_row(norm: &rows::Norm<'_>, row: &mut [f32]) {
            // SAFETY: compiled for the level; the rest is the caller's promise.
            unsafe { rows::normalize_row::<$vector>(norm, row) }
        }

        $(#[$feature])*
        pub(super) unsafe fn quantize_row(row: &[f32], bytes: &mut [u8], words: &mut [i16]) -> f32 {
            // SAFETY: compiled for the level; the rest is the caller's promise.
            unsafe { rows::quantize_row::<$vector>(row, bytes, words) }
        }

        $(#[$feature])*
        pub(super) unsafe fn multiply(
            left: &matrix::Quantized,
            rows: std::ops::Range<usize>,
            right: &matrix::Matrix<'_>,
            epilogue: matrix::Epilogue,
            output: &mut matrix::Output<'_>,
        ) {
            // SAFETY: compiled for the level; the rest is the caller's promise.
            unsafe { matrix::multiply::<$vector, $tile>(left, rows, right, epilogue, output) }
        }

        $(#[$feature])*
        pub(super) unsafe fn attend(
            queries: &attention::Queries<'_>,
            space: &mut attention::AttentionSpace,
            output: &mut [f32],
            stride: usize,
        ) {
            // SAFETY: compiled for the level; the rest is the caller's promise.
            unsafe { attention::attend::<$vector>(queries, space, output, stride) }
        }

        $(#[$feature])*
        pub(super) unsafe fn dot_f32(left: &[f32], right: &[f32]) -> f32 {
            // SAFETY: compiled for the level; the rest is the caller's promise.
            unsafe { similarity::dot_f32::<$vector>(left, right) }
        }

        $(#[$feature])*
        pub(super) unsafe fn score_f32(query: &[f32], rows: &[f32], scores: &mut [f32]) {
            // SAFETY: compiled for the level; the rest is the caller's promise.
            unsafe { similarity::score_f32::<$vector>(query, rows, scores) }
        }

        $(#[$feature])*
        pub(super) unsafe fn score_i8(query: &[i8], rows: &[i8], scores: &mut [i32]) {
            for (row, score) in rows.chunks_exact(query.len().max(1)).zip(scores) {
                // SAFETY: compiled for the level; a row has the length of the query.
                *score = unsafe { dot_i8(query, row) };
            }
        }
    };
}
use level;
