use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Name, PersonId, PersonalTokenId, SessionId, TokenId, WikiId};

/// Who is asking. Made only by `auth`, from a credential that it has checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Principal {
    /// A signed-in person, through a session.
    Person { id: PersonId, name: Name, session: SessionId },
    /// A person, through a personal access token: what the person may, but no form of a
    /// web page, which belongs to a session.
    PersonalToken { id: PersonId, name: Name, token: PersonalTokenId },
    /// The bearer of a token of one wiki.
    WikiToken { id: TokenId, wiki: WikiId, name: Name, role: TokenRole },
    /// Anybody.
    Nobody,
}

impl Principal {
    /// The person who asks, by whatever credential.
    #[must_use]
    pub const fn person(&self) -> Option<(PersonId, &Name)> {
        match self {
            Self::Person { id, name, .. } | Self::PersonalToken { id, name, .. } => Some((*id, name)),
            Self::WikiToken { .. } | Self::Nobody => None,
        }
    }
}

/// What a person is on a wiki (design section 6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Viewer,
    Editor,
    Owner,
}

/// What a wiki token may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenRole {
    Read,
    Write,
}

/// One right on one wiki.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Permission {
    Read,
    Write,
    Upload,
    Admin,
}

impl Role {
    /// The table of design section 6.
    #[must_use]
    pub const fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::Read => true,
            Permission::Write | Permission::Upload => matches!(self, Self::Editor | Self::Owner),
            Permission::Admin => matches!(self, Self::Owner),
        }
    }
}

impl TokenRole {
    /// A token reads, or reads and writes; it never administers.
    #[must_use]
    pub const fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::Read => true,
            Permission::Write | Permission::Upload => matches!(self, Self::Write),
            Permission::Admin => false,
        }
    }
}

macro_rules! text_enum {
    ($type:ident { $($variant:ident => $text:literal),+ }) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text),+ })
            }
        }

        impl std::str::FromStr for $type {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(format!("must be one of: {}", [$($text),+].join(", "))),
                }
            }
        }
    };
}

text_enum!(Role { Viewer => "viewer", Editor => "editor", Owner => "owner" });
text_enum!(TokenRole { Read => "read", Write => "write" });
text_enum!(Permission { Read => "read", Write => "write", Upload => "upload", Admin => "admin" });

/// The author of a commit, as git records it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Author {
    pub name: Name,
    /// An address in git's sense; robotwiki writes `p7@people.invalid`-style identifiers,
    /// never a real mailbox.
    pub email: String,
}
