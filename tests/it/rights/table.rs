//! `rights.txt`, read: the rights, and the rows that need them.

use std::collections::{BTreeMap, BTreeSet};

/// The principals, in the order of the table's columns.
pub(super) const WHO: [&str; 10] =
    ["nobody", "viewer", "editor", "owner", "other", "operator", "personal", "reader", "writer", "foreign"];
/// The wikis that every row is tried on.
pub(super) const WIKIS: [&str; 2] = ["private", "public"];

pub(super) struct Table {
    /// By right and wiki, what each principal gets.
    rights: BTreeMap<(String, String), Vec<String>>,
    pub(super) rows: Vec<Row>,
}

/// A request, and the right that it needs.
#[derive(Debug)]
pub(super) struct Row {
    /// `wiki` or `platform`.
    pub(super) host: String,
    /// Or `TOOL`, and then the route is a tool's name.
    pub(super) method: String,
    pub(super) route: String,
    pub(super) right: String,
    /// Whether an `ok` changes the repository or the settings.
    pub(super) changes: bool,
    pub(super) query: String,
    /// What stands for a parameter in the route, instead of the usual.
    pub(super) fills: Vec<(String, String)>,
    /// `form`, `file`, `json`, `git` or empty.
    pub(super) kind: String,
    pub(super) body: String,
}

impl Table {
    pub(super) fn read() -> Self {
        let mut table = Self { rights: BTreeMap::new(), rows: Vec::new() };
        let mut host = None;
        for line in include_str!("rights.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                host = Some(name.to_owned());
                continue;
            }
            match &host {
                Some(host) => table.rows.push(Row::read(host, line)),
                None => table.read_right(line),
            }
        }
        table.check();
        table
    }

    fn read_right(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[0] == "right" {
            assert_eq!(words[2..], WHO, "the columns are the principals");
            return;
        }
        let wikis = if words[1] == "both" { &WIKIS[..] } else { &words[1..2] };
        let answers = if words.len() == 3 { vec![words[2]; WHO.len()] } else { words[2..].to_vec() };
        assert_eq!(answers.len(), WHO.len(), "{line}");
        for wiki in wikis {
            let answers = answers.iter().map(|&answer| answer.to_owned()).collect();
            let before = self.rights.insert((words[0].to_owned(), (*wiki).to_owned()), answers);
            assert!(before.is_none(), "{line}: is there already");
        }
    }

    fn check(&self) {
        for row in &self.rows {
            for wiki in WIKIS {
                let known = self.rights.contains_key(&(row.right.clone(), wiki.to_owned()));
                assert!(known, "{} {}: no right `{}` on the {wiki} wiki", row.method, row.route, row.right);
            }
        }
        let used: BTreeSet<&str> = self.rows.iter().map(|row| row.right.as_str()).collect();
        let idle: Vec<_> = self.rights.keys().filter(|(right, _)| !used.contains(right.as_str())).collect();
        assert!(idle.is_empty(), "no row needs {idle:?}");
    }

    /// What the `who`-th principal gets.
    pub(super) fn expected(&self, row: &Row, wiki: &str, who: usize) -> &str {
        &self.rights[&(row.right.clone(), wiki.to_owned())][who]
    }
}

impl Row {
    fn read(host: &str, line: &str) -> Self {
        let mut rest = line;
        let [method, route, right] = [(); 3].map(|()| word(&mut rest));
        let changes = right.ends_with('!');
        let mut row = Self {
            host: host.to_owned(),
            method: method.to_owned(),
            route: route.to_owned(),
            right: right.trim_end_matches('!').to_owned(),
            changes,
            query: String::new(),
            fills: Vec::new(),
            kind: String::new(),
            body: String::new(),
        };
        loop {
            match word(&mut rest) {
                "" => return row,
                query if query.starts_with('?') => row.query = query.to_owned(),
                fill if fill.starts_with('{') => {
                    let (name, value) = fill.split_once('=').unwrap_or_else(|| panic!("{line}: {{name}}=value"));
                    row.fills.push((name.to_owned(), value.to_owned()));
                }
                kind @ ("form" | "file" | "json" | "git") => {
                    row.kind = kind.to_owned();
                    row.body = rest.trim().to_owned();
                    return row;
                }
                other => panic!("{line}: what is `{other}`?"),
            }
        }
    }

    pub(super) fn key(&self) -> String {
        format!("{} {} {}", self.host, self.method, self.route)
    }
}

/// Takes the next word; empty at the end.
fn word<'l>(rest: &mut &'l str) -> &'l str {
    let (word, after) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
    *rest = after;
    word
}
