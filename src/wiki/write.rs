use super::message::message;
use super::open::counters;
use super::read::no_such_page;
use super::{Access, Action, Origin, WikiError, Wikis, Write};
use crate::catalog::State;
use crate::markdown;
use crate::model::{Author, Name, PagePath, Revision, RevisionPrefix};
use crate::repo::{self, Change, CommitMeta};
use crate::store::{AuditEntry, AuditEvent, StoreError};

/// Most places that an ambiguous text is said to be at.
const MOST_LINES: usize = 100;

/// A whole page to store.
#[derive(Clone, Debug)]
pub struct WritePage<'a> {
    pub content: &'a str,
    /// The revision that the writer read; none to create.
    pub base: Option<RevisionPrefix>,
    pub message: Option<&'a str>,
    pub origin: Origin,
    /// The path as it was typed, for the default message.
    pub typed: &'a str,
}

/// One exact replacement within a page.
#[derive(Clone, Debug)]
pub struct Edit<'a> {
    pub base: RevisionPrefix,
    /// Must occur exactly once.
    pub old: &'a str,
    pub new: &'a str,
    pub message: Option<&'a str>,
    pub origin: Origin,
    /// The path as it was typed, for the default message.
    pub typed: &'a str,
}

/// A page after a change.
#[derive(Clone, Debug)]
pub struct Saved {
    pub path: PagePath,
    pub name: String,
    pub revision: Revision,
    pub created: bool,
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
) -> Result<Saved, WikiError> {
    check_content(wikis, request.content)?;
    let wiki = access.wiki();
    let turn = wiki.begin_writing()?;
    let state = wiki.current()?;
    let (target, action, before) = match state.resolve(path).cloned() {
        Some(stored) => {
            let (revision, size) = current(&state, &stored, request.base.as_ref())?;
            (stored, Action::Update, Some((revision, size)))
        }
        None if request.base.is_some() => return Err(WikiError::PageDeleted { path: path.to_string() }),
        None => {
            let target = path.for_new_page()?;
            check_address_is_free(&state, &target)?;
            (target, Action::Create, None)
        }
    };
    let grows_by = (request.content.len() as u64).saturating_sub(before.map_or(0, |(_, size)| size));
    let (tip, held) = (state.commit(), Held::by(&state));
    drop(state);
    check_limits(wikis, access, held, before.is_none(), grows_by)?;

    let meta = meta(wikis, access, message(request.origin, action, request.message, request.typed)?)?;
    let change = Change::Put { path: target.file(), bytes: request.content.as_bytes().to_vec() };
    let revision = match wiki.repo().commit(tip, &[change], &meta) {
        Ok(revision) => {
            settle(wikis, access, revision);
            revision
        }
        Err(repo::Error::NothingChanged) => before.map(|(revision, _)| revision).ok_or(WikiError::Busy)?,
        Err(error) => return Err(refused(&target, error)),
    };
    drop(turn);
    Ok(saved(target, request.content, revision, action == Action::Create))
}

/// Replaces the one occurrence of a text.
///
/// # Errors
/// The checks of reference 1.4 in its order, a limit, or a storage failure; nothing has
/// changed then.
pub fn edit(wikis: &Wikis, access: &Access<Write>, path: &PagePath, request: &Edit<'_>) -> Result<Saved, WikiError> {
    if request.old.is_empty() {
        return Err(WikiError::Invalid { field: "old_string", problem: "must not be empty".to_owned() });
    }
    if request.old == request.new {
        return Err(WikiError::Invalid { field: "old_string", problem: "and new_string are identical".to_owned() });
    }
    let wiki = access.wiki();
    let turn = wiki.begin_writing()?;
    let state = wiki.current()?;
    let stored = state.resolve(path).cloned().ok_or_else(|| no_such_page(&state, path))?;
    let (before, size) = current(&state, &stored, Some(&request.base))?;
    let (tip, held) = (state.commit(), Held::by(&state));
    drop(state);
    let page = super::read(&access.reading(), &stored, None)?;
    let content = replace_once(&page.content, request.old, request.new)?;
    check_content(wikis, &content)?;
    check_limits(wikis, access, held, false, (content.len() as u64).saturating_sub(size))?;

    let meta = meta(wikis, access, message(request.origin, Action::Edit, request.message, request.typed)?)?;
    let change = Change::Put { path: stored.file(), bytes: content.as_bytes().to_vec() };
    let revision = match wiki.repo().commit(tip, &[change], &meta) {
        Ok(revision) => {
            settle(wikis, access, revision);
            revision
        }
        // The texts differed in line ends alone, and the page has its own.
        Err(repo::Error::NothingChanged) => before,
        Err(error) => return Err(refused(&stored, error)),
    };
    drop(turn);
    Ok(saved(stored, &content, revision, false))
}

/// Deletes a page. `base`, when given, must be its current revision.
///
/// # Errors
/// [`WikiError::NoSuchPage`], [`WikiError::RevisionMismatch`], or a storage failure.
pub fn delete(
    wikis: &Wikis,
    access: &Access<Write>,
    path: &PagePath,
    base: Option<&RevisionPrefix>,
    given: Option<&str>,
    origin: Origin,
) -> Result<PagePath, WikiError> {
    let wiki = access.wiki();
    let turn = wiki.begin_writing()?;
    let state = wiki.current()?;
    let stored = state.resolve(path).cloned().ok_or_else(|| no_such_page(&state, path))?;
    if base.is_some() {
        current(&state, &stored, base)?;
    }
    let tip = state.commit();
    // What is attached to a page belongs to it and goes with it (design section 9).
    let mut changes = vec![Change::Delete { path: stored.file() }];
    for (name, _) in state.attachments(&stored) {
        if let Ok(name) = crate::model::AttachmentName::parse(name) {
            let path = crate::model::AttachmentPath { page: stored.clone(), name }.file();
            changes.push(Change::Delete { path });
        }
    }
    drop(state);
    let meta = meta(wikis, access, message(origin, Action::Delete, given, stored.as_str())?)?;
    let revision = wiki.repo().commit(tip, &changes, &meta).map_err(|error| refused(&stored, error))?;
    settle(wikis, access, revision);
    drop(turn);
    Ok(stored)
}

/// The revision and size of a page whose writer names `base` as what was read.
fn current(state: &State, stored: &PagePath, base: Option<&RevisionPrefix>) -> Result<(Revision, u64), WikiError> {
    let entry = state.page(stored).ok_or_else(|| no_such_page(state, stored))?;
    let base = base.ok_or(WikiError::RevisionRequired)?;
    let current = entry.last.as_ref().map(|last| last.revision).ok_or(WikiError::Busy)?;
    if current.matches(base) { Ok((current, entry.size)) } else { Err(WikiError::RevisionMismatch { current }) }
}

fn check_content(wikis: &Wikis, content: &str) -> Result<(), WikiError> {
    let limit = wikis.limits().page_bytes;
    if content.len() as u64 > limit {
        return Err(WikiError::TooLarge { field: "content", limit });
    }
    if content.contains('\0') {
        return Err(WikiError::Invalid { field: "content", problem: "must not contain NUL characters".to_owned() });
    }
    Ok(())
}

/// A page and an attachment of the page above it may have the same address.
fn check_address_is_free(state: &State, page: &PagePath) -> Result<(), WikiError> {
    let Some(above) = page.parent() else { return Ok(()) };
    let above = state.resolve(&above).unwrap_or(&above);
    if state.attachments(above).any(|(name, _)| name == page.leaf()) {
        let cause = "a file of that name is attached to the page above".to_owned();
        return Err(WikiError::PathTaken { path: page.to_string(), cause });
    }
    Ok(())
}

/// What a wiki holds before a change.
#[derive(Clone, Copy)]
struct Held {
    pages: u64,
    bytes: u64,
}

impl Held {
    fn by(state: &State) -> Self {
        Self { pages: state.page_count(), bytes: state.bytes() }
    }
}

/// Refuses what would take the wiki over a limit; an edit that does not grow it passes
/// even when the wiki is over already. Wikis of an operator are exempt.
fn check_limits(
    wikis: &Wikis,
    access: &Access<Write>,
    held: Held,
    creates: bool,
    grows_by: u64,
) -> Result<(), WikiError> {
    let limits = wikis.limits();
    let over = if creates && limits.pages_per_wiki > 0 && held.pages >= limits.pages_per_wiki {
        WikiError::LimitReached { what: "pages", limit: limits.pages_per_wiki }
    } else if grows_by > 0 && limits.wiki_bytes > 0 && held.bytes + grows_by > limits.wiki_bytes {
        WikiError::LimitReached { what: "bytes", limit: limits.wiki_bytes }
    } else {
        return Ok(());
    };
    let exempt = wikis.store().read(|tx| {
        for (person, role) in tx.roles(access.id())? {
            if role == crate::model::Role::Owner && tx.person(person)?.is_some_and(|person| person.operator) {
                return Ok::<_, StoreError>(true);
            }
        }
        Ok(false)
    })?;
    if exempt { Ok(()) } else { Err(over) }
}

fn replace_once(content: &str, old: &str, new: &str) -> Result<String, WikiError> {
    // A page with CRLF line ends is edited by clients that send LF: speak its dialect.
    if content.contains("\r\n") && !old.contains('\r') {
        let (theirs, with) = (old.replace('\n', "\r\n"), new.replace("\r\n", "\n").replace('\n', "\r\n"));
        match replace_exactly(content, &theirs, &with) {
            // Unless it ends this line in another way.
            Err(WikiError::OldStringMissing) => {}
            result => return result,
        }
    }
    replace_exactly(content, old, new)
}

fn replace_exactly(content: &str, old: &str, new: &str) -> Result<String, WikiError> {
    let mut found = content.match_indices(old);
    match (found.next(), found.next()) {
        (None, _) => Err(WikiError::OldStringMissing),
        (Some(_), None) => Ok(content.replacen(old, new, 1)),
        (Some(_), Some(_)) => Err(ambiguous(content, old)),
    }
}

/// One pass over the page, however often the text occurs.
fn ambiguous(content: &str, old: &str) -> WikiError {
    let (mut count, mut lines, mut line, mut seen) = (0, Vec::new(), 1, 0);
    for (at, _) in content.match_indices(old) {
        count += 1;
        if lines.len() < MOST_LINES {
            line += content.get(seen..at).map_or(0, |text| text.matches('\n').count());
            seen = at;
            lines.push(line);
        }
    }
    WikiError::OldStringAmbiguous { count, lines }
}

fn meta(wikis: &Wikis, access: &Access<Write>, message: String) -> Result<CommitMeta, WikiError> {
    Ok(CommitMeta { author: access.author()?, committer: robot()?, message, time: wikis.clock().now() })
}

/// The committer of everything that this server commits.
pub(super) fn robot() -> Result<Author, WikiError> {
    let name = Name::parse("robotwiki")
        .map_err(|cause| WikiError::Invalid { field: "committer", problem: cause.to_string() })?;
    Ok(Author { name, email: "robotwiki@robotwiki.invalid".to_owned() })
}

/// What follows a durable commit: metadata, counters and audit in one transaction, and
/// word to the index.
///
/// The change is done whatever becomes of this: a writer who is told that it failed would
/// try again and meet a conflict with itself. The next start repairs the counters.
fn settle(wikis: &Wikis, access: &Access<Write>, revision: Revision) {
    if let Err(error) = record(wikis, access, revision) {
        let wiki = access.slug();
        tracing::error!(wiki.slug = %wiki, %revision, actor = access.actor(), %error, "a commit was not recorded");
    }
    wikis.indexes().notify(access.id());
}

fn record(wikis: &Wikis, access: &Access<Write>, revision: Revision) -> Result<(), WikiError> {
    let wiki = access.wiki();
    let counters = counters(&*wiki.current()?);
    let entry = AuditEntry {
        at: wikis.clock().now(),
        actor: access.actor(),
        wiki: Some(wiki.id()),
        event: AuditEvent::Committed { revision },
    };
    wikis.store().write(|tx| {
        tx.set_counters(wiki.id(), &counters)?;
        Ok(tx.audit(&entry)?)
    })
}

fn refused(path: &PagePath, error: repo::Error) -> WikiError {
    match error {
        repo::Error::TipMoved { .. } => WikiError::Busy,
        repo::Error::NotAFile { .. } | repo::Error::Exists { .. } => {
            WikiError::PathTaken { path: path.to_string(), cause: error.to_string() }
        }
        error => error.into(),
    }
}

fn saved(path: PagePath, content: &str, revision: Revision, created: bool) -> Saved {
    let name = markdown::front_matter(content).title().unwrap_or_else(|| path.leaf().to_owned());
    Saved { path, name, revision, created }
}
