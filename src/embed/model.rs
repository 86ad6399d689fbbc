use std::path::{Path, PathBuf};

use crate::Error;
use crate::bert::Encoder;
use crate::tokenizer::Tokenizer;

/// What a model is, for people and for what stores its vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// Changes whenever the same text would get another vector.
    pub id: String,
    /// For people: `all-MiniLM-L6-v2`, or the directory's name.
    pub name: String,
    /// Components of a vector.
    pub dimensions: usize,
    /// The most tokens of a text that are read, the two that frame it included.
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
    pub(crate) info: ModelInfo,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) encoder: Encoder,
}

impl Model {
    /// The model inside the library; none without the feature `model`.
    #[must_use]
    pub fn builtin() -> Option<Result<Self, Error>> {
        #[cfg(feature = "model")]
        {
            let json = include_bytes!(concat!(env!("OUT_DIR"), "/tokenizer.json"));
            Some(Tokenizer::from_json(json, 256).map_err(Error::Builtin).map(|tokenizer| Self {
                info: ModelInfo {
                    id: "placeholder".to_owned(),
                    name: "all-MiniLM-L6-v2".to_owned(),
                    dimensions: 384,
                    max_tokens: 256,
                },
                tokenizer,
                encoder: Encoder,
            }))
        }
        #[cfg(not(feature = "model"))]
        None
    }

    /// Reads a sentence-transformers directory.
    ///
    /// # Errors
    /// Which file is missing, damaged, or asks for what the encoder does not do.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        Err(Error::Model { path: PathBuf::from(dir), problem: "not read yet".to_owned() })
    }

    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }
}
