//! Which passages are most like a query.

use std::cell::RefCell;
use std::collections::HashMap;

use super::packed::Packed;
use super::store::View;
use super::table::{Block, PageNumber, Row, Table};
use crate::embed::vector::{dot_i8, score_i8};
use crate::model::PagePath;

/// The best passages are compared with more than 8 bits: that many of them, whatever is
/// asked for, so that the order does not depend on it.
const COMPARED_EXACTLY: usize = 128;
/// As many passages a graph is asked for.
const FROM_GRAPH: usize = 512;
/// How many pages are asked to find out how many a filter lets through,
const SAMPLE: usize = 512;
/// and how many of them at least make it worthwhile to ask a graph.
const MANY: usize = SAMPLE / 4;

/// A page with passages that are like the query.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct PageMatch {
    pub(super) page: PageNumber,
    /// The inner product with its best passage.
    pub(super) score: f32,
    /// Its passages, best first.
    pub(super) passages: Vec<(f32, Row)>,
}

/// The pages with a passage whose inner product with `query`, a vector of length 1, is at
/// least `floor`, the best first, equal ones by path. Of a table that is large enough for a graph,
/// those of the nearest 512 passages. Only pages that are `wanted`, which may be most of
/// them (`filtered`: or few).
pub(super) fn nearest(
    view: &View<'_>,
    query: &[f32],
    floor: f32,
    filtered: bool,
    wanted: &dyn Fn(&PagePath) -> bool,
) -> Vec<PageMatch> {
    let table = view.table();
    if query.len() != table.dimensions() {
        return Vec::new();
    }
    let mut coarse = Vec::new();
    let scale = Packed::of(query).coarse(&mut coarse);
    let search =
        Search { table, coarse: &coarse, scale, floor, wanted, known: RefCell::new(vec![None; table.page_numbers()]) };

    let covered = view.graph.covered();
    let rest = table.row_count().saturating_sub(covered) as usize;
    let by_graph = covered > 0 && rest < view.graph.worthwhile() && !(filtered && search.lets_few_through());
    let found = by_graph.then(|| view.graph.search(&coarse, FROM_GRAPH, |row| search.is_wanted(row))).flatten();
    let mut rows = match found {
        Some(found) => {
            let mut rows: Vec<(f32, Row)> = found.into_iter().filter_map(|row| search.score(row)).collect();
            rows.extend(search.scan(covered));
            rows
        }
        None => search.scan(0),
    };
    compare_exactly(view, query, &mut rows);
    rows.retain(|(score, _)| *score >= floor);
    grouped(table, &rows)
}

struct Search<'s> {
    table: &'s Table,
    coarse: &'s [i8],
    scale: f32,
    floor: f32,
    wanted: &'s dyn Fn(&PagePath) -> bool,
    /// By page number: whether it is wanted, once that has been asked.
    known: RefCell<Vec<Option<bool>>>,
}

impl Search<'_> {
    fn is_wanted_page(&self, number: PageNumber) -> bool {
        let known = self.known.borrow().get(number as usize).copied().flatten();
        known.unwrap_or_else(|| {
            let page = self.table.page(number);
            let wanted = page.is_some_and(|page| page.alive && (self.wanted)(&page.path));
            if let Some(known) = self.known.borrow_mut().get_mut(number as usize) {
                *known = Some(wanted);
            }
            wanted
        })
    }

    fn is_wanted(&self, row: Row) -> bool {
        self.table.page_of(row).is_some_and(|number| self.is_wanted_page(number))
    }

    fn lets_few_through(&self) -> bool {
        let pages = self.table.page_numbers();
        let step = pages.div_ceil(SAMPLE).max(1);
        let asked = (0..pages).step_by(step).filter_map(|number| PageNumber::try_from(number).ok());
        let alive = asked.filter(|number| self.table.page(*number).is_some_and(|page| page.alive));
        alive.filter(|number| self.is_wanted_page(*number)).count() < MANY
    }

    fn score(&self, row: Row) -> Option<(f32, Row)> {
        let (vector, scale) = self.table.coarse(row)?;
        Some((dot_i8(self.coarse, vector) as f32 * scale * self.scale, row))
    }

    /// The rows from `first` on that are wanted and not below the floor.
    fn scan(&self, first: Row) -> Vec<(f32, Row)> {
        let (mut found, mut products) = (Vec::new(), Vec::new());
        for (start, Block { vectors, scales }) in self.table.blocks() {
            if start + scales.len() <= first as usize {
                continue;
            }
            products.resize(scales.len(), 0);
            score_i8(self.coarse, vectors, &mut products);
            for (at, (product, scale)) in products.iter().zip(scales).enumerate() {
                let score = *product as f32 * scale * self.scale;
                if score >= self.floor
                    && let Ok(row) = Row::try_from(start + at)
                    && row >= first
                    && self.is_wanted(row)
                {
                    found.push((score, row));
                }
            }
        }
        found
    }
}

/// Gives the best their exact scores.
fn compare_exactly(view: &View<'_>, query: &[f32], rows: &mut [(f32, Row)]) {
    let best_first = |a: &(f32, Row), b: &(f32, Row)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if rows.len() > COMPARED_EXACTLY {
        rows.select_nth_unstable_by(COMPARED_EXACTLY, best_first);
    }
    for (score, row) in rows.iter_mut().take(COMPARED_EXACTLY) {
        if let Some(vector) = view.vector(*row) {
            *score = vector.dot(query);
        }
    }
}

fn grouped(table: &Table, rows: &[(f32, Row)]) -> Vec<PageMatch> {
    let mut pages: HashMap<PageNumber, Vec<(f32, Row)>> = HashMap::new();
    for (score, row) in rows {
        if let Some(number) = table.page_of(*row) {
            pages.entry(number).or_default().push((*score, *row));
        }
    }
    let mut matches: Vec<PageMatch> = pages
        .into_iter()
        .map(|(page, mut passages)| {
            passages.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let score = passages.first().map_or(0.0, |(score, _)| *score);
            PageMatch { page, score, passages }
        })
        .collect();
    let path = |found: &PageMatch| table.page(found.page).map(|page| &page.path);
    matches.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| path(a).cmp(&path(b))));
    matches
}
