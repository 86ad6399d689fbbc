//! The use cases: what people, agents and programs do with a wiki. Web, REST, MCP and git
//! call the same functions with the same [`Access`].
//!
//! Permissions are checked here and nowhere else. Nothing here knows HTTP or the terminal.

mod access;
mod attachments;
mod changelog;
mod error;
mod history;
mod lifecycle;
mod links;
mod list;
mod message;
mod open;
mod read;
mod search;
mod seed;
mod source;
mod tags;
mod tree;
mod write;

pub use crate::catalog::{ChangeKind, LinkTarget};
pub use access::{Access, AccessError, Admin, Read, ReadableWiki, Right, Upload, Write};
pub use attachments::{Attachment, AttachmentSummary, attachment, attachments};
pub use changelog::{ChangedFile, Changelog, ChangelogEntry, ChangelogQuery, changelog};
pub use error::WikiError;
pub use history::{DeletedPage, HistoryItem, PageHistory, deleted_pages, history, history_part};
pub use lifecycle::{NewWiki, WikiState, WikiSummary};
pub use links::{
    BrokenLink, Graph, Neighbour, Neighbours, PageLinks, broken_links, graph, neighbours, orphans, page_links,
};
pub use list::{AsOf, ListPosition, ListQuery, PageList, PageQuery, PageSummary, SortBy, list, list_pages, page_index};
pub use message::{Action, Origin};
pub use open::{Wiki, Wikis, WikisConfig};
pub use read::{LastChange, Page, find_page, link_targets, near_pages, read, tip};
pub use search::{SearchResults, search};
pub use tags::{Counted, categories, tags};
pub use tree::{Tree, TreeNode, tree};
pub use write::{Edit, Saved, WritePage, delete, edit, write};

#[cfg(test)]
mod tests;
