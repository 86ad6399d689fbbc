//! The lines of a page that mean something to this wiki only: boxes, spoilers, folds and
//! formulas over several lines and embeddings. The Markdown parser never sees them. Each becomes, in the same
//! number of bytes, a line that it knows, so that no position moves: a block's own lines are
//! headings without text, which end whatever stands before them, and `>!` is `> `.
//! `assemble` finds these in the tree by their places.

use std::ops::Range;

use super::embedding::Embedding;
use super::embedding_marks::OpenEmbedding;

/// Longest name of a box, in bytes.
const MAX_NAME: usize = 200;
/// Most lines and bytes of a formula that goes over several lines.
const MAX_FORMULA_LINES: usize = 100;
const MAX_FORMULA: usize = 8_000;

/// What a block is; the tree has a `BlockDirective` for each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Block {
    /// `::: name`, up to `:::`.
    Box { family: Family, title: Option<String> },
    /// `>!` before each line.
    Spoiler,
    /// `>|` before each line.
    Fold,
    /// `{{Name`, up to `}}`.
    Embedding(Box<Embedding>),
    /// A part of an embedding.
    Piece(Piece),
}

/// What an embedding is made of, besides what it shows of the wiki.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    Caption,
    Rows,
    Row,
    Key,
    Value,
    /// The content.
    Body,
}

/// How a box looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    Info,
    Warning,
    Success,
    Danger,
    Plain,
}

/// What stands in the place of a marked line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Opens a block, which `fence` closes.
    Open {
        block: Block,
        fence: Fence,
    },
    Close(Fence),
    /// A formula, written between `$$` from here on.
    Formula(String),
    /// Belongs to what the mark of this number began, and is not shown.
    Inside(usize),
    /// The `>!` or `>|` of one line.
    Quote(Block),
    /// Opens an embedding, and perhaps closes it. What the parser sees of the line is the value
    /// of the option `shown`.
    Embed {
        embedding: Box<Embedding>,
        shown: Option<usize>,
        closes: bool,
    },
    /// More options of the embedding before.
    Options {
        shown: Option<usize>,
        closes: bool,
    },
    /// The `}}` at the end of a line of content; it closes what was opened on this line.
    Tail(usize),
    /// Hides the rest of a line.
    Blank,
}

/// Which line closes which block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fence {
    /// So many colons close the innermost box that was opened with as many, else with fewer.
    Colons(usize),
    /// `}}` closes the innermost embedding.
    Braces,
}

/// A piece of a line that the parser sees masked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mark {
    /// The line of the body, counted from 1, as the parser counts.
    pub(super) line: usize,
    /// The parser's column of the first masked byte.
    pub(super) column: usize,
    /// In bytes of the body; at most to the end of the line.
    pub(super) place: Range<usize>,
    /// Bytes from the mark to the end of its line, line break not included.
    pub(super) rest: usize,
    pub(super) role: Role,
}

impl Mark {
    /// What the parser sees first of a masked piece; the rest is blank.
    pub(super) const fn sign(&self) -> char {
        match self.role {
            Role::Quote(_) => '>',
            Role::Tail(_) | Role::Blank => ' ',
            _ => '#',
        }
    }
}

/// The marks of a body in the order of their places.
pub(super) struct Marks {
    pub(super) all: Vec<Mark>,
}

impl Marks {
    /// Finds what has a meaning of its own in a body; `lines` are the starts of its lines.
    pub(super) fn scan(body: &str, lines: &[usize]) -> Self {
        let mut scanner = Scanner {
            body,
            lines,
            marks: Vec::new(),
            before: Before::default(),
            open: Vec::new(),
            unclosed: Vec::new(),
            skip_to: 0,
        };
        if [":::", ">!", ">|", "$$", "{{"].iter().any(|sign| body.contains(sign)) {
            (0..lines.len()).for_each(|line| scanner.line(line));
        }
        Self { all: scanner.closed() }
    }

    /// The body as the parser sees it, of the same length.
    pub(super) fn mask(&self, body: &str) -> String {
        let mut masked = String::with_capacity(body.len());
        let mut done = 0;
        for mark in &self.all {
            masked.push_str(body.get(done..mark.place.start).unwrap_or_default());
            masked.push(mark.sign());
            masked.extend(std::iter::repeat_n(' ', mark.place.len().saturating_sub(1)));
            done = mark.place.end;
        }
        masked.push_str(body.get(done..).unwrap_or_default());
        masked
    }

    /// The mark at a place of the parser's, and its number.
    pub(super) fn at(&self, line: usize, column: usize) -> Option<(usize, &Mark)> {
        let found = self.all.binary_search_by_key(&(line, column), |mark| (mark.line, mark.column)).ok()?;
        Some((found, self.all.get(found)?))
    }

    /// The marks of the lines `first..=last`.
    pub(super) fn of_lines(&self, first: usize, last: usize) -> &[Mark] {
        let start = self.all.partition_point(|mark| mark.line < first);
        let end = self.all.partition_point(|mark| mark.line <= last);
        self.all.get(start..end).unwrap_or_default()
    }
}

/// What the line before said, as far as it matters to the next.
#[derive(Default)]
struct Before {
    /// Its quotes, from the outermost: the block of those that are none.
    quotes: Vec<Option<Block>>,
    /// Where its text starts; none when it is blank.
    text: Option<usize>,
}

/// Reads a body line by line. What it knows of embeddings is in `embedding_marks`.
pub(super) struct Scanner<'t> {
    body: &'t str,
    pub(super) lines: &'t [usize],
    pub(super) marks: Vec<Mark>,
    before: Before,
    /// Embeddings that have not been closed, from the outermost.
    pub(super) open: Vec<OpenEmbedding>,
    /// Where those began that were left open.
    pub(super) unclosed: Vec<usize>,
    /// Lines before this one belong to a formula.
    skip_to: usize,
}

/// Where a line's text begins, and what stands before it.
pub(super) struct Prefix {
    /// In bytes of the line.
    pub(super) text: usize,
    pub(super) quotes: Vec<(usize, Option<Block>)>,
    /// Columns of white space right before the text.
    gap: usize,
}

impl<'t> Scanner<'t> {
    /// A line without its break.
    pub(super) fn text(&self, line: usize) -> &'t str {
        let Some(start) = self.lines.get(line).copied() else { return "" };
        let end = self.lines.get(line + 1).copied().unwrap_or(self.body.len());
        self.body.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    fn line(&mut self, number: usize) {
        if number < self.skip_to {
            return;
        }
        let text = self.text(number);
        let prefix = self.prefix(number, text);
        // What is indented by so much goes on with the paragraph before it, or is code.
        let indented = prefix.gap >= 4 && self.before.text.is_some_and(|above| prefix.text >= above + 4);
        for (at, block) in &prefix.quotes {
            if let Some(block) = block {
                self.mark(number, *at..at + 2, Role::Quote(block.clone()));
            }
        }
        let rest = text.get(prefix.text..).unwrap_or_default();
        // The end of a comment must stay one.
        if !rest.contains("-->") && !self.embedding(number, &prefix, rest, indented) && !indented {
            if let Some(role) = colons(rest) {
                self.mark(number, prefix.text..text.len(), role);
            } else if rest.starts_with("$$") {
                self.formula(number, &prefix, rest);
            }
        }
        self.before = Before {
            text: (!rest.is_empty()).then_some(prefix.text),
            quotes: prefix.quotes.into_iter().map(|(_, block)| block).collect(),
        };
    }

    pub(super) fn mark(&mut self, line: usize, place: Range<usize>, role: Role) {
        let Some(start) = self.lines.get(line).copied() else { return };
        let rest = self.text(line).len() - place.start;
        let mark =
            Mark { line: line + 1, column: place.start + 1, place: start + place.start..start + place.end, rest, role };
        self.marks.push(mark);
    }

    /// Reads quotes and the signs of lists.
    fn prefix(&self, number: usize, text: &str) -> Prefix {
        let bytes = text.as_bytes();
        let mut at = if number == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut prefix = Prefix { text: 0, quotes: Vec::new(), gap: 0 };
        loop {
            let blank = bytes.iter().skip(at).take_while(|b| matches!(b, b' ' | b'\t')).count();
            let tabs = bytes.iter().skip(at).take(blank).filter(|b| **b == b'\t').count();
            prefix.gap = blank + 3 * tabs;
            at += blank;
            let rest = bytes.get(at..).unwrap_or_default();
            match rest {
                [b'>', next @ ..] => {
                    // Only the first line of a quote says what it is.
                    let block = match self.before.quotes.get(prefix.quotes.len()) {
                        Some(None) => None,
                        Some(Some(block)) if quote(next).as_ref() == Some(block) => Some(block.clone()),
                        Some(Some(_)) => None,
                        None => quote(next).filter(|block| *block != Block::Fold || !self.is_table(number, at)),
                    };
                    let length = 1 + usize::from(block.is_some());
                    prefix.quotes.push((at, block));
                    at += length;
                }
                [b'-' | b'+' | b'*', b' ' | b'\t', ..] => at += 1,
                [b'0'..=b'9', ..] => {
                    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
                    match rest.get(digits..) {
                        Some([b'.' | b')', b' ' | b'\t', ..]) if digits <= 9 => at += digits + 1,
                        _ => break,
                    }
                }
                _ => break,
            }
        }
        prefix.text = at;
        prefix
    }

    /// Whether `>|` starts a table in a quote, written without a space: its second line says so.
    fn is_table(&self, number: usize, at: usize) -> bool {
        let next = self.text(number + 1).get(at..).unwrap_or_default();
        next.strip_prefix(">|")
            .is_some_and(|row| row.contains('-') && row.bytes().all(|b| matches!(b, b'-' | b':' | b'|' | b' ' | b'\t')))
    }

    /// A formula between `$$` that goes over several lines, which the parser would take for
    /// lists, headings and paragraphs. Blank lines may be in one whose first line is only `$$`.
    fn formula(&mut self, number: usize, prefix: &Prefix, rest: &str) {
        let first = rest.get(2..).unwrap_or_default();
        if first.contains("$$") || prefix.quotes.iter().any(|(_, block)| block.is_some()) {
            return;
        }
        let alone = first.trim().is_empty();
        let before = self.text(number).get(..prefix.text).unwrap_or_default();
        let (column, is_listed) = (columns(0, before), before.contains(|c| !matches!(c, ' ' | '\t' | '>')));
        let mut source = first.trim().to_owned();
        let mut inside: Vec<(usize, Range<usize>)> = Vec::new();
        for next in number + 1..(number + MAX_FORMULA_LINES).min(self.lines.len()) {
            let line = self.text(next);
            let Some(start) = below(line, prefix.quotes.len()) else { return };
            let part = line.get(start..).unwrap_or_default().trim_end();
            let ends = part.strip_suffix("$$").filter(|part| !part.ends_with('\\'));
            let content = ends.unwrap_or(part);
            let spoils = content.contains("$$")
                || ["```", "~~~", ":::"].iter().any(|fence| content.starts_with(fence))
                || content.contains("-->")
                || (part.is_empty() && !alone)
                || source.len() + content.len() > MAX_FORMULA;
            if spoils {
                return;
            }
            if !content.trim().is_empty() {
                source.push('\n');
                source.push_str(content.trim());
            }
            if !part.is_empty() {
                inside.push((next, beside(column, is_listed, line, start)..line.len()));
            }
            if ends.is_some() {
                let opened = self.marks.len();
                let text = self.text(number).len();
                self.mark(number, prefix.text..text, Role::Formula(source.trim().to_owned()));
                for (line, place) in inside {
                    self.mark(line, place, Role::Inside(opened));
                }
                self.skip_to = next + 1;
                return;
            }
        }
    }
}

/// What `>` and these bytes start.
fn quote(after: &[u8]) -> Option<Block> {
    match after {
        // A picture in a quote.
        [b'!', b'[', ..] => None,
        [b'!', ..] => Some(Block::Spoiler),
        [b'|', ..] => Some(Block::Fold),
        _ => None,
    }
}

/// Where a line's text begins below so many quotes; none when it has not as many.
fn below(line: &str, quotes: usize) -> Option<usize> {
    let blank = |at: usize| line.bytes().skip(at).take_while(|b| matches!(b, b' ' | b'\t')).count();
    let mut at = blank(0);
    for _ in 0..quotes {
        line.get(at..)?.strip_prefix('>')?;
        at += 1;
        at += blank(at);
    }
    Some(at)
}

/// The column after a text that begins at `column`.
fn columns(column: usize, text: &str) -> usize {
    text.chars().fold(column, |column, c| if c == '\t' { (column / 4 + 1) * 4 } else { column + 1 })
}

/// Where a line, whose text begins at `start`, goes on with what began at this column of another one: less deep it
/// would leave a list, deeper it would be code.
fn beside(wanted: usize, is_listed: bool, line: &str, start: usize) -> usize {
    let before = line.get(..start).unwrap_or_default();
    let blank = before.trim_end_matches([' ', '\t']).len();
    let (sign, space) = before.split_at(blank);
    let (mut column, mut place) = (columns(0, sign), blank);
    for at in blank..=start {
        // A tab may be on both sides of the column.
        if is_listed || column <= wanted {
            place = at;
        }
        if column >= wanted {
            break;
        }
        column = columns(column, space.get(at - blank..=at - blank).unwrap_or_default());
    }
    place
}

/// A line that opens or closes a box.
fn colons(line: &str) -> Option<Role> {
    let count = line.bytes().take_while(|b| *b == b':').count();
    if count < 3 || line.len() > MAX_NAME {
        return None;
    }
    let fence = Fence::Colons(count);
    let name = line.trim_matches(|c: char| c == ':' || c.is_whitespace());
    if name.is_empty() {
        return Some(Role::Close(fence));
    }
    let (first, rest) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
    let family = match first.to_ascii_lowercase().as_str() {
        "info" | "blue" => Family::Info,
        "warning" | "yellow" => Family::Warning,
        "success" | "green" => Family::Success,
        "danger" | "red" => Family::Danger,
        "none" | "empty" => Family::Plain,
        _ => {
            let block = Block::Box { family: Family::Plain, title: Some(name.to_owned()) };
            return Some(Role::Open { block, fence });
        }
    };
    let title = Some(rest.trim().to_owned()).filter(|title| !title.is_empty());
    Some(Role::Open { block: Block::Box { family, title }, fence })
}
