//! The query language. Any text is a query: words, "phrases", `field:` terms, and `-` before
//! any of them to exclude; everything else counts as words or is ignored.

use tantivy::tokenizer::{TextAnalyzer, TokenStream as _};

use super::Filter;
use super::analyzer;
use super::schema::{composed, folded, prefix};
use crate::model::Language;

/// Longer queries are cut. Bytes.
const LONGEST: usize = 4_000;
/// Further words are ignored: of all of them, and of different ones.
const MOST_TERMS: usize = 400;
const MOST_CLAUSES: usize = 64;
/// Said more often, a word does not count more.
const MOST_REPEATS: u8 = 20;
/// An unfinished word of fewer characters is not completed.
const SHORTEST_PREFIX: usize = 2;

/// A parsed query.
#[derive(Debug, Default, PartialEq, Eq, Clone)]
pub(super) struct Query {
    pub(super) wanted: Vec<Clause>,
    pub(super) excluded: Vec<Clause>,
    /// What a page must be, and must not be, whatever it says.
    pub(super) only: Vec<Condition>,
    pub(super) without: Vec<Condition>,
    /// What was said, without fields, exclusions and quotation marks: what has a meaning.
    pub(super) said: String,
}

/// One word (one term) or a sequence of words (several).
#[derive(Debug, Default, PartialEq, Eq, Clone)]
pub(super) struct Clause {
    /// As indexed: folded and stemmed.
    pub(super) terms: Vec<String>,
    pub(super) quoted: bool,
    /// In the title, not anywhere.
    pub(super) title: bool,
    /// A stop word: not demanded.
    pub(super) optional: bool,
    /// What of the last word has been typed, folded.
    pub(super) unfinished: Option<String>,
    /// A single word of letters only, folded, which may be misspelt; else empty.
    pub(super) spelled: String,
    /// How often it was said again, which makes it more telling.
    pub(super) repeats: u8,
    /// Terms that count as well, because no page has the word itself.
    pub(super) corrections: Vec<String>,
}

/// What filters compare; folded.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(super) enum Condition {
    Tag(String),
    Category(String),
    /// The beginning of the path.
    Path(String),
}

impl Clause {
    fn says_the_same(&self, other: &Self) -> bool {
        *self == Self { repeats: self.repeats, spelled: self.spelled.clone(), ..other.clone() }
    }
}

impl Query {
    pub(super) fn parse(text: &str, language: Language) -> Self {
        let text = composed(prefix(text, LONGEST));
        let mut words =
            Words { language, prose: analyzer::prose(language), names: analyzer::names(), left: MOST_TERMS };
        let mut query = Self::default();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
            let (negated, piece) = match trimmed.strip_prefix('-') {
                Some(after) if after.starts_with(|c: char| is_quote(c) || c.is_alphanumeric()) => (true, after),
                _ => (false, trimmed),
            };
            let (field, piece) = field(piece);
            if let Some(field) = field
                && field != "title"
            {
                let value;
                (value, rest) = value_of(piece);
                let condition = match field {
                    "tag" => Condition::Tag(folded(value)),
                    "category" => Condition::Category(folded(value)),
                    _ => Condition::Path(folded_path(value)),
                };
                let list = if negated { &mut query.without } else { &mut query.only };
                if list.len() < MOST_CLAUSES && !list.contains(&condition) {
                    list.push(condition);
                }
                continue;
            }
            let mut clauses;
            (clauses, rest) = words.next(piece);
            if !negated {
                let said = piece.get(..piece.len() - rest.len()).unwrap_or_default();
                for word in said.split(is_quote).flat_map(str::split_whitespace) {
                    if !query.said.is_empty() {
                        query.said.push(' ');
                    }
                    query.said.push_str(word);
                }
            }
            if field.is_some() {
                for clause in &mut clauses {
                    (clause.title, clause.optional) = (true, false);
                }
            }
            let list = if negated { &mut query.excluded } else { &mut query.wanted };
            for clause in clauses {
                let again = list.iter().position(|known| known.says_the_same(&clause));
                let full = list.len() >= MOST_CLAUSES;
                match again.and_then(|at| list.get_mut(at)) {
                    Some(known) => known.repeats = known.repeats.saturating_add(1).min(MOST_REPEATS),
                    None if full => {}
                    None => list.push(clause),
                }
            }
        }
        query
    }

    /// Adds what a caller demands beside the text.
    pub(super) fn demand(&mut self, filter: &Filter) {
        self.only.extend(filter.tags.iter().map(|tag| Condition::Tag(folded(tag))));
        self.only.extend(filter.category.as_deref().map(|category| Condition::Category(folded(category))));
        self.only.extend(filter.prefix.as_deref().map(|prefix| Condition::Path(folded_path(prefix))));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.excluded.is_empty() && self.only.is_empty() && self.without.is_empty()
    }

    /// The clauses that a page is found for: not the stop words, unless there is nothing else.
    pub(super) fn telling(&self) -> impl Iterator<Item = &Clause> {
        let optional_too = self.wanted.iter().all(|clause| clause.optional);
        self.wanted.iter().filter(move |clause| optional_too || !clause.optional)
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

/// The field that a piece begins with, and what follows; what looks like a field and is none
/// is a word.
fn field(piece: &str) -> (Option<&'static str>, &str) {
    for name in ["tag", "path", "title", "category"] {
        if let Some((found, value)) = piece.split_at_checked(name.len())
            && found.eq_ignore_ascii_case(name)
            && let Some(value) = value.strip_prefix(':')
            && value.starts_with(|c: char| !c.is_whitespace() && c != ':')
            && !folded(value_of(value).0).is_empty()
        {
            return (Some(name), value);
        }
    }
    (None, piece)
}

/// The quoted or bare value at the beginning, and the text after it.
fn value_of(text: &str) -> (&str, &str) {
    if let Some(quoted) = text.strip_prefix(is_quote) {
        return quoted.split_once(is_quote).unwrap_or((quoted, ""));
    }
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// As paths are folded, of which this is the beginning.
fn folded_path(path: &str) -> String {
    composed(&path.trim_start_matches('/').replace('_', " ").to_lowercase())
}

struct Words {
    language: Language,
    prose: TextAnalyzer,
    names: TextAnalyzer,
    /// How many more terms are taken.
    left: usize,
}

impl Words {
    /// The clauses of the quoted or bare piece at the beginning, and the text after it.
    fn next<'t>(&mut self, text: &'t str) -> (Vec<Clause>, &'t str) {
        if let Some(quoted) = text.strip_prefix(is_quote) {
            return match quoted.split_once(is_quote) {
                Some((phrase, rest)) => (self.phrase(phrase), rest),
                None => (Vec::new(), quoted),
            };
        }
        let end = text.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        (self.bare(word, rest.is_empty()), rest)
    }

    fn phrase(&mut self, text: &str) -> Vec<Clause> {
        let terms: Vec<String> = self.terms(text).into_iter().take(MOST_CLAUSES).map(|word| word.term).collect();
        if terms.is_empty() { Vec::new() } else { vec![Clause { terms, quoted: true, ..Clause::default() }] }
    }

    /// A piece without spaces may be several words (`New_York`); of a script that puts no
    /// spaces between words it is one sequence.
    fn bare(&mut self, text: &str, last: bool) -> Vec<Clause> {
        let mut clauses: Vec<Clause> = Vec::new();
        let mut sequence_ends = None;
        let words = self.terms(text);
        for word in words {
            match clauses.last_mut() {
                Some(clause) if word.unspaced && sequence_ends == Some(word.start) => {
                    clause.spelled.clear();
                    clause.terms.push(word.term);
                }
                _ => clauses.push(Clause {
                    optional: analyzer::is_stop_word(
                        self.language,
                        &text.get(word.start..word.end).unwrap_or_default().to_lowercase(),
                    ),
                    spelled: self.spelled(text.get(word.start..word.end).unwrap_or_default()),
                    terms: vec![word.term],
                    ..Clause::default()
                }),
            }
            sequence_ends = word.unspaced.then_some(word.end);
        }
        if last && let [.., clause] = clauses.as_mut_slice() {
            clause.unfinished = self.unfinished(text);
        }
        clauses
    }

    fn spelled(&mut self, word: &str) -> String {
        let is_letter = |c: char| c.is_alphabetic() && !analyzer::is_unspaced(c);
        let mut stream = self.names.token_stream(word);
        if word.chars().all(is_letter) && stream.advance() { stream.token().text.clone() } else { String::new() }
    }

    fn unfinished(&mut self, text: &str) -> Option<String> {
        let mut stream = self.names.token_stream(text);
        let mut last = None;
        while stream.advance() {
            let token = stream.token();
            last = (token.offset_to == text.len()).then(|| token.text.clone());
        }
        last.filter(|word| word.chars().count() >= SHORTEST_PREFIX && !analyzer::is_stop_word(self.language, word))
    }

    fn terms(&mut self, text: &str) -> Vec<Word> {
        let mut words = Vec::new();
        let mut stream = self.prose.token_stream(text);
        while self.left > 0 && stream.advance() {
            let token = stream.token();
            let unspaced =
                text.get(token.offset_from..).and_then(|t| t.chars().next()).is_some_and(analyzer::is_unspaced);
            words.push(Word { term: token.text.clone(), start: token.offset_from, end: token.offset_to, unspaced });
            self.left -= 1;
        }
        words
    }
}

struct Word {
    term: String,
    start: usize,
    end: usize,
    unspaced: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(clauses: &[Clause]) -> Vec<Vec<&str>> {
        clauses.iter().map(|clause| clause.terms.iter().map(String::as_str).collect()).collect()
    }

    fn parse(text: &str) -> Query {
        Query::parse(text, Language::English)
    }

    #[test]
    fn words_phrases_and_exclusions_are_told_apart() {
        let query = parse("Running -draft \"old news\" -\"not this\" New_York well-known --flag foo:x ");
        let wanted =
            [&["run"][..], &["old", "news"], &["new"], &["york"], &["well"], &["known"], &["flag"], &["foo"], &["x"]];
        assert_eq!(terms(&query.wanted), wanted);
        assert_eq!(terms(&query.excluded), [&["draft"][..], &["not", "this"]]);
        assert!(query.wanted.iter().all(|clause| clause.unfinished.is_none()));
        assert_eq!(query.said, "Running old news New_York well-known --flag foo:x");
        assert_eq!(parse("a Runn").wanted[1].unfinished.as_deref(), Some("runn"));
        assert!(parse("of the").wanted.iter().all(|clause| clause.optional && clause.unfinished.is_none()));
    }

    #[test]
    fn fields_are_told_from_words() {
        let query =
            parse("tag:Ops -tag:\"two  Words\" path:/My_Folder/ Category:How-To title:Deploys -title:\"old one\" x");
        assert_eq!(
            query.only,
            [
                Condition::Tag("ops".to_owned()),
                Condition::Path("my folder/".to_owned()),
                Condition::Category("how-to".to_owned())
            ]
        );
        assert_eq!(query.without, [Condition::Tag("two  words".to_owned())]);
        assert_eq!(terms(&query.wanted), [&["deploy"][..], &["x"]]);
        assert_eq!(terms(&query.excluded), [["old", "one"]]);
        assert_eq!(query.said, "Deploys x");
        assert!(query.wanted[0].title && query.excluded[0].title && !query.wanted[1].title);
        for words in ["tag:", "tag: x", "tag:\"\"", "path::x", "tags:x", "http://a.b/c", "untag:x"] {
            let query = parse(words);
            assert!(query.only.is_empty() && !query.wanted.is_empty(), "{words}");
        }
    }

    #[test]
    fn length_and_number_of_words_are_bounded() {
        let many: String = (0..1_000).map(|number| format!("w{number} ")).collect();
        assert_eq!(parse(&many).wanted.len(), MOST_CLAUSES);
        assert_eq!(parse(&format!("\"{many}\"")).wanted.iter().map(|c| c.terms.len()).sum::<usize>(), MOST_CLAUSES);
        assert_eq!(terms(&parse(&format!("{}after", "\u{1f600}".repeat(1_000))).wanted), Vec::<Vec<&str>>::new());
        assert_eq!(parse("b b B b c").wanted.iter().map(|clause| clause.repeats).collect::<Vec<_>>(), [3, 0]);
    }
}
