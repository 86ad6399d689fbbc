use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::change::{Done, Plan, change};
use super::draft::Draft;
use super::message::message;
use super::write::Recording;
use super::{Access, Action, Upload, WikiError, Wikis};
use crate::model::{AttachmentName, AttachmentPath, PagePath, Revision, RevisionPrefix};

/// A file to attach to a page.
#[derive(Clone, Debug)]
pub struct NewAttachment<'a> {
    pub name: AttachmentName,
    pub bytes: Vec<u8>,
    /// The revision of the file that it replaces, if that matters.
    pub base: Option<RevisionPrefix>,
    /// Whether it may replace a file of the same name.
    pub overwrite: bool,
    pub recording: Recording<'a>,
}

/// An attached file after a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attached {
    pub page: PagePath,
    pub name: String,
    /// The commit; none when the file was the same before.
    pub revision: Option<Revision>,
    /// Whether a file of that name was replaced.
    pub replaced: bool,
}

/// The name under which a file is kept: folders become spaces, runs of white space `_`, and
/// of all else only letters and digits of any script and `_`, `-`, `.` stay; none at the ends
/// are dots or underscores.
///
/// # Errors
/// [`WikiError::AttachmentName`] when nothing is left, or when the name is a page's.
pub fn attachment_name(text: &str) -> Result<AttachmentName, WikiError> {
    let spaced = text.nfc().collect::<String>().replace(['/', '\\'], " ");
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join("_");
    let kept: String =
        joined.chars().filter(|c| c.is_alphanumeric() || is_mark(*c) || matches!(c, '_' | '-' | '.')).collect();
    let name = kept.trim_matches(['.', '_']);
    if name.to_lowercase().ends_with(".md") || name.eq_ignore_ascii_case("md") {
        return Err(WikiError::AttachmentName);
    }
    AttachmentName::parse(name).map_err(|_refused| WikiError::AttachmentName)
}

/// Marks that letters of some scripts cannot do without.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// Refuses a file that is larger than the wiki's files may be.
///
/// # Errors
/// [`WikiError::AttachmentTooLarge`].
pub fn check_attachment_size(wikis: &Wikis, bytes: usize) -> Result<(), WikiError> {
    let limit = wikis.limits().attachment_bytes;
    if limit > 0 && bytes as u64 > limit { Err(WikiError::AttachmentTooLarge { limit }) } else { Ok(()) }
}

/// Attaches a file to a page.
///
/// # Errors
/// [`WikiError::AttachmentTooLarge`], [`WikiError::NoSuchPage`], [`WikiError::FileExists`],
/// [`WikiError::RevisionMismatch`], a limit, or a storage failure.
pub fn attach(
    wikis: &Wikis,
    access: &Access<Upload>,
    page: &PagePath,
    new: NewAttachment<'_>,
) -> Result<Done<Attached>, WikiError> {
    check_attachment_size(wikis, new.bytes.len())?;
    let Recording { origin, message: given, once, .. } = new.recording;
    let message = message(origin, Action::Attach, given, new.name.as_str())?;
    change(wikis, access, once, |draft| {
        let page = draft.page(page)?.path;
        let file = AttachmentPath { page, name: new.name };
        let replaced = draft.has(&file.file())?;
        if replaced && !new.overwrite {
            return Err(WikiError::FileExists { path: file.file().to_string() });
        }
        check_base(draft, &file, new.base.as_ref())?;
        // A page below this one may have the same address.
        if let Some(page) = PagePath::parse(file.file().as_str()).ok().and_then(|path| draft.resolve(&path)) {
            let cause = "a page is there".to_owned();
            return Err(WikiError::PathTaken { path: page.to_string(), cause });
        }
        draft.put(file.file(), new.bytes);
        let outcome = move |revision| Ok(Attached { page: file.page, name: file.name.to_string(), revision, replaced });
        Ok(Plan { message: Some(message), outcome: Box::new(outcome) })
    })
}

/// Removes a file from a page. The name is taken as it is, or else as an upload would have
/// changed it.
///
/// # Errors
/// [`WikiError::NoSuchPage`], [`WikiError::NoSuchAttachment`], [`WikiError::RevisionMismatch`],
/// or a storage failure.
pub fn detach(
    wikis: &Wikis,
    access: &Access<Upload>,
    page: &PagePath,
    name: &str,
    base: Option<&RevisionPrefix>,
    recording: &Recording<'_>,
) -> Result<Done<Attached>, WikiError> {
    change(wikis, access, recording.once, |draft| {
        let page = draft.page(page)?.path;
        let names = [AttachmentName::parse(name).ok(), attachment_name(name).ok()];
        let mut found = None;
        for name in names.into_iter().flatten() {
            let file = AttachmentPath { page: page.clone(), name };
            if found.is_none() && draft.has(&file.file())? {
                found = Some(file);
            }
        }
        let file = found.ok_or_else(|| WikiError::NoSuchAttachment { name: name.to_owned() })?;
        check_base(draft, &file, base)?;
        draft.delete(file.file());
        let message = message(recording.origin, Action::DeleteAttachment, recording.message, file.name.as_str())?;
        let outcome = move |revision| Ok(Attached { page, name: file.name.to_string(), revision, replaced: false });
        Ok(Plan { message: Some(message), outcome: Box::new(outcome) })
    })
}

/// Refuses when the file is not the one that the writer saw.
fn check_base(draft: &Draft<'_>, file: &AttachmentPath, base: Option<&RevisionPrefix>) -> Result<(), WikiError> {
    let Some(base) = base else { return Ok(()) };
    let current = draft.state().attachment(file).and_then(|entry| entry.last.as_ref()).map(|last| last.revision);
    match current {
        Some(current) if !current.matches(base) => Err(WikiError::RevisionMismatch { current }),
        Some(_) => Ok(()),
        None => Err(WikiError::NoSuchAttachment { name: file.name.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_safe_and_keep_their_letters() {
        for (given, kept) in [
            ("My File (1).PNG", "My_File_1.PNG"),
            ("../../x.txt", "x.txt"),
            ("a\\b\\c.pdf", "a_b_c.pdf"),
            ("файл.txt", "файл.txt"),
            ("Größe  ü.png", "Größe_ü.png"),
            ("हिन्दी.txt", "हिन्दी.txt"),
            (".hidden", "hidden"),
        ] {
            assert_eq!(attachment_name(given).map(|name| name.to_string()).unwrap(), kept);
        }
        for given in ["", "_", "..", "///", "x.md", "x.MD", "x.md.", "?!", ".md", &"x".repeat(300)] {
            assert!(attachment_name(given).is_err(), "{given:?}");
        }
    }
}
