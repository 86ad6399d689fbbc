//! What a person has typed and not saved, kept beside the wiki so that it outlives the
//! browser and is there on every device. Nobody else sees it, and it is no content: it is
//! gone once it is saved, thrown away, or old.

use std::fmt;

use super::moved::moved_in;
use super::write::check_content;
use super::{Access, AccessError, Read, Right, WikiError, Wikis, Write};
use crate::clock::Clock;
use crate::model::{PagePath, Permission, PersonId, Principal, Revision, UnixSeconds};
use crate::store::{DraftRecord, Store, StoreError};

/// Drafts that a person has on one wiki; the oldest one goes for the next.
pub const MOST_DRAFTS: usize = 100;
/// Days after which a draft is given up that nobody wrote on.
pub const DRAFT_DAYS: i64 = 90;
/// Longest anchor of a section, in bytes.
const LONGEST_SECTION: usize = 1_000;
/// Longest name of a window, in bytes.
const LONGEST_WRITER: usize = 32;

/// Which text of which window a draft is: windows of one person must not overwrite each
/// other's texts unseen, and a text that was sent earlier must not replace a later one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftStamp {
    pub writer: String,
    pub seq: u64,
}

/// A text to keep.
#[derive(Clone, Debug)]
pub struct NewDraft<'a> {
    /// The anchor of the section that is written; none for the whole page.
    pub section: Option<&'a str>,
    /// The revision that the text started from; none for a new page.
    pub base: Option<Revision>,
    pub content: &'a str,
    pub stamp: DraftStamp,
    /// The draft of another window that this one knows of, and goes on with or replaces.
    pub seen: Option<DraftStamp>,
}

/// What keeping a text came to.
#[derive(Clone, Debug)]
pub struct KeptDraft {
    pub path: PagePath,
    /// The page whose draft had to go, because the person has [`MOST_DRAFTS`] others.
    pub given_up: Option<PagePath>,
}

/// A text that a person has not saved.
#[derive(Clone, Debug)]
pub struct MyDraft {
    pub path: PagePath,
    pub section: Option<String>,
    pub base: Option<Revision>,
    pub content: String,
    pub saved: UnixSeconds,
    pub stamp: DraftStamp,
    /// Whether the page is not what the text started from any more.
    pub outdated: bool,
}

impl DraftStamp {
    /// Reads `window.number`; none when it is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (writer, seq) = text.split_once('.')?;
        let fits = (1..=LONGEST_WRITER).contains(&writer.len()) && writer.bytes().all(|b| b.is_ascii_alphanumeric());
        Some(Self { writer: writer.to_owned(), seq: seq.parse().ok()? }).filter(|_| fits)
    }
}

impl fmt::Display for DraftStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.writer, self.seq)
    }
}

/// Keeps what somebody is writing. A text that the same window sent before a later one
/// changes nothing.
///
/// # Errors
/// [`WikiError::DraftElsewhere`] when another window has kept a text that this one has not
/// seen; [`WikiError::TooLarge`] or [`WikiError::Invalid`] for a text that no page may have;
/// [`AccessError::Forbidden`] for who is no person; or a storage failure.
pub fn keep_draft(
    wikis: &Wikis,
    access: &Access<Write>,
    path: &PagePath,
    new: &NewDraft<'_>,
) -> Result<KeptDraft, WikiError> {
    let person = person(access)?;
    check_content(wikis, new.content)?;
    if new.section.is_some_and(|section| section.len() > LONGEST_SECTION) {
        let problem = format!("must be at most {LONGEST_SECTION} bytes");
        return Err(WikiError::Invalid { field: "section", problem });
    }
    let path = place(access, path, new.base.is_some())?;
    let key = key(&path, new.section);
    let record = DraftRecord {
        path: path.clone(),
        section: new.section.map(str::to_owned),
        base: new.base,
        content: new.content.to_owned(),
        saved: wikis.clock().now(),
        writer: new.stamp.writer.clone(),
        seq: new.stamp.seq,
    };
    let given_up = wikis.store().write(|tx| {
        if let Some(there) = tx.draft(access.id(), person, &key)? {
            let own = there.writer == record.writer;
            if own && there.seq >= record.seq {
                return Ok(None);
            }
            if !own && new.seen.as_ref() != Some(&stamp(&there)) {
                return Err(WikiError::DraftElsewhere);
            }
        }
        Ok(tx.set_draft(access.id(), person, (&key, &record), MOST_DRAFTS)?)
    })?;
    Ok(KeptDraft { path, given_up: given_up.map(|draft| draft.path) })
}

/// What the person has written on a page, or on one section of it, and not saved.
///
/// # Errors
/// On a storage failure.
pub fn my_draft(
    wikis: &Wikis,
    access: &Access<Read>,
    path: &PagePath,
    section: Option<&str>,
) -> Result<Option<MyDraft>, WikiError> {
    let Ok(person) = person(access) else { return Ok(None) };
    let path = place(access, path, false)?;
    let found = wikis.store().read(|tx| tx.draft(access.id(), person, &key(&path, section)))?;
    found.map(|record| mine(access, record)).transpose()
}

/// All that the person has written on the wiki and not saved, newest first. Empty for who
/// is no person.
///
/// # Errors
/// On a storage failure.
pub fn my_drafts(wikis: &Wikis, access: &Access<Read>) -> Result<Vec<MyDraft>, WikiError> {
    let Ok(person) = person(access) else { return Ok(Vec::new()) };
    let mut drafts = wikis.store().read(|tx| tx.drafts(access.id(), person))?;
    drafts.sort_by(|a, b| b.saved.cmp(&a.saved).then_with(|| a.path.cmp(&b.path)));
    drafts.into_iter().map(|record| mine(access, record)).collect()
}

/// Throws a draft away; whether there was one.
///
/// # Errors
/// On a storage failure.
pub fn discard_draft(
    wikis: &Wikis,
    access: &Access<Read>,
    path: &PagePath,
    section: Option<&str>,
) -> Result<bool, WikiError> {
    let Ok(person) = person(access) else { return Ok(false) };
    let placed = key(&place(access, path, false)?, section);
    let typed = key(path, section);
    Ok(wikis.store().write(|tx| {
        let there = tx.remove_draft(access.id(), person, &placed)?;
        Ok::<_, StoreError>(tx.remove_draft(access.id(), person, &typed)? || there)
    })?)
}

/// Throws the drafts of a page away whose text was saved: what this window kept, of the page
/// or of a section, or had seen. A text of another window stays.
///
/// # Errors
/// On a storage failure.
pub fn discard_own_draft(
    wikis: &Wikis,
    access: &Access<Read>,
    path: &PagePath,
    (writer, seen): (&str, Option<&DraftStamp>),
) -> Result<(), WikiError> {
    let Ok(person) = person(access) else { return Ok(()) };
    let placed = place(access, path, true)?;
    wikis.store().write(|tx| {
        for page in [placed.fold(), path.fold()] {
            for (key, draft) in tx.drafts_of_page(access.id(), person, page.as_str())? {
                if draft.writer == writer || seen.is_some_and(|seen| stamp(&draft) == *seen) {
                    tx.remove_draft(access.id(), person, &key)?;
                }
            }
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}

/// Takes everybody's drafts of pages along to where the pages went. The pages have moved
/// whatever becomes of this: a draft that stays behind is still listed.
pub(super) fn follow<R: Right>(wikis: &Wikis, access: &Access<R>, moves: &[(PagePath, PagePath)]) {
    let followed = wikis.store().write(|tx| {
        tx.rename_drafts(access.id(), |draft| {
            let (_, to) = moves.iter().find(|(from, _)| from.fold() == draft.path.fold())?;
            let record = DraftRecord { path: to.clone(), ..draft.clone() };
            Some((key(to, draft.section.as_deref()), record))
        })
    });
    if let Err(error) = followed {
        tracing::error!(wiki.slug = %access.slug(), %error, "the drafts of a renamed page were left behind");
    }
}

/// Removes what nobody has written on for [`DRAFT_DAYS`].
pub(super) fn prune_drafts(store: &Store, clock: &dyn Clock) -> Result<(), StoreError> {
    let before = clock.now() - DRAFT_DAYS * 24 * 60 * 60;
    if store.read(|tx| tx.has_drafts_before(before))? {
        store.write(|tx| tx.remove_drafts_before(before))?;
    }
    Ok(())
}

/// Tokens write pages at once; only people have drafts.
fn person<R: Right>(access: &Access<R>) -> Result<PersonId, WikiError> {
    match access.principal() {
        Principal::Person { id, .. } => Ok(*id),
        _ => Err(AccessError::Forbidden(Permission::Write).into()),
    }
}

/// Where the page is now, whatever it was called when somebody began to write: a draft is
/// found under its page's name.
fn place<R: Right>(access: &Access<R>, path: &PagePath, existed: bool) -> Result<PagePath, WikiError> {
    let state = access.wiki().current()?;
    let found = state.resolve(path).cloned();
    let moved = || if existed { moved_in(&state, path) } else { None };
    Ok(found.or_else(moved).unwrap_or_else(|| path.clone()))
}

/// The line break, which no path and no anchor has, keeps the two apart.
fn key(path: &PagePath, section: Option<&str>) -> String {
    let page = path.fold();
    match section {
        Some(section) => format!("{}\n{section}", page.as_str()),
        None => page.as_str().to_owned(),
    }
}

fn stamp(record: &DraftRecord) -> DraftStamp {
    DraftStamp { writer: record.writer.clone(), seq: record.seq }
}

fn mine(access: &Access<Read>, record: DraftRecord) -> Result<MyDraft, WikiError> {
    let state = access.wiki().current()?;
    let page = state.page(&record.path);
    let current = page.and_then(|page| page.last.as_ref()).map(|last| last.revision);
    let stamp = stamp(&record);
    Ok(MyDraft {
        outdated: current != record.base,
        path: record.path,
        section: record.section,
        base: record.base,
        content: record.content,
        saved: record.saved,
        stamp,
    })
}
