use comrak::nodes::NodeValue;

use super::anchor::Anchors;
use super::document::{self, Document};
use super::wikilink::LinkOrder;

/// A heading that opens a section of the page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// The text without markup.
    pub title: String,
    /// Unique in the page; the `id` of the rendered heading.
    pub anchor: String,
    /// The line of the file, counted from 1.
    pub line: usize,
    /// Where that line starts in the file, in bytes.
    pub start: usize,
}

/// The headings of a page, ATX and setext, as CommonMark defines them. Those inside a quote,
/// a list or a note open no section and are left out (they have anchors all the same).
/// `order` tells which part of a wikilink in a heading is its label.
#[must_use]
pub fn headings(text: &str, order: LinkOrder) -> Vec<Heading> {
    document::read(text, order, |document| document.headings().0).unwrap_or_default()
}

impl Document<'_> {
    /// The headings that open sections, and the anchors of all headings in the tree's order.
    pub(super) fn headings(&self) -> (Vec<Heading>, Vec<String>) {
        let mut anchors = Anchors::default();
        let (mut sections, mut all) = (Vec::new(), Vec::new());
        for node in self.root.descendants() {
            let ast = node.data();
            let NodeValue::Heading(heading) = ast.value else { continue };
            let text = node.collect_text();
            let title = text.trim();
            let anchor = anchors.assign(title);
            if node.parent().is_some_and(|parent| parent.same_node(self.root)) {
                sections.push(Heading {
                    level: heading.level,
                    title: title.to_owned(),
                    anchor: anchor.clone(),
                    line: self.line(ast.sourcepos),
                    start: self.line_start(ast.sourcepos),
                });
            }
            all.push(anchor);
        }
        (sections, all)
    }
}
