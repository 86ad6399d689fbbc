//! What is shown of a page that was found: the stretch with most of the words, its section,
//! and further sections that have some. The positions of words come from the index, so that
//! a long page costs as little as a short one.

use std::collections::BTreeMap;
use std::ops::Range;

use tantivy::postings::Postings as _;
use tantivy::schema::IndexRecordOption;
use tantivy::tokenizer::{TextAnalyzer, TokenStream as _};
use tantivy::{DocAddress, DocSet as _, Searcher, TantivyDocument, Term};

use super::page_map::PageMap;
use super::schema::Fields;
use super::snippet::{Finder, snippet_at};
use super::{Error, Hit, SectionRef, analyzer};

/// Words of a stretch, about what an excerpt shows after its first match.
const WINDOW: u32 = 30;
/// Further sections that are named.
const MOST_ALSO: usize = 3;
/// Places that are looked at, of a word and of all of them.
const MOST_PLACES: usize = 50_000;
/// Longest part of a text that is read for finding a word, in bytes.
const LONGEST_PART: usize = 32 * 1024;

/// Makes hits of one query.
pub(super) struct Excerpts<'q> {
    fields: &'q Fields,
    /// What is looked for, by the number of the clause.
    wanted: &'q [(usize, Term)],
    finder: Finder<'q>,
    words: TextAnalyzer,
}

/// A word of the text that was looked for.
#[derive(Clone, Copy)]
struct Found {
    word: u32,
    clause: usize,
}

impl<'q> Excerpts<'q> {
    pub(super) fn new(fields: &'q Fields, wanted: &'q [(usize, Term)], finder: Finder<'q>) -> Self {
        Self { fields, wanted, finder, words: analyzer::words() }
    }

    pub(super) fn hit(&mut self, searcher: &Searcher, page: DocAddress, score: f32) -> Result<Hit, Error> {
        let document: TantivyDocument = searcher.doc(page)?;
        let stored = self.fields.stored(&document).ok_or_else(|| Error::Damaged("a stored page".to_owned()))?;
        let found = self.found(searcher, page)?;
        let best = best(&found);
        let first = best.as_ref().and_then(|best| found.get(best.start)).map(|found| found.word as usize);
        let at = first.and_then(|word| self.byte_of(word, &stored.text, &stored.map));
        let shown = snippet_at(&stored.text, at, &mut self.finder);
        let number = first.and_then(|word| stored.map.section_at(word));
        Ok(Hit {
            path: stored.path,
            title: stored.title,
            score,
            snippet: shown.text,
            highlights: shown.highlights,
            section: number.and_then(|number| stored.map.section(number)),
            also: best.map(|best| also(&found, &best, number, &stored.map)).unwrap_or_default(),
        })
    }

    /// The words of a page that were looked for, in their order.
    fn found(&self, searcher: &Searcher, page: DocAddress) -> Result<Vec<Found>, Error> {
        let segment = searcher.segment_reader(page.segment_ord);
        let words = segment.inverted_index(self.fields.body)?;
        let mut found = Vec::new();
        let mut positions = Vec::new();
        for (clause, term) in self.wanted {
            let read = words.read_postings(term, IndexRecordOption::WithFreqsAndPositions);
            let Some(mut postings) = read.map_err(tantivy::TantivyError::from)? else { continue };
            if postings.doc() < page.doc_id {
                postings.seek(page.doc_id);
            }
            if postings.doc() == page.doc_id && found.len() < MOST_PLACES {
                postings.positions(&mut positions);
                found.extend(positions.iter().take(MOST_PLACES).map(|word| Found { word: *word, clause: *clause }));
            }
        }
        found.sort_unstable_by_key(|found| (found.word, found.clause));
        found.dedup_by_key(|found| (found.word, found.clause));
        Ok(found)
    }

    /// Where a word of the text starts, given its number.
    fn byte_of(&mut self, word: usize, text: &str, map: &PageMap) -> Option<usize> {
        let part = map.around(word..word + 1, text);
        let end = text.floor_char_boundary(part.end.min(part.start + LONGEST_PART));
        let mut stream = self.words.token_stream(text.get(part.start..end)?);
        for _ in map.first_around(word)..=word {
            if !stream.advance() {
                return Some(part.start);
            }
        }
        Some(part.start + stream.token().offset_from)
    }
}

/// The stretch with most different words, then with most words; of equal ones the first.
fn best(found: &[Found]) -> Option<Range<usize>> {
    let mut inside: BTreeMap<usize, usize> = BTreeMap::new();
    let mut best: Option<((usize, usize), Range<usize>)> = None;
    let mut end = 0;
    for (start, first) in found.iter().enumerate() {
        while let Some(next) = found.get(end).filter(|next| next.word < first.word.saturating_add(WINDOW)) {
            *inside.entry(next.clause).or_default() += 1;
            end += 1;
        }
        let worth = (inside.len(), end - start);
        if best.as_ref().is_none_or(|(most, _)| worth > *most) {
            best = Some((worth, start..end));
        }
        if let Some(count) = inside.get_mut(&first.clause) {
            *count -= 1;
            if *count == 0 {
                inside.remove(&first.clause);
            }
        }
    }
    best.map(|(_, range)| range)
}

/// The other sections with at least half as many different words as the best stretch.
fn also(found: &[Found], best: &Range<usize>, shown: Option<usize>, map: &PageMap) -> Vec<SectionRef> {
    let different = |found: &[Found]| {
        let mut clauses: Vec<usize> = found.iter().map(|found| found.clause).collect();
        clauses.sort_unstable();
        clauses.dedup();
        clauses.len()
    };
    let enough = found.get(best.clone()).map_or(1, different).div_ceil(2);
    let mut sections: Vec<(usize, usize, usize)> = Vec::new();
    for stretch in found.chunk_by(|a, b| map.section_at(a.word as usize) == map.section_at(b.word as usize)) {
        let section = stretch.first().and_then(|first| map.section_at(first.word as usize));
        let (Some(section), words) = (section, different(stretch)) else { continue };
        if Some(section) != shown && words >= enough {
            sections.push((words, stretch.len(), section));
        }
    }
    sections.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then(a.2.cmp(&b.2)));
    sections.into_iter().take(MOST_ALSO).filter_map(|(.., section)| map.section(section)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(words: &[(u32, usize)]) -> Option<Range<usize>> {
        best(&words.iter().map(|(word, clause)| Found { word: *word, clause: *clause }).collect::<Vec<_>>())
    }

    #[test]
    fn the_best_stretch_has_most_different_words_and_is_the_first_of_equals() {
        assert_eq!(stretch(&[]), None);
        assert_eq!(stretch(&[(7, 0)]), Some(0..1));
        assert_eq!(stretch(&[(0, 0), (1, 0), (2, 0), (100, 0), (120, 1), (300, 0), (301, 1)]), Some(3..5));
        assert_eq!(stretch(&[(0, 0), (100, 0), (110, 0), (400, 0), (410, 0)]), Some(1..3));
    }
}
