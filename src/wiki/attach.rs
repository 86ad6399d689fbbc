use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::change::{Done, Plan, change};
use super::draft::Draft;
use super::message::message;
use super::write::Recording;
use super::{Access, Action, Upload, WikiError, Wikis};
use crate::model::{AttachmentName, AttachmentPath, PagePath, Revision, RevisionPrefix};
use crate::repo::BlobId;

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
        check_no_page_is_there(draft, &file)?;
        draft.put(file.file(), new.bytes);
        let outcome = move |revision| Ok(Attached { page: file.page, name: file.name.to_string(), revision, replaced });
        Ok(Plan { message: Some(message), outcome: Box::new(outcome) })
    })
}

/// A file that arrived whole and is durable, and that no page has yet.
#[derive(Clone, Debug)]
pub struct StagedFile {
    pub name: AttachmentName,
    blob: BlobId,
    size: u64,
}

/// Takes in a file that is to be attached, so that of several only one is in memory at a time.
///
/// # Errors
/// [`WikiError::AttachmentTooLarge`], or a storage failure.
pub fn stage(
    wikis: &Wikis,
    access: &Access<Upload>,
    name: AttachmentName,
    bytes: &[u8],
) -> Result<StagedFile, WikiError> {
    check_attachment_size(wikis, bytes.len())?;
    let blob = access.wiki().repo().store(&[bytes])?.pop().ok_or(WikiError::Busy)?;
    Ok(StagedFile { name, blob, size: bytes.len() as u64 })
}

/// Attaches several files to a page in one commit; those that were there are replaced. Of files
/// with the same name, as telephones send them, the later ones get a number.
///
/// # Errors
/// [`WikiError::NoSuchPage`], [`WikiError::PathTaken`], a limit, or a storage failure.
pub fn attach_staged(
    wikis: &Wikis,
    access: &Access<Upload>,
    page: &PagePath,
    files: Vec<StagedFile>,
    recording: &Recording<'_>,
) -> Result<Done<Vec<Attached>>, WikiError> {
    change(wikis, access, recording.once, |draft| {
        let page = draft.page(page)?.path;
        let mut attached: Vec<Attached> = Vec::with_capacity(files.len());
        for file in files {
            let given = file.name.as_str();
            let taken = |name: &str| attached.iter().any(|other| other.name.eq_ignore_ascii_case(name));
            let free = (1..).map(|number| numbered(given, number)).find(|name| !taken(name)).unwrap_or_default();
            let name = AttachmentName::parse(&free)?;
            let path = AttachmentPath { page: page.clone(), name };
            let replaced = draft.has(&path.file())?;
            check_no_page_is_there(draft, &path)?;
            draft.link(path.file(), file.blob, file.size);
            attached.push(Attached { page: page.clone(), name: free, revision: None, replaced });
        }
        let message = message(recording.origin, Action::Attach, recording.message, &listed(&attached))?;
        let outcome = move |revision| Ok(attached.into_iter().map(|file| Attached { revision, ..file }).collect());
        Ok(Plan { message: Some(message), outcome: Box::new(outcome) })
    })
}

/// `name.png`, `name_2.png`, ...
fn numbered(name: &str, number: usize) -> String {
    match (number, name.rsplit_once('.')) {
        (1, _) => name.to_owned(),
        (_, Some((stem, ending))) => format!("{stem}_{number}.{ending}"),
        (_, None) => format!("{name}_{number}"),
    }
}

/// Names that a commit's message tells.
const NAMED: usize = 5;

fn listed(files: &[Attached]) -> String {
    let names: Vec<&str> = files.iter().take(NAMED).map(|file| file.name.as_str()).collect();
    match files.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// Brings an attached file back as a commit had left it, under its present name.
///
/// # Errors
/// [`WikiError::NoSuchPage`], [`WikiError::NotAtRevision`] when the commit is none of the file's,
/// a limit, or a storage failure.
pub fn restore_attachment(
    wikis: &Wikis,
    access: &Access<Upload>,
    (page, name): (&PagePath, &AttachmentName),
    at: &RevisionPrefix,
    recording: &Recording<'_>,
) -> Result<Done<Attached>, WikiError> {
    let repo = access.wiki().repo();
    change(wikis, access, recording.once, |draft| {
        let page = draft.page(page)?.path;
        let file = AttachmentPath { page, name: name.clone() };
        let missing = || WikiError::NotAtRevision { path: file.file().to_string(), revision: at.to_string() };
        let (Some(revision), Some(tip)) = (draft.state().log().find(at), draft.tip()) else { return Err(missing()) };
        let versions = draft.state().log().history(file.file().as_str(), tip, usize::MAX);
        let version = versions.iter().find(|version| version.commit.revision == revision);
        let blob = version.and_then(|version| version.blob).ok_or_else(missing)?;
        let snapshot = repo.at(revision)?.ok_or_else(missing)?;
        check_no_page_is_there(draft, &file)?;
        let replaced = draft.has(&file.file())?;
        draft.link(file.file(), blob, snapshot.size(blob)?);
        let which = format!("{name} ({})", revision.short());
        let message = message(recording.origin, Action::Restore, recording.message, &which)?;
        let outcome = move |revision| Ok(Attached { page: file.page, name: file.name.to_string(), revision, replaced });
        Ok(Plan { message: Some(message), outcome: Box::new(outcome) })
    })
}

/// A page below this one may have the same address.
fn check_no_page_is_there(draft: &Draft<'_>, file: &AttachmentPath) -> Result<(), WikiError> {
    match PagePath::parse(file.file().as_str()).ok().and_then(|path| draft.resolve(&path)) {
        Some(page) => Err(WikiError::PathTaken { path: page.to_string(), cause: "a page is there".to_owned() }),
        None => Ok(()),
    }
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
        let numbers = [1, 2, 13].map(|number| numbered("a.tar.gz", number));
        assert_eq!(numbers, ["a.tar.gz", "a.tar_2.gz", "a.tar_13.gz"]);
        assert_eq!(numbered("README", 2), "README_2");
        for given in ["", "_", "..", "///", "x.md", "x.MD", "x.md.", "?!", ".md", &"x".repeat(300)] {
            assert!(attachment_name(given).is_err(), "{given:?}");
        }
    }
}
