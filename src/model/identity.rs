use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                text.strip_prefix($prefix).and_then(|n| n.parse().ok()).map(Self).ok_or(NameError::NotAnId)
            }
        }
    };
}

id! {
    /// A person's account. Never used again after deletion.
    PersonId, "p"
}
id! {
    /// A wiki. Never used again after deletion, so that nothing bound to a deleted
    /// wiki can reach a later one with the same slug.
    WikiId, "w"
}
id! {
    /// A wiki token's record; not the secret.
    TokenId, "t"
}

id! {
    /// A personal access token's record; not the secret.
    PersonalTokenId, "pt"
}

/// A session: 128 random bits, hexadecimal. The `jti` of the session's JWT.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct SessionId(pub String);

/// A decentralized identifier, `did:plc:...` or `did:web:...` (atproto.com/specs/did).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Did(pub String);

/// An ATProto handle. Only ever shown; accounts are keyed by [`Did`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Handle(pub String);

/// A name that people give to an account, a wiki or a token: 1 to 100 characters on one
/// line, without control characters or surrounding space.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// The same as [`Name`]; said where it becomes the author of a commit.
pub type AuthorName = Name;

/// Why a text is no name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    #[error("name must not be empty")]
    Empty,
    #[error("name must be at most 100 characters")]
    TooLong,
    #[error("name must not contain control characters or line breaks")]
    Control,
    #[error("name must not contain '<' or '>'")]
    Bracket,
    #[error("not an identifier")]
    NotAnId,
}

impl Name {
    /// Trims and checks. Angle brackets are refused because git's author line uses them.
    ///
    /// # Errors
    /// The first rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.chars().count() > 100 {
            return Err(NameError::TooLong);
        }
        if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(NameError::Control);
        }
        if text.contains(['<', '>']) {
            return Err(NameError::Bracket);
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}
