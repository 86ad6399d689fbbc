use super::record::{Passage, TextHash, text_hash};
use crate::model::{LinkOrder, PagePath};
use crate::search::Embed;
use crate::search::chunk::{Chunk, chunks};

/// Tokens of its own that a model puts around a text.
const FRAME: usize = 2;

/// A passage that is to be embedded.
pub(super) struct Piece {
    pub(super) passage: Passage,
    pub(super) text: String,
    pub(super) hash: TextHash,
}

/// What of a page is embedded with a model.
pub(super) fn pieces(path: &PagePath, markdown: &str, order: LinkOrder, embed: &dyn Embed) -> Vec<Piece> {
    let most = embed.info().max_tokens.saturating_sub(FRAME);
    chunks(path, markdown, order, &|text| embed.tokens(text), most).into_iter().map(Piece::of).collect()
}

impl Piece {
    fn of(chunk: Chunk) -> Self {
        let passage = Passage {
            index: chunk.index,
            total: chunk.total,
            page_words: chunk.page_word_count,
            section_path: chunk.section_path().to_owned(),
            titles: chunk.heading_path,
            anchor: chunk.anchor,
            lines: chunk.lines,
            bytes: chunk.bytes,
        };
        Self { passage, hash: text_hash(&chunk.text), text: chunk.text }
    }
}
