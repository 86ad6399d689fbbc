use super::WikiError;
use crate::markdown::{self, LinkOrder, Section};

/// Which part of a page is wanted; all of it when nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// A section, as [`markdown::find_section`] looks it up.
    pub section: Option<&'a str>,
    /// First and last line of the file, counted from 1; within the section, if there is one.
    pub lines: Option<(usize, Option<usize>)>,
    /// Most characters, at least 1.
    pub max_chars: Option<usize>,
}

/// A part of a page: whole lines, except where one alone is longer than what was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    pub content: String,
    pub section: Option<Section>,
    /// Its first and last line in the file, counted from 1. The last comes before the first
    /// when there is nothing.
    pub line: usize,
    pub end_line: usize,
    /// Lines of the whole file.
    pub total_lines: usize,
    /// The first line that was asked for and left out.
    pub next_line: Option<usize>,
    /// Whether the last line is only the beginning of a line that is too long.
    pub cut: bool,
}

impl Selection<'_> {
    /// Whether all of the page is wanted.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.section.is_none() && self.lines.is_none() && self.max_chars.is_none()
    }

    /// Cuts the part out of a page.
    ///
    /// # Errors
    /// [`WikiError::NoSuchSection`], or [`WikiError::Invalid`] for lines that are not there.
    pub fn of(&self, text: &str, order: LinkOrder) -> Result<Part, WikiError> {
        let section = self.section.map(|query| find_section(text, order, query)).transpose()?;
        let all: Vec<&str> = text.split_inclusive('\n').collect();
        let (mut first, mut last) = match &section {
            Some(section) => (section.line, section.end_line),
            None => (1, all.len()),
        };
        if let Some((from, to)) = self.lines {
            let within = if section.is_some() { "section" } else { "page" };
            if from < first || from > last.max(1) || to.is_some_and(|to| to < from) {
                let problem = format!("must begin and end within the {within}: lines {first} to {last}");
                return Err(WikiError::Invalid { field: "lines", problem });
            }
            (first, last) = (from, to.unwrap_or(last).min(last));
        }
        let wanted = all.get(first.saturating_sub(1)..last).unwrap_or_default();
        let mut part = Part {
            content: String::new(),
            section,
            line: first,
            end_line: last,
            total_lines: all.len(),
            next_line: None,
            cut: false,
        };
        let mut room = self.max_chars.unwrap_or(usize::MAX);
        for (offset, line) in wanted.iter().enumerate() {
            let chars = if self.max_chars.is_some() { line.chars().count() } else { 0 };
            if chars > room {
                part.cut = offset == 0;
                if part.cut {
                    part.content.extend(line.chars().take(room));
                }
                part.end_line = first + offset - usize::from(!part.cut);
                part.next_line = Some(part.end_line + 1).filter(|next| *next <= last);
                break;
            }
            room -= chars;
            part.content.push_str(line);
        }
        Ok(part)
    }
}

impl Part {
    /// Whether something that was asked for is left out.
    #[must_use]
    pub const fn truncated(&self) -> bool {
        self.cut || self.next_line.is_some()
    }
}

/// A section of a page's text.
///
/// # Errors
/// [`WikiError::NoSuchSection`].
pub fn find_section(text: &str, order: LinkOrder, query: &str) -> Result<Section, WikiError> {
    markdown::find_section(text, order, query).map_err(|error| WikiError::NoSuchSection {
        query: query.to_owned(),
        candidates: error.candidates,
        ambiguous: error.ambiguous,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "---\ntitle: X\n---\nIntro\n\n# A\n\none\ntwo\n\n# B\nthree";

    fn part(selection: Selection<'_>) -> Part {
        selection.of(PAGE, LinkOrder::LabelFirst).unwrap()
    }

    fn read_on(max_chars: usize) -> String {
        let (mut text, mut next) = (String::new(), Some(1));
        while let Some(line) = next {
            let part = part(Selection { lines: Some((line, None)), max_chars: Some(max_chars), section: None });
            assert!(part.content.chars().count() <= max_chars);
            assert_eq!(part.truncated(), part.next_line.is_some());
            text.push_str(&part.content);
            next = part.next_line;
        }
        text
    }

    #[test]
    fn a_page_can_be_read_on_from_where_it_was_cut() {
        for max_chars in [9, 10, 20, 1000] {
            assert_eq!(read_on(max_chars), PAGE, "{max_chars}");
        }
    }

    #[test]
    fn sections_and_lines_narrow_each_other() {
        let all = part(Selection::default());
        assert_eq!((all.content.as_str(), all.line, all.end_line, all.total_lines), (PAGE, 1, 12, 12));
        let section = part(Selection { section: Some("a"), ..Selection::default() });
        assert_eq!((section.content.as_str(), section.line, section.end_line), ("# A\n\none\ntwo\n\n", 6, 10));
        let within = part(Selection { section: Some("a"), lines: Some((8, Some(99))), ..Selection::default() });
        assert_eq!((within.content.as_str(), within.line, within.end_line), ("one\ntwo\n\n", 8, 10));
        let last = part(Selection { lines: Some((12, None)), ..Selection::default() });
        assert_eq!(last.content, "three");
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_says_so() {
        let line = part(Selection { lines: Some((4, None)), max_chars: Some(3), section: None });
        assert_eq!((line.content.as_str(), line.cut, line.end_line, line.next_line), ("Int", true, 4, Some(5)));
        let last = part(Selection { lines: Some((12, None)), max_chars: Some(3), section: None });
        assert_eq!((last.content.as_str(), last.truncated(), last.next_line), ("thr", true, None));
    }

    #[test]
    fn lines_that_are_not_there_are_refused_and_an_empty_page_has_nothing() {
        for lines in [(0, None), (13, None), (5, Some(4))] {
            assert!(matches!(
                Selection { lines: Some(lines), ..Selection::default() }.of(PAGE, LinkOrder::LabelFirst),
                Err(WikiError::Invalid { field: "lines", .. })
            ));
        }
        let beside = Selection { section: Some("a"), lines: Some((11, None)), max_chars: None };
        assert!(beside.of(PAGE, LinkOrder::LabelFirst).is_err());
        let empty = Selection { lines: Some((1, None)), max_chars: Some(5), section: None }
            .of("", LinkOrder::LabelFirst)
            .unwrap();
        assert_eq!((empty.content.as_str(), empty.total_lines, empty.end_line), ("", 0, 0));
        assert!(matches!(
            Selection { section: Some("C"), ..Selection::default() }.of(PAGE, LinkOrder::LabelFirst),
            Err(WikiError::NoSuchSection { candidates, ambiguous: false, .. }) if candidates == ["A", "B"]
        ));
    }
}
