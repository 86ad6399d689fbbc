use super::{Access, Read, WikiError};
use crate::catalog::{ChangeKind, State};
use crate::model::PagePath;

/// Renames that are followed from one name.
const MOST_MOVES: usize = 10;

/// Where a page that is not there any more has gone: the page that its file was renamed to,
/// and so on, as the history tells. None when it was deleted, or never was.
///
/// # Errors
/// On a storage failure.
pub fn moved_to(access: &Access<Read>, path: &PagePath) -> Result<Option<PagePath>, WikiError> {
    let state = access.wiki().current()?;
    let mut name = path.clone();
    for _ in 0..MOST_MOVES {
        let Some(next) = renamed(&state, &name) else { return Ok(None) };
        if let Some(there) = state.resolve(&next) {
            return Ok(Some(there.clone()));
        }
        name = next;
    }
    Ok(None)
}

/// What the newest rename of a page made of its name, if it was not deleted after.
fn renamed(state: &State, path: &PagePath) -> Option<PagePath> {
    let key = path.fold();
    // Spellings of a name hardly ever differ in length, and histories are long.
    let length = path.as_str().len() + ".md".len();
    let is_it = |file: &str| file.len() == length && PagePath::from_file(file).is_some_and(|page| page.fold() == key);
    let log = state.log();
    let commits = log.newest_first().flat_map(|(_, commit)| log.changes(commit));
    // Only what takes a name away counts: commits of the same second are in no order of their own.
    let mut taken = commits.filter(|change| {
        change.from.is_some_and(is_it) || (change.kind == ChangeKind::Deleted && is_it(change.path))
    });
    let newest = taken.next()?;
    newest.from.filter(|from| is_it(from)).and(PagePath::from_file(newest.path))
}
