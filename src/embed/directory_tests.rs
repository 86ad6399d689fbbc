//! Directories as they come: small ones that are made here, each wrong in one way.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // a test may stop at a surprise

use std::collections::HashMap;
use std::fs;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

use super::*;
use crate::model::{Kind, Model};

/// A model with 16 components, two layers and a vocabulary of letters; what is in it decides nothing.
pub(crate) struct Made {
    dir: tempfile::TempDir,
    dtype: Dtype,
    prefix: &'static str,
    seed: u64,
    norm: [&'static str; 2],
}

const VOCABULARY: usize = 64;

impl Made {
    pub(crate) fn new() -> Self {
        let made = Self {
            dir: tempfile::tempdir().unwrap(),
            dtype: Dtype::F32,
            prefix: "",
            seed: 1,
            norm: ["weight", "bias"],
        };
        made.json("config.json", &json!({
            "model_type": "bert", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
            "intermediate_size": 32, "vocab_size": VOCABULARY, "max_position_embeddings": 48,
            "layer_norm_eps": 1e-12, "hidden_act": "gelu", "position_embedding_type": "absolute", "type_vocab_size": 2,
        }));
        made.json(
            "modules.json",
            &json!([
                {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
            ]),
        );
        made.json("1_Pooling/config.json", &json!({"word_embedding_dimension": 16, "pooling_mode_mean_tokens": true}));
        made.json("sentence_bert_config.json", &json!({"max_seq_length": 32, "do_lower_case": false}));
        made.tokenizer(VOCABULARY);
        made.weights();
        made
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn json(&self, file: &str, content: &Value) {
        self.file(file, content.to_string().as_bytes());
    }

    pub(crate) fn file(&self, file: &str, content: &[u8]) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn change(&self, file: &str, key: &str, value: Value) {
        let mut content: Value = serde_json::from_slice(&fs::read(self.path().join(file)).unwrap()).unwrap();
        content[key] = value;
        self.json(file, &content);
    }

    fn tokenizer(&self, pieces: usize) {
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map(str::to_owned).into_iter();
        let letters = ('a'..='z').flat_map(|c| [c.to_string(), format!("##{c}")]);
        let rest = (0..).map(|n| format!("[unused{n}]"));
        let vocab: serde_json::Map<String, Value> =
            special.chain(letters).chain(rest).take(pieces).zip(0..).map(|(piece, id)| (piece, json!(id))).collect();
        self.json(
            "tokenizer.json",
            &json!({
                "version": "1.0", "truncation": null, "padding": null,
                "added_tokens": [{"id": 2, "special": true, "content": "[CLS]", "single_word": false, "lstrip": false,
                                  "rstrip": false, "normalized": false}],
                "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                               "strip_accents": null, "lowercase": true},
                "pre_tokenizer": {"type": "BertPreTokenizer"},
                "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
                "decoder": null,
                "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                          "max_input_chars_per_word": 100, "vocab": vocab},
            }),
        );
    }

    /// The shapes of all tensors.
    fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        let mut shapes = vec![
            ("embeddings.word_embeddings.weight".to_owned(), vec![VOCABULARY, 16]),
            ("embeddings.position_embeddings.weight".to_owned(), vec![48, 16]),
            ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, 16]),
        ];
        let mut norms = vec!["embeddings.LayerNorm".to_owned()];
        for layer in 0..2 {
            let prefix = format!("encoder.layer.{layer}");
            for (name, outputs, inputs) in [
                ("attention.self.query", 16, 16),
                ("attention.self.key", 16, 16),
                ("attention.self.value", 16, 16),
                ("attention.output.dense", 16, 16),
                ("intermediate.dense", 32, 16),
                ("output.dense", 16, 32),
            ] {
                shapes.push((format!("{prefix}.{name}.weight"), vec![outputs, inputs]));
                shapes.push((format!("{prefix}.{name}.bias"), vec![outputs]));
            }
            norms.push(format!("{prefix}.attention.output.LayerNorm"));
            norms.push(format!("{prefix}.output.LayerNorm"));
        }
        for norm in norms {
            shapes.extend(self.norm.map(|part| (format!("{norm}.{part}"), vec![16])));
        }
        shapes
    }

    fn weights(&self) {
        self.weights_but(|_, _| {});
    }

    /// Writes the weights after `change` was done to the list of shapes.
    fn weights_but(&self, change: impl Fn(&str, &mut Vec<usize>)) {
        let mut state = self.seed;
        let mut tensors: HashMap<String, (Vec<usize>, Vec<u8>)> = HashMap::new();
        for (name, mut shape) in self.shapes() {
            change(&name, &mut shape);
            let values = (0..shape.iter().product()).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // Multiples of 1/64 below 1/2: exact in all three types.
                ((state >> 58) as f32 - 32.0) / 64.0
            });
            let bytes: Vec<u8> = match self.dtype {
                Dtype::F32 => values.flat_map(f32::to_le_bytes).collect(),
                Dtype::BF16 => values.flat_map(|value| ((value.to_bits() >> 16) as u16).to_le_bytes()).collect(),
                Dtype::F16 => values.flat_map(|value| half_bits(value).to_le_bytes()).collect(),
                _ => values.flat_map(|value| (value as i32).to_le_bytes()).collect(),
            };
            tensors.insert(format!("{}{name}", self.prefix), (shape, bytes));
        }
        let views: HashMap<String, TensorView<'_>> = tensors
            .iter()
            .map(|(name, (shape, bytes))| (name.clone(), TensorView::new(self.dtype, shape.clone(), bytes).unwrap()))
            .collect();
        self.file("model.safetensors", &safetensors::serialize(&views, None).unwrap());
    }

    pub(crate) fn open(&self) -> Result<Model, Error> {
        Model::open(self.path())
    }

    /// What opening says, without the directory's name.
    pub(crate) fn refusal(&self) -> String {
        let text = self.open().err().unwrap().to_string();
        text.replace(&format!("{}/", self.path().display()), "").replace(&self.path().display().to_string(), "DIR")
    }
}

/// A multiple of 1/64 as binary16.
fn half_bits(value: f32) -> u16 {
    if value == 0.0 {
        return 0;
    }
    let bits = value.to_bits();
    let exponent = (bits >> 23 & 0xff) as u16 - 112;
    (bits >> 16 & 0x8000) as u16 | exponent << 10 | (bits >> 13 & 0x3ff) as u16
}

#[test]
fn a_directory_says_what_its_model_is() {
    let made = Made::new();
    let model = made.open().unwrap();
    assert_eq!((model.info().dimensions, model.info().max_tokens), (16, 32));
    assert_eq!(model.info().name, made.path().file_name().unwrap().to_str().unwrap());
    assert_eq!(model.encode("ab c", Kind::Query).unwrap().tokens, [2, 4, 7, 8, 3]);

    made.change("sentence_bert_config.json", "max_seq_length", Value::Null);
    made.json("tokenizer_config.json", &json!({"model_max_length": 1e30}));
    assert_eq!(made.open().unwrap().info().max_tokens, 48);
    made.json("tokenizer_config.json", &json!({"model_max_length": 24}));
    assert_eq!(made.open().unwrap().info().max_tokens, 24);
    assert_eq!(made.open().unwrap().encode(&"a ".repeat(99), Kind::Passage).unwrap().tokens.len(), 24);
}

#[test]
fn older_and_other_layouts_are_the_same_model() {
    let mut made = Made::new();
    let id = made.open().unwrap().info().id.clone();
    for dtype in [Dtype::F16, Dtype::BF16] {
        made.dtype = dtype;
        made.weights();
        assert_eq!(made.open().unwrap().info().id, id, "{dtype:?}");
    }
    for prefix in ["bert.", "0.auto_model."] {
        made.prefix = prefix;
        made.weights();
        assert_eq!(made.open().unwrap().info().id, id, "{prefix}");
    }
    made.norm = ["gamma", "beta"];
    made.weights();
    assert_eq!(made.open().unwrap().info().id, id);
    fs::remove_file(made.path().join("modules.json")).unwrap();
    assert_eq!(made.open().unwrap().info().id, id);

    let old = Made::new();
    for file in ["config.json", "tokenizer.json", "model.safetensors", "sentence_bert_config.json"] {
        fs::create_dir_all(old.path().join("0_Transformer")).unwrap();
        fs::rename(old.path().join(file), old.path().join("0_Transformer").join(file)).unwrap();
    }
    old.json(
        "modules.json",
        &json!([
            {"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
            {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        ]),
    );
    assert_eq!(old.open().unwrap().info().id, id);
}

#[test]
fn the_identity_changes_with_what_decides_vectors() {
    let mut made = Made::new();
    let mut known = vec![made.open().unwrap().info().id.clone()];
    let mut differs = |made: &Made, what: &str| {
        let id = made.open().unwrap().info().id.clone();
        assert!(!known.contains(&id), "{what}");
        known.push(id);
    };
    made.seed = 2;
    made.weights();
    differs(&made, "weights");
    made.json("1_Pooling/config.json", &json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}));
    differs(&made, "pooling");
    made.change("sentence_bert_config.json", "max_seq_length", json!(30));
    differs(&made, "length");
    made.json("config_sentence_transformers.json", &json!({"prompts": {"query": "q"}}));
    differs(&made, "prompt");
    made.change("config.json", "hidden_act", json!("relu"));
    differs(&made, "activation");
    made.tokenizer(60);
    differs(&made, "tokenizer");
    let readme = made.path().join("README.md");
    fs::write(readme, "nothing").unwrap();
    assert_eq!(&made.open().unwrap().info().id, known.last().unwrap());
}

#[test]
fn prompts_are_those_of_the_directory_or_of_the_family() {
    let made = Made::new();
    let of = |directory: &Path| {
        let prompts = Directory::read(directory).unwrap().prompts;
        (prompts.query, prompts.passage)
    };
    assert_eq!(of(made.path()), (String::new(), String::new()));
    let family = made.path().join("e5-small-v2");
    std::os::unix::fs::symlink(made.path(), made.path().join("link")).unwrap();
    fs::create_dir(&family).unwrap();
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(made.path().join(file), family.join(file)).unwrap();
    }
    assert_eq!(of(&family), ("query: ".to_owned(), "passage: ".to_owned()));
    fs::write(
        family.join("config_sentence_transformers.json"),
        r#"{"prompts": {"query": "ask:", "document": ""}, "default_prompt_name": null, "similarity_fn_name": "cosine"}"#,
    )
    .unwrap();
    assert_eq!(of(&family), ("ask: ".to_owned(), String::new()));
    made.change("config.json", "_name_or_path", json!("BAAI/bge-small-en"));
    assert!(of(made.path()).0.starts_with("Represent this sentence"));
}

#[test]
fn what_is_missing_is_named() {
    for (file, expected) in [
        ("config.json", "cannot read config.json: "),
        ("tokenizer.json", "cannot read tokenizer.json: "),
        ("model.safetensors", "cannot read model.safetensors: "),
        ("1_Pooling/config.json", "cannot read 1_Pooling/config.json: "),
    ] {
        let made = Made::new();
        fs::remove_file(made.path().join(file)).unwrap();
        assert!(made.refusal().starts_with(expected), "{}", made.refusal());
    }
    let made = Made::new();
    fs::rename(made.path().join("model.safetensors"), made.path().join("pytorch_model.bin")).unwrap();
    assert!(made.refusal().starts_with("model.safetensors: missing; the weights are there as pytorch_model.bin"));
    let empty = tempfile::tempdir().unwrap();
    let refused = Model::open(empty.path()).err().unwrap().to_string();
    assert!(refused.contains("neither a modules.json nor a config.json"), "{refused}");
    assert!(Model::open(&empty.path().join("nowhere")).is_err());
}

#[test]
fn what_the_encoder_does_not_do_is_named() {
    for (file, key, value, expected) in [
        ("config.json", "model_type", json!("xlm-roberta"), "config.json: model_type is 'xlm-roberta': only "),
        ("config.json", "position_embedding_type", json!("relative_key"), "config.json: position_embedding_type must"),
        ("config.json", "hidden_act", json!("silu"), "config.json: hidden_act is 'silu': only "),
        ("config.json", "is_decoder", json!(true), "config.json: a decoder"),
        ("config.json", "hidden_size", Value::Null, "config.json: hidden_size is missing"),
        ("config.json", "hidden_size", json!(-3), "config.json: invalid value"),
        ("config.json", "num_attention_heads", json!(3), "config.json: the model file's head size is out of range"),
        ("config.json", "num_hidden_layers", json!(100_000), "config.json: the model file's number of layers is out"),
        ("config.json", "vocab_size", json!(1_000_000), "model.safetensors: too small for the model that config.json"),
        ("config.json", "vocab_size", json!(65), "model.safetensors: the model's tensor embeddings.word_embeddings"),
        ("config.json", "num_hidden_layers", json!(3), "model.safetensors: the model has no tensor encoder.layer.2."),
        ("sentence_bert_config.json", "max_seq_length", json!(2), "tokenizer.json: leaves no room for a text in 2"),
        ("1_Pooling/config.json", "pooling_mode_max_tokens", json!(true), "1_Pooling/config.json: exactly one of"),
        ("1_Pooling/config.json", "pooling_mode_mean_tokens", json!(false), "1_Pooling/config.json: exactly one of"),
        ("1_Pooling/config.json", "include_prompt", json!(false), "1_Pooling/config.json: include_prompt is false"),
    ] {
        let made = Made::new();
        made.change(file, key, value);
        assert!(made.refusal().starts_with(expected), "{}", made.refusal());
    }
    let made = Made::new();
    made.tokenizer(70);
    assert_eq!(made.refusal(), "tokenizer.json: has more tokens than the model, which knows 64");
    for (modules, expected) in [
        (json!([{"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]), "asks for the step"),
        (json!([{"path": "../other", "type": "sentence_transformers.models.Transformer"}]), "is not a folder"),
        (json!([{"path": "/etc", "type": "sentence_transformers.models.Transformer"}]), "is not a folder"),
        (json!([]), "names no Transformer"),
        (json!({}), "invalid type"),
    ] {
        made.json("modules.json", &modules);
        assert!(
            made.refusal().starts_with("modules.json: ") && made.refusal().contains(expected),
            "{}",
            made.refusal()
        );
    }
}

#[test]
fn damaged_weights_are_refused() {
    let made = Made::new();
    let whole = fs::read(made.path().join("model.safetensors")).unwrap();
    let refused = |bytes: &[u8]| {
        made.file("model.safetensors", bytes);
        made.refusal()
    };
    for end in [0, 4, 8, 20, whole.len() / 2, whole.len() - 1] {
        let refusal = refused(&whole[..end]);
        assert!(refusal.contains("model.safetensors"), "{end}: {refusal}");
    }
    assert!(refused(&whole[..whole.len() - 1]).contains("was the download cut short?"));
    assert!(refused(&[&whole[..], &[0]].concat()).contains("was the download cut short?"));
    assert!(refused(&[0xff; 100]).contains("not a safetensors file"));
    assert!(refused(b"version https://git-lfs.github.com/spec/v1\n").contains("not a safetensors file"));
    // Every byte of the list of tensors, wrong.
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let mut opened = 0;
    for at in (0..header).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x15;
        made.file("model.safetensors", &damaged);
        opened += usize::from(made.open().is_ok());
    }
    assert!(opened < 10, "{opened}");
    // Not a number, where the first tensor's values are.
    let mut damaged = whole;
    damaged[header..header + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(refused(&damaged).contains("not finite"));
    made.weights_but(|name, shape| {
        if name.ends_with("layer.1.output.dense.bias") {
            shape[0] = 15;
        }
    });
    assert!(made.refusal().contains("encoder.layer.1.output.dense.bias has 15 values instead of 16"));
    let mut made = made;
    made.dtype = Dtype::I32;
    made.weights();
    assert!(made.refusal().contains("has values of type I32: only F32, F16 and BF16 are read"), "{}", made.refusal());
}

#[test]
fn a_damaged_tokenizer_is_refused_or_harmless() {
    let made = Made::new();
    let whole = fs::read(made.path().join("tokenizer.json")).unwrap();
    for at in (0..whole.len()).step_by(23) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x11;
        made.file("tokenizer.json", &damaged);
        match made.open() {
            Ok(model) => assert!(model.encode("any text", Kind::Query).is_ok()),
            Err(problem) => assert!(problem.to_string().contains("/tokenizer.json: "), "{problem}"),
        }
    }
}

#[test]
fn huge_settings_are_not_read() {
    let made = Made::new();
    made.file("modules.json", &vec![b' '; (LARGEST_SETTINGS + 1) as usize]);
    assert!(made.refusal().contains("modules.json: larger than 1048576 bytes"), "{}", made.refusal());
    made.file("modules.json", "[".repeat(100_000).as_bytes());
    assert!(made.refusal().starts_with("modules.json: "));
}

#[cfg(not(feature = "onnx"))]
#[test]
fn an_onnx_model_needs_the_feature() {
    let made = Made::new();
    made.change("config.json", "model_type", json!("distilbert"));
    made.file("onnx/model.onnx", b"graph");
    assert_eq!(
        made.refusal(),
        "onnx/model.onnx: an ONNX model, which this program runs only if it was built with the feature 'onnx'"
    );
}
