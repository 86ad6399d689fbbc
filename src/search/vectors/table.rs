//! What the log says, in memory: a row for each passage with its vector in 8 bits, its page,
//! and where in the file the rest is. Rows are only added, in the order of the file; those
//! of pages that are gone stay, dead, until the file is rewritten.

use std::collections::HashMap;
use std::ops::Range;

use super::record::{Placed, Record, TextHash};
use crate::model::{PagePath, Revision};
use crate::repo::BlobId;

/// Rows that are kept together.
const BLOCK: usize = 1_024;

/// A row's number.
pub(super) type Row = u32;
/// A page's number, as it was at one time.
pub(super) type PageNumber = u32;

#[derive(Default)]
pub(super) struct Table {
    dimensions: usize,
    blocks: Vec<Block>,
    rows: Vec<RowInfo>,
    pages: Vec<Page>,
    paths: HashMap<PagePath, PageNumber>,
    /// A row with that text, alive or dead.
    texts: HashMap<TextHash, Row>,
    live_rows: usize,
    /// Bytes of the file that are still said of pages that are there.
    live_bytes: u64,
    pub(super) state: Reflected,
}

/// What a table's pages are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Reflected {
    /// Those of a wiki without a commit, which is also how a table begins.
    #[default]
    Nothing,
    Commit(Revision),
    /// On the way.
    Unfinished,
}

#[derive(Default)]
pub(super) struct Block {
    pub(super) vectors: Vec<i8>,
    pub(super) scales: Vec<f32>,
}

#[derive(Clone, Copy)]
struct RowInfo {
    page: PageNumber,
    /// Where the passage is in the file.
    offset: u64,
}

pub(super) struct Page {
    pub(super) path: PagePath,
    pub(super) blob: BlobId,
    pub(super) rows: Range<Row>,
    /// Where the record is in the file.
    span: Range<u64>,
    pub(super) alive: bool,
}

impl Table {
    pub(super) fn new(dimensions: usize) -> Self {
        Self { dimensions, ..Self::default() }
    }

    pub(super) fn apply(&mut self, records: Vec<Placed>) {
        for Placed { record, span, passages: places } in records {
            match record {
                Record::Put { path, blob, passages } => {
                    self.remove(&path);
                    let number = PageNumber::try_from(self.pages.len()).unwrap_or(PageNumber::MAX);
                    let first = self.row_count();
                    for (passage, offset) in passages.iter().zip(places) {
                        let row = self.row_count();
                        if self.blocks.last().is_none_or(|block| block.scales.len() >= BLOCK) {
                            self.blocks.push(Block::default());
                        }
                        if let Some(block) = self.blocks.last_mut() {
                            block.scales.push(passage.vector.coarse(&mut block.vectors));
                        }
                        self.rows.push(RowInfo { page: number, offset });
                        self.texts.insert(passage.text, row);
                    }
                    let rows = first..self.row_count();
                    self.live_rows += rows.len();
                    self.live_bytes += span.end.saturating_sub(span.start);
                    self.paths.insert(path.clone(), number);
                    self.pages.push(Page { path, blob, rows, span, alive: true });
                }
                Record::Remove { path } => self.remove(&path),
                Record::Reflects(Some(revision)) => self.state = Reflected::Commit(revision),
                Record::Reflects(None) => self.state = Reflected::Nothing,
                Record::Unfinished => self.state = Reflected::Unfinished,
            }
        }
    }

    fn remove(&mut self, path: &PagePath) {
        let Some(number) = self.paths.remove(path) else { return };
        if let Some(page) = self.pages.get_mut(number as usize) {
            page.alive = false;
            self.live_rows = self.live_rows.saturating_sub(page.rows.len());
            self.live_bytes = self.live_bytes.saturating_sub(page.span.end.saturating_sub(page.span.start));
        }
    }

    /// Rows, dead ones included.
    pub(super) fn row_count(&self) -> Row {
        Row::try_from(self.rows.len()).unwrap_or(Row::MAX)
    }

    pub(super) const fn live_rows(&self) -> usize {
        self.live_rows
    }

    pub(super) const fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    pub(super) const fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Blocks of rows, with the number of each block's first.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (usize, &Block)> {
        self.blocks.iter().enumerate().map(|(number, block)| (number * BLOCK, block))
    }

    pub(super) fn page_of(&self, row: Row) -> Option<PageNumber> {
        self.rows.get(row as usize).map(|info| info.page)
    }

    pub(super) fn page(&self, number: PageNumber) -> Option<&Page> {
        self.pages.get(number as usize)
    }

    /// How many pages there ever were; numbers are below it.
    pub(super) const fn page_numbers(&self) -> usize {
        self.pages.len()
    }

    /// The pages that are there.
    pub(super) fn pages(&self) -> impl Iterator<Item = &Page> {
        self.pages.iter().filter(|page| page.alive)
    }

    pub(super) fn number_of(&self, path: &PagePath) -> Option<PageNumber> {
        self.paths.get(path).copied()
    }

    pub(super) fn page_count(&self) -> usize {
        self.paths.len()
    }

    pub(super) fn is_alive(&self, row: Row) -> bool {
        self.page_of(row).and_then(|number| self.page(number)).is_some_and(|page| page.alive)
    }

    /// A row's vector in 8 bits, and what it is to be multiplied with.
    pub(super) fn coarse(&self, row: Row) -> Option<(&[i8], f32)> {
        let block = self.blocks.get(row as usize / BLOCK)?;
        let at = row as usize % BLOCK;
        let vector = block.vectors.get(at * self.dimensions..(at + 1) * self.dimensions)?;
        Some((vector, *block.scales.get(at)?))
    }

    /// Where the row's passage is in the file.
    pub(super) fn place(&self, row: Row) -> Option<Range<u64>> {
        let info = self.rows.get(row as usize)?;
        let next = self.rows.get(row as usize + 1).filter(|next| next.page == info.page);
        let end = match next {
            Some(next) => next.offset,
            None => self.page(info.page)?.span.end,
        };
        Some(info.offset..end)
    }

    /// A row with that text.
    pub(super) fn with_text(&self, text: TextHash) -> Option<Row> {
        self.texts.get(&text).copied()
    }

    /// Where the records of the pages that are there are, in the order of the file.
    pub(super) fn spans(&self) -> impl Iterator<Item = Range<u64>> {
        self.pages().map(|page| page.span.clone())
    }

    /// About how many bytes of memory all this takes.
    pub(super) fn memory(&self) -> usize {
        let block = |block: &Block| block.vectors.capacity() + 4 * block.scales.capacity();
        self.blocks.iter().map(block).sum::<usize>()
            + self.rows.capacity() * size_of::<RowInfo>()
            + self.texts.capacity() * (size_of::<(TextHash, Row)>() + 1)
            + self.pages.iter().map(|page| size_of::<Page>() + 2 * page.path.as_str().len() + 64).sum::<usize>()
    }
}
