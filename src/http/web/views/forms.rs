use askama::Template;

use super::{Frame, Link, Moment};

/// Asks for a page's new name. Posts to `/{Page}/rename`.
#[derive(Template)]
#[template(path = "rename.html")]
pub(crate) struct RenamePage<'a> {
    pub(crate) frame: Frame<'a>,
    /// What the field holds.
    pub(crate) to: &'a str,
    pub(crate) base: &'a str,
    /// Pages below it and files that move along, pages whose links will be rewritten.
    pub(crate) subpages: usize,
    pub(crate) files: usize,
    pub(crate) linked_from: usize,
    pub(crate) problem: Option<&'a str>,
}

/// Asks before a page is deleted. Posts to `/{Page}/delete`.
#[derive(Template)]
#[template(path = "delete.html")]
pub(crate) struct DeletePage<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) base: &'a str,
    pub(crate) files: usize,
    pub(crate) subpages: usize,
    /// Pages whose links will lead nowhere; some of them.
    pub(crate) linked_from: Vec<Link>,
    /// How many more there are.
    pub(crate) more: usize,
    pub(crate) problem: Option<&'a str>,
}

/// The files of a page.
#[derive(Template)]
#[template(path = "files.html")]
pub(crate) struct PageFiles<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) files: Vec<FileRow>,
    /// The size of the largest file, for people.
    pub(crate) limit: &'a str,
    pub(crate) may_upload: bool,
}

/// A file, and when it was last changed.
#[derive(Clone, Debug)]
pub(crate) struct FileRow {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) size: String,
    pub(crate) changed: Option<Moment>,
}
