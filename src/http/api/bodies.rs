//! What requests bring, where [`body::Fields`](super::body) reads it by hand, with the contract's texts.

#![expect(dead_code, reason = "these describe; nothing is read into them")]

use schemars::JsonSchema;

use super::revising::{FrontMatterBody, SectionBody};
use super::writing::EditBody;

/// A page to create, or to replace.
#[derive(JsonSchema)]
pub(in crate::http) struct WriteBody {
    /// The whole file, front matter included.
    content: String,
    /// The revision that was read, at least 7 digits; absent for a new page.
    revision: Option<String>,
    /// Refuse when there is such a page, whatever `revision` says.
    create_only: Option<bool>,
    /// When somebody else was faster, keep both changes if they touch different lines.
    merge: Option<bool>,
    /// The commit's message; one that says what happened when absent.
    commit_message: Option<String>,
}

/// Replacements in a page: `edits`, or one of them with its fields right here.
#[derive(JsonSchema)]
pub(in crate::http) struct PatchBody {
    /// The revision that was read, at least 7 digits.
    revision: String,
    /// What is replaced, as it is in the page.
    old_string: Option<String>,
    /// What comes in its place; may be empty.
    new_string: Option<String>,
    /// Replace every occurrence; else there must be exactly one.
    replace_all: Option<bool>,
    /// How many occurrences there must be.
    expected_count: Option<usize>,
    /// 1 to 100 replacements, made in order: all or none.
    edits: Option<Vec<EditBody>>,
    /// The commit's message; one that says what happened when absent.
    commit_message: Option<String>,
}

/// How to delete a page.
#[derive(JsonSchema)]
pub(in crate::http) struct DeleteBody {
    /// The revision that was read: refused when it is no longer the current one.
    revision: Option<String>,
    /// Say what would be deleted, and delete nothing.
    dry_run: Option<bool>,
    /// The commit's message; one that says what happened when absent.
    commit_message: Option<String>,
}

/// Text to add to a page.
#[derive(JsonSchema)]
pub(in crate::http) struct AddBody {
    /// Markdown, not empty.
    content: String,
    /// The revision that was read; when absent, the page is changed as it is.
    revision: Option<String>,
    /// The commit's message; one that says what happened when absent.
    commit_message: Option<String>,
}

/// A change of one section.
#[derive(JsonSchema)]
pub(in crate::http) struct SectionChangeBody {
    #[schemars(flatten)]
    section: SectionBody,
    /// The revision that was read; when absent, the page is changed as it is.
    revision: Option<String>,
    /// The commit's message; one that says what happened when absent.
    commit_message: Option<String>,
}

/// A change of the front matter: `set`, `unset` or both.
#[derive(JsonSchema)]
pub(in crate::http) struct FrontMatterChangeBody {
    #[schemars(flatten)]
    properties: FrontMatterBody,
    /// The revision that was read; when absent, the page is changed as it is.
    revision: Option<String>,
    /// The commit's message; one that says what happened when absent.
    commit_message: Option<String>,
}

/// An old version to bring back.
#[derive(JsonSchema)]
pub(in crate::http) struct RestoreBody {
    /// A commit that has the page, at least 7 digits.
    revision: String,
    /// The page's revision that was read; refused when it is no longer the current one.
    current_revision: Option<String>,
    /// The commit's message; one that says what happened when absent.
    commit_message: Option<String>,
}

/// How a commit is undone.
#[derive(JsonSchema)]
pub(in crate::http) struct RevertBody {
    /// The new commit's message; one that names the commit that is undone when absent.
    commit_message: Option<String>,
    /// Say what would be changed, and change nothing.
    dry_run: Option<bool>,
}

/// A new name for a page.
#[derive(JsonSchema)]
pub(in crate::http) struct RenameBody {
    new_path: String,
    /// The revision that was read: refused when it is no longer the current one.
    revision: Option<String>,
    /// Whether pages below it move along; true when absent.
    subpages: Option<bool>,
    /// Whether its files move along; true when absent.
    attachments: Option<bool>,
    /// Say what would be changed, and change nothing.
    dry_run: Option<bool>,
    /// The commit's message; one that says what happened when absent.
    commit_message: Option<String>,
}

/// A file to attach.
#[derive(JsonSchema)]
pub(in crate::http) struct UploadBody {
    filename: String,
    /// The bytes as base64 (RFC 4648 section 4).
    content: String,
    /// The commit that was read: refused when the file was changed since.
    revision: Option<String>,
    /// Whether a file of that name is replaced; true when absent.
    overwrite: Option<bool>,
    /// The commit's message; one that says what happened when absent.
    commit_message: Option<String>,
}

/// How to delete a file.
#[derive(JsonSchema)]
pub(in crate::http) struct DeleteFileBody {
    /// The commit that was read: refused when the file was changed since.
    revision: Option<String>,
    /// The commit's message; one that says what happened when absent.
    commit_message: Option<String>,
}
