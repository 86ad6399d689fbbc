//! The model inside the library. The build script made it of the files that
//! `packaging/model/fetch` got, with the code that reads a directory.

use crate::bert::Encoder;
use crate::error::Error;
use crate::format;
use crate::model::{Engine, Model};
use crate::prompts::Prompts;
use crate::tokenizer::{Frame, Tokenizer};
use crate::wordpiece::{Normalization, WordPiece};

/// Weights where the kernels can read them.
#[repr(C, align(64))]
struct Aligned<T: ?Sized>(T);

static WEIGHTS: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/encoder.bin")));
/// A piece a line, in the order of their numbers.
const VOCABULARY: &str = include_str!(concat!(env!("OUT_DIR"), "/vocabulary.txt"));

/// `DIGEST`, `MAX_TOKENS`, `UNKNOWN`, `LONGEST_WORD`, `BEFORE` and `AFTER`.
mod settings {
    include!(concat!(env!("OUT_DIR"), "/settings.rs"));
}

pub(crate) fn model() -> Result<Model, Error> {
    let encoder = Encoder::from_bytes(&WEIGHTS.0).map_err(|problem| Error::Builtin(problem.to_string()))?;
    let vocabulary = VOCABULARY.lines().zip(0..);
    // The build script refuses another normalization than this.
    let normalization = Normalization { clean: true, split_chinese: true, strip_accents: true, lowercase: true };
    let pieces = WordPiece::new(vocabulary, settings::UNKNOWN, settings::LONGEST_WORD, normalization)
        .ok_or_else(|| Error::Builtin("its vocabulary cannot be used".to_owned()))?;
    let frame = Frame { before: vec![settings::BEFORE], after: vec![settings::AFTER] };
    let tokenizer = Tokenizer::of_word_pieces(pieces, frame, settings::MAX_TOKENS);
    let id = format!("{}-int8-{}", settings::DIGEST, format::VERSION);
    let (name, dimensions) = ("all-MiniLM-L6-v2".to_owned(), encoder.dimensions());
    Ok(Model::new(id, name, dimensions, tokenizer, Prompts::default(), Engine::Bert(encoder)))
}
