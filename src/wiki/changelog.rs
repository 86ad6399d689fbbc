use super::history::bad_cursor;
use super::list::fold_prefix;
use super::{Access, By, LastChange, Read, WikiError};
use crate::catalog::{ChangeKind, Log, LogCommit};
use crate::model::{AttachmentPath, PagePath, Revision, RevisionPrefix, UnixSeconds};

/// Files of one commit that are named.
const MOST_FILES: usize = 1_000;

/// Which commits are wanted; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct ChangelogQuery {
    /// The author's name or e-mail address; case does not count.
    pub author: Option<String>,
    /// Commits of people alone, or of agents.
    pub by: Option<By>,
    /// What the path of a changed file begins with, as in a listing of pages.
    pub prefix: Option<String>,
    /// Written at this second or later, or at this one or earlier.
    pub since: Option<UnixSeconds>,
    pub until: Option<UnixSeconds>,
    /// The last commit of the part before.
    pub after: Option<Revision>,
    pub limit: usize,
}

/// A part of the changelog, newest first.
#[derive(Clone, Debug)]
pub struct Changelog {
    pub entries: Vec<ChangelogEntry>,
    /// All commits that are wanted.
    pub count: usize,
    /// The commit after which the next part begins; none when this was the last.
    pub next: Option<Revision>,
}

/// A commit and what it changed against its first parent.
#[derive(Clone, Debug)]
pub struct ChangelogEntry {
    pub change: LastChange,
    pub email: String,
    pub files: Vec<ChangedFile>,
    /// Whether it changed more files than are named.
    pub more_files: bool,
}

/// A page or an attachment that a commit changed.
#[derive(Clone, Debug)]
pub struct ChangedFile {
    pub kind: ChangeKind,
    /// A page's path, or that of an attachment with its name.
    pub path: String,
    pub page: bool,
    /// What it was called before.
    pub from: Option<String>,
}

/// The commits of the wiki.
///
/// # Errors
/// [`WikiError::Invalid`] when `after` is no commit of the wiki, or a storage failure.
pub fn changelog(access: &Access<Read>, query: &ChangelogQuery) -> Result<Changelog, WikiError> {
    let state = access.wiki().current()?;
    let log = state.log();
    let prefix = query.prefix.as_deref().map(fold_prefix);
    let names = prefix.as_deref().map(|prefix| {
        log.names(|file| match PagePath::from_file(file) {
            Some(page) => page.fold().as_str().starts_with(prefix),
            None => file.replace('_', " ").to_lowercase().starts_with(prefix),
        })
    });
    let author = query.author.as_deref().map(str::to_lowercase);
    let wanted = |commit: &LogCommit| {
        let info = &commit.info;
        query.since.is_none_or(|since| info.time >= since)
            && query.until.is_none_or(|until| info.time <= until)
            && query.by.is_none_or(|by| By::of(info) == by)
            && author
                .as_deref()
                .is_none_or(|author| info.author.to_lowercase() == author || info.email.to_lowercase() == author)
            && names.as_ref().is_none_or(|names| log.touches_any(commit, names))
    };
    let after = query.after.map(|after| log.place(after).ok_or_else(bad_cursor)).transpose()?;
    let mut answer = Changelog { entries: Vec::new(), count: 0, next: None };
    for (place, commit) in log.newest_first().filter(|(_, commit)| wanted(commit)) {
        answer.count += 1;
        if after.is_some_and(|after| place >= after) {
            continue;
        }
        if answer.entries.len() < query.limit {
            answer.entries.push(entry(log, commit));
        } else if answer.next.is_none() {
            answer.next = answer.entries.last().map(|last| last.change.revision);
        }
    }
    Ok(answer)
}

/// One commit of the wiki.
///
/// # Errors
/// [`WikiError::NoSuchRevision`], or a storage failure.
pub fn commit(access: &Access<Read>, revision: &RevisionPrefix) -> Result<ChangelogEntry, WikiError> {
    let state = access.wiki().current()?;
    let log = state.log();
    let found = log.find(revision).and_then(|found| log.place(found)).and_then(|place| {
        log.newest_first().find(|(candidate, _)| *candidate == place).map(|(_, commit)| entry(log, commit))
    });
    found.ok_or_else(|| WikiError::NoSuchRevision { revision: revision.to_string() })
}

fn entry(log: &Log, commit: &LogCommit) -> ChangelogEntry {
    let mut files = log.changes(commit).filter_map(|change| {
        let (path, page) = name(change.path)?;
        let from = change.from.and_then(name).map(|(from, _)| from);
        Some(ChangedFile { kind: change.kind, path, page, from })
    });
    let mut named: Vec<ChangedFile> = files.by_ref().take(MOST_FILES).collect();
    named.sort_by(|a, b| a.path.cmp(&b.path));
    ChangelogEntry {
        change: commit.info.as_ref().into(),
        email: commit.info.email.clone(),
        files: named,
        more_files: files.next().is_some(),
    }
}

/// What a file is called, and whether it is a page; files that are neither page nor
/// attachment are nobody's business.
fn name(file: &str) -> Option<(String, bool)> {
    match PagePath::from_file(file) {
        Some(page) => Some((page.into(), true)),
        None => AttachmentPath::from_file(file).map(|path| (path.file().as_str().to_owned(), false)),
    }
}
