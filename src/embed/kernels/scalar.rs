//! The int8 product in plain Rust: what the other levels are compared with.

use super::matrix::{PANEL, Quantized, Sums, Tile};

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
