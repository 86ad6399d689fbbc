//! The use cases: what people, agents and programs do with a wiki. Web, REST, MCP and git
//! call the same functions with the same [`Access`].
//!
//! Permissions are checked here and nowhere else. Nothing here knows HTTP or the terminal.

mod access;
mod attach;
mod attachments;
mod batch;
mod blame;
mod by;
mod change;
mod changelog;
mod diff;
mod draft;
mod edit;
mod embedded;
mod empty;
mod error;
mod export;
mod feed;
mod folders;
mod history;
mod housekeeping;
mod import;
mod index_status;
mod lifecycle;
mod links;
mod list;
mod manage;
mod message;
mod moved;
mod my_drafts;
mod named;
mod open;
mod outline;
mod part;
mod read;
mod redirects;
mod rename;
mod restore;
mod revert;
mod search;
mod sections;
mod seed;
mod settings;
mod source;
mod submit;
mod suggest;
mod tags;
mod thumbnails;
mod tree;
mod versions;
mod write;

pub use crate::catalog::{ChangeKind, LinkTarget};
pub use access::{Access, AccessError, Admin, Read, ReadableWiki, Right, Upload, Write};
pub use attach::{
    Attached, NewAttachment, StagedFile, attach, attach_staged, attachment_name, check_attachment_size, detach,
    restore_attachment, stage,
};
pub use attachments::{
    Attachment, AttachmentHistory, AttachmentSummary, AttachmentVersion, attachment, attachment_history, attachments,
};
pub use batch::{BatchChange, BatchDone, BatchItem, BatchOp, MOST_CHANGES, batch};
pub use blame::{Blame, BlamedLines, blame};
pub use by::By;
pub use change::{Done, Once};
pub use changelog::{ChangedFile, Changelog, ChangelogEntry, ChangelogQuery, changelog, commit};
pub use diff::{DiffQuery, PageDiff, diff};
pub use edit::{NearMiss, Replacement};
pub use embedded::{attachment_size, index_part, page_headings};
pub use empty::{delete_empty_pages, empty_pages};
pub use error::WikiError;
pub use export::{ExportError, ExportFormat, check_export, export};
pub use feed::{Became, ChangedAttachment, ChangedPage, FeedEvent, Since, feed_after, feed_cursor, feed_events};
pub use folders::{Focus, FolderIndex, FolderQuery, Inside, Names, Node, PageTree, TreeStyle, folder_index};
pub use history::{DeletedPage, HistoryItem, PageHistory, deleted_history, deleted_pages, history, history_part};
pub use import::{
    Broken, Fate, Fates, Hear, ImportDone, ImportKind, ImportOptions, ImportReport, OnConflict, Refused, Row, SentFile,
    import, is_repository,
};
pub use index_status::{
    IndexStatus, Reindexing, TextIndexStatus, VectorIndexStatus, embedding_model, index_status, reindex,
};
pub use lifecycle::{NewWiki, WikiState, WikiSummary};
pub use links::{
    BrokenLink, Graph, Neighbour, Neighbours, PageLinks, broken_links, graph, neighbours, orphans, page_links,
};
pub use list::{AsOf, ListPosition, ListQuery, PageList, PageQuery, PageSummary, SortBy, list, list_pages};
pub use manage::{Collaborator, MemberWiki, NewOwnWiki, Usage};
pub use message::{Action, Origin};
pub use moved::moved_to;
pub use my_drafts::{
    DRAFT_DAYS, DraftStamp, KeptDraft, MOST_DRAFTS, MyDraft, NewDraft, discard_draft, discard_own_draft, keep_draft,
    my_draft, my_drafts,
};
pub use named::{NameQuery, Named, named, named_like};
pub use open::{Wiki, Wikis, WikisConfig};
pub use outline::{Outline, outline};
pub use part::{Part, Selection, find_section};
pub use read::{LastChange, Page, find_page, link_targets, near_pages, read, tip};
pub use redirects::{LeadsTo, leads_to};
pub use rename::{Extent, Rename, Renamed, extent_of_rename, rename, rename_attachment};
pub use restore::restore;
pub use revert::{Obstacle, ObstacleKind, Reverted, RevertedFile, Undoing, revert};
pub use search::{ChunkHit, Hit, SearchQuery, SearchResults, search, semantic_chunks};
pub use sections::{Passage, SectionOp, revise};
pub use settings::{Settings, Style};
pub use submit::{Choice, Contested, Submission, Submitted, settle, submit};
pub use suggest::{Suggestions, suggest};
pub use tags::{Counted, categories, tags};
pub use thumbnails::{PictureKind, Small, Thumbnail, ThumbnailSize, has_thumbnail, kept_thumbnail, make_thumbnail};
pub use tree::{Tree, TreeNode, tree};
pub use versions::{revision_at, revision_of};
pub use write::{Conflict, Deleted, Edit, Recording, Saved, WriteMode, WritePage, check_content, delete, edit, write};

#[cfg(test)]
mod tests;
