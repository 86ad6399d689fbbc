use std::collections::HashSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use comrak::nodes::{Ast, Node, NodeLink, NodeValue, NodeWikiLink, Sourcepos};
use comrak::{Arena, Options};

use super::address;
use super::assemble::Assembly;
use super::blocks::{Block, Marks};
use super::front_matter::front_matter;
use super::wikilink::{LinkOrder, Parts, Wikilink};

/// Most wikilinks in one page; later ones are text. There are as many placeholders.
const MAX_WIKILINKS: usize = 60_000;
/// Longest wikilink, in bytes, brackets included.
const MAX_WIKILINK: usize = 2_000;
/// Parser steps (comrak counts 256 lines, inlines or nodes as one call) after which a page
/// counts as hostile. An ordinary megabyte takes a tenth.
const MAX_STEPS: u32 = 100_000;

/// Deepest nesting of quotes. The parser's own limit is for lists only, and its time grows
/// with the square of the depth.
const MAX_QUOTES: usize = 100;

/// Stands for a zero byte, which the parser would make three bytes, so that what comes after it
/// on its line had other positions. As invisible, and as long.
const NO_CHARACTER: &str = "\u{7f}";

/// A parsed page. Wikilinks and the wiki's own blocks are nodes of the tree; positions are
/// those of the original text.
///
/// To add a block: a variant of [`Block`], the marks of its lines in `blocks.rs`
/// (`Scanner::line`; how its end is found is a `Fence`, and `assemble.rs` moves what stands
/// between into it), and its HTML in `render_blocks.rs`. Its node is a `BlockDirective`, of
/// which `block_of` says what it is. What a mark hides is neither parsed nor shown.
pub(super) struct Document<'a> {
    pub(super) root: Node<'a>,
    /// The whole text of the page, front matter included.
    pub(super) text: &'a str,
    pub(super) body_offset: usize,
    /// Where each line of the body starts, in bytes of the body.
    lines: Vec<usize>,
    /// Line breaks before the body.
    lines_before: usize,
    /// The wiki's own blocks, for [`block_of`](super::assemble::block_of).
    pub(super) blocks: Vec<Block>,
    /// The wikilinks, by their places in the body.
    found: Vec<(Range<usize>, Parts)>,
}

/// Parses `text` and hands the tree to `read`; none when the text is too hostile to parse.
///
/// A panic of the parser (it asserts what it believes about positions) ends here: the caller
/// shows such a page as plain text.
pub(super) fn read<R>(text: &str, order: LinkOrder, read: impl FnOnce(&Document<'_>) -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(|| {
        let arena = Arena::new();
        let document = Document::parse(&arena, text, order)?;
        Some(read(&document))
    }))
    .ok()
    .flatten()
}

/// The dialect: CommonMark and GitHub's extensions, marks, alerts, description lists and formulas.
pub(super) fn options() -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.description_lists = true;
    extension.alerts = true;
    extension.highlight = true;
    extension.cjk_friendly_emphasis = true;
    extension.math_dollars = true;
    options.render.r#unsafe = true;
    options.render.tasklist_classes = true;
    options
}

impl<'a> Document<'a> {
    fn parse(arena: &'a Arena<'a>, text: &'a str, order: LinkOrder) -> Option<Self> {
        let front = front_matter(text);
        let lines = line_starts(front.body);
        let marks = Marks::scan(front.body, &lines);
        let without_blocks = marks.mask(front.body).replace('\0', NO_CHARACTER);
        if without_blocks.split(['\n', '\r']).any(|line| quotes(line) > MAX_QUOTES) {
            return None;
        }
        let (masked, candidates) = Candidates::mask(&without_blocks, order);
        let steps = std::cell::Cell::new(0u32);
        let too_many = || {
            steps.set(steps.get() + 1);
            steps.get() > MAX_STEPS
        };
        let root = comrak::try_parse_document(arena, &masked, &options(), &too_many).ok()?;
        let mut document = Self {
            root,
            text,
            blocks: Assembly::of(arena, root, front.body, &marks),
            body_offset: front.body_offset,
            lines,
            lines_before: line_starts(text.get(..front.body_offset)?).len() - 1,
            found: Vec::new(),
        };
        document.unmask(arena, &candidates);
        document.found.sort_by_key(|(span, _)| span.start);
        document.drop_unused_notes();
        Some(document)
    }

    /// The line of the file, counted from 1, on which a node starts.
    pub(super) fn line(&self, position: Sourcepos) -> usize {
        position.start.line + self.lines_before
    }

    /// Where the line on which a node starts begins in the text, in bytes.
    pub(super) fn line_start(&self, position: Sourcepos) -> usize {
        self.body_offset + self.lines.get(position.start.line.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// A node's place in the text, in bytes, as far as the parser knows it; none when that is
    /// no place.
    pub(super) fn range(&self, position: Sourcepos) -> Option<Range<usize>> {
        let line = |line: usize| self.lines.get(line.checked_sub(1)?).copied();
        let start = self.body_offset + line(position.start.line)? + position.start.column.checked_sub(1)?;
        let end = self.body_offset + line(position.end.line)? + position.end.column;
        self.text.get(start..end).map(|_| start..end)
    }

    /// The wikilinks in the order of their places, and where in the text their targets stand.
    pub(super) fn wikilinks(&self) -> impl Iterator<Item = (Wikilink, Range<usize>)> {
        self.found.iter().filter(|(_, parts)| !parts.external).map(|(span, parts)| {
            let start = self.body_offset + span.start;
            let link = Wikilink {
                target: parts.target.clone(),
                anchor: parts.anchor.clone(),
                label: parts.label.clone(),
                span: start..self.body_offset + span.end,
            };
            let inside = start + "[[".len();
            (link, inside + parts.place.start..inside + parts.place.end)
        })
    }

    /// Takes out the notes that nothing refers to: they are not shown.
    fn drop_unused_notes(&self) {
        let unused = |node: &Node<'a>| matches!(&node.data().value, NodeValue::FootnoteDefinition(note) if note.total_references == 0);
        let notes: Vec<Node<'a>> = self.root.descendants().filter(unused).collect();
        notes.into_iter().for_each(|note| note.detach());
    }

    /// Puts the masked texts back: as link nodes where the text is prose, as they were
    /// written everywhere else.
    fn unmask(&mut self, arena: &'a Arena<'a>, candidates: &Candidates<'_>) {
        if candidates.all.is_empty() {
            return;
        }
        let mut stack = vec![(self.root, false)];
        while let Some((node, mut in_link)) = stack.pop() {
            let mut prose = None;
            let position = {
                let mut ast = node.data_mut();
                match &mut ast.value {
                    NodeValue::Text(text) if !in_link && candidates.first_in(text).is_some() => {
                        prose = Some(std::mem::take(text));
                    }
                    NodeValue::Text(text) => candidates.restore_cow(text),
                    NodeValue::Code(code) => candidates.restore(&mut code.literal),
                    NodeValue::Math(math) => candidates.restore(&mut math.literal),
                    NodeValue::CodeBlock(block) => {
                        candidates.restore(&mut block.literal);
                        candidates.restore(&mut block.info);
                    }
                    NodeValue::HtmlBlock(block) => candidates.restore(&mut block.literal),
                    NodeValue::HtmlInline(literal) => candidates.restore(literal),
                    NodeValue::Link(link) | NodeValue::Image(link) => {
                        in_link = true;
                        candidates.restore(&mut link.url);
                        candidates.restore(&mut link.title);
                    }
                    NodeValue::FootnoteDefinition(note) => candidates.restore(&mut note.name),
                    NodeValue::FootnoteReference(note) => candidates.restore(&mut note.name),
                    NodeValue::Alert(alert) => {
                        if let Some(title) = &mut alert.title {
                            candidates.restore(title);
                        }
                    }
                    _ => {}
                }
                ast.sourcepos
            };
            if let Some(prose) = prose {
                self.split(arena, node, &prose, position, candidates);
            } else {
                stack.extend(node.reverse_children().map(|child| (child, in_link)));
            }
        }
    }

    /// Replaces a text node by its texts and links.
    fn split(
        &mut self,
        arena: &'a Arena<'a>,
        node: Node<'a>,
        prose: &str,
        position: Sourcepos,
        candidates: &Candidates<'_>,
    ) {
        let new = |value| -> Node<'a> { arena.alloc(Ast::new_with_sourcepos(value, position).into()) };
        let mut rest = prose;
        while let Some((at, index)) = candidates.first_in(rest) {
            let Some(candidate) = candidates.all.get(index) else { break };
            let (before, after) = rest.split_at(at);
            if !before.is_empty() {
                node.insert_before(new(NodeValue::Text(before.to_owned().into())));
            }
            let parts = &candidate.parts;
            let link = new(if parts.external {
                NodeValue::Link(Box::new(NodeLink { url: parts.target.clone(), title: String::new() }))
            } else {
                NodeValue::WikiLink(NodeWikiLink { url: address::of_wikilink(parts), embed: false })
            });
            let label = parts.label.clone().unwrap_or_else(|| candidate.inner().trim().to_owned());
            link.append(new(NodeValue::Text(label.into())));
            node.insert_before(link);
            self.found.push((candidate.span.clone(), parts.clone()));
            rest = after.get(candidate.span.len()..).unwrap_or_default();
        }
        if let NodeValue::Text(text) = &mut node.data_mut().value {
            *text = rest.to_owned().into();
        }
    }
}

/// What looks like a wikilink, before the parser has said what is code.
///
/// The Markdown parser sees each as one opaque word of the same length, a private character
/// and slashes: so a bar inside splits no table cell, and no position moves.
struct Candidates<'t> {
    all: Vec<Candidate<'t>>,
    first: Option<char>,
    index_of: Box<[u16]>,
}

struct Candidate<'t> {
    source: &'t str,
    /// In bytes of the body.
    span: Range<usize>,
    parts: Parts,
}

impl Candidate<'_> {
    fn inner(&self) -> &str {
        self.source.trim_start_matches('[').trim_end_matches(']')
    }
}

const PLACEHOLDERS: Range<u32> = 0xF0000..0xFFFFE;
const NOBODY: u16 = u16::MAX;

impl<'t> Candidates<'t> {
    fn mask(body: &'t str, order: LinkOrder) -> (String, Self) {
        let mut candidates = Self { all: Vec::new(), first: None, index_of: Box::default() };
        if !body.contains("[[") {
            return (body.to_owned(), candidates);
        }
        // Icon fonts use these characters too: those in the text stay what they are.
        let own: HashSet<char> = body.chars().filter(|c| PLACEHOLDERS.contains(&u32::from(*c))).collect();
        let mut free = PLACEHOLDERS.filter_map(char::from_u32).filter(|c| !own.contains(c));
        candidates.index_of = vec![NOBODY; PLACEHOLDERS.len()].into_boxed_slice();
        let mut masked = String::with_capacity(body.len());
        let mut done = 0;
        while let Some(found) = body.get(done..).and_then(|rest| rest.find("[[")) {
            let start = done + found;
            let Some((source, parts)) = candidate(body, start, order) else {
                // Of three brackets the inner two may open.
                masked.push_str(body.get(done..=start).unwrap_or_default());
                done = start + 1;
                continue;
            };
            if candidates.all.len() == MAX_WIKILINKS {
                break;
            }
            let Some(placeholder) = free.next() else { break };
            masked.push_str(body.get(done..start).unwrap_or_default());
            masked.push(placeholder);
            masked.extend(std::iter::repeat_n('/', source.len() - placeholder.len_utf8()));
            done = start + source.len();
            let index = u16::try_from(candidates.all.len()).unwrap_or(NOBODY);
            if let Some(slot) = candidates.index_of.get_mut((u32::from(placeholder) - PLACEHOLDERS.start) as usize) {
                *slot = index;
            }
            candidates.first.get_or_insert(placeholder);
            candidates.all.push(Candidate { source, span: start..done, parts });
        }
        masked.push_str(body.get(done..).unwrap_or_default());
        (masked, candidates)
    }

    /// The first placeholder: its place in `text` and which candidate it stands for.
    fn first_in(&self, text: &str) -> Option<(usize, usize)> {
        text.char_indices().find_map(|(at, c)| {
            let slot = u32::from(c).checked_sub(PLACEHOLDERS.start)?;
            let index = *self.index_of.get(slot as usize)?;
            (index != NOBODY).then_some((at, usize::from(index)))
        })
    }

    fn restore(&self, text: &mut String) {
        let Some((first, _)) = self.first_in(text) else { return };
        let mut restored = text.get(..first).unwrap_or_default().to_owned();
        let mut rest = text.get(first..).unwrap_or_default();
        while let Some((at, index)) = self.first_in(rest) {
            let Some(candidate) = self.all.get(index) else { break };
            let (before, after) = rest.split_at(at);
            restored.push_str(before);
            restored.push_str(candidate.source);
            rest = after.get(candidate.span.len()..).unwrap_or_default();
        }
        restored.push_str(rest);
        *text = restored;
    }

    fn restore_cow(&self, text: &mut std::borrow::Cow<'static, str>) {
        if self.first_in(text).is_some() {
            self.restore(text.to_mut());
        }
    }
}

/// The wikilink that opens at `start`, if what follows is one.
fn candidate(body: &str, start: usize, order: LinkOrder) -> Option<(&str, Parts)> {
    let escapes = body.get(..start)?.bytes().rev().take_while(|b| *b == b'\\').count();
    if escapes % 2 == 1 {
        return None;
    }
    let rest = body.get(start + 2..)?;
    let length = rest.bytes().take(MAX_WIKILINK).position(|b| matches!(b, b'[' | b']' | b'\n' | b'\r'))?;
    let (inner, after) = rest.split_at_checked(length)?;
    let after = after.strip_prefix("]]")?;
    // A footnote in brackets, half a code span, a Markdown link whose text is in brackets.
    if inner.starts_with('^') || inner.bytes().filter(|b| *b == b'`').count() % 2 == 1 || is_destination(after) {
        return None;
    }
    let parts = Parts::parse(inner, order)?;
    Some((body.get(start..start + length + 4)?, parts))
}

/// Whether `[[text]]` is followed by `(destination)`: then Markdown's own rule holds.
fn is_destination(after: &str) -> bool {
    let Some(rest) = after.strip_prefix('(') else { return false };
    let length =
        rest.bytes().take(MAX_WIKILINK).take_while(|b| !matches!(b, b'(' | b')' | b' ' | b'\n' | b'\r')).count();
    length > 0 && rest.as_bytes().get(length) == Some(&b')')
}

/// How many quotes a line may open or continue: the marks among what can start a block.
fn quotes(line: &str) -> usize {
    let can_start =
        |b: &u8| b.is_ascii_digit() || matches!(b, b' ' | b'\t' | b'>' | b'-' | b'*' | b'+' | b'.' | b')' | b':');
    line.bytes().take_while(can_start).filter(|b| *b == b'>').count()
}

/// Where lines start, by the parser's rule: after LF, CR LF or a CR alone.
pub(super) fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
            starts.push(at + 1);
        }
    }
    starts
}
