//! A scanner for HTML tags, by the rules of the HTML standard's tokenizer (13.2.5).

/// Elements that an author may write. Everything else is shown as the text it is.
pub(super) const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "address",
    "audio",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Elements without an end tag.
const VOID: &[&str] = &["br", "col", "hr", "img", "input", "source", "wbr"];

/// Elements that a parser opens again in every later block until they are closed.
const FORMATTING: &[&str] = &["a", "b", "big", "code", "em", "i", "s", "small", "strike", "strong", "tt", "u"];

/// Most tags that an author's HTML may bring into a page.
const MAX_TAGS: usize = 20_000;
/// Most work for open elements, summed over the tags of a page: a parser looks through them at each.
const MAX_OPEN: usize = 20_000_000;
/// The same for formatting elements, which a parser copies.
const MAX_OPEN_FORMATTING: usize = 300_000;

/// A tag in a text: `text[start..end]` is `<...>`.
pub(super) struct Tag<'h> {
    pub(super) name: &'h str,
    pub(super) closing: bool,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The tag that starts at `start`, where `html` has a `<`; none when it is not a complete tag.
fn tag_at(html: &str, start: usize) -> Option<Tag<'_>> {
    let bytes = html.as_bytes();
    let closing = bytes.get(start + 1) == Some(&b'/');
    let name_start = start + 1 + usize::from(closing);
    if !bytes.get(name_start)?.is_ascii_alphabetic() {
        return None;
    }
    let is_end = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' | b'>');
    let name_end = name_start + bytes.get(name_start..)?.iter().position(is_end)?;
    let end = tag_end(bytes, name_end)?;
    Some(Tag { name: html.get(name_start..name_end)?, closing, start, end })
}

/// Where the tag's `>` ends it, given the end of its name: a `>` inside a quoted value does not.
fn tag_end(bytes: &[u8], name_end: usize) -> Option<usize> {
    #[derive(PartialEq)]
    enum At {
        Name,
        Equals,
        Unquoted,
        Quoted(u8),
    }
    let mut state = At::Name;
    for (at, byte) in bytes.iter().enumerate().skip(name_end) {
        state = match (state, *byte) {
            (At::Quoted(quote), b) if b == quote => At::Name,
            (At::Quoted(quote), _) => At::Quoted(quote),
            (_, b'>') => return Some(at + 1),
            (At::Name, b'=') => At::Equals,
            (At::Name, _) => At::Name,
            (At::Equals, quote @ (b'"' | b'\'')) => At::Quoted(quote),
            (At::Equals, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c') => At::Equals,
            (At::Equals, _) => At::Unquoted,
            (At::Unquoted, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c') => At::Name,
            (At::Unquoted, _) => At::Unquoted,
        };
    }
    None
}

/// All tags of HTML that has only complete ones.
pub(super) fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + html.get(from..)?.find('<')?;
            match tag_at(html, start) {
                Some(tag) => {
                    from = tag.end;
                    return Some(tag);
                }
                None => from = start + 1,
            }
        }
    })
}

/// Whether inline HTML is a line break.
pub(super) fn is_break(literal: &str) -> bool {
    tag_at(literal, 0).is_some_and(|tag| tag.name.eq_ignore_ascii_case("br"))
}

/// Whether inline HTML does not show in the page: a comment or a tag of an allowed element.
pub(super) fn is_hidden(literal: &str) -> bool {
    literal.starts_with("<!--") || tag_at(literal, 0).is_some_and(|tag| is(ELEMENTS, tag.name))
}

fn is(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Lets an author's HTML into the page: complete tags of allowed elements pass, comments
/// vanish, and whatever else could open something is written as text. So a parser meets no
/// script, no foreign content and no half tag that would swallow what follows.
pub(super) fn admit(literal: &str, admitted: &mut usize, output: &mut String) {
    let mut rest = 0;
    while let Some(found) = literal.get(rest..).and_then(|text| text.find('<')) {
        let start = rest + found;
        output.push_str(literal.get(rest..start).unwrap_or_default());
        if let Some(end) = comment_end(literal, start) {
            rest = end;
            continue;
        }
        match tag_at(literal, start) {
            Some(tag) if is(ELEMENTS, tag.name) && *admitted < MAX_TAGS => {
                *admitted += 1;
                output.push_str(literal.get(tag.start..tag.end).unwrap_or_default());
                rest = tag.end;
            }
            _ => {
                output.push_str("&lt;");
                rest = start + 1;
            }
        }
    }
    output.push_str(literal.get(rest..).unwrap_or_default());
}

fn comment_end(html: &str, start: usize) -> Option<usize> {
    let inside = html.get(start..)?.strip_prefix("<!--")?;
    let length = inside.find("-->").map_or(inside.len(), |at| at + 3);
    Some(start + 4 + length)
}

/// The text of HTML, without tags, comments, scripts and style sheets.
pub(super) fn push_text(html: &str, output: &mut String) {
    let mut rest = 0;
    while let Some(found) = html.get(rest..).and_then(|text| text.find('<')) {
        let start = rest + found;
        push_unescaped(html.get(rest..start).unwrap_or_default(), output);
        if let Some(end) = comment_end(html, start) {
            rest = end;
            continue;
        }
        let Some(tag) = tag_at(html, start) else {
            output.push('<');
            rest = start + 1;
            continue;
        };
        rest = tag.end;
        if !tag.closing && is(&["script", "style"], tag.name) {
            let close = format!("</{}", tag.name);
            rest = html.get(rest..).and_then(|text| text.find(&close)).map_or(html.len(), |at| rest + at);
        } else if !output.is_empty() && !output.ends_with(char::is_whitespace) && !is(FORMATTING, tag.name) {
            output.push(' ');
        }
    }
    push_unescaped(html.get(rest..).unwrap_or_default(), output);
}

fn push_unescaped(text: &str, output: &mut String) {
    if text.contains('&') {
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", " ");
        output.push_str(&text.replace("&amp;", "&"));
    } else {
        output.push_str(text);
    }
}

/// Whether an HTML parser will need time and memory in proportion to the page. HTML allows
/// elements left open, which a parser then walks through or copies at every further tag.
/// `share` is how many such pages make up the whole.
pub(super) fn is_affordable(html: &str, share: usize) -> bool {
    let mut open: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let (mut depth, mut formatting) = (0usize, 0usize);
    let (mut total, mut total_formatting) = (0usize, 0usize);
    // For each open table, whether a cell is open: what stands outside of cells is moved in
    // front of the table, one by one, past what was moved before.
    let mut tables: Vec<bool> = Vec::new();
    let mut moved = 0usize;
    for tag in tags(html) {
        let name = tag.name.to_ascii_lowercase();
        let structural = matches!(name.as_str(), "tr" | "thead" | "tbody" | "tfoot" | "col" | "colgroup");
        match (name.as_str(), tag.closing) {
            ("table", false) => tables.push(false),
            ("table", true) => drop(tables.pop()),
            ("td" | "th" | "caption", closing) => {
                if let Some(in_cell) = tables.last_mut() {
                    *in_cell = !closing;
                }
            }
            _ if structural => {
                if let Some(in_cell) = tables.last_mut() {
                    *in_cell = false;
                }
            }
            _ if tables.last() == Some(&false) => moved += 1,
            _ => {}
        }
        let is_formatting = FORMATTING.contains(&name.as_str());
        if tag.closing {
            if let Some(count) = open.get_mut(&name).filter(|count| **count > 0) {
                *count -= 1;
                depth -= 1;
                formatting -= usize::from(is_formatting);
            }
        } else if !VOID.contains(&name.as_str()) {
            *open.entry(name).or_default() += 1;
            depth += 1;
            formatting += usize::from(is_formatting);
        }
        total += depth + moved;
        total_formatting += formatting;
        if total > MAX_OPEN / share || total_formatting > MAX_OPEN_FORMATTING / share {
            return false;
        }
    }
    true
}
