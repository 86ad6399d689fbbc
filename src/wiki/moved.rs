use super::{Access, Read, WikiError};
use crate::catalog::{ChangeKind, LogCommit, State};
use crate::model::PagePath;

/// Renames that are followed from one name.
const MOST_MOVES: usize = 10;

/// Where a page that is not there any more has gone: the page that its file was renamed to,
/// and so on, as the history tells. None when it was deleted, or never was.
///
/// # Errors
/// On a storage failure.
pub fn moved_to(access: &Access<Read>, path: &PagePath) -> Result<Option<PagePath>, WikiError> {
    Ok(moved_in(&*access.wiki().current()?, path))
}

/// As [`moved_to`], in metadata that the caller has at hand.
pub(super) fn moved_in(state: &State, path: &PagePath) -> Option<PagePath> {
    let mut name = path.clone();
    for _ in 0..MOST_MOVES {
        let next = renamed(state, &name)?;
        if let Some(there) = state.resolve(&next) {
            return Some(there.clone());
        }
        name = next;
    }
    None
}

/// What the newest rename of a page made of its name, if it was not deleted after.
fn renamed(state: &State, path: &PagePath) -> Option<PagePath> {
    let key = path.fold();
    // Spellings of a name hardly ever differ in length, and histories are long.
    let length = path.as_str().len() + ".md".len();
    let is_it = |file: &str| file.len() == length && PagePath::from_file(file).is_some_and(|page| page.fold() == key);
    let log = state.log();
    for (_, commit) in log.newest_first() {
        // Only what takes a name away counts: commits of the same second are in no order of their own.
        let taken = log.changes(commit).find(|change| {
            change.from.is_some_and(is_it) || (change.kind == ChangeKind::Deleted && is_it(change.path))
        });
        match taken {
            None => {}
            Some(change) if change.from.is_some_and(is_it) => return PagePath::from_file(change.path),
            Some(_deleted) => return only_arrival(state, commit),
        }
    }
    None
}

/// The one page that a commit added, if it removed one only: a short page whose links were
/// rewritten as it moved has too little in common with what it was to be known as the same.
fn only_arrival(state: &State, commit: &LogCommit) -> Option<PagePath> {
    let (mut added, mut deleted) = (Vec::new(), 0);
    for change in state.log().changes(commit) {
        match (change.kind, PagePath::from_file(change.path)) {
            (ChangeKind::Added, Some(page)) => added.push(page),
            (ChangeKind::Deleted, Some(_page)) => deleted += 1,
            _ => {}
        }
    }
    if deleted == 1 && added.len() == 1 { added.pop() } else { None }
}
