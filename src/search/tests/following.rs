use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::super::{Error, Indexes, Limits, Place};
use super::*;
use crate::model::WikiId;

const SOON: Duration = Duration::from_secs(10);

struct Farm {
    dir: tempfile::TempDir,
    wikis: Arc<Mutex<BTreeMap<WikiId, Arc<FakeWiki>>>>,
    indexes: Indexes,
}

impl Farm {
    fn new(open: usize, wikis: &[Arc<FakeWiki>]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let wikis = wikis.iter().enumerate().map(|(i, wiki)| (WikiId(i as u64), Arc::clone(wiki))).collect();
        let wikis: Arc<Mutex<BTreeMap<WikiId, Arc<FakeWiki>>>> = Arc::new(Mutex::new(wikis));
        let indexes = Self::start(dir.path().to_owned(), &wikis, open);
        Self { dir, wikis, indexes }
    }

    fn start(root: PathBuf, wikis: &Arc<Mutex<BTreeMap<WikiId, Arc<FakeWiki>>>>, open: usize) -> Indexes {
        let wikis = Arc::clone(wikis);
        let places = move |id: WikiId| {
            let source = wikis.lock().get(&id).cloned();
            Ok(source.map(|source| Place { dir: root.join(id.to_string()), language: Language::English, source }))
        };
        Indexes::start(places, Limits { open }).unwrap()
    }

    fn restart(&mut self) {
        self.indexes.shutdown();
        self.indexes = Self::start(self.dir.path().to_owned(), &self.wikis, 64);
    }

    fn find(&self, wiki: u64, query: &str) -> Vec<String> {
        let hits = self.indexes.ask(WikiId(wiki), query, 100, 0).unwrap();
        hits.hits.into_iter().map(|hit| hit.path.to_string()).collect()
    }
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < SOON, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_write_is_found_after_waiting_for_it_and_soon_without() {
    let wiki = FakeWiki::new(&[("A", "apple")]);
    let farm = Farm::new(64, &[Arc::clone(&wiki)]);
    assert_eq!(farm.find(0, "apple"), ["A"], "the first search waits for the first index");
    let revision = wiki.write(&[("B", "banana")]);
    assert!(farm.indexes.wait_until(WikiId(0), revision, SOON));
    assert_eq!(farm.find(0, "banana"), ["B"]);
    let status = farm.indexes.status(WikiId(0)).unwrap();
    assert_eq!((status.indexed, status.documents, status.last_error), (Some(revision), 2, None));
    wiki.delete("A");
    farm.indexes.notify(WikiId(0));
    eventually("the deletion", || farm.find(0, "apple").is_empty());
}

#[test]
fn waiting_for_an_older_commit_ends_when_a_newer_one_is_indexed() {
    let wiki = FakeWiki::new(&[("A", "apple")]);
    let farm = Farm::new(64, &[Arc::clone(&wiki)]);
    let older = wiki.write(&[("B", "banana")]);
    wiki.write(&[("C", "cherry")]);
    assert!(farm.indexes.wait_until(WikiId(0), older, SOON));
    assert_eq!(farm.find(0, "cherry"), ["C"]);
}

#[test]
fn many_notices_are_one_piece_of_work() {
    let wiki = FakeWiki::new(&[("A", "apple")]);
    *wiki.slow.lock() = Duration::from_millis(100);
    let farm = Farm::new(64, &[Arc::clone(&wiki)]);
    for number in 0..200 {
        wiki.write(&[(&format!("P{number}"), "pear")]);
        farm.indexes.notify(WikiId(0));
    }
    assert!(farm.indexes.wait_current(WikiId(0), SOON));
    assert_eq!(farm.indexes.ask(WikiId(0), "pear", 1, 0).unwrap().total, 200);
    let asked = wiki.asked.load(Ordering::SeqCst);
    assert!(asked <= 5, "{asked} passes");
}

#[test]
fn an_unknown_history_is_indexed_anew_while_the_old_index_answers() {
    let wiki = FakeWiki::new(&[("A", "apple"), ("B", "banana")]);
    let farm = Farm::new(64, &[Arc::clone(&wiki)]);
    assert_eq!(farm.find(0, "apple"), ["A"]);
    wiki.delete("A");
    let rewritten = wiki.rewrite_history();
    *wiki.slow.lock() = Duration::from_millis(200);
    farm.indexes.notify(WikiId(0));
    eventually("rebuilding", || farm.indexes.status(WikiId(0)).unwrap().rebuilding);
    assert_eq!(farm.find(0, "apple"), ["A"]);
    assert!(farm.indexes.wait_until(WikiId(0), rewritten, SOON));
    assert!(farm.find(0, "apple").is_empty());
    assert!(!farm.indexes.status(WikiId(0)).unwrap().rebuilding);
}

#[test]
fn a_wiki_without_commits_and_one_that_lost_them_have_no_pages() {
    let wiki = Arc::new(FakeWiki::default());
    let mut farm = Farm::new(64, &[Arc::clone(&wiki)]);
    assert!(farm.find(0, "apple").is_empty());
    wiki.write(&[("A", "apple")]);
    assert!(farm.indexes.wait_current(WikiId(0), SOON));
    assert_eq!(farm.find(0, "apple"), ["A"]);
    wiki.commits.lock().clear();
    assert!(farm.indexes.wait_current(WikiId(0), SOON));
    assert!(farm.find(0, "apple").is_empty());
    farm.restart();
    assert_eq!(farm.indexes.status(WikiId(0)).unwrap().indexed, None);
}

#[test]
fn failures_are_told_and_tried_again() {
    let wiki = FakeWiki::new(&[("A", "apple")]);
    let farm = Farm::new(64, &[Arc::clone(&wiki)]);
    assert_eq!(farm.find(0, "apple"), ["A"]);
    wiki.failing.store(true, Ordering::SeqCst);
    let revision = wiki.write(&[("B", "banana")]);
    assert!(!farm.indexes.wait_until(WikiId(0), revision, Duration::from_millis(50)));
    eventually("the error", || farm.indexes.status(WikiId(0)).unwrap().last_error.is_some());
    let error = farm.indexes.status(WikiId(0)).unwrap().last_error.unwrap();
    assert!(error.contains("on fire"), "{error}");
    assert_eq!(farm.find(0, "apple"), ["A"], "the old index answers");
    wiki.failing.store(false, Ordering::SeqCst);
    eventually("recovery without another notice", || farm.find(0, "banana") == ["B"]);
    assert_eq!(farm.indexes.status(WikiId(0)).unwrap().last_error, None);
}

#[test]
fn what_was_committed_while_nobody_looked_is_found_after_a_restart() {
    let wiki = FakeWiki::new(&[("A", "apple")]);
    let mut farm = Farm::new(64, &[Arc::clone(&wiki)]);
    assert_eq!(farm.find(0, "apple"), ["A"]);
    farm.indexes.shutdown();
    let revision = wiki.write(&[("B", "banana")]);
    assert!(!farm.indexes.wait_until(WikiId(0), revision, SOON), "a stopped worker is not waited for");
    farm.restart();
    eventually("the write", || farm.find(0, "banana") == ["B"]);
}

#[test]
fn an_index_deleted_under_the_server_comes_back() {
    let wiki = FakeWiki::new(&[("A", "apple")]);
    let farm = Farm::new(64, &[Arc::clone(&wiki)]);
    assert_eq!(farm.find(0, "apple"), ["A"]);
    fs::remove_dir_all(farm.dir.path().join("w0")).unwrap();
    let revision = wiki.write(&[("B", "banana")]);
    assert!(farm.indexes.wait_until(WikiId(0), revision, SOON));
    assert_eq!(farm.find(0, "banana"), ["B"]);
    assert_eq!(farm.find(0, "apple"), ["A"]);
    assert!(farm.dir.path().join("w0/meta.json").exists());
}

#[test]
fn an_index_found_damaged_while_open_is_repaired_and_answers() {
    let wiki = FakeWiki::new(&[("A", "apple"), ("B", "banana")]);
    let farm = Farm::new(64, &[Arc::clone(&wiki)]);
    assert_eq!(farm.find(0, "apple"), ["A"]);
    let index = farm.indexes.handle(WikiId(0)).unwrap();
    let files = fs::read_dir(farm.dir.path().join("w0")).unwrap().map(|file| file.unwrap().path());
    let postings = files.into_iter().find(|path| path.extension().is_some_and(|e| e == "idx")).unwrap();
    fs::remove_file(&postings).unwrap();
    fs::write(&postings, "no postings").unwrap();
    index.retire();
    assert!(index.apply(&[], &Pages::default(), revision(9)).is_err(), "a retired index is not written");
    assert_eq!(farm.find(0, "apple"), ["A"]);
    assert_eq!(farm.indexes.status(WikiId(0)).unwrap().documents, 2);
}

#[test]
fn few_indexes_are_open_and_all_answer() {
    let wikis: Vec<Arc<FakeWiki>> = (0..12).map(|i| FakeWiki::new(&[("A", &format!("apple{i}"))])).collect();
    let farm = Farm::new(3, &wikis);
    for round in 0..3 {
        for (number, wiki) in wikis.iter().enumerate() {
            wiki.write(&[(&format!("R{round}"), &format!("pear{number}"))]);
            assert!(farm.indexes.wait_current(WikiId(number as u64), SOON));
            let pages = farm.indexes.ask(WikiId(number as u64), &format!("pear{number}"), 10, 0).unwrap().total;
            assert_eq!((pages, farm.find(number as u64, &format!("apple{number}"))), (round + 1, vec!["A".to_owned()]));
            assert!(farm.indexes.open_count() <= 4);
        }
    }
    drop(farm.indexes);
    #[cfg(target_os = "linux")]
    {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let root = farm.dir.path().to_str().unwrap();
        assert!(!maps.contains(root), "closed indexes keep files mapped");
    }
}

#[test]
fn a_forgotten_wiki_is_closed_and_unknown() {
    let wiki = FakeWiki::new(&[("A", "apple")]);
    let farm = Farm::new(64, &[Arc::clone(&wiki)]);
    assert_eq!(farm.find(0, "apple"), ["A"]);
    farm.indexes.notify(WikiId(0));
    farm.wikis.lock().clear();
    farm.indexes.forget(WikiId(0));
    fs::remove_dir_all(farm.dir.path().join("w0")).unwrap();
    assert!(matches!(farm.indexes.ask(WikiId(0), "apple", 1, 0), Err(Error::UnknownWiki)));
    farm.indexes.notify(WikiId(0));
    std::thread::sleep(Duration::from_millis(50));
    assert!(!farm.dir.path().join("w0").exists());
}

#[test]
fn searches_and_writes_at_once_see_whole_commits() {
    let wiki = FakeWiki::new(&[("A", "even one"), ("B", "even two")]);
    let farm = Farm::new(2, &[Arc::clone(&wiki), FakeWiki::new(&[("X", "x")]), FakeWiki::new(&[("Y", "y")])]);
    assert!(farm.indexes.wait_current(WikiId(0), SOON));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..150 {
                    let total = farm.indexes.ask(WikiId(0), "even", 10, 0).unwrap().total;
                    assert!(total == 2, "{total} pages of a commit that has two");
                    farm.find(1, "x");
                    farm.find(2, "y");
                }
            });
        }
        for number in 0..60 {
            wiki.write(&[("A", &format!("even {number}")), ("B", &format!("even more {number}"))]);
            farm.indexes.notify(WikiId(0));
            std::thread::sleep(Duration::from_millis(3));
        }
    });
    assert!(farm.indexes.wait_current(WikiId(0), SOON));
    assert_eq!(farm.find(0, "59").len(), 2);
    assert_eq!(farm.indexes.status(WikiId(0)).unwrap().last_error, None);
}

/// Runs one of the `child_process_` tests below in a process of its own. In the ordinary
/// run, where the variable is not set, those do nothing.
fn alone(test: &str, dir: &std::path::Path) -> std::process::Child {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("search::tests::following::{test}"), "--quiet"])
        .env(DIR, dir)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

const DIR: &str = "ROBOTWIKI_TEST_CHILD_DIR";

#[test]
fn a_kill_at_any_time_leaves_an_index_that_catches_up() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("text");
    let mut reached = 0;
    for round in 0..8_u64 {
        let mut child = alone("child_process_writes_until_killed", &place);
        std::thread::sleep(Duration::from_millis(150 + round * 53));
        child.kill().unwrap();
        child.wait().unwrap();
        let opened = TextIndex::open(&place).unwrap();
        assert!(!opened.rebuilt || reached == 0, "a kill loses nothing that was written");
        if let Some(at) = opened.index.reflects() {
            let number = u64::from_be_bytes(at.as_bytes()[..8].try_into().unwrap());
            assert!(number >= reached, "went back from {reached} to {number}");
            reached = number;
            assert_eq!(found(&opened.index, &format!("\"number {number}\"")), ["A"]);
            assert_eq!(opened.index.documents() as u64, number.min(50) + 1);
        }
    }
    assert!(reached > 0, "no round wrote anything");
}

#[test]
fn child_process_writes_until_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let index = TextIndex::open(dir.as_ref()).unwrap().index;
    let begun = index.reflects().map_or(0, |at| u64::from_be_bytes(at.as_bytes()[..8].try_into().unwrap()));
    for number in begun + 1.. {
        let text = format!("number {number}");
        let pages = Pages::of(&[("A", &text), (&format!("P{}", number.min(50)), "other")]);
        pages.apply(&index, number as usize).unwrap();
        if number % 10 == 0 {
            index.tidy().unwrap();
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn commits_merges_and_shutdown_leave_no_threads_or_files_open() {
    let dir = tempfile::tempdir().unwrap();
    assert!(alone("child_process_counts_threads_and_files", dir.path()).wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn child_process_counts_threads_and_files() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let count = |what: &str| fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
    let index = TextIndex::open(dir.as_ref()).unwrap().index;
    written("A", page("A", "apple")).apply(&index, 0).unwrap();
    eventually("the first threads end", || count("task") <= 2);
    let before = (count("task"), count("fd"));
    for number in 1..40 {
        written("A", page("A", "apple")).apply(&index, number).unwrap();
    }
    index.tidy().unwrap();
    eventually("the threads end", || (count("task"), count("fd")) == before);
    drop(index);
    let farm = Farm::new(2, &[FakeWiki::new(&[("A", "apple")])]);
    assert_eq!(farm.find(0, "apple"), ["A"]);
    drop(farm);
    eventually("the worker ends", || count("task") == before.0);
}
