use super::list::fold_prefix;
use super::{Access, Read, WikiError};
use crate::model::PagePath;

/// A page, with its title.
pub type Named = (PagePath, String);

/// Which pages are looked for by a part of their names.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameQuery<'a> {
    pub typed: &'a str,
    /// A folder that they are in.
    pub folder: Option<&'a PagePath>,
}

/// The pages that a few typed letters may mean, with their titles: first those whose name or
/// title begins with them, then those with a word that does, then those that hold them
/// anywhere; within each, shorter paths first. All pages by path when nothing was typed.
///
/// # Errors
/// On a storage failure.
pub fn named_like(access: &Access<Read>, typed: &str, most: usize) -> Result<Vec<Named>, WikiError> {
    Ok(named(access, NameQuery { typed, folder: None }, most)?.0)
}

/// The same in a folder, and how many there are in all.
///
/// # Errors
/// On a storage failure.
pub fn named(access: &Access<Read>, query: NameQuery<'_>, most: usize) -> Result<(Vec<Named>, usize), WikiError> {
    let state = access.wiki().current()?;
    let wanted = fold_prefix(query.typed.trim());
    let folder = query.folder.map(|folder| format!("{}/", folder.fold().as_str())).unwrap_or_default();
    let mut found: Vec<(u8, usize, &PagePath, &str)> = Vec::new();
    for (path, entry) in state.pages() {
        let Some(key) = entry.key.as_str().strip_prefix(folder.as_str()) else { continue };
        let by_key = rank(key, &wanted);
        // Most pages have no other title than their name.
        let by_title = if entry.name == path.leaf() { None } else { rank(&fold_prefix(&entry.name), &wanted) };
        if let Some(rank) = [by_key, by_title].into_iter().flatten().min() {
            found.push((rank, path.as_str().len(), path, entry.name.as_str()));
        }
    }
    let total = found.len();
    if total > most && most > 0 {
        found.select_nth_unstable(most - 1);
        found.truncate(most);
    }
    found.sort_unstable();
    Ok((found.into_iter().map(|(_, _, path, title)| (path.clone(), title.to_owned())).collect(), total))
}

/// How well a folded name answers folded letters, 0 the best.
fn rank(name: &str, wanted: &str) -> Option<u8> {
    if !name.contains(wanted) {
        return None;
    }
    let leaf = name.rsplit('/').next().unwrap_or(name);
    let begins_word = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric()).any(|word| !word.is_empty() && word.starts_with(wanted))
    };
    match () {
        () if name == wanted || leaf == wanted => Some(0),
        () if leaf.starts_with(wanted) => Some(1),
        () if name.starts_with(wanted) => Some(2),
        () if begins_word(leaf) => Some(3),
        () => Some(4),
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
