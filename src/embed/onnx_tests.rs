//! A graph that looks tokens up in a table, written here byte by byte.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // a test may stop at a surprise

use serde_json::json;

use crate::directory::tests::Made;
use crate::embedder::Embedder;
use crate::model::{Kind, Model};

const ROWS: usize = 64;
const WIDTH: usize = 8;

fn row(token: u32) -> Vec<f32> {
    (0..WIDTH as u32).map(|column| ((token * 31 + column * 17) % 23) as f32 - 11.0).collect()
}

/// A field of a protocol buffer: <https://protobuf.dev/programming-guides/encoding/>.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = content.len();
    while length > 127 {
        bytes.push(length as u8 & 127 | 128);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(content);
    bytes
}

fn number(field: u8, value: u8) -> Vec<u8> {
    vec![field << 3, value]
}

/// The name and type of an input or output with these dimensions, named or, where a number, fixed.
fn value(name: &str, element: u8, dimensions: &[&str]) -> Vec<u8> {
    let dimension = |name: &&str| match name.parse() {
        Ok(fixed) => field(1, &number(1, fixed)),
        Err(_) => field(1, &field(2, name.as_bytes())),
    };
    let shape: Vec<u8> = dimensions.iter().flat_map(dimension).collect();
    let tensor = [number(1, element), field(2, &shape)].concat();
    [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
}

/// A ModelProto: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
fn graph() -> Vec<u8> {
    let (float, int64) = (1, 7);
    let node =
        [field(1, b"table"), field(1, b"input_ids"), field(2, b"last_hidden_state"), field(4, b"Gather")].concat();
    let values: Vec<u8> = (0..ROWS as u32).flat_map(row).flat_map(f32::to_le_bytes).collect();
    let table =
        [number(1, ROWS as u8), number(1, WIDTH as u8), number(2, float), field(8, b"table"), field(9, &values)]
            .concat();
    let graph = [
        field(1, &node),
        field(2, b"lookup"),
        field(5, &table),
        field(11, &value("input_ids", int64, &["batch", "length"])),
        field(11, &value("attention_mask", int64, &["batch", "length"])),
        field(12, &value("last_hidden_state", float, &["batch", "length", "8"])),
    ]
    .concat();
    [number(1, 8), field(7, &graph), field(8, &[field(1, b""), number(2, 13)].concat())].concat()
}

fn made() -> Made {
    let made = Made::new();
    made.change("config.json", "model_type", json!("distilbert"));
    made.file("onnx/model.onnx", &graph());
    made
}

fn expected(tokens: &[u32]) -> Vec<f32> {
    let mut mean = [0.0; WIDTH];
    for token in tokens {
        mean.iter_mut().zip(row(*token)).for_each(|(sum, value)| *sum += value / tokens.len() as f32);
    }
    let length = mean.iter().map(|value| value * value).sum::<f32>().sqrt();
    mean.iter().map(|value| value / length).collect()
}

#[test]
fn an_onnx_graph_gives_the_vectors_that_it_computes() {
    let made = made();
    let model = made.open().unwrap();
    assert_eq!((model.info().dimensions, model.info().max_tokens), (WIDTH, 32));
    let long = "ab cd ".repeat(2000);
    let texts = ["a", "the quick brown fox", "", "[SEP] é", long.as_str()];
    let wanted: Vec<Vec<f32>> =
        texts.iter().map(|text| expected(&model.encode(text, Kind::Passage).unwrap().tokens)).collect();
    let embedder = Embedder::start(model, 2).unwrap();
    assert_eq!(embedder.kernels(), "tract");
    let found = embedder.passages(&texts).unwrap();
    for ((text, found), wanted) in texts.iter().zip(&found).zip(&wanted) {
        let distance: f32 = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).sum();
        assert!(distance < 1e-4, "{text}: {found:?} {wanted:?}");
    }
    assert_eq!(embedder.query("a").unwrap(), found[0]);
}

#[test]
fn the_identity_of_a_graph_is_its_own() {
    let made = made();
    let id = made.open().unwrap().info().id.clone();
    assert!(id.ends_with("-onnx"));
    assert_eq!(made.open().unwrap().info().id, id);
    made.change("sentence_bert_config.json", "max_seq_length", json!(16));
    assert_ne!(made.open().unwrap().info().id, id);
    // Weights that the encoder reads go before a graph.
    made.change("config.json", "model_type", json!("bert"));
    assert!(!made.open().unwrap().info().id.ends_with("-onnx"));
}

#[test]
fn a_damaged_graph_is_refused() {
    let made = made();
    let whole = graph();
    for damaged in [&whole[..0], &whole[..40], &whole[..whole.len() - 60], b"not a graph at all"] {
        made.file("onnx/model.onnx", damaged);
        let refusal = made.refusal();
        assert!(refusal.starts_with("onnx/model.onnx: "), "{refusal}");
    }
    assert!(Model::open(&made.path().join("onnx")).is_err());
}
