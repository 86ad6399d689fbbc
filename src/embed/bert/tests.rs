//! The encoder against the definition of BERT in f32, on small models with random weights.

use std::collections::HashMap;

use super::*;
use crate::quantize::{QuantizeError, quantize};

type Tensors = HashMap<String, Vec<f32>>;

const SMALL: Architecture = Architecture {
    hidden: 64,
    layers: 2,
    heads: 4,
    intermediate: 128,
    vocabulary: 50,
    positions: 40,
    epsilon: 1e-12,
    activation: Activation::Gelu,
    pooling: Pooling::Mean,
    normalize: true,
};

/// Shapes that pad differently, and every choice of the configuration.
const SHAPES: [Architecture; 5] = [
    SMALL,
    Architecture { activation: Activation::GeluTanh, pooling: Pooling::First, ..SMALL },
    Architecture { activation: Activation::Relu, normalize: false, ..SMALL },
    Architecture { hidden: 36, heads: 3, intermediate: 100, ..SMALL },
    Architecture { hidden: 192, heads: 4, intermediate: 130, epsilon: 1e-5, ..SMALL },
];

/// Tensors of the names and sizes of the Hugging Face layout.
fn random_tensors(architecture: &Architecture) -> Tensors {
    let &Architecture { hidden, intermediate, vocabulary, positions, .. } = architecture;
    let mut state = 7_u32;
    let mut tensors = Tensors::new();
    let mut add = |name: String, count: usize, center: f32, spread: f32| {
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            center + spread * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
        };
        tensors.insert(name, (0..count).map(next).collect());
    };
    for (name, rows) in [("word", vocabulary), ("position", positions), ("token_type", 2)] {
        add(format!("embeddings.{name}_embeddings.weight"), rows * hidden, 0.0, 0.5);
    }
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    let mut matrices = Vec::new();
    for layer in 0..architecture.layers {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        for part in ["query", "key", "value"] {
            matrices.push((name(&format!("attention.self.{part}")), hidden, hidden));
        }
        matrices.push((name("attention.output.dense"), hidden, hidden));
        matrices.push((name("intermediate.dense"), intermediate, hidden));
        matrices.push((name("output.dense"), hidden, intermediate));
        norms.extend([name("attention.output.LayerNorm"), name("output.LayerNorm")]);
    }
    for (name, outputs, inputs) in matrices {
        add(format!("{name}.weight"), outputs * inputs, 0.0, 2.5 / (inputs as f32).sqrt());
        add(format!("{name}.bias"), outputs, 0.0, 0.2);
    }
    for name in norms {
        add(format!("{name}.weight"), hidden, 1.0, 0.3);
        add(format!("{name}.bias"), hidden, 0.0, 0.3);
    }
    tensors
}

fn file(architecture: &Architecture) -> Vec<u8> {
    let tensors = random_tensors(architecture);
    quantize(architecture, &mut |name| tensors.get(name).cloned()).unwrap()
}

fn encoder(architecture: &Architecture, level: Level) -> Option<Encoder> {
    Encoder::from_bytes(file(architecture)).unwrap().with_level(level)
}

/// A sequence of known tokens.
fn sequence(seed: u32, length: usize) -> Vec<u32> {
    (0..length as u32).map(|at| (seed * 31 + at * at * 7 + at) % 50).collect()
}

fn embed(encoder: &Encoder, batch: &[&[u32]]) -> Vec<f32> {
    let mut output = vec![0.0; batch.len() * encoder.dimensions()];
    encoder.embed(&mut Scratch::new(), batch, &mut output).unwrap();
    output
}

/// BERT as it is defined, one number after the other.
struct Reference<'a> {
    architecture: &'a Architecture,
    tensors: &'a Tensors,
}

impl Reference<'_> {
    fn linear(&self, name: &str, rows: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let (weight, bias) = (&self.tensors[&format!("{name}.weight")], &self.tensors[&format!("{name}.bias")]);
        let product = |row: &Vec<f32>| {
            let columns = weight.chunks_exact(row.len()).zip(bias);
            columns.map(|(column, bias)| bias + column.iter().zip(row).map(|(a, b)| a * b).sum::<f32>()).collect()
        };
        rows.iter().map(product).collect()
    }

    fn norm(&self, name: &str, rows: &[Vec<f32>], others: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let (weight, bias) = (&self.tensors[&format!("{name}.weight")], &self.tensors[&format!("{name}.bias")]);
        let normalize = |(row, other): (&Vec<f32>, &Vec<f32>)| {
            let sum: Vec<f32> = row.iter().zip(other).map(|(a, b)| a + b).collect();
            let mean = sum.iter().sum::<f32>() / sum.len() as f32;
            let variance = sum.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / sum.len() as f32;
            let factor = (variance + self.architecture.epsilon).sqrt();
            sum.iter().zip(weight.iter().zip(bias)).map(|(x, (w, b))| (x - mean) / factor * w + b).collect()
        };
        rows.iter().zip(others).map(normalize).collect()
    }

    fn attention(&self, name: &str, rows: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let [queries, keys, values] =
            ["query", "key", "value"].map(|part| self.linear(&format!("{name}.self.{part}"), rows));
        let head = self.architecture.head();
        let mut mixed = vec![vec![0.0; self.architecture.hidden]; rows.len()];
        for start in (0..self.architecture.hidden).step_by(head) {
            let part = start..start + head;
            for (query, mixed) in queries.iter().zip(&mut mixed) {
                let score = |key: &Vec<f32>| {
                    let product: f32 = query[part.clone()].iter().zip(&key[part.clone()]).map(|(a, b)| a * b).sum();
                    (product / (head as f32).sqrt()).exp()
                };
                let scores: Vec<f32> = keys.iter().map(score).collect();
                let sum: f32 = scores.iter().sum();
                for (score, value) in scores.iter().zip(&values) {
                    for at in part.clone() {
                        mixed[at] += score / sum * value[at];
                    }
                }
            }
        }
        self.linear(&format!("{name}.output.dense"), &mixed)
    }

    fn activate(&self, x: f32) -> f32 {
        match self.architecture.activation {
            // The approximation by tanh is as near as int8 lets one see.
            Activation::Gelu | Activation::GeluTanh => {
                x / 2.0 * (1.0 + ((2.0 / std::f32::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh())
            }
            Activation::Relu => x.max(0.0),
        }
    }

    fn embed(&self, tokens: &[u32]) -> Vec<f32> {
        let hidden = self.architecture.hidden;
        let row = |name: &str, number: usize| {
            self.tensors[&format!("embeddings.{name}_embeddings.weight")][number * hidden..][..hidden].to_vec()
        };
        let words: Vec<_> = tokens.iter().map(|&token| row("word", token as usize)).collect();
        let places: Vec<Vec<f32>> = (0..tokens.len())
            .map(|at| row("position", at).iter().zip(row("token_type", 0)).map(|(a, b)| a + b).collect())
            .collect();
        let mut states = self.norm("embeddings.LayerNorm", &words, &places);
        for layer in 0..self.architecture.layers {
            let name = format!("encoder.layer.{layer}");
            let attended = self.attention(&format!("{name}.attention"), &states);
            states = self.norm(&format!("{name}.attention.output.LayerNorm"), &attended, &states);
            let mut wide = self.linear(&format!("{name}.intermediate.dense"), &states);
            for x in wide.iter_mut().flatten() {
                *x = self.activate(*x);
            }
            let narrow = self.linear(&format!("{name}.output.dense"), &wide);
            states = self.norm(&format!("{name}.output.LayerNorm"), &narrow, &states);
        }
        let pooled: Vec<f32> = match self.architecture.pooling {
            Pooling::First => states[0].clone(),
            Pooling::Mean => {
                (0..hidden).map(|at| states.iter().map(|row| row[at]).sum::<f32>() / states.len() as f32).collect()
            }
        };
        let length = pooled.iter().map(|x| x * x).sum::<f32>().sqrt();
        pooled.iter().map(|x| if self.architecture.normalize { x / length } else { *x }).collect()
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn vectors_are_those_of_the_f32_model() {
    for architecture in SHAPES {
        let tensors = random_tensors(&architecture);
        let reference = Reference { architecture: &architecture, tensors: &tensors };
        for level in Level::ALL {
            let Some(encoder) = encoder(&architecture, level) else { continue };
            for length in [1, 2, 7, 18, 40] {
                let tokens = sequence(length as u32, length);
                let (found, expected) = (embed(&encoder, &[&tokens]), reference.embed(&tokens));
                let likeness = cosine(&found, &expected);
                assert!(likeness > 0.995, "{level:?} {architecture:?} {length} tokens: {likeness}");
                let lengths = cosine(&found, &found) * found.iter().map(|x| x * x).sum::<f32>();
                let expected_lengths = expected.iter().map(|x| x * x).sum::<f32>();
                assert!((lengths / expected_lengths - 1.0).abs() < 0.1, "{level:?} {lengths} {expected_lengths}");
            }
        }
    }
}

#[test]
fn levels_agree() {
    for architecture in SHAPES {
        let tokens = sequence(3, 33);
        let mut vectors =
            Level::ALL.into_iter().filter_map(|level| Some(embed(&encoder(&architecture, level)?, &[&tokens])));
        let first = vectors.next().unwrap();
        for other in vectors {
            assert!(cosine(&first, &other) > 0.9995, "{architecture:?}");
        }
    }
}

#[test]
fn a_batch_does_not_change_its_members() {
    for architecture in SHAPES {
        for level in Level::ALL {
            let Some(encoder) = encoder(&architecture, level) else { continue };
            // More tokens than one group takes.
            let sequences: Vec<Vec<u32>> = (0..30).map(|seed| sequence(seed, 1 + seed as usize * 17 % 40)).collect();
            let batch: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
            let together = embed(&encoder, &batch);
            for (sequence, vector) in batch.iter().zip(together.chunks_exact(encoder.dimensions())) {
                assert_eq!(embed(&encoder, &[sequence]), vector, "{level:?}");
            }
        }
    }
}

#[test]
fn a_team_makes_the_vector_of_a_single_thread() {
    for architecture in SHAPES {
        for level in Level::ALL {
            let Some(encoder) = encoder(&architecture, level) else { continue };
            for (length, members) in [(40, 2), (33, 3), (7, 4), (2, 9)] {
                let tokens = sequence(length as u32, length);
                let team = encoder.team(&tokens, members).unwrap();
                std::thread::scope(|scope| {
                    for member in 0..members.min(length) {
                        let (encoder, team) = (&encoder, &team);
                        scope.spawn(move || assert!(encoder.take_part(team, member, &mut Scratch::new())));
                    }
                });
                let mut found = vec![0.0; encoder.dimensions()];
                encoder.team_vector(&team, &mut found);
                // Sums are the same but for the order of their parts.
                let expected = embed(&encoder, &[&tokens]);
                let same = found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6);
                assert!(same, "{level:?} {length} tokens, {members} members");
            }
        }
    }
    let encoder = encoder(&SMALL, Level::Portable).unwrap();
    assert_eq!(encoder.team(&[1; 41], 2).err(), Some(SequenceError::TooLong { tokens: 41, limit: 40 }));
    let team = encoder.team(&[1, 2], 2).unwrap();
    team.meeting.abandon();
    assert!(!encoder.take_part(&team, 0, &mut Scratch::new()));
    assert!(!encoder.take_part(&team, 2, &mut Scratch::new()));
}

#[test]
fn a_used_scratch_changes_nothing_and_is_kept() {
    let large = encoder(&SHAPES[4], Level::Portable).unwrap();
    let small = encoder(&SMALL, Level::Portable).unwrap();
    let (long, short) = (sequence(1, 40), sequence(2, 3));
    let mut scratch = Scratch::new();
    let mut output = vec![0.0; large.dimensions()];
    large.embed(&mut scratch, &[&long], &mut output).unwrap();
    let mut output = vec![0.0; small.dimensions()];
    small.embed(&mut scratch, &[&long], &mut output).unwrap();
    let address = |scratch: &Scratch| scratch.0.as_ref().unwrap().states.as_ptr();
    let before = address(&scratch);
    small.embed(&mut scratch, &[&short], &mut output).unwrap();
    assert_eq!(output, embed(&small, &[&short]));
    assert_eq!(address(&scratch), before);
}

#[test]
fn a_call_with_a_used_scratch_does_not_allocate() {
    for level in Level::ALL {
        let Some(encoder) = encoder(&SMALL, level) else { continue };
        let (long, short) = (sequence(1, 40), sequence(2, 3));
        let batch: Vec<&[u32]> = [long.as_slice(), &short].into_iter().cycle().take(30).collect();
        let (mut scratch, mut output) = (Scratch::new(), vec![0.0; 30 * encoder.dimensions()]);
        encoder.embed(&mut scratch, &[&short], &mut output[..encoder.dimensions()]).unwrap();
        let before = crate::kernels::allocations();
        encoder.embed(&mut scratch, &batch, &mut output).unwrap();
        assert_eq!(crate::kernels::allocations(), before, "{level:?}");
    }
}

#[test]
fn sequences_the_model_cannot_read_are_refused() {
    let encoder = encoder(&SMALL, Level::Portable).unwrap();
    let refused = |tokens: &[u32], numbers: usize| {
        encoder.embed(&mut Scratch::new(), &[&[1], tokens], &mut vec![0.0; numbers]).unwrap_err()
    };
    assert_eq!(refused(&[], 128), SequenceError::Empty);
    assert_eq!(refused(&[1; 41], 128), SequenceError::TooLong { tokens: 41, limit: 40 });
    assert_eq!(refused(&[3, 50], 128), SequenceError::UnknownToken(50));
    assert_eq!(refused(&[u32::MAX], 128), SequenceError::UnknownToken(u32::MAX));
    assert_eq!(refused(&[1], 127), SequenceError::Output { expected: 128, found: 127 });
    assert!(embed(&encoder, &[]).is_empty());
}

#[test]
fn damaged_files_are_refused_or_run_without_a_panic() {
    let architecture = Architecture { layers: 1, vocabulary: 8, positions: 8, ..SMALL };
    let whole = file(&architecture);
    for length in (0..whole.len()).step_by(997).chain(0..70) {
        assert!(Encoder::from_bytes(whole[..length].to_vec()).is_err());
    }
    assert!(Encoder::from_bytes([whole.clone(), vec![0; 64]].concat()).is_err());
    let mut state = 1_u32;
    for round in 0..600 {
        let mut bytes = whole.clone();
        for _ in 0..3 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Every second time in the header.
            let at = if round % 2 == 0 { state as usize / 7 % 64 } else { state as usize / 7 % bytes.len() };
            bytes[at] = (state >> 24) as u8;
        }
        for level in Level::ALL {
            let encoder = Encoder::from_bytes(bytes.clone()).ok().and_then(|encoder| encoder.with_level(level));
            let Some(encoder) = encoder else { continue };
            let mut output = vec![0.0; encoder.dimensions()];
            let _ = encoder.embed(&mut Scratch::new(), &[&[1, 2, 3]], &mut output);
        }
    }
}

#[test]
fn headers_name_what_is_wrong() {
    let whole = file(&SMALL);
    let with = |word: usize, value: u32| {
        let mut bytes = whole.clone();
        bytes[8 + word * 4..][..4].copy_from_slice(&value.to_le_bytes());
        Encoder::from_bytes(bytes).err().unwrap()
    };
    assert_eq!(with(0, 9), FormatError::Version(9));
    assert_eq!(with(1, 0), FormatError::Header("hidden size"));
    assert_eq!(with(2, u32::MAX), FormatError::Header("number of layers"));
    assert_eq!(with(3, 5), FormatError::Header("head size"));
    assert_eq!(with(7, f32::NAN.to_bits()), FormatError::Header("epsilon"));
    assert_eq!(with(8, 3), FormatError::Header("activation"));
    assert!(matches!(with(6, 41), FormatError::Length { .. }));
    assert_eq!(Encoder::from_bytes(&b"not a model"[..]).err().unwrap(), FormatError::Foreign);
    assert_eq!(Architecture::read(&whole).unwrap(), SMALL);
}

#[test]
fn a_model_in_static_memory_works_at_any_address() {
    let whole = file(&SMALL);
    let expected = embed(&Encoder::from_bytes(whole.clone()).unwrap(), &[&[1, 2, 3]]);
    let shifted: &'static [u8] = [vec![0; 3], whole].concat().leak();
    assert_eq!(embed(&Encoder::from_bytes(&shifted[3..]).unwrap(), &[&[1, 2, 3]]), expected);
}

#[test]
fn incomplete_models_are_not_quantized() {
    let name = "encoder.layer.1.output.dense.bias";
    let with = |values: Option<Vec<f32>>| {
        let mut tensors = random_tensors(&SMALL);
        tensors.remove(name);
        tensors.extend(values.map(|values| (name.to_owned(), values)));
        quantize(&SMALL, &mut |name| tensors.get(name).cloned()).unwrap_err()
    };
    assert_eq!(with(None), QuantizeError::Missing(name.to_owned()));
    assert_eq!(with(Some(vec![0.0; 63])), QuantizeError::Size { name: name.to_owned(), expected: 64, found: 63 });
    assert_eq!(with(Some(vec![f32::NAN; 64])), QuantizeError::NotFinite(name.to_owned()));
    let heads = Architecture { heads: 5, ..SMALL };
    assert!(matches!(quantize(&heads, &mut |_| None), Err(QuantizeError::Architecture(_))));
}
