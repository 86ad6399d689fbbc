//! One wiki's text index.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tantivy::index::SegmentComponent;
use tantivy::indexer::{IndexWriterOptions, NoMergePolicy};
use tantivy::merge_policy::{LogMergePolicy, MergePolicy};
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyDocument};

use super::collect::{ENOUGH, Named, Shelf, collect};
use super::derived_directory::DerivedDirectory;
use super::excerpt::Excerpts;
use super::page::IndexedPage;
use super::page_set::PageSet;
use super::past::Past;
use super::pending::{Pending, Waiting};
use super::plan::{Corpus, Highlights, Plan};
use super::query::Query;
use super::schema::{Fields, parse_payload, payload};
use super::snippet::Finder;
use super::{Admission, Error, SectionRef, Source, SourceChange, TextQuery, analyzer};
use crate::model::{Language, PagePath, Revision};

/// tantivy's least for its one indexing thread, which lives for the time of a commit.
const WRITER_BYTES: usize = 15_000_000;
/// Decompressed blocks of stored pages kept in memory for each segment; 16 KB each.
const STORE_BLOCKS: usize = 8;
/// Deeper pages of results are not worth their cost.
const DEEPEST: usize = 10_000;
/// As many hits are answered at most.
pub(super) const MOST_HITS: usize = 1_000;

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
}

/// One state of the index, which stays what it is.
pub(super) struct View {
    searcher: Searcher,
    pub(super) reflects: Option<Revision>,
    pub(super) language: Language,
}

/// An opened index, and whether what was there could not be used.
pub struct Opened {
    pub index: TextIndex,
    /// The index was missing or damaged, and now is empty.
    pub rebuilt: bool,
}

/// A page that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub path: PagePath,
    pub title: String,
    /// How well it matches, 0 to 1, comparable between queries: a page that has all words in
    /// its text only stays around or below 0.5.
    pub score: f32,
    /// Plain text on one line, about 240 characters.
    pub snippet: String,
    /// What of the snippet matched: byte ranges, in order.
    pub highlights: Vec<Range<usize>>,
    /// Where the snippet is from; none before the first heading, and for a page whose text has
    /// none of the words.
    pub section: Option<SectionRef>,
    /// Further sections that have some of the words, the best first; three at most.
    pub also: Vec<SectionRef>,
}

/// One stretch of the results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hits {
    /// How many pages match, not only those in `hits`.
    pub total: usize,
    pub hits: Vec<Hit>,
}

/// What a query finds, as the index was then.
pub struct Ranking<'i> {
    index: &'i TextIndex,
    language: Language,
    shelves: Vec<Shelf>,
    query: Query,
    plan: Plan,
    total: usize,
    pages: Vec<Named>,
}

impl Ranking<'_> {
    /// How many pages match, not only those that were asked for.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// The pages with their scores from 0 to 1, the best first.
    pub fn pages(&self) -> impl Iterator<Item = (&str, f32)> {
        self.pages.iter().map(|found| (found.path.as_str(), found.score))
    }

    /// What is shown of some of them, by their places in the ranking.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn hits(&self, places: impl Iterator<Item = usize>) -> Result<Vec<Hit>, Error> {
        self.index.watch_for_damage(|| {
            let highlights = Highlights::of(&self.query);
            let finder = Finder::new(&highlights, self.language);
            let mut excerpts = Excerpts::new(&self.index.fields, &self.plan.shown, finder);
            let mut hits = Vec::new();
            for found in places.filter_map(|place| self.pages.get(place)) {
                if let Some(shelf) = self.shelves.get(found.place.shelf) {
                    hits.push(excerpts.hit(&shelf.searcher, found.place.page, found.score)?);
                }
            }
            Ok(hits)
        })
    }
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
                Some((revision, language)) => State { reflects: Some(revision), language },
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
        self.write(State { reflects: Some(reflects), language: self.language() }, |writer| {
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
        self.write(State { reflects: Some(reflects), language }, |writer| {
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
        let waiting = Waiting::default();
        for change in changes {
            let Some(blob) = change.blob else { continue };
            let page = IndexedPage::read(&change.path, &source.text(blob).map_err(Error::Source)?);
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
                commit.set_payload(&payload(reflects, state.language));
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

    /// Finds pages. Any text is a query: words are looked for in title, path, tags, headings and
    /// text, all of them first and then some of them if few pages have all; pages need not have
    /// all words of a question, which has five or more. `"a phrase"` is found in that order, which
    /// a question only prefers; `title:word`
    /// in titles; `tag:name`, `category:name` and `path:Folder/` choose pages; `-` before any of
    /// these excludes. The last word may be unfinished; a word that no page has stands for
    /// those that are spelt almost like it. At most 1,000 hits.
    ///
    /// # Errors
    /// When the files cannot be read; [`Self::is_damaged`] is then set.
    pub fn search(&self, query: &TextQuery) -> Result<Hits, Error> {
        let ranking = self.ranking(&TextQuery { limit: query.limit.min(MOST_HITS), ..query.clone() })?;
        Ok(Hits { total: ranking.total, hits: ranking.hits(0..ranking.pages.len())? })
    }

    /// Which pages a query admits, whether they have its words or not.
    ///
    /// # Errors
    /// As [`Self::search`].
    pub fn admission(&self, query: &TextQuery) -> Result<Admission, Error> {
        let view = self.view();
        let mut parsed = Query::parse(&query.text, view.language);
        parsed.demand(&query.filter);
        self.watch_for_damage(|| Ok(Admission::new(&parsed, view.searcher, &self.fields)?))
    }

    /// As [`Self::search`], without looking at the pages yet.
    ///
    /// # Errors
    /// As there.
    pub fn ranking(&self, query: &TextQuery) -> Result<Ranking<'_>, Error> {
        self.ranking_in(self.view(), None, query)
    }

    /// The ranking in a state of the index, perhaps with pages as they were before it.
    pub(super) fn ranking_in(&self, view: View, past: Option<&Past>, query: &TextQuery) -> Result<Ranking<'_>, Error> {
        let (limit, offset) = (query.limit.min(DEEPEST), query.offset.min(DEEPEST));
        let limit = if query.offset > DEEPEST { 0 } else { limit };
        let mut parsed = Query::parse(&query.text, view.language);
        parsed.demand(&query.filter);
        self.watch_for_damage(|| {
            let mut shelves = vec![Shelf { searcher: view.searcher, hidden: PageSet::default() }];
            if let (Some(past), [now]) = (past, shelves.as_mut_slice()) {
                now.hidden = past.replaced_in(&now.searcher, &self.fields)?;
                shelves.push(Shelf { searcher: past.searcher(), hidden: PageSet::default() });
            }
            let searchers = shelves.iter().map(|shelf| &shelf.searcher).collect();
            let corpus = Corpus { fields: &self.fields, searchers };
            let mut plan = parsed.plan(&corpus)?;
            let mut ranked = None;
            if !parsed.is_empty() {
                let mut found = collect(&shelves, &plan, limit, offset)?;
                if found.strict < ENOUGH
                    && let Some(corrected) = parsed.corrected(&corpus)?
                {
                    plan = corrected.plan(&corpus)?;
                    parsed = corrected;
                    found = collect(&shelves, &plan, limit, offset)?;
                }
                ranked = Some(found);
            }
            let (total, pages) = ranked.map_or_else(Default::default, |ranked| (ranked.total, ranked.pages));
            drop(corpus);
            Ok(Ranking { index: self, language: view.language, shelves, query: parsed, plan, total, pages })
        })
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

    fn watch_for_damage<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
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
