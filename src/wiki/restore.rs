use super::change::{Done, Plan, change};
use super::message::message;
use super::read::no_such_page;
use super::write::{Recording, Saved, check_content, create, rewrite};
use super::{Access, Action, WikiError, Wikis, Write};
use crate::model::{AttachmentPath, PagePath, RevisionPrefix};

/// Brings a page back as it was at a revision. A page that was deleted comes back with the
/// files that were attached to it then.
///
/// # Errors
/// [`WikiError::NotAtRevision`] when there was no such page then, [`WikiError::RevisionMismatch`]
/// when `base` is given and is not the current revision, a limit, or a storage failure.
pub fn restore(
    wikis: &Wikis,
    access: &Access<Write>,
    path: &PagePath,
    (at, base): (&RevisionPrefix, Option<&RevisionPrefix>),
    recording: &Recording<'_>,
) -> Result<Done<Saved>, WikiError> {
    let repo = access.wiki().repo();
    change(wikis, access, recording.once, |draft| {
        let current = draft.resolve(path).map(|stored| draft.page_as_read(&stored, base)).transpose()?;
        let target = current.as_ref().map_or(path, |page| &page.path).clone();
        let missing = || WikiError::NotAtRevision { path: path.to_string(), revision: at.to_string() };
        let Some(revision) = draft.state().log().find(at) else { return Err(missing()) };
        let then = repo.at(revision)?.ok_or_else(|| no_such_page(draft.state(), path))?;
        let bytes = then.read(&target.file())?.ok_or_else(missing)?;
        let content = String::from_utf8(bytes).map_err(|_invalid| WikiError::NotText { path: target.to_string() })?;
        check_content(wikis, &content)?;
        let message = message(
            recording.origin,
            Action::Restore,
            recording.message,
            &format!("{} ({})", recording.typed, revision.short()),
        )?;
        if current.is_none() {
            for file in then.files()? {
                let Some(file) = AttachmentPath::from_file(&file.path).filter(|file| file.page == target) else {
                    continue;
                };
                if !draft.has(&file.file())?
                    && let Some(bytes) = then.read(&file.file())?
                {
                    draft.put(file.file(), bytes);
                }
            }
        }
        let put = match current {
            Some(page) => rewrite(wikis, draft, &page.path, None, |_now| Ok(content))?,
            None => create(draft, &target, content)?,
        };
        Ok(Plan { message: Some(message), outcome: put.outcome() })
    })
}
