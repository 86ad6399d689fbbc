use std::cmp::Ordering;

use serde_json::Value;

use super::{Access, Read, WikiError};
use crate::catalog::{PageEntry, Past, PastError, State};
use crate::model::{PagePath, Revision, RevisionPrefix, UnixSeconds};
use crate::search;

/// Pages of an old state that may have to be read because they differ from today's.
const MOST_READ: usize = 5_000;

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

/// A listing in an order, in parts, perhaps of the past.
#[derive(Clone, Debug, Default)]
pub struct PageQuery {
    pub filter: ListQuery,
    /// Tags that a page must have, all of them.
    pub tags: Vec<String>,
    pub sort: SortBy,
    pub descending: bool,
    /// None: all.
    pub limit: Option<usize>,
    /// Where the part before ended.
    pub after: Option<ListPosition>,
    pub as_of: Option<AsOf>,
}

/// What a listing is ordered by; equal ones are ordered by path.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SortBy {
    #[default]
    Path,
    Name,
    Updated,
    Created,
    Size,
    Words,
}

/// A state of the past: a commit, or the newest one of the branch at a time.
#[derive(Clone, Debug)]
pub enum AsOf {
    Revision(RevisionPrefix),
    Time(UnixSeconds),
}

/// A place in a listing: the last page before it and what it was ordered by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ListPosition {
    pub number: i64,
    pub text: String,
    pub path: PagePath,
}

/// One part of a listing.
#[derive(Clone, Debug)]
pub struct PageList {
    pub pages: Vec<PageSummary>,
    /// All that pass the filters.
    pub total: usize,
    /// Where the next part begins; none when this was the last.
    pub next: Option<ListPosition>,
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
    pub size: u64,
    /// The commit that last changed it, and its author.
    pub revision: Option<Revision>,
    pub author: Option<String>,
    /// When it was created, under whatever name.
    pub created: Option<(UnixSeconds, i32)>,
}

/// The pages that pass the filters, ordered by path.
///
/// # Errors
/// On a storage failure.
pub fn list(access: &Access<Read>, query: &ListQuery) -> Result<Vec<PageSummary>, WikiError> {
    Ok(list_pages(access, &PageQuery { filter: query.clone(), ..PageQuery::default() })?.pages)
}

/// One part of the pages that pass the filters, in the order that is asked for.
///
/// # Errors
/// [`WikiError::Invalid`] for a state of the past that is not there or too different, or a
/// storage failure.
pub fn list_pages(access: &Access<Read>, query: &PageQuery) -> Result<PageList, WikiError> {
    let wiki = access.wiki();
    let state = wiki.current()?;
    let Some(as_of) = &query.as_of else { return Ok(part(&state, state.pages(), query)) };
    let found = match as_of {
        AsOf::Revision(prefix) => state.log().find(prefix),
        AsOf::Time(time) => state.commit().and_then(|tip| state.log().as_of(tip, *time)),
    };
    drop(state);
    let past = match (found, as_of) {
        (Some(revision), _) => wiki.past(revision, MOST_READ).map_err(no_past)?,
        // Before the first commit there was nothing.
        (None, AsOf::Time(_)) => Past::default(),
        (None, AsOf::Revision(_)) => return Err(no_past(PastError::NoSuchCommit)),
    };
    let state = wiki.known();
    Ok(part(&state, past.pages(), query))
}

fn no_past(error: PastError) -> WikiError {
    match error {
        PastError::Repo(error) => error.into(),
        PastError::NoSuchCommit => {
            WikiError::Invalid { field: "as_of", problem: "names no commit of this wiki".to_owned() }
        }
        PastError::TooDifferent { most } => WikiError::Invalid {
            field: "as_of",
            problem: format!("is too long ago: more than {most} pages were different then"),
        },
    }
}

/// What a page is ordered by.
struct Key<'s> {
    number: i64,
    text: String,
    path: &'s PagePath,
    entry: &'s PageEntry,
}

impl Key<'_> {
    fn compare(&self, other: (i64, &str, &PagePath)) -> Ordering {
        (self.number, self.text.as_str(), self.path).cmp(&other)
    }
}

fn part<'s>(state: &State, pages: impl Iterator<Item = (&'s PagePath, &'s PageEntry)>, query: &PageQuery) -> PageList {
    let filter = Filter::of(query);
    let limit = query.limit.unwrap_or(usize::MAX);
    let wanted = if query.descending { Ordering::Less } else { Ordering::Greater };
    let mut total = 0;
    let mut keys: Vec<Key<'_>> = Vec::new();
    let mut more = false;
    for (path, entry) in pages.filter(|(_, entry)| filter.passes(entry)) {
        total += 1;
        let in_order = query.sort == SortBy::Path && !query.descending;
        if in_order && keys.len() > limit {
            continue;
        }
        let key = key(state, query.sort, path, entry);
        let after = query.after.as_ref().map(|after| key.compare((after.number, &after.text, &after.path)));
        if after.is_none_or(|order| order == wanted) {
            keys.push(key);
        }
    }
    if query.sort != SortBy::Path || query.descending {
        keys.sort_unstable_by(|a, b| a.compare((b.number, &b.text, b.path)));
        if query.descending {
            keys.reverse();
        }
    }
    if keys.len() > limit {
        more = true;
        keys.truncate(limit);
    }
    let next = keys.last().filter(|_| more).map(|key| ListPosition {
        number: key.number,
        text: key.text.clone(),
        path: key.path.clone(),
    });
    PageList { pages: keys.iter().map(|key| summary(state, key.path, key.entry)).collect(), total, next }
}

fn key<'s>(state: &State, sort: SortBy, path: &'s PagePath, entry: &'s PageEntry) -> Key<'s> {
    let number = match sort {
        SortBy::Path | SortBy::Name => 0,
        SortBy::Updated => entry.last.as_ref().map_or(i64::MIN, |last| last.time),
        SortBy::Created => state.created(path).map_or(i64::MIN, |first| first.time),
        SortBy::Size => i64::try_from(entry.size).unwrap_or(i64::MAX),
        SortBy::Words => i64::try_from(entry.words).unwrap_or(i64::MAX),
    };
    let text = if sort == SortBy::Name { entry.name.to_lowercase() } else { String::new() };
    Key { number, text, path, entry }
}

fn summary(state: &State, path: &PagePath, entry: &PageEntry) -> PageSummary {
    PageSummary {
        path: path.clone(),
        name: entry.name.clone(),
        category: entry.category.clone(),
        tags: entry.tags.clone(),
        updated: entry.last.as_ref().map(|last| (last.time, last.offset_seconds)),
        words: entry.words,
        size: entry.size,
        revision: entry.last.as_ref().map(|last| last.revision),
        author: entry.last.as_ref().map(|last| last.author.clone()),
        created: state.created(path).map(|first| (first.time, first.offset_seconds)),
    }
}

/// The filters, folded once.
#[derive(Default)]
pub(super) struct Filter {
    prefix: Option<String>,
    category: Option<String>,
    tags: Vec<String>,
    since: Option<UnixSeconds>,
}

impl Filter {
    fn of(query: &PageQuery) -> Self {
        let tags = query.tags.iter().chain(&query.filter.tag);
        Self {
            prefix: query.filter.prefix.as_deref().map(fold_prefix),
            category: query.filter.category.as_deref().map(str::to_lowercase),
            tags: tags.map(|tag| tag.to_lowercase()).collect(),
            since: query.filter.updated_since,
        }
    }

    /// Those of a search.
    pub(super) fn of_search(filter: &search::Filter) -> Self {
        Self {
            prefix: filter.prefix.as_deref().map(fold_prefix),
            category: filter.category.as_deref().map(str::to_lowercase),
            tags: filter.tags.iter().map(|tag| tag.to_lowercase()).collect(),
            since: None,
        }
    }

    pub(super) fn passes(&self, entry: &PageEntry) -> bool {
        let has = |wanted: &String| entry.tags.iter().any(|tag| tag.to_lowercase() == *wanted);
        self.prefix.as_deref().is_none_or(|prefix| entry.key.as_str().starts_with(prefix))
            && self.category.as_deref().is_none_or(|wanted| {
                category_text(&entry.category).is_some_and(|category| category.to_lowercase() == wanted)
            })
            && self.tags.iter().all(has)
            && self.since.is_none_or(|since| entry.last.as_ref().is_some_and(|last| last.time >= since))
    }
}

pub(super) fn fold_prefix(prefix: &str) -> String {
    prefix.trim_start_matches('/').replace('_', " ").to_lowercase()
}

/// A category as text, whatever it was written as.
pub(super) fn category_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
