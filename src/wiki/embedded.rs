use super::{Access, Read, WikiError};
use crate::model::{AttachmentName, AttachmentPath, PagePath};

/// A page in an index that a page embeds.
#[derive(Clone, Debug)]
pub struct IndexedPage {
    pub path: PagePath,
    /// Level, title and anchor of its headings, in order.
    pub headings: Vec<(u8, String, String)>,
}

/// The pages whose folded paths pass `wanted`, in reading order, at most `most`; and whether there are more.
/// `wanted` is asked while the wiki's catalog is held: it must not ask the wiki anything.
///
/// # Errors
/// On a storage failure.
pub fn index_part(
    access: &Access<Read>,
    wanted: &dyn Fn(&str) -> bool,
    most: usize,
) -> Result<(Vec<IndexedPage>, bool), WikiError> {
    let state = access.wiki().current()?;
    let mut found: Vec<_> = state.pages().filter(|(_, entry)| wanted(entry.key.as_str())).collect();
    found.sort_unstable_by_key(|(path, entry)| (&entry.key, *path));
    let more = found.len() > most;
    let indexed = found.into_iter().take(most).map(|(path, entry)| IndexedPage {
        path: path.clone(),
        headings: entry.headings.iter().map(|h| (h.level, h.title.clone(), h.anchor.clone())).collect(),
    });
    Ok((indexed.collect(), more))
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
