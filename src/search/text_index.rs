//! One wiki's text index.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tantivy::index::SegmentComponent;
use tantivy::indexer::{IndexWriterOptions, NoMergePolicy};
use tantivy::merge_policy::{LogMergePolicy, MergePolicy};
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyDocument};

use super::derived_directory::DerivedDirectory;
use super::page::IndexedPage;
use super::pending::{Pending, Waiting};
use super::schema::{Fields, parse_payload, payload};
use super::{Error, Source, SourceChange, analyzer};
use crate::model::{Language, LinkOrder, Revision};

/// tantivy's least for its one indexing thread, which lives for the time of a commit.
const WRITER_BYTES: usize = 15_000_000;
/// Decompressed blocks of stored pages kept in memory for each segment; 16 KB each.
const STORE_BLOCKS: usize = 8;
/// A text index in a directory of its own. The commit of the wiki that it reflects is stored
/// with every commit of its own, so that at any time it is exactly some revision's.
pub struct TextIndex {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    state: Mutex<State>,
    damaged: AtomicBool,
    writing: Mutex<()>,
}

/// What the files hold.
#[derive(Clone, Copy, Default)]
struct State {
    reflects: Option<Revision>,
    language: Language,
    order: LinkOrder,
}

/// One state of the index, which stays what it is.
pub(super) struct View {
    pub(super) searcher: Searcher,
    pub(super) reflects: Option<Revision>,
    pub(super) language: Language,
}

/// An opened index, and whether what was there could not be used.
pub struct Opened {
    pub index: TextIndex,
    /// The index was missing or damaged, and now is empty.
    pub rebuilt: bool,
}

impl TextIndex {
    /// Opens the index in `dir`, reading all of it once to compare checksums. What is missing,
    /// damaged or of another version is removed and an empty index put in its place.
    ///
    /// # Errors
    /// When the directory can be neither read nor replaced.
    pub fn open(dir: &Path) -> Result<Opened, Error> {
        if dir.join("meta.json").exists() {
            match guarded(|| Self::open_existing(dir)) {
                Ok(index) => return Ok(Opened { index, rebuilt: false }),
                Err(error) => tracing::warn!(dir = %dir.display(), %error, "text index unusable, rebuilding"),
            }
        }
        remove(dir)?;
        fs::create_dir_all(dir).map_err(|source| io_error(dir, source))?;
        Ok(Opened { index: Self::create(dir)?, rebuilt: true })
    }

    fn open_existing(dir: &Path) -> Result<Self, Error> {
        let damaged = |what: &str| Err(Error::Damaged(what.to_owned()));
        if !dir.join(".managed.json").exists() {
            return damaged("list of files is missing");
        }
        let directory = DerivedDirectory::open(dir).map_err(tantivy::TantivyError::from)?;
        let index = Index::open(directory)?;
        let fields = Fields::new();
        if index.schema() != fields.schema {
            return damaged("made with another schema");
        }
        let metas = index.load_metas()?;
        let state = match &metas.payload {
            Some(payload) => match parse_payload(payload) {
                Some((revision, language, order)) => State { reflects: Some(revision), language, order },
                None => return damaged("reflects an unknown revision"),
            },
            None if metas.segments.is_empty() => State::default(),
            None => return damaged("has pages of no revision"),
        };
        for segment in &metas.segments {
            let mut parts = vec![
                SegmentComponent::Postings,
                SegmentComponent::Positions,
                SegmentComponent::Terms,
                SegmentComponent::Store,
                SegmentComponent::FastFields,
                SegmentComponent::FieldNorms,
            ];
            if segment.has_deletes() {
                parts.push(SegmentComponent::Delete);
            }
            for part in parts {
                let path = segment.relative_path(part);
                if !index.directory().validate_checksum(&path).map_err(tantivy::TantivyError::from)? {
                    return damaged(&format!("checksum of {}", path.display()));
                }
            }
        }
        Self::with(index, fields, state)
    }

    fn create(dir: &Path) -> Result<Self, Error> {
        let directory = DerivedDirectory::open(dir).map_err(tantivy::TantivyError::from)?;
        let fields = Fields::new();
        let settings = IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
        let index = Index::create(directory, fields.schema.clone(), settings)?;
        Self::with(index, fields, State::default())
    }

    fn with(index: Index, fields: Fields, state: State) -> Result<Self, Error> {
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(STORE_BLOCKS)
            .try_into()?;
        let (state, damaged, writing) = (Mutex::new(state), AtomicBool::new(false), Mutex::new(()));
        Ok(Self { index, reader, fields, state, damaged, writing })
    }

    /// The revision whose pages are found; `None` before the first.
    pub fn reflects(&self) -> Option<Revision> {
        self.state.lock().reflects
    }

    /// The language by whose rules its words were made; the default one while it is empty.
    pub fn language(&self) -> Language {
        self.state.lock().language
    }

    /// How the links in it were read.
    pub(super) fn link_order(&self) -> LinkOrder {
        self.state.lock().order
    }

    pub(super) fn view(&self) -> View {
        let state = self.state.lock();
        View { searcher: self.reader.searcher(), reflects: state.reflects, language: state.language }
    }

    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// How many pages are indexed.
    pub fn documents(&self) -> usize {
        usize::try_from(self.reader.searcher().num_docs()).unwrap_or(usize::MAX)
    }

    /// Whether using the index failed in a way that opening it again may repair.
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Acquire)
    }

    /// Brings the index to `reflects` by these changes, all or nothing. Searches that begin
    /// after it returns see them. Pages are read one at a time.
    ///
    /// # Errors
    /// When a page cannot be read or the files not be written; the index then stays what it was.
    pub fn apply(&self, changes: &[SourceChange], source: &dyn Source, reflects: Revision) -> Result<(), Error> {
        let state = State { reflects: Some(reflects), ..*self.state.lock() };
        self.write(state, |writer| {
            for change in changes {
                writer.delete_term(self.fields.term(&change.path));
            }
            self.add(writer, changes, source)
        })
    }

    /// Makes the index hold these pages only, by the rules of a language. Searches see the old
    /// ones until it returns.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn replace(
        &self,
        pages: &[SourceChange],
        source: &dyn Source,
        reflects: Revision,
        language: Language,
    ) -> Result<(), Error> {
        let order = source.link_order();
        self.write(State { reflects: Some(reflects), language, order }, |writer| {
            writer.delete_all_documents()?;
            self.add(writer, pages, source)
        })
    }

    fn add(
        &self,
        writer: &mut IndexWriter<Pending>,
        changes: &[SourceChange],
        source: &dyn Source,
    ) -> Result<(), Error> {
        let (waiting, order) = (Waiting::default(), source.link_order());
        for change in changes {
            let Some(blob) = change.blob else { continue };
            let page = IndexedPage::read(&change.path, &source.text(blob).map_err(Error::Source)?, order);
            let document = self.fields.document(&change.path, &page);
            writer.add_document(waiting.admit(document, page.body.len()))?;
        }
        Ok(())
    }

    /// Makes the index that of a wiki without a commit.
    ///
    /// # Errors
    /// When the files cannot be written; the index then stays what it was.
    pub fn clear(&self) -> Result<(), Error> {
        self.write(State::default(), |writer| Ok(writer.delete_all_documents().map(drop)?))
    }

    /// Waits for whoever writes, and lets nobody write any more: afterwards the directory
    /// belongs to the next one that opens it.
    pub(super) fn retire(&self) {
        let _last = self.writing.lock();
        self.damaged.store(true, Ordering::Release);
    }

    fn write(
        &self,
        state: State,
        fill: impl FnOnce(&mut IndexWriter<Pending>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let _one_writer = self.writing.lock();
        self.refuse_if_damaged()?;
        self.watch_for_damage(|| {
            // Searching needs none of these: a query is cut into words by the rules of the state.
            analyzer::register(self.index.tokenizers(), state.language);
            let mut writer = self.writer()?;
            fill(&mut writer)?;
            let mut commit = writer.prepare_commit()?;
            if let Some(reflects) = state.reflects {
                commit.set_payload(&payload(reflects, state.language, state.order));
            }
            commit.commit()?;
            // Ends the writer's threads.
            writer.wait_merging_threads()?;
            let mut current = self.state.lock();
            self.reader.reload()?;
            *current = state;
            Ok(())
        })
    }

    /// Merges small segments and drops deleted pages, where that is due. What can be found
    /// does not change. Returns whether there was something to do.
    ///
    /// # Errors
    /// When the files cannot be written; the index then stays what it was.
    pub fn tidy(&self) -> Result<bool, Error> {
        let _one_writer = self.writing.lock();
        self.refuse_if_damaged()?;
        self.watch_for_damage(|| {
            let mut policy = LogMergePolicy::default();
            policy.set_min_layer_size(500);
            policy.set_del_docs_ratio_before_merge(0.3);
            let due = policy.compute_merge_candidates(&self.index.searchable_segment_metas()?);
            if due.is_empty() {
                return Ok(false);
            }
            let mut writer = self.writer()?;
            for candidate in due {
                writer.merge(&candidate.0).wait()?;
            }
            self.reader.reload()?;
            writer.garbage_collect_files().wait()?;
            writer.wait_merging_threads()?;
            Ok(true)
        })
    }

    /// A writer for one commit: between commits there are no threads and no memory. It merges
    /// nothing by itself, so that a commit never waits for a merge.
    fn writer(&self) -> Result<IndexWriter<Pending>, Error> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(WRITER_BYTES)
            .build();
        let writer: IndexWriter<Pending> = self.index.writer_with_options(options)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(writer)
    }

    /// The paths of all indexed pages, to compare an index with its wiki.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn paths(&self) -> Result<BTreeSet<String>, Error> {
        self.watch_for_damage(|| {
            let searcher = self.reader.searcher();
            let mut paths = BTreeSet::new();
            for segment in searcher.segment_readers() {
                let store = segment.get_store_reader(STORE_BLOCKS).map_err(tantivy::TantivyError::from)?;
                for document in store.iter::<TantivyDocument>(segment.alive_bitset()) {
                    let stored = self.fields.stored(&document?);
                    let stored = stored.ok_or_else(|| Error::Damaged("a stored page".to_owned()))?;
                    paths.insert(stored.path.to_string());
                }
            }
            Ok(paths)
        })
    }

    fn refuse_if_damaged(&self) -> Result<(), Error> {
        if self.is_damaged() { Err(Error::Damaged("waits for repair".to_owned())) } else { Ok(()) }
    }

    pub(super) fn watch_for_damage<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let result = guarded(work);
        if result.as_ref().is_err_and(Error::is_damage) {
            self.damaged.store(true, Ordering::Release);
        }
        result
    }
}

/// tantivy trusts its files: what slipped past the checksums may panic.
fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Error::Damaged("panic while using it".to_owned())))
}

fn remove(dir: &Path) -> Result<(), Error> {
    let removed = match fs::symlink_metadata(dir) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(dir),
        Ok(_) => fs::remove_file(dir),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(dir, error)),
        _ => Ok(()),
    }
}

fn io_error(path: &Path, source: io::Error) -> Error {
    Error::Io { path: PathBuf::from(path), source }
}
