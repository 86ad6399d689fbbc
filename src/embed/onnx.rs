//! Any other model, as an ONNX graph: fastembed over ort-tract, which needs no library of the system.
//! Some ten times slower than the encoder of this package.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use fastembed::{InitOptionsUserDefined, Pooling as Pool, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use serde_json::{Value, json};
use tract_linalg::multithread::{Executor, set_default_executor};

use crate::directory::Directory;
use crate::error::Error;
use crate::format::Pooling;
use crate::onnx_api;

/// A model that fastembed runs. One batch at a time, on all cores.
pub(crate) struct Onnx {
    model: Mutex<TextEmbedding>,
    dimensions: usize,
}

impl Onnx {
    /// Opens the graph in `path` with the settings of its directory; also gives a digest of both.
    ///
    /// # Errors
    /// When the graph cannot be read or run.
    pub(crate) fn open(directory: &Directory, path: &Path) -> Result<(Self, String), Error> {
        let unreadable = |cause| Error::Unreadable { path: path.to_owned(), cause };
        let damaged = |problem: String| Error::Model { path: path.to_owned(), problem };
        onnx_api::set();
        set_default_executor(Executor::multithread(thread::available_parallelism().map_or(1, usize::from)));
        let graph = fs::read(path).map_err(unreadable)?;
        let digest = directory.digest(&graph);
        let pooling = match directory.pooling {
            Pooling::Mean => Pool::Mean,
            Pooling::First => Pool::Cls,
        };
        let model = UserDefinedEmbeddingModel::new(graph, files(directory)).with_pooling(pooling);
        let options = InitOptionsUserDefined::new().with_max_length(directory.max_tokens);
        // A damaged graph is a panic in some of tract's corners.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let mut model = TextEmbedding::try_new_from_user_defined(model, options)?;
            model.tokenizer.set_encode_special_tokens(true);
            let probe = model.embed(["a"], None)?;
            Ok::<_, fastembed::Error>((model, probe.first().map_or(0, Vec::len)))
        }));
        let (model, dimensions) = opened
            .map_err(|_panic| damaged("the graph cannot be run".to_owned()))?
            .map_err(|problem| damaged(problem.to_string()))?;
        if dimensions == 0 {
            return Err(damaged("the graph gives no vectors".to_owned()));
        }
        Ok((Self { model: Mutex::new(model), dimensions }, digest))
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Writes the vectors of `texts` behind each other into `out`.
    pub(crate) fn embed<'t>(&self, texts: impl Iterator<Item = &'t str>, out: &mut [f32]) -> Result<(), String> {
        let texts: Vec<&str> = texts.collect();
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let vectors = model.embed(&texts, Some(texts.len())).map_err(|problem| problem.to_string())?;
        for (vector, place) in vectors.iter().zip(out.chunks_exact_mut(self.dimensions)) {
            if vector.len() != place.len() {
                return Err(format!("a vector has {} numbers instead of {}", vector.len(), place.len()));
            }
            place.copy_from_slice(vector);
        }
        Ok(())
    }
}

/// The files that fastembed wants to see, with what it takes from each.
fn files(directory: &Directory) -> TokenizerFiles {
    let settings = |file: &str| -> Value {
        let bytes = fs::read(directory.transformer.join(file)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    };
    let padding = settings("tokenizer_config.json").get("pad_token").cloned();
    let padding = padding.filter(|token| !token.is_null()).unwrap_or_else(|| json!("[PAD]"));
    let bytes = |settings: &Value| settings.to_string().into_bytes();
    TokenizerFiles {
        tokenizer_file: directory.tokenizer.clone(),
        config_file: bytes(&json!({ "pad_token_id": settings("config.json").get("pad_token_id") })),
        special_tokens_map_file: bytes(&json!({})),
        tokenizer_config_file: bytes(&json!({ "model_max_length": directory.max_tokens, "pad_token": padding })),
    }
}

#[cfg(test)]
#[path = "onnx_tests.rs"]
mod tests;
