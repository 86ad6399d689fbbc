//! Vectors: the nearest ten, found in the product's two ways and by FAISS.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use robotwiki::clock::SystemClock;
use robotwiki::embed::ModelInfo;
use robotwiki::model::{Language, PagePath, Revision, WikiId};
use robotwiki::repo::BlobId;
use robotwiki::search::{
    BoxError, Embed, FLOOR, Found, Models, Nearest, Place, Source, SourceChange, VectorLimits, Vectors,
};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

use crate::corpus::Random;
use crate::embedding::load;
use crate::peer::Peer;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const DIMENSIONS: usize = 384;
const QUERIES: usize = 300;
const NEAREST: usize = 10;
const PATIENCE: Duration = Duration::from_secs(600);
/// Of the made-up vectors: topics, and directions in which the texts about one differ.
const TOPICS: usize = 300;
const DIRECTIONS: usize = 32;

/// What the product can do; which of both depends on the number of vectors.
#[derive(Clone, Copy, PartialEq)]
enum How {
    LookingAtAll,
    Graph,
}

/// Rows of vectors, all of length 1.
#[derive(Clone)]
struct Rows(Vec<f32>);

/// What one contestant answered.
struct Answers {
    name: String,
    /// Of each query.
    took: Vec<Duration>,
    rows: Vec<Vec<usize>>,
}

/// Measures everything; returns the table.
pub(crate) fn compare() -> String {
    let mut table = format!(
        "\nvectors of {DIMENSIONS} numbers, the nearest {NEAREST}, one query at a time\n{:<12}{:<44}{:>10}{:>10}{:>12}\n",
        "vectors", "microseconds", "p50", "p95", "recall@10"
    );
    let mut faiss = Peer::faiss();
    let space = Space::new();
    for size in SIZES {
        let (vectors, queries) = (space.rows(size, 1), space.rows(QUERIES, 2));
        let exact: Vec<_> = queries.iter().map(|query| vectors.nearest(query)).collect();
        let mut answers = vec![by_product(vectors.clone(), &queries, How::LookingAtAll)];
        answers.push(by_product(vectors.clone(), &queries, How::Graph));
        if let Ok(peer) = &mut faiss {
            answers.push(by_faiss(peer, &vectors, &queries));
        }
        let lines: String = answers.into_iter().map(|answers| answers.line(size, &exact)).collect();
        eprint!("{lines}");
        table += &lines;
    }
    if let Err(reason) = faiss {
        table += &format!("FAISS: absent, {reason}\n");
    }
    table + &format!("load {}\n", load())
}

impl Answers {
    fn line(mut self, size: usize, exact: &[Vec<usize>]) -> String {
        let found =
            self.rows.iter().zip(exact).map(|(rows, exact)| exact.iter().filter(|row| rows.contains(row)).count());
        let recall = found.sum::<usize>() as f64 / exact.iter().map(Vec::len).sum::<usize>() as f64;
        self.took.sort_unstable();
        let [p50, p95] = [50, 95].map(|percent| self.took[self.took.len() * percent / 100].as_secs_f64() * 1e6);
        format!("{size:<12}{:<44}{p50:>10.0}{p95:>10.0}{recall:>12.4}\n", self.name)
    }
}

/// Asks every query, the first few twice.
fn asking(name: &str, queries: &Rows, mut ask: impl FnMut(usize, &[f32]) -> Vec<usize>) -> Answers {
    let (mut took, mut rows) = (Vec::new(), Vec::new());
    for (number, query) in queries.iter().enumerate().take(20) {
        ask(number, query);
    }
    for (number, query) in queries.iter().enumerate() {
        let begun = Instant::now();
        rows.push(ask(number, query));
        took.push(begun.elapsed());
    }
    Answers { name: name.to_owned(), took, rows }
}

fn by_faiss(peer: &mut Peer, vectors: &Rows, queries: &Rows) -> Answers {
    let dir = TempDir::new().unwrap();
    let written = |name: &str, rows: &Rows| -> PathBuf {
        let path = dir.path().join(name);
        fs::write(&path, rows.0.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
        path
    };
    let request = json!({
        "vectors": written("vectors", vectors),
        "queries": written("queries", queries),
        "dimensions": DIMENSIONS,
        "nearest": NEAREST,
    });
    let answer = peer.ask(&request).unwrap();
    Answers {
        name: peer.name.clone(),
        took: Vec::<f64>::deserialize(&answer["seconds"]).unwrap().into_iter().map(Duration::from_secs_f64).collect(),
        rows: Deserialize::deserialize(&answer["rows"]).unwrap(),
    }
}

/// The product's own search, with pages of one passage each and a model that knows their
/// vectors.
fn by_product(vectors: Rows, queries: &Rows, how: How) -> Answers {
    let dir = TempDir::new().unwrap();
    let size = vectors.0.len() / DIMENSIONS;
    let wiki = WikiId(1);
    let model = MadeUp { info: info(), vectors, queries: queries.0.clone() };
    let place = Place { dir: dir.path().to_owned(), source: Arc::new(Pages(size)), language: Language::default() };
    let usual = VectorLimits::default();
    let (name, graph_from) = match how {
        How::LookingAtAll => ("the product, exact", usize::MAX),
        How::Graph => ("the product, usearch", 1),
    };
    let limits = VectorLimits { memory: usize::MAX, graph_from, ..usual };
    let models = Models::only(Some(Arc::new(model)));
    let search = Vectors::start(move |_| Ok(Some(place.clone())), models, Arc::new(SystemClock), limits).unwrap();
    assert!(search.wait_current(wiki, PATIENCE), "the vectors were not indexed in time");
    if how == How::Graph {
        wait_for_graph(dir.path());
    }
    let chosen = (size >= usual.graph_from) == (how == How::Graph);
    asking(&format!("{name}{}", if chosen { " (its choice)" } else { "" }), queries, |number, _| {
        let asked = Nearest { text: &number.to_string(), floor: FLOOR, filtered: false, wanted: &|_| true };
        let best = |found: &Found<'_>| found.pages.iter().take(NEAREST).map(|page| row_of(&page.path)).collect();
        search.search(wiki, &asked, best).unwrap()
    })
}

/// It is stored when it is complete.
fn wait_for_graph(dir: &Path) {
    let begun = Instant::now();
    let is_there =
        || fs::read_dir(dir).unwrap().any(|entry| entry.unwrap().path().extension().is_some_and(|it| it == "graph"));
    while !is_there() {
        assert!(begun.elapsed() < PATIENCE, "the graph was not built in time");
        thread::sleep(Duration::from_millis(100));
    }
}

/// Answers a number with the vector of that number.
struct MadeUp {
    info: ModelInfo,
    vectors: Rows,
    queries: Vec<f32>,
}

fn info() -> ModelInfo {
    ModelInfo { id: "made-up".to_owned(), name: "made up".to_owned(), dimensions: DIMENSIONS, max_tokens: 256 }
}

impl Embed for MadeUp {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn query(&self, text: &str) -> Result<Vec<f32>, BoxError> {
        let number: usize = text.parse()?;
        Ok(self.queries[number * DIMENSIONS..][..DIMENSIONS].to_vec())
    }

    fn passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, BoxError> {
        let vector = |text: &&str| {
            let number: usize = text.split_whitespace().next_back().unwrap_or_default().parse()?;
            Ok(self.vectors.0[number * DIMENSIONS..][..DIMENSIONS].to_vec())
        };
        texts.iter().map(vector).collect()
    }

    fn tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

/// So many pages, each with its number as its text.
struct Pages(usize);

fn row_of(path: &PagePath) -> usize {
    path.as_str().trim_start_matches("Page_").parse().unwrap()
}

impl Source for Pages {
    fn tip(&self) -> Result<Option<Revision>, BoxError> {
        Ok(Some(Revision::from_bytes([1; 20])))
    }

    fn changes(&self, _: Option<Revision>, _: Revision) -> Result<Option<Vec<SourceChange>>, BoxError> {
        let page = |number: usize| {
            let mut blob = [0; 20];
            blob[..8].copy_from_slice(&(number as u64).to_be_bytes());
            Ok(SourceChange { path: PagePath::parse(&format!("Page_{number}"))?, blob: Some(BlobId::from_bytes(blob)) })
        };
        (0..self.0).map(page).collect::<Result<_, _>>().map(Some)
    }

    fn text(&self, blob: BlobId) -> Result<String, BoxError> {
        let bytes = blob.as_bytes().first_chunk().copied().unwrap_or_default();
        Ok(format!("The page has a number, and the number is {}\n", u64::from_be_bytes(bytes)))
    }
}

/// Directions that the made-up vectors are made of: a topic, and how texts about it differ.
struct Space {
    topics: Vec<Vec<f32>>,
    directions: Vec<Vec<f32>>,
}

impl Space {
    fn new() -> Self {
        let mut random = Random(7);
        let mut directions = |count| (0..count).map(|_| direction(&mut random, DIMENSIONS)).collect();
        Self { topics: directions(TOPICS), directions: directions(DIRECTIONS) }
    }

    fn rows(&self, count: usize, seed: u64) -> Rows {
        let mut random = Random(seed);
        let mut rows = Vec::with_capacity(count * DIMENSIONS);
        for _ in 0..count {
            let mut row = self.topics[random.below(TOPICS as u64) as usize].clone();
            add(&mut row, 0.3, &direction(&mut random, DIMENSIONS));
            for (weight, direction) in direction(&mut random, DIRECTIONS).into_iter().zip(&self.directions) {
                add(&mut row, weight, direction);
            }
            scale_to_one(&mut row);
            rows.append(&mut row);
        }
        Rows(rows)
    }
}

impl Rows {
    fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.0.chunks(DIMENSIONS)
    }

    /// The nearest, without those that the product does not consider to be about the same.
    fn nearest(&self, query: &[f32]) -> Vec<usize> {
        let scores: Vec<f32> = self.iter().map(|row| row.iter().zip(query).map(|(a, b)| a * b).sum()).collect();
        let mut best = best(&scores);
        best.retain(|row| scores[*row] >= FLOOR);
        best
    }
}

/// The places of the ten largest.
fn best(scores: &[f32]) -> Vec<usize> {
    let mut best: Vec<usize> = (0..scores.len()).collect();
    let larger = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]);
    best.select_nth_unstable_by(NEAREST, larger);
    best.truncate(NEAREST);
    best.sort_by(larger);
    best
}

/// Of length 1, any direction as likely as any other.
fn direction(random: &mut Random, dimensions: usize) -> Vec<f32> {
    let mut uniform = || random.below(1 << 24) as f32 / (1 << 24) as f32;
    // The sum of twelve has a variance of 1 and is nearly normal.
    let mut direction: Vec<f32> = (0..dimensions).map(|_| (0..12).map(|_| uniform()).sum::<f32>() - 6.0).collect();
    scale_to_one(&mut direction);
    direction
}

fn add(to: &mut [f32], weight: f32, what: &[f32]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += weight * what);
}

fn scale_to_one(vector: &mut [f32]) {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|number| *number /= length);
}
