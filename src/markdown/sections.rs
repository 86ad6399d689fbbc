use std::collections::HashMap;
use std::ops::Range;

use super::document::line_starts;
use super::wikilink::LinkOrder;
use super::{headings, word_count};

/// One section of a page: its heading and everything below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// The titles from the top, joined with ` > `; a second heading with the same titles
    /// ends in `#2`.
    pub path: String,
    /// 1 to 6.
    pub level: u8,
    /// The heading's text without markup.
    pub title: String,
    /// The `id` of the rendered heading.
    pub anchor: String,
    /// The line of the heading, counted from 1.
    pub line: usize,
    /// The last line that belongs to the section.
    pub end_line: usize,
    /// Where it is in the text, in bytes: from its heading to the next one that is not below it.
    pub span: Range<usize>,
}

/// No section, or more than one, is meant by a query.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("section not found or ambiguous")]
pub struct SectionError {
    /// The paths that could be meant: the candidates of an ambiguous query, else all of the page.
    pub candidates: Vec<String>,
    /// Whether several sections fit the query, rather than none.
    pub ambiguous: bool,
}

/// A line of a page's outline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutlineEntry {
    /// 1 to 6.
    pub level: u8,
    pub title: String,
    pub anchor: String,
    /// As [`Section::path`]: finds the section.
    pub path: String,
    /// First and last line of the section, counted from 1.
    pub line: usize,
    pub end_line: usize,
    /// Words of the section, its heading and the sections below it included.
    pub words: usize,
}

/// All sections of a page, in order.
#[must_use]
pub fn outline(text: &str, order: LinkOrder) -> Vec<OutlineEntry> {
    sections(text, order)
        .into_iter()
        .map(|section| OutlineEntry {
            words: word_count(text.get(section.span).unwrap_or_default()),
            level: section.level,
            title: section.title,
            anchor: section.anchor,
            path: section.path,
            line: section.line,
            end_line: section.end_line,
        })
        .collect()
}

/// Finds a section by its title, by its path `A > B` or the end of one, by `Title#2` for
/// the second of equal names, or by its anchor. Case and outer space do not count. An exact
/// path goes before the end of another, so that every section can be named.
///
/// # Errors
/// [`SectionError`] when no section is meant, or more than one.
pub fn find_section(text: &str, order: LinkOrder, query: &str) -> Result<Section, SectionError> {
    find(&sections(text, order), query)
}

/// The section whose heading has this anchor in the rendered page.
#[must_use]
pub fn section_at(text: &str, order: LinkOrder, anchor: &str) -> Option<Section> {
    sections(text, order).into_iter().find(|section| section.anchor == anchor)
}

fn find(sections: &[Section], query: &str) -> Result<Section, SectionError> {
    let wanted = fold(query);
    if let Some(section) = sections.iter().find(|section| fold(&section.path) == wanted) {
        return Ok(section.clone());
    }
    match ending_in(sections, &wanted).as_slice() {
        [section] => return Ok((*section).clone()),
        [] => {}
        several => return Err(SectionError { candidates: paths(several.iter().copied()), ambiguous: true }),
    }
    // `Background#2` may be the second of several sections that end so, wherever they are.
    if let Some((base, number)) = numbered(&wanted)
        && let Some(section) = number.checked_sub(1).and_then(|at| ending_in(sections, base).get(at).copied())
    {
        return Ok(section.clone());
    }
    let anchor = query.trim().trim_start_matches('#').trim_start();
    if let Some(section) = sections.iter().find(|section| section.anchor == anchor) {
        return Ok(section.clone());
    }
    // `## Title`, copied from the page.
    if query.trim().starts_with('#') && anchor != query.trim() {
        return find(sections, anchor);
    }
    Err(SectionError { candidates: paths(sections.iter()), ambiguous: false })
}

fn paths<'s>(sections: impl Iterator<Item = &'s Section>) -> Vec<String> {
    sections.map(|section| section.path.clone()).collect()
}

fn sections(text: &str, order: LinkOrder) -> Vec<Section> {
    let headings = headings(text, order);
    // As the parser counts them: a carriage return ends one, too.
    let lines = line_starts(text).iter().filter(|start| **start < text.len()).count();
    // Headings at or above each level that are still open; a section ends where one of them closes it.
    let mut ends = vec![(text.len(), lines); headings.len()];
    let mut open: Vec<(u8, usize)> = Vec::new();
    for (at, heading) in headings.iter().enumerate() {
        while let Some((_, closed)) = open.pop_if(|(level, _)| *level >= heading.level) {
            if let Some(end) = ends.get_mut(closed) {
                *end = (heading.start, heading.line.saturating_sub(1));
            }
        }
        open.push((heading.level, at));
    }
    let mut above: Vec<(u8, String)> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut sections = Vec::with_capacity(headings.len());
    for (heading, (end, end_line)) in headings.into_iter().zip(ends) {
        above.retain(|(level, _)| *level < heading.level);
        above.push((heading.level, heading.title.clone()));
        let titles: Vec<&str> = above.iter().map(|(_, title)| title.as_str()).collect();
        let mut path = titles.join(" > ");
        let count = seen.entry(fold(&path)).or_default();
        *count += 1;
        if *count > 1 {
            path.push_str(&format!("#{count}"));
        }
        sections.push(Section {
            path,
            level: heading.level,
            title: heading.title,
            anchor: heading.anchor,
            line: heading.line,
            end_line,
            span: heading.start..end,
        });
    }
    sections
}

fn ending_in<'s>(sections: &'s [Section], wanted: &str) -> Vec<&'s Section> {
    let ends = |section: &&Section| {
        fold(&section.path).strip_suffix(wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with(" > "))
    };
    sections.iter().filter(ends).collect()
}

/// `title#2` as title and number.
fn numbered(wanted: &str) -> Option<(&str, usize)> {
    let (base, number) = wanted.rsplit_once('#')?;
    Some((base.trim_end(), number.parse().ok()?)).filter(|(base, _)| !base.is_empty())
}

fn fold(path: &str) -> String {
    path.split('>').map(str::trim).collect::<Vec<_>>().join(" > ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of<'t>(text: &'t str, query: &str) -> Result<&'t str, Vec<String>> {
        find_section(text, LinkOrder::LabelFirst, query)
            .map(|section| &text[section.span])
            .map_err(|error| error.candidates)
    }

    const PAGE: &str = "---\ntitle: X\n# not a heading: yes\n---\nIntro\n\n# History\n\nOld.\n\n## Background\n\nDeep.\n\n### Roots\n\nRoots.\n\n## After\n\nLater.\n\n# Other\n\n```\n# code\n```\n\n## C#\n\nSharp.\n";

    #[test]
    fn a_section_is_found_by_title_path_and_anchor_with_all_that_is_below_it() {
        let background = "## Background\n\nDeep.\n\n### Roots\n\nRoots.\n\n";
        for query in
            ["Background", " background ", "History > Background", "history>background", "## Background", "#background"]
        {
            assert_eq!(text_of(PAGE, query), Ok(background), "{query}");
        }
        assert_eq!(text_of(PAGE, "C#"), Ok("## C#\n\nSharp.\n"));
        let roots = find_section(PAGE, LinkOrder::LabelFirst, "roots").unwrap();
        assert_eq!((roots.path.as_str(), roots.line, roots.end_line), ("History > Background > Roots", 15, 18));
    }

    #[test]
    fn front_matter_and_code_have_no_sections() {
        let all = [
            "History",
            "History > Background",
            "History > Background > Roots",
            "History > After",
            "Other",
            "Other > C#",
        ];
        assert_eq!(text_of(PAGE, "code"), Err(all.map(str::to_owned).to_vec()));
        assert_eq!(text_of("no headings", "x"), Err(Vec::new()));
    }

    #[test]
    fn an_exact_path_goes_before_the_end_of_another() {
        let page = "# A\n\n## Background\n\none\n\n# Background\n\ntwo\n";
        assert_eq!(text_of(page, "Background"), Ok("# Background\n\ntwo\n"));
        assert_eq!(text_of(page, "A > Background"), Ok("## Background\n\none\n\n"));
    }

    #[test]
    fn an_ambiguous_title_lists_its_candidates_and_a_number_chooses() {
        let page = "# A\n\n## Notes\n\none\n\n# B\n\n## Notes\n\ntwo\n";
        assert_eq!(text_of(page, "Notes"), Err(vec!["A > Notes".to_owned(), "B > Notes".to_owned()]));
        assert_eq!(text_of(page, "Notes#2"), Ok("## Notes\n\ntwo\n"));
    }

    #[test]
    fn equal_paths_are_told_apart_by_number() {
        let page = "# A\none\n# A\ntwo\n# A\nthree\n";
        assert_eq!(text_of(page, "A"), Ok("# A\none\n"));
        assert_eq!(text_of(page, "a#1"), Ok("# A\none\n"));
        assert_eq!(text_of(page, "A#2"), Ok("# A\ntwo\n"));
        assert_eq!(text_of(page, "A#3"), Ok("# A\nthree\n"));
        assert_eq!(text_of(page, "A#4"), Err(vec!["A".to_owned(), "A#2".to_owned(), "A#3".to_owned()]));
    }

    #[test]
    fn an_outline_has_lines_and_words_of_whole_sections() {
        let page = "Intro\n\n# A\n\none two\n\n## B\nthree\n# C\nfour";
        let entries: Vec<_> = outline(page, LinkOrder::LabelFirst)
            .into_iter()
            .map(|entry| (entry.level, entry.path, entry.line, entry.end_line, entry.words))
            .collect();
        assert_eq!(
            entries,
            [(1, "A".to_owned(), 3, 8, 7), (2, "A > B".to_owned(), 7, 8, 3), (1, "C".to_owned(), 9, 10, 3),]
        );
    }

    #[test]
    fn ambiguous_is_told_from_missing() {
        let page = "# A\n\n## Notes\n\n# B\n\n## Notes\n";
        assert!(find_section(page, LinkOrder::LabelFirst, "notes").unwrap_err().ambiguous);
        assert!(!find_section(page, LinkOrder::LabelFirst, "other").unwrap_err().ambiguous);
    }

    #[test]
    fn sections_of_many_headings_are_found_soon() {
        let page = "# a\n".repeat(20_000);
        assert_eq!(outline(&page, LinkOrder::LabelFirst).len(), 20_000);
    }
}
