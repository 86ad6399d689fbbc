use serde::{Deserialize, Serialize};

use super::change::{Done, Once, Plan, change};
use super::draft::Draft;
use super::edit::{Replacement, replace};
use super::message::message;
use super::moved::moved_in;
use super::{Access, Action, Origin, WikiError, Wikis, Write};
use crate::markdown;
use crate::model::{PagePath, Revision, RevisionPrefix};
use crate::repo::{self, Clash, Merged};

/// How a change is recorded, whatever it is.
#[derive(Clone, Debug)]
pub struct Recording<'a> {
    pub message: Option<&'a str>,
    pub origin: Origin,
    /// The path as it was typed, for the default message.
    pub typed: &'a str,
    pub once: Option<&'a Once>,
}

/// A whole page to store.
#[derive(Clone, Debug)]
pub struct WritePage<'a> {
    pub content: &'a str,
    /// The revision that the writer read; none to create.
    pub base: Option<RevisionPrefix>,
    pub mode: WriteMode,
    pub recording: Recording<'a>,
}

/// What happens when the page is not as the writer believes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WriteMode {
    /// Refuse.
    #[default]
    Strict,
    /// Refuse, even with a revision, when there is a page already.
    CreateOnly,
    /// Keep both changes when they do not overlap.
    Merge,
}

/// Exact replacements within a page.
#[derive(Clone, Debug)]
pub struct Edit<'a> {
    pub base: RevisionPrefix,
    /// Applied in order; all of them or none.
    pub edits: &'a [Replacement<'a>],
    pub recording: Recording<'a>,
}

/// A page after a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Saved {
    pub path: PagePath,
    pub name: String,
    pub revision: Revision,
    pub created: bool,
    /// Whether somebody else's change was kept beside the writer's.
    pub merged: bool,
}

/// Two changes of a page that cannot both be kept.
#[derive(Clone, Debug)]
pub struct Conflict {
    pub current: Revision,
    /// The page as the writer read it, and as it is.
    pub base: String,
    pub theirs: String,
    pub clashes: Vec<Clash>,
}

/// A page that was deleted, or would be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deleted {
    pub path: PagePath,
    /// The files that go with it.
    pub attachments: Vec<String>,
    /// The commit; none for a dry run.
    pub revision: Option<Revision>,
}

/// Creates a page, or replaces one whose current revision the writer has read.
///
/// Unchanged content makes no commit and answers with the revision there is.
///
/// # Errors
/// The checks of reference 1.4 in its order, a limit, or a storage failure; nothing has
/// changed then.
pub fn write(
    wikis: &Wikis,
    access: &Access<Write>,
    path: &PagePath,
    request: &WritePage<'_>,
) -> Result<Done<Saved>, WikiError> {
    check_content(wikis, request.content)?;
    let Recording { origin, typed, .. } = request.recording;
    change(wikis, access, request.recording.once, |draft| {
        let put = put(wikis, access, draft, path, request)?;
        let action = if put.created { Action::Create } else { Action::Update };
        let message = message(origin, action, request.recording.message, typed)?;
        Ok(Plan { message: Some(message), outcome: put.outcome() })
    })
}

/// Applies exact replacements, all of them or none.
///
/// # Errors
/// The checks of reference 1.4 in its order, a limit, or a storage failure; nothing has
/// changed then.
pub fn edit(
    wikis: &Wikis,
    access: &Access<Write>,
    path: &PagePath,
    request: &Edit<'_>,
) -> Result<Done<Saved>, WikiError> {
    check_edits(request.edits)?;
    let Recording { origin, typed, .. } = request.recording;
    change(wikis, access, request.recording.once, |draft| {
        let put = rewrite(wikis, draft, path, Some(&request.base), |text| replace(text, request.edits))?;
        let message = message(origin, Action::Edit, request.recording.message, typed)?;
        Ok(Plan { message: Some(message), outcome: put.outcome() })
    })
}

/// Deletes a page with its attachments. `base`, when given, must be its current revision.
///
/// # Errors
/// [`WikiError::NoSuchPage`], [`WikiError::RevisionMismatch`], or a storage failure.
pub fn delete(
    wikis: &Wikis,
    access: &Access<Write>,
    path: &PagePath,
    base: Option<&RevisionPrefix>,
    dry_run: bool,
    recording: &Recording<'_>,
) -> Result<Done<Deleted>, WikiError> {
    change(wikis, access, recording.once, |draft| {
        let (path, attachments) = remove(draft, path, base)?;
        let message = message(recording.origin, Action::Delete, recording.message, path.as_str())?;
        let outcome = move |revision| Ok(Deleted { path, attachments, revision });
        Ok(Plan { message: (!dry_run).then_some(message), outcome: Box::new(outcome) })
    })
}

/// A page as a draft has it now.
pub(super) struct Put {
    pub(super) path: PagePath,
    pub(super) created: bool,
    name: String,
    before: Option<Revision>,
    merged: bool,
}

impl Put {
    pub(super) fn saved(self, commit: Option<Revision>) -> Result<Saved, WikiError> {
        let revision = commit.or(self.before).ok_or(WikiError::Busy)?;
        Ok(Saved { path: self.path, name: self.name, revision, created: self.created, merged: self.merged })
    }

    pub(super) fn outcome(self) -> Box<dyn FnOnce(Option<Revision>) -> Result<Saved, WikiError>> {
        Box::new(move |commit| self.saved(commit))
    }
}

/// Creates or replaces a page in a draft.
pub(super) fn put(
    wikis: &Wikis,
    access: &Access<Write>,
    draft: &mut Draft<'_>,
    path: &PagePath,
    request: &WritePage<'_>,
) -> Result<Put, WikiError> {
    // Who merges keeps both changes, somebody else's rename among them.
    let follows = request.mode == WriteMode::Merge && request.base.is_some();
    let moved = || if follows { moved_in(draft.state(), path) } else { None };
    let Some(stored) = draft.resolve(path).or_else(moved) else {
        if request.base.is_some() {
            return Err(WikiError::PageDeleted { path: path.to_string() });
        }
        return create(draft, &path.for_new_page()?, request.content.to_owned());
    };
    if request.mode == WriteMode::CreateOnly {
        return Err(WikiError::PageExists { path: stored.to_string() });
    }
    let base = request.base.as_ref().ok_or(WikiError::RevisionRequired)?;
    let before = draft.page(&stored)?.revision;
    let stale = before.filter(|current| !current.matches(base));
    let content = match stale {
        None => request.content.to_owned(),
        Some(current) if request.mode == WriteMode::Merge => {
            let merged = merge(access, draft, [&stored, path], (base, current), request.content)?;
            check_content(wikis, &merged)?;
            merged
        }
        Some(current) => return Err(WikiError::RevisionMismatch { current }),
    };
    let name = name(&stored, &content);
    draft.put_page(&stored, content);
    Ok(Put { path: stored, name, created: false, before, merged: stale.is_some() })
}

/// Creates a page in a draft, under exactly this path.
pub(super) fn create(draft: &mut Draft<'_>, path: &PagePath, content: String) -> Result<Put, WikiError> {
    check_address_is_free(draft, path)?;
    let name = name(path, &content);
    draft.put_page(path, content);
    Ok(Put { path: path.clone(), created: true, name, before: None, merged: false })
}

/// Changes the text of a page in a draft. `base`, when given, must be its revision.
pub(super) fn rewrite(
    wikis: &Wikis,
    draft: &mut Draft<'_>,
    path: &PagePath,
    base: Option<&RevisionPrefix>,
    with: impl FnOnce(&str) -> Result<String, WikiError>,
) -> Result<Put, WikiError> {
    let current = draft.page_as_read(path, base)?;
    let content = with(&draft.text(&current.path)?)?;
    check_content(wikis, &content)?;
    let name = name(&current.path, &content);
    draft.put_page(&current.path, content);
    Ok(Put { path: current.path, name, before: current.revision, created: false, merged: false })
}

/// Removes a page from a draft, and what is attached to it: it belongs to the page (design
/// section 9). Returns the page as it was stored and the names of the files.
pub(super) fn remove(
    draft: &mut Draft<'_>,
    path: &PagePath,
    base: Option<&RevisionPrefix>,
) -> Result<(PagePath, Vec<String>), WikiError> {
    let page = draft.page_as_read(path, base)?.path;
    let attachments = draft.attachments(&page);
    draft.delete_page(&page);
    for file in &attachments {
        draft.delete(file.file());
    }
    Ok((page, attachments.into_iter().map(|file| file.name.to_string()).collect()))
}

/// The writer's change of the page as of `base`, made to the page as it is. At `base` it may
/// have had the name that the writer knows it by.
fn merge(
    access: &Access<Write>,
    draft: &Draft<'_>,
    [stored, known]: [&PagePath; 2],
    (base, current): (&RevisionPrefix, Revision),
    ours: &str,
) -> Result<String, WikiError> {
    let stale = || WikiError::RevisionMismatch { current };
    let repo = access.wiki().repo();
    let read = draft.state().log().find(base).ok_or_else(stale)?;
    let then = repo.at(read)?.ok_or_else(stale)?;
    let base = match then.read(&stored.file())? {
        Some(base) => base,
        None => then.read(&known.file())?.ok_or_else(stale)?,
    };
    let base = String::from_utf8(base).map_err(|_invalid| stale())?;
    let theirs = draft.text(stored)?;
    match repo::merge(&base, ours, &theirs) {
        Merged::Clean(text) => Ok(text),
        Merged::Clashes(clashes) => Err(WikiError::Conflict(Box::new(Conflict { current, base, theirs, clashes }))),
    }
}

/// Refuses a text that no page may have.
///
/// # Errors
/// [`WikiError::TooLarge`] or [`WikiError::Invalid`].
pub fn check_content(wikis: &Wikis, content: &str) -> Result<(), WikiError> {
    let limit = wikis.limits().page_bytes;
    if content.len() as u64 > limit {
        return Err(WikiError::TooLarge { field: "content", limit });
    }
    if content.contains('\0') {
        return Err(WikiError::Invalid { field: "content", problem: "must not contain NUL characters".to_owned() });
    }
    Ok(())
}

pub(super) fn check_edits(edits: &[Replacement<'_>]) -> Result<(), WikiError> {
    let invalid = |problem: &str| Err(WikiError::Invalid { field: "old_string", problem: problem.to_owned() });
    for edit in edits {
        if edit.old.is_empty() {
            return invalid("must not be empty");
        }
        if edit.old == edit.new {
            return invalid("and new_string are identical");
        }
    }
    Ok(())
}

/// A page and an attachment of the page above it may have the same address.
pub(super) fn check_address_is_free(draft: &Draft<'_>, page: &PagePath) -> Result<(), WikiError> {
    let Some(above) = page.parent() else { return Ok(()) };
    let above = draft.resolve(&above).unwrap_or(above);
    if draft.attachments(&above).iter().any(|file| file.name.as_str() == page.leaf()) {
        let cause = "a file of that name is attached to the page above".to_owned();
        return Err(WikiError::PathTaken { path: page.to_string(), cause });
    }
    Ok(())
}

fn name(path: &PagePath, content: &str) -> String {
    markdown::front_matter(content).title().unwrap_or_else(|| path.leaf().to_owned())
}
