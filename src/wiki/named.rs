use super::{Access, Read, WikiError};
use crate::model::PagePath;

/// The pages that a few typed letters may mean, with their titles: first those whose name or
/// title begins with them, then those with a word that does, then those that hold them
/// anywhere; within each, shorter paths first. All pages by path when nothing was typed.
///
/// # Errors
/// On a storage failure.
pub fn named_like(access: &Access<Read>, typed: &str, most: usize) -> Result<Vec<(PagePath, String)>, WikiError> {
    let state = access.wiki().current()?;
    let wanted = super::list::fold_prefix(typed.trim());
    let mut found: Vec<(u8, usize, &PagePath, &str)> = Vec::new();
    for (path, entry) in state.pages() {
        let name = super::list::fold_prefix(&entry.name);
        if let Some(rank) = [entry.key.as_str(), &name].into_iter().filter_map(|name| rank(name, &wanted)).min() {
            found.push((rank, path.as_str().len(), path, entry.name.as_str()));
        }
    }
    found.sort_unstable();
    Ok(found.into_iter().take(most).map(|(_, _, path, title)| (path.clone(), title.to_owned())).collect())
}

/// How well a folded name answers folded letters, 0 the best.
fn rank(name: &str, wanted: &str) -> Option<u8> {
    let leaf = name.rsplit('/').next().unwrap_or(name);
    let begins_word = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric()).any(|word| !word.is_empty() && word.starts_with(wanted))
    };
    match () {
        () if name == wanted || leaf == wanted => Some(0),
        () if leaf.starts_with(wanted) => Some(1),
        () if name.starts_with(wanted) => Some(2),
        () if begins_word(leaf) => Some(3),
        () if name.contains(wanted) => Some(4),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_name_counts_most() {
        let ranks: Vec<_> = ["home", "guides/home page", "home/sub", "guides/at home", "guides/syhomex", "other"]
            .map(|name| rank(name, "home"))
            .into();
        assert_eq!(ranks, [Some(0), Some(1), Some(2), Some(3), Some(4), None]);
    }
}
