use super::named;
use super::{Access, Hit, Read, WikiError, Wikis};
use crate::model::{PagePath, display_name};
use crate::search::{Filter, TextQuery};

/// Names that are suggested, and pages with the words beside them.
const NAMES: usize = 6;
const PAGES: usize = 5;
/// Letters from which on names that are only similar are suggested, and from which on words
/// are looked for.
const SIMILAR_FROM: usize = 4;
const WORDS_FROM: usize = 2;
/// Names that are enough to leave similar ones out.
const ENOUGH: usize = 3;

/// What somebody who is still typing may be looking for.
#[derive(Clone, Debug, Default)]
pub struct Suggestions {
    /// Pages by their names, with their titles.
    pub names: Vec<(PagePath, String)>,
    /// Other pages, by their words.
    pub pages: Vec<Hit>,
}

/// Suggests few pages for what was typed so far: those whose names begin with it or hold it,
/// then those with similar names, then those that have its words. Unlike a search it does not
/// wait for an index that is behind, and compares no meaning.
///
/// # Errors
/// On a storage failure.
pub fn suggest(wikis: &Wikis, access: &Access<Read>, typed: &str) -> Result<Suggestions, WikiError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(Suggestions::default());
    }
    let letters = typed.chars().count();
    let mut names = named::named_like(access, typed, NAMES)?;
    if names.len() < ENOUGH
        && letters >= SIMILAR_FROM
        && let Ok(path) = PagePath::parse(typed)
    {
        let state = access.wiki().current()?;
        for path in state.near(&path, NAMES) {
            if names.len() < NAMES && !names.iter().any(|(known, _)| *known == path) {
                let title = state.page(&path).map_or_else(|| path.leaf().to_owned(), |entry| entry.name.clone());
                names.push((path, title));
            }
        }
    }
    for (path, title) in &mut names {
        if title == path.leaf() {
            *title = display_name(title);
        }
    }
    if letters < WORDS_FROM {
        return Ok(Suggestions { names, pages: Vec::new() });
    }
    let query =
        TextQuery { text: typed.to_owned(), filter: Filter::default(), limit: PAGES + NAMES, offset: 0, as_of: None };
    // What cannot be searched for yet, half a quotation say, still has names.
    let found = wikis.indexes().search(access.id(), &query).map(|found| found.hits).unwrap_or_default();
    let state = access.wiki().known();
    let others = found.into_iter().filter(|hit| state.page(&hit.path).is_some());
    let others = others.filter(|hit| !names.iter().any(|(path, _)| *path == hit.path));
    let pages = others.take(PAGES).map(Hit::by_words).collect();
    Ok(Suggestions { names, pages })
}
