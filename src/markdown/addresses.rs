use std::borrow::Cow;

use super::html;

/// What becomes of an address in HTML.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    Kept,
    Changed(String),
    /// The attribute goes: a link leads nowhere and is text.
    Gone,
}

/// Attributes that hold an address.
const NAMES: [&str; 3] = ["href", "src", "poster"];

/// Changes the addresses of links, pictures and media in the HTML that [`super::render`] made. `change`
/// gets each as it is meant, without entities.
#[must_use]
pub fn change_addresses(html: &str, change: &dyn Fn(&str) -> Address) -> String {
    let mut output = String::with_capacity(html.len() + html.len() / 8);
    let mut done = 0;
    for tag in html::tags(html) {
        let Some(source) = html.get(tag.start..tag.end).filter(|_| !tag.closing) else { continue };
        if !NAMES.iter().any(|name| source.contains(name)) {
            continue;
        }
        output.push_str(html.get(done..tag.start).unwrap_or_default());
        changed(source, change, &mut output);
        done = tag.end;
    }
    output.push_str(html.get(done..).unwrap_or_default());
    output
}

/// One tag, as the sanitizer writes them: ` name="value"`, values escaped.
fn changed(tag: &str, change: &dyn Fn(&str) -> Address, output: &mut String) {
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once("=\"") {
        let Some((value, after)) = after.split_once('"') else { break };
        let name = before.rsplit(' ').next().unwrap_or_default();
        let become_of = if NAMES.contains(&name) { change(&plain(value)) } else { Address::Kept };
        match become_of {
            Address::Kept => output.push_str(rest.get(..before.len() + 2 + value.len() + 1).unwrap_or_default()),
            Address::Changed(address) => {
                output.push_str(before);
                output.push_str("=\"");
                output.push_str(&address.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;"));
                output.push('"');
            }
            Address::Gone => output.push_str(before.strip_suffix(name).unwrap_or(before).trim_end()),
        }
        rest = after;
    }
    output.push_str(rest);
}

fn plain(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return value.into();
    }
    let entities = [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", "\u{a0}"), ("&amp;", "&")];
    entities.iter().fold(value.to_owned(), |text, (entity, character)| text.replace(entity, character)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_change() {
        let change = |address: &str| match address {
            "/a?b&c" => Address::Changed("../x&\"y\"".to_owned()),
            "/gone" => Address::Gone,
            _ => Address::Kept,
        };
        for (html, expected) in [
            ("<p title=\"/a?b&amp;c\">href=\"/gone\"</p>", "<p title=\"/a?b&amp;c\">href=\"/gone\"</p>"),
            (
                "<a class=\"x\" href=\"/a?b&amp;c\" rel=\"y\">t</a>",
                "<a class=\"x\" href=\"../x&amp;&quot;y&quot;\" rel=\"y\">t</a>",
            ),
            ("<a href=\"/gone\" class=\"missing\">t</a>", "<a class=\"missing\">t</a>"),
            ("<a href=\"/gone\">t</a> <b>u</b>", "<a>t</a> <b>u</b>"),
            ("<img src=\"/gone\" alt=\"src=\"><i>k</i>", "<img alt=\"src=\"><i>k</i>"),
            ("<a href=\"https://x.example/?a=1&amp;b\">t</a>", "<a href=\"https://x.example/?a=1&amp;b\">t</a>"),
        ] {
            assert_eq!(change_addresses(html, &change), expected, "{html}");
        }
    }
}
