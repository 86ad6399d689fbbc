//! Vectors of wikis in memory, made by a model that counts words. `recall`: what is found,
//! against looking at everything; `damage`: torn, cut and flipped files; `following`: the worker.

mod damage;
mod following;
mod recall;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::clock::SystemClock;
use crate::embed::ModelInfo;
use crate::model::{Language, PagePath, Revision, WikiId};
use crate::repo::BlobId;
use crate::search::{BoxError, Embed, Place, Source, SourceChange};

const DIMENSIONS: usize = 96;
const SOON: Duration = Duration::from_secs(20);

/// A text's vector is how often it has each word: texts of the same words mean the same.
struct WordCounter {
    info: ModelInfo,
    /// Passages embedded so far.
    embedded: AtomicUsize,
    failing: AtomicBool,
    slow: Mutex<Duration>,
}

impl WordCounter {
    fn new(id: &str) -> Arc<Self> {
        let info = ModelInfo { id: id.to_owned(), name: id.to_owned(), dimensions: DIMENSIONS, max_tokens: 258 };
        Arc::new(Self { info, embedded: AtomicUsize::new(0), failing: AtomicBool::new(false), slow: Mutex::default() })
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0_f32; DIMENSIONS];
        for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let digest = Sha256::digest(format!("{} {}", self.info.id, word.to_lowercase()));
            for part in digest.chunks_exact(4) {
                let sign = if part[0] & 1 == 0 { 1.0 } else { -1.0 };
                vector[(usize::from(part[1]) * 256 + usize::from(part[2])) % DIMENSIONS] += sign;
            }
        }
        normalised(vector)
    }
}

fn normalised(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vector
}

impl Embed for WordCounter {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn query(&self, text: &str) -> Result<Vec<f32>, BoxError> {
        Ok(self.vector(text))
    }

    fn passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, BoxError> {
        if self.failing.load(Ordering::SeqCst) {
            return Err("out of order".into());
        }
        std::thread::sleep(*self.slow.lock() * u32::try_from(texts.len()).unwrap());
        self.embedded.fetch_add(texts.len(), Ordering::SeqCst);
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }

    fn tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

type Tree = BTreeMap<PagePath, String>;

/// A wiki in memory: a list of trees, each a commit.
#[derive(Default)]
struct FakeWiki {
    commits: Mutex<Vec<(Revision, Tree)>>,
    files: Mutex<BTreeMap<BlobId, String>>,
}

impl FakeWiki {
    fn new(pages: &[(&str, &str)]) -> Arc<Self> {
        let wiki = Arc::new(Self::default());
        wiki.write(pages);
        wiki
    }

    fn write(&self, pages: &[(&str, &str)]) -> Revision {
        self.commit(|tree| {
            for (path, text) in pages {
                tree.insert(path_of(path), (*text).to_owned());
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
        self.files.lock().extend(tree.values().map(|text| (blob_of(text), text.clone())));
        let mut bytes = [7; 20];
        bytes[..8].copy_from_slice(&(commits.len() as u64).to_be_bytes());
        let revision = Revision::from_bytes(bytes);
        commits.push((revision, tree));
        revision
    }
}

impl Source for FakeWiki {
    fn tip(&self) -> Result<Option<Revision>, BoxError> {
        Ok(self.commits.lock().last().map(|(revision, _)| *revision))
    }

    fn changes(&self, from: Option<Revision>, to: Revision) -> Result<Option<Vec<SourceChange>>, BoxError> {
        let commits = self.commits.lock();
        let tree = |of| commits.iter().find(|(revision, _)| *revision == of).map(|(_, tree)| tree.clone());
        let old = match from.map(tree) {
            Some(None) => return Ok(None),
            Some(Some(old)) => old,
            None => Tree::new(),
        };
        let new = tree(to).ok_or("unknown tip")?;
        let gone = old.keys().filter(|path| !new.contains_key(path));
        let mut changes: Vec<_> = gone.map(|path| SourceChange { path: path.clone(), blob: None }).collect();
        let written = new.iter().filter(|(path, text)| old.get(path) != Some(text));
        changes.extend(written.map(|(path, text)| SourceChange { path: path.clone(), blob: Some(blob_of(text)) }));
        Ok(Some(changes))
    }

    fn text(&self, blob: BlobId) -> Result<String, BoxError> {
        self.files.lock().get(&blob).cloned().ok_or_else(|| "no such file".into())
    }
}

fn blob_of(text: &str) -> BlobId {
    BlobId::from_bytes(*Sha256::digest(text.as_bytes()).first_chunk().unwrap())
}

fn path_of(path: &str) -> PagePath {
    PagePath::parse(path).unwrap()
}

/// Wikis and their vectors.
struct Farm {
    dir: tempfile::TempDir,
    wikis: Arc<Mutex<BTreeMap<WikiId, Arc<FakeWiki>>>>,
    embed: Arc<WordCounter>,
    vectors: Vectors,
}

impl Farm {
    fn new(wikis: &[Arc<FakeWiki>]) -> Self {
        Self::with_limits(wikis, VectorLimits::default())
    }

    fn with_limits(wikis: &[Arc<FakeWiki>], limits: VectorLimits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let wikis = wikis.iter().enumerate().map(|(i, wiki)| (WikiId(i as u64), Arc::clone(wiki))).collect();
        let wikis = Arc::new(Mutex::new(wikis));
        let embed = WordCounter::new("one");
        let vectors = start(&dir, &wikis, Models::only(Some(embed.clone())), limits);
        Self { dir, wikis, embed, vectors }
    }

    fn restart(&mut self) {
        self.restart_with(Models::only(Some(self.embed.clone())));
    }

    fn restart_with(&mut self, models: Models) {
        self.vectors.shutdown();
        self.vectors = start(&self.dir, &self.wikis, models, VectorLimits::default());
    }

    /// Everything there is to find.
    fn settle(&self, wiki: u64) {
        assert!(self.vectors.wait_current(WikiId(wiki), SOON));
    }

    fn find(&self, wiki: u64, text: &str) -> Vec<String> {
        self.find_if(wiki, text, &|_| true)
    }

    fn find_if(&self, wiki: u64, text: &str, wanted: &dyn Fn(&PagePath) -> bool) -> Vec<String> {
        let asked = Nearest { text, floor: 0.5, filtered: false, wanted };
        let paths = |found: &Found<'_>| found.pages.iter().map(|page| page.path.to_string()).collect();
        self.vectors.search(WikiId(wiki), &asked, paths).unwrap()
    }

    fn embedded(&self) -> usize {
        self.embed.embedded.load(Ordering::SeqCst)
    }

    fn files(&self, wiki: u64) -> std::path::PathBuf {
        self.dir.path().join(WikiId(wiki).to_string()).join("vectors")
    }

    fn file(&self, wiki: u64, extension: &str) -> std::path::PathBuf {
        let files = std::fs::read_dir(self.files(wiki)).unwrap().map(|entry| entry.unwrap().path());
        files.into_iter().find(|path| path.extension().is_some_and(|e| e == extension)).unwrap()
    }
}

fn start(
    dir: &tempfile::TempDir,
    wikis: &Arc<Mutex<BTreeMap<WikiId, Arc<FakeWiki>>>>,
    models: Models,
    limits: VectorLimits,
) -> Vectors {
    let (root, wikis) = (dir.path().to_owned(), Arc::clone(wikis));
    let places = move |id: WikiId| {
        let source = wikis.lock().get(&id).cloned();
        Ok(source.map(|source| Place {
            dir: root.join(id.to_string()).join("vectors"),
            language: Language::default(),
            source,
        }))
    };
    Vectors::start(places, models, Arc::new(SystemClock), limits).unwrap()
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < SOON, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
