//! From the import of a wiki until all of it is found: how long, with how much memory, and
//! how long readers wait meanwhile.

use std::thread;
use std::time::{Duration, Instant};

use crate::report::{Budget, Report};
use crate::site::Site;

const PATIENCE: Duration = Duration::from_secs(3_600);
/// Between two page views.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) struct Indexing {
    imported: Duration,
    words: Duration,
    meaning: Duration,
    /// Bytes before the import, and the most while it was indexed.
    memory: (u64, u64),
    views: Vec<Duration>,
}

/// Reads one page after the other until all are indexed. `memory`: before the import.
pub(crate) fn watch(site: &Site, begun: Instant, imported: Duration, memory: u64) -> Indexing {
    let router = site.router();
    let pages: Vec<_> = site.corpus.ordinary_pages().map(|path| format!("/{path}")).collect();
    let (mut words, mut most, mut views) = (None, memory, Vec::new());
    for address in pages.iter().cycle() {
        let now = begun.elapsed();
        assert!(now < PATIENCE, "the wiki was not indexed in time");
        most = most.max(self::memory());
        let (by_words, by_meaning) = site.installation.searchable();
        if by_words {
            words.get_or_insert(now);
        }
        if let (Some(words), true) = (words, by_meaning) {
            return Indexing { imported, words, meaning: now, memory: (memory, most), views };
        }
        views.push(site.get(&router, address).0);
        thread::sleep(PAUSE);
    }
    unreachable!("a wiki has pages")
}

impl Indexing {
    /// Adds to the report, and says the rest in a line.
    pub(crate) fn report(self, pages: usize, report: &mut Report) -> String {
        let Self { imported, words, meaning, memory: (before, most), views } = self;
        report.add("page view while the wiki is indexed", Budget::Part, views);
        format!(
            "{pages} pages: imported in {:.1} s, found by words after {:.1} s, by meaning after {:.1} s; \
             memory {} MiB before, at most {} MiB",
            imported.as_secs_f64(),
            words.as_secs_f64(),
            meaning.as_secs_f64(),
            before >> 20,
            most >> 20
        )
    }
}

/// Resident memory of this process in bytes; 0 elsewhere than on Linux.
pub(crate) fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or_default() << 10
}
