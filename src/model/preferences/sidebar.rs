use serde::{Deserialize, Serialize};

use super::{PreferenceError, named};

/// The tree of pages beside a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sidebar {
    pub tree: TreeMode,
    pub focus: TreeFocus,
    /// Levels that are shown at most; none for all.
    pub depth: Option<TreeDepth>,
}

/// What the tree holds, and in which order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TreeMode {
    /// There is no tree.
    Off,
    /// Pages and folders together, by name.
    #[default]
    Sorted,
    /// Folders before pages, each by name.
    FoldersFirst,
    /// Folders alone.
    FoldersOnly,
}

/// How much of the tree is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TreeFocus {
    /// What is above, beside and below the page that is read; nothing else.
    Branch,
    /// Everything, folded up but for the way to the page that is read.
    #[default]
    Folded,
    /// Everything, open.
    Open,
}

named!(
    TreeMode,
    "sidebar_tree",
    Off = "off",
    Sorted = "sorted",
    FoldersFirst = "folders_first",
    FoldersOnly = "folders_only"
);
named!(TreeFocus, "sidebar_focus", Branch = "branch", Folded = "folded", Open = "open");

/// Levels of the tree: 1 to 10.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct TreeDepth(u8);

impl TreeDepth {
    pub const MOST: u8 = 10;

    /// # Errors
    /// When there are none, or too many.
    pub fn new(levels: u8) -> Result<Self, PreferenceError> {
        if (1..=Self::MOST).contains(&levels) { Ok(Self(levels)) } else { Err(Self::refused()) }
    }

    /// Reads a number; nothing is no limit.
    ///
    /// # Errors
    /// When it is no number of levels.
    pub fn parse(text: &str) -> Result<Option<Self>, PreferenceError> {
        match text.trim() {
            "" => Ok(None),
            text => text.parse().map_err(|_not_a_number| Self::refused()).and_then(Self::new).map(Some),
        }
    }

    #[must_use]
    pub const fn levels(self) -> u8 {
        self.0
    }

    fn refused() -> PreferenceError {
        PreferenceError::new(
            "sidebar_depth",
            format!("must be a number from 1 to {}, or empty for all levels", Self::MOST),
        )
    }
}

impl TryFrom<u8> for TreeDepth {
    type Error = PreferenceError;
    fn try_from(levels: u8) -> Result<Self, PreferenceError> {
        Self::new(levels)
    }
}

impl From<TreeDepth> for u8 {
    fn from(depth: TreeDepth) -> Self {
        depth.0
    }
}
