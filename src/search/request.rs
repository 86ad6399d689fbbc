use std::ops::Range;

use crate::model::Revision;

/// What a search compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// Words.
    Text,
    /// Meaning: vectors of the pages' passages.
    Semantic,
    /// Both, as one ranking.
    #[default]
    Hybrid,
}

/// What a page must be to be found at all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// The beginning of its path.
    pub prefix: Option<String>,
    /// Tags, all of which it has; case does not matter.
    pub tags: Vec<String>,
    /// Its category; case does not matter.
    pub category: Option<String>,
}

impl Filter {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prefix.is_none() && self.tags.is_empty() && self.category.is_none()
    }
}

/// A part of a page, as the tools that read and edit sections name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SectionRef {
    /// The headings that lead to it, outermost first, without the page's title; none for what
    /// comes before the first heading.
    pub titles: Vec<String>,
    /// The anchor of its heading; empty before the first one.
    pub anchor: String,
    /// Its lines in the file, counted from 1; the end is not part of it.
    pub lines: Range<usize>,
}

/// A question about words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TextQuery {
    /// In the query language: see [`super::TextIndex::search`].
    pub text: String,
    pub filter: Filter,
    /// Pages in the answer, 1,000 at most.
    pub limit: usize,
    /// Pages before them.
    pub offset: usize,
    /// A commit whose pages are searched; else those of the newest that is indexed.
    pub as_of: Option<Revision>,
}
