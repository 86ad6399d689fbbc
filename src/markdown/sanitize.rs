use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use super::address::{self, FindPage};
use super::html;
use crate::model::PagePath;

/// Schemes that a link or an image may have.
const SCHEMES: [&str; 5] = ["http", "https", "mailto", "tel", "ftp"];

/// Attributes that an author may write on any element. What is not in these lists is removed:
/// all handlers, `style`, `name`, `data-*`, `target`.
const ATTRIBUTES: [&str; 4] = ["title", "lang", "dir", "class"];
const ATTRIBUTES_OF: &[(&str, &[&str])] = &[
    ("a", &["href", "rel"]),
    ("img", &["src", "alt", "width", "height", "align"]),
    ("video", &["src", "poster", "controls", "width", "height", "loop", "muted"]),
    ("audio", &["src", "controls", "loop", "muted"]),
    ("source", &["src", "type"]),
    ("time", &["datetime"]),
    ("details", &["open"]),
    ("ol", &["start", "type", "reversed"]),
    ("li", &["value"]),
    ("td", &["colspan", "rowspan", "align", "valign", "headers"]),
    ("th", &["colspan", "rowspan", "align", "valign", "scope", "abbr"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("table", &["align"]),
    ("tr", &["align"]),
    ("p", &["align"]),
    ("div", &["align"]),
    ("h1", &["align"]),
    ("h2", &["align"]),
    ("h3", &["align"]),
    ("h4", &["align"]),
    ("h5", &["align"]),
    ("h6", &["align"]),
    ("input", &["type", "checked", "disabled"]),
];
/// Attributes that only the renderer itself sets.
const OWN: [&str; 6] = ["id", "role", "tabindex", "aria-label", "aria-hidden", "autoplay"];

/// Marks what the renderer wrote itself, so that the same attribute in an author's HTML is not
/// taken for it: a prefix that nobody can guess and that never leaves the sanitizer.
pub(super) struct Seal(String);

impl Seal {
    pub(super) fn new() -> Self {
        Self(format!("s{:016x}-", RandomState::new().hash_one(0u8)))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Removes from the page's HTML whatever is not on the lists above, and resolves its links.
/// The result needs neither inline script nor inline style and can clobber no `id`.
pub(super) fn sanitize(html: &str, seal: &Seal, page: &PagePath, find_page: &FindPage<'_>) -> String {
    let clean = builder(seal).clean(html).to_string();
    resolve_links(&clean, page, find_page)
}

fn builder(seal: &Seal) -> ammonia::Builder<'static> {
    let mut builder = ammonia::Builder::empty();
    let tags: HashSet<&str> = html::ELEMENTS.iter().copied().chain(["input"]).collect();
    let of: HashMap<&str, HashSet<&str>> =
        ATTRIBUTES_OF.iter().map(|(tag, attributes)| (*tag, attributes.iter().copied().collect())).collect();
    let seal = seal.0.clone();
    builder
        .tags(tags)
        .clean_content_tags(["script", "style"].into())
        .generic_attributes(ATTRIBUTES.into_iter().chain(OWN).collect())
        .tag_attributes(of)
        .url_schemes(SCHEMES.into())
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true)
        .set_tag_attribute_value("img", "loading", "lazy")
        .set_tag_attribute_value("input", "type", "checkbox")
        .set_tag_attribute_value("input", "disabled", "")
        .attribute_filter(move |element, attribute, value| filter(&seal, element, attribute, value));
    builder
}

fn filter<'u>(seal: &str, element: &str, attribute: &str, value: &'u str) -> Option<Cow<'u, str>> {
    if let Some(own) = value.strip_prefix(seal) {
        return Some(own.into());
    }
    match attribute {
        name if OWN.contains(&name) => None,
        "rel" => None,
        "class" => {
            let is_language =
                element == "code" && value.starts_with("language-") && !value.contains(char::is_whitespace);
            is_language.then_some(value.into())
        }
        "align" => ["left", "right", "center", "justify"]
            .iter()
            .any(|side| side.eq_ignore_ascii_case(value))
            .then_some(value.into()),
        _ => Some(value.into()),
    }
}

/// Puts what the renderer made by itself (coloured code, formulas: elements and classes from
/// fixed lists around escaped text) where its number stands behind the seal. It comes after the
/// sanitizer, which lets neither these classes nor MathML through from anybody else. A number
/// counts in text only, never inside a tag.
pub(super) fn fill(html: String, seal: &Seal, slots: &[String]) -> String {
    if slots.is_empty() {
        return html;
    }
    let mut output = String::with_capacity(html.len() + slots.iter().map(String::len).sum::<usize>());
    let mut done = 0;
    let ends = html::tags(&html).map(|tag| (tag.start, tag.end)).chain([(html.len(), html.len())]);
    for (start, end) in ends {
        let mut text = html.get(done..start).unwrap_or_default();
        while let Some((before, after)) = text.split_once(&seal.0) {
            output.push_str(before);
            let (number, rest) = after.split_once(';').unwrap_or_default();
            output.push_str(number.parse().ok().and_then(|number: usize| slots.get(number)).map_or("", String::as_str));
            text = rest;
        }
        output.push_str(text);
        output.push_str(&html.get(start..end).unwrap_or_default().replace(&seal.0, ""));
        done = end;
    }
    output
}

/// Gives every link and source an address from the wiki's root, and marks those that leave it.
fn resolve_links(html: &str, page: &PagePath, find_page: &FindPage<'_>) -> String {
    let mut output = String::with_capacity(html.len() + html.len() / 8);
    let mut done = 0;
    for tag in html::tags(html) {
        if tag.closing || !matches!(tag.name, "a" | "img" | "video" | "audio" | "source") {
            continue;
        }
        let Some(source) = html.get(tag.start..tag.end) else { continue };
        output.push_str(html.get(done..tag.start).unwrap_or_default());
        output.push('<');
        output.push_str(tag.name);
        let (mut external, mut has_class) = (false, false);
        for (name, value) in attributes(source) {
            output.push(' ');
            output.push_str(name);
            output.push_str("=\"");
            match name {
                "href" => {
                    external = address::is_site(value);
                    output.push_str(&resolved(value, page, Some(find_page)));
                }
                "src" | "poster" => output.push_str(&resolved(value, page, None)),
                _ => output.push_str(value),
            }
            output.push('"');
            has_class |= name == "class";
        }
        if external && !has_class {
            output.push_str(" class=\"external\" rel=\"noopener noreferrer nofollow\"");
        }
        output.push('>');
        done = tag.end;
    }
    output.push_str(html.get(done..).unwrap_or_default());
    output
}

/// The attributes of a tag as the sanitizer writes them: ` name="value"`, values escaped.
fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = tag.split_once(' ').map_or("", |(_, rest)| rest);
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        rest = after;
        Some((name.trim(), value))
    })
}

/// A link's address, escaped for an attribute as it came.
fn resolved<'u>(value: &'u str, page: &PagePath, find_page: Option<&FindPage<'_>>) -> Cow<'u, str> {
    let trimmed = value.trim_matches(|c: char| c <= ' ');
    let (path, rest) = address::split(trimmed);
    if path.is_empty() || path.starts_with(['/', '\\']) || address::is_external(trimmed) {
        return trimmed.into();
    }
    if let Some(found) = find_page.and_then(|find| address::page(&path.replace("&amp;", "&"), page, find)) {
        return format!("{}{rest}", address::of_page(found.as_str())).into();
    }
    let base = address::of_page(page.as_str());
    format!("/{}{rest}", address::normal(&format!("{base}/{path}"))).into()
}
