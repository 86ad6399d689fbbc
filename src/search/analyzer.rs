//! How text becomes words: the one place that decides language, folding and word borders.
//! The names of the analyzers are part of the stored schema, so an index made with other
//! rules is rebuilt; **change the name whenever the rules change**.

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language as Stemming, LowerCaser, RemoveLongFilter, Stemmer, TextAnalyzer, Token, TokenStream,
    Tokenizer, TokenizerManager,
};

use crate::model::Language;

/// Prose: folded, and stemmed by the rules of the wiki's language, which is stored beside.
pub(super) const PROSE: &str = "prose-2";
/// Names as they are written, folded only: what the unfinished last word of a query is compared with.
pub(super) const NAMES: &str = "folded-1";

/// Longer words (hashes, data URLs) are not indexed. Bytes.
const LONGEST_WORD: usize = 100;

/// Words too frequent to be demanded of a page: they add to its score only.
const ENGLISH: &[&str] = &[
    "a", "about", "above", "after", "again", "against", "all", "also", "am", "an", "and", "any", "are", "as", "at",
    "be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "could", "did", "do",
    "does", "doing", "done", "down", "during", "each", "either", "every", "for", "from", "further", "had", "has",
    "have", "having", "he", "her", "here", "him", "his", "how", "however", "i", "if", "in", "into", "is", "it", "its",
    "just", "let", "many", "may", "me", "might", "more", "most", "much", "must", "my", "neither", "no", "not", "now",
    "of", "off", "on", "only", "or", "other", "our", "out", "over", "own", "s", "same", "shall", "she", "should", "so",
    "some", "such", "t", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
    "through", "to", "too", "under", "until", "up", "upon", "us", "very", "was", "we", "were", "what", "when", "where",
    "which", "while", "who", "whose", "why", "will", "with", "within", "without", "would", "you", "your",
];
const FRENCH: &[&str] = &[
    "a", "au", "aux", "avec", "ce", "ces", "cette", "comment", "d", "dans", "de", "des", "du", "elle", "en", "est",
    "et", "il", "je", "l", "la", "le", "les", "leur", "mais", "mon", "n", "ne", "nous", "on", "ou", "par", "pas",
    "pour", "qu", "quand", "que", "quel", "quelle", "qui", "s", "sa", "se", "ses", "son", "sont", "sur", "un", "une",
    "vous", "\u{e0}",
];
const GERMAN: &[&str] = &[
    "aber",
    "als",
    "am",
    "an",
    "auch",
    "auf",
    "aus",
    "bei",
    "das",
    "dass",
    "dem",
    "den",
    "der",
    "des",
    "die",
    "ein",
    "eine",
    "einem",
    "einen",
    "einer",
    "eines",
    "er",
    "es",
    "f\u{fc}r",
    "hat",
    "ich",
    "im",
    "in",
    "ist",
    "kann",
    "man",
    "mit",
    "nach",
    "nicht",
    "oder",
    "sie",
    "sind",
    "so",
    "und",
    "von",
    "vor",
    "wann",
    "warum",
    "was",
    "wenn",
    "wer",
    "wie",
    "wir",
    "wird",
    "wo",
    "zu",
    "zum",
    "zur",
    "\u{fc}ber",
];
const SPANISH: &[&str] = &[
    "a",
    "al",
    "como",
    "con",
    "cuando",
    "c\u{f3}mo",
    "de",
    "del",
    "donde",
    "d\u{f3}nde",
    "el",
    "en",
    "es",
    "esta",
    "este",
    "la",
    "las",
    "lo",
    "los",
    "m\u{e1}s",
    "no",
    "o",
    "para",
    "pero",
    "por",
    "que",
    "qui\u{e9}n",
    "qu\u{e9}",
    "se",
    "si",
    "sin",
    "son",
    "su",
    "sus",
    "un",
    "una",
    "y",
];

/// The words as they are written.
pub(super) fn words() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default()).build()
}

/// German and its like keep their accents until the stemmer, whose rules know them, has seen
/// them.
pub(super) fn prose(language: Language) -> TextAnalyzer {
    let words =
        TextAnalyzer::builder(Words::default()).filter(RemoveLongFilter::limit(LONGEST_WORD)).filter(LowerCaser);
    match stemming(language) {
        None => words.filter(AsciiFoldingFilter).build(),
        Some(Stemming::English) => words.filter(AsciiFoldingFilter).filter(Stemmer::new(Stemming::English)).build(),
        Some(rules) => words.filter(Stemmer::new(rules)).filter(AsciiFoldingFilter).build(),
    }
}

fn stemming(language: Language) -> Option<Stemming> {
    Some(match language {
        Language::None => return None,
        Language::Arabic => Stemming::Arabic,
        Language::Danish => Stemming::Danish,
        Language::Dutch => Stemming::Dutch,
        Language::English => Stemming::English,
        Language::Finnish => Stemming::Finnish,
        Language::French => Stemming::French,
        Language::German => Stemming::German,
        Language::Greek => Stemming::Greek,
        Language::Hungarian => Stemming::Hungarian,
        Language::Italian => Stemming::Italian,
        Language::Norwegian => Stemming::Norwegian,
        Language::Portuguese => Stemming::Portuguese,
        Language::Romanian => Stemming::Romanian,
        Language::Russian => Stemming::Russian,
        Language::Spanish => Stemming::Spanish,
        Language::Swedish => Stemming::Swedish,
        Language::Tamil => Stemming::Tamil,
        Language::Turkish => Stemming::Turkish,
    })
}

pub(super) fn names() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default())
        .filter(RemoveLongFilter::limit(LONGEST_WORD))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
}

pub(super) fn register(manager: &TokenizerManager, language: Language) {
    manager.register(PROSE, prose(language));
    manager.register(NAMES, names());
}

/// `word` in small letters, with its accents.
pub(super) fn is_stop_word(language: Language, word: &str) -> bool {
    let words = match language {
        Language::English => ENGLISH,
        Language::French => FRENCH,
        Language::German => GERMAN,
        Language::Spanish => SPANISH,
        _ => return false,
    };
    words.binary_search(&word).is_ok()
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
        let mut english = prose(Language::English);
        assert_eq!(words(&mut english, "Running the Caf\u{e9}s, New_York!"), ["run", "the", "cafe", "new", "york"]);
        assert_eq!(words(&mut names(), "Running Caf\u{e9}s"), ["running", "cafes"]);
        assert_eq!(words(&mut prose(Language::None), "Running Caf\u{e9}s"), ["running", "cafes"]);
    }

    #[test]
    fn each_language_has_its_rules() {
        for (language, one, other) in [
            (Language::German, "H\u{e4}user", "Haus"),
            (Language::French, "chevaux", "cheval"),
            (Language::Spanish, "corriendo", "correr"),
            (Language::Russian, "\u{43a}\u{43d}\u{438}\u{433}\u{438}", "\u{43a}\u{43d}\u{438}\u{433}\u{430}"),
        ] {
            assert_eq!(words(&mut prose(language), one), words(&mut prose(language), other), "{language}");
        }
        for language in Language::ALL {
            words(&mut prose(language), "any w\u{f6}rd \u{3b1}\u{3b2}\u{3b3}");
        }
    }

    #[test]
    fn scripts_without_spaces_are_split_into_characters() {
        let mut english = prose(Language::English);
        assert_eq!(words(&mut english, "v2\u{6771}\u{4eac}tower"), ["v2", "\u{6771}", "\u{4eac}", "tower"]);
    }

    #[test]
    fn the_stop_words_are_sorted() {
        for words in [ENGLISH, FRENCH, GERMAN, SPANISH] {
            assert!(words.is_sorted());
        }
        assert!(is_stop_word(Language::English, "the") && !is_stop_word(Language::English, "theme"));
        assert!(is_stop_word(Language::German, "f\u{fc}r") && !is_stop_word(Language::None, "the"));
    }
}
