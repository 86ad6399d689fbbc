//! Where a link leads, seen from the page it stands on.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::wikilink::decoded;
use crate::model::PagePath;

/// What stays as it is in a path: RFC 3986 unreserved characters, and the separator.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

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
pub(super) fn page(path: &str, page: &PagePath, find_page: &dyn Fn(&str) -> Option<PagePath>) -> Option<PagePath> {
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
