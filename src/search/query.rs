//! The query language, and what it asks of the index. Any text is a query: words, "phrases",
//! and `-word` or `-"phrase"` to exclude; everything else counts as words or is ignored.

use std::collections::{BTreeMap, BTreeSet};

use tantivy::query::{AllQuery, BooleanQuery, BoostQuery, Occur, PhraseQuery, Query as TantivyQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{Searcher, Term};

use super::analyzer;
use super::schema::{Fields, composed, prefix};

/// Longer queries are cut. Bytes.
const LONGEST: usize = 1_000;
/// Further words are ignored.
const MOST_TERMS: usize = 32;
/// An unfinished word of fewer characters is not completed.
const SHORTEST_PREFIX: usize = 2;
/// How many words of the dictionary are looked at for completing a prefix, per segment, and
/// how many of the most frequent are taken.
const PREFIX_SCAN: usize = 1_000;
const PREFIX_WORDS: usize = 16;
/// The most that BM25 gives to a term, as a multiple of its rarity (k1 + 1).
const BM25_MOST: f32 = 2.2;

const NAME_PREFIX_WEIGHT: f32 = 2.0;
const BODY_PREFIX_WEIGHT: f32 = 0.5;

/// A parsed query.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    wanted: Vec<Clause>,
    excluded: Vec<Clause>,
}

/// One word (one term) or a sequence of words (several).
#[derive(Debug, Default, PartialEq, Eq, Clone)]
struct Clause {
    /// As indexed: folded and stemmed.
    terms: Vec<String>,
    quoted: bool,
    /// A stop word: not demanded.
    optional: bool,
    /// What of the last word has been typed, folded.
    unfinished: Option<String>,
}

/// What a query asks of one state of the index.
pub(super) struct Plan {
    /// Pages with all of the words.
    pub(super) strict: Box<dyn TantivyQuery>,
    /// Pages with some of them, if that is a different question. Quoted phrases stay demanded.
    pub(super) relaxed: Option<Box<dyn TantivyQuery>>,
    /// Pages that are not shown.
    pub(super) excluded: Vec<Box<dyn TantivyQuery>>,
    /// The score of a page whose text has every word as often as counts: half of 1.
    pub(super) unit: f32,
}

/// The words to highlight.
#[derive(Debug, Default)]
pub(super) struct Highlights {
    pub(super) terms: BTreeSet<String>,
    pub(super) unfinished: Option<String>,
}

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let text = composed(prefix(text, LONGEST));
        let mut words = Words { prose: analyzer::prose(), names: analyzer::names(), left: MOST_TERMS };
        let mut query = Self::default();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
            let (negated, piece) = match trimmed.strip_prefix('-') {
                Some(after) if after.starts_with(|c: char| is_quote(c) || c.is_alphanumeric()) => (true, after),
                _ => (false, trimmed),
            };
            let clauses;
            (clauses, rest) = words.next(piece);
            let list = if negated { &mut query.excluded } else { &mut query.wanted };
            for clause in clauses {
                if !list.contains(&clause) {
                    list.push(clause);
                }
            }
        }
        query
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.excluded.is_empty()
    }

    pub(super) fn highlights(&self) -> Highlights {
        let optional_too = self.wanted.iter().all(|clause| clause.optional);
        let shown = || self.wanted.iter().filter(|clause| optional_too || !clause.optional);
        Highlights {
            terms: shown().flat_map(|clause| clause.terms.iter().cloned()).collect(),
            unfinished: shown().find_map(|clause| clause.unfinished.clone()),
        }
    }

    pub(super) fn plan(&self, searcher: &Searcher, fields: &Fields) -> tantivy::Result<Plan> {
        let demand_all = self.wanted.iter().all(|clause| clause.optional);
        let mut strict: Vec<(Occur, Box<dyn TantivyQuery>)> = Vec::new();
        let mut quoted: Vec<(Occur, Box<dyn TantivyQuery>)> = Vec::new();
        let mut words: Vec<Box<dyn TantivyQuery>> = Vec::new();
        let mut unit = 0.0;
        for clause in &self.wanted {
            let matching = clause.compile(searcher, fields)?;
            unit += clause.rarity(searcher, fields)?;
            if clause.quoted {
                quoted.push((Occur::Must, matching.box_clone()));
            } else {
                words.push(matching.box_clone());
            }
            strict.push((if clause.optional && !demand_all { Occur::Should } else { Occur::Must }, matching));
        }
        if self.wanted.is_empty() {
            strict.push((Occur::Must, Box::new(AllQuery)));
        }
        if let Some(in_order) = self.in_order(fields) {
            strict.push((Occur::Should, in_order));
        }
        let relaxed = (!words.is_empty() && self.wanted.len() > 1).then(|| {
            let some_words = if quoted.is_empty() { Occur::Must } else { Occur::Should };
            quoted.push((some_words, Box::new(BooleanQuery::union(words))));
            Box::new(BooleanQuery::new(quoted)) as Box<dyn TantivyQuery>
        });
        let excluded = self.excluded.iter().map(|clause| clause.compile(searcher, fields));
        Ok(Plan {
            strict: Box::new(BooleanQuery::new(strict)),
            relaxed,
            excluded: excluded.collect::<tantivy::Result<_>>()?,
            unit: unit * BM25_MOST,
        })
    }

    /// The words one after the other, which makes a page better.
    fn in_order(&self, fields: &Fields) -> Option<Box<dyn TantivyQuery>> {
        let terms: Vec<&String> = self.wanted.iter().filter(|c| !c.quoted).flat_map(|c| &c.terms).collect();
        if !(2..=8).contains(&terms.len()) {
            return None;
        }
        let phrase = |field: Field, weight| {
            let terms = terms.iter().map(|term| Term::from_field_text(field, term)).collect();
            weighted(Box::new(PhraseQuery::new(terms)), weight)
        };
        Some(Box::new(BooleanQuery::union(vec![phrase(fields.title, 3.0), phrase(fields.body, 1.0)])))
    }
}

impl Clause {
    fn compile(&self, searcher: &Searcher, fields: &Fields) -> tantivy::Result<Box<dyn TantivyQuery>> {
        let mut places: Vec<Box<dyn TantivyQuery>> = Vec::new();
        for (field, weight) in fields.weighted() {
            let mut terms: Vec<Term> = self.terms.iter().map(|term| Term::from_field_text(field, term)).collect();
            let query: Box<dyn TantivyQuery> = match terms.pop() {
                Some(term) if terms.is_empty() => Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)),
                Some(term) => {
                    terms.push(term);
                    Box::new(PhraseQuery::new(terms))
                }
                None => continue,
            };
            places.push(weighted(query, weight));
        }
        if let Some(unfinished) = &self.unfinished {
            for (field, weight) in [(fields.names, NAME_PREFIX_WEIGHT), (fields.body, BODY_PREFIX_WEIGHT)] {
                for term in completions(searcher, field, unfinished)? {
                    places.push(weighted(Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)), weight));
                }
            }
        }
        Ok(Box::new(BooleanQuery::union(places)))
    }

    /// The inverse document frequency of the terms in the pages' text, as BM25 has it.
    fn rarity(&self, searcher: &Searcher, fields: &Fields) -> tantivy::Result<f32> {
        let mut sum = 0.0;
        for term in &self.terms {
            let pages = searcher.num_docs() as f32;
            let with = (searcher.doc_freq(&Term::from_field_text(fields.body, term))? as f32).min(pages);
            sum += (1.0 + (pages - with + 0.5) / (with + 0.5)).ln();
        }
        Ok(sum)
    }
}

fn weighted(query: Box<dyn TantivyQuery>, weight: f32) -> Box<dyn TantivyQuery> {
    Box::new(BoostQuery::new(query, weight))
}

/// The most frequent indexed words that begin with `prefix`.
fn completions(searcher: &Searcher, field: Field, prefix: &str) -> tantivy::Result<Vec<Term>> {
    let mut found: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let words = segment.inverted_index(field)?;
        let mut stream = words.terms().range().ge(prefix.as_bytes()).into_stream()?;
        let mut scanned = 0;
        while stream.advance() && scanned < PREFIX_SCAN && stream.key().starts_with(prefix.as_bytes()) {
            *found.entry(stream.key().to_vec()).or_default() += u64::from(stream.value().doc_freq);
            scanned += 1;
        }
    }
    let mut found: Vec<(Vec<u8>, u64)> = found.into_iter().collect();
    found.sort_by(|(a, a_pages), (b, b_pages)| b_pages.cmp(a_pages).then_with(|| a.cmp(b)));
    found.truncate(PREFIX_WORDS);
    Ok(found
        .iter()
        .filter_map(|(word, _)| std::str::from_utf8(word).ok())
        .map(|word| Term::from_field_text(field, word))
        .collect())
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

struct Words {
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
        let terms: Vec<String> = self.terms(text).into_iter().map(|word| word.term).collect();
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
                Some(clause) if word.unspaced && sequence_ends == Some(word.start) => clause.terms.push(word.term),
                _ => clauses.push(Clause {
                    optional: analyzer::is_stop_word(
                        &text.get(word.start..word.end).unwrap_or_default().to_lowercase(),
                    ),
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

    fn unfinished(&mut self, text: &str) -> Option<String> {
        let mut stream = self.names.token_stream(text);
        let mut last = None;
        while stream.advance() {
            let token = stream.token();
            last = (token.offset_to == text.len()).then(|| token.text.clone());
        }
        last.filter(|word| word.chars().count() >= SHORTEST_PREFIX && !analyzer::is_stop_word(word))
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

    #[test]
    fn words_phrases_and_exclusions_are_told_apart() {
        let query = Query::parse("Running -draft \"old news\" -\"not this\" New_York well-known --flag tag:x ");
        let wanted =
            [&["run"][..], &["old", "news"], &["new"], &["york"], &["well"], &["known"], &["flag"], &["tag"], &["x"]];
        assert_eq!(terms(&query.wanted), wanted);
        assert_eq!(terms(&query.excluded), [&["draft"][..], &["not", "this"]]);
        assert!(query.wanted.iter().all(|clause| clause.unfinished.is_none()));
        assert_eq!(Query::parse("a Runn").wanted[1].unfinished.as_deref(), Some("runn"));
        assert!(Query::parse("of the").wanted.iter().all(|clause| clause.optional && clause.unfinished.is_none()));
    }

    #[test]
    fn length_and_number_of_words_are_bounded() {
        let many: String = (0..1_000).map(|number| format!("w{number} ")).collect();
        assert_eq!(Query::parse(&many).wanted.len(), MOST_TERMS);
        assert_eq!(
            Query::parse(&format!("\"{many}\"")).wanted.iter().map(|c| c.terms.len()).sum::<usize>(),
            MOST_TERMS
        );
        assert_eq!(terms(&Query::parse(&format!("{}after", "\u{1f600}".repeat(250))).wanted), Vec::<Vec<&str>>::new());
        assert_eq!(Query::parse("a a A a a").wanted.len(), 1);
    }
}
