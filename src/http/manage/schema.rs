//! What the management API reads and answers. Times are RFC 3339, UTC.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{NewPersonalToken, NewToken, PersonalTokenSummary, TokenSummary};
use crate::http::api::ApiError;
use crate::http::dates;
use crate::model::{Name, UnixSeconds};
use crate::wiki::{Collaborator, Usage};

pub(in crate::http) use super::preferences::{LinkOrder, MenuRow, MessagePolicy, RedirectRow, Sidebar, WikiSettings};

/// What a person is on a wiki.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum Role {
    Viewer,
    Editor,
    Owner,
}

/// What a wiki token may do.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum TokenRole {
    Read,
    Write,
}

macro_rules! same {
    ($($name:ident { $($variant:ident),+ })+) => {
        $(
            impl From<crate::model::$name> for $name {
                fn from(value: crate::model::$name) -> Self {
                    match value { $(crate::model::$name::$variant => Self::$variant),+ }
                }
            }

            impl From<$name> for crate::model::$name {
                fn from(value: $name) -> Self {
                    match value { $($name::$variant => Self::$variant),+ }
                }
            }
        )+
    };
}
same!(Role { Viewer, Editor, Owner } TokenRole { Read, Write });

/// Who asks.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Me {
    pub(super) id: String,
    pub(super) name: String,
    /// Whether the person runs this server.
    pub(super) operator: bool,
    pub(super) created: String,
    /// For a session: goes into `X-CSRF-Token` of requests that change something.
    pub(super) csrf_token: Option<String>,
}

/// Wikis on which the person is something, by name.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct WikiList {
    pub(super) wikis: Vec<WikiRow>,
}

/// A wiki.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct WikiRow {
    pub(super) slug: String,
    pub(super) name: String,
    /// Whether everybody may read it.
    pub(super) public: bool,
    pub(super) created: String,
    /// What it is written in: the rules by which searches take forms of a word for one.
    pub(super) language: String,
    /// What the person is there; null for who only reads a public wiki.
    pub(super) role: Option<Role>,
    pub(super) url: String,
}

/// A wiki, and where agents find it.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct WikiAnswer {
    pub(super) wiki: WikiRow,
    pub(super) mcp_endpoint: String,
    pub(super) api_endpoint: String,
    pub(super) git_url: String,
    /// What its owner has decided; null for who is no owner.
    pub(super) settings: Option<WikiSettings>,
}

/// A wiki to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewWikiBody {
    /// The first part of its host name: 1 to 63 lower-case letters, digits and hyphens.
    pub(super) slug: String,
    /// 1 to 100 characters.
    #[serde(alias = "display_name")]
    pub(super) name: String,
    /// Whether everybody may read it.
    #[serde(default)]
    pub(super) public: bool,
}

/// What to change; what is absent stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct SettingsBody {
    /// 1 to 100 characters.
    pub(super) name: Option<String>,
    /// Whether everybody may read it.
    pub(super) public: Option<bool>,
    /// What it is written in: `english`, `german`, `french` and so on, or `none`. Pages are
    /// then indexed anew in the background.
    pub(super) language: Option<String>,
    /// One or two sentences on what it is about; at most 300 characters.
    pub(super) description: Option<String>,
    /// What the bare address shows: a page, `/-/changelog` or `/-/index`.
    pub(super) home_page: Option<String>,
    /// Whether search engines may list what everybody may read.
    pub(super) indexed: Option<bool>,
    /// How `[[one|other]]` is read. After a change all pages are read anew in the background,
    /// and until that is done links mean what they meant.
    pub(super) link_order: Option<LinkOrder>,
    pub(super) sidebar: Option<Sidebar>,
    /// The entries above the pages; at most 50.
    pub(super) menu: Option<Vec<MenuRow>>,
    /// Whether people who save a page in a browser are asked for a summary of the change.
    pub(super) message_policy: Option<MessagePolicy>,
    /// What a change is called when no summary was typed: at most 200 characters, with `%P`
    /// for the page, `%Y %m %d %H %M` for the time and `%%` for a percent sign. Empty for the
    /// usual one.
    pub(super) message_template: Option<String>,
    /// A style sheet for the text of pages; at most 32 KB. Nothing in it may load anything.
    pub(super) css: Option<String>,
    /// Where the names of pages that are not there lead; at most 500.
    pub(super) redirects: Option<Vec<RedirectRow>>,
}

/// What a wiki holds, and what it may hold; null for no limit.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct UsageAnswer {
    pub(super) pages: u64,
    pub(super) attachments: u64,
    /// Of all pages and attachments at the newest revision.
    pub(super) bytes: u64,
    pub(super) limits: UsageLimits,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct UsageLimits {
    pub(super) pages: Option<u64>,
    pub(super) bytes: Option<u64>,
}

impl From<Usage> for UsageAnswer {
    fn from(usage: Usage) -> Self {
        Self {
            pages: usage.pages,
            attachments: usage.attachments,
            bytes: usage.bytes,
            limits: UsageLimits { pages: usage.most_pages, bytes: usage.most_bytes },
        }
    }
}

/// Who is something on a wiki.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct CollaboratorList {
    pub(super) collaborators: Vec<CollaboratorRow>,
}

/// Somebody who is something on a wiki.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct CollaboratorRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) role: Role,
}

impl From<Collaborator> for CollaboratorRow {
    fn from(found: Collaborator) -> Self {
        Self { id: found.person.to_string(), name: found.name.to_string(), role: found.role.into() }
    }
}

/// What to make of a person.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RoleBody {
    pub(super) role: Role,
}

/// The tokens of a wiki, oldest first.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct TokenList {
    pub(super) tokens: Vec<TokenRow>,
}

/// A token of a wiki.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct TokenRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) role: TokenRole,
    pub(super) created: String,
    /// Null when it does not end.
    pub(super) expires: Option<String>,
}

impl From<TokenSummary> for TokenRow {
    fn from(token: TokenSummary) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name.to_string(),
            role: token.role.into(),
            created: utc(token.created),
            expires: token.expires.map(utc),
        }
    }
}

/// A token to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewTokenBody {
    /// 1 to 100 characters; the author of what is written with it.
    pub(super) name: String,
    pub(super) role: TokenRole,
    /// 1 to 3650; it does not end when absent.
    pub(super) expires_days: Option<u32>,
}

/// A token that was just made.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct NewTokenAnswer {
    /// The secret, shown this once.
    pub(super) token: String,
    #[serde(flatten)]
    pub(super) row: TokenRow,
}

impl NewTokenAnswer {
    pub(super) fn new(token: NewToken, name: &Name, role: TokenRole) -> Self {
        let row = TokenRow {
            id: token.id.to_string(),
            name: name.to_string(),
            role,
            created: utc(token.created),
            expires: token.expires.map(utc),
        };
        Self { token: token.secret, row }
    }
}

/// A person's tokens, oldest first.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct PersonalTokenList {
    pub(super) tokens: Vec<PersonalTokenRow>,
}

/// A personal access token.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct PersonalTokenRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created: String,
    /// Null when it does not end.
    pub(super) expires: Option<String>,
    /// To the hour or so; null when it was never used.
    pub(super) last_used: Option<String>,
}

impl From<PersonalTokenSummary> for PersonalTokenRow {
    fn from(token: PersonalTokenSummary) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name.to_string(),
            created: utc(token.created),
            expires: token.expires.map(utc),
            last_used: token.last_used.map(utc),
        }
    }
}

/// A personal access token to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewPersonalTokenBody {
    /// 1 to 100 characters.
    pub(super) name: String,
    /// 1 to 3650; it does not end when absent.
    pub(super) expires_days: Option<u32>,
}

/// A personal access token that was just made.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct NewPersonalTokenAnswer {
    /// The secret, shown this once.
    pub(super) token: String,
    #[serde(flatten)]
    pub(super) row: PersonalTokenRow,
}

impl NewPersonalTokenAnswer {
    pub(super) fn new(token: NewPersonalToken, name: &Name) -> Self {
        let row = PersonalTokenRow {
            id: token.id.to_string(),
            name: name.to_string(),
            created: utc(token.created),
            expires: token.expires.map(utc),
            last_used: None,
        };
        Self { token: token.secret, row }
    }
}

/// It is gone.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Gone {
    /// `true`.
    pub(super) deleted: bool,
}

pub(super) fn utc(seconds: UnixSeconds) -> String {
    dates::date_time(seconds, 0)
}

/// A name from a body.
///
/// # Errors
/// 422 naming the rule that it breaks.
pub(super) fn name(text: &str) -> Result<Name, ApiError> {
    Name::parse(text).map_err(|cause| ApiError::field(cause.to_string()))
}
