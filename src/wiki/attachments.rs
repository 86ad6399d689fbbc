use super::read::{no_such_page, snapshot_at};
use super::{Access, Read, WikiError};
use crate::model::{AttachmentName, AttachmentPath, PagePath, RevisionPrefix, UnixSeconds};

/// An attached file, for listings.
#[derive(Clone, Debug)]
pub struct AttachmentSummary {
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it last changed, with the author's offset from UTC in seconds.
    pub updated: Option<(UnixSeconds, i32)>,
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
            updated: entry.last.as_ref().map(|last| (last.time, last.offset_seconds)),
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
    let wiki = access.wiki();
    let missing = || WikiError::NoSuchAttachment { name: name.to_string() };
    let state = wiki.current()?;
    let stored = state.resolve(page).unwrap_or(page).clone();
    let exact = AttachmentPath { page: page.clone(), name: name.clone() };
    let path = if state.attachment(&exact).is_some() { exact } else { AttachmentPath { page: stored, ..exact } };
    let (blob, snapshot) = match at {
        None => {
            let blob = state.attachment(&path).ok_or_else(missing)?.blob;
            let commit = state.commit().ok_or_else(missing)?;
            drop(state);
            (blob, wiki.repo().at(commit)?.ok_or_else(missing)?)
        }
        Some(at) => {
            drop(state);
            let snapshot = snapshot_at(access, at)?.ok_or_else(missing)?;
            (snapshot.find(&path.file())?.ok_or_else(missing)?, snapshot)
        }
    };
    Ok(Attachment { name: name.to_string(), bytes: snapshot.blob(blob)?, identity: blob.to_string() })
}
