use askama::Template;

use super::{Change, ClashView, Frame, Link};

/// What differs between two versions of a page.
#[derive(Template)]
#[template(path = "diff.html")]
pub(crate) struct DiffView<'a> {
    pub(crate) frame: Frame<'a>,
    /// The versions compared, the older first; their addresses.
    pub(crate) from: Option<Link>,
    pub(crate) to: Link,
    pub(crate) added: usize,
    pub(crate) removed: usize,
    /// Whether both versions stand side by side.
    pub(crate) split: bool,
    /// The other way to look at it.
    pub(crate) other_href: &'a str,
    pub(crate) hunks: Vec<Vec<DiffRow>>,
    pub(crate) truncated: bool,
    /// Restores `from`, posted to this address; for whom may write.
    pub(crate) restore: Option<(&'a str, &'a str)>,
}

/// One row of a comparison: a line of each side, or one line on both.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiffRow {
    pub(crate) old: Option<Half>,
    pub(crate) new: Option<Half>,
    /// Whether both sides are the same line.
    pub(crate) same: bool,
}

impl DiffRow {
    /// The numbers before and after, and the line, when both sides are the same.
    fn both(&self) -> Option<(usize, &Half)> {
        Some((self.old.as_ref()?.number, self.new.as_ref()?)).filter(|_| self.same)
    }
}

/// A line of one side, in parts that are marked as changed or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Half {
    pub(crate) number: usize,
    pub(crate) parts: Vec<(String, bool)>,
}

/// Who wrote which lines.
#[derive(Template)]
#[template(path = "blame.html")]
pub(crate) struct BlameView<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) parts: Vec<BlamedPart>,
}

/// Lines next to each other that one commit wrote.
#[derive(Clone, Debug)]
pub(crate) struct BlamedPart {
    pub(crate) change: Change,
    pub(crate) message: String,
    pub(crate) href: String,
    pub(crate) or_earlier: bool,
    pub(crate) lines: Vec<BlamedLine>,
}

#[derive(Clone, Debug)]
pub(crate) struct BlamedLine {
    pub(crate) number: usize,
    pub(crate) text: String,
}

/// What happened in the wiki, newest first.
#[derive(Template)]
#[template(path = "changelog.html")]
pub(crate) struct ChangelogView<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) author: &'a str,
    /// `person`, `agent`, or empty for both.
    pub(crate) by: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) since: &'a str,
    pub(crate) until: &'a str,
    pub(crate) problem: Option<&'a str>,
    pub(crate) count: usize,
    pub(crate) commits: Vec<CommitRow>,
    pub(crate) older_href: Option<&'a str>,
}

/// A commit in a list.
#[derive(Clone, Debug)]
pub(crate) struct CommitRow {
    pub(crate) href: String,
    pub(crate) message: String,
    pub(crate) change: Change,
    pub(crate) revision: String,
    pub(crate) files: Vec<CommitFile>,
    /// How many more it changed.
    pub(crate) more: usize,
}

/// A page or file that a commit changed.
#[derive(Clone, Debug)]
pub(crate) struct CommitFile {
    /// `Added`, `Changed`, `Deleted`, `Renamed`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// None when it is not there any more.
    pub(crate) href: Option<String>,
    pub(crate) from: Option<String>,
    /// The comparison with the version before; pages only.
    pub(crate) diff_href: Option<String>,
}

/// One commit, with what it changed in each page.
#[derive(Template)]
#[template(path = "commit.html")]
pub(crate) struct CommitView<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) message: &'a str,
    pub(crate) change: Change,
    pub(crate) revision: &'a str,
    pub(crate) files: Vec<(CommitFile, Option<Vec<Vec<DiffRow>>>)>,
    /// How many files are not shown.
    pub(crate) more: usize,
}

/// Asks before a commit is undone, or says why it cannot be. Posts to its own address.
#[derive(Template)]
#[template(path = "revert.html")]
pub(crate) struct RevertView<'a> {
    pub(crate) frame: Frame<'a>,
    /// The first line of the commit's message.
    pub(crate) subject: &'a str,
    pub(crate) change: Change,
    pub(crate) revision: &'a str,
    /// What the field for the summary holds.
    pub(crate) message: &'a str,
    /// What would change.
    pub(crate) files: Vec<RevertRow>,
    /// What stands in the way.
    pub(crate) obstacles: Vec<ObstacleRow>,
    pub(crate) problem: Option<&'a str>,
}

/// What undoing a commit does to a page or a file.
#[derive(Clone, Debug)]
pub(crate) struct RevertRow {
    pub(crate) name: String,
    /// Completes the name: `comes back`.
    pub(crate) fate: &'static str,
    /// What it is called now.
    pub(crate) from: Option<String>,
}

/// A page or file that keeps a commit from being undone.
#[derive(Clone, Debug)]
pub(crate) struct ObstacleRow {
    pub(crate) name: String,
    /// Completes the name: `is not there any more`.
    pub(crate) why: &'static str,
    /// As it is now on the left, as it was before the commit on the right.
    pub(crate) clashes: Vec<ClashView>,
    pub(crate) more: usize,
}
