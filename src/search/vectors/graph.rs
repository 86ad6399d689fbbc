//! The neighbourhood graph (HNSW) for wikis so large that looking at every vector takes
//! longer than a search may. It follows the table in the background and knows the rows below
//! [`Graph::covered`]; the others are looked at one by one. A copy is kept beside the log, with
//! the place in the log that it reflects.
//!
//! usearch is C++ and trusts its files, so it gets only bytes whose checksum fits.

use std::fs;
use std::io;
use std::path::Path;

use parking_lot::{Mutex, RwLock, RwLockWriteGuard};
use usearch::{Index, IndexOptions, MetricKind, ScalarKind};

use super::bytes::{Reader, Writer};
use super::log::Mark;
use super::store::View;
use super::table::Row;

/// To be changed with every change of the format or of the options.
const MAGIC: &[u8] = b"robotwiki graph 1\n";
/// Neighbours of a row.
const CONNECTIVITY: usize = 16;
/// Candidates while a row is added.
const EXPANSION_ADD: usize = 128;
/// Candidates that a search keeps at least.
const EXPANSION_SEARCH: usize = 192;
/// Rows that are added before searches have their turn.
const AT_ONCE: usize = 16;
/// Rows that room is made for at a time.
const ROOM: usize = 16 * 1_024;

pub(super) struct Graph {
    dimensions: usize,
    /// With fewer rows there is none.
    worthwhile: usize,
    inner: RwLock<Inner>,
    /// How many rows the stored copy has.
    stored: Mutex<Row>,
}

#[derive(Default)]
struct Inner {
    index: Option<Index>,
    covered: Row,
    /// Of what was read; of no meaning once it has grown.
    mark: Mark,
    /// It could not be used: everything is looked at until the next start.
    failed: bool,
}

impl Graph {
    pub(super) fn none(dimensions: usize, worthwhile: usize) -> Self {
        Self { dimensions, worthwhile, inner: RwLock::default(), stored: Mutex::new(0) }
    }

    /// The stored copy, else none.
    pub(super) fn read(file: &Path, dimensions: usize, worthwhile: usize) -> Self {
        let graph = Self::none(dimensions, worthwhile);
        match fs::read(file) {
            Ok(bytes) => match decode(&bytes, dimensions) {
                Some(inner) => {
                    *graph.stored.lock() = inner.covered;
                    *graph.inner.write() = inner;
                }
                None => {
                    tracing::warn!(file = %file.display(), "the graph of vectors is damaged or of another version; building it again");
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(file = %file.display(), %error, "the graph of vectors cannot be read"),
        }
        graph
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        *self.inner.write() = Inner::default();
        *self.stored.lock() = 0;
    }

    /// Which state of the log it was stored with.
    pub(super) fn mark(&self) -> Mark {
        self.inner.read().mark
    }

    /// Rows below are found by [`Self::search`].
    pub(super) fn covered(&self) -> Row {
        self.inner.read().covered
    }

    /// With fewer rows it is quicker to look at all of them.
    pub(super) const fn worthwhile(&self) -> usize {
        self.worthwhile
    }

    pub(super) fn memory(&self) -> usize {
        self.inner.read().index.as_ref().map_or(0, Index::memory_usage)
    }

    /// The nearest `count` rows of those that are `wanted`; none when it cannot be asked.
    pub(super) fn search(&self, query: &[i8], count: usize, wanted: impl Fn(Row) -> bool) -> Option<Vec<Row>> {
        let inner = self.inner.read();
        let index = inner.index.as_ref()?;
        let wanted = |key: u64| Row::try_from(key).is_ok_and(&wanted);
        match index.filtered_search(query, count, wanted) {
            Ok(found) => Some(found.keys.into_iter().filter_map(|key| Row::try_from(key).ok()).collect()),
            Err(error) => {
                tracing::warn!(%error, "the graph of vectors cannot be searched");
                None
            }
        }
    }

    /// Adds up to `most` rows of the table, if it is large enough for a graph; returns whether
    /// there are more.
    pub(super) fn grow<'v>(&self, most: usize, view: impl Fn() -> View<'v>) -> bool {
        let mut added = 0;
        loop {
            let view = view();
            let mut inner = self.inner.write();
            let rows = view.table().row_count();
            let due = inner.index.is_some() || view.table().live_rows() >= self.worthwhile;
            if !due || inner.failed || inner.covered >= rows {
                return false;
            }
            if added >= most {
                return true;
            }
            if let Err(error) = inner.add(self.dimensions, &view) {
                tracing::warn!(%error, "the graph of vectors cannot be built; every vector is looked at instead");
                *inner = Inner { failed: true, ..Inner::default() };
                return false;
            }
            added += AT_ONCE;
            RwLockWriteGuard::unlock_fair(inner);
        }
    }

    /// Whether a copy of what it is now would spare the next start enough.
    pub(super) fn is_worth_storing(&self, rows: Row, however_little: bool) -> bool {
        let (inner, stored) = (self.inner.read(), *self.stored.lock());
        let least = if however_little { 1 } else { (rows / 10).max(1) };
        inner.index.is_some() && inner.covered == rows && rows.saturating_sub(stored) >= least
    }

    /// Stores a copy; `mark` is the log's with which it is complete.
    pub(super) fn write(&self, file: &Path, mark: Mark) -> io::Result<()> {
        let inner = self.inner.read();
        let Some(index) = &inner.index else { return Ok(()) };
        let mut body = vec![0; index.serialized_length()];
        index.save_to_buffer(&mut body).map_err(io::Error::other)?;
        let mut out = Writer::default();
        out.raw(MAGIC);
        out.u32(self.dimensions);
        out.u64(mark.generation);
        out.u64(mark.length);
        out.raw(&mark.sum.to_le_bytes());
        out.u32(inner.covered as usize);
        out.u64(body.len() as u64);
        let sum = checksum(&out.bytes, &body);
        let aside = file.with_extension("graph-unfinished");
        let mut target = fs::File::create(&aside)?;
        for part in [&out.bytes[..], &sum.to_le_bytes(), &body] {
            io::Write::write_all(&mut target, part)?;
        }
        fs::rename(aside, file)?;
        *self.stored.lock() = inner.covered;
        Ok(())
    }
}

impl Inner {
    /// Adds the next few rows.
    fn add(&mut self, dimensions: usize, view: &View<'_>) -> Result<(), String> {
        let index = match &mut self.index {
            Some(index) => index,
            none => none.insert(Index::new(&options(dimensions)).map_err(|error| error.to_string())?),
        };
        if index.capacity() < index.size() + AT_ONCE {
            index.reserve(index.size() + ROOM).map_err(|error| error.to_string())?;
        }
        let table = view.table();
        let end = table.row_count().min(self.covered.saturating_add(AT_ONCE as Row));
        for row in self.covered..end {
            if table.is_alive(row)
                && let Some((vector, _)) = table.coarse(row)
            {
                index.add(u64::from(row), vector).map_err(|error| error.to_string())?;
            }
        }
        self.covered = end;
        Ok(())
    }
}

fn options(dimensions: usize) -> IndexOptions {
    IndexOptions {
        dimensions,
        metric: MetricKind::Cos,
        quantization: ScalarKind::I8,
        connectivity: CONNECTIVITY,
        expansion_add: EXPANSION_ADD,
        expansion_search: EXPANSION_SEARCH,
        multi: false,
    }
}

fn checksum(head: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(body);
    hasher.finalize()
}

fn decode(bytes: &[u8], dimensions: usize) -> Option<Inner> {
    let mut input = Reader::new(bytes);
    if input.raw(MAGIC.len())? != MAGIC || input.u32()? != dimensions {
        return None;
    }
    let (generation, length) = (input.u64()?, input.u64()?);
    let mark = Mark { generation, length, sum: u32::from_le_bytes(input.array()?) };
    let covered = Row::try_from(input.u32()?).ok()?;
    let size = usize::try_from(input.u64()?).ok()?;
    let head = bytes.get(..bytes.len() - input.left())?;
    let sum = u32::from_le_bytes(input.array()?);
    let body = input.raw(size)?;
    if input.left() > 0 || checksum(head, body) != sum {
        return None;
    }
    let index = Index::new(&options(dimensions)).ok()?;
    index.load_from_buffer(body).ok()?;
    (index.dimensions() == dimensions).then_some(Inner { index: Some(index), covered, mark, failed: false })
}
