use serde::{Deserialize, Serialize};

use super::change::{Done, Plan, change};
use super::draft::Draft;
use super::message::message;
use super::moved::moved_in;
use super::write::{Recording, check_address_is_free, check_content};
use super::{Access, Action, WikiError, Wikis, Write};
use crate::catalog::{ChangeKind, State};
use crate::model::{AttachmentPath, PagePath, RepoPath, Revision, RevisionPrefix};
use crate::repo::{Clash, Merged, Snapshot, merge};

/// Most files of a commit that is undone, and bytes of what they held.
const MOST_FILES: usize = 1_000;
const MOST_BYTES: u64 = 64 << 20;
/// Characters of the commit's message that the new one repeats.
const SUBJECT: usize = 200;

/// A commit that was undone, or would be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reverted {
    pub reverted: Revision,
    /// The new commit; none for a dry run.
    pub revision: Option<Revision>,
    /// The files that change, ordered by path.
    pub files: Vec<RevertedFile>,
}

/// What undoing a commit does to a page or an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevertedFile {
    /// A page's path, or that of an attachment with its name.
    pub path: String,
    pub page: bool,
    pub fate: Undoing,
}

/// What becomes of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undoing {
    /// It comes back.
    Restored,
    Removed,
    Changed,
    /// It gets its former name back; this is the one that it had.
    Moved {
        from: String,
    },
}

/// A file that keeps a commit from being undone.
#[derive(Clone, Debug)]
pub struct Obstacle {
    pub path: String,
    pub page: bool,
    pub why: ObstacleKind,
}

/// What was done since that stands in the way.
#[derive(Clone, Debug)]
pub enum ObstacleKind {
    /// The same lines were changed: `ours` is what they are now, `theirs` what they were
    /// before the commit. None of a file that is no text.
    Changed(Vec<Clash>),
    /// It is not there any more.
    Gone,
    /// Another page or file has its name.
    Taken,
}

/// What is needed of one change of the commit.
struct Past<'s> {
    before: Option<&'s Snapshot>,
    after: &'s Snapshot,
}

/// A file by its name in the repository.
#[derive(Clone)]
enum Named {
    Page(PagePath),
    Attachment(AttachmentPath),
}

/// Undoes what one commit did, as a new commit; what was done since stays. All of it is
/// undone or nothing. Files that are neither page nor attachment are left alone.
///
/// # Errors
/// [`WikiError::NoSuchRevision`]; [`WikiError::RevertObstacles`] when later changes stand in
/// the way; [`WikiError::Invalid`] when nothing is left to undo or it is too much at once; a
/// limit, or a storage failure.
pub fn revert(
    wikis: &Wikis,
    access: &Access<Write>,
    revision: &RevisionPrefix,
    dry_run: bool,
    recording: &Recording<'_>,
) -> Result<Done<Reverted>, WikiError> {
    let invalid = |problem: String| WikiError::Invalid { field: "revision", problem };
    let repo = access.wiki().repo();
    change(wikis, access, recording.once, |draft| {
        let commit = Commit::find(draft.state(), revision)?;
        if commit.changes.len() > MOST_FILES {
            return Err(invalid(format!("changed more than {MOST_FILES} files, which cannot be undone at once")));
        }
        let unknown = || WikiError::NoSuchRevision { revision: revision.to_string() };
        let parent = repo.step(commit.revision)?.ok_or_else(unknown)?.before;
        let before = parent.map(|parent| repo.at(parent)?.ok_or_else(unknown)).transpose()?;
        let after = repo.at(commit.revision)?.ok_or_else(unknown)?;
        let past = Past { before: before.as_ref(), after: &after };
        let mut bytes = 0;
        let (mut files, mut obstacles) = (Vec::new(), Vec::new());
        for (kind, from, to) in &commit.changes {
            if let Some(before) = &before
                && let Some(blob) = before.find(&from.file())?
            {
                bytes += before.size(blob)?;
                if bytes > MOST_BYTES {
                    return Err(invalid(format!(
                        "held more than {MOST_BYTES} bytes before, which is too much at once"
                    )));
                }
            }
            match undo(wikis, draft, &past, *kind, (from, to))? {
                Undone::Nothing => {}
                Undone::Done(fate, name) => files.push(RevertedFile { path: name.path(), page: name.is_page(), fate }),
                Undone::Blocked(why) => obstacles.push(Obstacle { path: to.path(), page: to.is_page(), why }),
            }
        }
        if !obstacles.is_empty() {
            return Err(WikiError::RevertObstacles(obstacles));
        }
        if files.is_empty() {
            return Err(invalid("is undone already: nothing would change".to_owned()));
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let what = format!("\"{}\" ({})", commit.subject, commit.revision.short());
        let message = message(recording.origin, Action::Revert, recording.message, &what)?;
        let reverted = commit.revision;
        let outcome = move |revision| Ok(Reverted { reverted, revision, files });
        Ok(Plan { message: (!dry_run).then_some(message), outcome: Box::new(outcome) })
    })
}

/// A commit of the wiki, by what the log knows of it.
struct Commit {
    revision: Revision,
    subject: String,
    /// What was done to a file, its name before and after.
    changes: Vec<(ChangeKind, Named, Named)>,
}

impl Commit {
    fn find(state: &State, revision: &RevisionPrefix) -> Result<Self, WikiError> {
        let log = state.log();
        let found = log.find(revision).and_then(|found| log.place(found));
        let found = found.and_then(|place| log.newest_first().find(|(candidate, _)| *candidate == place));
        let (_, commit) = found.ok_or_else(|| WikiError::NoSuchRevision { revision: revision.to_string() })?;
        let changes = log.changes(commit).filter_map(|change| {
            let to = Named::parse(change.path)?;
            let from = change.from.and_then(Named::parse).unwrap_or_else(|| to.clone());
            Some((change.kind, from, to))
        });
        Ok(Self {
            revision: commit.info.revision,
            subject: commit.info.message.lines().next().unwrap_or_default().chars().take(SUBJECT).collect(),
            changes: changes.take(MOST_FILES + 1).collect(),
        })
    }
}

enum Undone {
    Nothing,
    Done(Undoing, Named),
    Blocked(ObstacleKind),
}

fn undo(
    wikis: &Wikis,
    draft: &mut Draft<'_>,
    past: &Past<'_>,
    kind: ChangeKind,
    (from, to): (&Named, &Named),
) -> Result<Undone, WikiError> {
    let blocked = |why| Ok(Undone::Blocked(why));
    let before = past.before.map(|before| before.read(&from.file())).transpose()?.flatten();
    let after = past.after.read(&to.file())?;
    let now = draft.bytes(&to.file())?;
    match kind {
        ChangeKind::Added => match now {
            None => Ok(Undone::Nothing),
            now if now == after => {
                to.delete(draft);
                Ok(Undone::Done(Undoing::Removed, to.clone()))
            }
            Some(_) => blocked(ObstacleKind::Changed(Vec::new())),
        },
        ChangeKind::Deleted => match before {
            Some(before) if now.is_none() && to.is_free(draft)? => {
                to.put(wikis, draft, before)?;
                Ok(Undone::Done(Undoing::Restored, to.clone()))
            }
            before if before == now => Ok(Undone::Nothing),
            _ => blocked(ObstacleKind::Taken),
        },
        ChangeKind::Modified => {
            let place = if now.is_some() { Some(to.clone()) } else { to.moved(draft) };
            let Some(place) = place else { return blocked(ObstacleKind::Gone) };
            let now = draft.bytes(&place.file())?;
            if now == before {
                return Ok(Undone::Nothing);
            }
            match undone_text(&place, [before, after, now.clone()]) {
                Ok(bytes) if Some(&bytes) == now.as_ref() => Ok(Undone::Nothing),
                Ok(bytes) => {
                    place.put(wikis, draft, bytes)?;
                    Ok(Undone::Done(Undoing::Changed, place))
                }
                Err(why) => blocked(why),
            }
        }
        ChangeKind::Renamed => {
            let place = if now.is_some() { Some(to.clone()) } else { to.moved(draft) };
            let Some(place) = place else { return blocked(ObstacleKind::Gone) };
            if place.path() == from.path() {
                return Ok(Undone::Nothing);
            }
            let now = draft.bytes(&place.file())?;
            place.delete(draft);
            if draft.has(&from.file())? || !from.is_free(draft)? {
                return blocked(ObstacleKind::Taken);
            }
            match undone_text(&place, [before, after, now]) {
                Ok(bytes) => {
                    from.put(wikis, draft, bytes)?;
                    Ok(Undone::Done(Undoing::Moved { from: place.path() }, from.clone()))
                }
                Err(why) => blocked(why),
            }
        }
    }
}

/// A file without what the commit changed in it, with what was changed since.
fn undone_text(name: &Named, [before, after, now]: [Option<Vec<u8>>; 3]) -> Result<Vec<u8>, ObstacleKind> {
    let (Some(before), Some(after), Some(now)) = (before, after, now) else { return Err(ObstacleKind::Gone) };
    if now == after {
        return Ok(before);
    }
    if before == after {
        return Ok(now);
    }
    if !name.is_page() {
        return Err(ObstacleKind::Changed(Vec::new()));
    }
    let [Ok(before), Ok(after), Ok(now)] = [before, after, now].map(String::from_utf8) else {
        return Err(ObstacleKind::Changed(Vec::new()));
    };
    match merge(&after, &now, &before) {
        Merged::Clean(text) => Ok(text.into_bytes()),
        Merged::Clashes(clashes) => Err(ObstacleKind::Changed(clashes)),
    }
}

impl Named {
    /// None for a file that is neither page nor attachment.
    fn parse(file: &str) -> Option<Self> {
        match PagePath::from_file(file) {
            Some(page) => Some(Self::Page(page)),
            None => AttachmentPath::from_file(file).map(Self::Attachment),
        }
    }

    fn file(&self) -> RepoPath {
        match self {
            Self::Page(page) => page.file(),
            Self::Attachment(file) => file.file(),
        }
    }

    /// As people and programs name it.
    fn path(&self) -> String {
        match self {
            Self::Page(page) => page.to_string(),
            Self::Attachment(file) => file.file().to_string(),
        }
    }

    const fn is_page(&self) -> bool {
        matches!(self, Self::Page(_))
    }

    /// Whether no page has the name in another spelling.
    fn is_free(&self, draft: &Draft<'_>) -> Result<bool, WikiError> {
        Ok(match self {
            Self::Page(page) => draft.resolve(page).is_none() && check_address_is_free(draft, page).is_ok(),
            Self::Attachment(file) => {
                let page = PagePath::parse(file.file().as_str()).ok();
                !draft.has(&file.file())? && page.is_none_or(|page| draft.resolve(&page).is_none())
            }
        })
    }

    /// Where it is now, if it was renamed.
    fn moved(&self, draft: &Draft<'_>) -> Option<Self> {
        match self {
            Self::Page(page) => moved_in(draft.state(), page).map(Self::Page),
            Self::Attachment(file) => {
                let page = moved_in(draft.state(), &file.page)?;
                let file = AttachmentPath { page, name: file.name.clone() };
                draft.has(&file.file()).ok()?.then_some(Self::Attachment(file))
            }
        }
    }

    fn put(&self, wikis: &Wikis, draft: &mut Draft<'_>, bytes: Vec<u8>) -> Result<(), WikiError> {
        match self {
            Self::Page(page) => {
                let text =
                    String::from_utf8(bytes).map_err(|_invalid| WikiError::NotText { path: page.to_string() })?;
                check_content(wikis, &text)?;
                draft.put_page(page, text);
            }
            Self::Attachment(file) => draft.put(file.file(), bytes),
        }
        Ok(())
    }

    fn delete(&self, draft: &mut Draft<'_>) {
        match self {
            Self::Page(page) => draft.delete_page(page),
            Self::Attachment(file) => draft.delete(file.file()),
        }
    }
}
