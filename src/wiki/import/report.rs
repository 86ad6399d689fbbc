use serde::{Deserialize, Serialize};

use super::ImportKind;
use crate::model::Revision;

/// Rows that a report names of each kind; all are counted.
const MOST_ROWS: usize = 2_000;

/// What an import did, or would do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImportReport {
    /// What the source was taken for.
    pub kind: ImportKind,
    /// The commit; none for a report before anything is done, or when nothing changed.
    pub revision: Option<Revision>,
    pub pages: Fates,
    pub files: Fates,
    pub refused: Vec<Refused>,
    pub more_refused: usize,
    /// Hidden files and such.
    pub ignored: usize,
    /// Links of imported pages that lead nowhere afterwards.
    pub broken: Vec<Broken>,
    pub more_broken: usize,
    /// What else is to be known, in sentences.
    pub notes: Vec<String>,
    /// Bytes that the wiki grows by.
    pub bytes: u64,
}

/// What becomes of some files.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Fates {
    pub new: usize,
    pub overwritten: usize,
    pub renamed: usize,
    pub skipped: usize,
    /// The same was there.
    pub unchanged: usize,
    /// The first of them.
    pub rows: Vec<Row>,
}

/// What becomes of one file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its path in the source.
    pub from: String,
    /// Its path in the wiki.
    pub to: String,
    pub fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    New,
    Overwritten,
    /// Another was there, so that it gets another name.
    Renamed,
    /// Another was there, and stays.
    Skipped,
    Unchanged,
}

/// A file that is not imported, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refused {
    pub path: String,
    pub reason: String,
}

/// A link that leads nowhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Broken {
    pub page: String,
    pub target: String,
}

impl ImportReport {
    pub(super) fn new(kind: ImportKind) -> Self {
        Self {
            kind,
            revision: None,
            pages: Fates::default(),
            files: Fates::default(),
            refused: Vec::new(),
            more_refused: 0,
            ignored: 0,
            broken: Vec::new(),
            more_broken: 0,
            notes: Vec::new(),
            bytes: 0,
        }
    }

    pub(super) fn refuse(&mut self, refused: Refused) {
        if self.refused.len() < MOST_ROWS {
            self.refused.push(refused);
        } else {
            self.more_refused += 1;
        }
    }

    pub(super) fn broken(&mut self, page: &str, target: &str) {
        if self.broken.len() < MOST_ROWS {
            self.broken.push(Broken { page: page.to_owned(), target: target.to_owned() });
        } else {
            self.more_broken += 1;
        }
    }

    /// Whether there is anything to do.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.pages.changes() + self.files.changes()
    }
}

impl Fates {
    pub(super) fn add(&mut self, from: &str, to: &str, fate: Fate) {
        match fate {
            Fate::New => self.new += 1,
            Fate::Overwritten => self.overwritten += 1,
            Fate::Renamed => self.renamed += 1,
            Fate::Skipped => self.skipped += 1,
            Fate::Unchanged => self.unchanged += 1,
        }
        if self.rows.len() < MOST_ROWS {
            self.rows.push(Row { from: from.to_owned(), to: to.to_owned(), fate });
        }
    }

    /// Those that are written.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.new + self.overwritten + self.renamed
    }
}
