//! Pages as they were at a commit, for a search of that time: those that differ from the
//! index, in a small index in memory. All others are searched where they are.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tantivy::directory::RamDirectory;
use tantivy::schema::IndexRecordOption;
use tantivy::tokenizer::TokenizerManager;
use tantivy::{DocAddress, DocSet as _, Index, Searcher, TERMINATED};

use super::page::IndexedPage;
use super::page_set::PageSet;
use super::schema::Fields;
use super::text_index::View;
use super::{Error, Source, analyzer};
use crate::model::{Language, PagePath, Revision, WikiId};

/// Pages that may differ, and bytes of Markdown that they may have.
pub(super) const MOST_PAGES: usize = 2_000;
const MOST_BYTES: usize = 16 << 20;
/// tantivy's least for an indexing thread.
const WRITER_BYTES: usize = 15_000_000;
/// States of the past that are kept, of all wikis.
const KEPT: usize = 4;

/// The pages of a commit that differ from the indexed ones.
pub(super) struct Past {
    /// Those that are not what they are in the index: changed, or added since.
    differing: Vec<PagePath>,
    searcher: Searcher,
}

/// Which commit, seen from which state of which index.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    wiki: WikiId,
    as_of: Revision,
    indexed: Option<Revision>,
    language: Language,
}

/// The states of the past that were asked for last.
#[derive(Default)]
pub(super) struct PastStates {
    kept: Mutex<VecDeque<(Key, Arc<Past>)>>,
    /// One is made at a time.
    making: Mutex<()>,
}

impl PastStates {
    pub(super) fn get(
        &self,
        wiki: WikiId,
        as_of: Revision,
        view: &View,
        fields: &Fields,
        source: &dyn Source,
    ) -> Result<Arc<Past>, Error> {
        let key = Key { wiki, as_of, indexed: view.reflects, language: view.language };
        if let Some(past) = self.kept(key) {
            return Ok(past);
        }
        let _one = self.making.lock();
        if let Some(past) = self.kept(key) {
            return Ok(past);
        }
        let past = Arc::new(Past::make(key, fields, source)?);
        let mut kept = self.kept.lock();
        kept.truncate(KEPT - 1);
        kept.push_front((key, Arc::clone(&past)));
        Ok(past)
    }

    fn kept(&self, key: Key) -> Option<Arc<Past>> {
        let mut kept = self.kept.lock();
        let at = kept.iter().position(|(known, _)| *known == key)?;
        let found = kept.remove(at)?;
        let past = Arc::clone(&found.1);
        kept.push_front(found);
        Some(past)
    }

    pub(super) fn forget(&self, wiki: WikiId) {
        self.kept.lock().retain(|(key, _)| key.wiki != wiki);
    }
}

impl Past {
    fn make(key: Key, fields: &Fields, source: &dyn Source) -> Result<Self, Error> {
        let changes = source.changes(key.indexed, key.as_of).map_err(Error::Source)?;
        let changes = changes.ok_or(Error::NoSuchRevision(key.as_of))?;
        if changes.len() > MOST_PAGES {
            return Err(Error::TooManyDiffer { pages: changes.len(), limit: MOST_PAGES });
        }
        let tokenizers = TokenizerManager::default();
        analyzer::register(&tokenizers, key.language);
        let index = Index::builder().schema(fields.schema.clone()).tokenizers(tokenizers);
        let mut writer = index.single_segment_index_writer(RamDirectory::default(), WRITER_BYTES)?;
        let mut bytes = 0;
        for change in &changes {
            let Some(blob) = change.blob else { continue };
            let text = source.text(blob).map_err(Error::Source)?;
            bytes += text.len();
            if bytes > MOST_BYTES {
                return Err(Error::TooLargeDifference { limit: MOST_BYTES });
            }
            writer.add_document(
                fields.document(&change.path, &IndexedPage::read(&change.path, &text, source.link_order())),
            )?;
        }
        let searcher = writer.finalize()?.reader()?.searcher();
        Ok(Self { differing: changes.into_iter().map(|change| change.path).collect(), searcher })
    }

    pub(super) fn searcher(&self) -> Searcher {
        self.searcher.clone()
    }

    /// The pages of an index in whose place these stand.
    pub(super) fn replaced_in(&self, searcher: &Searcher, fields: &Fields) -> tantivy::Result<PageSet> {
        let mut replaced = PageSet::default();
        for (number, segment) in (0..).zip(searcher.segment_readers()) {
            let paths = segment.inverted_index(fields.path)?;
            for path in &self.differing {
                let Some(mut pages) = paths.read_postings(&fields.term(path), IndexRecordOption::Basic)? else {
                    continue;
                };
                while pages.doc() != TERMINATED {
                    replaced.add(DocAddress::new(number, pages.doc()));
                    pages.advance();
                }
            }
        }
        Ok(replaced)
    }
}
