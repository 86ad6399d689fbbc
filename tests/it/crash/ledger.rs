use std::collections::BTreeMap;
use std::path::Path;

use crate::support::git_ok;

/// A change to one page.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) page: String,
    /// The revision, or its beginning, that the writer had seen; none when it had seen no such page.
    pub(super) base: Option<String>,
    /// What the page says afterwards; none for a deletion. No two changes have the same content.
    pub(super) content: Option<String>,
    /// The word that only this content has.
    pub(super) word: Option<String>,
}

/// A change that a client tried to make.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) change: Change,
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
    counts: Counts,
}

/// How the writes went, over all rounds.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    /// Acknowledged, and found.
    pub(super) acknowledged: u64,
    /// Not answered, and found.
    pub(super) in_flight: u64,
    /// Not answered, found or not.
    pub(super) unanswered: u64,
    pub(super) refused: u64,
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
        Self { tip, current, texts: Vec::new(), pending: Vec::new(), counts: Counts::default() }
    }

    pub(super) fn expect(&mut self, attempts: Vec<Attempt>) {
        for attempt in &attempts {
            match attempt.outcome {
                Outcome::InFlight => self.counts.unanswered += 1,
                Outcome::Refused => self.counts.refused += 1,
                Outcome::Acknowledged { .. } => {}
            }
        }
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

    pub(super) fn counts(&self) -> Counts {
        self.counts
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
                attempt.change.page == commit.page
                    && attempt.change.content == commit.content
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
                let same: Vec<&Attempt> = pending.iter().filter(|attempt| attempt.change.page == commit.page).collect();
                panic!(
                    "round {round}: commit {} changed {} to {:.200?}, which nobody asked for; tried there: {same:.3000?}",
                    commit.revision, commit.page, commit.content
                );
            };
            let attempt = pending.swap_remove(found);
            assert_eq!(commit.author, attempt.author, "round {round}: {}", commit.revision);
            let replaced = self.current.get(&commit.page).map(|text| text.revision.as_str());
            let seen = match (&attempt.change.base, replaced) {
                (Some(base), Some(replaced)) => replaced.starts_with(base.as_str()),
                (base, replaced) => base.is_none() && replaced.is_none(),
            };
            assert!(seen, "round {round}: {} went over {replaced:?} unseen: {attempt:.500?}", commit.revision);
            if acknowledged.is_some() {
                self.counts.acknowledged += 1;
            } else {
                self.counts.in_flight += 1;
            }
            match commit.content {
                Some(content) => {
                    let text = Text {
                        page: commit.page,
                        content,
                        word: attempt.change.word,
                        revision: commit.revision.clone(),
                    };
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
