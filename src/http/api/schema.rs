//! What the API answers, as types: `OpenAPI` describes exactly these (`http/openapi`).

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::http::dates;
use crate::wiki::{self, LastChange, Saved};

/// Whether the server answers.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Health {
    /// `ok`.
    pub(super) status: &'static str,
}

/// A page as it is, or was at a revision.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct PageAnswer {
    /// The front matter's `title`, else the last part of the path.
    pub(super) name: String,
    /// The path as it is stored.
    pub(super) path: String,
    /// The file, front matter included.
    pub(super) content: String,
    /// The front matter's fields; null when the page has none.
    pub(super) frontmatter: Option<Map<String, Value>>,
    /// Pages that this page links to, whether they exist or not.
    pub(super) links_to: Vec<String>,
    /// Pages that link to this page.
    pub(super) linked_from: Vec<String>,
    /// The last commit that changed this page, 40 hexadecimal digits; what a write gives as `revision`.
    pub(super) revision: String,
    pub(super) last_commit: Option<Commit>,
}

impl From<wiki::Page> for PageAnswer {
    fn from(page: wiki::Page) -> Self {
        Self {
            revision: page.last.as_ref().map(|last| last.revision.to_string()).unwrap_or_default(),
            last_commit: page.last.as_ref().map(Commit::from),
            name: page.name,
            path: page.path.to_string(),
            content: page.content,
            frontmatter: page.front_matter,
            links_to: page.links_to.iter().map(ToString::to_string).collect(),
            linked_from: page.linked_from.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A commit.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Commit {
    /// 40 hexadecimal digits.
    pub(super) revision: String,
    pub(super) author: String,
    /// Date and time with the author's offset (RFC 3339).
    pub(super) date: String,
    pub(super) message: String,
}

impl From<&LastChange> for Commit {
    fn from(change: &LastChange) -> Self {
        Self {
            revision: change.revision.to_string(),
            author: change.author.clone(),
            date: dates::date_time(change.time, change.offset),
            message: change.message.clone(),
        }
    }
}

/// What a write or an edit left.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct SavedAnswer {
    pub(super) name: String,
    /// The path as it is stored.
    pub(super) path: String,
    /// The page's revision now; the one it had when nothing changed.
    pub(super) revision: String,
}

impl From<Saved> for SavedAnswer {
    fn from(saved: Saved) -> Self {
        Self { name: saved.name, path: saved.path.to_string(), revision: saved.revision.to_string() }
    }
}

/// What a write left.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct WrittenAnswer {
    #[serde(flatten)]
    pub(super) saved: SavedAnswer,
    /// Whether there was no such page before.
    pub(super) created: bool,
    /// Of a merging write: whether somebody else's change was kept beside this one; read the page to see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) merged: Option<bool>,
}

/// A page that is gone, or would be.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct DeletedAnswer {
    /// False for a dry run.
    pub(super) deleted: bool,
    /// The path as it was stored.
    pub(super) path: String,
    /// The files attached to the page, which go with it.
    pub(super) attachments: Vec<String>,
    /// The commit that deleted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<String>,
}

/// The files attached to a page, ordered by name.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct AttachmentList {
    /// The page's path as it is stored.
    pub(super) path: String,
    pub(super) total: usize,
    pub(super) attachments: Vec<AttachmentRow>,
}

/// A file in a listing.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct AttachmentRow {
    pub(super) filename: String,
    /// Bytes.
    pub(super) size: u64,
    pub(super) mime_type: String,
    /// When a commit last changed it (RFC 3339).
    pub(super) last_modified: Option<String>,
}

/// A file.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct AttachmentAnswer {
    pub(super) filename: String,
    /// Bytes.
    pub(super) size: usize,
    pub(super) mime_type: String,
    /// The bytes as base64 (RFC 4648 section 4).
    pub(super) content: String,
}

/// Why a request was not done, and what helps.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct ErrorBody {
    /// For people.
    error: String,
    /// For programs: a word that stays the same.
    code: String,
    /// Of a conflict: the page's revision now.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_revision: Option<String>,
    /// Of a page that is not there: pages with similar paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    near: Option<Vec<String>>,
    /// Of an `old_string` that does not fit: which of the edits, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<usize>,
    /// Of an ambiguous `old_string`: how often it occurs.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    /// Of an ambiguous `old_string`: the lines on which it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<usize>>,
    /// Of an `old_string` that does not occur: the place that is most like it.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<Nearest>,
    /// Of a section that is not there, or is ambiguous: the sections that can be meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    sections: Option<Vec<String>>,
    /// Of a merge that failed: the page as it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    /// Of a merge that failed: the page as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    theirs: Option<String>,
    /// Of a merge that failed: where both changed the same lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    hunks: Option<Vec<ConflictHunk>>,
    /// Of several changes: which of them, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<usize>,
    /// Of something too large: what is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
}

/// The place of a page that is most like what was looked for.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct Nearest {
    /// Counted from 1.
    line: usize,
    text: String,
    /// In what it differs, when that can be said.
    hint: Option<String>,
}

/// Lines that both sides changed.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct ConflictHunk {
    /// The first of them in the page as it was read, counted from 1.
    line: usize,
    base: String,
    mine: String,
    theirs: String,
}
