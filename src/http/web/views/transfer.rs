use askama::Template;

use super::Frame;

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
