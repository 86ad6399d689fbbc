//! Makes blocks of what [`Marks`] hid from the parser, and puts back what turned out to be
//! something else: code, HTML, or a line that closes nothing.

use std::collections::HashSet;

use comrak::Arena;
use comrak::nodes::{Ast, Node, NodeBlockDirective, NodeHeading, NodeMath, NodeValue, Sourcepos};

use super::blocks::{Block, Family, Fence, Mark, Marks, Role};
use super::document::line_starts;

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
        let marked = root.descendants().filter(|node| self.mark_of(node).is_some());
        let parents: Vec<Node<'a>> =
            marked.filter_map(|node| node.parent()).filter(|parent| seen.insert(std::ptr::from_ref(*parent))).collect();
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
                    open.push(Open { node: child, fence: *fence });
                    self.take(number);
                }
                Role::Close(fence) if let Some(found) = closed_by(&open, *fence) => {
                    let end = child.data().sourcepos.end;
                    for block in open.drain(found..) {
                        block.node.data_mut().sourcepos.end = end;
                        self.finish(block.node);
                    }
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
                Role::Open { .. } | Role::Close(_) | Role::Inside(_) | Role::Quote(_) => {
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
            self.finish(block.node);
        }
    }

    fn take(&mut self, number: usize) {
        if let Some(used) = self.used.get_mut(number) {
            *used = true;
        }
    }

    /// Gives a box its title: the heading it starts with, else what is written behind its name.
    fn finish(&mut self, node: Node<'a>) {
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

    /// Turns the heading that stood for a line into a paragraph with the line's text.
    fn as_text(&self, node: Node<'a>, mark: &Mark) {
        let position = node.data().sourcepos;
        node.children().for_each(|inside| inside.detach());
        node.data_mut().value = NodeValue::Paragraph;
        let source = self.body.get(mark.place.clone()).unwrap_or_default().trim().to_owned();
        node.append(self.new_node(NodeValue::Text(source.into()), position));
    }

    /// Puts masked lines back into code, HTML and text.
    fn restore(&self, root: Node<'a>) {
        for node in root.descendants() {
            let mut ast = node.data_mut();
            let first = ast.sourcepos.start.line;
            match &mut ast.value {
                NodeValue::CodeBlock(block) => {
                    let first = first + usize::from(block.fenced);
                    self.restore_lines(&mut block.literal, first);
                }
                NodeValue::HtmlBlock(block) => self.restore_lines(&mut block.literal, first),
                NodeValue::Text(text) if text.starts_with(['#', '>']) => {
                    for mark in self.marks.of_lines(first, first) {
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
            let is_masked = literal.get(place.clone()).is_some_and(|masked| masked.starts_with(['#', '>']));
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
    let Fence::Colons(count) = fence;
    let opened = |block: &Open<'_>| {
        let Fence::Colons(colons) = block.fence;
        colons
    };
    open.iter()
        .rposition(|block| opened(block) == count)
        .or_else(|| open.iter().rposition(|block| opened(block) < count))
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
