//! The vectors of one wiki: the log, what it says in memory, and the graph for large ones.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock, RwLockReadGuard};

use super::bytes::Reader;
use super::graph::Graph;
use super::log::{Key, Log};
use super::packed::Packed;
use super::record::{Embedded, Passage, Record, TextHash};
use super::table::{Reflected, Row, Table};
use crate::model::PagePath;
use crate::repo::BlobId;

/// A file may have this much more than twice what it needs, before it is rewritten. Bytes.
const SPARE: u64 = 1 << 20;

pub(super) struct Store {
    /// Held by whoever writes.
    log: Mutex<Log>,
    held: RwLock<Held>,
    graph: Graph,
}

/// What readers see.
pub(super) struct Held {
    pub(super) table: Table,
    /// The file that the table's places are in.
    file: Arc<File>,
}

/// A consistent view; a writer waits for it.
pub(super) struct View<'s> {
    held: RwLockReadGuard<'s, Held>,
    pub(super) graph: &'s Graph,
}

impl Store {
    /// Opens the vectors of a model in a directory, which is made if it is missing. What is
    /// damaged is cut off. From `graph_from` passages on there is a graph.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn open(dir: &Path, key: &Key, graph_from: usize) -> io::Result<Self> {
        make_directory(dir)?;
        let path = dir.join(file_name(key));
        let graph = Graph::read(&path.with_extension(GRAPH), key.dimensions, graph_from);
        let mut table = Table::new(key.dimensions);
        let mut known = false;
        let log = Log::open(&path, key, &mut |records, mark| {
            table.apply(records);
            known |= graph.mark() == mark;
        })?;
        if !known {
            graph.clear();
        }
        let held = Held { table, file: log.file() };
        Ok(Self { log: Mutex::new(log), held: RwLock::new(held), graph })
    }

    /// An empty store in a file of its own beside that of [`Self::open`], until
    /// [`Self::take_over`] puts it in its place.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn open_successor(dir: &Path, key: &Key, graph_from: usize) -> io::Result<Self> {
        make_directory(dir)?;
        let log = Log::create(&dir.join(file_name(key)).with_extension(SUCCESSOR), key)?;
        let held = Held { table: Table::new(key.dimensions), file: log.file() };
        Ok(Self { log: Mutex::new(log), held: RwLock::new(held), graph: Graph::none(key.dimensions, graph_from) })
    }

    /// Makes the successor what will be opened.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn take_over(&self) -> io::Result<()> {
        let mut log = self.log.lock();
        log.sync()?;
        let path = log.path().with_extension(LOG);
        log.rename(path)
    }

    /// Adds what happened, all or nothing. Searches that begin afterwards see it.
    ///
    /// # Errors
    /// Those of the file system; nothing has changed then.
    pub(super) fn apply(&self, records: &[Record]) -> io::Result<()> {
        let mut log = self.log.lock();
        let placed = log.append(records)?;
        self.held.write().table.apply(placed);
        Ok(())
    }

    /// Rewrites the file without what is not needed any more, if that is most of it.
    ///
    /// # Errors
    /// Those of the file system; everything is then as it was.
    pub(super) fn tidy(&self) -> io::Result<bool> {
        let mut log = self.log.lock();
        let (spans, state) = {
            let held = self.held.read();
            if log.mark().length <= 2 * held.table.live_bytes() + SPARE {
                return Ok(false);
            }
            (held.table.spans().collect::<Vec<_>>(), held.table.state)
        };
        let mut table = Table::new(log.key().dimensions);
        let rewritten = log.rewrite(spans.into_iter(), &record_of(state), &mut |records, _| table.apply(records))?;
        *log = rewritten;
        *self.held.write() = Held { table, file: log.file() };
        self.graph.clear();
        Ok(true)
    }

    /// Waits until the disk has everything.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.log.lock().sync()
    }

    pub(super) fn reflected(&self) -> Reflected {
        self.held.read().table.state
    }

    /// Whether it has every page of some commit.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.reflected(), Reflected::Commit(_))
    }

    pub(super) fn view(&self) -> View<'_> {
        View { held: self.held.read(), graph: &self.graph }
    }

    /// The file of a page as it was embedded.
    pub(super) fn blob(&self, path: &PagePath) -> Option<BlobId> {
        let held = self.held.read();
        held.table.number_of(path).and_then(|number| held.table.page(number)).map(|page| page.blob)
    }

    /// All pages that have been embedded.
    pub(super) fn paths(&self) -> Vec<PagePath> {
        self.held.read().table.pages().map(|page| page.path.clone()).collect()
    }

    /// The vector of a text that was embedded before.
    pub(super) fn vector_of(&self, text: TextHash) -> Option<Packed> {
        let view = self.view();
        view.vector(view.table().with_text(text)?)
    }

    /// Pages and passages.
    pub(super) fn counts(&self) -> (usize, usize) {
        let held = self.held.read();
        (held.table.page_count(), held.table.live_rows())
    }

    /// Bytes of memory, about.
    pub(super) fn memory(&self) -> usize {
        self.held.read().table.memory() + self.graph.memory()
    }

    /// Bytes of the file.
    pub(super) fn size(&self) -> u64 {
        self.log.lock().mark().length
    }

    /// Adds up to `most` rows to the graph, if there is to be one; returns whether more are
    /// to be added.
    pub(super) fn grow_graph(&self, most: usize) -> bool {
        self.graph.grow(most, || self.view())
    }

    /// Stores the graph, if it is complete and has changed much since it was stored.
    pub(super) fn store_graph(&self, however_little: bool) {
        let log = self.log.lock();
        let rows = self.held.read().table.row_count();
        if self.graph.is_worth_storing(rows, however_little)
            && let Err(error) = self.graph.write(&log.path().with_extension(GRAPH), log.mark())
        {
            tracing::warn!(%error, "the graph of vectors could not be stored; it will be built again");
        }
    }
}

impl View<'_> {
    pub(super) fn table(&self) -> &Table {
        &self.held.table
    }

    /// The vector of a row as it was stored.
    pub(super) fn vector(&self, row: Row) -> Option<Packed> {
        let dimensions = self.table().dimensions();
        let start = self.table().place(row)?.start;
        let head = self.read(start..start + Embedded::head(dimensions) as u64)?;
        Embedded::vector(&head, dimensions)
    }

    /// What is known of a row's passage.
    pub(super) fn passage(&self, row: Row) -> Option<Passage> {
        let bytes = self.read(self.table().place(row)?)?;
        Some(Embedded::read(&mut Reader::new(&bytes), self.table().dimensions())?.passage)
    }

    fn read(&self, place: Range<u64>) -> Option<Vec<u8>> {
        let length = usize::try_from(place.end.checked_sub(place.start)?).ok()?;
        let mut bytes = vec![0; length];
        match self.held.file.read_exact_at(&mut bytes, place.start) {
            Ok(()) => Some(bytes),
            Err(error) => {
                tracing::warn!(%error, "stored vectors cannot be read");
                None
            }
        }
    }
}

const LOG: &str = "log";
const GRAPH: &str = "graph";
const SUCCESSOR: &str = "next";

/// One file for each model, so that a model that was used before finds its vectors again.
pub(super) fn file_name(key: &Key) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(format!("{} {}", key.dimensions, key.model));
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{name}.{LOG}")
}

/// Removes the files of all other models.
pub(super) fn remove_others(dir: &Path, key: &Key) -> io::Result<()> {
    let own = PathBuf::from(file_name(key));
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if Path::new(&entry.file_name()).file_stem() != own.file_stem() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

pub(super) fn record_of(state: Reflected) -> Record {
    match state {
        Reflected::Nothing => Record::Reflects(None),
        Reflected::Commit(revision) => Record::Reflects(Some(revision)),
        Reflected::Unfinished => Record::Unfinished,
    }
}

/// Makes the directory and the one above, but no wiki's: whoever removed that is not to find
/// it again.
fn make_directory(dir: &Path) -> io::Result<()> {
    for dir in dir.parent().into_iter().chain([dir]) {
        match fs::create_dir(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    if !dir.is_dir() {
        // Something else is in the way; what is here is ours.
        fs::remove_file(dir)?;
        fs::create_dir(dir)?;
    }
    Ok(())
}
