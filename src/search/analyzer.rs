//! How text becomes words: the one place that decides language, folding and word borders.
//! The names of the analyzers are part of the stored schema, so an index made with other
//! rules is rebuilt; **change the name whenever the rules change**.

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer,
    TokenizerManager,
};

/// Prose: folded and stemmed.
pub(super) const PROSE: &str = "english-1";
/// Names as they are written, folded only: what the unfinished last word of a query is compared with.
pub(super) const NAMES: &str = "folded-1";

/// Longer words (hashes, data URLs) are not indexed. Bytes.
const LONGEST_WORD: usize = 100;

/// Words too frequent to be demanded of a page: they add to its score only.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "how", "i", "if", "in", "is",
    "it", "my", "not", "of", "on", "or", "that", "the", "this", "to", "was", "what", "when", "where", "which", "who",
    "why", "will", "with", "you",
];

/// The words as they are written.
pub(super) fn words() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default()).build()
}

pub(super) fn prose() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default())
        .filter(RemoveLongFilter::limit(LONGEST_WORD))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(Stemmer::new(Language::English))
        .build()
}

pub(super) fn names() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default())
        .filter(RemoveLongFilter::limit(LONGEST_WORD))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
}

pub(super) fn register(manager: &TokenizerManager) {
    manager.register(PROSE, prose());
    manager.register(NAMES, names());
}

pub(super) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// Whether a character is a word of its own, because its script puts no spaces between words.
/// A run of them in a query is a phrase.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3134f}')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_unspaced(c)
}

/// Runs of letters and digits; single characters in scripts without spaces.
#[derive(Clone, Default)]
struct Words {
    token: Token,
}

struct WordStream<'a> {
    text: &'a str,
    at: usize,
    token: &'a mut Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream { text, at: 0, token: &mut self.token }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(skip) = rest.find(is_word) else {
            return false;
        };
        let rest = rest.get(skip..).unwrap_or_default();
        let len = match rest.chars().next() {
            Some(c) if is_unspaced(c) => c.len_utf8(),
            _ => rest.find(|c| !is_word(c) || is_unspaced(c)).unwrap_or(rest.len()),
        };
        self.token.position = self.token.position.wrapping_add(1);
        self.token.offset_from = self.at + skip;
        self.token.offset_to = self.at + skip + len;
        self.token.text.clear();
        self.token.text.push_str(rest.get(..len).unwrap_or_default());
        self.at = self.token.offset_to;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(analyzer: &mut TextAnalyzer, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        analyzer.token_stream(text).process(&mut |token| words.push(token.text.clone()));
        words
    }

    #[test]
    fn words_are_folded_and_stemmed() {
        assert_eq!(words(&mut prose(), "Running the Caf\u{e9}s, New_York!"), ["run", "the", "cafe", "new", "york"]);
        assert_eq!(words(&mut names(), "Running Caf\u{e9}s"), ["running", "cafes"]);
    }

    #[test]
    fn scripts_without_spaces_are_split_into_characters() {
        assert_eq!(words(&mut prose(), "v2\u{6771}\u{4eac}tower"), ["v2", "\u{6771}", "\u{4eac}", "tower"]);
    }

    #[test]
    fn the_stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
        assert!(is_stop_word("the") && !is_stop_word("them"));
    }
}
