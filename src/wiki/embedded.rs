use super::{Access, Read, WikiError};
use crate::model::{AttachmentName, AttachmentPath, PagePath};

/// The pages whose folded paths pass `wanted`, in reading order, at most `most`; and whether there are more.
/// `wanted` is asked while the wiki's catalog is held: it must not ask the wiki anything.
///
/// # Errors
/// On a storage failure.
pub fn index_part(
    access: &Access<Read>,
    wanted: &dyn Fn(&str) -> bool,
    most: usize,
) -> Result<(Vec<PagePath>, bool), WikiError> {
    let state = access.wiki().current()?;
    let mut found: Vec<_> = state.pages().filter(|(_, entry)| wanted(entry.key.as_str())).collect();
    found.sort_unstable_by_key(|(path, entry)| (&entry.key, *path));
    let more = found.len() > most;
    Ok((found.into_iter().take(most).map(|(path, _)| path.clone()).collect(), more))
}

/// Title and anchor of each heading of a page that opens a section, in order; none when there is
/// no such page.
///
/// # Errors
/// On a storage failure.
pub fn page_headings(access: &Access<Read>, page: &PagePath) -> Result<Vec<(String, String)>, WikiError> {
    let state = access.wiki().current()?;
    let headings = state.page(page).into_iter().flat_map(|entry| &entry.headings);
    Ok(headings.map(|heading| (heading.title.clone(), heading.anchor.clone())).collect())
}

/// The size of an attached file in bytes; none when there is no such file. The page's spelling
/// folds; the file's name is exact.
///
/// # Errors
/// On a storage failure.
pub fn attachment_size(
    access: &Access<Read>,
    page: &PagePath,
    name: &AttachmentName,
) -> Result<Option<u64>, WikiError> {
    let state = access.wiki().current()?;
    let exact = AttachmentPath { page: page.clone(), name: name.clone() };
    let stored = state.resolve(page).map(|page| AttachmentPath { page: page.clone(), name: name.clone() });
    let found = state.attachment(&exact).or_else(|| state.attachment(stored.as_ref()?));
    Ok(found.map(|entry| entry.size))
}
