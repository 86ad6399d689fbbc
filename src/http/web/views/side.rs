use askama::Template;

use super::Link;

/// What stands beside the pages of a wiki.
#[derive(Clone, Debug, Default)]
pub(crate) struct Side {
    /// The owner's own entries; none is a line between two.
    pub(crate) menu: Vec<Option<Link>>,
    pub(crate) rows: Vec<TreeRow>,
    /// Whether the visitor has put it away.
    pub(crate) hidden: bool,
}

impl Side {
    /// Whether there is anything to fold.
    pub(crate) fn folds(&self) -> bool {
        self.rows.iter().any(|row| matches!(row, TreeRow::Opens { .. } | TreeRow::Folded { .. }))
    }
}

/// A step through the tree of pages, depth first.
#[derive(Clone, Debug)]
pub(crate) enum TreeRow {
    /// A name with nothing below it that is shown.
    Name(TreeName),
    /// A name with what is below it, up to the [`TreeRow::Closes`] that belongs to it.
    Opens(TreeName),
    /// A name with something below it, which is not here: `12 pages`.
    Folded {
        name: TreeName,
        pages: String,
        inside_href: String,
    },
    Closes,
    /// Leads to the names that are left out.
    More(Link),
}

/// A name in the tree.
#[derive(Clone, Debug)]
pub(crate) struct TreeName {
    pub(crate) link: Link,
    /// Whether it is the page that is read.
    pub(crate) current: bool,
}

impl TreeRow {
    /// The name, if the row has one.
    pub(crate) fn name(&self) -> Option<&TreeName> {
        match self {
            Self::Name(name) | Self::Opens(name) | Self::Folded { name, .. } => Some(name),
            Self::Closes | Self::More(_) => None,
        }
    }

    pub(crate) fn opens(&self) -> bool {
        matches!(self, Self::Opens(_))
    }

    pub(crate) fn closes(&self) -> bool {
        matches!(self, Self::Closes)
    }

    /// What is folded up, and where it is listed.
    pub(crate) fn folded(&self) -> Option<(&str, &str)> {
        match self {
            Self::Folded { pages, inside_href, .. } => Some((pages, inside_href)),
            _ => None,
        }
    }

    pub(crate) fn more(&self) -> Option<&Link> {
        match self {
            Self::More(link) => Some(link),
            _ => None,
        }
    }
}

/// Names of the tree alone, for a script that unfolds them in a page.
#[derive(Template)]
#[template(path = "tree_rows.html")]
pub(crate) struct TreePart {
    pub(crate) rows: Vec<TreeRow>,
}
