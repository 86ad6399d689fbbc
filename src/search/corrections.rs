//! Words that no page has, and what they may have been meant to be.

use std::collections::BTreeMap;

use tantivy_fst::Automaton;

use super::plan::{Corpus, completions};
use super::query::Query;

/// Letters from which on a word is corrected at all, and from which on twice.
const ONE_EDIT: usize = 4;
const TWO_EDITS: usize = 8;
/// Words of the dictionary that are looked at, per segment, and corrections that are taken.
const SCAN: usize = 500;
const MOST: usize = 6;
/// Bytes of a long word's ending that its stem may lack.
const ENDING: usize = 4;
/// Bytes of the longest word that is corrected.
const LONGEST: usize = 40;

impl Query {
    pub(super) fn is_corrected(&self) -> bool {
        self.wanted.iter().any(|clause| !clause.corrections.is_empty())
    }

    /// The query with corrections for the words that no page has; none when there are none.
    pub(super) fn corrected(&self, corpus: &Corpus<'_>) -> tantivy::Result<Option<Self>> {
        let mut query = self.clone();
        let mut corrected = false;
        for clause in &mut query.wanted {
            let [word] = clause.terms.as_slice() else { continue };
            let letters = clause.spelled.chars().count();
            if clause.quoted || clause.optional || letters < ONE_EDIT || corpus.knows(word)? {
                continue;
            }
            if let Some(unfinished) = &clause.unfinished
                && !completions(corpus, corpus.fields.names, unfinished)?.is_empty()
            {
                continue;
            }
            // A misspelt word has not lost its ending, which indexed words have.
            let edits =
                if letters >= TWO_EDITS { Edits::new(&clause.spelled, 2, ENDING) } else { Edits::new(word, 1, 0) };
            clause.corrections = match edits {
                Some(edits) => near(corpus, &edits)?,
                None => Vec::new(),
            };
            corrected |= !clause.corrections.is_empty();
        }
        Ok(corrected.then_some(query))
    }
}

/// The indexed words within so many edits: the nearest, of those the most frequent.
fn near(corpus: &Corpus<'_>, edits: &Edits) -> tantivy::Result<Vec<String>> {
    let mut found: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let fields = corpus.fields;
    for field in [fields.body, fields.title, fields.path_words, fields.tags] {
        for segment in corpus.searchers.iter().flat_map(|searcher| searcher.segment_readers()) {
            let words = segment.inverted_index(field)?;
            let mut stream = words.terms().search(edits).into_stream()?;
            let mut scanned = 0;
            while scanned < SCAN && stream.advance() {
                *found.entry(stream.key().to_vec()).or_default() += u64::from(stream.value().doc_freq);
                scanned += 1;
            }
        }
    }
    let mut found: Vec<(u8, u64, String)> = found
        .into_iter()
        .filter_map(|(found, pages)| Some((String::from_utf8(found).ok()?, pages)))
        .map(|(found, pages)| (edits.distance(&found), pages, found))
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then_with(|| a.2.cmp(&b.2)));
    let nearest = found.first().map_or(0, |(distance, ..)| *distance);
    Ok(found.into_iter().take_while(|(distance, ..)| *distance == nearest).take(MOST).map(|(.., word)| word).collect())
}

/// Accepts what becomes the word, or the word without some of its last bytes, by so many
/// changed, missing, added or swapped bytes.
struct Edits {
    word: Vec<u8>,
    edits: u8,
    ending: usize,
}

/// The last row of the table of distances, the one before it, and the byte that was read.
#[derive(Clone)]
struct Row {
    last: [u8; LONGEST + 1],
    before: [u8; LONGEST + 1],
    byte: Option<u8>,
}

impl Edits {
    fn new(word: &str, edits: u8, ending: usize) -> Option<Self> {
        (word.len() <= LONGEST).then(|| Self { word: word.as_bytes().to_vec(), edits, ending })
    }

    fn least(&self, row: &Row) -> u8 {
        let last = self.word.len();
        row.last
            .get(last.saturating_sub(self.ending)..=last)
            .into_iter()
            .flatten()
            .min()
            .map_or(u8::MAX, |least| *least)
    }

    fn distance(&self, text: &str) -> u8 {
        self.least(&text.bytes().fold(self.start(), |row, byte| self.accept(&row, byte)))
    }
}

impl Automaton for Edits {
    type State = Row;

    fn start(&self) -> Row {
        let mut last = [u8::MAX; LONGEST + 1];
        for (distance, cell) in (0..=u8::MAX).zip(last.iter_mut().take(self.word.len() + 1)) {
            *cell = distance;
        }
        Row { last, before: [u8::MAX; LONGEST + 1], byte: None }
    }

    fn is_match(&self, row: &Row) -> bool {
        self.least(row) <= self.edits
    }

    fn can_match(&self, row: &Row) -> bool {
        // A swap looks back two rows.
        row.last.iter().chain(&row.before).any(|distance| *distance <= self.edits)
    }

    fn accept(&self, row: &Row, byte: u8) -> Row {
        let mut next = [u8::MAX; LONGEST + 1];
        let mut left = row.last[0].saturating_add(1);
        next[0] = left;
        let mut earlier = None;
        let above = row.last.windows(2).zip(row.before.iter());
        for ((cell, (above, before)), own) in next.iter_mut().skip(1).zip(above.clone()).zip(&self.word) {
            let &[diagonal, above] = above else { break };
            let mut distance = diagonal.saturating_add(u8::from(*own != byte));
            distance = distance.min(above.saturating_add(1)).min(left.saturating_add(1));
            if let Some((previous, two_back)) = earlier
                && row.byte == Some(*own)
                && previous == byte
            {
                distance = distance.min(u8::saturating_add(two_back, 1));
            }
            // For the next column: this letter, and the cell two rows up in the column before it.
            earlier = Some((*own, *before));
            *cell = distance;
            left = distance;
        }
        Row { last: next, before: row.last, byte: Some(byte) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn accepts(word: &str, edits: u8, text: &str) -> bool {
        let automaton = Edits::new(word, edits, 0).unwrap();
        let mut row = automaton.start();
        for byte in text.bytes() {
            if !automaton.can_match(&row) {
                return false;
            }
            row = automaton.accept(&row, byte);
        }
        automaton.is_match(&row)
    }

    #[test]
    fn an_edit_is_a_changed_missing_added_or_swapped_letter() {
        for near in ["deploy", "deploi", "deply", "depploy", "edploy", "deplyo"] {
            assert!(accepts("deploy", 1, near), "{near}");
        }
        for far in ["dploi", "deployed", "edplyo", ""] {
            assert!(!accepts("deploy", 1, far), "{far}");
        }
        assert!(Edits::new(&"x".repeat(41), 1, 0).is_none());
    }

    #[test]
    fn a_long_word_is_compared_with_stems() {
        let edits = Edits::new("adminstratr", 2, ENDING).unwrap();
        assert_eq!(edits.distance("administr"), 1);
        assert!(edits.distance("minister") > 2);
    }

    proptest! {
        #[test]
        fn the_automaton_agrees_with_the_distance(word in "[a-c]{1,8}", text in "[a-c]{0,9}", edits in 1_u8..3) {
            prop_assert_eq!(accepts(&word, edits, &text), strsim::osa_distance(&word, &text) <= usize::from(edits));
        }
    }
}
