use askama::Template;

use super::{Change, Frame};

/// The files of a page. Posts to `/{Page}/attachments`.
#[derive(Template)]
#[template(path = "files.html")]
pub(crate) struct PageFiles<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) files: Vec<FileRow>,
    /// The size of the largest file, for people.
    pub(crate) limit: &'a str,
    /// How many files one form may bring.
    pub(crate) most: usize,
    pub(crate) may_upload: bool,
}

/// A file, and when it was last changed.
#[derive(Clone, Debug)]
pub(crate) struct FileRow {
    pub(crate) name: String,
    /// What kind of file it is, from its name: `PDF`; empty when the name does not say.
    pub(crate) kind: String,
    pub(crate) href: String,
    /// The address of a small version, for a picture.
    pub(crate) thumbnail: Option<String>,
    /// The file's own page: its versions, and what may be done with it.
    pub(crate) about_href: String,
    /// The Markdown that shows it on its page.
    pub(crate) markdown: String,
    pub(crate) size: String,
    pub(crate) changed: Option<Change>,
    pub(crate) message: String,
}

/// A file with its versions. Posts to `/{Page}/attachments`.
#[derive(Template)]
#[template(path = "file.html")]
pub(crate) struct FileView<'a> {
    pub(crate) frame: Frame<'a>,
    /// The file as it is; none when it was deleted.
    pub(crate) file: Option<FileRow>,
    pub(crate) name: &'a str,
    /// The address of the picture that it is, at most 1,024 pixels wide or high.
    pub(crate) picture: Option<&'a str>,
    pub(crate) limit: &'a str,
    pub(crate) versions: Vec<FileVersion>,
    /// Whether there are older versions than those shown.
    pub(crate) more: bool,
    pub(crate) may_upload: bool,
    pub(crate) may_write: bool,
}

/// A file as a commit left it.
#[derive(Clone, Debug)]
pub(crate) struct FileVersion {
    /// In hex.
    pub(crate) revision: String,
    /// Where that version is; none when the commit deleted the file.
    pub(crate) href: Option<String>,
    pub(crate) thumbnail: Option<String>,
    pub(crate) size: String,
    pub(crate) change: Change,
    pub(crate) message: String,
    /// What it was called then, when that differs.
    pub(crate) former_name: Option<String>,
    pub(crate) current: bool,
}
