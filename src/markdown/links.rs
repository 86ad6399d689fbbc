use std::ops::Range;

use comrak::nodes::{Node, NodeValue};

use super::address::{self, FindPage};
use super::assemble::block_of;
use super::blocks::Block;
use super::document::{self, Document};
use super::embedding::{Embedding, Kind, Setting};
use super::wikilink::{LinkOrder, decoded};
use crate::model::PagePath;

/// How a link is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkKind {
    /// `[[Target]]`, and the page that is included by `{{Include|src=Target}}`.
    Wikilink,
    /// `[text](target)`
    Inline,
    /// `[text][label]`, whose target stands in a definition elsewhere.
    Reference,
    /// `![text](target)` or `![text][label]`, and the file that an embedding shows.
    Image,
}

/// A link to something in the same wiki.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    pub kind: LinkKind,
    /// The path as written, percent codes resolved, without query and anchor. From the wiki's
    /// root for a wikilink, else relative to the page unless it starts with a slash. Empty
    /// for a link within the page.
    pub target: String,
    /// What follows `#`.
    pub anchor: Option<String>,
    /// Where the link stands in the text, brackets included, in bytes.
    pub span: Range<usize>,
    /// Where, inside the span, the path stands as written: what a rename replaces. None when
    /// it stands elsewhere (a reference) or was not found.
    pub destination: Option<Range<usize>>,
}

/// Every link of a page that stays in its wiki, in the order of their places.
#[must_use]
pub fn links(text: &str, order: LinkOrder) -> Vec<Link> {
    document::read(text, order, |document| document.links()).unwrap_or_default()
}

/// The page that a link of `page` leads to; none when there is no such page, or when the link
/// stays on its own page. `find_page` finds a page by its path from the root.
#[must_use]
pub fn linked_page(link: &Link, page: &PagePath, find_page: &FindPage<'_>) -> Option<PagePath> {
    match link.kind {
        LinkKind::Wikilink if link.target.is_empty() => None,
        LinkKind::Wikilink => find_page(&link.target),
        LinkKind::Inline | LinkKind::Reference | LinkKind::Image => address::page(&link.target, page, find_page),
    }
}

/// The path from the wiki's root of the file that a link of `page` leads to or shows, if it is
/// no page that it means.
#[must_use]
pub fn linked_file(link: &Link, page: &PagePath) -> Option<String> {
    let may_be_file = link.kind != LinkKind::Wikilink && !link.target.is_empty();
    may_be_file.then(|| address::from_root(&link.target, page))
}

/// Whether what follows a link's address to its end may be a title. Titles may hold links themselves.
fn is_title(rest: &str) -> bool {
    let written = rest.trim_start_matches([' ', '\t', '\r', '\n']);
    let Some(inside) = written.strip_suffix(')').map(|inside| inside.trim_end_matches([' ', '\t', '\r', '\n'])) else {
        return false;
    };
    let quoted = [('"', '"'), ('\'', '\''), ('(', ')')];
    inside.is_empty()
        || (written.len() < rest.len()
            && quoted
                .iter()
                .any(|(open, close)| inside.strip_prefix(*open).is_some_and(|title| title.ends_with(*close))))
}

impl Document<'_> {
    fn links(&self) -> Vec<Link> {
        let wikilinks = self.wikilinks().map(|(link, place)| Link {
            kind: LinkKind::Wikilink,
            destination: (!link.target.is_empty()).then_some(place),
            target: link.target,
            anchor: link.anchor,
            span: link.span,
        });
        let mut links: Vec<Link> = wikilinks.collect();
        links.extend(self.root.descendants().filter_map(|node| self.markdown_link(node)));
        links.extend(self.root.descendants().flat_map(|node| self.embedded(node)));
        links.sort_by_key(|link| link.span.start);
        links
    }

    fn markdown_link(&self, node: Node<'_>) -> Option<Link> {
        let ast = node.data();
        let (link, is_image) = match &ast.value {
            NodeValue::Link(link) => (link, false),
            NodeValue::Image(link) => (link, true),
            _ => return None,
        };
        if address::is_external(&link.url) || link.url.is_empty() {
            return None;
        }
        let opening = if is_image { "![" } else { "[" };
        let exact = self.range(ast.sourcepos).filter(|range| {
            self.text
                .get(range.clone())
                .is_some_and(|source| source.starts_with(opening) && (source.ends_with(')') || source.ends_with(']')))
        });
        let block = || self.block(node).unwrap_or_default();
        let (span, destination) = match exact {
            Some(span) => (span.clone(), self.destination(&span, &link.url)),
            // Escaped bars in a table's cell move what the parser takes for positions.
            None => self.search(&block(), opening, &link.url).map_or_else(|| (block(), None), |(s, d)| (s, Some(d))),
        };
        let inline = self.text.get(span.clone()).is_some_and(|source| source.ends_with(')'));
        let (path, rest) = address::split(&link.url);
        Some(Link {
            kind: match (is_image, inline) {
                (true, _) => LinkKind::Image,
                (false, true) => LinkKind::Inline,
                (false, false) => LinkKind::Reference,
            },
            target: decoded(path),
            anchor: rest.split_once('#').map(|(_, anchor)| decoded(anchor)).filter(|anchor| !anchor.is_empty()),
            span,
            destination,
        })
    }

    /// The pages and files that an embedding names.
    fn embedded(&self, node: Node<'_>) -> Vec<Link> {
        let Some(Block::Embedding(embedding)) = block_of(&self.blocks, node) else { return Vec::new() };
        let kind = match embedding.kind {
            Kind::Include => LinkKind::Wikilink,
            Kind::ImageFrame | Kind::Video | Kind::DataTable => LinkKind::Image,
            _ => return Vec::new(),
        };
        let sources = embedding.options.iter().filter(|setting| setting.key.eq_ignore_ascii_case("src"));
        let used = sources.rev().take(if embedding.kind == Kind::Video { usize::MAX } else { 1 });
        used.filter_map(|setting| self.source(kind, setting, embedding)).collect()
    }

    fn source(&self, kind: LinkKind, setting: &Setting, embedding: &Embedding) -> Option<Link> {
        let value = setting.place.start + self.body_offset..setting.place.end + self.body_offset;
        let written = self.text.get(value.clone())?;
        if kind == LinkKind::Image && address::is_external(written) {
            return None;
        }
        let (path, rest) = address::split(written);
        let page = if kind == LinkKind::Wikilink { path.trim_matches('/') } else { path };
        let start = value.start + path.len() - path.trim_start_matches('/').len();
        let start = if kind == LinkKind::Wikilink { start } else { value.start };
        let anchor = match embedding.option(&["section"]) {
            Some(section) if kind == LinkKind::Wikilink => Some(section.to_owned()),
            _ => rest.split_once('#').map(|(_, anchor)| decoded(anchor)),
        };
        // The span has what stands around the value: its `=`, and a bar, a brace or the line's end.
        Some(Link {
            kind,
            target: decoded(page),
            anchor: anchor.filter(|anchor| !anchor.is_empty()),
            span: value.start.checked_sub(1)?..value.end + self.text.get(value.end..)?.chars().next()?.len_utf8(),
            destination: (!page.is_empty()).then_some(start..start + page.len()),
        })
    }

    /// The place of the path in `[text](path#anchor "title")`.
    fn destination(&self, span: &Range<usize>, url: &str) -> Option<Range<usize>> {
        let source = self.text.get(span.clone())?;
        // From the end: what stands in the text of the link, a picture say, may lead to the same place.
        source.rmatch_indices("](").find_map(|(at, _)| {
            let inside = source.get(at + 2..)?;
            let blank = inside.len() - inside.trim_start_matches([' ', '\t', '\n', '\r', '<']).len();
            let place = span.start + at + 2 + blank;
            let written = self.text.get(place..span.end)?;
            let rest = written.strip_prefix(url)?;
            let rest = rest.strip_prefix('>').unwrap_or(rest);
            (rest == ")" || is_title(rest)).then(|| place..place + address::split(url).0.len())
        })
    }

    /// The places of a link and of its path, when the block has only one that leads there.
    fn search(&self, block: &Range<usize>, opening: &str, url: &str) -> Option<(Range<usize>, Range<usize>)> {
        let source = self.text.get(block.clone())?;
        let middle = format!("]({url}");
        let mut places = source.match_indices(&middle).map(|(at, _)| at);
        let (at, None) = (places.next()?, places.next()) else { return None };
        let start = source.get(..at)?.rfind(opening)?;
        let path = at + "](".len();
        let end = path + source.get(path..)?.find(')')? + 1;
        let from = |at: usize| block.start + at;
        Some((from(start)..from(end), from(path)..from(path + address::split(url).0.len())))
    }

    /// The place of the block that a node stands in.
    fn block(&self, node: Node<'_>) -> Option<Range<usize>> {
        node.ancestors().skip(1).find_map(|parent| {
            let ast = parent.data();
            ast.value.block().then(|| self.range(ast.sourcepos)).flatten()
        })
    }
}
