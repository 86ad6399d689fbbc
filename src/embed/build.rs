use std::env;
use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-env-changed=ROBOTWIKI_MODEL_DIR");
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_MODEL").is_none() {
        return;
    }
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let dir = env::var_os("ROBOTWIKI_MODEL_DIR")
        .map_or_else(|| here.join("../../packaging/model/all-MiniLM-L6-v2"), PathBuf::from);
    println!("cargo::rerun-if-changed={}", dir.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap());
    if let Err(cause) = std::fs::copy(dir.join("tokenizer.json"), out.join("tokenizer.json")) {
        println!(
            "cargo::error=the embedding model is not in {} ({cause}): run packaging/model/fetch, or build with --no-default-features",
            dir.display()
        );
    }
}
