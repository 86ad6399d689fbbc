//! Changes of a part of a page: a section, its beginning or end, its properties.

use serde_json::{Map, Value};

use super::change::{Done, Plan, change};
use super::message::message;
use super::part::find_section;
use super::write::{Recording, Saved, rewrite};
use super::{Access, Action, WikiError, Wikis, Write};
use crate::markdown::{LinkOrder, front_matter, section_at, set_properties, set_task};
use crate::model::{PagePath, RevisionPrefix};

/// Where in a page a text goes, and what it takes the place of.
#[derive(Clone, PartialEq, Debug)]
pub enum Passage<'a> {
    /// The end of the page.
    End(&'a str),
    /// The beginning, after front matter.
    Beginning(&'a str),
    /// A section, named as in an outline.
    Section { section: &'a str, op: SectionOp, content: &'a str },
    /// A task's box, counted from 0 as the page shows them: done or open again.
    Task { index: usize, done: bool },
    /// Properties in the front matter: what to set, and what to remove.
    Properties { set: &'a Map<String, Value>, unset: &'a [String] },
}

/// What is done to a section: its heading and everything below it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SectionOp {
    /// The heading stays unless the new text begins with one.
    Replace,
    /// At its end.
    Append,
    /// Right below its heading.
    Prepend,
    InsertBefore,
    InsertAfter,
    Delete,
}

/// Changes a part of a page. Without `base` the change is made to the page as it is.
///
/// # Errors
/// [`WikiError::NoSuchPage`], [`WikiError::RevisionMismatch`], [`WikiError::NoSuchSection`],
/// [`WikiError::Invalid`], a limit, or a storage failure; nothing has changed then.
pub fn revise(
    wikis: &Wikis,
    access: &Access<Write>,
    path: &PagePath,
    base: Option<&RevisionPrefix>,
    part: &Passage<'_>,
    recording: &Recording<'_>,
) -> Result<Done<Saved>, WikiError> {
    let action = if matches!(part, Passage::End(_)) { Action::Append } else { Action::Edit };
    change(wikis, access, recording.once, |draft| {
        let order = draft.link_order();
        let put = rewrite(wikis, draft, path, base, |text| revised(text, order, part))?;
        let message = message(recording.origin, action, recording.message, recording.typed)?;
        Ok(Plan { message: Some(message), outcome: put.outcome() })
    })
}

/// The text of a page with a part of it changed.
pub(super) fn revised(text: &str, order: LinkOrder, part: &Passage<'_>) -> Result<String, WikiError> {
    match part {
        Passage::End(content) => Ok(insert(text, text.len(), content)),
        Passage::Beginning(content) => Ok(insert(text, front_matter(text).body_offset, content)),
        Passage::Section { section, op, content } => revise_section(text, order, section, *op, content),
        Passage::Task { index, done } => set_task(text, *index, *done).ok_or_else(|| {
            let problem = "has changed in the meantime; load the page again".to_owned();
            WikiError::Invalid { field: "the task", problem }
        }),
        Passage::Properties { set, unset } => set_properties(text, set, unset)
            .map_err(|cause| WikiError::Invalid { field: "frontmatter", problem: format!("cannot be set: {cause}") }),
    }
}

fn revise_section(
    text: &str,
    order: LinkOrder,
    query: &str,
    op: SectionOp,
    content: &str,
) -> Result<String, WikiError> {
    let span = find_section(text, order, query)?.span;
    let old = text.get(span.clone()).unwrap_or_default();
    let heading = heading_length(old);
    Ok(match op {
        SectionOp::InsertBefore => insert(text, span.start, content),
        SectionOp::Append | SectionOp::InsertAfter => insert(text, span.end, content),
        SectionOp::Prepend => insert(text, span.start + heading, content),
        SectionOp::Delete => cut(text, span.start, span.end),
        SectionOp::Replace => {
            let keeps_heading = !content.trim_start_matches(['\r', '\n']).starts_with('#');
            let from = if keeps_heading { span.start + heading } else { span.start };
            insert(&cut(text, from, span.end), from, content)
        }
    })
}

/// A page's text with the section of this anchor replaced as a whole, and where the new text
/// begins in it, in bytes; none when there is no such section. An empty text takes the section
/// away. The blank lines that end the section stay as they are.
pub(super) fn with_section(text: &str, order: LinkOrder, anchor: &str, content: &str) -> Option<(String, usize)> {
    let span = section_at(text, order, anchor)?.span;
    let content = content.trim_end();
    if content.is_empty() {
        return Some((cut(text, span.start, span.end), span.start));
    }
    let old = text.get(span.clone())?;
    let gap = old.get(old.trim_end().len()..).unwrap_or_default();
    let (before, after) = (text.get(..span.start)?, text.get(span.end..)?);
    Some((format!("{before}{content}{gap}{after}"), span.start))
}

/// The length of a section's heading: one line, or two when it is underlined.
fn heading_length(section: &str) -> usize {
    let mut lines = section.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    let second = lines.next().unwrap_or_default();
    let bare = second.trim();
    let underlined = !first.trim_start().starts_with('#')
        && !bare.is_empty()
        && (bare.bytes().all(|b| b == b'=') || bare.bytes().all(|b| b == b'-'));
    first.len() + if underlined { second.len() } else { 0 }
}

/// The text without `from..to`, with no more blank lines than there were.
fn cut(text: &str, from: usize, to: usize) -> String {
    let (before, after) = (text.get(..from).unwrap_or_default(), text.get(to..).unwrap_or_default());
    if after.is_empty() {
        let kept = before.trim_end_matches(['\n', '\r']);
        let line_end = if before.contains("\r\n") { "\r\n" } else { "\n" };
        return if kept.is_empty() { String::new() } else { format!("{kept}{line_end}") };
    }
    format!("{before}{after}")
}

/// Puts a block between two others: a blank line on both sides, except where it continues a
/// list or a table.
fn insert(text: &str, at: usize, content: &str) -> String {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let content = content.replace("\r\n", "\n");
    let content = content.trim_matches('\n').replace('\n', line_end);
    if content.trim().is_empty() {
        return text.to_owned();
    }
    let before = text.get(..at).unwrap_or_default();
    let kept = before.trim_end_matches(['\n', '\r']);
    let after = text.get(at..).unwrap_or_default();
    let below = after.trim_start_matches(['\n', '\r']);
    let mut joined = String::with_capacity(text.len() + content.len() + 4);
    joined.push_str(kept);
    if !kept.is_empty() {
        joined.push_str(line_end);
        let last = kept.lines().next_back().unwrap_or_default();
        let first = content.lines().next().unwrap_or_default();
        // What follows front matter stands as close to it as the page's own text does.
        let fence = front_matter(text).body_offset == at && at > 0;
        if !(continues(last, first) || fence && before.len() == kept.len() + line_end.len()) {
            joined.push_str(line_end);
        }
    }
    joined.push_str(&content);
    joined.push_str(line_end);
    if !below.is_empty() {
        let last = content.lines().next_back().unwrap_or_default();
        if !continues(last, below.lines().next().unwrap_or_default()) {
            joined.push_str(line_end);
        }
        joined.push_str(below);
    }
    joined
}

/// Whether a line goes on with the list or the table that the other one is part of.
fn continues(above: &str, below: &str) -> bool {
    let kind = |line: &str| {
        let line = line.trim_start();
        let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
        match line.chars().next()? {
            '-' | '*' | '+' if line.get(1..2) == Some(" ") => Some('-'),
            '|' => Some('|'),
            '>' => Some('>'),
            c if c.is_ascii_digit() && digits.len() < line.len() && digits.starts_with([')', '.']) => Some('1'),
            _ => None,
        }
    };
    kind(above).is_some_and(|above| kind(below) == Some(above))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "---\na: 1\n---\n# Top\n\nintro\n\n## One\n\n- a\n- b\n\n## Two\n\ntext\n";

    fn section(section: &str, op: SectionOp, content: &str) -> String {
        revised(PAGE, LinkOrder::LabelFirst, &Passage::Section { section, op, content }).unwrap()
    }

    #[test]
    fn a_section_is_replaced_with_or_without_its_heading() {
        let kept = "---\na: 1\n---\n# Top\n\nintro\n\n## One\n\nnew\n\n## Two\n\ntext\n";
        assert_eq!(section("One", SectionOp::Replace, "new"), kept);
        assert_eq!(section("one", SectionOp::Replace, "## Other\n\nnew\n"), kept.replace("One", "Other"));
        let last = section("Top > Two", SectionOp::Replace, "end");
        assert!(last.ends_with("- b\n\n## Two\n\nend\n"), "{last}");
    }

    #[test]
    fn text_goes_into_and_beside_a_section() {
        assert!(section("One", SectionOp::Append, "- c").contains("- a\n- b\n- c\n\n## Two\n"));
        assert!(section("One", SectionOp::Append, "words").contains("- b\n\nwords\n\n## Two\n"));
        assert!(section("Two", SectionOp::Prepend, "first\n").ends_with("## Two\n\nfirst\n\ntext\n"));
        assert!(section("Two", SectionOp::InsertBefore, "## New").contains("- b\n\n## New\n\n## Two\n"));
        assert!(section("One", SectionOp::InsertAfter, "## New\n\nx").contains("- b\n\n## New\n\nx\n\n## Two\n"));
    }

    #[test]
    fn a_deleted_section_leaves_no_gap() {
        assert_eq!(section("One", SectionOp::Delete, ""), "---\na: 1\n---\n# Top\n\nintro\n\n## Two\n\ntext\n");
        assert!(section("Two", SectionOp::Delete, "").ends_with("- a\n- b\n"));
    }

    #[test]
    fn a_page_grows_at_both_ends() {
        assert_eq!(revised("a\n", LinkOrder::LabelFirst, &Passage::End("b")).unwrap(), "a\n\nb\n");
        assert_eq!(revised("- a", LinkOrder::LabelFirst, &Passage::End("- b\n")).unwrap(), "- a\n- b\n");
        assert_eq!(revised("", LinkOrder::LabelFirst, &Passage::End("b")).unwrap(), "b\n");
        assert_eq!(revised("a\r\n", LinkOrder::LabelFirst, &Passage::End("b\nc")).unwrap(), "a\r\n\r\nb\r\nc\r\n");
        assert_eq!(revised("a\n", LinkOrder::LabelFirst, &Passage::Beginning("b")).unwrap(), "b\n\na\n");
        assert!(
            revised(PAGE, LinkOrder::LabelFirst, &Passage::Beginning("b"))
                .unwrap()
                .starts_with("---\na: 1\n---\nb\n\n# Top")
        );
    }

    #[test]
    fn a_section_as_a_whole_takes_nothing_else_along() {
        let whole = |anchor: &str, content: &str| {
            with_section(PAGE, LinkOrder::LabelFirst, anchor, content).map(|(text, _)| text)
        };
        let same = whole("one", "## One\n\n- a\n- b").unwrap();
        assert_eq!(same, PAGE);
        assert_eq!(whole("one", "## Other\n\nx\n\n\n").unwrap(), PAGE.replace("## One\n\n- a\n- b", "## Other\n\nx"));
        assert!(whole("two", "## Two\n\nend").unwrap().ends_with("- b\n\n## Two\n\nend\n"));
        assert!(whole("one", " \n").unwrap().ends_with("intro\n\n## Two\n\ntext\n"));
        assert_eq!(whole("One", "x"), None);
    }

    #[test]
    fn a_section_that_is_not_there_names_those_that_are() {
        let part = Passage::Section { section: "Three", op: SectionOp::Delete, content: "" };
        let Err(WikiError::NoSuchSection { candidates, ambiguous: false, .. }) =
            revised(PAGE, LinkOrder::LabelFirst, &part)
        else {
            panic!("found");
        };
        assert_eq!(candidates, ["Top", "Top > One", "Top > Two"]);
    }
}
