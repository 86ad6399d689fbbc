//! What a browser would make of the HTML of a page, judged by html5ever's tokenizer and not by our own code.

use std::cell::RefCell;

use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};

/// Elements that run something, load something, or would swallow what follows them.
const FORBIDDEN: &[&str] = &[
    "applet",
    "base",
    "body",
    "button",
    "canvas",
    "embed",
    "form",
    "frame",
    "frameset",
    "head",
    "html",
    "iframe",
    "link",
    "listing",
    "marquee",
    "meta",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "param",
    "plaintext",
    "portal",
    "script",
    "select",
    "slot",
    "style",
    "template",
    "textarea",
    "title",
    "xmp",
];
const FORBIDDEN_ATTRIBUTES: &[&str] = &[
    "action",
    "background",
    "dynsrc",
    "formaction",
    "http-equiv",
    "lowsrc",
    "name",
    "ping",
    "srcdoc",
    "srcset",
    "style",
];
const ADDRESSES: &[&str] = &["cite", "data", "href", "poster", "src", "xlink:href"];
const SCHEMES: &[&str] = &["http", "https", "mailto", "tel", "ftp", "irc", "ircs", "xmpp", "news", "matrix", "magnet"];

#[derive(Default)]
struct Tags(RefCell<Vec<Tag>>);

impl TokenSink for Tags {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token {
            self.0.borrow_mut().push(tag);
        }
        TokenSinkResult::Continue
    }
}

fn tags(html: &str) -> Vec<Tag> {
    let tokenizer = Tokenizer::new(Tags::default(), Default::default());
    let queue = BufferQueue::default();
    queue.push_back(html.into());
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// No element, attribute or address that could run anything. Returns the `id`s.
pub(crate) fn assert_safe(html: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for tag in tags(html).iter().filter(|tag| tag.kind == TagKind::StartTag) {
        let name: &str = &tag.name;
        assert!(!FORBIDDEN.contains(&name), "<{name}> in {html}");
        for attribute in &tag.attrs {
            let (key, value): (&str, &str) = (&attribute.name.local, &attribute.value);
            assert!(!key.starts_with("on"), "{key}={value:?} in {html}");
            assert!(!FORBIDDEN_ATTRIBUTES.contains(&key), "{key}={value:?} in {html}");
            if ADDRESSES.contains(&key) {
                assert!(is_harmless(value), "{key}={value:?} in {html}");
            }
            if key == "id" {
                ids.push(value.to_owned());
            }
        }
    }
    ids
}

/// Whether an address is of this wiki or has a scheme that runs nothing (WHATWG URL, "basic URL parser": leading
/// control characters and blanks, and tabs and line feeds anywhere, do not count).
fn is_harmless(address: &str) -> bool {
    let address: String =
        address.trim_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let Some(end) = address.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))) else { return true };
    let (scheme, rest) = address.split_at(end);
    let is_scheme = rest.starts_with(':') && scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    !is_scheme || SCHEMES.contains(&scheme.to_ascii_lowercase().as_str())
}
