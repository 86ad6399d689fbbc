//! The syntax of embeddings: `{{Name`, options `|key=value`, content in Markdown, `}}`. Takes
//! lines, knows nothing of the tree; `blocks` looks for these lines, `render_embeds` shows
//! what they ask for.

use std::ops::Range;

/// Longest name, in bytes.
const MAX_NAME: usize = 60;
/// Longest key, in bytes.
const MAX_KEY: usize = 200;
/// Most options of one embedding; more are content.
pub(super) const MAX_OPTIONS: usize = 300;

/// What an embedding shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    InfoBox,
    ImageFrame,
    Figure,
    Video,
    DataTable,
    AttachmentList,
    PageIndex,
    Include,
    Unknown,
}

/// An embedding with its options.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Embedding {
    pub(super) kind: Kind,
    /// As it is written.
    pub(super) name: String,
    pub(super) options: Vec<Setting>,
}

/// An option.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Setting {
    /// As it is written, escapes resolved.
    pub(super) key: String,
    pub(super) value: String,
    /// Where the value stands, as written, in bytes of the line or of what the line is part of.
    pub(super) place: Range<usize>,
}

/// A line that has to do with an embedding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) settings: Vec<Setting>,
    /// Whether the line ends with the embedding's `}}`.
    pub(super) closes: bool,
}

/// Keys of an info box that are no rows. A key that begins with `_` is one all the same.
const RESERVED: [&str; 9] =
    ["caption", "width", "position", "pos", "float", "text-align", "align", "style", "text_align"];

impl Kind {
    fn of(name: &str) -> Self {
        let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        match plain.as_str() {
            "infobox" => Self::InfoBox,
            "imageframe" => Self::ImageFrame,
            "figure" => Self::Figure,
            "video" => Self::Video,
            "datatable" => Self::DataTable,
            "attachmentlist" | "attachments" => Self::AttachmentList,
            "pageindex" => Self::PageIndex,
            "include" => Self::Include,
            _ => Self::Unknown,
        }
    }

    /// Whether an option's value is shown, as Markdown of one line.
    pub(super) fn shows(self, key: &str) -> bool {
        match self {
            Self::InfoBox => is(key, "caption") || !RESERVED.iter().any(|reserved| is(key, reserved)),
            Self::ImageFrame | Self::Figure | Self::Video | Self::DataTable | Self::AttachmentList => {
                is(key, "caption")
            }
            Self::PageIndex | Self::Include | Self::Unknown => false,
        }
    }
}

impl Embedding {
    /// The last value that is given under one of the names, unless it is empty.
    pub(super) fn option(&self, names: &[&str]) -> Option<&str> {
        self.setting(names).map(|setting| setting.value.as_str())
    }

    pub(super) fn setting(&self, names: &[&str]) -> Option<&Setting> {
        let named = |setting: &&Setting| names.iter().any(|name| is(&setting.key, name));
        self.options.iter().rev().find(named).filter(|setting| !setting.value.is_empty())
    }

    /// A yes or no; what is neither counts as not given.
    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        match self.option(&[name]).map(str::to_ascii_lowercase).as_deref() {
            Some("true" | "yes" | "on" | "1") => true,
            Some("false" | "no" | "off" | "0") => false,
            _ => default,
        }
    }
}

fn is(key: &str, name: &str) -> bool {
    key.eq_ignore_ascii_case(name)
}

/// The embedding that a line opens: its kind, its name, and the rest of the line. `line` is
/// without what stands before it in a quote or a list.
pub(super) fn opening(line: &str) -> Option<(Embedding, bool)> {
    let rest = line.strip_prefix("{{")?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, ' ' | '_' | '-'))).unwrap_or(rest.len());
    let written = rest.get(..end)?;
    let name = written.trim();
    if name.is_empty() || name.len() > MAX_NAME || !name.starts_with(char::is_alphabetic) {
        return None;
    }
    let at = "{{".len() + end;
    let Line { settings, closes } = settings(line, at)?;
    Some((Embedding { kind: Kind::of(name), name: name.to_owned(), options: settings }, closes))
}

/// The options of a line within an embedding, which has nothing else.
pub(super) fn option_line(line: &str) -> Option<Line> {
    line.starts_with('|').then(|| settings(line, 0)).flatten()
}

/// Whether a line of content ends with the embedding's `}}`, and where that starts.
pub(super) fn closing(line: &str) -> Option<usize> {
    let trimmed = line.trim_end();
    let before = trimmed.strip_suffix("}}")?;
    // What closes braces of its own, as formulas do, closes no embedding.
    (count(trimmed, '}') >= count(trimmed, '{') + 2).then_some(before.len())
}

fn count(text: &str, brace: char) -> usize {
    text.chars().filter(|c| *c == brace).count()
}

/// Which option's value of a line is read as Markdown: of those that are shown the last one
/// with a link, else the last one, if the parser leaves it whole. `line` is the line without what stands before it.
pub(super) fn parsed_value(kind: Kind, line: &str, settings: &[Setting]) -> Option<usize> {
    let is_whole = |setting: &Setting| {
        line.get(setting.place.clone()).is_some_and(|value| !value.is_empty() && !value.ends_with('#'))
    };
    let shown = |setting: &Setting| kind.shows(&setting.key) && is_whole(setting);
    let linked = settings.iter().rposition(|setting| setting.value.contains('[') && shown(setting));
    linked.or_else(|| settings.iter().rposition(shown))
}

/// Reads `|key=value|...` from a place of a line to its end.
fn settings(line: &str, from: usize) -> Option<Line> {
    let text = line.get(from..)?;
    let end = closing(text);
    let closes = end.is_some();
    let text = text.get(..end.unwrap_or(text.len()))?;
    if text.trim().is_empty() {
        return Some(Line { settings: Vec::new(), closes });
    }
    let mut rest = text.strip_prefix('|')?;
    let mut at = from + 1;
    let mut settings = Vec::new();
    loop {
        let length = segment(rest);
        settings.push(setting(rest.get(..length)?, at)?);
        let Some(after) = rest.get(length + 1..) else { break };
        if settings.len() >= MAX_OPTIONS {
            return None;
        }
        at += length + 1;
        rest = after;
    }
    Some(Line { settings, closes })
}

/// The length of what stands before the next bar that is neither escaped nor in a wikilink.
fn segment(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut in_link) = (0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'[' if bytes.get(at + 1) == Some(&b'[') => {
                in_link = text.get(at..).is_some_and(|rest| rest.contains("]]"));
                at += 1;
            }
            b']' if bytes.get(at + 1) == Some(&b']') => in_link = false,
            b'|' if !in_link => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

fn setting(segment: &str, at: usize) -> Option<Setting> {
    let equals = unescaped(segment, b'=')?;
    let key = plain(segment.get(..equals)?.trim());
    if key.is_empty() || key.len() > MAX_KEY {
        return None;
    }
    let written = segment.get(equals + 1..)?;
    let value = written.trim();
    let start = at + equals + 1 + (written.len() - written.trim_start().len());
    Some(Setting { key, value: plain(value), place: start..start + value.len() })
}

fn unescaped(text: &str, wanted: u8) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let found = byte == wanted && !escaped;
        escaped = byte == b'\\' && !escaped;
        found
    })
}

/// The text without the backslashes before `|`, `=` and backslashes.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match rest.peek() {
            Some('|' | '=' | '\\') if c == '\\' => plain.extend(rest.next()),
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Option<Vec<(String, String)>> {
        let line = option_line(line)?;
        Some(line.settings.into_iter().map(|setting| (setting.key, setting.value)).collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        Some(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_line_of_options_has_nothing_else() {
        for (line, expected) in [
            ("|a=b", pairs(&[("a", "b")])),
            ("| a = b c |d=", pairs(&[("a", "b c"), ("d", "")])),
            ("|a\\|b\\=c=d\\|e=f", pairs(&[("a|b=c", "d|e=f")])),
            ("|Größe=1|日本=2}}", pairs(&[("Größe", "1"), ("日本", "2")])),
            ("|see=[[Label|Page]] or [[x|y]]|b=c", pairs(&[("see", "[[Label|Page]] or [[x|y]]"), ("b", "c")])),
            ("|a=[[b|c=d", pairs(&[("a", "[[b"), ("c", "d")])),
            ("| a=1 | b=2 |", None),
            ("| a | b |", None),
            ("|=a", None),
            ("a=b", None),
            ("|", None),
        ] {
            assert_eq!(options(line), expected, "{line}");
        }
    }

    #[test]
    fn names_are_known_in_every_spelling() {
        let known = |line| opening(line).map(|(embedding, closes)| (embedding.kind, closes));
        for (line, expected) in [
            ("{{InfoBox", Some((Kind::InfoBox, false))),
            ("{{ info box |caption=x", Some((Kind::InfoBox, false))),
            ("{{Attachments}}", Some((Kind::AttachmentList, true))),
            ("{{PAGE_INDEX|style=list}}  ", Some((Kind::PageIndex, true))),
            ("{{Nope}}", Some((Kind::Unknown, true))),
            ("{{Nope", Some((Kind::Unknown, false))),
            ("{{ user.name }}", None),
            ("{{Infobox|Town}}", None),
            ("{{a}} b", None),
            ("{{}}", None),
            ("{{{a}}}", None),
            ("{a}", None),
        ] {
            assert_eq!(known(line), expected, "{line}");
        }
    }

    #[test]
    fn values_know_their_places() {
        let line = "{{Include | src = Some page |section=a}}";
        let (embedding, closes) = opening(line).unwrap();
        assert!(closes);
        let places: Vec<&str> =
            embedding.options.iter().map(|setting| line.get(setting.place.clone()).unwrap()).collect();
        assert_eq!(places, ["Some page", "a"]);
    }

    #[test]
    fn braces_of_formulas_close_nothing() {
        assert_eq!(closing("text }}"), Some(5));
        assert_eq!(closing("}}"), Some(0));
        assert_eq!(closing("\\frac{a}{\\sqrt{b}}"), None);
        assert_eq!(closing("{{x}}"), None);
        assert_eq!(closing("x } }"), None);
    }
}
