//! A sentence-transformers directory: what its configuration says, and its weights made int8.
//!
//! The layout is that of the Python library: `modules.json` lists the steps (a transformer, a
//! pooling, perhaps a normalization), each with a folder of settings. Nothing of it is trusted:
//! sizes are bounded, and what the encoder does not do is refused by name.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::format::{Activation, Architecture, Pooling};
use crate::prompts::Prompts;
use crate::quantize::{QuantizeError, quantize};
use crate::tensors::Tensors;

/// The most that a file of settings may have, in bytes.
const LARGEST_SETTINGS: u64 = 1 << 20;
/// The same for `tokenizer.json`; the largest of known models, with 250,000 pieces, has 17 MB.
const LARGEST_TOKENIZER: u64 = 64 << 20;
/// Models read a few hundred tokens; none of BERT's architecture reads more.
const MOST_TOKENS: usize = 8192;

/// What a directory says about its model.
pub(crate) struct Directory {
    /// The directory's name.
    pub(crate) name: String,
    /// The content of `tokenizer.json`.
    pub(crate) tokenizer: Vec<u8>,
    /// The most tokens of a text, those that frame it included.
    pub(crate) max_tokens: usize,
    pub(crate) prompts: Prompts,
    /// Whether texts become lower case before they are cut into tokens.
    pub(crate) lowercase: bool,
    pub(crate) pooling: Pooling,
    /// Where `config.json` and the weights are: the directory, or its part for the transformer.
    pub(crate) transformer: PathBuf,
    config: Config,
}

/// `config.json`.
#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    model_type: String,
    #[serde(default, rename = "_name_or_path")]
    name: String,
    hidden_size: Option<usize>,
    num_hidden_layers: Option<usize>,
    num_attention_heads: Option<usize>,
    intermediate_size: Option<usize>,
    vocab_size: Option<usize>,
    max_position_embeddings: Option<usize>,
    layer_norm_eps: Option<f64>,
    hidden_act: Option<String>,
    position_embedding_type: Option<String>,
    is_decoder: Option<bool>,
}

/// An entry of `modules.json`.
#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// `config.json` of a pooling module.
#[derive(Deserialize)]
struct PoolingConfig {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_max_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_sqrt_len_tokens: bool,
    #[serde(default)]
    pooling_mode_weightedmean_tokens: bool,
    #[serde(default)]
    pooling_mode_lasttoken: bool,
    include_prompt: Option<bool>,
}

/// `sentence_bert_config.json`.
#[derive(Default, Deserialize)]
struct TransformerConfig {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

/// `tokenizer_config.json`. Some models write 10^30 for "no limit".
#[derive(Default, Deserialize)]
struct TokenizerConfig {
    model_max_length: Option<f64>,
}

/// `config_sentence_transformers.json`.
#[derive(Default, Deserialize)]
struct LibraryConfig {
    #[serde(default)]
    prompts: std::collections::BTreeMap<String, String>,
}

impl Directory {
    /// Reads the settings.
    ///
    /// # Errors
    /// Which file is missing, damaged, or asks for what the encoder does not do.
    pub(crate) fn read(dir: &Path) -> Result<Self, Error> {
        let (transformer, pooling) = modules(dir)?;
        let config_path = transformer.join("config.json");
        let config: Config = settings(&config_path)?.ok_or_else(|| missing(&config_path))?;
        let transformer_config: TransformerConfig =
            settings(&transformer.join("sentence_bert_config.json"))?.unwrap_or_default();
        let tokenizer_config: TokenizerConfig =
            settings(&transformer.join("tokenizer_config.json"))?.unwrap_or_default();
        let library: LibraryConfig = settings(&dir.join("config_sentence_transformers.json"))?.unwrap_or_default();

        let tokenizer_path = transformer.join("tokenizer.json");
        let tokenizer = content(&tokenizer_path, LARGEST_TOKENIZER)?.ok_or_else(|| missing(&tokenizer_path))?;
        let limits = [
            transformer_config.max_seq_length,
            tokenizer_config.model_max_length.map(|limit| limit.clamp(0.0, MOST_TOKENS as f64) as usize),
            config.max_position_embeddings,
        ];
        let max_tokens = limits.into_iter().flatten().min().unwrap_or(512).min(MOST_TOKENS);
        let name = name(dir);
        Ok(Self {
            prompts: prompts(library, dir, &config.name),
            name,
            tokenizer,
            max_tokens,
            lowercase: transformer_config.do_lower_case,
            pooling,
            transformer,
            config,
        })
    }

    /// The ONNX model that is to be run, if the weights are not there in a form that the encoder reads.
    pub(crate) fn onnx(&self) -> Option<PathBuf> {
        if self.config.model_type == "bert" && self.transformer.join("model.safetensors").exists() {
            return None;
        }
        ["onnx/model.onnx", "model.onnx"].map(|file| self.transformer.join(file)).into_iter().find(|path| path.exists())
    }

    /// The weights as the encoder reads them.
    ///
    /// # Errors
    /// When the model is not of BERT's architecture, or its weights are missing or damaged.
    pub(crate) fn encoder(&self) -> Result<Vec<u8>, Error> {
        let architecture = self.architecture()?;
        let path = self.transformer.join("model.safetensors");
        if !path.exists() && self.transformer.join("pytorch_model.bin").exists() {
            let problem = "missing; the weights are there as pytorch_model.bin, which has to be converted first: \
                           SentenceTransformer(DIR).save(DIR) does it";
            return Err(Error::Model { path, problem: problem.to_owned() });
        }
        let mut tensors = Tensors::open(&path)?;
        let damaged = |problem: String| Error::Model { path: path.clone(), problem };
        // Two bytes a weight at the least: config.json must not ask for more memory than the file has.
        let Architecture { hidden, layers, intermediate, vocabulary, .. } = architecture;
        let weights = (vocabulary + layers * (4 * hidden + 2 * intermediate)) as u64 * hidden as u64;
        if weights * 2 > tensors.length() {
            return Err(damaged(format!("too small for the model that config.json describes, of {weights} weights")));
        }
        let mut failed = None;
        let file = quantize(&architecture, &mut |name| match tensors.read(name) {
            Ok(values) => values,
            Err(cause) => {
                failed.get_or_insert(cause);
                None
            }
        });
        match (failed, file) {
            (Some(cause), _) => Err(cause),
            (None, Ok(file)) => Ok(file),
            (None, Err(QuantizeError::Architecture(problem))) => Err(self.config_error(problem.to_string())),
            (None, Err(problem)) => Err(damaged(problem.to_string())),
        }
    }

    /// Of everything that decides what vector a text gets, `weights` being the encoder's file.
    pub(crate) fn digest(&self, weights: &[u8]) -> String {
        let mut digest = Sha256::new();
        let rest = format!(
            "{}\0{}\0{}\0{}\0{:?}",
            self.max_tokens, self.lowercase, self.prompts.query, self.prompts.passage, self.pooling
        );
        for part in [weights, &self.tokenizer, rest.as_bytes()] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn config_error(&self, problem: String) -> Error {
        Error::Model { path: self.transformer.join("config.json"), problem }
    }

    fn architecture(&self) -> Result<Architecture, Error> {
        let config = &self.config;
        if config.model_type != "bert" {
            return Err(self.config_error(format!(
                "model_type is '{}': only models of BERT's own architecture ('bert') are read",
                config.model_type.escape_debug()
            )));
        }
        if config.position_embedding_type.as_deref().is_some_and(|kind| kind != "absolute") {
            return Err(self.config_error("position_embedding_type must be 'absolute'".to_owned()));
        }
        if config.is_decoder == Some(true) {
            return Err(self.config_error("a decoder, where an encoder is needed".to_owned()));
        }
        let activation = match config.hidden_act.as_deref() {
            None | Some("gelu") => Activation::Gelu,
            Some("gelu_new" | "gelu_pytorch_tanh" | "gelu_fast") => Activation::GeluTanh,
            Some("relu") => Activation::Relu,
            Some(other) => {
                return Err(self.config_error(format!(
                    "hidden_act is '{}': only gelu, gelu_new and relu are known",
                    other.escape_debug()
                )));
            }
        };
        let number =
            |value: Option<usize>, key: &str| value.ok_or_else(|| self.config_error(format!("{key} is missing")));
        let architecture = Architecture {
            hidden: number(config.hidden_size, "hidden_size")?,
            layers: number(config.num_hidden_layers, "num_hidden_layers")?,
            heads: number(config.num_attention_heads, "num_attention_heads")?,
            intermediate: number(config.intermediate_size, "intermediate_size")?,
            vocabulary: number(config.vocab_size, "vocab_size")?,
            positions: number(config.max_position_embeddings, "max_position_embeddings")?,
            epsilon: config.layer_norm_eps.unwrap_or(1e-12) as f32,
            activation,
            pooling: self.pooling,
            // Whatever the directory says: vectors are compared by their direction.
            normalize: true,
        };
        architecture.check().map_err(|problem| self.config_error(problem.to_string()))?;
        Ok(architecture)
    }
}

/// The transformer's folder and the pooling, from `modules.json` or, without it, from where they usually are.
fn modules(dir: &Path) -> Result<(PathBuf, Pooling), Error> {
    let path = dir.join("modules.json");
    let Some(modules) = settings::<Vec<Module>>(&path)? else {
        if !dir.join("config.json").exists() {
            let problem = "no model: there is neither a modules.json nor a config.json".to_owned();
            return Err(Error::Model { path: dir.to_owned(), problem });
        }
        return Ok((dir.to_owned(), pooling(&dir.join("1_Pooling/config.json"))?.unwrap_or(Pooling::Mean)));
    };
    let problem = |problem: String| Error::Model { path: path.clone(), problem };
    let (mut transformer, mut pooled) = (None, None);
    for module in modules {
        if !Path::new(&module.path).components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(problem(format!("'{}' is not a folder of the model", module.path.escape_debug())));
        }
        let folder = dir.join(&module.path);
        match module.kind.rsplit('.').next().unwrap_or_default() {
            "Transformer" => transformer = Some(folder),
            "Pooling" => {
                let config = folder.join("config.json");
                pooled = Some(pooling(&config)?.ok_or_else(|| missing(&config))?);
            }
            "Normalize" | "Dropout" => {}
            _ => {
                return Err(problem(format!(
                    "asks for the step '{}': only Transformer, Pooling and Normalize are known",
                    module.kind.escape_debug()
                )));
            }
        }
    }
    let transformer = transformer.ok_or_else(|| problem("names no Transformer".to_owned()))?;
    Ok((transformer, pooled.unwrap_or(Pooling::Mean)))
}

fn pooling(path: &Path) -> Result<Option<Pooling>, Error> {
    let Some(config) = settings::<PoolingConfig>(path)? else { return Ok(None) };
    let problem = |problem: &str| Error::Model { path: path.to_owned(), problem: problem.to_owned() };
    if config.include_prompt == Some(false) {
        return Err(problem("include_prompt is false: prompts are always part of the text here"));
    }
    let others = config.pooling_mode_max_tokens
        || config.pooling_mode_mean_sqrt_len_tokens
        || config.pooling_mode_weightedmean_tokens
        || config.pooling_mode_lasttoken;
    match (config.pooling_mode_mean_tokens, config.pooling_mode_cls_token, others) {
        (true, false, false) => Ok(Some(Pooling::Mean)),
        (false, true, false) => Ok(Some(Pooling::First)),
        _ => Err(problem("exactly one of pooling_mode_mean_tokens and pooling_mode_cls_token must be true")),
    }
}

/// What the directory says, else what its family wants.
fn prompts(mut library: LibraryConfig, dir: &Path, name: &str) -> Prompts {
    let mut take = |names: &[&str]| names.iter().find_map(|name| library.prompts.remove(*name)).unwrap_or_default();
    let spaced = |mut prompt: String| {
        if !prompt.is_empty() && !prompt.ends_with(char::is_whitespace) {
            prompt.push(' ');
        }
        prompt
    };
    let said = Prompts {
        query: spaced(take(&["query", "s2p_query", "search_query"])),
        passage: spaced(take(&["passage", "document", "corpus", "search_document"])),
    };
    if said != Prompts::default() {
        return said;
    }
    // The cache of the Python libraries has the name two folders above: `models--AUTHOR--NAME/snapshots/COMMIT`.
    let dir = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let folders = dir.components().rev().take(3).filter_map(|part| part.as_os_str().to_str()).enumerate();
    let names = folders.filter(|(above, folder)| *above == 0 || folder.starts_with("models--"));
    Prompts::of_family(names.map(|(_, folder)| folder).chain([name]))
}

/// The directory's name, for people.
fn name(dir: &Path) -> String {
    let dir = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let name =
        dir.file_name().map(|name| name.to_string_lossy().chars().filter(|c| !c.is_control()).take(100).collect());
    name.unwrap_or_else(|| "model".to_owned())
}

fn missing(path: &Path) -> Error {
    Error::Unreadable { path: path.to_owned(), cause: io::ErrorKind::NotFound.into() }
}

/// A JSON file; none when there is none.
fn settings<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let Some(bytes) = content(path, LARGEST_SETTINGS)? else { return Ok(None) };
    let settings = serde_json::from_slice(&bytes);
    settings.map(Some).map_err(|cause| Error::Model { path: path.to_owned(), problem: cause.to_string() })
}

/// A file of at most `largest` bytes; none when there is none.
fn content(path: &Path, largest: u64) -> Result<Option<Vec<u8>>, Error> {
    let unreadable = |cause| Error::Unreadable { path: path.to_owned(), cause };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(unreadable(cause)),
    };
    let mut bytes = Vec::new();
    file.take(largest + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > largest {
        return Err(Error::Model { path: path.to_owned(), problem: format!("larger than {largest} bytes") });
    }
    Ok(Some(bytes))
}

#[cfg(test)]
#[path = "directory_tests.rs"]
pub(crate) mod tests;
