use std::ops::Range;

use comrak::nodes::{Node, NodeValue};

use super::document::{self, Document, line_starts};
use super::front_matter::front_matter;
use super::headings::Heading;
use super::html;
use super::wikilink::LinkOrder;

/// The words of a page: no markup, no addresses, no front matter; a line for each block, in
/// the order of the file, and of code a line for each line. Knows where in the file they are.
#[derive(Clone, Debug)]
pub struct Plain {
    pub text: String,
    /// The headings that open sections, and which bytes of `text` are theirs.
    pub headings: Vec<(Heading, Range<usize>)>,
    /// Where a line of the file starts to be the one that the text comes from.
    marks: Vec<Mark>,
    /// Where each line of the file starts, in bytes.
    lines: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    at: usize,
    line: usize,
}

/// The words of a page for search and for embedding.
#[must_use]
pub fn plain(text: &str, order: LinkOrder) -> Plain {
    document::read(text, order, |document| document.plain()).unwrap_or_else(|| {
        let offset = front_matter(text).body_offset;
        let mut plain = Plain::of(text);
        let lines = plain.lines.clone();
        let ends = lines.iter().copied().skip(1).chain([text.len()]);
        for (at, (start, end)) in lines.iter().copied().zip(ends).enumerate().filter(|(_, (start, _))| *start >= offset)
        {
            plain.mark(at + 1);
            plain.text.push_str(text.get(start..end).unwrap_or_default());
        }
        plain
    })
}

/// As [`plain`], the text alone.
#[must_use]
pub fn plain_text(text: &str, order: LinkOrder) -> String {
    plain(text, order).text
}

/// Words of a body without front matter: what white space separates, markup included.
#[must_use]
pub fn word_count(body: &str) -> usize {
    body.split_whitespace().count()
}

impl Plain {
    fn of(text: &str) -> Self {
        Self {
            text: String::with_capacity(text.len()),
            headings: Vec::new(),
            marks: Vec::new(),
            lines: line_starts(text),
        }
    }

    /// The line of the file, counted from 1, that a byte of the text comes from.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        let after = self.marks.partition_point(|mark| mark.at <= at);
        after.checked_sub(1).and_then(|last| self.marks.get(last)).map_or(1, |mark| mark.line)
    }

    /// Where a line of the file starts, in bytes of the file; its end for lines after the last.
    #[must_use]
    pub fn line_start(&self, line: usize, file: &str) -> usize {
        self.lines.get(line.saturating_sub(1)).copied().unwrap_or(file.len())
    }

    /// The lines of the file. What follows the last line break is one only if it is not empty.
    #[must_use]
    pub fn line_count(&self, file: &str) -> usize {
        self.lines.len() - usize::from(self.lines.last() == Some(&file.len()))
    }

    /// The line of the file, counted from 1, in which a byte of the file is.
    #[must_use]
    pub fn line_at_byte(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// What comes next is from this line, or from a later one that was named before.
    fn mark(&mut self, line: usize) {
        if self.marks.last().is_none_or(|last| last.line < line) {
            let at = self.marks.last().map_or(0, |last| last.at).max(self.text.len());
            self.marks.push(Mark { at, line });
        }
    }

    /// Returns where the next line starts.
    fn end_line(&mut self) -> usize {
        self.text.truncate(self.text.trim_end().len());
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.len()
    }
}

impl<'a> Document<'a> {
    fn plain(&self) -> Plain {
        let mut plain = Plain::of(self.text);
        let mut headings = self.headings().0.into_iter();
        // The parser puts notes at the end; here each is where it is written.
        let mut blocks: Vec<Node<'a>> = self.root.children().collect();
        blocks.sort_by_key(|block| block.data().sourcepos.start.line);
        for block in blocks {
            let is_heading = matches!(block.data().value, NodeValue::Heading(_));
            let start = if is_heading { plain.end_line() } else { 0 };
            for node in block.descendants() {
                self.push(node, &mut plain);
            }
            if is_heading && let Some(heading) = headings.next() {
                plain.text.truncate(plain.text.trim_end().len().max(start));
                plain.headings.push((heading, start..plain.text.len()));
            }
        }
        let end = plain.text.trim_end().len();
        plain.text.truncate(end);
        for (_, line) in &mut plain.headings {
            *line = line.start.min(end)..line.end.min(end);
        }
        plain
    }

    fn push(&self, node: Node<'a>, plain: &mut Plain) {
        let ast = node.data();
        let line = self.line(ast.sourcepos);
        match &ast.value {
            NodeValue::Text(text) => {
                plain.mark(line);
                plain.text.push_str(text);
            }
            NodeValue::Code(code) => {
                plain.mark(line);
                plain.text.push_str(&code.literal);
            }
            NodeValue::Math(math) => {
                plain.mark(line);
                plain.text.push_str(&math.literal);
            }
            NodeValue::SoftBreak | NodeValue::LineBreak => plain.text.push(' '),
            NodeValue::CodeBlock(block) => {
                plain.end_line();
                let first = line + usize::from(block.fenced);
                for (below, part) in block.literal.split_inclusive('\n').enumerate() {
                    plain.mark(first + below);
                    plain.text.push_str(part);
                }
                plain.end_line();
            }
            NodeValue::HtmlBlock(block) => {
                plain.end_line();
                plain.mark(line);
                html::push_text(&block.literal, &mut plain.text);
                plain.end_line();
            }
            NodeValue::HtmlInline(tag) if html::is_break(tag) => plain.text.push(' '),
            // What is shown as text is text: `Vec<String>`.
            NodeValue::HtmlInline(tag) if !html::is_hidden(tag) => plain.text.push_str(tag),
            NodeValue::TableCell => {
                if node.previous_sibling().is_some() {
                    plain.text.push(' ');
                } else {
                    plain.end_line();
                    plain.mark(line);
                }
            }
            value if value.block() => {
                plain.end_line();
                plain.mark(line);
            }
            _ => {}
        }
    }
}
