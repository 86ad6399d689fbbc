//! Newtypes and plain data that every layer shares.
//!
//! A value of one of these types has been checked: nothing above parses twice.
//! What belongs here knows no storage, no HTTP and no clock.

mod identity;
mod language;
mod page_path;
mod preferences;
mod principal;
mod revision;
mod slug;

pub use identity::{AuthorName, Did, Handle, Name, NameError, PersonId, PersonalTokenId, SessionId, TokenId, WikiId};
pub use language::{Language, LanguageError};
pub use page_path::{AttachmentName, AttachmentPath, FoldKey, PagePath, PathError, RepoPath, display_name};
pub use preferences::{
    CustomCss, Description, Destination, LinkOrder, Menu, MenuEntry, MenuItem, MessageDemand, MessagePolicy,
    MessageTemplate, PreferenceError, Preferences, Redirect, RedirectTarget, Redirects, Sidebar, StartPage, TreeDepth,
    TreeFocus, TreeMode, WebAddress,
};
pub use principal::{Author, Permission, Principal, Role, TokenRole};
pub use revision::{Revision, RevisionError, RevisionPrefix};
pub use slug::{Slug, SlugError};

/// Seconds since the Unix epoch, UTC.
pub type UnixSeconds = i64;
