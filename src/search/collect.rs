//! Runs a plan: which pages, in which order, with which score.
//!
//! Every match is looked at, because the total is promised. Exclusion is done here and not by
//! tantivy's `MustNot`, which in 0.27 moves phrase scorers backwards (its `debug_assert`
//! fails) when an excluded phrase is ahead of the first match.

use std::cmp::Ordering;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::query::Query;
use tantivy::{DocAddress, DocId, Score, Searcher, SegmentOrdinal, SegmentReader};

use super::page_set::{PageSet, PageSets};
use super::plan::Plan;
use super::schema::PATH_COLUMN;

/// With fewer pages that have all words, those with some of them follow.
pub(super) const ENOUGH: usize = 3;

/// Some pages that are searched, and which of them are not.
pub(super) struct Shelf {
    pub(super) searcher: Searcher,
    pub(super) hidden: PageSet,
}

/// A page, by its shelf and its place there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) shelf: usize,
    pub(super) page: DocAddress,
}

type Match = (Score, Place);

pub(super) struct Ranked {
    pub(super) total: usize,
    /// Pages that have all words.
    pub(super) strict: usize,
    /// The best first.
    pub(super) pages: Vec<Named>,
}

/// A match with the path of its page.
pub(super) struct Named {
    /// 0 to 1.
    pub(super) score: Score,
    pub(super) path: String,
    pub(super) place: Place,
}

/// The `limit` pages after the first `offset`. How frequent words are is asked of the first
/// shelf.
pub(super) fn collect(shelves: &[Shelf], plan: &Plan, limit: usize, offset: usize) -> tantivy::Result<Ranked> {
    let mut views = Vec::with_capacity(shelves.len());
    for shelf in shelves {
        views.push(View::new(shelf, plan)?);
    }
    let mut strict = matches(shelves, &views, plan.strict.as_ref())?;
    if plan.floor > 0.0 {
        let best = strict.iter().map(|(score, _)| *score).fold(0.0, f32::max);
        strict.retain(|(score, _)| *score >= best * plan.floor);
    }
    let found = strict.len();
    let mut total = found;
    // A page with some of the words never shows more than one with all of them.
    let highest = strict.iter().map(|(score, _)| normal(*score, plan.unit)).fold(1.0, f32::min);
    if found < ENOUGH && plan.relaxed.is_some() {
        for (_, place) in &strict {
            if let Some(view) = views.get_mut(place.shelf) {
                view.hidden.add(place.page);
            }
        }
    }
    let mut pages = ranked(shelves, strict, limit, offset)?;
    normalise(&mut pages, plan.unit, 1.0);
    if found < ENOUGH
        && let Some(relaxed) = &plan.relaxed
    {
        let some = matches(shelves, &views, relaxed.as_ref())?;
        total += some.len();
        let (left, skip) = (limit.saturating_sub(pages.len()), offset.saturating_sub(found));
        let mut some = ranked(shelves, some, left, skip)?;
        normalise(&mut some, plan.unit, highest);
        pages.extend(some);
    }
    Ok(Ranked { total, strict: found, pages })
}

/// What of a shelf is shown.
struct View {
    hidden: PageSet,
    only: Option<PageSet>,
}

impl View {
    fn new(shelf: &Shelf, plan: &Plan) -> tantivy::Result<Self> {
        let mut hidden = shelf.hidden.clone();
        for excluded in &plan.excluded {
            hidden.add_all(&shelf.searcher.search(excluded.as_ref(), &PageSets)?);
        }
        let mut only: Option<PageSet> = None;
        for condition in &plan.only {
            let pages = shelf.searcher.search(condition.as_ref(), &PageSets)?;
            match &mut only {
                Some(only) => only.keep_common(&pages),
                None => only = Some(pages),
            }
        }
        Ok(Self { hidden, only })
    }

    fn shows(&self, page: DocAddress) -> bool {
        !self.hidden.has(page) && self.only.as_ref().is_none_or(|only| only.has(page))
    }
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

fn matches(shelves: &[Shelf], views: &[View], query: &dyn Query) -> tantivy::Result<Vec<Match>> {
    let Some(first) = shelves.first() else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for (number, (shelf, view)) in shelves.iter().zip(views).enumerate() {
        let found = shelf.searcher.search_with_statistics_provider(query, &Matches, &first.searcher)?;
        let shown = found.into_iter().filter(|(_, page)| view.shows(*page));
        all.extend(shown.map(|(score, page)| (score, Place { shelf: number, page })));
    }
    Ok(all)
}

/// Best first; equal scores in the order of their paths.
fn ranked(shelves: &[Shelf], mut matches: Vec<Match>, limit: usize, offset: usize) -> tantivy::Result<Vec<Named>> {
    let shown = offset.saturating_add(limit);
    if limit == 0 || offset >= matches.len() {
        return Ok(Vec::new());
    }
    if shown < matches.len() {
        let (_, (last, _), _) = matches.select_nth_unstable_by(shown - 1, |a, b| b.0.total_cmp(&a.0));
        let last = *last;
        matches.retain(|(score, _)| score.total_cmp(&last) != Ordering::Less);
    }
    let mut columns = Vec::with_capacity(shelves.len());
    for shelf in shelves {
        let segments = shelf.searcher.segment_readers().iter();
        let of_shelf = segments.map(|segment| segment.fast_fields().str(PATH_COLUMN));
        columns.push(of_shelf.collect::<tantivy::Result<Vec<_>>>()?);
    }
    let mut named = Vec::with_capacity(matches.len());
    for (score, place) in matches {
        let mut path = String::new();
        let column = columns.get(place.shelf).and_then(|segments| segments.get(place.page.segment_ord as usize));
        if let Some(Some(column)) = column
            && let Some(ordinal) = column.ords().first(place.page.doc_id)
        {
            column.ord_to_str(ordinal, &mut path)?;
        }
        named.push(Named { score, path, place });
    }
    named.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.path.cmp(&b.path)));
    Ok(named.into_iter().skip(offset).take(limit).collect())
}

/// Collects every match.
struct Matches;

struct SegmentMatches {
    segment: SegmentOrdinal,
    found: Vec<(Score, DocAddress)>,
}

impl Collector for Matches {
    type Fruit = Vec<(Score, DocAddress)>;
    type Child = SegmentMatches;

    fn for_segment(&self, segment: SegmentOrdinal, _: &SegmentReader) -> tantivy::Result<SegmentMatches> {
        Ok(SegmentMatches { segment, found: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Vec<(Score, DocAddress)>>) -> tantivy::Result<Vec<(Score, DocAddress)>> {
        Ok(segments.concat())
    }
}

impl SegmentCollector for SegmentMatches {
    type Fruit = Vec<(Score, DocAddress)>;

    fn collect(&mut self, page: DocId, score: Score) {
        self.found.push((score, DocAddress::new(self.segment, page)));
    }

    fn harvest(self) -> Vec<(Score, DocAddress)> {
        self.found
    }
}
