use std::fmt;

use serde::{Deserialize, Serialize};

use super::{PreferenceError, by_text};
use crate::model::PagePath;

/// An address of the web: `http://` or `https://`, a host, and no more than 2,000 characters
/// of ASCII that stand for themselves in a header and in an attribute.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebAddress(String);

impl WebAddress {
    const LONGEST: usize = 2_000;

    /// # Errors
    /// When it is no such address. The error's field is `link`.
    pub fn parse(text: &str) -> Result<Self, PreferenceError> {
        let text = text.trim();
        let refused = |problem: &str| PreferenceError::new("link", format!("'{}' {problem}", shortened(text)));
        if text.len() > Self::LONGEST {
            return Err(refused("is too long"));
        }
        let Some(rest) = after_scheme(text) else { return Err(refused("must begin with http:// or https://")) };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(refused("must not hold a user name or password"));
        }
        let (host, port) = split_port(authority);
        if host.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refused("names no host"));
        }
        if !host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%[]:".contains(&b)) {
            return Err(refused("names a host with characters that no host has"));
        }
        if !text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b)) {
            return Err(refused("must hold no spaces and no characters beyond ASCII; write them as %20 and so on"));
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port in small letters, as a request to it would name them.
    #[must_use]
    pub fn authority(&self) -> String {
        let rest = after_scheme(&self.0).unwrap_or_default();
        rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase()
    }
}

fn after_scheme(text: &str) -> Option<&str> {
    ["http://", "https://"].into_iter().find_map(|scheme| {
        let start = text.get(..scheme.len())?;
        if start.eq_ignore_ascii_case(scheme) { text.get(scheme.len()..) } else { None }
    })
}

fn split_port(authority: &str) -> (&str, &str) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, ""),
    }
}

/// Where an entry of a menu leads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Destination {
    /// A page, which need not exist.
    Page(PagePath),
    /// An address below `/-/` of the same wiki: `/-/changelog`.
    Own(String),
    Web(WebAddress),
    /// `mailto:` and an address.
    Mail(String),
}

impl Destination {
    /// # Errors
    /// When it is none of these. The error's field is `link`.
    pub fn parse(text: &str) -> Result<Self, PreferenceError> {
        let text = text.trim();
        let refused = |problem: &str| PreferenceError::new("link", format!("'{}' {problem}", shortened(text)));
        let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        if lower.starts_with("http:") || lower.starts_with("https:") {
            return WebAddress::parse(text).map(Self::Web);
        }
        let plain = |text: &str| {
            text.len() <= 300 && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
        };
        if lower.starts_with("mailto:") {
            let address = text.get("mailto:".len()..).unwrap_or_default();
            let whole = plain(address)
                && address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
            return if whole {
                Ok(Self::Mail(format!("mailto:{address}")))
            } else {
                Err(refused("is no mail address"))
            };
        }
        if text.starts_with("/-/") {
            return if plain(text) {
                Ok(Self::Own(text.to_owned()))
            } else {
                Err(refused("is no address of this wiki"))
            };
        }
        if let Some((scheme, _)) = text.split_once(':')
            && ["javascript", "data", "vbscript", "file", "ftp", "blob"].contains(&scheme.to_ascii_lowercase().as_str())
        {
            return Err(refused("must be a page, /-/…, http://…, https://… or mailto:…"));
        }
        PagePath::parse(text).map(Self::Page).map_err(|cause| refused(&format!("is no name of a page: {cause}")))
    }
}

/// Enough of a text to know it by in an error.
pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(59).chain(['…']).collect() }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(page) => page.fmt(f),
            Self::Own(text) | Self::Mail(text) => f.write_str(text),
            Self::Web(address) => address.fmt(f),
        }
    }
}

by_text!(WebAddress);
by_text!(Destination);
