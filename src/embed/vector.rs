//! Comparing finished vectors: dot products of f32 and of int8, with the fastest instructions there are.
//!
//! Every function returns the same to the last bit for a pair of vectors, alone or among rows.

use std::sync::OnceLock;

use crate::kernels::Kernels;

fn kernels() -> Kernels {
    static KERNELS: OnceLock<Kernels> = OnceLock::new();
    *KERNELS.get_or_init(Kernels::chosen)
}

/// The dot product of the common length of both.
pub fn dot_f32(left: &[f32], right: &[f32]) -> f32 {
    kernels().dot_f32(left, right)
}

/// The dot product of the common length of both, at most 131,071 numbers.
pub fn dot_i8(left: &[i8], right: &[i8]) -> i32 {
    kernels().dot_i8(left, right)
}

/// The dot product of `query` with each of the rows, which lie one behind the other in `rows`: as many
/// as there are in both `rows` and `scores`.
pub fn score_f32(query: &[f32], rows: &[f32], scores: &mut [f32]) {
    kernels().score_f32(query, rows, scores);
}

/// Like [`score_f32`], of int8 numbers.
pub fn score_i8(query: &[i8], rows: &[i8], scores: &mut [i32]) {
    kernels().score_i8(query, rows, scores);
}

/// Quantizes a vector to -127..=127 and returns what one unit is worth: `vector[i] ≈ levels[i] * scale`.
/// Writes the common length of both; a vector of zeros gets the scale 0.
pub fn quantize(vector: &[f32], levels: &mut [i8]) -> f32 {
    let most = vector.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    let factor = if most >= 1e-30 { 127.0 / most } else { 0.0 };
    for (level, value) in levels.iter_mut().zip(vector) {
        *level = (value * factor).round_ties_even() as i8;
    }
    most / 127.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantized_vector_stays_near() {
        let vector: Vec<f32> = (0..384).map(|at| ((at * 37 % 101) as f32 - 50.0) / 700.0).collect();
        let mut levels = vec![0; 384];
        let scale = quantize(&vector, &mut levels);
        assert_eq!(levels.iter().map(|level| level.unsigned_abs()).max(), Some(127));
        for (value, &level) in vector.iter().zip(&levels) {
            assert!((value - f32::from(level) * scale).abs() <= scale * 0.5001);
        }
        let near = dot_i8(&levels, &levels) as f32 * scale * scale;
        assert!((near / dot_f32(&vector, &vector) - 1.0).abs() < 0.01);
        assert_eq!(quantize(&[0.0; 3], &mut [9; 3]), 0.0);
    }

    #[test]
    fn rows_of_bytes_are_scored_like_pairs() {
        let (query, rows) = ([1, -2, 3], [1, 1, 1, -127, 127, 127]);
        let mut scores = [0; 2];
        score_i8(&query, &rows, &mut scores);
        assert_eq!(scores, [2, 0]);
        assert_eq!(dot_i8(&query, &rows), 2);
    }
}
