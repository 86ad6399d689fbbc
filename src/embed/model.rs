use std::path::Path;

use crate::bert::Encoder;
use crate::directory::Directory;
use crate::error::Error;
use crate::format;
use crate::prompts::Prompts;
use crate::tokenizer::Tokenizer;

/// What a model is, for people and for what stores its vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// Changes whenever the same text would get another vector: a digest of the weights and
    /// settings, and the version of the int8 format.
    pub id: String,
    /// For people: `all-MiniLM-L6-v2`, or the directory's name.
    pub name: String,
    /// Components of a vector.
    pub dimensions: usize,
    /// The most tokens of a text that are read, those that frame it included.
    pub max_tokens: usize,
}

/// What a text is for; some models want a prefix that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Query,
    Passage,
}

/// A model that is ready to run.
pub struct Model {
    info: ModelInfo,
    tokenizer: Tokenizer,
    prompts: Prompts,
    encoder: Encoder,
}

impl Model {
    /// The model inside the library; none without the feature `model`.
    ///
    /// # Errors
    /// [`Error::Builtin`] when the binary is damaged.
    #[must_use]
    pub fn builtin() -> Option<Result<Self, Error>> {
        #[cfg(feature = "model")]
        return Some(crate::builtin::model());
        #[cfg(not(feature = "model"))]
        None
    }

    /// Reads a sentence-transformers directory with a model of BERT's architecture, and makes its weights int8:
    /// a second for 100 MB.
    ///
    /// # Errors
    /// Which file is missing, damaged, or asks for what the encoder does not do.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let directory = Directory::read(dir)?;
        let weights = directory.encoder()?;
        let id = id(&directory.digest(&weights));
        let damaged = |file: &str, problem: String| Error::Model { path: directory.transformer.join(file), problem };
        let encoder =
            Encoder::from_bytes(weights).map_err(|problem| damaged("model.safetensors", problem.to_string()))?;
        let tokenizer = Tokenizer::from_json(&directory.tokenizer, directory.max_tokens, directory.lowercase)
            .map_err(|problem| damaged("tokenizer.json", problem))?;
        let vocabulary = encoder.architecture().vocabulary;
        if tokenizer.largest_token() as usize >= vocabulary {
            let problem = format!("has more tokens than the model, which knows {vocabulary}");
            return Err(damaged("tokenizer.json", problem));
        }
        Ok(Self::new(id, directory.name, tokenizer, directory.prompts, encoder))
    }

    pub(crate) fn new(id: String, name: String, tokenizer: Tokenizer, prompts: Prompts, encoder: Encoder) -> Self {
        let info = ModelInfo { id, name, dimensions: encoder.dimensions(), max_tokens: tokenizer.max_tokens() };
        Self { info, tokenizer, prompts, encoder }
    }

    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    pub(crate) fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The tokens of a text, what its kind is preceded by included.
    pub(crate) fn encode(&self, text: &str, kind: Kind) -> Result<Vec<u32>, Error> {
        let prompt = match kind {
            Kind::Query => &self.prompts.query,
            Kind::Passage => &self.prompts.passage,
        };
        self.tokenizer.encode(prompt, text).map_err(Error::Failed)
    }

    pub(crate) fn count(&self, text: &str) -> usize {
        self.tokenizer.count(text)
    }
}

/// The identity of a model with this digest, as this version of the encoder runs it.
pub(crate) fn id(digest: &str) -> String {
    format!("{digest}-int8-{}", format::VERSION)
}
