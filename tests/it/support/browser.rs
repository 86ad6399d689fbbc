use std::collections::BTreeMap;

use super::http::{Request, Response};
use super::server::Server;

/// Somebody with a browser that knows cookies, redirects and forms, but nothing of scripts.
#[derive(Clone, Default)]
pub(crate) struct Visitor {
    /// Cookies by host name, as browsers keep them when no `Domain` is given: without regard to the port.
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// A form of a page: where it goes, and what it holds.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl Visitor {
    /// Opens a one-time sign-in link, presses its button, and visits the wiki through the handoff.
    pub(crate) fn sign_in(server: &Server<'_>, link: &str, slug: &str) -> Self {
        let mut visitor = Self::sign_in_to_root(server, link);
        visitor.hand_off(server, slug);
        visitor
    }

    /// Opens a one-time sign-in link and presses its button.
    pub(crate) fn sign_in_to_root(server: &Server<'_>, link: &str) -> Self {
        let mut visitor = Self::default();
        let host = server.dir().domain();
        let target = link.strip_prefix(&format!("http://{host}")).unwrap_or_else(|| panic!("{link} is at {host}"));
        let page = visitor.get(server, &host, target);
        assert_eq!(page.status, 200, "{}", page.text());
        let form = Form::posts(&page.text()).into_iter().find(|form| form.field("token").is_some());
        let form = form.unwrap_or_else(|| panic!("no sign-in form in {}", page.text()));
        let action = if form.action.is_empty() { target.to_owned() } else { form.action };
        let fields: Vec<(&str, &str)> = form.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let answer = visitor.post(server, &host, &action, &fields);
        assert_eq!(answer.status, 303, "{}", answer.text());
        visitor
    }

    /// Takes the session of the root host to a wiki.
    pub(crate) fn hand_off(&mut self, server: &Server<'_>, slug: &str) {
        let page = self.get_following(server, &server.dir().host(slug), "/-/sign-in?return=%2F-%2Findex");
        assert_eq!(page.status, 200, "after the handoff: {}", page.text());
    }

    pub(crate) fn get(&mut self, server: &Server<'_>, host: &str, target: &str) -> Response {
        self.send(server, host, Request::get(target))
    }

    /// Follows redirects, over both hosts.
    pub(crate) fn get_following(&mut self, server: &Server<'_>, host: &str, target: &str) -> Response {
        let (mut host, mut target) = (host.to_owned(), target.to_owned());
        for _ in 0..10 {
            let response = self.get(server, &host, &target);
            let Some(location) = response.header("location").filter(|_| (300..400).contains(&response.status)) else {
                return response;
            };
            if let Some(absolute) = location.strip_prefix("http://") {
                let (authority, path) = absolute.split_once('/').unwrap_or((absolute, ""));
                host = authority.to_owned();
                target = format!("/{path}");
            } else {
                assert!(location.starts_with('/'), "{location}");
                target = location.to_owned();
            }
        }
        panic!("too many redirects; the last to {host}{target}");
    }

    /// Posts a form as a page of the same host does.
    pub(crate) fn post(&mut self, server: &Server<'_>, host: &str, target: &str, fields: &[(&str, &str)]) -> Response {
        let request = Request::new("POST", target)
            .header("Origin", format!("http://{host}"))
            .header("Sec-Fetch-Site", "same-origin")
            .form(fields);
        self.send(server, host, request)
    }

    pub(crate) fn send(&mut self, server: &Server<'_>, host: &str, request: Request) -> Response {
        self.try_send(server.dir().port(), host, request).unwrap_or_else(|error| panic!("{host}: {error}"))
    }

    /// Sends with this visitor's cookies, and keeps those that come back.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) fn try_send(&mut self, port: u16, host: &str, request: Request) -> std::io::Result<Response> {
        let name = host.split(':').next().unwrap_or_default().to_owned();
        let jar = self.cookies.entry(name).or_default();
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header("Cookie", cookies.join("; ")) };
        let response = request.send(port, host)?;
        for (_, set) in response.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let mut parts = set.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let gone = parts.any(|p| p.eq_ignore_ascii_case("max-age=0"));
            if gone {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }
}

impl Form {
    /// The POST forms of an HTML page, in order, with their inputs and text areas.
    pub(crate) fn posts(html: &str) -> Vec<Self> {
        let mut forms = Vec::new();
        for (_, rest) in tags(html, "form") {
            let (opening, inside) = rest.split_once('>').unwrap_or((rest, ""));
            if attribute(opening, "method").is_none_or(|m| !m.eq_ignore_ascii_case("post")) {
                continue;
            }
            let inside = inside.split("</form").next().unwrap_or_default();
            let mut fields: Vec<(usize, String, String)> = Vec::new();
            for (at, input) in tags(inside, "input") {
                let input = input.split('>').next().unwrap_or_default();
                if let Some(name) = attribute(input, "name") {
                    fields.push((at, name, attribute(input, "value").unwrap_or_default()));
                }
            }
            for (at, area) in tags(inside, "textarea") {
                let (opening, text) = area.split_once('>').unwrap_or((area, ""));
                let text = text.split("</textarea").next().unwrap_or_default();
                // The first line break after the tag belongs to the markup.
                let text = text.strip_prefix('\n').unwrap_or(text);
                if let Some(name) = attribute(opening, "name") {
                    fields.push((at, name, unescape(text)));
                }
            }
            fields.sort();
            forms.push(Self {
                action: attribute(opening, "action").unwrap_or_default(),
                fields: fields.into_iter().map(|(_, name, value)| (name, value)).collect(),
            });
        }
        forms
    }

    /// The form that saves a page: the one with a field `content`.
    pub(crate) fn editor(html: &str) -> Self {
        Self::posts(html)
            .into_iter()
            .find(|form| form.field("content").is_some())
            .unwrap_or_else(|| panic!("no edit form in {html:.2000}"))
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Where tags of a name open, and the text after the name.
fn tags<'h>(html: &'h str, name: &'h str) -> impl Iterator<Item = (usize, &'h str)> {
    let opening = format!("<{name}");
    let ends: Vec<usize> = html.match_indices(&opening).map(|(at, _)| at + opening.len()).collect();
    ends.into_iter().filter_map(move |end| {
        let rest = &html[end..];
        rest.starts_with([' ', '\n', '\t', '>']).then_some((end, rest))
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    for (at, _) in tag.match_indices(name) {
        let bounded = tag[..at].ends_with([' ', '\n', '\t']);
        if let Some(value) = tag[at + name.len()..].strip_prefix('=').filter(|_| bounded) {
            let text = match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => value.split([' ', '\n', '>', '/']).next(),
            };
            return text.map(unescape);
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut out = text.to_owned();
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#x2F;", "/"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ] {
        out = out.replace(entity, character);
    }
    out
}
