use askama::Template;

use super::{Crumb, Frame, Link};

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
    /// The address of the list, what was typed to filter it, and whether that is worth it.
    pub(crate) base: &'a str,
    pub(crate) filter: &'a str,
    pub(crate) filters: bool,
    pub(crate) names: Vec<NameCount>,
    /// How many more there are, all of them less used.
    pub(crate) left_out: usize,
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

/// The pages of a wiki, or those in a folder, by their first letters.
#[derive(Template)]
#[template(path = "index.html")]
pub(crate) struct PageIndex<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) heading: &'a str,
    /// None: the whole wiki.
    pub(crate) folder: Option<Folder<'a>>,
    /// Pages in it, whether they are all listed here or not.
    pub(crate) total: u32,
    pub(crate) groups: Vec<IndexGroup>,
    pub(crate) letters: Vec<Letter>,
    /// Whether this is all of it, not a part.
    pub(crate) whole: bool,
    /// Whether each page's headings are listed with it, and the other way to look at it.
    pub(crate) headings: bool,
    pub(crate) headings_href: String,
    /// The listing without a filter.
    pub(crate) all_href: String,
    pub(crate) previous_href: Option<String>,
    pub(crate) next_href: Option<String>,
    /// What was typed to filter by name, and the pages that it found.
    pub(crate) filter: &'a str,
    pub(crate) found: Option<NamesFound>,
}

/// The folder whose pages are listed.
#[derive(Clone, Debug)]
pub(crate) struct Folder<'a> {
    pub(crate) path: String,
    /// The page of the same name, if there is one.
    pub(crate) page_href: Option<String>,
    pub(crate) crumbs: Vec<Crumb>,
    /// Where to write it if there is none; only for who may.
    pub(crate) create_href: Option<&'a str>,
}

/// A letter, and where the names are that begin with it.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) letter: char,
    pub(crate) href: String,
}

/// The best of the pages whose names hold what was typed, and how many there are.
#[derive(Clone, Debug)]
pub(crate) struct NamesFound {
    pub(crate) pages: Vec<Link>,
    pub(crate) total: usize,
}

/// The names that begin with one letter.
#[derive(Clone, Debug)]
pub(crate) struct IndexGroup {
    /// `A`; `#` for what begins with no letter. At most one group a letter.
    pub(crate) letter: char,
    /// In depth-first order.
    pub(crate) entries: Vec<IndexEntry>,
}

impl IndexGroup {
    /// Each entry at the top with what is below it.
    fn trees(&self) -> impl Iterator<Item = &[IndexEntry]> {
        self.entries.chunk_by(|_, next| next.depth > 0)
    }
}

/// A page, or a folder that has no page of its own.
#[derive(Clone, Debug)]
pub(crate) struct IndexEntry {
    /// 0 at the top.
    pub(crate) depth: usize,
    /// The last component, for people.
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) is_page: bool,
    /// How many pages are below it that are not listed here, and where they are.
    pub(crate) below: Option<(String, String)>,
    pub(crate) headings: Vec<Link>,
}

impl IndexEntry {
    /// The style sheet indents this many steps.
    fn indent(&self) -> usize {
        self.depth.min(6)
    }
}

/// The Markdown of a page.
#[derive(Template)]
#[template(path = "source.html")]
pub(crate) struct SourceView<'a> {
    /// `frame.page` is the page.
    pub(crate) frame: Frame<'a>,
    pub(crate) lines: Vec<&'a str>,
    /// The page, and the text alone, in the same version.
    pub(crate) page_href: String,
    pub(crate) raw_href: String,
    /// The version, when it is not the current one.
    pub(crate) revision: Option<&'a str>,
}
