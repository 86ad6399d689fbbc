use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use super::list::Filter as PageFilter;
use super::{Access, Read, WikiError, Wikis};
use crate::catalog::{PageEntry, State};
use crate::markdown;
use crate::model::{PagePath, Revision, display_name};
use crate::repo::{self, BlobId, Snapshot};
use crate::search::{
    self, CORRECTED, Error, FLOOR, Filter, Mode, NearPassage, Nearest, Passage, SectionRef, TextQuery, fuse,
    meaning_score,
};

/// How long a search waits for the text index to reach the commit that was the tip when it
/// began. Beyond it, the answer comes from the index as it is.
const PATIENCE: Duration = Duration::from_millis(400);
/// Passages of a page that are looked at for its sections.
const PASSAGES: usize = 6;
/// Further sections that are named of a page.
const MOST_ALSO: usize = 3;
/// How much worse than a page's best passage another may be to be named, as a difference of
/// inner products.
const WORSE: f32 = 0.12;

/// A question about a wiki's pages.
#[derive(Clone, Debug, Default)]
pub struct SearchQuery {
    pub text: String,
    pub mode: Mode,
    pub filter: Filter,
    /// Pages in the answer.
    pub limit: usize,
    /// Pages before them.
    pub offset: usize,
    /// A state of the past, which only words find.
    pub as_of: Option<Revision>,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct SearchResults {
    /// Pages that match, however many were asked for. Where meaning counts, those with a
    /// passage above the floor; of a wiki so large that it has a graph, those of the 512
    /// nearest passages.
    pub total: usize,
    pub hits: Vec<Hit>,
    /// What was compared in the end: words alone when the model has no time or there is none.
    pub mode: Mode,
    /// The commit whose pages were found by words, or by their meaning if only that counted;
    /// none while the index is being made.
    pub indexed: Option<Revision>,
}

/// A page that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    pub path: PagePath,
    pub title: String,
    /// How well it matches, 0 to 1, comparable within a mode.
    pub score: f32,
    /// Whether its words match, and whether its meaning does.
    pub words: bool,
    pub meaning: bool,
    /// Plain text on one line, about 240 characters.
    pub snippet: String,
    /// What of the snippet matched: byte ranges, in order.
    pub highlights: Vec<Range<usize>>,
    /// Where the snippet is from, if that is known.
    pub section: Option<SectionRef>,
    /// Further sections of the page that match, the best first.
    pub also: Vec<SectionRef>,
}

/// A passage that was found by its meaning.
#[derive(Clone, PartialEq, Debug)]
pub struct ChunkHit {
    pub path: PagePath,
    pub title: String,
    /// The inner product with the query, -1 to 1; 1 means the same.
    pub similarity: f32,
    /// The passage's place among its page's, from 0, and how many there are.
    pub index: usize,
    pub total: usize,
    /// Words of the page.
    pub page_words: usize,
    pub section: SectionRef,
    /// The page's title and the headings, joined by ` > `.
    pub section_path: String,
    /// The passage as plain text, without the section's path.
    pub text: String,
}

/// Finds pages, best first.
///
/// # Errors
/// When an index cannot be read; for [`Mode::Semantic`] also when there is no model, or no
/// time to use it.
pub fn search(wikis: &Wikis, access: &Access<Read>, query: &SearchQuery) -> Result<SearchResults, WikiError> {
    if query.text.trim().is_empty() {
        return Ok(SearchResults { total: 0, hits: Vec::new(), mode: query.mode, indexed: None });
    }
    let search = Search::new(wikis, access, query)?;
    match query.mode {
        Mode::Text => search.by_words(),
        // Fields and exclusions alone mean nothing.
        _ if search::words_of(&query.text).is_empty() => search.by_words(),
        _ if query.as_of.is_some() => search.by_words(),
        Mode::Semantic => search.by_meaning(),
        Mode::Hybrid => search.by_both(),
    }
}

/// The passages that mean something like a text, the best first: at most `n`, and at most
/// `per_page` of a page, however far.
///
/// # Errors
/// When there is no model or no time to use it, or the vectors cannot be read.
pub fn semantic_chunks(
    wikis: &Wikis,
    access: &Access<Read>,
    text: &str,
    filter: &Filter,
    n: usize,
    per_page: usize,
) -> Result<Vec<ChunkHit>, WikiError> {
    let query = SearchQuery { text: text.to_owned(), filter: filter.clone(), ..SearchQuery::default() };
    let search = Search::new(wikis, access, &query)?;
    let mut found: Vec<(PagePath, BlobId, NearPassage)> = search.nearest(f32::NEG_INFINITY, |found| {
        let mut best = Vec::new();
        // Pages are in the order of their best passages, so that later ones have no better.
        for page in found.pages.iter().take(n) {
            let passages = found.passages(page, per_page).into_iter();
            best.extend(passages.map(|passage| (page.path.clone(), page.blob, passage)));
        }
        best
    })?;
    found.sort_by(|(a_path, _, a), (b_path, _, b)| {
        b.score.total_cmp(&a.score).then_with(|| a_path.cmp(b_path)).then(a.passage.index.cmp(&b.passage.index))
    });
    found.truncate(n);
    let mut texts = Texts::new(access);
    let hit = |(path, blob, NearPassage { score, passage }): (PagePath, BlobId, NearPassage)| {
        Ok(ChunkHit {
            title: search.title(&path).unwrap_or_default(),
            similarity: score,
            index: passage.index,
            total: passage.total,
            page_words: passage.page_words,
            text: texts.passage(blob, &passage)?,
            section_path: passage.section_path.clone(),
            section: section_of(passage),
            path,
        })
    };
    found.into_iter().map(hit).collect()
}

/// One search, with what it needs again and again.
struct Search<'s> {
    wikis: &'s Wikis,
    access: &'s Access<Read>,
    query: &'s SearchQuery,
    filter: PageFilter,
    /// Taken when the first page is looked at, not while a query is embedded.
    state: OnceCell<parking_lot::RwLockReadGuard<'s, State>>,
}

/// What meaning says of a page.
struct Meant {
    path: PagePath,
    blob: BlobId,
    score: f32,
}

impl<'s> Search<'s> {
    fn new(wikis: &'s Wikis, access: &'s Access<Read>, query: &'s SearchQuery) -> Result<Self, WikiError> {
        // From here on the metadata knows every page of the tip.
        drop(access.wiki().current()?);
        Ok(Self { wikis, access, query, filter: PageFilter::of_search(&query.filter), state: OnceCell::new() })
    }

    fn page(&self, path: &PagePath) -> Option<&PageEntry> {
        self.state.get_or_init(|| self.access.wiki().known()).page(path)
    }

    fn title(&self, path: &PagePath) -> Option<String> {
        let name = &self.page(path)?.name;
        Some(if name == path.leaf() { display_name(name) } else { name.clone() })
    }

    fn passes(&self, path: &PagePath) -> bool {
        self.page(path).is_some_and(|entry| self.filter.passes(entry))
    }
}

impl Search<'_> {
    /// Waits until the text index is at the tip, for a while.
    fn text_index(&self) -> Result<&search::Indexes, WikiError> {
        let indexes = self.wikis.indexes();
        if let Some(tip) = self.access.wiki().tip()? {
            indexes.wait_until(self.access.id(), tip, PATIENCE);
        }
        Ok(indexes)
    }

    fn text_query(&self, limit: usize, offset: usize) -> TextQuery {
        let SearchQuery { text, filter, as_of, .. } = self.query;
        TextQuery { text: text.clone(), filter: filter.clone(), limit, offset, as_of: *as_of }
    }

    fn indexed_text(&self) -> Option<Revision> {
        self.wikis.indexes().status(self.access.id()).ok().and_then(|status| status.indexed)
    }

    fn by_words(&self) -> Result<SearchResults, WikiError> {
        let indexes = self.text_index()?;
        let found = indexes.search(self.access.id(), &self.text_query(self.query.limit, self.query.offset))?;
        let hits = found.hits.into_iter().map(Hit::by_words).collect();
        Ok(SearchResults { total: found.total, hits, mode: Mode::Text, indexed: self.indexed_text() })
    }

    fn by_meaning(&self) -> Result<SearchResults, WikiError> {
        let (meant, passages) = self.meant(|found| {
            let shown = found.pages.iter().enumerate().skip(self.query.offset).take(self.query.limit);
            shown.map(|(place, page)| (place, found.passages(page, PASSAGES))).collect::<Vec<_>>()
        })?;
        let mut texts = Texts::new(self.access);
        let mut hits = Vec::with_capacity(passages.len());
        for (place, passages) in passages {
            let Some(page) = meant.get(place) else { continue };
            hits.push(self.hit_by_meaning(page, passages, &mut texts)?);
        }
        let vectors = self.wikis.vectors().status(self.access.id())?;
        Ok(SearchResults { total: meant.len(), hits, mode: Mode::Semantic, indexed: vectors.indexed })
    }

    fn by_both(&self) -> Result<SearchResults, WikiError> {
        let indexes = self.text_index()?;
        let both = indexes.with_ranking(self.access.id(), &self.text_query(usize::MAX, 0), |words| {
            // Those that a filter hides, or that are gone, do not count.
            let kept: Vec<(usize, &str, f32)> = words
                .pages()
                .enumerate()
                .filter(|(_, (path, _))| PagePath::parse(path).is_ok_and(|path| self.passes(&path)))
                .map(|(place, (path, score))| (place, path, score))
                .collect();
            let found = self.meant(|found| {
                let trust = if words.is_corrected() { CORRECTED } else { 1.0 };
                let scored = kept.iter().map(|(_, path, score)| (*path, trust * *score));
                let fused = fuse(scored, found.pages.iter().map(|page| (page.path.as_str(), page.score)));
                // The ranking of words ends after some thousands, their number does not.
                let total = fused.len() + words.total().saturating_sub(words.pages().count());
                let shown = fused.into_iter().skip(self.query.offset).take(self.query.limit);
                let passages = |place: usize| found.pages.get(place).map(|page| found.passages(page, PASSAGES));
                let shown = shown.map(|page| (page, page.meaning.and_then(passages).unwrap_or_default()));
                (total, shown.collect::<Vec<_>>())
            });
            let found = match found {
                Ok(found) => found,
                Err(error) => return Ok(Err(error)),
            };
            let (_, (_, shown)) = &found;
            let places = shown.iter().filter_map(|(page, _)| kept.get(page.words?)).map(|(place, ..)| *place);
            let hits = words.hits(places)?;
            Ok(Ok((found, hits)))
        })?;
        let ((meant, (total, shown)), by_words) = match both {
            Ok(both) => both,
            // Words are worth having without meaning.
            Err(WikiError::Search(Error::NoModel | Error::Model(_))) => return self.by_words(),
            Err(error) => return Err(error),
        };
        let mut by_words = by_words.into_iter();
        let mut texts = Texts::new(self.access);
        let mut hits = Vec::with_capacity(shown.len());
        for (fused, passages) in shown {
            let by_words = fused.words.and_then(|_| by_words.next());
            let hit = match (by_words, fused.meaning.and_then(|place| meant.get(place))) {
                (Some(hit), _) => Hit::by_words(hit).and_by_meaning(passages),
                (None, Some(page)) => self.hit_by_meaning(page, passages, &mut texts)?,
                (None, None) => continue,
            };
            hits.push(Hit { score: fused.score, ..hit });
        }
        Ok(SearchResults { total, hits, mode: Mode::Hybrid, indexed: self.indexed_text() })
    }

    /// The pages that mean something like the query, and what `read` makes of them.
    fn meant<T>(&self, read: impl FnOnce(&search::Found<'_>) -> T) -> Result<(Vec<Meant>, T), WikiError> {
        self.nearest(FLOOR, |found| {
            let page = |page: &search::NearPage| Meant { path: page.path.clone(), blob: page.blob, score: page.score };
            (found.pages.iter().map(page).collect(), read(found))
        })
    }

    fn nearest<T>(&self, floor: f32, read: impl FnOnce(&search::Found<'_>) -> T) -> Result<T, WikiError> {
        let text = self.text_query(0, 0);
        let admission = self.wikis.indexes().with(self.access.id(), |index| index.admission(&text))?;
        let nearest = Nearest {
            text: &search::words_of(&self.query.text),
            floor,
            filtered: !admission.is_open(),
            wanted: &|path| self.passes(path) && admission.admits(path),
        };
        Ok(self.wikis.vectors().search(self.access.id(), &nearest, read)?)
    }

    fn hit_by_meaning(
        &self,
        page: &Meant,
        passages: Vec<NearPassage>,
        texts: &mut Texts<'_>,
    ) -> Result<Hit, WikiError> {
        let text = match passages.first() {
            Some(best) => texts.passage(page.blob, &best.passage)?,
            None => String::new(),
        };
        let (snippet, highlights) = search::excerpt(&text, &self.query.text, self.access.language());
        let hit = Hit {
            path: page.path.clone(),
            title: self.title(&page.path).unwrap_or_default(),
            score: meaning_score(page.score),
            words: false,
            meaning: true,
            snippet,
            highlights,
            section: None,
            also: Vec::new(),
        };
        Ok(hit.and_by_meaning(passages))
    }
}

impl Hit {
    pub(super) fn by_words(hit: search::Hit) -> Self {
        Self {
            path: hit.path,
            title: hit.title,
            score: hit.score,
            words: true,
            meaning: false,
            snippet: hit.snippet,
            highlights: hit.highlights,
            section: hit.section,
            also: hit.also,
        }
    }

    /// Adds the sections of passages, the best first: one that is there already is the same
    /// hit.
    fn and_by_meaning(mut self, passages: Vec<NearPassage>) -> Self {
        let best = passages.first().map_or(0.0, |best| best.score);
        self.meaning |= !passages.is_empty();
        for NearPassage { score, passage } in passages {
            if score < FLOOR || score < best - WORSE || self.also.len() >= MOST_ALSO {
                break;
            }
            let section = section_of(passage);
            if self.section.is_none() && !self.words {
                self.section = Some(section);
            } else if !self.section.iter().chain(&self.also).any(|there| there.anchor == section.anchor) {
                self.also.push(section);
            }
        }
        self
    }
}

fn section_of(passage: Passage) -> SectionRef {
    SectionRef { titles: passage.titles, anchor: passage.anchor, lines: passage.lines }
}

/// Reads passages out of the files that they were made from.
struct Texts<'a> {
    access: &'a Access<Read>,
    snapshot: Option<Snapshot>,
    files: HashMap<BlobId, String>,
}

impl<'a> Texts<'a> {
    fn new(access: &'a Access<Read>) -> Self {
        Self { access, snapshot: None, files: HashMap::new() }
    }

    /// A passage as plain text; empty when its file is too large or not what it was.
    fn passage(&mut self, blob: BlobId, passage: &Passage) -> Result<String, WikiError> {
        if !self.files.contains_key(&blob) {
            let snapshot = match &self.snapshot {
                Some(snapshot) => snapshot,
                None => self.snapshot.insert(self.access.wiki().repo().at_tip()?),
            };
            let bytes = match snapshot.blob(blob) {
                Ok(bytes) => bytes,
                Err(repo::Error::TooLarge { .. }) => Vec::new(),
                Err(error) => return Err(error.into()),
            };
            self.files.insert(blob, String::from_utf8_lossy(&bytes).into_owned());
        }
        let text = self.files.get(&blob).and_then(|file| file.get(passage.bytes.clone())).unwrap_or_default();
        Ok(markdown::plain_text(text, self.access.link_order()))
    }
}
