//! The use cases: what people, agents and programs do with a wiki. Web, REST, MCP and git
//! call the same functions with the same [`Access`].
//!
//! Permissions are checked here and nowhere else. Nothing here knows HTTP or the terminal.

mod access;
mod attach;
mod attachments;
mod batch;
mod change;
mod draft;
mod edit;
mod error;
mod history;
mod lifecycle;
mod list;
mod message;
mod open;
mod read;
mod rename;
mod restore;
mod search;
mod sections;
mod seed;
mod source;
mod write;

pub use access::{Access, AccessError, Admin, Read, ReadableWiki, Right, Upload, Write};
pub use attach::{Attached, NewAttachment, attach, attachment_name, check_attachment_size, detach};
pub use attachments::{Attachment, AttachmentSummary, attachment, attachments};
pub use batch::{BatchChange, BatchDone, BatchItem, BatchOp, MOST_CHANGES, batch};
pub use change::{Done, Once};
pub use edit::{NearMiss, Replacement};
pub use error::WikiError;
pub use history::{HistoryItem, history};
pub use lifecycle::{NewWiki, WikiState, WikiSummary};
pub use list::{ListQuery, PageSummary, list, page_index};
pub use message::{Action, Origin};
pub use open::{Wiki, Wikis, WikisConfig};
pub use read::{LastChange, Page, find_page, link_targets, near_pages, read, tip};
pub use rename::{Rename, Renamed, rename};
pub use restore::restore;
pub use search::{SearchResults, search};
pub use sections::{Part, SectionOp, revise};
pub use write::{Conflict, Deleted, Edit, Recording, Saved, WriteMode, WritePage, delete, edit, write};

#[cfg(test)]
mod tests;
