use std::collections::HashMap;

use parking_lot::RwLock;

use super::{Access, LastChange, Read, WikiError, Wikis};
use crate::model::{AttachmentPath, PagePath, Revision, RevisionPrefix, WikiId};

/// Most changed files that one event names.
const MOST_FILES: usize = 1000;

/// From where on a reader wants to know what happened.
#[derive(Clone, Debug)]
pub enum Since {
    /// What happens from now on.
    Now,
    /// Everything.
    Beginning,
    /// What happened after this commit.
    Commit(RevisionPrefix),
}

/// One commit, as followers see it.
#[derive(Clone, Debug)]
pub struct FeedEvent {
    pub change: LastChange,
    pub pages: Vec<ChangedPage>,
    pub attachments: Vec<ChangedAttachment>,
    /// Whether it changed more files than are named.
    pub more: bool,
}

/// What became of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Became<P> {
    Created,
    Modified,
    Deleted,
    /// It was moved from there, without another change.
    Renamed(P),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangedPage {
    pub path: PagePath,
    pub became: Became<PagePath>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangedAttachment {
    pub path: AttachmentPath,
    pub became: Became<AttachmentPath>,
}

type Listener = Box<dyn Fn(WikiId) + Send + Sync>;

/// Who wants to know that a wiki changed.
#[derive(Default)]
pub(super) struct Listeners {
    all: RwLock<Vec<Listener>>,
}

impl Listeners {
    pub(super) fn tell(&self, wiki: WikiId) {
        for listener in &*self.all.read() {
            listener(wiki);
        }
    }
}

impl Wikis {
    /// Calls `listener` whenever a wiki's tip has moved, or the wiki is gone, in the thread
    /// that did it: it must return at once.
    pub fn on_change(&self, listener: impl Fn(WikiId) + Send + Sync + 'static) {
        self.listeners().all.write().push(Box::new(listener));
    }
}

/// The commit after which a reader reads on; none before the first.
///
/// # Errors
/// [`WikiError::Invalid`] when there is no such commit, or a storage failure.
pub fn feed_cursor(access: &Access<Read>, since: &Since) -> Result<Option<Revision>, WikiError> {
    match since {
        Since::Now => access.wiki().tip(),
        Since::Beginning => Ok(None),
        Since::Commit(prefix) => access.wiki().find(prefix)?.map(Some).ok_or_else(unknown_cursor),
    }
}

/// The commits after a cursor, oldest first: those by which the wiki itself came forward, so
/// that a merge is one event that tells of all it merged.
///
/// # Errors
/// [`WikiError::Invalid`] when the wiki does not build on the cursor, or a storage failure.
pub fn feed_after(access: &Access<Read>, cursor: Option<Revision>) -> Result<Vec<Revision>, WikiError> {
    let wiki = access.wiki();
    let Some(tip) = wiki.tip()? else { return Ok(Vec::new()) };
    wiki.repo().steps(cursor, tip)?.ok_or_else(unknown_cursor)
}

/// What commits did.
///
/// # Errors
/// On a storage failure.
pub fn feed_events(access: &Access<Read>, commits: &[Revision]) -> Result<Vec<FeedEvent>, WikiError> {
    let repo = access.wiki().repo();
    let mut events = Vec::with_capacity(commits.len());
    for revision in commits {
        let Some(step) = repo.step(*revision)? else { continue };
        let mut changes = repo.changes(step.before, *revision)?;
        let more = changes.len() > MOST_FILES;
        changes.truncate(MOST_FILES);
        let gone: HashMap<_, _> = changes
            .iter()
            .filter(|change| change.new.is_none())
            .filter_map(|change| Some((change.old?, change.path.clone())))
            .collect();
        let mut event =
            FeedEvent { change: LastChange::from(&step.commit), pages: Vec::new(), attachments: Vec::new(), more };
        let mut moved = Vec::new();
        for change in &changes {
            let from = match (change.old, change.new) {
                (None, Some(new)) => gone.get(&new),
                _ => None,
            };
            if let Some(path) = PagePath::from_file(&change.path) {
                let from = from.and_then(|from| PagePath::from_file(from));
                moved.extend(from.as_ref().map(|from| from.file().as_str().to_owned()));
                event.pages.push(ChangedPage { path, became: became(change, from) });
            } else if let Some(path) = AttachmentPath::from_file(&change.path) {
                let from = from.and_then(|from| AttachmentPath::from_file(from));
                moved.extend(from.as_ref().map(|from| from.file().as_str().to_owned()));
                event.attachments.push(ChangedAttachment { path, became: became(change, from) });
            }
        }
        // What was moved is told once, by its new name.
        event
            .pages
            .retain(|page| page.became != Became::Deleted || !moved.iter().any(|m| *m == page.path.file().as_str()));
        event
            .attachments
            .retain(|file| file.became != Became::Deleted || !moved.iter().any(|m| *m == file.path.file().as_str()));
        events.push(event);
    }
    Ok(events)
}

fn became<P>(change: &crate::repo::FileChange, from: Option<P>) -> Became<P> {
    match (change.old, change.new, from) {
        (_, _, Some(from)) => Became::Renamed(from),
        (None, _, None) => Became::Created,
        (Some(_), Some(_), None) => Became::Modified,
        (Some(_), None, None) => Became::Deleted,
    }
}

fn unknown_cursor() -> WikiError {
    let problem = "is no revision of this wiki; leave it out to begin with what happens from now on".to_owned();
    WikiError::Invalid { field: "cursor", problem }
}
