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
    engine: Engine,
}

/// What computes vectors.
#[cfg_attr(feature = "onnx", allow(clippy::large_enum_variant))] // a process has one
pub(crate) enum Engine {
    Bert(Encoder),
    #[cfg(feature = "onnx")]
    Onnx(crate::onnx::Onnx),
}

/// A text that is ready to be embedded.
pub(crate) struct Input {
    pub(crate) tokens: Vec<u32>,
    /// What the tokens were made of; ONNX models cut it themselves.
    #[cfg(feature = "onnx")]
    pub(crate) text: String,
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

    /// Reads a sentence-transformers directory: a model of BERT's architecture, whose weights become int8 (a second
    /// for 100 MB), or with the feature `onnx` any other that is there as `model.onnx`.
    ///
    /// # Errors
    /// Which file is missing, damaged, or asks for what is not done here.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let directory = Directory::read(dir)?;
        if let Some(path) = directory.onnx() {
            return Self::open_onnx(directory, &path);
        }
        let weights = directory.encoder()?;
        let id = format!("{}-int8-{}", directory.digest(&weights), format::VERSION);
        let damaged = |file: &str, problem: String| Error::Model { path: directory.transformer.join(file), problem };
        let encoder =
            Encoder::from_bytes(weights).map_err(|problem| damaged("model.safetensors", problem.to_string()))?;
        let tokenizer = directory.tokenizer()?;
        let vocabulary = encoder.architecture().vocabulary;
        if tokenizer.largest_token() as usize >= vocabulary {
            let problem = format!("has more tokens than the model, which knows {vocabulary}");
            return Err(damaged("tokenizer.json", problem));
        }
        let dimensions = encoder.dimensions();
        Ok(Self::new(id, directory.name, dimensions, tokenizer, directory.prompts, Engine::Bert(encoder)))
    }

    #[cfg(feature = "onnx")]
    fn open_onnx(directory: Directory, path: &Path) -> Result<Self, Error> {
        let tokenizer = directory.tokenizer()?;
        let (onnx, digest) = crate::onnx::Onnx::open(&directory, path)?;
        let (id, dimensions) = (format!("{digest}-onnx"), onnx.dimensions());
        Ok(Self::new(id, directory.name, dimensions, tokenizer, directory.prompts, Engine::Onnx(onnx)))
    }

    #[cfg(not(feature = "onnx"))]
    fn open_onnx(_: Directory, path: &Path) -> Result<Self, Error> {
        let problem = "an ONNX model, which this program runs only if it was built with the feature 'onnx'".to_owned();
        Err(Error::Model { path: path.to_owned(), problem })
    }

    pub(crate) fn new(
        id: String,
        name: String,
        dimensions: usize,
        tokenizer: Tokenizer,
        prompts: Prompts,
        engine: Engine,
    ) -> Self {
        let info = ModelInfo { id, name, dimensions, max_tokens: tokenizer.max_tokens() };
        Self { info, tokenizer, prompts, engine }
    }

    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// What makes vectors of token ids; none for an ONNX model.
    #[must_use]
    pub fn encoder(&self) -> Option<&Encoder> {
        match &self.engine {
            Engine::Bert(encoder) => Some(encoder),
            #[cfg(feature = "onnx")]
            Engine::Onnx(_) => None,
        }
    }

    /// The token ids of a text and of what its kind is preceded by, framed, at most as many as the model reads.
    ///
    /// # Errors
    /// When the tokenizer of the model cannot cut the text.
    pub fn token_ids(&self, text: &str, kind: Kind) -> Result<Vec<u32>, Error> {
        Ok(self.encode(text, kind)?.tokens)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// A text with what its kind is preceded by, cut into tokens.
    pub(crate) fn encode(&self, text: &str, kind: Kind) -> Result<Input, Error> {
        let prompt = match kind {
            Kind::Query => &self.prompts.query,
            Kind::Passage => &self.prompts.passage,
        };
        Ok(Input {
            tokens: self.tokenizer.encode(prompt, text).map_err(Error::Failed)?,
            #[cfg(feature = "onnx")]
            text: match self.engine {
                Engine::Onnx(_) => format!("{prompt}{}", self.tokenizer.read_of(text)),
                Engine::Bert(_) => String::new(),
            },
        })
    }

    pub(crate) fn count(&self, text: &str) -> usize {
        self.tokenizer.count(text)
    }
}
