use askama::Template;

use super::{Frame, Link};

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
