use super::batch::{BatchChange, BatchOp, batch};
use super::{Access, MOST_CHANGES, Origin, Read, Recording, WikiError, Wikis, Write};
use crate::model::PagePath;

/// The pages without a word in them, ordered by path. What they have in front matter does not count.
///
/// # Errors
/// On a storage failure.
pub fn empty_pages(access: &Access<Read>) -> Result<Vec<PagePath>, WikiError> {
    let state = access.wiki().current()?;
    Ok(state.pages().filter(|(_, entry)| entry.words == 0).map(|(path, _)| path.clone()).collect())
}

/// Deletes these pages in one commit, those of them that are still empty; how many that were.
///
/// # Errors
/// [`WikiError::Invalid`] for more than [`MOST_CHANGES`] pages, or a storage failure; nothing
/// has changed then.
pub fn delete_empty_pages(wikis: &Wikis, access: &Access<Write>, pages: &[PagePath]) -> Result<usize, WikiError> {
    if pages.len() > MOST_CHANGES {
        let problem = format!("must be at most {MOST_CHANGES} at once");
        return Err(WikiError::Invalid { field: "pages", problem });
    }
    let empty = {
        let state = access.wiki().current()?;
        let mut empty = Vec::new();
        for page in pages {
            if let Some(stored) = state.resolve(page)
                && let Some(entry) = state.page(stored).filter(|entry| entry.words == 0)
                && let Some(last) = &entry.last
            {
                empty.push(BatchChange { path: stored.clone(), base: Some(last.revision.into()), op: BatchOp::Delete });
            }
        }
        empty
    };
    if empty.is_empty() {
        return Ok(0);
    }
    let message = if empty.len() == 1 { "Delete an empty page" } else { "Delete empty pages" };
    let recording = Recording { message: Some(message), origin: Origin::Web, typed: "", once: None };
    Ok(batch(wikis, access, &empty, false, &recording)?.value.changes.len())
}
