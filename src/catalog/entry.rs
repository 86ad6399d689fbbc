use std::cell::RefCell;
use std::sync::Arc;

use serde_json::Value;

use crate::markdown::{self, LinkKind, LinkOrder};
use crate::model::{AttachmentPath, FoldKey, PagePath};
use crate::repo::{self, BlobId, CommitInfo, Snapshot};

/// Headings and links that are kept of one page.
const MOST_HEADINGS: usize = 1_000;
const MOST_LINKS: usize = 5_000;

/// What is known of a page without reading it.
#[derive(Clone, PartialEq, Debug)]
pub struct PageEntry {
    pub blob: BlobId,
    /// What all spellings of the path fold to.
    pub key: FoldKey,
    /// The front matter's title, whatever its type, else the last component of the path.
    pub name: String,
    /// The front matter's category as it is written.
    pub category: Value,
    pub tags: Vec<String>,
    /// Whitespace-separated words of the body.
    pub words: usize,
    pub size: u64,
    pub headings: Vec<HeadingEntry>,
    /// The pages it links to; whether they exist is another question.
    pub links: Vec<OutLink>,
    /// The pages that the files would belong to which it shows or links to, ordered; whether
    /// there are such files is another question.
    pub files_of: Vec<FoldKey>,
    /// The commit that last changed it.
    pub last: Option<Arc<CommitInfo>>,
}

/// A heading that opens a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeadingEntry {
    pub level: u8,
    pub title: String,
    pub anchor: String,
    /// In the file, counted from 1.
    pub line: usize,
}

/// A link to a page.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OutLink {
    /// The page it means.
    pub target: PagePath,
    /// The page it means instead if that exists: a Markdown link is looked for below its
    /// own page first, then beside it.
    pub below: Option<PagePath>,
    /// `[[...]]`, rather than one of Markdown's own kinds.
    pub wikilink: bool,
}

/// What is known of an attached file.
#[derive(Clone, PartialEq, Debug)]
pub struct AttachmentEntry {
    pub blob: BlobId,
    pub size: u64,
    pub last: Option<Arc<CommitInfo>>,
}

impl PageEntry {
    pub(super) fn read(
        snapshot: &Snapshot,
        path: &PagePath,
        blob: BlobId,
        order: LinkOrder,
    ) -> Result<Self, repo::Error> {
        let bytes = match snapshot.blob(blob) {
            Ok(bytes) => bytes,
            // Too large to be a page: it is listed, but nothing is known of its inside.
            Err(repo::Error::TooLarge { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8_lossy(&bytes);
        let front = markdown::front_matter(&text);
        let headings = markdown::headings(&text, order).into_iter().take(MOST_HEADINGS).map(|heading| HeadingEntry {
            level: heading.level,
            title: heading.title,
            anchor: heading.anchor,
            line: heading.line,
        });
        let read = markdown::links(&text, order);
        let mut files_of: Vec<FoldKey> = read
            .iter()
            .filter_map(|link| AttachmentPath::from_file(&markdown::linked_file(link, path)?))
            .map(|file| file.page.fold())
            .collect();
        files_of.sort();
        files_of.dedup();
        files_of.truncate(MOST_LINKS);
        let mut links: Vec<OutLink> = read.iter().filter_map(|link| OutLink::of(link, path)).collect();
        links.sort();
        links.dedup();
        links.truncate(MOST_LINKS);
        Ok(Self {
            blob,
            key: path.fold(),
            name: front.title().unwrap_or_else(|| path.leaf().to_owned()),
            category: front.fields.as_ref().and_then(|fields| fields.get("category")).cloned().unwrap_or(Value::Null),
            tags: front.tags(),
            words: markdown::word_count(front.body),
            size: snapshot.size(blob)?,
            headings: headings.collect(),
            links,
            files_of,
            last: None,
        })
    }

    /// What its links could mean. A Markdown link may mean one of two pages.
    pub(super) fn names(&self) -> impl Iterator<Item = FoldKey> {
        self.links.iter().flat_map(|link| [Some(&link.target), link.below.as_ref()]).flatten().map(PagePath::fold)
    }

    /// Whether it has more links than are kept.
    pub(super) const fn has_unknown_links(&self) -> bool {
        self.links.len() >= MOST_LINKS || self.files_of.len() >= MOST_LINKS
    }
}

impl OutLink {
    fn of(link: &markdown::Link, page: &PagePath) -> Option<Self> {
        let wikilink = link.kind == LinkKind::Wikilink;
        if link.kind == LinkKind::Image {
            return None;
        }
        // Asks for every page that the link could mean.
        let asked = RefCell::new(Vec::new());
        let none = |path: &str| {
            asked.borrow_mut().push(path.to_owned());
            None
        };
        let _nowhere = markdown::linked_page(link, page, &none);
        let mut meant: Vec<PagePath> = asked.take().iter().filter_map(|path| PagePath::parse(path).ok()).collect();
        let target = meant.pop()?;
        Some(Self { below: meant.pop().filter(|below| *below != target), target, wikilink })
    }

    /// Whether it could just as well mean an attached file.
    #[must_use]
    pub fn may_be_file(&self) -> bool {
        !self.wikilink && self.target.leaf().contains('.')
    }
}
