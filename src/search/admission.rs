//! Which pages a query leaves to those that find them otherwise, by their meaning.

use tantivy::query::BooleanQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet as _, Searcher, TERMINATED};

use super::page_set::{PageSet, PageSets};
use super::plan::{Corpus, Plan};
use super::query::Query;
use super::schema::Fields;
use crate::model::{Language, PagePath};

/// What of a query is no matter of degree: exclusions, fields, phrases and filters.
pub struct Admission {
    searcher: Searcher,
    fields: Fields,
    hidden: PageSet,
    only: Option<PageSet>,
    open: bool,
}

/// What of a query has a meaning: its words, without fields, exclusions and quotation marks.
#[must_use]
pub fn words_of(query: &str) -> String {
    Query::parse(query, Language::None).said
}

impl Admission {
    pub(super) fn new(query: &Query, searcher: Searcher, fields: &Fields) -> tantivy::Result<Self> {
        let corpus = Corpus { fields, searchers: vec![&searcher] };
        let Plan { mut only, excluded, demanded, .. } = query.plan(&corpus)?;
        only.extend(demanded);
        let open = only.is_empty() && excluded.is_empty();
        let hidden = searcher.search(&BooleanQuery::union(excluded), &PageSets)?;
        let only =
            if only.is_empty() { None } else { Some(searcher.search(&BooleanQuery::intersection(only), &PageSets)?) };
        Ok(Self { searcher, fields: fields.clone(), hidden, only, open })
    }

    /// Whether every page is admitted.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Whether a page may be shown. One that is not indexed yet may only if every page may.
    #[must_use]
    pub fn admits(&self, path: &PagePath) -> bool {
        self.open || self.place(path).is_some_and(|page| self.shows(page))
    }

    fn shows(&self, page: DocAddress) -> bool {
        !self.hidden.has(page) && self.only.as_ref().is_none_or(|only| only.has(page))
    }

    fn place(&self, path: &PagePath) -> Option<DocAddress> {
        let term = self.fields.term(path);
        for (number, segment) in (0..).zip(self.searcher.segment_readers()) {
            let paths = segment.inverted_index(self.fields.path).ok()?;
            let Some(mut pages) = paths.read_postings(&term, IndexRecordOption::Basic).ok()? else { continue };
            while pages.doc() != TERMINATED {
                if !segment.is_deleted(pages.doc()) {
                    return Some(DocAddress::new(number, pages.doc()));
                }
                pages.advance();
            }
        }
        None
    }
}
