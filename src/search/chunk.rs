//! Pages in pieces that an embedding model reads whole: sections, the long ones split between
//! paragraphs, sentences or words, the tiny ones with their neighbours.

use std::ops::Range;

use super::chunk_atoms::{Atom, atoms, last_words};
use super::schema::prefix;
use crate::markdown::{self, Heading, Plain};
use crate::model::{LinkOrder, PagePath};

/// Words that a piece of a long section has.
pub(super) const TARGET_WORDS: usize = 150;
/// Words of the piece before that are repeated.
const OVERLAP_WORDS: usize = 35;
/// A section of fewer words stays whole if the model can read it, and so does a paragraph.
pub(super) const WHOLE_WORDS: usize = 300;
/// A section of fewer words goes with a neighbour.
const STUB_WORDS: usize = 50;
/// Headings named in front of a chunk's text, below the page's title.
const PATH_DEPTH: usize = 3;
/// Bytes of a title that are kept.
const TITLE_BYTES: usize = 200;
/// Chunks of one page: those of a megabyte of prose. What follows is not searched by meaning.
const MOST_CHUNKS: usize = 4_096;

/// A piece of a page, as it is embedded and found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    /// Counted from 0 through the page.
    pub index: usize,
    /// The titles of the headings above it and its own, without the page's title. Empty
    /// before the first heading.
    pub heading_path: Vec<String>,
    /// The last of them.
    pub section: String,
    /// The `id` of that heading in the rendered page.
    pub anchor: String,
    /// Lines of the file, the first counted from 1, the end not included. Those of a page's
    /// chunks are in order and leave no line of the body out; pieces of one line share it.
    pub lines: Range<usize>,
    /// The same lines in bytes of the file.
    pub bytes: Range<usize>,
    /// What is embedded: plain text, after `[Title > Heading] `.
    pub text: String,
    /// How long that prefix is, in bytes.
    pub prefix: usize,
    /// Words of the whole page, markup included.
    pub page_word_count: usize,
    /// Chunks of the page.
    pub total: usize,
}

impl Chunk {
    /// The page's title and the headings as the prefix of [`Self::text`] has them: of more
    /// than three headings the first two and the last.
    #[must_use]
    pub fn section_path(&self) -> &str {
        let prefix = self.text.get(..self.prefix).unwrap_or_default();
        prefix.strip_prefix('[').and_then(|rest| rest.strip_suffix("] ")).unwrap_or_default()
    }

    /// The text without that prefix.
    #[must_use]
    pub fn body(&self) -> &str {
        self.text.get(self.prefix..).unwrap_or_default()
    }
}

/// Splits a page. `count` says how many tokens the model makes of a text; no chunk's text has
/// more than `max_tokens` (at least 16 are assumed). Every word of the page is in some chunk or
/// heading path, up to 4,096 chunks. A page without a body has none.
#[must_use]
pub fn chunks(
    path: &PagePath,
    text: &str,
    order: LinkOrder,
    count: &dyn Fn(&str) -> usize,
    max_tokens: usize,
) -> Vec<Chunk> {
    let front = markdown::front_matter(text);
    if front.body.trim().is_empty() {
        return Vec::new();
    }
    let plain = markdown::plain(text, order);
    let title = front.title().unwrap_or_else(|| path.as_str().to_owned());
    let mut cutter = Cutter { plain: &plain, count, max: max_tokens.max(16), title: &title, found: Vec::new() };
    for group in groups(&plain) {
        cutter.cut(&group);
        if cutter.found.len() >= MOST_CHUNKS {
            break;
        }
    }
    let found = cutter.found;
    finish(found, &plain, text, plain.line_at_byte(front.body_offset), markdown::word_count(front.body))
}

/// A heading's own text, up to the next heading.
struct Section<'p> {
    heading: Option<&'p Heading>,
    /// The sections above it, by their numbers; its own is not among them.
    above: Vec<usize>,
    /// Of the plain text: where the heading's line starts, and the text below it.
    start: usize,
    body: Range<usize>,
    words: usize,
    has_children: bool,
}

/// A section, and the stubs that go with it.
struct Group<'p> {
    titles: Vec<&'p str>,
    anchor: &'p str,
    /// Where it starts, headings without a text of their own included.
    start: usize,
    parts: Vec<Range<usize>>,
}

fn sections(plain: &Plain) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::with_capacity(plain.headings.len() + 1);
    let section = |heading, above, start: usize, body: Range<usize>| {
        let words = markdown::word_count(plain.text.get(body.clone()).unwrap_or_default());
        Section { heading, above, start, body, words, has_children: false }
    };
    let mut ends = plain.headings.iter().map(|(_, line)| line.start).chain([plain.text.len()]);
    sections.push(section(None, Vec::new(), 0, 0..ends.next().unwrap_or_default()));
    let mut open: Vec<(u8, usize)> = Vec::new();
    for (heading, line) in &plain.headings {
        let end = ends.next().unwrap_or(plain.text.len());
        open.retain(|(level, _)| *level < heading.level);
        if let Some(parent) = open.last().and_then(|(_, parent)| sections.get_mut(*parent)) {
            parent.has_children = true;
        }
        let above = open.iter().map(|(_, section)| *section).collect();
        open.push((heading.level, sections.len()));
        sections.push(section(Some(heading), above, line.start, line.end..end));
    }
    sections
}

/// Which sections are cut together. A stub goes to the next section that is none, or else to
/// the last one before it, but only below the heading that it is below itself, and only with
/// everything between them, so that a group is one stretch of the page.
fn groups(plain: &Plain) -> Vec<Group<'_>> {
    let all = sections(plain);
    // Headings without a text that have sections below them are in the paths of those.
    let in_paths = |s: &Section<'_>| s.has_children && s.heading.is_some_and(|own| own.title.len() <= TITLE_BYTES);
    let kept: Vec<usize> = (0..all.len())
        .filter(|at| all.get(*at).is_some_and(|s| s.words > 0 || (s.heading.is_some() && !in_paths(s))))
        .collect();
    let Some(section) = kept.first().and(Some(|at: usize| all.get(at))) else { return Vec::new() };
    let is_stub = |at: usize| section(at).is_some_and(|s| s.heading.is_some() && s.words < STUB_WORDS);
    let takes = |target: usize, stub: usize| {
        let (Some(target_section), Some(stub)) = (section(target), section(stub)) else { return false };
        let parent = stub.above.last();
        target_section.heading.is_some()
            && parent.is_none_or(|parent| target_section.above.contains(parent) || *parent == target)
    };
    // The target of each of `kept`: itself, unless it is a stub that found another.
    let mut targets: Vec<usize> = kept.clone();
    let mut last_full: Option<usize> = None;
    let mut at = 0;
    while let Some(first) = kept.get(at).copied() {
        if !is_stub(first) {
            last_full = section(first).and_then(|s| s.heading.map(|_| first));
            at += 1;
            continue;
        }
        let run = kept.iter().skip(at).take_while(|stub| is_stub(**stub)).count();
        let next = kept.get(at + run).copied();
        let forward = (at..at + run).rev().take_while(|stub| match (next, kept.get(*stub)) {
            (Some(next), Some(stub)) => takes(next, *stub),
            _ => false,
        });
        let forward = forward.count();
        let backward = (at..at + run - forward).take_while(|stub| match (last_full, kept.get(*stub)) {
            (Some(last), Some(stub)) => takes(last, *stub),
            _ => false,
        });
        let backward = backward.count();
        for (offset, target) in targets.iter_mut().skip(at).take(run).enumerate() {
            if offset < backward {
                *target = last_full.unwrap_or(*target);
            } else if offset >= run - forward {
                *target = next.unwrap_or(*target);
            }
        }
        at += run;
    }
    let mut groups: Vec<(Joint, Group<'_>)> = Vec::new();
    let mut before = 0;
    for (at, target) in kept.iter().zip(targets) {
        let (Some(own), Some(target_section)) = (section(*at), section(target)) else { continue };
        // The first of what was dropped just before it.
        let start = all.get(before..*at).and_then(|dropped| dropped.first()).map_or(own.start, |s| s.start);
        before = at + 1;
        // Bare headings, one after the other, are a list that belongs to what is above them.
        let bare = own.words == 0 && *at == target;
        let joint = if bare { Joint::Above(own.above.last().copied()) } else { Joint::To(target) };
        let whole = own.heading.is_none_or(|heading| heading.title.len() <= TITLE_BYTES);
        let named = whole && ((*at == target && !bare) || target_section.above.contains(at));
        let text = if named { own.body.clone() } else { own.start..own.body.end };
        match groups.last_mut() {
            Some((last, group)) if *last == joint => group.parts.push(text),
            _ => {
                let own_heading = if bare { None } else { target_section.heading };
                let above = target_section.above.iter().filter_map(|at| all.get(*at)?.heading);
                let path: Vec<&Heading> = above.chain(own_heading).collect();
                groups.push((
                    joint,
                    Group {
                        titles: path.iter().map(|heading| prefix(&heading.title, TITLE_BYTES)).collect(),
                        anchor: path.last().map_or("", |heading| heading.anchor.as_str()),
                        start,
                        parts: vec![text],
                    },
                ));
            }
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What makes sections one group.
#[derive(PartialEq)]
enum Joint {
    To(usize),
    Above(Option<usize>),
}

/// A chunk before its lines are known.
struct Cut {
    heading_path: Vec<String>,
    anchor: String,
    /// Of the plain text.
    start: usize,
    end: usize,
    text: String,
    prefix: usize,
}

struct Cutter<'p> {
    plain: &'p Plain,
    count: &'p dyn Fn(&str) -> usize,
    max: usize,
    title: &'p str,
    found: Vec<Cut>,
}

impl Cutter<'_> {
    fn cut(&mut self, group: &Group<'_>) {
        let named = self.name(&group.titles);
        let room = self.max.saturating_sub(named.tokens).max(1);
        let mut all = Vec::new();
        for part in &group.parts {
            atoms(&self.plain.text, part.clone(), room, self.count, &mut all);
        }
        let (words, tokens) = all.iter().fold((0, 0), |(words, tokens), a| (words + a.words, tokens + a.tokens));
        if words < WHOLE_WORDS && tokens <= room {
            self.push(group, &named, &Counted::default(), &all);
            return;
        }
        // What is repeated takes from the room of the rest.
        let spare = room / 4;
        let mut repeated = Counted::default();
        let mut rest = all.as_slice();
        while let Some(first) = rest.first()
            && self.found.len() < MOST_CHUNKS
        {
            if first.tokens + repeated.tokens > room {
                repeated = Counted::default();
            }
            let (mut words, mut tokens) = (0, repeated.tokens);
            let fits = rest.iter().take_while(|atom| {
                words += atom.words;
                tokens += atom.tokens;
                words <= TARGET_WORDS && tokens <= room
            });
            let (taken, left) = rest.split_at(fits.count().max(1).min(rest.len()));
            self.push(group, &named, &repeated, taken);
            let text = last_words(&joined(&self.plain.text, taken), OVERLAP_WORDS, spare, self.count);
            repeated = Counted { tokens: (self.count)(&text), text };
            rest = left;
        }
    }

    fn push(&mut self, group: &Group<'_>, named: &Counted, repeated: &Counted, atoms: &[Atom]) {
        let (Some(first), Some(last)) = (atoms.first(), atoms.last()) else { return };
        let body = joined(&self.plain.text, atoms);
        let gap = if repeated.text.is_empty() { "" } else { "\n" };
        let mut text = format!("{}{}{gap}{body}", named.text, repeated.text);
        let mut named_bytes = named.text.len();
        // Counting the parts says almost, but not for every tokenizer exactly, what the whole has.
        let sum: usize = atoms.iter().map(|atom| atom.tokens + 1).sum();
        if named.tokens + repeated.tokens + sum > self.max && (self.count)(&text) > self.max {
            if !repeated.text.is_empty() {
                return self.push(group, named, &Counted::default(), atoms);
            }
            if atoms.len() > 1 {
                let (left, right) = atoms.split_at(atoms.len() / 2);
                self.push(group, named, repeated, left);
                return self.push(group, named, repeated, right);
            }
            text = body;
            named_bytes = 0;
        }
        let begins = self.found.last().is_none_or(|before| before.end <= group.start);
        self.found.push(Cut {
            heading_path: group.titles.iter().map(|title| (*title).to_owned()).collect(),
            anchor: group.anchor.to_owned(),
            start: if begins { group.start } else { first.range.start },
            end: last.range.end,
            text,
            prefix: named_bytes,
        });
    }

    /// `[Title > Heading] `, shortened until it leaves most of the model's reach to the text.
    fn name(&self, titles: &[&str]) -> Counted {
        let own = titles.last().copied();
        let above = titles.split_last().map_or(&[][..], |(_, above)| above);
        let shown = above.iter().take(PATH_DEPTH - 1).copied().chain(own);
        let path: Vec<&str> = std::iter::once(prefix(self.title, TITLE_BYTES)).chain(shown).collect();
        let all = format!("[{}] ", path.join(" > "));
        let short = own.map_or_else(|| all.clone(), |own| format!("[{own}] "));
        for text in [all, short] {
            let tokens = (self.count)(&text);
            if tokens <= self.max / 3 {
                return Counted { text, tokens };
            }
        }
        Counted::default()
    }
}

/// A text and how many tokens it has.
#[derive(Default)]
struct Counted {
    text: String,
    tokens: usize,
}

fn joined(text: &str, atoms: &[Atom]) -> String {
    let mut joined = String::new();
    for atom in atoms {
        if !joined.is_empty() {
            joined.push_str(atom.glue);
        }
        joined.push_str(text.get(atom.range.clone()).unwrap_or_default());
    }
    joined
}

/// Finds the lines of the chunks: each ends where the next begins, unless that is in the
/// middle of a line.
fn finish(found: Vec<Cut>, plain: &Plain, text: &str, first: usize, page_word_count: usize) -> Vec<Chunk> {
    let total = found.len();
    let end = plain.line_count(text) + 1;
    let mut starts: Vec<usize> = found.iter().map(|cut| plain.line(cut.start)).collect();
    if let Some(start) = starts.first_mut() {
        *start = first;
    }
    let nexts: Vec<usize> = starts.iter().skip(1).copied().chain([end]).collect();
    let mut chunks = Vec::with_capacity(total);
    for (index, ((cut, start), next)) in found.into_iter().zip(starts).zip(nexts).enumerate() {
        let last = plain.line(cut.end.saturating_sub(1));
        let lines = start..next.max((last + 1).min(end)).max(start + 1);
        chunks.push(Chunk {
            index,
            section: cut.heading_path.last().cloned().unwrap_or_default(),
            heading_path: cut.heading_path,
            anchor: cut.anchor,
            bytes: plain.line_start(lines.start, text)..plain.line_start(lines.end, text),
            lines,
            text: cut.text,
            prefix: cut.prefix,
            page_word_count,
            total,
        });
    }
    chunks
}
