use super::read::{no_such_page, snapshot_at};
use super::{Access, LastChange, Read, WikiError};
use crate::model::{AttachmentName, AttachmentPath, PagePath, Revision, RevisionPrefix};
use crate::repo::{BlobId, Snapshot};

/// An attached file, for listings.
#[derive(Clone, Debug)]
pub struct AttachmentSummary {
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The commit that changed it last.
    pub last: Option<LastChange>,
}

/// What became of an attached file.
#[derive(Clone, Debug)]
pub struct AttachmentHistory {
    pub path: AttachmentPath,
    pub versions: Vec<AttachmentVersion>,
    /// The revision of the file that is there; none when it was deleted.
    pub current: Option<Revision>,
}

/// An attached file as a commit left it.
#[derive(Clone, Debug)]
pub struct AttachmentVersion {
    pub change: LastChange,
    /// Where it was then.
    pub path: AttachmentPath,
    /// Bytes; none when the commit deleted it.
    pub size: Option<u64>,
}

/// An attached file.
#[derive(Clone, Debug)]
pub struct Attachment {
    pub name: String,
    pub bytes: Vec<u8>,
    /// The file's git object, hexadecimal: the same bytes have the same identity.
    pub identity: String,
}

/// The files attached to a page, ordered by name.
///
/// # Errors
/// [`WikiError::NoSuchPage`], or a storage failure.
pub fn attachments(access: &Access<Read>, path: &PagePath) -> Result<(PagePath, Vec<AttachmentSummary>), WikiError> {
    let state = access.wiki().current()?;
    let stored = state.resolve(path).cloned().ok_or_else(|| no_such_page(&state, path))?;
    let files = state
        .attachments(&stored)
        .map(|(name, entry)| AttachmentSummary {
            name: name.to_owned(),
            size: entry.size,
            last: entry.last.as_deref().map(LastChange::from),
        })
        .collect();
    Ok((stored, files))
}

/// An attached file, at the tip or as of a revision. The page's spelling folds; the
/// file's name is exact.
///
/// # Errors
/// [`WikiError::NoSuchAttachment`], or a storage failure.
pub fn attachment(
    access: &Access<Read>,
    page: &PagePath,
    name: &AttachmentName,
    at: Option<&RevisionPrefix>,
) -> Result<Attachment, WikiError> {
    let (blob, snapshot) = find_attachment(access, page, name, at)?;
    Ok(Attachment { name: name.to_string(), bytes: snapshot.blob(blob)?, identity: blob.to_string() })
}

/// The content of an attached file, and a snapshot that has it.
pub(super) fn find_attachment(
    access: &Access<Read>,
    page: &PagePath,
    name: &AttachmentName,
    at: Option<&RevisionPrefix>,
) -> Result<(BlobId, Snapshot), WikiError> {
    let wiki = access.wiki();
    let missing = || WikiError::NoSuchAttachment { name: name.to_string() };
    let state = wiki.current()?;
    let stored = state.resolve(page).unwrap_or(page).clone();
    let exact = AttachmentPath { page: page.clone(), name: name.clone() };
    let path = if state.attachment(&exact).is_some() { exact } else { AttachmentPath { page: stored, ..exact } };
    match at {
        None => {
            let blob = state.attachment(&path).ok_or_else(missing)?.blob;
            let commit = state.commit().ok_or_else(missing)?;
            drop(state);
            Ok((blob, wiki.repo().at(commit)?.ok_or_else(missing)?))
        }
        Some(at) => {
            drop(state);
            let snapshot = snapshot_at(access, at)?.ok_or_else(missing)?;
            Ok((snapshot.find(&path.file())?.ok_or_else(missing)?, snapshot))
        }
    }
}

/// The versions of an attached file, newest first, at most `most`, under all names that it had;
/// of one that was deleted, too.
///
/// # Errors
/// [`WikiError::NoSuchAttachment`] when there never was one, or a storage failure.
pub fn attachment_history(
    access: &Access<Read>,
    page: &PagePath,
    name: &AttachmentName,
    most: usize,
) -> Result<AttachmentHistory, WikiError> {
    let wiki = access.wiki();
    let missing = || WikiError::NoSuchAttachment { name: name.to_string() };
    let state = wiki.current()?;
    let tip = state.commit().ok_or_else(missing)?;
    let page = state.resolve(page).unwrap_or(page).clone();
    let path = AttachmentPath { page, name: name.clone() };
    let entries = state.log().history(path.file().as_str(), tip, most);
    if entries.is_empty() {
        return Err(missing());
    }
    let snapshot = wiki.repo().at(tip)?.ok_or_else(missing)?;
    let mut versions = Vec::with_capacity(entries.len());
    for entry in entries {
        versions.push(AttachmentVersion {
            change: LastChange::from(entry.commit.as_ref()),
            path: AttachmentPath::from_file(entry.path).unwrap_or_else(|| path.clone()),
            size: entry.blob.map(|blob| snapshot.size(blob)).transpose()?,
        });
    }
    let current = state.attachment(&path).and_then(|entry| entry.last.as_ref()).map(|last| last.revision);
    Ok(AttachmentHistory { path, versions, current })
}
