//! What a query asks of the index: which pages, and how they are weighed.

use std::collections::{BTreeMap, BTreeSet};

use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, Occur, PhraseQuery, Query as TantivyQuery, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::query::{Clause, Condition, Query};
use super::schema::Fields;

/// How many words of the dictionary are looked at for completing a prefix, per segment, and
/// how many of the most frequent are taken.
const PREFIX_SCAN: usize = 1_000;
const PREFIX_WORDS: usize = 16;
/// The most that BM25 gives to a term, as a multiple of its rarity (k1 + 1).
const BM25_MOST: f32 = 2.2;
/// A query of more words is a question, of which no page is expected to have all; of so many
/// it is one if it has the small words of a sentence.
const MOST_DEMANDED: usize = 4;
const SMALL_WORDS: usize = 2;
/// A page that answers a question scores at least this share of the best one.
const QUESTION_FLOOR: f32 = 0.15;

const NAME_PREFIX_WEIGHT: f32 = 2.0;
const BODY_PREFIX_WEIGHT: f32 = 0.5;
const CORRECTION_WEIGHT: f32 = 0.5;

/// A query for one state of the index.
pub(super) struct Plan {
    /// Pages with all of the words.
    pub(super) strict: Box<dyn TantivyQuery>,
    /// Pages with some of them, if that is a different question. Quoted phrases stay demanded.
    pub(super) relaxed: Option<Box<dyn TantivyQuery>>,
    /// Phrases and words in titles that every shown page has.
    pub(super) demanded: Vec<Box<dyn TantivyQuery>>,
    /// What shown pages are, all of it.
    pub(super) only: Vec<Box<dyn TantivyQuery>>,
    /// Pages that are not shown.
    pub(super) excluded: Vec<Box<dyn TantivyQuery>>,
    /// The score of a page whose text has every word as often as counts: half of 1.
    pub(super) unit: f32,
    /// The least share of the best score that a page of `strict` is shown with.
    pub(super) floor: f32,
    /// What to look for in the text of a page that was found, by the number of the clause.
    pub(super) shown: Vec<(usize, Term)>,
}

/// The words to highlight.
#[derive(Debug, Default)]
pub(super) struct Highlights {
    pub(super) terms: BTreeSet<String>,
    pub(super) unfinished: Option<String>,
}

impl Highlights {
    pub(super) fn of(query: &Query) -> Self {
        let shown = || query.telling().filter(|clause| !clause.title);
        Self {
            terms: shown().flat_map(|clause| clause.terms.iter().chain(&clause.corrections).cloned()).collect(),
            unfinished: shown().find_map(|clause| clause.unfinished.clone()),
        }
    }
}

/// What pages are searched: the index, and perhaps the pages of another time.
pub(super) struct Corpus<'a> {
    pub(super) fields: &'a Fields,
    /// The first one says how frequent words are.
    pub(super) searchers: Vec<&'a Searcher>,
}

impl Corpus<'_> {
    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        self.searchers.iter().map(|searcher| searcher.doc_freq(term)).sum()
    }

    /// Whether any page has a word, wherever it has it.
    pub(super) fn knows(&self, word: &str) -> tantivy::Result<bool> {
        for (field, _) in self.fields.weighted() {
            if self.doc_freq(&Term::from_field_text(field, word))? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Query {
    pub(super) fn plan(&self, corpus: &Corpus<'_>) -> tantivy::Result<Plan> {
        let demand_all = self.wanted.iter().all(|clause| clause.optional);
        let bare = self.wanted.iter().filter(|clause| !clause.optional && !clause.is_demanded()).count();
        let small = self.wanted.iter().filter(|clause| clause.optional).count();
        let question = bare > MOST_DEMANDED || (bare == MOST_DEMANDED && small >= SMALL_WORDS);
        let mut strict: Vec<(Occur, Box<dyn TantivyQuery>)> = Vec::new();
        let mut demanded: Vec<(Occur, Box<dyn TantivyQuery>)> = Vec::new();
        let mut words: Vec<(Occur, Box<dyn TantivyQuery>)> = Vec::new();
        let mut shown = Vec::new();
        let mut unit = 0.0;
        for (number, clause) in self.wanted.iter().enumerate() {
            let compiled = clause.compile(corpus, question)?;
            if demand_all || !clause.optional {
                let weight = 1.0 + f32::from(clause.repeats);
                unit += clause.rarity(corpus)? * weight;
                let query = if weight > 1.0 {
                    weighted(compiled.query.box_clone(), weight)
                } else {
                    compiled.query.box_clone()
                };
                shown.extend(compiled.shown.into_iter().map(|term| (number, term)));
                if clause.title || (clause.quoted && !question) {
                    demanded.push((Occur::Must, query));
                } else {
                    words.push((Occur::Should, query));
                }
            }
            strict.push((if clause.optional && !demand_all { Occur::Should } else { Occur::Must }, compiled.query));
        }
        if self.wanted.is_empty() {
            strict.push((Occur::Must, Box::new(AllQuery)));
        }
        if let Some(in_order) = self.in_order(corpus.fields) {
            strict.push((Occur::Should, in_order));
        }
        let all_demanded = demanded.iter().map(|(_, query)| query.box_clone()).collect();
        let relaxed: Option<Box<dyn TantivyQuery>> = (!words.is_empty() && self.wanted.len() > 1).then(|| {
            let some_words = if demanded.is_empty() { Occur::Must } else { Occur::Should };
            demanded.push((some_words, Box::new(BooleanQuery::new(words))));
            Box::new(BooleanQuery::new(demanded)) as Box<dyn TantivyQuery>
        });
        let (strict, relaxed): (Box<dyn TantivyQuery>, _) = match relaxed {
            Some(relaxed) if question => (relaxed, None),
            relaxed => (Box::new(BooleanQuery::new(strict)), relaxed),
        };
        let excluded = self.excluded.iter().map(|clause| Ok(clause.compile(corpus, false)?.query));
        let without = self.without.iter().map(|condition| Ok(condition.compile(corpus.fields)));
        Ok(Plan {
            strict,
            relaxed,
            demanded: all_demanded,
            only: self.only.iter().map(|condition| condition.compile(corpus.fields)).collect(),
            excluded: excluded.chain(without).collect::<tantivy::Result<_>>()?,
            unit: unit * BM25_MOST,
            floor: if question { QUESTION_FLOOR } else { 0.0 },
            shown,
        })
    }

    /// The words one after the other, which makes a page better.
    fn in_order(&self, fields: &Fields) -> Option<Box<dyn TantivyQuery>> {
        let bare = self.wanted.iter().filter(|clause| !clause.is_demanded());
        let terms: Vec<&String> = bare.flat_map(|clause| &clause.terms).collect();
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

struct Compiled {
    query: Box<dyn TantivyQuery>,
    /// Its words in a page's text.
    shown: Vec<Term>,
}

impl Clause {
    /// Whether a page without it is not shown.
    fn is_demanded(&self) -> bool {
        self.quoted || self.title
    }

    /// One word in a title says less of what answers a question than several in a text.
    fn compile(&self, corpus: &Corpus<'_>, question: bool) -> tantivy::Result<Compiled> {
        let fields = corpus.fields;
        let mut places: Vec<Box<dyn TantivyQuery>> = Vec::new();
        let mut shown = Vec::new();
        for (field, weight) in fields.weighted() {
            let weight = if question { weight.sqrt() } else { weight };
            if self.title && field != fields.title {
                continue;
            }
            let mut terms: Vec<Term> = self.terms.iter().map(|term| Term::from_field_text(field, term)).collect();
            if field == fields.body {
                shown.extend(terms.iter().cloned());
            }
            let query: Box<dyn TantivyQuery> = match terms.pop() {
                Some(term) if terms.is_empty() => Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)),
                Some(term) => {
                    terms.push(term);
                    Box::new(PhraseQuery::new(terms))
                }
                None => continue,
            };
            places.push(weighted(query, weight));
            for correction in &self.corrections {
                let term = Term::from_field_text(field, correction);
                if field == fields.body {
                    shown.push(term.clone());
                }
                places.push(word(term, weight * CORRECTION_WEIGHT));
            }
        }
        if let Some(unfinished) = &self.unfinished {
            let weights = [(fields.names, NAME_PREFIX_WEIGHT), (fields.body, BODY_PREFIX_WEIGHT)];
            let in_title = [(fields.title, NAME_PREFIX_WEIGHT)];
            for (field, weight) in if self.title { &in_title[..] } else { &weights[..] } {
                for term in completions(corpus, *field, unfinished)? {
                    if *field == fields.body {
                        shown.push(term.clone());
                    }
                    places.push(word(term, *weight));
                }
            }
        }
        Ok(Compiled { query: Box::new(BooleanQuery::union(places)), shown })
    }

    /// The inverse document frequency of the terms in the pages' text, as BM25 has it.
    fn rarity(&self, corpus: &Corpus<'_>) -> tantivy::Result<f32> {
        let pages: f32 = corpus.searchers.iter().map(|searcher| searcher.num_docs() as f32).sum();
        let mut sum = 0.0;
        for term in &self.terms {
            let with = (corpus.doc_freq(&Term::from_field_text(corpus.fields.body, term))? as f32).min(pages);
            sum += (1.0 + (pages - with + 0.5) / (with + 0.5)).ln();
        }
        Ok(sum)
    }
}

impl Condition {
    fn compile(&self, fields: &Fields) -> Box<dyn TantivyQuery> {
        let exact =
            |field, text| Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic));
        match self {
            Self::Tag(tag) => exact(fields.tag, tag),
            Self::Category(category) => exact(fields.category, category),
            Self::Path(beginning) if beginning.is_empty() => Box::new(AllQuery),
            Self::Path(beginning) => {
                let first = Term::from_field_text(fields.key, beginning);
                // No character is greater, and none that a path may have.
                let last = Term::from_field_text(fields.key, &format!("{beginning}\u{10ffff}"));
                Box::new(RangeQuery::new(std::ops::Bound::Included(first), std::ops::Bound::Excluded(last)))
            }
        }
    }
}

fn weighted(query: Box<dyn TantivyQuery>, weight: f32) -> Box<dyn TantivyQuery> {
    Box::new(BoostQuery::new(query, weight))
}

fn word(term: Term, weight: f32) -> Box<dyn TantivyQuery> {
    weighted(Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)), weight)
}

/// The most frequent indexed words that begin with `prefix`.
pub(super) fn completions(corpus: &Corpus<'_>, field: Field, prefix: &str) -> tantivy::Result<Vec<Term>> {
    let mut found: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for segment in corpus.searchers.iter().flat_map(|searcher| searcher.segment_readers()) {
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
