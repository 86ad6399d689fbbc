use askama::Template;

use super::{Frame, Link};

/// What of a wiki can be taken away.
#[derive(Template)]
#[template(path = "export.html")]
pub(crate) struct ExportView<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) slug: &'a str,
    pub(crate) pages: u64,
    pub(crate) files: u64,
    /// Of pages and files as they are now, for people.
    pub(crate) size: &'a str,
    pub(crate) may_administer: bool,
}

/// Asks for a file to import. Posts to `/-/settings/import`.
#[derive(Template)]
#[template(path = "import.html")]
pub(crate) struct ImportForm<'a> {
    pub(crate) frame: Frame<'a>,
    /// The size of the largest file, for people.
    pub(crate) limit: &'a str,
    /// Imports that are known.
    pub(crate) jobs: Vec<Link>,
}

/// One import: at work, failed, or with its report. Posts to `/-/settings/import/{job}`.
#[derive(Template)]
#[template(path = "import_job.html")]
pub(crate) struct ImportView<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) job: u64,
    pub(crate) stage: ImportStage,
}

/// How far an import is.
#[derive(Clone, Debug)]
pub(crate) enum ImportStage {
    /// With what is being done.
    Working(String),
    /// With the reason.
    Failed(String),
    Report(Box<ImportJob>),
}

/// What an import would do, or did.
#[derive(Clone, Debug)]
pub(crate) struct ImportJob {
    pub(crate) file: String,
    /// What it was taken for: `an Obsidian vault`.
    pub(crate) kind: &'static str,
    /// Whether it happened.
    pub(crate) done: bool,
    pub(crate) commit_href: Option<String>,
    /// Whether it replaces anything.
    pub(crate) overwrites: bool,
    /// Whether there is anything to do.
    pub(crate) something: bool,
    pub(crate) pages: FatesView,
    pub(crate) files: FatesView,
    /// Paths, and why.
    pub(crate) refused: Vec<(String, String)>,
    pub(crate) more_refused: usize,
    pub(crate) ignored: usize,
    /// Pages, and what they link to that is not there.
    pub(crate) broken: Vec<(String, String)>,
    pub(crate) more_broken: usize,
    pub(crate) notes: Vec<String>,
    pub(crate) size: String,
}

/// What becomes of pages, or of files.
#[derive(Clone, Debug)]
pub(crate) struct FatesView {
    /// How many, of which fate.
    pub(crate) counts: Vec<(usize, &'static str)>,
    pub(crate) rows: Vec<FateRow>,
    pub(crate) more: usize,
}

/// What becomes of one file.
#[derive(Clone, Debug)]
pub(crate) struct FateRow {
    /// Empty for what the import itself makes.
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) href: Option<String>,
    pub(crate) fate: &'static str,
}
