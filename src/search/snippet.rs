//! The part of a page that shows why it was found.

use std::ops::Range;

use tantivy::tokenizer::TextAnalyzer;

use super::analyzer;
use super::plan::Highlights;
use super::query::Query;
use crate::model::Language;

/// Characters, without the marks of omission.
const LENGTH: usize = 240;
/// Characters shown before the first match.
const LEAD: usize = 50;
/// Matches that are looked at.
const MOST_MATCHES: usize = 100;

const OMITTED: &str = "\u{2026}";

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Snippet {
    pub(super) text: String,
    pub(super) highlights: Vec<Range<usize>>,
}

struct Match {
    term: usize,
    span: Range<usize>,
}

/// A part of a text that has the words of a query, else its beginning: at most about 240
/// characters on one line, and what of it matches.
pub fn excerpt(text: &str, query: &str, language: Language) -> (String, Vec<Range<usize>>) {
    let wanted = Highlights::of(&Query::parse(query, language));
    let shown = snippet(text, &mut Finder::new(&wanted, language));
    (shown.text, shown.highlights)
}

/// As [`snippet_at`], around the place with most of the words; of a text without any its
/// beginning.
fn snippet(text: &str, finder: &mut Finder<'_>) -> Snippet {
    let first = best(text, &finder.matches(text));
    snippet_at(text, first, finder)
}

/// At most about 240 characters of `text` on one line, cut between words, around a word that
/// starts at `first`; the beginning when there is none.
pub(super) fn snippet_at(text: &str, first: Option<usize>, finder: &mut Finder<'_>) -> Snippet {
    let start = first.map_or(0, |first| word_start(text, back(text, first, LEAD)));
    let end = forward(text, start, LENGTH);
    let end = if end < text.len() { word_end(text, start, end) } else { end };
    // A match near the end of the text lets the snippet begin earlier.
    let start = if end == text.len() && start > 0 { word_start(text, back(text, end, LENGTH)) } else { start };
    let matches = finder.matches(text.get(start..end).unwrap_or_default());
    let matches: Vec<_> = matches.into_iter().map(|m| m.span.start + start..m.span.end + start).collect();
    let mut snippet = Snippet::default();
    let mut spans = matches.iter().peekable();
    let mut begins = None;
    let mut space = false;
    for (at, c) in text.get(start..end).unwrap_or_default().char_indices().map(|(at, c)| (start + at, c)) {
        if spans.peek().is_some_and(|span| span.end <= at) {
            close(&mut snippet, &mut begins);
            spans.next();
        }
        if c.is_whitespace() || c.is_control() {
            space = true;
            continue;
        }
        if space && !snippet.text.is_empty() {
            snippet.text.push(' ');
        } else if snippet.text.is_empty() && start > 0 {
            snippet.text.push_str(OMITTED);
        }
        space = false;
        if spans.peek().is_some_and(|span| span.start == at) {
            begins = Some(snippet.text.len());
        }
        snippet.text.push(c);
    }
    close(&mut snippet, &mut begins);
    if end < text.trim_end().len() {
        snippet.text.push_str(OMITTED);
    }
    snippet
}

fn close(snippet: &mut Snippet, begins: &mut Option<usize>) {
    if let Some(start) = begins.take() {
        snippet.highlights.push(start..snippet.text.len());
    }
}

/// Looks for the words of one query.
pub(super) struct Finder<'q> {
    wanted: &'q Highlights,
    words: TextAnalyzer,
    prose: TextAnalyzer,
    names: TextAnalyzer,
}

impl<'q> Finder<'q> {
    pub(super) fn new(wanted: &'q Highlights, language: Language) -> Self {
        Self { wanted, words: analyzer::words(), prose: analyzer::prose(language), names: analyzer::names() }
    }

    fn matches(&mut self, text: &str) -> Vec<Match> {
        let mut found = Vec::new();
        if self.wanted.terms.is_empty() {
            return found;
        }
        let mut stream = self.words.token_stream(text);
        while found.len() < MOST_MATCHES && stream.advance() {
            let token = stream.token();
            if !self.wanted.may_be(&token.text) {
                continue;
            }
            if let Some(term) = self.wanted.term(&token.text, &mut self.prose, &mut self.names) {
                found.push(Match { term, span: token.offset_from..token.offset_to });
            }
        }
        found
    }
}

impl Highlights {
    /// Folding and stemming keep the first letter of a word that begins with an ASCII one, so
    /// that most words of a text need neither.
    fn may_be(&self, word: &str) -> bool {
        let Some(first) = word.bytes().next() else {
            return false;
        };
        let begins = |term: &String| term.bytes().next() == Some(first.to_ascii_lowercase());
        !first.is_ascii() || self.terms.iter().any(begins) || self.unfinished.iter().any(begins)
    }

    /// The number of the term that a word of a text is; one more than all for the unfinished one.
    fn term(&self, word: &str, prose: &mut TextAnalyzer, names: &mut TextAnalyzer) -> Option<usize> {
        let mut stream = prose.token_stream(word);
        if !stream.advance() {
            return None;
        }
        let term = self.terms.iter().position(|term| *term == stream.token().text);
        if term.is_some() {
            return term;
        }
        let unfinished = self.unfinished.as_ref()?;
        let mut stream = names.token_stream(word);
        (stream.advance() && stream.token().text.starts_with(unfinished.as_str())).then_some(self.terms.len())
    }
}

/// Where the window with most different words begins; of equal ones the first.
fn best(text: &str, matches: &[Match]) -> Option<usize> {
    let mut best: Option<(usize, usize, usize)> = None;
    for (index, first) in matches.iter().enumerate() {
        let end = forward(text, first.span.start, LENGTH - LEAD);
        let window: Vec<&Match> = matches.iter().skip(index).take_while(|m| m.span.end <= end).collect();
        let mut terms: Vec<usize> = window.iter().map(|m| m.term).collect();
        terms.sort_unstable();
        terms.dedup();
        if best.is_none_or(|(different, all, _)| (terms.len(), window.len()) > (different, all)) {
            best = Some((terms.len(), window.len(), first.span.start));
        }
    }
    best.map(|(_, _, start)| start)
}

fn forward(text: &str, from: usize, characters: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.char_indices().nth(characters).map_or(text.len(), |(at, _)| from + at)
}

fn back(text: &str, from: usize, characters: usize) -> usize {
    let before = text.get(..from).unwrap_or_default();
    before.char_indices().rev().take(characters).last().map_or(from, |(at, _)| at)
}

/// The next beginning of a word at or after `at`, if that is near.
fn word_start(text: &str, at: usize) -> usize {
    let (before, rest) = text.split_at(at);
    if before.is_empty() || before.ends_with(char::is_whitespace) {
        return at;
    }
    match rest.char_indices().take(LEAD).find(|(_, c)| c.is_whitespace()) {
        Some((skip, c)) => at + skip + c.len_utf8(),
        None => at,
    }
}

/// The last end of a word before `end`, if that is near.
fn word_end(text: &str, start: usize, end: usize) -> usize {
    let (kept, rest) = (text.get(start..end).unwrap_or_default(), text.get(end..).unwrap_or_default());
    if rest.starts_with(char::is_whitespace) {
        return end;
    }
    match kept.char_indices().rev().take(LEAD).find(|(_, c)| c.is_whitespace()) {
        Some((at, _)) => start + at,
        None => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str, query: &str) -> (String, Vec<String>) {
        let snippet = snippet(
            text,
            &mut Finder::new(&Highlights::of(&Query::parse(query, Language::English)), Language::English),
        );
        let marked = snippet.highlights.iter().map(|range| snippet.text[range.clone()].to_owned()).collect();
        (snippet.text, marked)
    }

    #[test]
    fn a_snippet_shows_the_words_on_one_line() {
        assert_eq!(of("We  were\n\trunning home.", "run "), ("We were running home.".into(), vec!["running".into()]));
        assert_eq!(of("", "x").0, "");
    }

    #[test]
    fn a_snippet_is_cut_between_words_around_the_best_place() {
        let text = format!("{} apple banana {}", "filler words ".repeat(100), "other words ".repeat(100));
        let (shown, marked) = of(&text, "apple banana");
        assert_eq!(marked, ["apple", "banana"]);
        assert!(shown.starts_with("\u{2026}words") || shown.starts_with("\u{2026}filler"), "{shown}");
        assert!(shown.ends_with("words\u{2026}") || shown.ends_with("other\u{2026}"), "{shown}");
        assert!(shown.chars().count() <= LENGTH + 2);
    }

    #[test]
    fn a_page_without_the_words_shows_its_beginning() {
        let (shown, marked) = of(&"one two three ".repeat(50), "zebra");
        assert!(shown.starts_with("one two three one") && marked.is_empty());
    }

    #[test]
    fn an_unfinished_word_is_highlighted_whole() {
        assert_eq!(of("How to install an installation", "installa").1, ["installation"]);
    }

    proptest! {
        #[test]
        fn highlights_are_ordered_ranges_of_the_snippet(text in "(\\PC| |\n|run|\u{6771}){0,400}", query in "\\PC{0,20}|run|\u{6771}") {
            let snippet = snippet(&text, &mut Finder::new(&Highlights::of(&Query::parse(&query, Language::English)), Language::English));
            prop_assert!(snippet.text.chars().count() <= LENGTH + 2);
            let mut end = 0;
            for range in &snippet.highlights {
                prop_assert!(range.start >= end && range.end > range.start);
                prop_assert!(snippet.text.get(range.clone()).is_some());
                end = range.end;
            }
        }
    }
}
