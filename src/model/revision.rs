use std::fmt;

use serde::{Deserialize, Serialize};

/// A commit: 40 lower-case hexadecimal digits (SHA-1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Revision([u8; 20]);

/// The beginning of a revision as a client sends it: 7 to 40 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RevisionPrefix(String);

/// Why a text is no revision.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RevisionError {
    #[error("revision must be at least 7 characters")]
    TooShort,
    #[error("revision must be at most 40 characters")]
    TooLong,
    #[error("revision must be hexadecimal")]
    NotHex,
}

impl Revision {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Parses a full revision.
    ///
    /// # Errors
    /// When the text is not exactly 40 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, RevisionError> {
        if text.len() < 40 {
            return Err(RevisionError::TooShort);
        }
        if text.len() > 40 {
            return Err(RevisionError::TooLong);
        }
        let mut bytes = [0u8; 20];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let (high, low) = match pair {
                [high, low] => (hex_value(*high), hex_value(*low)),
                _ => (None, None),
            };
            match (high, low) {
                (Some(high), Some(low)) => *byte = high << 4 | low,
                _ => return Err(RevisionError::NotHex),
            }
        }
        Ok(Self(bytes))
    }

    /// The first 8 digits, for people and for short tool answers.
    #[must_use]
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(8);
        text
    }

    /// Whether this revision begins with `prefix`.
    #[must_use]
    pub fn matches(&self, prefix: &RevisionPrefix) -> bool {
        self.to_string().starts_with(&prefix.0)
    }
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

impl RevisionPrefix {
    /// Parses 7 to 40 hexadecimal digits; upper case is folded.
    ///
    /// # Errors
    /// The first rule that the text breaks: length, then alphabet.
    pub fn parse(text: &str) -> Result<Self, RevisionError> {
        match text.chars().count() {
            0..7 => Err(RevisionError::TooShort),
            7..=40 if text.bytes().all(|b| b.is_ascii_hexdigit()) => Ok(Self(text.to_ascii_lowercase())),
            7..=40 => Err(RevisionError::NotHex),
            _ => Err(RevisionError::TooLong),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Revision> for RevisionPrefix {
    fn from(revision: Revision) -> Self {
        Self(revision.to_string())
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for RevisionPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Revision {
    type Error = RevisionError;
    fn try_from(text: String) -> Result<Self, RevisionError> {
        Self::parse(&text)
    }
}

impl From<Revision> for String {
    fn from(revision: Revision) -> Self {
        revision.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_round_trips_and_matches_its_prefixes() {
        let text = "8876065ea3f9bb28303ddcbe59b8f439c0509849";
        let revision = Revision::parse(text).unwrap();
        assert_eq!(revision.to_string(), text);
        assert!(revision.matches(&RevisionPrefix::parse("8876065").unwrap()));
        assert!(revision.matches(&RevisionPrefix::parse("8876065EA3").unwrap()));
        assert!(!revision.matches(&RevisionPrefix::parse("8876066").unwrap()));
    }

    #[test]
    fn what_is_not_hexadecimal_is_refused() {
        assert_eq!(RevisionPrefix::parse("abc"), Err(RevisionError::TooShort));
        assert_eq!(RevisionPrefix::parse("--output=x"), Err(RevisionError::NotHex));
        assert_eq!(RevisionPrefix::parse(&"a".repeat(41)), Err(RevisionError::TooLong));
        assert_eq!(Revision::parse(&"g".repeat(40)), Err(RevisionError::NotHex));
        assert_eq!(Revision::parse(&"\u{e9}".repeat(20)), Err(RevisionError::NotHex));
    }
}
