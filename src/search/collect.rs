//! Runs a plan: which pages, in which order, with which score.
//!
//! Every match is looked at, because the total is promised. Exclusion is done here and not by
//! tantivy's `MustNot`, which in 0.27 moves phrase scorers backwards (its `debug_assert`
//! fails) when an excluded phrase is ahead of the first match.

use std::cmp::Ordering;
use std::collections::HashSet;

use tantivy::collector::{Collector, DocSetCollector, SegmentCollector};
use tantivy::query::Query;
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentOrdinal, SegmentReader};

use super::query::Plan;
use super::schema::PATH_COLUMN;

/// With fewer pages that have all words, those with some of them follow.
const ENOUGH: usize = 3;

/// Score, then page.
type Match = (Score, DocAddress);

pub(super) struct Ranked {
    pub(super) total: usize,
    /// The best first.
    pub(super) pages: Vec<Named>,
}

/// A match with the path of its page.
pub(super) struct Named {
    /// 0 to 1.
    pub(super) score: Score,
    pub(super) path: String,
    pub(super) page: DocAddress,
}

/// The `limit` pages after the first `offset`.
pub(super) fn collect(searcher: &Searcher, plan: &Plan, limit: usize, offset: usize) -> tantivy::Result<Ranked> {
    let mut hidden = HashSet::new();
    for excluded in &plan.excluded {
        hidden.extend(searcher.search(excluded.as_ref(), &DocSetCollector)?);
    }
    let strict = matches(searcher, plan.strict.as_ref(), &hidden)?;
    let mut total = strict.len();
    let mut pages = ranked(searcher, strict.clone(), limit, offset)?;
    normalise(&mut pages, plan.unit, 1.0);
    if strict.len() < ENOUGH
        && let Some(relaxed) = &plan.relaxed
    {
        hidden.extend(strict.iter().map(|(_, page)| *page));
        let some = matches(searcher, relaxed.as_ref(), &hidden)?;
        total += some.len();
        let (left, skip) = (limit.saturating_sub(pages.len()), offset.saturating_sub(strict.len()));
        let mut some = ranked(searcher, some, left, skip)?;
        // A page with some of the words never shows more than one with all of them.
        let highest = strict.iter().map(|(score, _)| normal(*score, plan.unit)).fold(1.0, f32::min);
        normalise(&mut some, plan.unit, highest);
        pages.extend(some);
    }
    Ok(Ranked { total, pages })
}

fn normalise(pages: &mut [Named], unit: f32, highest: f32) {
    for page in pages {
        page.score = normal(page.score, unit).min(highest);
    }
}

/// Keeps the order, and is comparable between queries: a page whose text has every word as
/// often and as densely as BM25 rewards reaches 0.5, and matches in title and path go on
/// towards 1.
fn normal(score: f32, unit: f32) -> f32 {
    if score <= 0.0 || !score.is_finite() {
        return 0.0;
    }
    (score / (score + unit)).clamp(0.0, 1.0)
}

fn matches(searcher: &Searcher, query: &dyn Query, hidden: &HashSet<DocAddress>) -> tantivy::Result<Vec<Match>> {
    let mut matches = searcher.search(query, &Matches)?;
    if !hidden.is_empty() {
        matches.retain(|(_, page)| !hidden.contains(page));
    }
    Ok(matches)
}

/// Best first; equal scores in the order of their paths.
fn ranked(searcher: &Searcher, mut matches: Vec<Match>, limit: usize, offset: usize) -> tantivy::Result<Vec<Named>> {
    let shown = offset.saturating_add(limit);
    if limit == 0 || offset >= matches.len() {
        return Ok(Vec::new());
    }
    if shown < matches.len() {
        let (_, (last, _), _) = matches.select_nth_unstable_by(shown - 1, |a, b| b.0.total_cmp(&a.0));
        let last = *last;
        matches.retain(|(score, _)| score.total_cmp(&last) != Ordering::Less);
    }
    let mut named = Vec::with_capacity(matches.len());
    let columns: Vec<_> = searcher
        .segment_readers()
        .iter()
        .map(|segment| segment.fast_fields().str(PATH_COLUMN))
        .collect::<tantivy::Result<_>>()?;
    for (score, page) in matches {
        let mut path = String::new();
        if let Some(Some(column)) = columns.get(page.segment_ord as usize)
            && let Some(ordinal) = column.ords().first(page.doc_id)
        {
            column.ord_to_str(ordinal, &mut path)?;
        }
        named.push(Named { score, path, page });
    }
    named.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.path.cmp(&b.path)));
    Ok(named.into_iter().skip(offset).take(limit).collect())
}

/// Collects every match.
struct Matches;

struct SegmentMatches {
    segment: SegmentOrdinal,
    found: Vec<Match>,
}

impl Collector for Matches {
    type Fruit = Vec<Match>;
    type Child = SegmentMatches;

    fn for_segment(&self, segment: SegmentOrdinal, _: &SegmentReader) -> tantivy::Result<SegmentMatches> {
        Ok(SegmentMatches { segment, found: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Vec<Match>>) -> tantivy::Result<Vec<Match>> {
        Ok(segments.concat())
    }
}

impl SegmentCollector for SegmentMatches {
    type Fruit = Vec<Match>;

    fn collect(&mut self, page: DocId, score: Score) {
        self.found.push((score, DocAddress::new(self.segment, page)));
    }

    fn harvest(self) -> Vec<Match> {
        self.found
    }
}
