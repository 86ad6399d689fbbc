//! Makes blocks of what [`Marks`] hid from the parser, and puts back what turned out to be
//! something else: code, HTML, or a line that closes nothing.

use std::collections::{HashMap, HashSet};

use comrak::Arena;
use comrak::nodes::{Ast, Node, NodeBlockDirective, NodeHeading, NodeMath, NodeValue, Sourcepos};

use super::blocks::{Block, Family, Fence, Mark, Marks, Piece, Role};
use super::document::line_starts;
use super::embedding::Kind;

/// Deepest nesting of boxes; what opens one below is text.
const MAX_DEPTH: usize = 20;

pub(super) struct Assembly<'a, 'm> {
    arena: &'a Arena<'a>,
    body: &'m str,
    marks: &'m Marks,
    /// What has become a block or part of one, by the mark's number.
    used: Vec<bool>,
    blocks: Vec<Block>,
}

/// A block whose end has not come yet.
struct Open<'a> {
    node: Node<'a>,
    fence: Fence,
    /// The line that opens it.
    line: usize,
    /// The options whose values the parser has read: number, place, and what they consist of.
    values: Vec<(usize, Sourcepos, Vec<Node<'a>>)>,
}

impl<'a, 'm> Assembly<'a, 'm> {
    /// Returns the blocks of the tree: a `BlockDirective` has the number of its block as
    /// `fence_offset`, and a title, if it has one, as its first child, a `Subtext`.
    pub(super) fn of(arena: &'a Arena<'a>, root: Node<'a>, body: &'m str, marks: &'m Marks) -> Vec<Block> {
        let mut assembly = Self { arena, body, marks, used: vec![false; marks.all.len()], blocks: Vec::new() };
        if !marks.all.is_empty() {
            assembly.quotes(root);
            assembly.fences(root);
            assembly.restore(root);
        }
        assembly.blocks
    }

    fn new_node(&self, value: NodeValue, position: Sourcepos) -> Node<'a> {
        self.arena.alloc(Ast::new_with_sourcepos(value, position).into())
    }

    fn value(&mut self, block: Block) -> NodeValue {
        self.blocks.push(block);
        let number = self.blocks.len() - 1;
        NodeValue::BlockDirective(Box::new(NodeBlockDirective {
            fence_offset: number,
            ..NodeBlockDirective::default()
        }))
    }

    /// Spoilers and folds: quotes of the parser's.
    fn quotes(&mut self, root: Node<'a>) {
        let quotes: Vec<Node<'a>> =
            root.descendants().filter(|node| matches!(node.data().value, NodeValue::BlockQuote)).collect();
        for node in quotes {
            let position = node.data().sourcepos;
            let Some((first, mark)) = self.marks.at(position.start.line, position.start.column) else { continue };
            let Role::Quote(block) = mark.role.clone() else { continue };
            let its_lines = self.marks.all.iter().zip(&mut self.used).skip(first);
            for (mark, used) in its_lines.take_while(|(mark, _)| mark.line <= position.end.line) {
                *used |= matches!(mark.role, Role::Quote(_));
            }
            let is_fold = block == Block::Fold;
            let value = self.value(block);
            node.data_mut().value = value;
            if is_fold {
                title_from_heading(node);
            }
        }
    }

    /// The mark that a node stands for.
    fn mark_of(&self, node: Node<'a>) -> Option<(usize, &'m Mark)> {
        let ast = node.data();
        let NodeValue::Heading(NodeHeading { setext: false, .. }) = ast.value else { return None };
        let (number, mark) = self.marks.at(ast.sourcepos.start.line, ast.sourcepos.start.column)?;
        (!matches!(mark.role, Role::Quote(_))).then_some((number, mark))
    }

    /// Boxes and formulas: the headings that stand for their lines, among the children of one node.
    fn fences(&mut self, root: Node<'a>) {
        let mut seen = HashSet::new();
        let marked: Vec<(Node<'a>, usize, &Mark)> = root
            .descendants()
            .filter_map(|node| self.mark_of(node).map(|(number, mark)| (node, number, mark)))
            .collect();
        // The lines of a formula that leave its list are children of another node, which may come first.
        for (_, number, _) in marked.iter().filter(|(.., mark)| matches!(mark.role, Role::Formula(_))) {
            self.take(*number);
        }
        let parents = marked.iter().filter_map(|(node, ..)| node.parent());
        let parents: Vec<Node<'a>> = parents.filter(|parent| seen.insert(std::ptr::from_ref(*parent))).collect();
        for parent in parents {
            let children: Vec<Node<'a>> = parent.children().collect();
            self.gather(&children);
        }
    }

    fn gather(&mut self, children: &[Node<'a>]) {
        let mut open: Vec<Open<'a>> = Vec::new();
        for child in children {
            let Some((number, mark)) = self.mark_of(child) else {
                // The parser puts notes at the end of the page: they are in no box.
                let is_note = matches!(child.data().value, NodeValue::FootnoteDefinition(_));
                if let Some(block) = open.last().filter(|_| !is_note) {
                    block.node.append(child);
                    self.tails(child, &mut open);
                }
                continue;
            };
            match &mark.role {
                Role::Open { block, fence } if open.len() < MAX_DEPTH => {
                    let value = self.value(block.clone());
                    // In place of the line that stood for it.
                    child.data_mut().value = value;
                    child.children().for_each(|inside| inside.detach());
                    if let Some(outer) = open.last() {
                        outer.node.append(child);
                    }
                    open.push(Open { node: child, fence: *fence, line: mark.line, values: Vec::new() });
                    self.take(number);
                }
                Role::Embed { embedding, shown, closes } if open.len() < MAX_DEPTH => {
                    let position = child.data().sourcepos;
                    let values = shown.map(|option| (option, position, contents(child)));
                    let value = self.value(Block::Embedding(embedding.clone()));
                    child.data_mut().value = value;
                    child.children().for_each(|inside| inside.detach());
                    if let Some(outer) = open.last() {
                        outer.node.append(child);
                    }
                    let values = values.into_iter().collect();
                    open.push(Open { node: child, fence: Fence::Braces, line: mark.line, values });
                    self.take(number);
                    if *closes {
                        self.close(&mut open, Fence::Braces, position);
                    }
                }
                Role::Options { shown, closes } if let Some(block) = in_options(&mut open) => {
                    let position = child.data().sourcepos;
                    block.values.extend(shown.map(|option| (option, position, contents(child))));
                    child.detach();
                    self.take(number);
                    if *closes {
                        self.close(&mut open, Fence::Braces, position);
                    }
                }
                Role::Close(fence) if closed_by(&open, *fence).is_some() => {
                    let position = child.data().sourcepos;
                    self.close(&mut open, *fence, position);
                    child.detach();
                    self.take(number);
                }
                Role::Formula(source) => {
                    let position = child.data().sourcepos;
                    child.data_mut().value = NodeValue::Paragraph;
                    child.children().for_each(|inside| inside.detach());
                    let math = NodeMath { dollar_math: true, display_math: true, literal: source.clone() };
                    child.append(self.new_node(NodeValue::Math(math), position));
                    if let Some(outer) = open.last() {
                        outer.node.append(child);
                    }
                    self.take(number);
                }
                Role::Inside(of) if self.used.get(*of) == Some(&true) => {
                    child.detach();
                    self.take(number);
                }
                _ => {
                    self.as_text(child, mark);
                    if let Some(outer) = open.last() {
                        outer.node.append(child);
                    }
                    self.take(number);
                }
            }
        }
        while let Some(block) = open.pop() {
            if let Some(last) = block.node.last_child() {
                let end = last.data().sourcepos.end;
                block.node.data_mut().sourcepos.end = end;
            }
            self.finish(block);
        }
    }

    /// Ends the block that a fence closes, with all that are open inside it.
    fn close(&mut self, open: &mut Vec<Open<'a>>, fence: Fence, position: Sourcepos) {
        let Some(found) = closed_by(open, fence) else { return };
        for block in open.drain(found..) {
            block.node.data_mut().sourcepos.end = position.end;
            self.finish(block);
        }
    }

    /// Ends the embeddings whose `}}` stands at the end of a line of this node.
    fn tails(&mut self, node: Node<'a>, open: &mut Vec<Open<'a>>) {
        let position = node.data().sourcepos;
        let marks = self.marks;
        for mark in marks.of_lines(position.start.line, position.end.line) {
            let Role::Tail(opened) = mark.role else { continue };
            let innermost = open.iter().rev().find(|block| block.fence == Fence::Braces);
            if innermost.is_some_and(|block| block.line == opened)
                && let Some((number, _)) = marks.at(mark.line, mark.column)
            {
                self.take(number);
                let embedding = innermost.map(|block| block.node);
                self.close(open, Fence::Braces, position);
                if let (Some(embedding), Some(rest)) = (embedding, self.rest(node, mark.line)) {
                    embedding.insert_after(rest);
                }
            }
        }
    }

    /// A paragraph of what a paragraph has after a line.
    fn rest(&self, paragraph: Node<'a>, line: usize) -> Option<Node<'a>> {
        if !matches!(paragraph.data().value, NodeValue::Paragraph) {
            return None;
        }
        let after: Vec<Node<'a>> =
            paragraph.children().skip_while(|inline| inline.data().sourcepos.start.line <= line).collect();
        let first = after.first()?;
        if let Some(end) = first.previous_sibling().filter(|end| is_break(end)) {
            end.detach();
        }
        let mut position = paragraph.data().sourcepos;
        position.start = first.data().sourcepos.start;
        let rest = self.new_node(NodeValue::Paragraph, position);
        after.into_iter().for_each(|inline| rest.append(inline));
        Some(rest)
    }

    fn take(&mut self, number: usize) {
        if let Some(used) = self.used.get_mut(number) {
            *used = true;
        }
    }

    /// Gives a box its title: the heading it starts with, else what is written behind its name.
    fn finish(&mut self, open: Open<'a>) {
        let node = open.node;
        if open.fence == Fence::Braces {
            return self.pieces(open);
        }
        let Some(Block::Box { family, title }) = block_of(&self.blocks, node).cloned() else { return };
        let named = title.is_some() && family != Family::Plain;
        if !named && title_from_heading(node) {
            return;
        }
        if let Some(title) = title {
            let position = node.data().sourcepos;
            let line = self.new_node(NodeValue::Subtext, position);
            line.append(self.new_node(NodeValue::Text(title.into()), position));
            node.prepend(line);
        }
    }

    /// Gives an embedding its parts, in the order in which they are shown.
    fn pieces(&mut self, open: Open<'a>) {
        let node = open.node;
        let Some(Block::Embedding(embedding)) = block_of(&self.blocks, node).cloned() else { return };
        let mut values: HashMap<usize, (Sourcepos, Vec<Node<'a>>)> =
            open.values.into_iter().map(|(option, position, nodes)| (option, (position, nodes))).collect();
        let place = node.data().sourcepos;
        let place = Sourcepos { start: place.start, end: place.start };
        let content: Vec<Node<'a>> = node.children().collect();
        let body = (!content.is_empty()).then(|| {
            let body = self.piece(Piece::Body, place);
            content.into_iter().for_each(|child| body.append(child));
            body
        });
        let (mut caption, mut rows) = (None, None);
        for (number, setting) in embedding.options.iter().enumerate() {
            if !embedding.kind.shows(&setting.key) {
                continue;
            }
            let (position, nodes) = values
                .remove(&number)
                .unwrap_or_else(|| (place, vec![self.new_node(NodeValue::Text(setting.value.clone().into()), place)]));
            let is_caption = setting.key.eq_ignore_ascii_case("caption");
            let value = self.piece(if is_caption { Piece::Caption } else { Piece::Value }, position);
            nodes.into_iter().for_each(|inline| value.append(inline));
            if is_caption {
                caption = Some(value).filter(|_| !setting.value.is_empty());
                continue;
            }
            let rows = *rows.get_or_insert_with(|| self.piece(Piece::Rows, place));
            let (row, key) = (self.piece(Piece::Row, position), self.piece(Piece::Key, position));
            let name = setting.key.strip_prefix('_').unwrap_or(&setting.key).to_owned();
            key.append(self.new_node(NodeValue::Text(name.into()), position));
            row.append(key);
            row.append(value);
            rows.append(row);
        }
        let in_figure = matches!(embedding.kind, Kind::ImageFrame | Kind::Figure | Kind::Video);
        let order = if in_figure { [rows, body, caption] } else { [caption, rows, body] };
        order.into_iter().flatten().for_each(|piece| node.append(piece));
    }

    fn piece(&mut self, piece: Piece, position: Sourcepos) -> Node<'a> {
        let value = self.value(Block::Piece(piece));
        self.new_node(value, position)
    }

    /// Turns the heading that stood for a line into a paragraph with the line's text.
    fn as_text(&self, node: Node<'a>, mark: &Mark) {
        let position = node.data().sourcepos;
        node.children().for_each(|inside| inside.detach());
        node.data_mut().value = NodeValue::Paragraph;
        let whole = mark.place.start..mark.place.start + mark.rest;
        let source = self.body.get(whole).unwrap_or_default().trim().to_owned();
        node.append(self.new_node(NodeValue::Text(source.into()), position));
    }

    /// Puts masked lines back into code, HTML and text.
    fn restore(&self, root: Node<'a>) {
        let unused = |mark: &&Mark| {
            self.marks
                .at(mark.line, mark.column)
                .and_then(|(number, _)| self.used.get(number))
                .is_some_and(|used| !used)
        };
        // The `}}` of lines whose embedding turned out to be something else.
        let mut tails: HashMap<usize, Option<Node<'a>>> = HashMap::new();
        let is_tail = |mark: &&Mark| matches!(mark.role, Role::Tail(_));
        tails.extend(self.marks.all.iter().filter(is_tail).filter(unused).map(|mark| (mark.line, None)));
        for node in root.descendants() {
            if !tails.is_empty()
                && matches!(node.data().value, NodeValue::Text(_))
                && let Some(last) = tails.get_mut(&node.data().sourcepos.start.line)
            {
                *last = Some(node);
            }
            let mut ast = node.data_mut();
            let first = ast.sourcepos.start.line;
            match &mut ast.value {
                NodeValue::CodeBlock(block) => {
                    let first = first + usize::from(block.fenced);
                    self.restore_lines(&mut block.literal, first);
                }
                NodeValue::HtmlBlock(block) => self.restore_lines(&mut block.literal, first),
                NodeValue::Text(text) if text.starts_with(['#', '>']) => {
                    // Only what hides behind such a sign.
                    for mark in self.marks.of_lines(first, first).iter().filter(|mark| mark.sign() != ' ') {
                        let number = self.marks.at(mark.line, mark.column).map(|(number, _)| number);
                        let is_used = number.and_then(|number| self.used.get(number)).copied().unwrap_or_default();
                        let Some(source) = self.body.get(mark.place.clone()).filter(|_| !is_used) else { continue };
                        let rest = text.get(1..).unwrap_or_default().trim_start();
                        *text = format!("{}{rest}", source.trim_end()).into();
                        break;
                    }
                }
                _ => {}
            }
        }
        for last in tails.into_values().flatten() {
            if let NodeValue::Text(text) = &mut last.data_mut().value {
                text.to_mut().push_str("}}");
            }
        }
    }

    /// Puts back what is masked in the lines of a literal, the first of which is line `first`.
    fn restore_lines(&self, literal: &mut String, first: usize) {
        let starts = line_starts(literal);
        let marks = self.marks.of_lines(first, first + starts.len());
        if marks.is_empty() {
            return;
        }
        let mut restored = String::with_capacity(literal.len());
        let mut done = 0;
        for mark in marks {
            let line = mark.line - first;
            let Some(start) = starts.get(line).copied() else { break };
            let end = starts.get(line + 1).copied().unwrap_or(literal.len());
            let text = literal.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
            // What the parser took off stood in front: the mark is as far from the end as it was.
            let Some(at) = text.len().checked_sub(mark.rest).map(|at| start + at) else { continue };
            let place = at..at + mark.place.len();
            let is_masked = literal.get(place.clone()).is_some_and(|masked| masked.starts_with(mark.sign()));
            let (Some(before), Some(source)) = (literal.get(done..at), self.body.get(mark.place.clone())) else {
                continue;
            };
            if is_masked {
                restored.push_str(before);
                restored.push_str(source);
                done = place.end;
            }
        }
        restored.push_str(literal.get(done..).unwrap_or_default());
        *literal = restored;
    }
}

/// The block of a `BlockDirective`.
pub(super) fn block_of<'b>(blocks: &'b [Block], node: Node<'_>) -> Option<&'b Block> {
    match &node.data().value {
        NodeValue::BlockDirective(directive) => blocks.get(directive.fence_offset),
        _ => None,
    }
}

/// The open block that a line closes, with all that are inside it.
fn closed_by(open: &[Open<'_>], fence: Fence) -> Option<usize> {
    let embedding = open.iter().rposition(|block| block.fence == Fence::Braces);
    let Fence::Colons(count) = fence else { return embedding };
    // A box in an embedding ends there.
    let first = embedding.map_or(0, |at| at + 1);
    let inside = open.get(first..).unwrap_or_default();
    let with = |passes: &dyn Fn(usize) -> bool| {
        inside.iter().rposition(|block| matches!(block.fence, Fence::Colons(colons) if passes(colons)))
    };
    Some(first + with(&|colons| colons == count).or_else(|| with(&|colons| colons < count))?)
}

/// The embedding that a line of options belongs to: nothing else was opened since.
fn in_options<'o, 'a>(open: &'o mut [Open<'a>]) -> Option<&'o mut Open<'a>> {
    open.last_mut().filter(|block| block.fence == Fence::Braces)
}

fn is_break(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::SoftBreak | NodeValue::LineBreak)
}

/// Takes out what is inside a node.
fn contents<'a>(node: Node<'a>) -> Vec<Node<'a>> {
    let inside: Vec<Node<'a>> = node.children().collect();
    inside.iter().for_each(|child| child.detach());
    inside
}

/// Makes the heading that a block starts with its title, if it starts with one.
fn title_from_heading(node: Node<'_>) -> bool {
    let Some(first) = node.first_child() else { return false };
    let is_heading = matches!(first.data().value, NodeValue::Heading(_));
    if is_heading {
        first.data_mut().value = NodeValue::Subtext;
    }
    is_heading
}
