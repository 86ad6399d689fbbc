//! Asking a text index.

use std::ops::Range;

use super::collect::{ENOUGH, Named, Shelf, collect};
use super::excerpt::Excerpts;
use super::page_set::PageSet;
use super::past::Past;
use super::plan::{Corpus, Highlights, Plan};
use super::query::Query;
use super::snippet::Finder;
use super::text_index::View;
use super::{Admission, Error, SectionRef, TextIndex, TextQuery};
use crate::model::{Language, PagePath};

/// Deeper pages of results are not worth their cost.
const DEEPEST: usize = 10_000;
/// As many hits are answered at most.
pub(super) const MOST_HITS: usize = 1_000;

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

    /// Whether words count that stand in for others, which no page has.
    #[must_use]
    pub fn is_corrected(&self) -> bool {
        self.query.is_corrected()
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
            let mut excerpts = Excerpts::new(self.index.fields(), &self.plan.shown, finder);
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
        self.watch_for_damage(|| Ok(Admission::new(&parsed, view.searcher, self.fields())?))
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
                now.hidden = past.replaced_in(&now.searcher, self.fields())?;
                shelves.push(Shelf { searcher: past.searcher(), hidden: PageSet::default() });
            }
            let searchers = shelves.iter().map(|shelf| &shelf.searcher).collect();
            let corpus = Corpus { fields: self.fields(), searchers };
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
}
