//! fastembed over ort-tract: an ONNX model without ONNX Runtime, in f32. Tokenizes itself.

use std::ffi::c_char;
use std::path::Path;

use anyhow::{Context as _, Result};
use fastembed::{InitOptionsUserDefined, Pooling, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use ort::sys::{OrtStatusPtr, OrtTensorTypeAndShapeInfo};
use serde_json::json;
use tract_linalg::multithread::{Executor, set_default_executor};

use crate::{Input, Peer};

const MAX_TOKENS: usize = 256;

pub(crate) struct Fastembed {
    model: TextEmbedding,
}

impl Fastembed {
    /// `graph`: an ONNX file whose only output is the last hidden state.
    pub(crate) fn open(model: &Path, graph: &Path, threads: usize) -> Result<Self> {
        // ort names the dimensions of what it passes in; tract has no use for names, and its table no entry.
        let mut api = ort_tract::api();
        api.SetSymbolicDimensions = ignore_dimension_names;
        ort::set_api(api);
        set_default_executor(Executor::multithread(threads));

        let read = |name: &str| std::fs::read(model.join(name)).with_context(|| name.to_owned());
        let files = TokenizerFiles {
            tokenizer_file: read("tokenizer.json")?,
            config_file: read("config.json")?,
            // tokenizer.json says the same and more.
            special_tokens_map_file: b"{}".to_vec(),
            tokenizer_config_file: json!({ "model_max_length": MAX_TOKENS, "pad_token": "[PAD]" })
                .to_string()
                .into_bytes(),
        };
        let graph = std::fs::read(graph).with_context(|| graph.display().to_string())?;
        let model = UserDefinedEmbeddingModel::new(graph, files).with_pooling(Pooling::Mean);
        let options = InitOptionsUserDefined::new().with_max_length(MAX_TOKENS).with_intra_threads(threads);
        Ok(Self { model: TextEmbedding::try_new_from_user_defined(model, options)? })
    }
}

unsafe extern "system" fn ignore_dimension_names(
    _: *mut OrtTensorTypeAndShapeInfo,
    _: *mut *const c_char,
    _: usize,
) -> OrtStatusPtr {
    OrtStatusPtr::default()
}

impl Peer for Fastembed {
    fn name(&self) -> String {
        "fastembed 7.1.1 over ort-tract 0.4.1 fp32".to_owned()
    }

    fn embed(&mut self, input: &Input) -> Result<Vec<Vec<f32>>> {
        Ok(self.model.embed(&input.texts, Some(input.texts.len()))?)
    }
}
