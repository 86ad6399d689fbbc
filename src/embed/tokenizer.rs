//! From texts to token numbers, at most as many as the model reads.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokenizers::models::ModelWrapper;
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::{Model as _, Tokenizer as Crate};

use crate::directory::Directory;
use crate::error::Error;
use crate::wordpiece::{CONTINUES, Normalization, WordPiece};

/// The most that is given to `tokenizers` at once, in bytes: its memory is a hundred times that.
const AT_ONCE: usize = 8 << 10;
/// A text is given up after this many bytes for each token that could still be read: it is no text.
const MOST_BYTES_OF_A_TOKEN: usize = 256;
/// Expected bytes of a token, generously, so that little is cut that is not read.
const BYTES_OF_A_TOKEN: usize = 8;

/// A model's tokenizer. What looks like a special token in a text (`[SEP]`) is text.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    cutter: Cutter,
    /// Tokens before and after each text.
    frame: Frame,
    /// The most tokens of a text, its frame included.
    max_tokens: usize,
}

#[derive(Debug)]
enum Cutter {
    WordPiece(WordPiece),
    General { tokenizer: Box<Crate>, lowercase: bool },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) before: Vec<u32>,
    pub(crate) after: Vec<u32>,
}

impl Tokenizer {
    /// The tokenizer of BERT with a vocabulary that is known.
    #[cfg(feature = "model")]
    pub(crate) fn of_word_pieces(pieces: WordPiece, frame: Frame, max_tokens: usize) -> Self {
        Self { cutter: Cutter::WordPiece(pieces), frame, max_tokens }
    }

    /// Reads a `tokenizer.json`; `lowercase` makes texts lower case before it sees them.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment for after the file's name.
    pub(crate) fn from_json(json: &[u8], max_tokens: usize, lowercase: bool) -> Result<Self, String> {
        let mut general = Crate::from_bytes(json).map_err(|cause| format!("not a tokenizer: {cause}"))?;
        general.with_padding(None);
        general.with_truncation(None).map_err(|cause| cause.to_string())?;
        general.set_encode_special_tokens(true);
        let frame = frame(&general)?;
        if frame.before.len() + frame.after.len() >= max_tokens {
            return Err(format!("leaves no room for a text in {max_tokens} tokens"));
        }
        let cutter = match word_pieces(&general) {
            Some(pieces) if !lowercase || pieces.normalization().lowercase => Cutter::WordPiece(pieces),
            _ => Cutter::General { tokenizer: Box::new(general), lowercase },
        };
        Ok(Self { cutter, frame, max_tokens })
    }

    pub(crate) fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// The largest number that a token may have.
    pub(crate) fn largest_token(&self) -> u32 {
        let framing = self.frame.before.iter().chain(&self.frame.after).copied().max().unwrap_or(0);
        framing.max(match &self.cutter {
            Cutter::WordPiece(pieces) => pieces.largest_token(),
            Cutter::General { tokenizer, .. } => tokenizer.get_vocab(true).into_values().max().unwrap_or(0),
        })
    }

    /// The tokens of `prefix` and `text` together, framed; what is too long loses its end, which is not
    /// looked at.
    ///
    /// # Errors
    /// When the tokenizer of the model cannot cut the text.
    pub(crate) fn encode(&self, prefix: &str, text: &str) -> Result<Vec<u32>, String> {
        let room = self.max_tokens - self.frame.after.len();
        let mut ids = self.frame.before.clone();
        // The prefix is followed by a space, or by the space that begins every text: no token reaches over its end.
        for part in [prefix.trim_end(), text] {
            self.cut(part, room.saturating_sub(ids.len()), &mut |id| {
                if ids.len() < room {
                    ids.push(id);
                }
                ids.len() < room
            })?;
        }
        ids.extend_from_slice(&self.frame.after);
        Ok(ids)
    }

    /// The beginning of a text, longer than what is read of it.
    #[cfg(feature = "onnx")]
    pub(crate) fn read_of<'t>(&self, text: &'t str) -> &'t str {
        let most = self.max_tokens.saturating_mul(MOST_BYTES_OF_A_TOKEN).min(text.len());
        text.get(..text.floor_char_boundary(most)).unwrap_or(text)
    }

    /// How many tokens the whole of `text` has, without its frame; 0 when the tokenizer cannot cut it.
    pub(crate) fn count(&self, text: &str) -> usize {
        let mut count = 0;
        let counted = self.cut(text, usize::MAX, &mut |_| {
            count += 1;
            true
        });
        counted.map_or(0, |()| count)
    }

    /// Hands each token of `text` to `token` until that says stop, which it is expected to do after `wanted`.
    fn cut(&self, text: &str, wanted: usize, token: &mut dyn FnMut(u32) -> bool) -> Result<(), String> {
        if wanted == 0 {
            return Ok(());
        }
        let most = text.floor_char_boundary(wanted.saturating_mul(MOST_BYTES_OF_A_TOKEN).min(text.len()));
        let text = text.get(..most).unwrap_or(text);
        match &self.cutter {
            Cutter::WordPiece(pieces) => pieces.tokens(text, token),
            Cutter::General { tokenizer, lowercase } => {
                let at_once = wanted.saturating_mul(BYTES_OF_A_TOKEN).clamp(512, AT_ONCE);
                let mut rest = text;
                while !rest.is_empty() {
                    let (part, next) = rest.split_at(end_of_part(rest, at_once));
                    rest = next;
                    let part = if *lowercase { Cow::Owned(part.to_lowercase()) } else { Cow::Borrowed(part) };
                    let encoding = tokenizer.encode_fast(part, false).map_err(|cause| cause.to_string())?;
                    if !encoding.get_ids().iter().all(|id| token(*id)) {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

/// Where to cut a text that is longer than `at_once` bytes: before a space, where no token reaches over,
/// else between two characters.
fn end_of_part(text: &str, at_once: usize) -> usize {
    if text.len() <= at_once {
        return text.len();
    }
    let limit = text.floor_char_boundary(at_once);
    let before = text.get(..limit).unwrap_or_default();
    match before.rfind(char::is_whitespace) {
        Some(at) if at > 0 => at,
        _ => limit.max(1),
    }
}

impl Directory {
    /// The tokenizer that the directory describes.
    ///
    /// # Errors
    /// What is wrong with `tokenizer.json`.
    pub(crate) fn tokenizer(&self) -> Result<Tokenizer, Error> {
        // A library of many formats reads it: what damage makes that do is not known for all of them.
        catch_unwind(AssertUnwindSafe(|| Tokenizer::from_json(&self.tokenizer, self.max_tokens, self.lowercase)))
            .unwrap_or_else(|_panic| Err("not a tokenizer: its parts do not fit one another".to_owned()))
            .map_err(|problem| Error::Model { path: self.transformer.join("tokenizer.json"), problem })
    }
}

/// What the tokenizer puts around a text.
fn frame(general: &Crate) -> Result<Frame, String> {
    let framed = general.encode_fast("a", true).map_err(|cause| cause.to_string())?;
    let bare = general.encode_fast("a", false).map_err(|cause| cause.to_string())?;
    let (framed, bare) = (framed.get_ids(), bare.get_ids());
    let at = framed.windows(bare.len().max(1)).position(|window| window == bare);
    let at = at.ok_or("does not keep a text together")?;
    let (before, rest) = framed.split_at(at);
    Ok(Frame { before: before.to_vec(), after: rest.get(bare.len()..).unwrap_or_default().to_vec() })
}

/// The tokenizer as BERT's WordPiece, if it is that and nothing else.
fn word_pieces(general: &Crate) -> Option<WordPiece> {
    let Some(NormalizerWrapper::BertNormalizer(normalizer)) = general.get_normalizer() else { return None };
    let Some(PreTokenizerWrapper::BertPreTokenizer(_)) = general.get_pre_tokenizer() else { return None };
    let ModelWrapper::WordPiece(model) = general.get_model() else { return None };
    let added = general.get_added_tokens_decoder();
    if model.continuing_subword_prefix != CONTINUES || added.values().any(|token| !token.special) {
        return None;
    }
    let normalization = Normalization {
        clean: normalizer.clean_text,
        split_chinese: normalizer.handle_chinese_chars,
        strip_accents: normalizer.strip_accents.unwrap_or(normalizer.lowercase),
        lowercase: normalizer.lowercase,
    };
    let vocabulary = model.get_vocab();
    let vocabulary = vocabulary.iter().map(|(piece, id)| (piece.as_str(), *id));
    WordPiece::new(vocabulary, &model.unk_token, model.max_input_chars_per_word, normalization)
}

#[cfg(test)]
#[path = "tokenizer_tests.rs"]
mod tests;
