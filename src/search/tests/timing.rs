use std::time::Instant;

use super::*;

/// Words with a distribution like that of prose: few are frequent, most are rare.
struct Prose(u64);

impl Prose {
    fn number(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    fn word(&mut self) -> String {
        let even = self.number(1 << 20) as f64 / f64::from(1 << 20);
        Self::spelled(20_000_f64.powf(even) as u64)
    }

    fn spelled(rank: u64) -> String {
        let syllables = ["ka", "lo", "mi", "ter", "sun", "per", "da", "vo", "ris", "el"];
        rank.to_string().bytes().map(|digit| syllables[usize::from(digit - b'0')]).collect()
    }

    /// Words that people look for: not the most frequent.
    fn query(&mut self, words: u64) -> String {
        let words: Vec<String> = (0..words).map(|_| Self::spelled(50 + self.number(5_000))).collect();
        words.join(" ")
    }

    fn text(&mut self, words: usize) -> String {
        let words: Vec<String> = (0..words).map(|_| self.word()).collect();
        words.join(" ")
    }
}

/// What this thread has used of a processor, where the system tells: the machine may be busy
/// with other tests.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// 5,000 pages when measuring (CONTRIBUTING.md, "Measure"), else a few.
fn pages() -> usize {
    if std::env::var_os("ROBOTWIKI_MEASURE").is_some_and(|value| value == "1") { 5_000 } else { 120 }
}

#[test]
#[expect(clippy::print_stdout, reason = "the times are what one measures")]
fn every_page_of_a_large_wiki_is_found() {
    let mut prose = Prose(42);
    let place = |i: usize| format!("area{}/Page_{i}", i % 50);
    let pages = (0..pages()).fold(Pages::default(), |pages, i| {
        pages.with(&place(i), page(&prose.text(3), &format!("{} number{i}", prose.text(600))))
    });
    let (source, pages) = (&pages, &pages.changes);
    let bytes: usize = source.texts.values().map(String::len).sum();
    let dir = tempfile::tempdir().unwrap();
    let index = TextIndex::open(dir.path()).unwrap().index;
    let begun = Instant::now();
    index.replace(pages, source, revision(0), Language::English).unwrap();
    println!("build: {:?} for {} pages, {:.1} MB", begun.elapsed(), pages.len(), bytes as f64 / 1e6);
    let begun = Instant::now();
    while index.tidy().unwrap() {}
    println!("tidy: {:?}", begun.elapsed());
    assert_eq!(index.documents(), pages.len());
    for i in (0..pages.len()).step_by(pages.len() / 20) {
        assert_eq!(found(&index, &format!("\"number{i}\"")), [place(i)]);
    }
    let size: u64 = std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum();
    println!("on disk: {:.1} MB", size as f64 / 1e6);

    let mut saves: Vec<Duration> = (1..40)
        .map(|i| {
            let change = written(&place(i), page("Changed", &prose.text(600)));
            let begun = Instant::now();
            change.apply(&index, i).unwrap();
            begun.elapsed()
        })
        .collect();
    println!("apply one page: p50 {:?} p95 {:?}", percentile(&mut saves, 50), percentile(&mut saves, 95));
    assert_eq!((index.documents(), index.reflects()), (pages.len(), Some(revision(39))));
    assert_eq!(index.ask("\"changed\"", 0, 0).unwrap().total, 39);
    assert_eq!(found(&index, "\"number7\""), [""; 0], "what a page no longer says");

    let queries: Vec<String> = (0..200).map(|i| prose.query(1 + i % 3)).collect();
    let search = |what: &str, limit: usize, ending: &str| {
        let mut totals = Vec::new();
        let used = processor_time();
        let mut times: Vec<Duration> = queries
            .iter()
            .map(|query| {
                let begun = Instant::now();
                let hits = index.ask(&format!("{query}{ending}"), limit, 0).unwrap();
                let took = begun.elapsed();
                assert_eq!(hits.hits.len(), hits.total.min(limit), "{query}");
                totals.push(hits.total);
                took
            })
            .collect();
        println!(
            "search, {what}: p50 {:?} p95 {:?}, processor {:?} ({} matches each)",
            percentile(&mut times, 50),
            percentile(&mut times, 95),
            (processor_time() - used) / queries.len() as u32,
            totals.iter().sum::<usize>() / queries.len()
        );
        totals
    };
    search("10 hits with snippets, last word unfinished", 10, "");
    let shown = search("10 hits with snippets", 10, " ");
    search("50 hits with snippets", 50, " ");
    assert_eq!(search("total only", 0, " "), shown);
    drop(index);
    let begun = Instant::now();
    assert!(!TextIndex::open(dir.path()).unwrap().rebuilt);
    println!("open with checksums: {:?}", begun.elapsed());
}
