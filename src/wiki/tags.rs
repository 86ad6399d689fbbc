use std::collections::BTreeMap;

use super::list::category_text;
use super::{Access, Read, WikiError};

/// A tag or a category, and on how many pages it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counted {
    /// As it is written on the first page that has it.
    pub name: String,
    pub pages: u64,
}

/// All tags, ordered by name; case does not count.
///
/// # Errors
/// On a storage failure.
pub fn tags(access: &Access<Read>) -> Result<Vec<Counted>, WikiError> {
    let state = access.wiki().current()?;
    Ok(count(state.pages().map(|(_, entry)| entry.tags.clone())))
}

/// All categories, ordered by name; case does not count.
///
/// # Errors
/// On a storage failure.
pub fn categories(access: &Access<Read>) -> Result<Vec<Counted>, WikiError> {
    let state = access.wiki().current()?;
    Ok(count(state.pages().map(|(_, entry)| category_text(&entry.category).into_iter().collect())))
}

/// Counts names once a page.
fn count(pages: impl Iterator<Item = Vec<String>>) -> Vec<Counted> {
    let mut counts: BTreeMap<String, Counted> = BTreeMap::new();
    for names in pages {
        let mut of_page: Vec<(String, String)> = names.into_iter().map(|name| (name.to_lowercase(), name)).collect();
        of_page.sort_by(|a, b| a.0.cmp(&b.0));
        of_page.dedup_by(|a, b| a.0 == b.0);
        for (key, name) in of_page {
            counts.entry(key).or_insert(Counted { name, pages: 0 }).pages += 1;
        }
    }
    counts.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_once_a_page_whatever_its_case() {
        let pages = [vec!["Guide".to_owned(), "guide".to_owned()], vec!["GUIDE".to_owned(), "a".to_owned()]];
        let counted = count(pages.into_iter());
        let counted: Vec<_> = counted.iter().map(|tag| (tag.name.as_str(), tag.pages)).collect();
        assert_eq!(counted, [("a", 1), ("Guide", 2)]);
    }
}
