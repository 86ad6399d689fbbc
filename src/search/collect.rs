//! Runs a plan: which pages, in which order, with which score.

use tantivy::collector::sort_key::{SortBySimilarityScore, SortByString};
use tantivy::collector::{Count, TopDocs};
use tantivy::query::Query;
use tantivy::{DocAddress, Order, Searcher};

use super::query::Plan;
use super::schema::PATH_COLUMN;

/// With fewer pages that have all words, those with some of them follow.
const ENOUGH: usize = 3;

pub(super) struct Ranked {
    pub(super) total: usize,
    /// Score in 0..=1 and page, best first.
    pub(super) pages: Vec<(f32, DocAddress)>,
}

/// The `limit` pages after the first `offset`.
pub(super) fn collect(searcher: &Searcher, plan: &Plan, limit: usize, offset: usize) -> tantivy::Result<Ranked> {
    let (strict, mut pages) = run(searcher, plan.strict.as_ref(), limit, offset)?;
    let mut total = strict;
    if strict < ENOUGH
        && let Some(relaxed) = &plan.relaxed
    {
        let left = limit.saturating_sub(pages.len());
        let (more, others) = run(searcher, relaxed.as_ref(), left, offset.saturating_sub(strict))?;
        total += more;
        pages.extend(others);
    }
    let mut highest = 1.0_f32;
    for (score, _) in &mut pages {
        // A page with some of the words never shows more than one with all of them.
        highest = highest.min(normal(*score, plan.unit));
        *score = highest;
    }
    Ok(Ranked { total, pages })
}

/// Keeps the order, and is comparable between queries: a page whose text alone has every word
/// as often and as densely as BM25 rewards reaches about 0.5, as does one that has a word
/// only in a heading; matches in title and path go on towards 1.
fn normal(score: f32, unit: f32) -> f32 {
    if score <= 0.0 || !score.is_finite() {
        return 0.0;
    }
    (score / (score + unit)).clamp(0.0, 1.0)
}

/// Equal scores are in the order of their paths.
fn run(
    searcher: &Searcher,
    query: &dyn Query,
    limit: usize,
    offset: usize,
) -> tantivy::Result<(usize, Vec<(f32, DocAddress)>)> {
    if limit == 0 {
        return Ok((searcher.search(query, &Count)?, Vec::new()));
    }
    let order = ((SortBySimilarityScore, Order::Desc), (SortByString::for_field(PATH_COLUMN), Order::Asc));
    let top = TopDocs::with_limit(limit).and_offset(offset).order_by::<(f32, Option<String>)>(order);
    let (total, pages) = searcher.search(query, &(Count, top))?;
    Ok((total, pages.into_iter().map(|((score, _), page)| (score, page)).collect()))
}
