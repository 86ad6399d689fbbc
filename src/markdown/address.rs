//! Where a link leads, seen from the page it stands on.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::wikilink::{Parts, decoded};
use crate::model::PagePath;

/// Finds a page by the path that a link names, from the wiki's root.
pub type FindPage<'f> = dyn Fn(&str) -> Option<PagePath> + 'f;

/// What stays as it is in a path: RFC 3986 unreserved characters, and the separator.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// What would be misread in `target#anchor`.
const WIKILINK: &AsciiSet = &CONTROLS.add(b'#').add(b'%');

/// A wikilink's target and anchor as one text, which [`wikilink_parts`] takes apart.
pub(super) fn of_wikilink(parts: &Parts) -> String {
    let target = utf8_percent_encode(&parts.target, WIKILINK);
    match &parts.anchor {
        Some(anchor) => format!("{target}#{}", utf8_percent_encode(anchor, WIKILINK)),
        None => target.to_string(),
    }
}

/// Target and anchor of what [`of_wikilink`] made.
pub(super) fn wikilink_parts(url: &str) -> (String, Option<String>) {
    match url.split_once('#') {
        Some((target, anchor)) => (decoded(target), Some(decoded(anchor))),
        None => (decoded(url), None),
    }
}

/// The address of a page, from the root of its wiki.
pub(super) fn of_page(path: &str) -> String {
    format!("/{}", utf8_percent_encode(path, PATH))
}

/// Whether a link leaves the wiki: it has a scheme or names a host. Browsers drop leading
/// blanks and take a backslash for a slash.
pub(super) fn is_external(url: &str) -> bool {
    let url = url.trim_start_matches(|c: char| c <= ' ');
    let mut start = url.chars();
    let is_slash = |c: Option<char>| matches!(c, Some('/' | '\\'));
    if is_slash(start.next()) && is_slash(start.next()) {
        return true;
    }
    let head = url.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    head.split_once(':').is_some_and(|(scheme, _)| scheme.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Whether a link leads to another site: it leaves the wiki, and not to a mail or telephone
/// program.
pub(super) fn is_site(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    is_external(url) && !["mailto", "tel"].iter().any(|own| own.eq_ignore_ascii_case(scheme))
}

/// Path, and the rest from `?` or `#` on.
pub(super) fn split(url: &str) -> (&str, &str) {
    url.split_at(url.find(['?', '#']).unwrap_or(url.len()))
}

/// A link's path from the wiki's root, without leading slash: `./file` and `file` stand below
/// the page, as its attachments do.
pub(super) fn from_root(path: &str, page: &PagePath) -> String {
    match path.strip_prefix('/') {
        Some(path) => normal(path),
        None => normal(&format!("{page}/{path}")),
    }
}

/// The page that a Markdown link of `page` leads to. A plain name that is nothing below the
/// page is looked for beside it, where browsers and forges look; `.md` does not matter.
pub(super) fn page(path: &str, page: &PagePath, find_page: &FindPage<'_>) -> Option<PagePath> {
    if path.is_empty() {
        return None;
    }
    let path = decoded(path);
    let below = from_root(&path, page);
    let found = find_page(&below);
    if found.is_some() || path.starts_with("./") || path.starts_with('/') {
        return found;
    }
    let beside = page.parent().map_or_else(|| normal(&path), |parent| normal(&format!("{parent}/{path}")));
    find_page(&beside)
}

/// Resolves `.` and `..`; nothing leads above the root.
pub(super) fn normal(path: &str) -> String {
    let mut components: Vec<&str> = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => drop(components.pop()),
            other => components.push(other),
        }
    }
    components.join("/")
}
