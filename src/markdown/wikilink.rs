use std::ops::Range;

use percent_encoding::percent_decode_str;

use super::document;
pub use crate::model::LinkOrder;

/// A link `[[...]]` to a page of the same wiki.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wikilink {
    /// The page as the author wrote it, from the wiki's root, without outer slashes and with
    /// percent codes resolved. Empty when the link is to a heading of the same page.
    pub target: String,
    /// The heading or anchor after `#`, as written.
    pub anchor: Option<String>,
    pub label: Option<String>,
    /// Where the link stands in the text, brackets included, in bytes.
    pub span: Range<usize>,
}

/// The wikilinks of a page in the order of their places: not those in code, in front matter,
/// in raw HTML, inside another link or after a backslash. `[[https://...]]` is no wikilink.
#[must_use]
pub fn wikilinks(text: &str, order: LinkOrder) -> Vec<Wikilink> {
    document::read(text, order, |document| document.wikilinks().map(|(link, _)| link).collect()).unwrap_or_default()
}

/// What stands between the brackets, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Parts {
    /// The page or the web address as written, without `#...`.
    pub(super) target: String,
    pub(super) anchor: Option<String>,
    pub(super) label: Option<String>,
    pub(super) external: bool,
    /// Where the target stands between the brackets, as written, without outer slashes.
    pub(super) place: Range<usize>,
}

impl Parts {
    /// Takes the text between the brackets; none when it names neither page nor heading.
    pub(super) fn parse(inner: &str, order: LinkOrder) -> Option<Self> {
        // In a table, authors used to other wikis escape the bar.
        let (left, right) = match inner.split_once('|') {
            Some((left, right)) => (left.strip_suffix('\\').unwrap_or(left), Some(right)),
            None => (inner, None),
        };
        let after_bar = inner.len() - right.map_or(0, str::len);
        let (target, label, from) = match (right, order) {
            (None, _) => (left, None, 0),
            (Some(right), LinkOrder::LabelFirst) => (right, Some(left), after_bar),
            (Some(right), LinkOrder::TargetFirst) => (left, Some(right), 0),
        };
        let label = label.map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned);
        if is_web_address(target.trim()) {
            let target = target.trim().to_owned();
            return Some(Self { target, anchor: None, label, external: true, place: 0..0 });
        }
        let (page, anchor) = match target.split_once('#') {
            Some((page, anchor)) => (page, Some(anchor.trim()).filter(|anchor| !anchor.is_empty())),
            None => (target, None),
        };
        let outside = |c: char| c == '/' || c.is_whitespace();
        let start = from + page.len() - page.trim_start_matches(outside).len();
        let page = page.trim_matches(outside);
        if page.is_empty() && anchor.is_none() {
            return None;
        }
        let place = start..start + page.len();
        Some(Self { target: decoded(page), anchor: anchor.map(decoded), label, external: false, place })
    }
}

/// Whether a link's target leaves the wiki. Page names may contain a colon, so only the
/// schemes that people link to count.
fn is_web_address(target: &str) -> bool {
    let lower = target.get(..8).unwrap_or(target).to_ascii_lowercase();
    ["http://", "https://", "ftp://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme))
}

/// Percent codes resolved when they are codes and give text; else as it was.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), std::borrow::Cow::into_owned)
}
