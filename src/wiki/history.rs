use super::list::fold_prefix;
use super::{Access, LastChange, Read, WikiError};
use crate::model::{PagePath, Revision};

/// Commits listed when nobody says how many.
const MOST: usize = 10_000;

/// A commit that changed a page.
#[derive(Clone, Debug)]
pub struct HistoryItem {
    pub change: LastChange,
    /// The page's path at that commit, which differs before a rename.
    pub path: PagePath,
}

/// A part of a page's history.
#[derive(Clone, Debug)]
pub struct PageHistory {
    /// As the page is stored.
    pub path: PagePath,
    pub items: Vec<HistoryItem>,
    /// All commits that changed it.
    pub total: usize,
    /// The commit after which the next part begins; none when this was the last.
    pub next: Option<Revision>,
}

/// A page that is gone.
#[derive(Clone, Debug)]
pub struct DeletedPage {
    pub path: PagePath,
    /// A commit that still has it.
    pub before: Revision,
    /// The commit that removed it.
    pub deleted: LastChange,
}

/// The commits that changed a page, newest first, following renames.
///
/// # Errors
/// [`WikiError::NoSuchPage`], or a storage failure.
pub fn history(
    access: &Access<Read>,
    path: &PagePath,
    limit: Option<usize>,
) -> Result<(PagePath, Vec<HistoryItem>), WikiError> {
    let history = history_part(access, path, limit, None)?;
    Ok((history.path, history.items))
}

/// As [`history`], from the commit that follows `after` in it.
///
/// # Errors
/// [`WikiError::NoSuchPage`]; [`WikiError::Invalid`] when `after` is none of its commits; or
/// a storage failure.
pub fn history_part(
    access: &Access<Read>,
    path: &PagePath,
    limit: Option<usize>,
    after: Option<Revision>,
) -> Result<PageHistory, WikiError> {
    let state = access.wiki().current()?;
    let stored = state.resolve(path).cloned().ok_or_else(|| super::read::no_such_page(&state, path))?;
    let entries = match state.commit() {
        Some(tip) => state.log().history(stored.file().as_str(), tip, usize::MAX),
        None => Vec::new(),
    };
    let skipped = match after {
        Some(after) => 1 + entries.iter().position(|entry| entry.commit.revision == after).ok_or_else(bad_cursor)?,
        None => 0,
    };
    let limit = limit.unwrap_or(MOST).min(MOST);
    let items: Vec<HistoryItem> = entries
        .iter()
        .skip(skipped)
        .take(limit)
        .map(|entry| HistoryItem {
            change: LastChange::from(entry.commit.as_ref()),
            path: PagePath::from_file(entry.path).unwrap_or_else(|| stored.clone()),
        })
        .collect();
    let more = entries.len() > skipped + items.len();
    let next = items.last().filter(|_| more).map(|item| item.change.revision);
    Ok(PageHistory { path: stored, total: entries.len(), items, next })
}

/// The pages that were deleted and do not exist now, ordered by path. A page that was
/// renamed is not deleted.
///
/// # Errors
/// On a storage failure.
pub fn deleted_pages(access: &Access<Read>, prefix: Option<&str>) -> Result<Vec<DeletedPage>, WikiError> {
    let state = access.wiki().current()?;
    let prefix = prefix.map(fold_prefix);
    let deletions = state.deleted();
    let pages = deletions.iter().filter_map(|deletion| {
        let path = PagePath::from_file(deletion.path)?;
        let wanted = prefix.as_deref().is_none_or(|prefix| path.fold().as_str().starts_with(prefix));
        wanted.then(|| DeletedPage { path, before: deletion.before, deleted: deletion.commit.as_ref().into() })
    });
    Ok(pages.collect())
}

/// The deleted page of this name, in any spelling, with the commits that changed it, newest
/// first; none when there is a page, or never was one.
///
/// # Errors
/// On a storage failure.
pub fn deleted_history(
    access: &Access<Read>,
    path: &PagePath,
    limit: usize,
) -> Result<Option<(DeletedPage, Vec<HistoryItem>)>, WikiError> {
    let state = access.wiki().current()?;
    if state.resolve(path).is_some() {
        return Ok(None);
    }
    let key = path.fold();
    let deletions = state.deleted();
    let found = deletions.iter().filter_map(|gone| Some((PagePath::from_file(gone.path)?, gone)));
    let found =
        found.filter(|(page, _)| page.fold() == key).max_by_key(|(page, gone)| (gone.commit.time, page == path));
    let Some((page, gone)) = found else { return Ok(None) };
    let entries = state.log().history(gone.path, gone.before, limit.min(MOST));
    let items = entries.iter().map(|entry| HistoryItem {
        change: LastChange::from(entry.commit.as_ref()),
        path: PagePath::from_file(entry.path).unwrap_or_else(|| page.clone()),
    });
    let items = items.collect();
    Ok(Some((DeletedPage { path: page, before: gone.before, deleted: gone.commit.as_ref().into() }, items)))
}

pub(super) fn bad_cursor() -> WikiError {
    WikiError::Invalid { field: "cursor", problem: "is none of this list; begin again without it".to_owned() }
}
