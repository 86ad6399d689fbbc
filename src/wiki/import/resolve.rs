//! What a link means in the source, by the rules of the program that it was written with.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use unicode_normalization::UnicodeNormalization as _;

use super::ImportKind;
use super::source::SourceFile;

/// The files of a source by what links call them.
pub(super) struct Tree {
    kind: ImportKind,
    /// By path; pages without their ending, too.
    by_path: HashMap<String, usize>,
    /// By their last component, shortest path first.
    by_name: HashMap<String, Vec<usize>>,
    aliases: HashMap<String, usize>,
    paths: Vec<String>,
}

/// The name of a page's file without its ending; none for other files.
pub(super) fn stem(path: &str) -> Option<&str> {
    let (stem, ending) = path.rsplit_once('.')?;
    let is_page = ["md", "markdown"].iter().any(|known| known.eq_ignore_ascii_case(ending));
    (is_page && !stem.is_empty() && !stem.ends_with('/')).then_some(stem)
}

/// The folder that a path lies in; empty at the top.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What all spellings of a path have in common.
pub(super) fn fold(path: &str) -> String {
    path.replace('_', " ").to_lowercase().nfc().collect()
}

impl Tree {
    pub(super) fn new(kind: ImportKind, files: &[SourceFile]) -> Self {
        let mut tree = Self {
            kind,
            by_path: HashMap::new(),
            by_name: HashMap::new(),
            aliases: HashMap::new(),
            paths: files.iter().map(|file| file.path.clone()).collect(),
        };
        let mut order: Vec<usize> = (0..files.len()).collect();
        order.sort_by_key(|at| files.get(*at).map(|file| (file.path.matches('/').count(), file.path.clone())));
        for at in order {
            let Some(file) = files.get(at) else { continue };
            let mut spellings = vec![fold(&file.path)];
            spellings.extend(stem(&file.path).map(fold));
            for spelling in spellings {
                let name = spelling.rsplit('/').next().unwrap_or_default().to_owned();
                tree.by_name.entry(name).or_default().push(at);
                tree.by_path.entry(spelling).or_insert(at);
            }
        }
        tree
    }

    /// Another name of a page, from its front matter.
    pub(super) fn alias(&mut self, name: &str, at: usize) {
        self.aliases.entry(fold(name)).or_insert(at);
    }

    /// The file at a path from the top.
    pub(super) fn at(&self, path: &str) -> Option<usize> {
        let found = |path: &str| self.by_path.get(&fold(path)).copied();
        let path = normal(path);
        if path.is_empty() {
            return None;
        }
        found(&path).or_else(|| {
            // Pages that come from Otterwiki name their files `/Page/a/file`.
            let (page, name) = path.rsplit_once('/')?;
            found(&format!("{}/{name}", page.strip_suffix("/a")?))
        })
    }

    /// What `[[target]]` on a page means.
    pub(super) fn wikilink(&self, target: &str, from: usize) -> Option<usize> {
        let target = target.trim_matches(|c: char| c == '/' || c.is_whitespace());
        if target.is_empty() {
            return None;
        }
        let from = self.paths.get(from).map_or("", String::as_str);
        let beside = || self.at(&format!("{}/{target}", folder(from)));
        let found = self.at(target);
        if self.kind.keeps_our_layout() {
            return found;
        }
        found.or_else(beside).or_else(|| self.named(target)).or_else(|| self.aliases.get(&fold(target)).copied())
    }

    /// What `[text](target)` on a page means.
    pub(super) fn link(&self, target: &str, from: usize) -> Option<usize> {
        if let Some(path) = target.strip_prefix('/') {
            return self.at(path);
        }
        let from = self.paths.get(from).map_or("", String::as_str);
        let own = || self.at(&format!("{}/{target}", stem(from).unwrap_or(from)));
        let beside = || self.at(&format!("{}/{target}", folder(from)));
        let near = if self.kind.keeps_our_layout() { own().or_else(beside) } else { beside().or_else(own) };
        let index =
            || ["index", "readme"].iter().find_map(|name| self.at(&format!("{}/{target}/{name}", folder(from))));
        let near = near.or_else(index);
        if self.kind == ImportKind::Obsidian {
            near.or_else(|| self.at(target)).or_else(|| self.named(target))
        } else {
            near
        }
    }

    /// The file with this name, wherever it lies, or whose path ends so.
    fn named(&self, target: &str) -> Option<usize> {
        let target = fold(&normal(target));
        let name = target.rsplit('/').next().unwrap_or_default();
        let below = format!("/{target}");
        let fits = |at: &&usize| {
            let Some(path) = self.paths.get(**at) else { return false };
            let spellings = [Some(path.as_str()), stem(path)].map(|path| path.map(fold));
            spellings.into_iter().flatten().any(|path| path == target || path.ends_with(&below))
        };
        self.by_name.get(name)?.iter().find(fits).copied()
    }
}

/// Resolves `.` and `..`, and percent codes that were left in.
fn normal(path: &str) -> String {
    let path = percent_decode_str(path).decode_utf8().map_or_else(|_| path.to_owned(), std::borrow::Cow::into_owned);
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
