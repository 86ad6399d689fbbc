use serde_json::Value;

use super::{Access, Read, WikiError};
use crate::model::{PagePath, UnixSeconds};

/// Filters of a listing; all that are given must hold (reference 1.4).
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// What the path begins with; underscore or space, and case, do not count.
    pub prefix: Option<String>,
    pub category: Option<String>,
    pub tag: Option<String>,
    /// Last changed at this second or later.
    pub updated_since: Option<UnixSeconds>,
}

/// A row of a listing.
#[derive(Clone, Debug)]
pub struct PageSummary {
    pub path: PagePath,
    pub name: String,
    /// The front matter's category as it is written.
    pub category: Value,
    pub tags: Vec<String>,
    /// When it last changed, with the author's offset from UTC in seconds.
    pub updated: Option<(UnixSeconds, i32)>,
    pub words: usize,
}

/// The pages that pass the filters, ordered by path.
///
/// # Errors
/// On a storage failure.
pub fn list(access: &Access<Read>, query: &ListQuery) -> Result<Vec<PageSummary>, WikiError> {
    let state = access.wiki().current()?;
    let prefix = query.prefix.as_deref().map(fold_prefix);
    let category = query.category.as_deref().map(str::to_lowercase);
    let tag = query.tag.as_deref().map(str::to_lowercase);
    let pages = state.pages().filter(|(_, entry)| {
        let updated = entry.last.as_ref().map(|last| last.time);
        prefix.as_deref().is_none_or(|prefix| entry.key.as_str().starts_with(prefix))
            && category.as_deref().is_none_or(|wanted| text_of(&entry.category).is_some_and(|c| c == wanted))
            && tag.as_deref().is_none_or(|wanted| entry.tags.iter().any(|tag| tag.to_lowercase() == wanted))
            && query.updated_since.is_none_or(|since| updated.is_some_and(|updated| updated >= since))
    });
    Ok(pages
        .map(|(path, entry)| PageSummary {
            path: path.clone(),
            name: entry.name.clone(),
            category: entry.category.clone(),
            tags: entry.tags.clone(),
            updated: entry.last.as_ref().map(|last| (last.time, last.offset_seconds)),
            words: entry.words,
        })
        .collect())
}

/// The paths of all pages, ordered as people read them.
///
/// # Errors
/// On a storage failure.
pub fn page_index(access: &Access<Read>) -> Result<Vec<PagePath>, WikiError> {
    let state = access.wiki().current()?;
    let mut paths: Vec<_> = state.pages().map(|(path, entry)| (&entry.key, path)).collect();
    paths.sort_unstable();
    Ok(paths.into_iter().map(|(_, path)| path.clone()).collect())
}

fn fold_prefix(prefix: &str) -> String {
    prefix.trim_start_matches('/').replace('_', " ").to_lowercase()
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.to_lowercase()),
        other => Some(other.to_string().to_lowercase()),
    }
}
