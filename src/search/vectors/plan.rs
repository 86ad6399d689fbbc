//! What is left to do until a store is at its wiki's tip, a slice at a time.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::packed::Packed;
use super::passages::{Piece, pieces};
use super::record::{Embedded, Record};
use super::store::{Store, record_of};
use super::table::Reflected;
use crate::model::{PagePath, Revision};
use crate::repo::BlobId;
use crate::search::{Embed, Error, Source, SourceChange};

/// How long a slice may take, so that others have their turn.
const SLICE: Duration = Duration::from_millis(250);
/// Passages that are embedded at once.
const MOST_AT_ONCE: usize = 32;
/// Pages that are dealt with in one slice.
const MOST_PAGES: usize = 256;

/// The pages that are still to be embedded.
#[derive(Default)]
pub(super) struct Plan {
    target: Option<Target>,
}

struct Target {
    tip: Revision,
    /// Changed since the work began: somebody waits for these.
    first: VecDeque<SourceChange>,
    rest: VecDeque<SourceChange>,
    /// Pages of `rest` that are in `first`, or were.
    superseded: HashSet<PagePath>,
    of_all: bool,
    /// Being embedded, in order.
    begun: VecDeque<Begun>,
    done: usize,
}

/// A page that is partly embedded.
struct Begun {
    path: PagePath,
    blob: BlobId,
    pieces: Vec<Piece>,
    vectors: Vec<Option<Packed>>,
}

/// How a slice ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Step {
    /// The store is at the tip.
    pub(super) finished: bool,
    /// Pages that are done and pages that there were to do, of this undertaking.
    pub(super) done: usize,
    pub(super) total: usize,
}

/// How vectors are come by.
pub(super) struct Means<'m> {
    pub(super) source: &'m dyn Source,
    pub(super) embed: &'m dyn Embed,
    /// Texts that were embedded before keep their vectors.
    pub(super) reuse: bool,
}

impl Plan {
    /// Works for a while.
    ///
    /// # Errors
    /// When the wiki cannot be read, the model fails or the store cannot be written. The plan
    /// is made anew then.
    pub(super) fn step(&mut self, store: &Store, means: &Means<'_>) -> Result<Step, Error> {
        let result = self.try_step(store, means);
        if result.is_err() {
            self.target = None;
        }
        result
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.target.is_none()
    }

    /// Whether it began with comparing all pages.
    pub(super) fn is_of_all(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.of_all)
    }

    fn try_step(&mut self, store: &Store, means: &Means<'_>) -> Result<Step, Error> {
        let Some(tip) = means.source.tip().map_err(Error::Source)? else {
            self.target = None;
            if store.reflected() != Reflected::Nothing || store.counts().0 > 0 {
                let mut records: Vec<_> = store.paths().into_iter().map(|path| Record::Remove { path }).collect();
                records.push(Record::Reflects(None));
                store.apply(&records).map_err(Error::Vectors)?;
            }
            return Ok(Step { finished: true, done: 0, total: 0 });
        };
        if self.target.is_none() && store.reflected() == Reflected::Commit(tip) {
            return Ok(Step { finished: true, done: 0, total: 0 });
        }
        self.aim(tip, store, means.source)?;
        let Some(target) = &mut self.target else { return Ok(Step { finished: false, done: 0, total: 0 }) };
        let mut records = Vec::new();
        let result = target.work(store, means, &mut records);
        let finished = result.is_ok() && target.is_done();
        records.push(record_of(if finished { Reflected::Commit(tip) } else { Reflected::Unfinished }));
        if finished || records.len() > 1 {
            store.apply(&records).map_err(Error::Vectors)?;
        }
        result?;
        let step = Step { finished, done: target.done, total: target.total() };
        if finished {
            self.target = None;
        }
        Ok(step)
    }

    /// Finds out what is to be done to get to `tip`.
    fn aim(&mut self, tip: Revision, store: &Store, source: &dyn Source) -> Result<(), Error> {
        if let Some(target) = &mut self.target {
            if target.tip == tip {
                return Ok(());
            }
            if let Some(changes) = source.changes(Some(target.tip), tip).map_err(Error::Source)? {
                target.redirect(tip, changes);
                return Ok(());
            }
            self.target = None;
        }
        if let Reflected::Commit(from) = store.reflected()
            && let Some(mut changes) = source.changes(Some(from), tip).map_err(Error::Source)?
        {
            changes.retain(|change| store.blob(&change.path) != change.blob);
            self.target = Some(Target::new(tip, changes, false));
            return Ok(());
        }
        let pages = source.changes(None, tip).map_err(Error::Source)?;
        let pages = pages.ok_or_else(|| Error::Source("the wiki's tip is not among its commits".into()))?;
        let there: HashSet<&PagePath> = pages.iter().map(|page| &page.path).collect();
        let gone = store.paths().into_iter().filter(|path| !there.contains(path));
        let mut changes: Vec<_> = gone.map(|path| SourceChange { path, blob: None }).collect();
        changes.extend(pages.into_iter().filter(|page| store.blob(&page.path) != page.blob));
        self.target = Some(Target::new(tip, changes, true));
        Ok(())
    }
}

impl Target {
    fn new(tip: Revision, changes: Vec<SourceChange>, of_all: bool) -> Self {
        let (first, superseded) = (VecDeque::new(), HashSet::new());
        Self { tip, first, rest: changes.into(), superseded, of_all, begun: VecDeque::new(), done: 0 }
    }

    fn redirect(&mut self, tip: Revision, changes: Vec<SourceChange>) {
        self.tip = tip;
        for change in changes {
            self.begun.retain(|begun| begun.path != change.path);
            self.first.retain(|earlier| earlier.path != change.path);
            self.superseded.insert(change.path.clone());
            self.first.push_back(change);
        }
    }

    fn is_done(&self) -> bool {
        self.begun.is_empty() && self.first.is_empty() && self.rest.is_empty()
    }

    fn total(&self) -> usize {
        self.done + self.begun.len() + self.first.len() + self.rest.len()
    }

    /// Embeds for the time of a slice; what is complete goes into `records`.
    fn work(&mut self, store: &Store, means: &Means<'_>, records: &mut Vec<Record>) -> Result<(), Error> {
        let started = Instant::now();
        let mut at_once = MOST_AT_ONCE;
        while !self.is_done() && records.len() < MOST_PAGES && started.elapsed() < SLICE {
            self.begin(store, means, at_once, records)?;
            let embedding = Instant::now();
            self.embed(means.embed, at_once)?;
            self.complete(records);
            if embedding.elapsed() > SLICE / 4 {
                // A slow machine: fewer at once keep the slice short.
                at_once = (at_once / 2).max(1);
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Option<SourceChange> {
        if let Some(change) = self.first.pop_front() {
            return Some(change);
        }
        while let Some(change) = self.rest.pop_front() {
            if !self.superseded.contains(&change.path) {
                return Some(change);
            }
        }
        None
    }

    /// Cuts pages up until there are `most` passages to embed.
    fn begin(&mut self, store: &Store, means: &Means<'_>, most: usize, records: &mut Vec<Record>) -> Result<(), Error> {
        let mut missing: usize = self.begun.iter().map(Begun::missing).sum();
        let mut looked_at = 0;
        while missing < most
            && looked_at < MOST_PAGES
            && let Some(change) = self.next()
        {
            looked_at += 1;
            let Some(blob) = change.blob else {
                records.push(Record::Remove { path: change.path });
                self.done += 1;
                continue;
            };
            let text = means.source.text(blob).map_err(Error::Source)?;
            let pieces = pieces(&change.path, &text, means.source.link_order(), means.embed);
            let known = |piece: &Piece| means.reuse.then(|| store.vector_of(piece.hash)).flatten();
            let vectors = pieces.iter().map(known).collect();
            let begun = Begun { path: change.path, blob, pieces, vectors };
            missing += begun.missing();
            self.begun.push_back(begun);
        }
        Ok(())
    }

    /// Gives `most` passages their vectors.
    fn embed(&mut self, embed: &dyn Embed, most: usize) -> Result<(), Error> {
        let places = self.begun.iter_mut().flat_map(|page| page.pieces.iter().zip(&mut page.vectors));
        let missing: Vec<_> = places.filter(|(_, vector)| vector.is_none()).take(most).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let texts: Vec<&str> = missing.iter().map(|(piece, _)| piece.text.as_str()).collect();
        let vectors = embed.passages(&texts).map_err(Error::Model)?;
        let dimensions = embed.info().dimensions;
        if vectors.len() != missing.len() || vectors.iter().any(|vector| vector.len() != dimensions) {
            return Err(Error::Model("it gave vectors of another number or size".into()));
        }
        for ((_, place), vector) in missing.into_iter().zip(vectors) {
            *place = Some(Packed::of(&vector));
        }
        Ok(())
    }

    /// Takes the pages that have all their vectors.
    fn complete(&mut self, records: &mut Vec<Record>) {
        while self.begun.front().is_some_and(|page| page.missing() == 0)
            && let Some(page) = self.begun.pop_front()
        {
            let passages = page.pieces.into_iter().zip(page.vectors).filter_map(|(piece, vector)| {
                Some(Embedded { passage: piece.passage, text: piece.hash, vector: vector? })
            });
            records.push(Record::Put { path: page.path, blob: page.blob, passages: passages.collect() });
            self.done += 1;
        }
    }
}

impl Begun {
    fn missing(&self) -> usize {
        self.vectors.iter().filter(|vector| vector.is_none()).count()
    }
}
