use super::{Access, LastChange, Read, WikiError};
use crate::model::PagePath;

/// Commits listed when nobody says how many.
const MOST: usize = 10_000;

/// A commit that changed a page.
#[derive(Clone, Debug)]
pub struct HistoryItem {
    pub change: LastChange,
    /// The page's path at that commit, which differs before a rename.
    pub path: PagePath,
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
    let wiki = access.wiki();
    let state = wiki.current()?;
    let stored = state.resolve(path).cloned().ok_or_else(|| super::read::no_such_page(&state, path))?;
    let Some(tip) = state.commit() else { return Ok((stored, Vec::new())) };
    drop(state);
    let entries = wiki.repo().history(&stored.file(), tip, limit.unwrap_or(MOST).min(MOST))?;
    let items = entries
        .iter()
        .map(|entry| HistoryItem {
            change: LastChange::from(&entry.commit),
            path: PagePath::from_file(&entry.path).unwrap_or_else(|| stored.clone()),
        })
        .collect();
    Ok((stored, items))
}
