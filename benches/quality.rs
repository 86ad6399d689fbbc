//! `make quality CISI=directory`: how good the answers are, on the CISI collection. One page
//! an abstract, imported and searched as the product does; beside it the bare vectors of
//! the engine and of ONNX Runtime, one for the first 256 tokens of each abstract.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops at a surprise, and its output is its result"
)]

mod cisi;
mod installation;
#[expect(dead_code, reason = "the benchmark of embedding has more of them")]
mod peer;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use robotwiki::embed::{Embedder, Kind, Model};
use robotwiki::search::Mode;
use robotwiki::wiki::{self, SearchQuery};
use serde::Deserialize as _;
use serde_json::json;
use tempfile::TempDir;

use cisi::{Collection, Document, Quality};
use installation::Installation;
use peer::{Peer, THREADS};

/// Answers that are looked at.
const LIMIT: usize = 100;
const PATIENCE: Duration = Duration::from_secs(600);
/// Of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009).
const K: f64 = 60.0;
const LEAST_HYBRID: f64 = 0.45;
const MOST_APART: f64 = 0.005;
const LEAST_MEAN_COSINE: f32 = 0.99;
const LEAST_COSINE: f32 = 0.97;

type Vectors = Vec<Vec<f32>>;

/// The vectors of all abstracts, and of all questions.
struct Embedded {
    abstracts: Vectors,
    questions: Vectors,
}

fn main() {
    // Without `--bench` this is `cargo test`, which has no collection.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let dir = std::env::var_os("ROBOTWIKI_CISI").map(PathBuf::from);
    let collection = dir.ok_or_else(|| "ROBOTWIKI_CISI does not say where it is".to_owned());
    match collection.and_then(|dir| Collection::read(&dir)) {
        Ok(collection) => print!("{}", table(&collection)),
        Err(reason) => {
            eprintln!(
                "the CISI collection cannot be read: {reason}\nmake quality CISI=DIRECTORY, with its three files"
            );
            std::process::exit(1);
        }
    }
}

fn table(collection: &Collection) -> String {
    let dir = TempDir::new().unwrap();
    let begun = Instant::now();
    let say = |what: &str| eprintln!("{:>6.1} s  {what}", begun.elapsed().as_secs_f64());
    let installation = import(collection, dir.path());
    say("imported and indexed");
    let product = |mode| collection.judge(|_, text| search(&installation, mode, text));
    let words: Vec<_> =
        collection.questions.iter().map(|question| search(&installation, Mode::Text, &question.text)).collect();

    say("asked by words");
    let ours = by_engine(collection);
    let exact = by_onnx_runtime(collection, "fp32");
    let dynamic = by_onnx_runtime(collection, "int8");
    say("embedded by the engine and by ONNX Runtime");
    let dense = |vectors: &Embedded| collection.judge(|at, _| nearest(collection, vectors, at));
    let fused = |vectors: &Embedded| {
        collection.judge(|at, _| reciprocal_ranks(&[&words[at], &nearest(collection, vectors, at)]))
    };

    let mut table = format!(
        "\nCISI: {} abstracts, {} questions\n{:<52}{:>10}{:>12}{:>12}\n",
        collection.abstracts.len(),
        collection.questions.len(),
        "",
        "nDCG@10",
        "recall@10",
        "recall@100"
    );
    let hybrid = product(Mode::Hybrid);
    say("asked as the product does");
    let int8 = dense(&ours);
    table += &line("by words", collection.judge(|at, _| words[at].clone()));
    table += &line("by meaning, as the product does (passages)", product(Mode::Semantic));
    table += &line("hybrid, as the product does", hybrid);
    table += &line("vectors of the engine, int8", int8);
    for (name, vectors) in [("fp32", &exact), ("dynamic int8", &dynamic)] {
        let name = format!("vectors of ONNX Runtime, {name}");
        table += &vectors
            .as_ref()
            .map_or_else(|why| format!("{name}: absent, {why}\n"), |vectors| line(&name, dense(vectors)));
    }
    table += &line("words and int8 vectors by reciprocal rank", fused(&ours));
    table +=
        &format!("\n{:<52}{:>10.3}   {}\n", "hybrid, at least 0.45", hybrid.ndcg, verdict(hybrid.ndcg >= LEAST_HYBRID));
    if let Ok(exact) = &exact {
        let apart = (int8.ndcg - dense(exact).ndcg).abs();
        table +=
            &format!("{:<52}{apart:>10.4}   {}\n", "int8 and fp32 apart, at most 0.005", verdict(apart <= MOST_APART));
        table += &fidelity("cosine of the engine to fp32", &ours, exact);
        if let Ok(dynamic) = &dynamic {
            table += &fidelity("cosine of dynamic int8 to fp32", dynamic, exact);
        }
    }
    table
}

fn line(name: &str, Quality { ndcg, recall_10, recall_100 }: Quality) -> String {
    format!("{name:<52}{ndcg:>10.3}{recall_10:>12.3}{recall_100:>12.3}\n")
}

fn verdict(met: bool) -> &'static str {
    if met { "ok" } else { "MISSED" }
}

fn fidelity(name: &str, vectors: &Embedded, exact: &Embedded) -> String {
    let cosines: Vec<f32> = vectors.abstracts.iter().zip(&exact.abstracts).map(|(a, b)| dot(a, b)).collect();
    let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
    let least = cosines.iter().copied().fold(f32::INFINITY, f32::min);
    let met = mean >= LEAST_MEAN_COSINE && least >= LEAST_COSINE;
    format!("{:<52}{mean:>10.4} mean, {least:.4} least   {}\n", format!("{name}, at least 0.99 and 0.97"), verdict(met))
}

/// A wiki with a page an abstract, indexed.
fn import(collection: &Collection, dir: &Path) -> Installation {
    let checkout = dir.join("checkout");
    fs::create_dir(&checkout).unwrap();
    for Document { id, text } in &collection.abstracts {
        fs::write(checkout.join(format!("Abstract_{id}.md")), format!("{text}\n")).unwrap();
    }
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null").current_dir(&checkout);
        assert!(
            git.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
                .args(arguments)
                .status()
                .unwrap()
                .success()
        );
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message=CISI"]);

    let installation = Installation::new(dir);
    assert_eq!(installation.import(checkout.join(".git")), collection.abstracts.len() as u64);
    let begun = Instant::now();
    while installation.searchable() != (true, true) {
        assert!(begun.elapsed() < PATIENCE, "the collection was not indexed in time");
        thread::sleep(Duration::from_millis(50));
    }
    installation
}

fn search(installation: &Installation, mode: Mode, text: &str) -> Vec<usize> {
    let query = SearchQuery { text: text.to_owned(), mode, limit: LIMIT, ..SearchQuery::default() };
    let found = wiki::search(&installation.wikis, &installation.reading(), &query).unwrap();
    assert_eq!(found.mode, mode);
    found.hits.iter().filter_map(|hit| hit.path.as_str().strip_prefix("Abstract_")?.parse().ok()).collect()
}

fn by_engine(collection: &Collection) -> Embedded {
    let embedder = Embedder::start(builtin(), THREADS).unwrap();
    let texts: Vec<_> = collection.abstracts.iter().map(|document| document.text.as_str()).collect();
    Embedded {
        abstracts: embedder.passages(&texts).unwrap(),
        questions: collection.questions.iter().map(|question| embedder.query(&question.text).unwrap()).collect(),
    }
}

fn by_onnx_runtime(collection: &Collection, graph: &str) -> Result<Embedded, String> {
    let (model, mut peer) = (builtin(), Peer::onnx_runtime(graph)?);
    let mut embed = |documents: &[Document], kind| -> Result<Vectors, String> {
        let ids: Vec<_> = documents.iter().map(|document| model.token_ids(&document.text, kind).unwrap()).collect();
        let answer = peer.ask(&json!({ "do": "embed", "ids": ids }))?;
        Vectors::deserialize(&answer["vectors"]).map_err(|error| error.to_string())
    };
    Ok(Embedded {
        abstracts: embed(&collection.abstracts, Kind::Passage)?,
        questions: embed(&collection.questions, Kind::Query)?,
    })
}

fn builtin() -> Model {
    Model::builtin().expect("the benchmark needs the feature `model`").unwrap()
}

/// The abstracts nearest to a question.
fn nearest(collection: &Collection, vectors: &Embedded, question: usize) -> Vec<usize> {
    let question = &vectors.questions[question];
    let scored = collection
        .abstracts
        .iter()
        .zip(&vectors.abstracts)
        .map(|(document, vector)| (document.id, dot(question, vector)));
    best(scored.map(|(id, score)| (id, f64::from(score))).collect())
}

fn reciprocal_ranks(rankings: &[&[usize]]) -> Vec<usize> {
    let mut scores: HashMap<usize, f64> = HashMap::new();
    for ranking in rankings {
        for (rank, document) in ranking.iter().enumerate() {
            *scores.entry(*document).or_default() += 1.0 / (K + rank as f64 + 1.0);
        }
    }
    best(scores.into_iter().collect())
}

/// The best first, equal ones by number.
fn best(mut scored: Vec<(usize, f64)>) -> Vec<usize> {
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scored.into_iter().map(|(document, _)| document).take(LIMIT).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
