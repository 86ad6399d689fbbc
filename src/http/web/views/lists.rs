use askama::Template;

use super::{Frame, Link};

/// What links to a page, and what it links to.
#[derive(Template)]
#[template(path = "links.html")]
pub(crate) struct PageLinksView<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) linked_from: Vec<Link>,
    pub(crate) links_to: Vec<Link>,
    /// Names that it links to and that are no pages.
    pub(crate) missing: Vec<Link>,
    /// Pages that name it without a link.
    pub(crate) mentions: Vec<Link>,
}

/// Links of the wiki that lead nowhere, and pages that nothing leads to.
#[derive(Template)]
#[template(path = "links_overview.html")]
pub(crate) struct LinksOverview<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) broken: Vec<BrokenRow>,
    pub(crate) more_broken: usize,
    pub(crate) orphans: Vec<Link>,
    pub(crate) more_orphans: usize,
}

/// A name that is linked to and is no page.
#[derive(Clone, Debug)]
pub(crate) struct BrokenRow {
    pub(crate) target: Link,
    pub(crate) linked_from: Vec<Link>,
    pub(crate) more: usize,
}

/// All tags, or all categories.
#[derive(Template)]
#[template(path = "names.html")]
pub(crate) struct Names<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) heading: &'a str,
    /// What to do when there are none yet.
    pub(crate) none: &'a str,
    pub(crate) names: Vec<NameCount>,
}

/// A tag or category, and how many pages have it.
#[derive(Clone, Debug)]
pub(crate) struct NameCount {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) pages: u64,
}

/// The pages with a tag or in a category.
#[derive(Template)]
#[template(path = "pages_with.html")]
pub(crate) struct PagesWith<'a> {
    pub(crate) frame: Frame<'a>,
    /// `Tag` or `Category`.
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) all_href: &'a str,
    pub(crate) total: usize,
    pub(crate) pages: Vec<Link>,
    pub(crate) next_href: Option<&'a str>,
}
