//! What is brought forward step by step equals what is derived at once, whatever git made of
//! the history; and it says of every file what the repository itself says.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use proptest::prelude::*;

use super::super::*;
use crate::model::RevisionPrefix;
use crate::repo::RealDisk;

struct Scene {
    home: tempfile::TempDir,
    repo: Repo,
}

impl Scene {
    fn imported(stream: &str) -> Self {
        let home = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let dir = home.path().join("repo.git");
        std::fs::create_dir(&dir).unwrap();
        git(&dir, &["init", "--quiet", "--bare", "--template=", "--initial-branch=main"], b"");
        git(&dir, &["fast-import", "--quiet", "--force"], stream.as_bytes());
        let repo = Repo::open(Arc::new(RealDisk), &dir).unwrap();
        Self { home, repo }
    }

    fn git(&self, args: &[&str]) -> String {
        git(self.repo.dir(), args, b"")
    }

    fn file(&self) -> PathBuf {
        self.home.path().join("index").join("catalog.bin")
    }

    fn fresh(&self) -> Catalog {
        let catalog = Catalog::new(LinkOrder::default());
        catalog.catch_up(&self.repo).unwrap();
        catalog
    }
}

fn git(dir: &Path, args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("git")
        .args(args)
        .current_dir(dir)
        .env("GIT_DIR", dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Everything that a state says.
fn dump(state: &State) -> String {
    let mut text =
        format!("{:?} {} {} {}\n", state.commit, state.page_count(), state.attachment_count(), state.bytes());
    for (path, entry) in state.pages() {
        let created = state.created(path).map(|first| first.revision);
        let _ = writeln!(text, "{path} {entry:?} created {created:?} links {:?}", state.links_of(path));
        let _ = writeln!(text, "  from {:?}", state.linked_from(path));
        for link in &entry.links {
            let _ = writeln!(text, "  to {link:?} from {:?}", state.linked_from(&link.target));
        }
        for step in state.log.history(path.file().as_str(), state.commit.unwrap(), usize::MAX) {
            let _ = writeln!(text, "  {} {} {:?}", step.commit.revision, step.path, step.blob);
        }
    }
    let _ = writeln!(text, "{:?}", state.attachments);
    for (_, commit) in state.log.newest_first() {
        let _ = writeln!(text, "{:?} {}", commit.info, commit.rank);
        let mut changes: Vec<_> = state
            .log
            .changes(commit)
            .map(|change| format!("{:?} {} {:?}", change.kind, change.path, change.from))
            .collect();
        changes.sort();
        let _ = writeln!(text, "  {changes:?}");
        let prefix = RevisionPrefix::from(commit.info.revision);
        assert_eq!(state.log.find(&prefix), Some(commit.info.revision));
    }
    for gone in state.deleted() {
        let _ = writeln!(text, "gone {} {} {}", gone.path, gone.commit.revision, gone.before);
    }
    text
}

const PATHS: [&str; 8] =
    ["Home.md", "home.md", "New York.md", "New_York.md", "d/A.md", "d/e/C.md", "d/e/x.png", "Home/pic.png"];

fn content(path: &str, random: usize) -> String {
    let tag = random % 3;
    let target = PATHS[random % 6].trim_end_matches(".md");
    let filler = format!("A line of {path} that every version has.\n").repeat(6);
    format!(
        "---\ntags: [t{tag}, u]\ncategory: {tag}\n---\n# {path}\n{filler}[[{target}]] [x](A.md) ![p](_images/x.png) {random}\n"
    )
}

/// A history of `commits` with branches, merges, renames, deletions and case changes. With
/// `skewed`, the clocks of the committers run as they like; with `evil`, merges also change
/// files themselves.
fn history(mut seed: u64, commits: usize, skewed: bool, evil: bool) -> String {
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below.max(1)
    };
    let mut stream = String::new();
    let mut states: Vec<BTreeMap<&str, String>> = Vec::new();
    let mut newest = 0;
    for n in 0..commits {
        let mark = n + 1;
        let time = if skewed { 1000 + random(50) } else { 1000 + n };
        let _ = write!(
            stream,
            "commit refs/heads/main\nmark :{mark}\ncommitter A{} <a> {time} +0100\ndata 3\nc{}\n",
            n % 3,
            n % 10
        );
        let mut files = BTreeMap::new();
        let mut merge = false;
        if n > 0 {
            // The first parent is mostly the newest commit; a side branch comes back as a merge.
            let parent = if random(4) == 0 { random(n) } else { newest };
            let _ = writeln!(stream, "from :{}", parent + 1);
            files.clone_from(&states[parent]);
            if random(3) == 0 || (parent != newest && random(2) == 0) {
                let other = if parent == newest { random(n) } else { newest };
                if other != parent {
                    merge = true;
                    let _ = writeln!(stream, "merge :{}", other + 1);
                    for (path, text) in &states[other] {
                        if random(2) == 0 {
                            put(&mut stream, &mut files, path, text.clone());
                        }
                    }
                }
            }
        }
        let steps = if merge && !evil { 0 } else { 1 + random(2) };
        for _ in 0..steps {
            let path = PATHS[random(PATHS.len())];
            let to = PATHS[random(PATHS.len())];
            match random(5) {
                0 if files.contains_key(path) => {
                    let _ = writeln!(stream, "D {}", quoted(path));
                    files.remove(path);
                }
                1 | 2 if files.contains_key(path) && !files.contains_key(to) && path != to => {
                    let _ = writeln!(stream, "R {} {}", quoted(path), quoted(to));
                    let text = files.remove(path).unwrap();
                    files.insert(to, text);
                    if random(2) == 0 {
                        let text = format!("{}edited {n}\n", files[to]);
                        put(&mut stream, &mut files, to, text);
                    }
                }
                _ => {
                    let text = content(path, random(1000));
                    put(&mut stream, &mut files, path, text);
                }
            }
        }
        states.push(files);
        newest = n;
    }
    stream
}

fn put<'p>(stream: &mut String, files: &mut BTreeMap<&'p str, String>, path: &'p str, text: String) {
    let _ = writeln!(stream, "M 100644 inline {}\ndata {}\n{text}", quoted(path), text.len());
    files.insert(path, text);
}

fn quoted(path: &str) -> String {
    format!("\"{path}\"")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn brought_forward_equals_derived_anew(
        seed: u64, commits in 2..40_usize, skewed: bool, strides in prop::collection::vec(1..8_usize, 1..8), jump: bool,
    ) {
        let scene = Scene::imported(&history(seed, commits, skewed, true));
        let tip = scene.repo.tip().unwrap().unwrap();
        let line = scene.git(&["rev-list", "--first-parent", "--reverse", "main"]);
        let line: Vec<&str> = line.lines().collect();
        let mut catalog = Catalog::open(LinkOrder::default(), &scene.file());
        let mut at = 0;
        for stride in strides.iter().cycle() {
            at += stride;
            let Some(revision) = line.get(at) else { break };
            scene.git(&["update-ref", "refs/heads/main", revision]);
            catalog.catch_up(&scene.repo).unwrap();
            prop_assert_eq!(dump(&catalog.read()), dump(&scene.fresh().read()));
            if at % 3 == 0 {
                catalog.store();
                catalog = Catalog::open(LinkOrder::default(), &scene.file());
                prop_assert_eq!(dump(&catalog.read()), dump(&scene.fresh().read()));
            }
            if jump && at % 5 == 0 {
                // Somebody turned the branch back.
                scene.git(&["update-ref", "refs/heads/main", line[0]]);
                catalog.catch_up(&scene.repo).unwrap();
                prop_assert_eq!(catalog.read().log().len(), 1);
            }
        }
        scene.git(&["update-ref", "refs/heads/main", &tip.to_string()]);
        catalog.catch_up(&scene.repo).unwrap();
        prop_assert_eq!(dump(&catalog.read()), dump(&scene.fresh().read()));
        let all = scene.git(&["rev-list", "--count", "main"]);
        prop_assert_eq!(catalog.read().log().len().to_string(), all.trim());
    }

    #[test]
    fn history_and_last_commits_are_those_of_the_repository(seed: u64, commits in 2..40_usize) {
        let scene = Scene::imported(&history(seed, commits, false, false));
        let tip = scene.repo.tip().unwrap().unwrap();
        let catalog = scene.fresh();
        let state = catalog.read();
        let last = scene.repo.last_commits(tip, None).unwrap();
        for (path, entry) in state.pages() {
            let file = path.file();
            prop_assert_eq!(
                entry.last.as_ref().map(|last| last.revision),
                last.get(file.as_str()).map(|last| last.revision), "{}", path
            );
            let theirs = scene.repo.history(&file, tip, 1000).unwrap();
            let ours = state.log().history(file.as_str(), tip, 1000);
            let ours: Vec<_> = ours.iter().map(|entry| (entry.commit.revision, entry.path.to_owned(), entry.blob)).collect();
            let theirs: Vec<_> = theirs.into_iter().map(|entry| (entry.commit.revision, entry.path, entry.blob)).collect();
            prop_assert_eq!(ours, theirs, "{}", path);
            let walked = scene.repo.blame(&file, tip).unwrap();
            let known = scene.repo.blame_versions(&state.log().versions(file.as_str(), tip)).unwrap();
            prop_assert_eq!(known, walked, "{}", path);
        }
    }
}

#[test]
fn a_revision_is_found_by_prefix_only_if_the_wiki_shows_it() {
    let scene = Scene::imported(&history(3, 4, false, false));
    let hidden = scene.git(&["rev-parse", "main"]);
    scene.git(&["update-ref", "refs/heads/main", "main~1"]);
    let shown = scene.git(&["rev-list", "main"]);
    let catalog = scene.fresh();
    let state = catalog.read();
    let find = |text: &str| state.log().find(&RevisionPrefix::parse(text).unwrap()).map(|found| found.to_string());
    for revision in shown.lines() {
        assert_eq!(find(revision).as_deref(), Some(revision));
        assert_eq!(find(&revision[..8]).as_deref(), Some(revision));
    }
    let tree = scene.git(&["rev-parse", "main^{tree}"]);
    for other in [hidden.trim(), &hidden[..8], tree.trim(), &"0".repeat(40)] {
        assert_eq!(find(other), None, "{other}");
    }
}

#[test]
fn an_ambiguous_prefix_finds_nothing() {
    let mut stream = String::new();
    for n in 0..30_000 {
        let _ = write!(stream, "commit refs/heads/main\ncommitter A <a> {n} +0000\ndata 0\n");
    }
    let scene = Scene::imported(&stream);
    let ids = scene.git(&["rev-list", "main"]);
    let mut ids: Vec<&str> = ids.lines().collect();
    ids.sort_unstable();
    // 30,000 commits have some 1.7 pairs that share 7 digits; which ones never changes.
    let pair = ids.windows(2).find(|pair| pair[0][..7] == pair[1][..7]).unwrap();
    let catalog = scene.fresh();
    let find = |text: &str| catalog.read().log().find(&RevisionPrefix::parse(text).unwrap());
    assert_eq!(find(&pair[0][..7]), None);
    assert_eq!(find(pair[0]).unwrap().to_string(), pair[0]);
}

#[test]
fn the_state_at_a_time_is_that_of_the_branch_itself() {
    let scene = Scene::imported(&history(11, 60, true, false));
    let tip = scene.repo.tip().unwrap().unwrap();
    let catalog = scene.fresh();
    for time in [999, 1000, 1005, 1017, 1042, 2000] {
        let until = scene.git(&["rev-list", "--first-parent", "-1", &format!("--before=@{time} +0000"), "main"]);
        let found = catalog.read().log().as_of(tip, time);
        assert_eq!(found.map(|found| found.to_string()).unwrap_or_default(), until.trim(), "{time}");
    }
}

#[test]
fn a_damaged_foreign_or_missing_copy_is_as_good_as_none() {
    let scene = Scene::imported(&history(7, 20, false, true));
    let catalog = Catalog::open(LinkOrder::default(), &scene.file());
    catalog.catch_up(&scene.repo).unwrap();
    catalog.store_if_due();
    let whole = std::fs::read(scene.file()).unwrap();
    let expected = dump(&catalog.read());
    let reopened = || Catalog::open(LinkOrder::default(), &scene.file());
    assert_eq!(dump(&reopened().read()), expected);
    // Links are read anew when they are wanted in another order, not when the file is opened.
    assert_eq!(dump(&Catalog::open(LinkOrder::TargetFirst, &scene.file()).read()), expected);
    for at in [0, 19, 25, whole.len() / 2, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(scene.file(), &damaged).unwrap();
        let catalog = reopened();
        assert!(catalog.read().commit().is_none(), "byte {at}");
        catalog.catch_up(&scene.repo).unwrap();
        assert_eq!(dump(&catalog.read()), expected);
        std::fs::write(scene.file(), &whole[..at]).unwrap();
        assert!(reopened().read().commit().is_none(), "cut at {at}");
    }
    std::fs::remove_file(scene.file()).unwrap();
    assert!(reopened().read().commit().is_none());
}

#[test]
fn the_copy_is_not_written_into_a_wiki_that_is_gone() {
    let scene = Scene::imported(&history(7, 3, false, true));
    let file = scene.home.path().join("gone").join("index").join("catalog.bin");
    let catalog = Catalog::open(LinkOrder::default(), &file);
    catalog.catch_up(&scene.repo).unwrap();
    catalog.store();
    assert!(!scene.home.path().join("gone").exists());
}

#[test]
fn the_past_is_what_it_was() {
    let scene = Scene::imported(&history(11, 30, false, true));
    let tip = scene.repo.tip().unwrap().unwrap();
    let catalog = scene.fresh();
    for line in scene.git(&["rev-list", "--first-parent", "main"]).lines() {
        let revision = Revision::parse(line).unwrap();
        let past = catalog.at(&scene.repo, revision, 100).unwrap();
        scene.git(&["update-ref", "refs/heads/main", line]);
        let then = scene.fresh();
        let then = then.read();
        assert_eq!(past.pages().collect::<Vec<_>>(), then.pages().collect::<Vec<_>>());
    }
    scene.git(&["update-ref", "refs/heads/main", &tip.to_string()]);
    assert!(matches!(catalog.at(&scene.repo, Revision::from_bytes([1; 20]), 9), Err(PastError::NoSuchCommit)));
    let too_different = |line: &str| {
        let past = catalog.at(&scene.repo, Revision::parse(line).unwrap(), 0);
        matches!(past, Err(PastError::TooDifferent { most: 0 }))
    };
    assert!(scene.git(&["rev-list", "main"]).lines().any(too_different));
}

/// With `ROBOTWIKI_MEASURE=1` 40,000 files and 20,000 commits, best with `--release`.
#[test]
fn a_large_wiki_is_derived_stored_and_continued() {
    let large = std::env::var_os("ROBOTWIKI_MEASURE").is_some();
    let (files, commits) = if large { (40_000, 20_000) } else { (400, 200) };
    let scene = Scene::imported(&large_history(files, commits));
    let timed = |what: &str, work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        if large {
            eprintln!("{what}: {:?}, resident {} MiB", start.elapsed(), resident());
        }
    };
    timed("nothing", &mut || ());
    let catalog = Catalog::open(LinkOrder::default(), &scene.file());
    timed("derive", &mut || assert!(catalog.catch_up(&scene.repo).unwrap().is_some()));
    assert_eq!(catalog.read().page_count(), files as u64);
    assert_eq!(catalog.read().log().len(), commits);
    timed("store", &mut || catalog.store());
    if large {
        eprintln!("stored: {} KiB", std::fs::metadata(scene.file()).unwrap().len() >> 10);
    }
    let mut reopened = None;
    timed("load", &mut || reopened = Some(Catalog::open(LinkOrder::default(), &scene.file())));
    let reopened = reopened.unwrap();
    let path = PagePath::parse("s0/t0/Page_0").unwrap();
    let stream = format!(
        "commit refs/heads/main\ncommitter A <a> 1800000000 +0000\ndata 0\nfrom refs/heads/main^0\nM 100644 inline {}\ndata 2\nx\n",
        path.file().as_str()
    );
    git(scene.repo.dir(), &["fast-import", "--quiet"], stream.as_bytes());
    timed("one commit on top", &mut || assert!(reopened.catch_up(&scene.repo).unwrap().is_some()));
    let state = reopened.read();
    assert_eq!(state.log().len(), commits + 1);
    timed("history of a page", &mut || {
        assert!(state.log().history(path.file().as_str(), state.commit().unwrap(), 1000).len() >= 2);
    });
    timed("links of all pages", &mut || {
        assert!(state.pages().map(|(path, _)| state.links_of(path).len()).sum::<usize>() > 0);
    });
    timed("deleted", &mut || assert!(state.deleted().is_empty()));
}

/// The files come in the first half of the commits, then they are edited.
fn large_history(files: usize, commits: usize) -> String {
    let name = |n: usize| format!("s{}/t{}/Page_{n}.md", n % 40, n / 40 % 40);
    let per_commit = files.div_ceil(commits / 2);
    let mut stream = String::new();
    let mut next = 0;
    for n in 0..commits {
        let _ = write!(stream, "commit refs/heads/main\ncommitter A <a> {} +0000\ndata 9\n{n:<9}\n", 1_500_000_000 + n);
        let changed: Vec<usize> = if next < files {
            let from = next;
            next = files.min(next + per_commit);
            (from..next).collect()
        } else {
            vec![n * 7919 % files]
        };
        for page in changed {
            let mut text = format!("---\ntitle: Page {page}\ntags: [t{}]\n---\n# Page {page}\n\n", page % 50);
            for section in 0..4 {
                let link = name((page * 31 + section * 977) % files);
                let _ = write!(
                    text,
                    "## Section {section}\n\nSee [[{}]]. {}\n",
                    link.trim_end_matches(".md"),
                    "Words about it. ".repeat(20)
                );
            }
            let _ = writeln!(text, "{n}");
            let _ = write!(stream, "M 100644 inline {}\ndata {}\n{text}\n", name(page), text.len());
        }
    }
    stream
}

/// Memory of this process, in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) >> 10
}
