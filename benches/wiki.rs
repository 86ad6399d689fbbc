//! `make bench`: a wiki of 5,000 generated pages behind the real router, in this process,
//! and the same work as direct calls of the use cases; then embedding and vectors beside
//! their peers. Criterion compares means with the last run; the table at the end has the
//! percentiles that design section 7 sets limits for.
//!
//! `make bench ONLY=embedding` (or `vectors`, or `wiki`) runs a part. `cargo test --bench
//! wiki` runs the wiki's part once, on a small wiki.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops at a surprise, and its output is its result"
)]

mod corpus;
mod embedding;
mod indexing;
mod installation;
mod peer;
mod report;
mod site;
mod vectors;

use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode};
use robotwiki::model::{PagePath, RevisionPrefix};
use robotwiki::search::Mode;
use robotwiki::wiki::{self, ListQuery, Origin, Recording, SearchQuery, SearchResults, WriteMode, WritePage};
use serde_json::json;

use corpus::{ATLAS_PAGES, HANDBOOK};
use report::{Budget, Report};
use site::Site;

const PAGES: usize = 5_000;
const PAGES_WHEN_TESTED: usize = 600;
/// Calls before anything counts.
const WARM_UP_CALLS: usize = 30;

fn main() {
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let asked = |part: &str| only.as_ref().is_none_or(|only| only.split('/').next() == Some(part));

    let mut tables = String::new();
    if asked("wiki") {
        tables += &wiki(measuring);
    }
    if measuring && asked("embedding") {
        tables += &embedding::compare();
    }
    if measuring && asked("vectors") {
        tables += &vectors::compare();
    }
    println!("{tables}");
}

/// The part about a wiki; returns its table.
fn wiki(measuring: bool) -> String {
    let pages = if measuring { PAGES } else { PAGES_WHEN_TESTED };
    let (site, indexing) = Site::build(pages);
    let mut report = Report::default();
    let heading = indexing.report(pages, &mut report);

    let mut criterion = Criterion::default().configure_from_args();
    let mut bench = Bench { criterion: &mut criterion, report, measuring };
    views(&mut bench, &site);
    lists(&mut bench, &site);
    searches(&mut bench, &site);
    saves(&mut bench, &site);
    let report = bench.report;
    criterion.final_summary();
    if !measuring {
        return String::new();
    }
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    format!("\n{heading}\n{build} build; load {}\n{report}", embedding::load())
}

struct Bench<'c> {
    criterion: &'c mut Criterion,
    report: Report,
    measuring: bool,
}

impl Bench<'_> {
    /// Calls `once`, which says how long the part took that counts, until there are enough
    /// samples.
    fn measure(&mut self, what: &'static str, budget: Budget, mut once: impl FnMut() -> Duration) {
        let mut samples = Vec::new();
        let mut cold = self.measuring;
        let mut group = self.criterion.benchmark_group("wiki");
        group.sampling_mode(SamplingMode::Flat);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(4));
        group.bench_function(what.trim(), |bencher| {
            if std::mem::take(&mut cold) {
                (0..WARM_UP_CALLS).for_each(|_| _ = once());
            }
            bencher.iter_custom(|calls| {
                (0..calls)
                    .map(|_| {
                        let took = once();
                        samples.push(took);
                        took
                    })
                    .sum()
            });
        });
        group.finish();
        self.report.add(what, budget, samples);
    }
}

fn views(bench: &mut Bench<'_>, site: &Site) {
    let address = format!("/{HANDBOOK}");
    let router = site.router();
    bench.measure("page view, 30 KB, cached", Budget::P99(5), || site.get(&router, &address).0);
    bench.measure("page view, 30 KB, uncached", Budget::P99(15), || {
        // Nothing but rendered pages belongs to a router's state.
        let fresh = site.router();
        site.get(&fresh, &address).0
    });
    let path = PagePath::parse(HANDBOOK).unwrap();
    bench.measure("  of it: authorize and read the page", Budget::Part, || {
        timed(|| wiki::read(&site.reading(), &path, None).unwrap()).0
    });
}

fn lists(bench: &mut Bench<'_>, site: &Site) {
    let router = site.router();
    let (_, body) = site.get(&router, "/api/v1/pages?prefix=Atlas/");
    let listed: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(listed["total"], ATLAS_PAGES);
    bench.measure("list 400 pages with metadata, REST", Budget::P99(5), || {
        site.get(&router, "/api/v1/pages?prefix=Atlas/").0
    });
    let query = ListQuery { prefix: Some("Atlas/".to_owned()), ..ListQuery::default() };
    bench.measure("  of it: authorize and list", Budget::Part, || {
        timed(|| wiki::list(&site.reading(), &query).unwrap()).0
    });
    bench.measure("list every page, REST", Budget::Part, || site.get(&router, "/api/v1/pages").0);
}

fn searches(bench: &mut Bench<'_>, site: &Site) {
    let router = site.router();
    let mut number = 0;
    let mut next = || {
        number += 1;
        number
    };
    let found = search(site, Mode::Text, &site.corpus.query(next()), 50);
    assert!(!found.hits.is_empty() && found.hits.iter().all(|hit| !hit.snippet.is_empty()));
    bench.measure("search by words with 50 snippets, REST", Budget::P95(12), || {
        let address = format!("/api/v1/search?mode=text&q={}", site.corpus.query(next()).replace(' ', "+"));
        site.get(&router, &address).0
    });
    bench.measure("  of it: authorize and search", Budget::Part, || {
        let query = site.corpus.query(next());
        timed(|| search(site, Mode::Text, &query, 50)).0
    });

    let found = search(site, Mode::Hybrid, &site.corpus.question(next()), 20);
    assert!(found.mode == Mode::Hybrid && found.hits.iter().any(|hit| hit.meaning));
    bench.measure("hybrid search with 20 snippets, REST", Budget::P95(25), || {
        let address =
            format!("/api/v1/search?mode=hybrid&limit=20&q={}", site.corpus.question(next()).replace(' ', "+"));
        site.get(&router, &address).0
    });
    bench.measure("  of it: authorize and search ", Budget::Part, || {
        let question = site.corpus.question(next());
        timed(|| search(site, Mode::Hybrid, &question, 20)).0
    });
    bench.measure("  of it: by meaning alone", Budget::Part, || {
        let question = site.corpus.question(next());
        timed(|| search(site, Mode::Semantic, &question, 20)).0
    });
}

fn search(site: &Site, mode: Mode, text: &str, limit: usize) -> SearchResults {
    let query = SearchQuery { text: text.to_owned(), mode, limit, ..SearchQuery::default() };
    wiki::search(&site.installation.wikis, &site.reading(), &query).unwrap()
}

/// One page after the other gets a line more.
fn saves(bench: &mut Bench<'_>, site: &Site) {
    struct Draft {
        path: PagePath,
        content: String,
        base: String,
    }
    let mut drafts: Vec<Draft> = site
        .corpus
        .ordinary_pages()
        .take(50)
        .map(|path| {
            let path = PagePath::parse(path).unwrap();
            let page = wiki::read(&site.reading(), &path, None).unwrap();
            Draft { path, content: page.content, base: page.last.unwrap().revision.to_string() }
        })
        .collect();
    let mut turn = 0;
    let mut next = || {
        turn += 1;
        turn
    };
    let count = drafts.len();

    let router = site.router();
    bench.measure("durable save, REST", Budget::P95(25), || {
        let turn = next();
        let draft = &mut drafts[turn % count];
        draft.content += &format!("\nSaved in turn {turn}.\n");
        let body = json!({ "content": draft.content, "revision": draft.base });
        let (took, answer) = site.put(&router, &format!("/api/v1/pages/{}", draft.path), &body);
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        draft.base = answer["revision"].as_str().unwrap().to_owned();
        took
    });
    bench.measure("  of it: authorize and write", Budget::Part, || {
        let turn = next();
        let draft = &mut drafts[turn % count];
        draft.content += &format!("\nSaved in turn {turn}.\n");
        let request = WritePage {
            content: &draft.content,
            base: Some(RevisionPrefix::parse(&draft.base).unwrap()),
            mode: WriteMode::Strict,
            recording: Recording { message: None, origin: Origin::Api, typed: draft.path.as_str(), once: None },
        };
        let (took, saved) =
            timed(|| wiki::write(&site.installation.wikis, &site.writing(), &draft.path, &request).unwrap());
        draft.base = saved.value.revision.to_string();
        took
    });
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begun = Instant::now();
    let value = work();
    (begun.elapsed(), value)
}
