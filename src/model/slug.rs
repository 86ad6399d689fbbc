use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a wiki in host names and directories: 3 to 30 of `a-z`, `0-9` and `-`,
/// neither first nor last a hyphen, and none of the reserved names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Why a text is no slug. The texts are the predecessor's (platform reference 3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SlugError {
    #[error("slug is required")]
    Empty,
    #[error("slug must be lowercase")]
    NotLowercase,
    #[error("slug must be at least 3 characters")]
    TooShort,
    #[error("slug must be at most 30 characters")]
    TooLong,
    #[error("slug must not start or end with a hyphen")]
    EdgeHyphen,
    #[error("slug must contain only lowercase letters, digits, and hyphens")]
    BadCharacter,
    #[error("slug is reserved")]
    Reserved,
}

/// Names that would shadow a platform host or invite confusion with one.
const RESERVED: &[&str] = &[
    "admin",
    "api",
    "app",
    "auth",
    "autoconfig",
    "autodiscover",
    "blog",
    "cdn",
    "dns",
    "ftp",
    "git",
    "help",
    "imap",
    "localhost",
    "mail",
    "mcp",
    "mta-sts",
    "ns1",
    "ns2",
    "pop",
    "platform",
    "root",
    "smtp",
    "static",
    "status",
    "support",
    "system",
    "webmail",
    "wpad",
    "www",
];

impl Slug {
    /// Parses a slug exactly as given; trimming is the caller's choice.
    ///
    /// # Errors
    /// The first rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        if text.is_empty() {
            return Err(SlugError::Empty);
        }
        if text.chars().any(char::is_uppercase) {
            return Err(SlugError::NotLowercase);
        }
        match text.chars().count() {
            0..3 => return Err(SlugError::TooShort),
            3..=30 => {}
            _ => return Err(SlugError::TooLong),
        }
        if text.starts_with('-') || text.ends_with('-') {
            return Err(SlugError::EdgeHyphen);
        }
        if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(SlugError::BadCharacter);
        }
        if RESERVED.contains(&text) {
            return Err(SlugError::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;
    fn try_from(text: String) -> Result<Self, SlugError> {
        Self::parse(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_its_text() {
        for (text, error) in [
            ("", SlugError::Empty),
            ("Docs", SlugError::NotLowercase),
            ("ab", SlugError::TooShort),
            ("a234567890123456789012345678901", SlugError::TooLong),
            ("-docs", SlugError::EdgeHyphen),
            ("docs-", SlugError::EdgeHyphen),
            ("do.cs", SlugError::BadCharacter),
            ("do/cs", SlugError::BadCharacter),
            ("d\u{f6}cs", SlugError::BadCharacter),
            ("www", SlugError::Reserved),
        ] {
            assert_eq!(Slug::parse(text), Err(error), "{text:?}");
        }
        assert!(Slug::parse("team-docs-2").is_ok());
    }
}
