use std::collections::HashMap;
use std::ops::Range;

use crate::markdown;

/// Sections listed when one is not found.
const MOST_LISTED: usize = 200;

/// One section of a page: its heading and everything below it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Section {
    /// The titles from the top, joined with ` > `; a second heading with the same titles
    /// ends in `#2`.
    path: String,
    anchor: String,
    span: Range<usize>,
}

/// What a query for a section came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Lookup {
    /// Its path, and where it is in the text.
    Found(String, Range<usize>),
    /// The paths that could be meant: the candidates of an ambiguous query, else all.
    Missing(Vec<String>),
}

/// Finds a section by its title, by its path `A > B` or the end of one, by `Title#2` for
/// the second of equal names, or by its anchor. Case and outer space do not count. An exact
/// path goes before the end of another, so that every section can be named.
pub(super) fn find(text: &str, query: &str) -> Lookup {
    let sections = sections(text);
    let wanted = fold(query);
    let found = |section: &Section| Lookup::Found(section.path.clone(), section.span.clone());

    if let Some(section) = sections.iter().find(|section| fold(&section.path) == wanted) {
        return found(section);
    }
    match ending_in(&sections, &wanted).as_slice() {
        [section] => return found(section),
        [] => {}
        several => return Lookup::Missing(several.iter().map(|section| section.path.clone()).collect()),
    }
    // `Background#2` may be the second of several sections that end so, wherever they are.
    if let Some((base, number)) = numbered(&wanted)
        && let Some(section) = number.checked_sub(1).and_then(|at| ending_in(&sections, base).get(at).copied())
    {
        return found(section);
    }
    let anchor = query.trim().trim_start_matches('#').trim_start();
    if let Some(section) = sections.iter().find(|section| section.anchor == anchor) {
        return found(section);
    }
    // `## Title`, copied from the page.
    if query.trim().starts_with('#') && anchor != query.trim() {
        return find(text, anchor);
    }
    Lookup::Missing(sections.into_iter().map(|section| section.path).collect())
}

/// The text of a failed lookup.
pub(super) fn not_found(query: &str, available: &[String]) -> String {
    if available.is_empty() {
        return format!("Section not found: '{query}'. This page has no sections.");
    }
    let mut text = format!("Section not found: '{query}'. Available sections:");
    for path in available.iter().take(MOST_LISTED) {
        text.push_str("\n  - ");
        text.push_str(path);
    }
    if available.len() > MOST_LISTED {
        text.push_str(&format!("\n  (and {} more)", available.len() - MOST_LISTED));
    }
    text
}

fn sections(text: &str) -> Vec<Section> {
    let headings = markdown::headings(text);
    let mut above: Vec<(u8, String)> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut sections = Vec::with_capacity(headings.len());
    for (at, heading) in headings.iter().enumerate() {
        above.retain(|(level, _)| *level < heading.level);
        above.push((heading.level, heading.title.clone()));
        let titles: Vec<&str> = above.iter().map(|(_, title)| title.as_str()).collect();
        let mut path = titles.join(" > ");
        let count = seen.entry(fold(&path)).or_default();
        *count += 1;
        if *count > 1 {
            path.push_str(&format!("#{count}"));
        }
        let end = headings.iter().skip(at + 1).find(|next| next.level <= heading.level);
        let span = heading.start..end.map_or(text.len(), |next| next.start);
        sections.push(Section { path, anchor: heading.anchor.clone(), span });
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
        match find(text, query) {
            Lookup::Found(_, span) => Ok(&text[span]),
            Lookup::Missing(paths) => Err(paths),
        }
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
        assert!(matches!(find(PAGE, "roots"), Lookup::Found(path, _) if path == "History > Background > Roots"));
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
        assert_eq!(not_found("x", &[]), "Section not found: 'x'. This page has no sections.");
        assert_eq!(
            not_found("x", &["A".to_owned(), "A > B".to_owned()]),
            "Section not found: 'x'. Available sections:\n  - A\n  - A > B"
        );
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
}
