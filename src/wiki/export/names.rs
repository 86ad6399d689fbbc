use std::collections::{HashMap, HashSet};

/// Names of devices, which Windows takes for no file.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "clock$", "conin$"];
/// Longest name of a file on common file systems, in bytes, with room for a number.
const LONGEST: usize = 200;

/// Gives files of a wiki paths that every common file system takes, each its own also where case
/// does not count.
#[derive(Default)]
pub(super) struct SafeNames {
    taken: HashSet<String>,
    /// By the directory as it is in the wiki, so that what is together stays together.
    directories: HashMap<String, String>,
}

impl SafeNames {
    /// Takes a path of an export, so that no file of the wiki gets it.
    pub(super) fn reserve(&mut self, path: &str) {
        self.taken.insert(path.to_lowercase());
    }

    /// The path under which a file of the wiki is exported. To be asked once for each.
    pub(super) fn give(&mut self, path: &str) -> String {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let directory = self.directory(directory);
        self.free(&directory, &safe(name))
    }

    fn directory(&mut self, path: &str) -> String {
        if path.is_empty() {
            return String::new();
        }
        if let Some(given) = self.directories.get(path) {
            return given.clone();
        }
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let above = self.directory(above);
        let given = self.free(&above, &safe(name));
        self.directories.insert(path.to_owned(), given.clone());
        given
    }

    fn free(&mut self, directory: &str, name: &str) -> String {
        let separator = if directory.is_empty() { "" } else { "/" };
        let (stem, ending) = match name.rsplit_once('.') {
            Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
            _ => (name, String::new()),
        };
        let mut number = 1usize;
        loop {
            let numbered = if number == 1 { String::new() } else { format!("_{number}") };
            let path = format!("{directory}{separator}{stem}{numbered}{ending}");
            if self.taken.insert(path.to_lowercase()) {
                return path;
            }
            number += 1;
        }
    }
}

/// One component of a path, without what Windows refuses.
fn safe(name: &str) -> String {
    let mut safe: String =
        name.chars()
            .map(|c| {
                if c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*') {
                    '_'
                } else {
                    c
                }
            })
            .collect();
    while safe.len() > LONGEST {
        safe.pop();
    }
    let kept = safe.trim_end_matches(['.', ' ']).len();
    if kept < safe.len() {
        safe.truncate(kept);
        safe.push('_');
    }
    let stem = safe.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = |kind: &str| stem.strip_prefix(kind).is_some_and(|n| n.chars().count() == 1 && n != "0");
    if DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt") {
        safe.insert(0, '_');
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_suit_every_file_system() {
        for (name, expected) in [
            ("Home.md", "Home.md"),
            ("What? 100%.md", "What_ 100%.md"),
            ("a:b|c*.png", "a_b_c_.png"),
            ("Größe.md", "Größe.md"),
            ("CON.md", "_CON.md"),
            ("com1", "_com1"),
            ("com10.md", "com10.md"),
            ("Console.md", "Console.md"),
            ("etc. ", "etc_"),
        ] {
            assert_eq!(safe(name), expected, "{name}");
        }
    }

    #[test]
    fn each_file_has_its_own_name_where_case_does_not_count() {
        let mut names = SafeNames::default();
        names.reserve("index.html");
        let given =
            ["Index.html", "A/x.md", "a/x.md", "a/X.md", "A/B/c.md", "A?/x.md", "A_/x.md"].map(|p| names.give(p));
        assert_eq!(given, ["Index_2.html", "A/x.md", "a_2/x.md", "a_2/X_2.md", "A/B/c.md", "A_/x.md", "A__2/x.md"]);
    }
}
