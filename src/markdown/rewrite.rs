use std::ops::Range;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::address::{self, FindPage};
use super::links::{Link, LinkKind, linked_file, linked_page, links};
use super::wikilink::{LinkOrder, decoded};
use crate::model::PagePath;

/// What would end a wikilink's target or be misread in it.
const WIKILINK: &AsciiSet =
    &CONTROLS.add(b'#').add(b'%').add(b'|').add(b'[').add(b']').add(b'\\').add(b'<').add(b'>').add(b'`');

/// Pages and files before and after a move. Paths are from the wiki's root.
pub struct Moves<'m> {
    pub page_before: &'m FindPage<'m>,
    pub page_after: &'m FindPage<'m>,
    /// Where a page is after the move.
    pub moved: &'m dyn Fn(&PagePath) -> PagePath,
    /// Where an attached file is after the move that had this path before; none when there
    /// was no such file.
    pub file: &'m dyn Fn(&str) -> Option<String>,
    /// The attached file that a path finds after the move.
    pub file_after: &'m dyn Fn(&str) -> Option<String>,
}

/// The text of a page with every link that a move breaks leading to the same place again;
/// none when nothing has to change. `before` and `after` are the page's own paths.
///
/// Anchors and labels stay. A wikilink to a moved page names its new path even where the
/// old spelling would still find it. What is in code or front matter is no link and stays.
#[must_use]
pub fn rewrite_links(
    text: &str,
    order: LinkOrder,
    before: &PagePath,
    after: &PagePath,
    moves: &Moves<'_>,
) -> Option<String> {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for link in links(text, order) {
        let Some(destination) = destination(&link, before, after, moves) else { continue };
        match link.destination {
            Some(place) => edits.push((place, destination)),
            None => edits.extend(definitions(text, &link.target).map(|place| (place, destination.clone()))),
        }
    }
    edits.sort_by_key(|(place, _)| place.start);
    edits.dedup();
    edits.retain(|(place, destination)| text.get(place.clone()).is_some_and(|old| old != destination));
    if edits.is_empty() {
        return None;
    }
    let mut rewritten = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for (place, destination) in edits.into_iter() {
        if place.start < at {
            continue;
        }
        rewritten.push_str(text.get(at..place.start)?);
        rewritten.push_str(&destination);
        at = place.end;
    }
    rewritten.push_str(text.get(at..)?);
    Some(rewritten)
}

/// What a link's path has to be after the move; none when it may stay as it is.
fn destination(link: &Link, before: &PagePath, after: &PagePath, moves: &Moves<'_>) -> Option<String> {
    if link.target.is_empty() {
        return None;
    }
    let is_wikilink = link.kind == LinkKind::Wikilink;
    if let Some(page) = linked_page(link, before, moves.page_before) {
        let wanted = (moves.moved)(&page);
        let found = linked_page(link, after, moves.page_after).is_some_and(|found| found == wanted);
        return match (is_wikilink, found) {
            (true, true) if wanted == page => None,
            (true, _) => Some(utf8_percent_encode(wanted.as_str(), WIKILINK).to_string()),
            (false, true) => None,
            (false, false) => {
                let suffix = if link.target.ends_with(".md") { ".md" } else { "" };
                Some(format!("{}{suffix}", address::of_page(wanted.as_str())))
            }
        };
    }
    let wanted = (moves.file)(&linked_file(link, before)?)?;
    let found = (moves.file_after)(&linked_file(link, after)?).is_some_and(|found| found == wanted);
    (!found).then(|| address::of_page(&wanted))
}

/// The places of the path in the definitions `[label]: path` that lead to `target`, outside
/// of fenced code.
pub fn definitions<'t>(text: &'t str, target: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    let mut at = 0;
    let mut fence: Option<&str> = None;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let bare = line.trim_start_matches([' ', '>']);
        for mark in ["```", "~~~"] {
            if bare.starts_with(mark) && fence.is_none_or(|open| open == mark) {
                fence = if fence.is_some() { None } else { Some(mark) };
                return None;
            }
        }
        if fence.is_some() || !bare.starts_with('[') || line.starts_with("    ") {
            return None;
        }
        let place = line.find("]:")? + 2;
        let rest = line.get(place..)?;
        let place = place + rest.len() - rest.trim_start_matches([' ', '\t', '<']).len();
        let url = line.get(place..)?.split([' ', '\t', '>', '\r', '\n']).next()?;
        let path = address::split(url).0;
        (decoded(path) == target).then(|| start + place..start + place + path.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: [&str; 5] = ["Old", "Old/Child", "Notes/Old", "Notes/Reader", "Home"];

    fn page(path: &str) -> PagePath {
        PagePath::parse(path).unwrap()
    }

    /// Rewrites a page of a wiki where `Old` became `Area/New name`, with its sub-page and
    /// the file `pic one.png`.
    fn rewritten(of: &str, text: &str) -> String {
        let moved = |path: &PagePath| match path.as_str().strip_prefix("Old") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => page(&format!("Area/New_name{rest}")),
            _ => path.clone(),
        };
        let find = |path: &str, pages: &[PagePath]| {
            let key = PagePath::parse(path).ok()?.fold();
            pages.iter().find(|page| page.fold() == key).cloned()
        };
        let before: Vec<PagePath> = BEFORE.iter().map(|path| page(path)).collect();
        let after: Vec<PagePath> = before.iter().map(moved).collect();
        let moves = Moves {
            page_before: &|path| find(path, &before),
            page_after: &|path| find(path, &after),
            moved: &moved,
            file: &|path| (path == "Old/pic one.png").then(|| "Area/New_name/pic one.png".to_owned()),
            file_after: &|path| (path == "Area/New_name/pic one.png").then(|| path.to_owned()),
        };
        let of = page(of);
        rewrite_links(text, LinkOrder::LabelFirst, &of, &moved(&of), &moves).unwrap_or_else(|| "unchanged".to_owned())
    }

    #[test]
    fn wikilinks_in_any_spelling_name_the_new_path() {
        for (text, expected) in [
            ("[[Old]]", "[[Area/New_name]]"),
            ("[[old.md]] [[/OLD/]]", "[[Area/New_name]] [[/Area/New_name/]]"),
            ("[[Label|Old#Part one]]", "[[Label|Area/New_name#Part one]]"),
            ("[[Old/child]]", "[[Area/New_name/Child]]"),
            ("| a |\n|---|\n| [[Label\\|Old]] |\n", "| a |\n|---|\n| [[Label\\|Area/New_name]] |\n"),
        ] {
            assert_eq!(rewritten("Home", text), expected, "{text}");
        }
    }

    #[test]
    fn markdown_links_and_images_lead_to_the_same_place() {
        for (of, text, expected) in [
            ("Home", "[a](/Old#part \"t\")", "[a](/Area/New_name#part \"t\")"),
            ("Home", "[a](Old.md)", "[a](/Area/New_name.md)"),
            ("Home", "[a](/Old \"[b](/Old ?t\")", "[a](/Area/New_name \"[b](/Old ?t\")"),
            ("Home", "[a]( </Old> '[b](/Old)' )", "[a]( </Area/New_name> '[b](/Old)' )"),
            ("Home", "[a](/%4fld)", "[a](/Area/New_name)"),
            ("Home", "![a](/Old/pic%20one.png)", "![a](/Area/New_name/pic%20one.png)"),
            ("Home", "![a](</Old/pic one.png>)", "![a](</Area/New_name/pic%20one.png>)"),
            (
                "Home",
                "[![a](/Old/pic%20one.png)](/Old) [/Old](/Old)",
                "[![a](/Area/New_name/pic%20one.png)](/Area/New_name) [/Old](/Area/New_name)",
            ),
            ("Home", "[a][x]\n\n[x]: /Old 't'\n", "[a][x]\n\n[x]: /Area/New_name 't'\n"),
            // From the page itself: what moves along stays, what was beside it does not.
            ("Old", "[a](Child) ![p](./pic%20one.png)", "unchanged"),
            ("Old", "[h](Home)", "[h](/Home)"),
            ("Notes/Reader", "[mine](Old)", "unchanged"),
        ] {
            assert_eq!(rewritten(of, text), expected, "{of}: {text}");
        }
    }

    #[test]
    fn what_is_no_link_to_the_page_stays() {
        for text in [
            "`[[Old]]` \\[[Old]]\n\n```\n[[Old]]\n[x]: /Old\n```\n",
            "---\nsee: \"[[Old]]\"\n---\ntext",
            "[[Notes/Old]] [[Old/Missing]] [[Older]]",
            "[a](https://old.example/Old) [b](mailto:Old@example.org) [c](#old)",
        ] {
            assert_eq!(rewritten("Home", text), "unchanged", "{text}");
        }
    }
}
