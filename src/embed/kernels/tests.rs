//! Every level against sums that are written down as they are defined.

use super::*;

/// A sequence of numbers in -1..1 that looks random and is the same each time.
fn numbers(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(next).collect()
}

fn every_set() -> Vec<Kernels> {
    let mut sets: Vec<Kernels> = Level::ALL.into_iter().filter_map(Kernels::new).collect();
    sets.push(Kernels::scalar());
    sets
}

/// Rows of whole numbers, the first of each ±127, so that they are their own quantization with the unit 1.
fn whole_rows(seed: u32, rows: usize, width: usize) -> Vec<f32> {
    let mut values: Vec<f32> = numbers(seed, rows * width).into_iter().map(|value| (value * 127.0).round()).collect();
    for (number, row) in values.chunks_exact_mut(width).enumerate() {
        row[0] = if number % 2 == 0 { 127.0 } else { -127.0 };
    }
    values
}

#[test]
fn integer_products_are_exact_at_every_level() {
    for (rows, inputs, outputs) in [(1, 64, 64), (5, 64, 192), (7, 128, 64), (13, 256, 128)] {
        // The extremes of both sides are among them.
        let left = if rows == 5 { vec![-127.0; rows * inputs] } else { whole_rows(1, rows, inputs) };
        let right: Vec<i8> = numbers(2, outputs * inputs).iter().map(|value| (value * 127.4) as i8).collect();
        let right: Vec<i8> = if rows == 5 { vec![-127; right.len()] } else { right };
        let mut weights = vec![0_u8; right.len()];
        for (output, column) in right.chunks_exact(inputs).enumerate() {
            for (input, &weight) in column.iter().enumerate() {
                weights[output / 64 * 64 * inputs + input / 4 * 256 + output % 64 * 4 + input % 4] = weight as u8;
            }
        }
        let sums: Vec<i32> =
            right.chunks_exact(inputs).map(|column| column.iter().map(|&weight| i32::from(weight)).sum()).collect();
        let (scales, biases) = (vec![1.0; outputs], vec![0.0; outputs]);
        let matrix = Matrix { inputs, weights: &weights, scales: &scales, biases: &biases, sums: &sums };
        for kernels in every_set() {
            let mut quantized = Quantized::new(kernels, rows, inputs);
            for (number, row) in left.chunks_exact(inputs).enumerate() {
                kernels.quantize(row, &mut quantized, number);
            }
            let mut values = vec![0.5; rows * outputs];
            let mut output = Output { values: &mut values, row_stride: outputs, panel_stride: PANEL };
            kernels.multiply(&quantized, 0..rows, &matrix, Epilogue::Store, &mut output);
            for row in 0..rows {
                for column in 0..outputs {
                    let expected: f32 = (0..inputs)
                        .map(|at| left[row * inputs + at] as i32 * i32::from(right[column * inputs + at]))
                        .sum::<i32>() as f32;
                    assert_eq!(values[row * outputs + column], expected, "{kernels:?} row {row} column {column}");
                }
            }
        }
    }
}

/// What an epilogue makes of these numbers: the biases of a matrix of zeros.
fn finished(kernels: Kernels, epilogue: Epilogue, biases: &[f32]) -> Vec<f32> {
    let outputs = biases.len();
    let mut quantized = Quantized::new(kernels, 1, 64);
    kernels.quantize(&[1.0; 64], &mut quantized, 0);
    let (weights, scales, sums) = (vec![0; 64 * outputs], vec![1.0; outputs], vec![0; outputs]);
    let matrix = Matrix { inputs: 64, weights: &weights, scales: &scales, biases, sums: &sums };
    let mut values = vec![1.0; outputs];
    let mut output = Output { values: &mut values, row_stride: outputs, panel_stride: PANEL };
    kernels.multiply(&quantized, 0..1, &matrix, epilogue, &mut output);
    values
}

/// The error function by its series, which converges everywhere.
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    if x.abs() > 5.0 { x.signum() } else { sum * 2.0 / std::f64::consts::PI.sqrt() }
}

#[test]
fn epilogues_compute_their_functions() {
    let inputs: Vec<f32> = (0..6_400).map(|step| (step as f32 - 3_200.0) / 350.0).collect();
    for kernels in every_set() {
        for (epilogue, function) in [
            (Epilogue::Store, (|x| x) as fn(f64) -> f64),
            (Epilogue::Add, |x| x + 1.0),
            (Epilogue::Relu, |x| x.max(0.0)),
            (Epilogue::Gelu, |x| x / 2.0 * (1.0 + erf(x / 2.0_f64.sqrt()))),
            (Epilogue::GeluTanh, |x| {
                x / 2.0 * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x)).tanh())
            }),
        ] {
            for (&x, y) in inputs.iter().zip(finished(kernels, epilogue, &inputs)) {
                let expected = function(f64::from(x));
                assert!((f64::from(y) - expected).abs() < 6e-6, "{kernels:?} {epilogue:?} of {x}: {y}, not {expected}");
            }
        }
        for (epilogue, expected) in [(Epilogue::Gelu, 1e6), (Epilogue::GeluTanh, 1e6), (Epilogue::Relu, 1e6)] {
            let values = finished(kernels, epilogue, &[[1e6_f32, -1e6].as_slice(), &[0.0; 62]].concat());
            assert!((values[0] - expected).abs() < 1.0 && values[1].abs() < 1.0, "{kernels:?} {epilogue:?} {values:?}");
        }
    }
}

#[test]
fn attention_is_the_mean_of_values_weighted_by_softmax() {
    for kernels in every_set() {
        for (tokens, head) in [(1, 32), (2, 5), (17, 12), (40, 32), (67, 64), (6, 256)] {
            let stride = 3 * head + 1;
            let data = numbers(tokens as u32, tokens * stride);
            let (queries, keys, values) = (&data[..], &data[head..], &data[2 * head..]);
            // Space that a longer sequence has used before.
            let mut space = AttentionSpace::new(70, 256);
            let longer = numbers(9, 70 * 3);
            space.begin(70, 3);
            space.gather(&Source { keys: &longer, values: &longer, stride: 3, tokens: 70 }, 0);
            kernels.attend(&Queries { values: &longer, stride: 3, rows: 70 }, &mut space, &mut [0.0; 70 * 3], 3);
            let mut output = vec![7.0; tokens * (head + 3)];
            // The tokens come in two parts, the queries too.
            let half = tokens / 2;
            space.begin(tokens, head);
            for (first, tokens) in [(half, tokens - half), (0, half)].into_iter().filter(|(_, tokens)| *tokens > 0) {
                let (keys, values) = (&keys[first * stride..], &values[first * stride..]);
                space.gather(&Source { keys, values, stride, tokens }, first);
            }
            for (first, rows) in [(0, half), (half, tokens - half)].into_iter().filter(|(_, rows)| *rows > 0) {
                let queries = Queries { values: &queries[first * stride..], stride, rows };
                kernels.attend(&queries, &mut space, &mut output[first * (head + 3)..], head + 3);
            }
            for query in 0..tokens {
                let at = |part: &[f32], row: usize, column: usize| f64::from(part[row * stride + column]);
                let powers: Vec<f64> = (0..tokens)
                    .map(|key| (0..head).map(|i| at(queries, query, i) * at(keys, key, i)).sum::<f64>().exp2())
                    .collect();
                let sum: f64 = powers.iter().sum();
                for column in 0..head {
                    let mean: f64 = (0..tokens).map(|key| powers[key] * at(values, key, column)).sum();
                    let found = f64::from(output[query * (head + 3) + column]);
                    assert!(
                        (found - mean / sum).abs() < 1e-5,
                        "{kernels:?} {tokens}×{head}: {found}, not {}",
                        mean / sum
                    );
                }
                assert_eq!(output[query * (head + 3) + head..][..3], [7.0; 3], "written beside the head");
            }
        }
    }
}

#[test]
fn attention_survives_extreme_scores() {
    for kernels in every_set() {
        let (queries, keys) = ([1e4, -1e4, 0.0], [1e4, 0.0, -1e4]);
        let values = [1.0, 2.0, 3.0];
        let mut space = AttentionSpace::new(3, 1);
        space.begin(3, 1);
        space.gather(&Source { keys: &keys, values: &values, stride: 1, tokens: 3 }, 0);
        let mut output = [0.0; 3];
        kernels.attend(&Queries { values: &queries, stride: 1, rows: 3 }, &mut space, &mut output, 1);
        assert_eq!(output, [1.0, 3.0, 2.0], "{kernels:?}");
    }
}

#[test]
fn normalization_ignores_the_padding() {
    for width in [64, 50, 1] {
        let mut row = numbers(3, 64);
        row[width..].fill(0.0);
        let (mut weight, mut bias) = (numbers(4, 64), numbers(5, 64));
        weight[width..].fill(0.0);
        bias[width..].fill(0.0);
        let mean = row[..width].iter().map(|&value| f64::from(value)).sum::<f64>() / width as f64;
        let variance = row[..width].iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / width as f64;
        for kernels in every_set() {
            let mut found = row.clone();
            kernels.normalize(&Norm { weight: &weight, bias: &bias, width, epsilon: 1e-6 }, &mut found);
            for at in 0..64 {
                let expected = (f64::from(row[at]) - mean) / (variance + 1e-6).sqrt() * f64::from(weight[at])
                    + f64::from(bias[at]);
                assert!(
                    (f64::from(found[at]) - if at < width { expected } else { 0.0 }).abs() < 1e-4,
                    "{kernels:?} {at}"
                );
            }
        }
    }
}

#[test]
fn embeddings_are_the_scaled_sum() {
    let (word, position): (Vec<u8>, Vec<u8>) =
        ((0..64).map(|i| i * 4 + 1).collect(), (0..64).map(|i| 255 - i * 3).collect());
    for kernels in every_set() {
        let mut row = vec![9.0; 64];
        kernels.embed(&word, 0.5, &position, 0.25, &mut row);
        for at in 0..64 {
            assert_eq!(row[at], f32::from(word[at] as i8) * 0.5 + f32::from(position[at] as i8) * 0.25, "{kernels:?}");
        }
    }
}

#[test]
fn a_row_of_zeros_quantizes_to_zeros() {
    for kernels in every_set() {
        let mut quantized = Quantized::new(kernels, 1, 64);
        kernels.quantize(&[0.0; 64], &mut quantized, 0);
        let (bytes, words, scale) = quantized.row_mut(0);
        assert!(bytes.iter().all(|&byte| byte == 128) && words.iter().all(|&word| word == 0) && *scale == 0.0);
    }
}

#[test]
fn dot_products_agree_at_every_length() {
    for length in [0, 1, 15, 16, 31, 32, 63, 64, 65, 100, 384, 1_000] {
        let (a, b) = (numbers(6, length), numbers(7, length));
        let expected: f64 = a.iter().zip(&b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
        let bytes = |values: &[f32]| values.iter().map(|value| (value * 128.0) as i8).collect::<Vec<i8>>();
        let (left, right) = (bytes(&a), bytes(&b));
        let whole: i32 = left.iter().zip(&right).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
        for kernels in every_set() {
            assert!((f64::from(kernels.dot_f32(&a, &b)) - expected).abs() < 1e-3, "{kernels:?} {length}");
            assert_eq!(kernels.dot_i8(&left, &right), whole, "{kernels:?} {length}");
            assert_eq!(kernels.dot_i8(&vec![-128; length], &vec![-128; length]), 16_384 * length as i32);
        }
    }
}

#[test]
fn rows_are_scored_like_pairs() {
    let (query, rows) = (numbers(8, 100), numbers(9, 750));
    for kernels in every_set() {
        // The last half row has no score of its own, and a score without a row keeps its value.
        let mut scores = [5.0; 8];
        kernels.score_f32(&query, &rows, &mut scores);
        for (row, score) in rows.chunks_exact(100).zip(scores) {
            assert_eq!(score, kernels.dot_f32(&query, row));
        }
        assert_eq!(scores[7], 5.0);
        kernels.score_f32(&[], &rows, &mut []);
    }
}
