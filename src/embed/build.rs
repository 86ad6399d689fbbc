//! Makes the built-in model: the fetched one, its weights int8, its vocabulary as plain lines.
//! The code that reads a directory at run time does it, so that both give the same model.

#![allow(dead_code, unreachable_pub)] // these modules are the library's

mod directory;
mod error;
mod format;
mod prompts;
mod quantize;
mod tensors;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use directory::Directory;

fn main() {
    println!("cargo::rerun-if-env-changed=ROBOTWIKI_MODEL_DIR");
    for file in ["build.rs", "directory.rs", "error.rs", "format.rs", "prompts.rs", "quantize.rs", "tensors.rs"] {
        println!("cargo::rerun-if-changed={file}");
    }
    if env::var_os("CARGO_FEATURE_MODEL").is_none() {
        return;
    }
    let variable = |name| env::var_os(name).map(PathBuf::from);
    let (Some(out), Some(package)) = (variable("OUT_DIR"), variable("CARGO_MANIFEST_DIR")) else {
        println!("cargo::error=run by cargo only");
        return;
    };
    // From the root of the checkout, as packaging/model/fetch takes it.
    let dir = variable("ROBOTWIKI_MODEL_DIR").unwrap_or_else(|| "packaging/model/all-MiniLM-L6-v2".into());
    let dir = package.join("../..").join(dir);
    let settings = ["config.json", "modules.json", "sentence_bert_config.json", "1_Pooling/config.json"];
    for file in ["model.safetensors", "tokenizer.json"].into_iter().chain(settings) {
        println!("cargo::rerun-if-changed={}", dir.join(file).display());
    }
    // For the tests, which compare the built-in model with the directory it was made of.
    println!("cargo::rustc-env=ROBOTWIKI_FETCHED_MODEL={}", dir.display());
    if let Err(problem) = make(&dir, &out) {
        println!(
            "cargo::error=the embedding model is not there ({problem}): run packaging/model/fetch to get it, \
             or build with --no-default-features to leave it out"
        );
    }
}

fn make(dir: &Path, out: &Path) -> Result<(), String> {
    let directory = Directory::read(dir).map_err(|cause| cause.to_string())?;
    let encoder = directory.encoder().map_err(|cause| cause.to_string())?;
    let settings = settings(&directory, &encoder).ok_or("its tokenizer is not the expected one")?;
    let write = |name: &str, content: &[u8]| fs::write(out.join(name), content).map_err(|cause| cause.to_string());
    write("encoder.bin", &encoder)?;
    write("vocabulary.txt", settings.0.as_bytes())?;
    write("settings.rs", settings.1.as_bytes())
}

/// The vocabulary and the constants of `builtin.rs`; none if that does not expect such a model.
fn settings(directory: &Directory, encoder: &[u8]) -> Option<(String, String)> {
    let tokenizer: Value = serde_json::from_slice(&directory.tokenizer).ok()?;
    let normalizer = tokenizer.get("normalizer")?;
    let is_bert = *normalizer
        == serde_json::json!({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                              "strip_accents": null, "lowercase": true})
        && tokenizer.get("pre_tokenizer")?.get("type")? == "BertPreTokenizer"
        && tokenizer.get("model")?.get("type")? == "WordPiece"
        && tokenizer.get("model")?.get("continuing_subword_prefix")? == "##"
        && tokenizer.get("post_processor")?.get("type")? == "TemplateProcessing"
        && directory.prompts == prompts::Prompts::default()
        && !directory.lowercase;
    let model = tokenizer.get("model").filter(|_| is_bert)?;
    let vocabulary = model.get("vocab")?.as_object()?;
    let mut lines = vec![""; vocabulary.len()];
    for (piece, id) in vocabulary {
        *lines.get_mut(usize::try_from(id.as_u64()?).ok()?)? = piece;
    }
    if lines.iter().any(|piece| piece.is_empty() || piece.contains(['\n', '\r'])) {
        return None;
    }
    let text = |key: &str| model.get(key);
    let number = |piece: &str| vocabulary.get(piece)?.as_u64();
    let constants = format!(
        "pub(super) const DIGEST: &str = {:?};\n\
         pub(super) const MAX_TOKENS: usize = {};\n\
         pub(super) const UNKNOWN: &str = {:?};\n\
         pub(super) const LONGEST_WORD: usize = {};\n\
         pub(super) const BEFORE: u32 = {};\n\
         pub(super) const AFTER: u32 = {};\n",
        directory.digest(encoder),
        directory.max_tokens,
        text("unk_token")?.as_str()?,
        text("max_input_chars_per_word")?.as_u64()?,
        number("[CLS]")?,
        number("[SEP]")?,
    );
    Some((lines.join("\n"), constants))
}
