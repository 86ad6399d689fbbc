use std::collections::BTreeMap;
use std::path::Path;

use crate::support::git_ok;

/// One write that a client tried.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) page: String,
    /// What the page says afterwards; none for a deletion. No two attempts have the same content.
    pub(super) content: Option<String>,
    pub(super) word: Option<String>,
    pub(super) author: &'static str,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    /// The server said yes; with the revision, or its beginning, where the surface tells it.
    Acknowledged { revision: Option<String> },
    /// The server was killed before it answered: both is right.
    InFlight,
    /// The server said no.
    Refused,
}

/// One version of a page, as git has it.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) page: String,
    pub(super) content: String,
    /// The word that only this version has; none for what the wiki was created with.
    pub(super) word: Option<String>,
    pub(super) revision: String,
}

/// What git held at the last check, and what has been tried since.
pub(super) struct Ledger {
    tip: String,
    current: BTreeMap<String, Text>,
    texts: Vec<Text>,
    pending: Vec<Attempt>,
    acknowledged: u64,
    in_flight: u64,
}

/// One commit on main that changed one page.
struct Commit {
    revision: String,
    author: String,
    page: String,
    content: Option<String>,
}

impl Ledger {
    /// Starts with what the repository holds now.
    pub(super) fn new(repository: &Path) -> Self {
        let tip = git_ok(repository, &["rev-parse", "refs/heads/main"], b"").trim().to_owned();
        let mut current = BTreeMap::new();
        let files = git_ok(repository, &["ls-tree", "-r", "-z", "--name-only", "refs/heads/main"], b"");
        for file in files.split('\0').filter(|file| file.ends_with(".md")) {
            let page = file.trim_end_matches(".md").to_owned();
            let content = git_ok(repository, &["cat-file", "blob", &format!("{tip}:{file}")], b"");
            let log = ["log", "-1", "--format=%H", "refs/heads/main", "--", file];
            let revision = git_ok(repository, &log, b"").trim().to_owned();
            current.insert(page.clone(), Text { page, content, word: None, revision });
        }
        Self { tip, current, texts: Vec::new(), pending: Vec::new(), acknowledged: 0, in_flight: 0 }
    }

    pub(super) fn expect(&mut self, attempts: Vec<Attempt>) {
        self.pending.extend(attempts);
    }

    /// Every page's newest version.
    pub(super) fn current(&self) -> &BTreeMap<String, Text> {
        &self.current
    }

    /// Every version that a writer made.
    pub(super) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.texts.iter()
    }

    /// How many acknowledged writes have been found, and how many that were in flight.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.acknowledged, self.in_flight)
    }

    /// Compares the commits since the last check with what was tried: each acknowledged write is one commit on main
    /// with its content, author and revision, and every commit is such a write or one that was in flight.
    /// Returns the versions that came.
    pub(super) fn check(&mut self, repository: &Path, round: u64) -> Vec<Text> {
        git_ok(repository, &["merge-base", "--is-ancestor", &self.tip, "refs/heads/main"], b"");
        let commits = commits_since(repository, &self.tip);
        let mut pending = std::mem::take(&mut self.pending);
        let mut came = Vec::new();
        for commit in commits {
            let fits = |attempt: &Attempt| {
                attempt.page == commit.page
                    && attempt.content == commit.content
                    && match &attempt.outcome {
                        Outcome::Acknowledged { revision: Some(told) } => commit.revision.starts_with(told.as_str()),
                        Outcome::Acknowledged { revision: None } | Outcome::InFlight => true,
                        Outcome::Refused => false,
                    }
            };
            // An acknowledged deletion tells no revision: it comes before one that was in flight.
            let acknowledged =
                pending.iter().position(|a| fits(a) && matches!(a.outcome, Outcome::Acknowledged { .. }));
            let Some(found) = acknowledged.or_else(|| pending.iter().position(fits)) else {
                let same: Vec<&Attempt> = pending.iter().filter(|attempt| attempt.page == commit.page).collect();
                panic!(
                    "round {round}: commit {} changed {} to {:.200?}, which nobody asked for; tried there: {same:.3000?}",
                    commit.revision, commit.page, commit.content
                );
            };
            let attempt = pending.swap_remove(found);
            assert_eq!(commit.author, attempt.author, "round {round}: {}", commit.revision);
            if acknowledged.is_some() {
                self.acknowledged += 1;
            } else {
                self.in_flight += 1;
            }
            match commit.content {
                Some(content) => {
                    let text =
                        Text { page: commit.page, content, word: attempt.word, revision: commit.revision.clone() };
                    self.current.insert(text.page.clone(), text.clone());
                    came.push(text);
                }
                None => drop(self.current.remove(&commit.page)),
            }
            self.tip = commit.revision;
        }
        let lost: Vec<&Attempt> =
            pending.iter().filter(|attempt| matches!(attempt.outcome, Outcome::Acknowledged { .. })).collect();
        assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:.3000?}");
        self.texts.extend(came.iter().cloned());
        came
    }
}

/// The commits after `tip`, oldest first. Each must change exactly one page.
fn commits_since(repository: &Path, tip: &str) -> Vec<Commit> {
    let range = format!("{tip}..refs/heads/main");
    let log = [
        "log",
        "--reverse",
        "--topo-order",
        "--raw",
        "--no-abbrev",
        "--no-renames",
        "--format=%H%x09%P%x09%an",
        &range,
    ];
    let printed = git_ok(repository, &log, b"");
    let mut commits: Vec<(String, String, String, String)> = Vec::new();
    let mut parent = tip.to_owned();
    let mut lines = printed.lines().filter(|line| !line.is_empty());
    while let Some(head) = lines.next() {
        let fields: Vec<&str> = head.split('\t').collect();
        let [revision, parents, author] = fields[..] else { panic!("{head:?}") };
        assert_eq!(parents, parent, "history is one line");
        revision.clone_into(&mut parent);
        let change = lines.next().unwrap_or_else(|| panic!("{revision} changes nothing"));
        let (blobs, file) = change.split_once('\t').unwrap_or_else(|| panic!("{revision}: {change:?}"));
        let blob = blobs.split(' ').nth(3).unwrap();
        let page = file.strip_suffix(".md").unwrap_or_else(|| panic!("{revision} changes {file}"));
        commits.push((revision.to_owned(), author.to_owned(), page.to_owned(), blob.to_owned()));
    }
    let mut blobs = read_blobs(repository, commits.iter().map(|(_, _, _, blob)| blob.as_str()));
    let deleted = |blob: &str| blob.bytes().all(|digit| digit == b'0');
    commits
        .into_iter()
        .map(|(revision, author, page, blob)| {
            let content = (!deleted(&blob)).then(|| blobs.remove(&blob).unwrap());
            Commit { revision, author, page, content }
        })
        .collect()
}

/// The texts of blobs, by id; the all-zero id, which stands for a deletion, has none.
fn read_blobs<'b>(repository: &Path, ids: impl Iterator<Item = &'b str>) -> BTreeMap<String, String> {
    let input: String = ids.filter(|id| !id.bytes().all(|digit| digit == b'0')).map(|id| format!("{id}\n")).collect();
    let printed = git_ok(repository, &["cat-file", "--batch"], input.as_bytes());
    let mut blobs = BTreeMap::new();
    let mut rest = printed.as_str();
    while !rest.is_empty() {
        let (head, after) = rest.split_once('\n').unwrap();
        let fields: Vec<&str> = head.split(' ').collect();
        let [id, "blob", size] = fields[..] else { panic!("{head:?}") };
        let size: usize = size.parse().unwrap();
        blobs.insert(id.to_owned(), after[..size].to_owned());
        rest = &after[size + 1..];
    }
    blobs
}
