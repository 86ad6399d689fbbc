//! The index against a wiki in memory. `chunking`: pages in pieces; `searching`: what is found; `damage`: repair;
//! `following`: the worker and the bounded cache; `timing`: figures, no judgement.

mod chunking;
mod damage;
mod fields;
mod following;
mod quality;
mod searching;
mod timing;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::{BoxError, Error, Hits, Indexes, Source, SourceChange, TextIndex, TextQuery};
use crate::model::{Language, PagePath, Revision, WikiId};
use crate::repo::BlobId;

/// The Markdown of each page.
type Tree = BTreeMap<PagePath, String>;

/// A wiki in memory: a list of trees, each a commit.
#[derive(Default)]
struct FakeWiki {
    commits: Mutex<Vec<(Revision, Tree)>>,
    failing: AtomicBool,
    slow: Mutex<Duration>,
    asked: AtomicUsize,
}

impl FakeWiki {
    fn new(pages: &[(&str, &str)]) -> Arc<Self> {
        let wiki = Arc::new(Self::default());
        wiki.write(pages);
        wiki
    }

    /// One commit that writes these pages: path, which is also the title, and text.
    fn write(&self, pages: &[(&str, &str)]) -> Revision {
        self.commit(|tree| {
            for (path, body) in pages {
                tree.insert(path_of(path), page(path, body));
            }
        })
    }

    fn delete(&self, path: &str) -> Revision {
        self.commit(|tree| drop(tree.remove(&path_of(path))))
    }

    fn commit(&self, edit: impl FnOnce(&mut Tree)) -> Revision {
        let mut commits = self.commits.lock();
        let mut tree = commits.last().map(|(_, tree)| tree.clone()).unwrap_or_default();
        edit(&mut tree);
        let revision = revision(commits.len());
        commits.push((revision, tree));
        revision
    }

    /// Another history with the same content: nothing of the old one is known any more.
    fn rewrite_history(&self) -> Revision {
        let mut commits = self.commits.lock();
        let tree = commits.pop().unwrap().1;
        commits.clear();
        let revision = Revision::from_bytes([0xee; 20]);
        commits.push((revision, tree));
        revision
    }
}

impl Source for FakeWiki {
    fn tip(&self) -> Result<Option<Revision>, BoxError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.failing.load(Ordering::SeqCst) {
            return Err("the disk is on fire".into());
        }
        Ok(self.commits.lock().last().map(|(revision, _)| *revision))
    }

    fn changes(&self, from: Option<Revision>, to: Revision) -> Result<Option<Vec<SourceChange>>, BoxError> {
        std::thread::sleep(*self.slow.lock());
        let commits = self.commits.lock();
        let tree = |of| commits.iter().find(|(revision, _)| *revision == of).map(|(_, tree)| tree.clone());
        let old = match from {
            Some(from) => match tree(from) {
                Some(old) => old,
                None => return Ok(None),
            },
            None => Tree::new(),
        };
        let Some(new) = tree(to) else { return Ok(None) };
        let mut changes: Vec<SourceChange> = Vec::new();
        for path in old.keys().filter(|path| !new.contains_key(path)) {
            changes.push(SourceChange { path: path.clone(), blob: None });
        }
        for (path, page) in new.iter().filter(|(path, page)| old.get(path) != Some(page)) {
            changes.push(SourceChange { path: path.clone(), blob: Some(blob_of(page)) });
        }
        Ok(Some(changes))
    }

    fn text(&self, blob: BlobId) -> Result<String, BoxError> {
        let commits = self.commits.lock();
        let mut pages = commits.iter().rev().flat_map(|(_, tree)| tree.values());
        Ok(pages.find(|page| blob_of(page) == blob).ok_or("no such blob")?.clone())
    }
}

fn blob_of(page: &str) -> BlobId {
    let sum: [u8; 32] = Sha256::digest(page).into();
    BlobId::from_bytes(sum[..20].try_into().unwrap())
}

/// Pages to write into an index without a history.
#[derive(Default)]
struct Pages {
    changes: Vec<SourceChange>,
    texts: BTreeMap<BlobId, String>,
}

impl Pages {
    fn of(pages: &[(&str, &str)]) -> Self {
        pages.iter().fold(Self::default(), |pages, (path, body)| pages.with(path, page(path, body)))
    }

    /// `text` is Markdown.
    fn with(mut self, path: &str, text: String) -> Self {
        let blob = blob_of(&text);
        self.texts.insert(blob, text);
        self.changes.push(SourceChange { path: path_of(path), blob: Some(blob) });
        self
    }

    fn apply(&self, index: &TextIndex, number: usize) -> Result<(), super::Error> {
        index.apply(&self.changes, self, revision(number))
    }
}

impl Source for Pages {
    fn tip(&self) -> Result<Option<Revision>, BoxError> {
        Ok(None)
    }

    fn changes(&self, _: Option<Revision>, _: Revision) -> Result<Option<Vec<SourceChange>>, BoxError> {
        Ok(None)
    }

    fn text(&self, blob: BlobId) -> Result<String, BoxError> {
        Ok(self.texts.get(&blob).ok_or("no such blob")?.clone())
    }
}

fn revision(number: usize) -> Revision {
    let mut bytes = [7; 20];
    bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
    Revision::from_bytes(bytes)
}

fn path_of(path: &str) -> PagePath {
    PagePath::parse(path).unwrap()
}

fn page(title: &str, body: &str) -> String {
    format!("---\ntitle: {title}\n---\n{body}")
}

fn written(path: &str, text: String) -> Pages {
    Pages::default().with(path, text)
}

/// An index of these pages; the directory lives as long as the first of the pair.
fn index_of(pages: &[(&str, &str)]) -> (tempfile::TempDir, TextIndex) {
    let dir = tempfile::tempdir().unwrap();
    let index = TextIndex::open(&dir.path().join("text")).unwrap().index;
    Pages::of(pages).apply(&index, 0).unwrap();
    (dir, index)
}

fn query(text: &str, limit: usize, offset: usize) -> TextQuery {
    TextQuery { text: text.to_owned(), limit, offset, ..TextQuery::default() }
}

trait Ask {
    fn ask(&self, text: &str, limit: usize, offset: usize) -> Result<Hits, Error>;
}

impl Ask for TextIndex {
    fn ask(&self, text: &str, limit: usize, offset: usize) -> Result<Hits, Error> {
        self.search(&query(text, limit, offset))
    }
}

trait AskWiki {
    fn ask(&self, wiki: WikiId, text: &str, limit: usize, offset: usize) -> Result<Hits, Error>;
}

impl AskWiki for Indexes {
    fn ask(&self, wiki: WikiId, text: &str, limit: usize, offset: usize) -> Result<Hits, Error> {
        self.search(wiki, &query(text, limit, offset))
    }
}

fn paths(hits: &Hits) -> Vec<&str> {
    hits.hits.iter().map(|hit| hit.path.as_str()).collect()
}

fn found(index: &TextIndex, query: &str) -> Vec<String> {
    let hits = index.ask(query, 100, 0).unwrap();
    assert_eq!(hits.total, hits.hits.len(), "{query:?}");
    hits.hits.into_iter().map(|hit| hit.path.to_string()).collect()
}
