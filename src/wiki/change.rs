use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::draft::{Draft, Growth};
use super::open::counters;
use super::{Access, Right, WikiError, Wikis};
use crate::model::{Author, Name, Revision, Role, UnixSeconds};
use crate::repo::{self, CommitMeta};
use crate::store::{AuditEntry, AuditEvent, FirstResult, StoreError};

/// How long the result of a request with a key is kept, in seconds.
const KEPT: UnixSeconds = 24 * 60 * 60;

/// Names a request, so that it is carried out once however often it arrives.
#[derive(Clone, Debug)]
pub struct Once {
    /// As the client chose it; it is the principal's own.
    pub key: String,
    /// SHA-256 of everything that was asked for.
    pub request: [u8; 32],
}

/// What a change came to, now or when it was asked for first.
#[derive(Clone, Debug)]
pub struct Done<T> {
    pub value: T,
    /// Whether it was carried out by an earlier request with the same key.
    pub replayed: bool,
}

/// What a change, decided on in a [`Draft`], is called and comes to.
pub(super) struct Plan<T> {
    /// The commit's message; none when nothing is to be committed.
    pub(super) message: Option<String>,
    /// Makes the outcome of the commit, or of none when nothing changed.
    pub(super) outcome: Box<dyn FnOnce(Option<Revision>) -> Result<T, WikiError>>,
}

/// Carries out one change as one commit: waits for the wiki's turn to write, lets `plan`
/// change a draft, checks the limits, commits and settles.
///
/// A request with a key is carried out once, over crashes too: its outcome is stored before
/// the branch moves to the commit, and holds only if the branch reaches that commit.
///
/// # Errors
/// What `plan` returns, a limit, [`WikiError::KeyReused`], or a storage failure.
pub(super) fn change<T, R>(
    wikis: &Wikis,
    access: &Access<R>,
    once: Option<&Once>,
    plan: impl FnOnce(&mut Draft<'_>) -> Result<Plan<T>, WikiError>,
) -> Result<Done<T>, WikiError>
where
    T: Serialize + DeserializeOwned,
    R: Right,
{
    let wiki = access.wiki();
    let turn = wiki.begin_writing()?;
    if let Some(once) = once
        && let Some(value) = first_outcome(wikis, access, once)?
    {
        return Ok(Done { value, replayed: true });
    }
    let mut draft = Draft::begin(wiki)?;
    let Plan { message, outcome } = plan(&mut draft)?;
    let new = |value| Done { value, replayed: false };
    let Some(message) = message else { return outcome(None).map(new) };

    let (tip, growth, changes) = (draft.tip(), draft.growth()?, draft.into_changes()?);
    check_room(wikis, access, growth)?;
    let meta = CommitMeta { author: access.author()?, committer: robot()?, message, time: wikis.clock().now() };
    let remember = |revision, value: &T| match once {
        Some(once) => remember(wikis, access, once, revision, value),
        None => Ok(()),
    };
    let mut outcome = Some(outcome);
    let mut value = None;
    let mut finish = |revision| -> Result<(), WikiError> {
        let outcome = outcome.take().ok_or(WikiError::Busy)?;
        let made = outcome(revision)?;
        remember(revision, &made)?;
        value = Some(made);
        Ok(())
    };
    match wiki.repo().commit_announced(tip, &changes, &meta, |revision| finish(Some(revision))) {
        Ok(revision) => settle(wikis, access, revision),
        Err(WikiError::Repo(repo::Error::NothingChanged)) => finish(None)?,
        Err(error) => return Err(refused(error)),
    }
    drop(turn);
    value.map(new).ok_or(WikiError::Busy)
}

/// The outcome of the first request under this key, if it was carried out.
fn first_outcome<T: DeserializeOwned, R: Right>(
    wikis: &Wikis,
    access: &Access<R>,
    once: &Once,
) -> Result<Option<T>, WikiError> {
    let key = digest(access, once);
    let Some(first) = wikis.store().read(|tx| tx.first_result(access.id(), &key))? else { return Ok(None) };
    if first.at < wikis.clock().now() - KEPT {
        return Ok(None);
    }
    // Whoever died before the branch moved has done nothing.
    if let Some(revision) = first.revision
        && access.wiki().find(&revision.into())? != Some(revision)
    {
        return Ok(None);
    }
    if first.request != hexadecimal(&once.request) {
        return Err(WikiError::KeyReused);
    }
    match serde_json::from_value(first.outcome) {
        Ok(outcome) => Ok(Some(outcome)),
        Err(_another_operations) => Err(WikiError::KeyReused),
    }
}

fn remember<T: Serialize, R: Right>(
    wikis: &Wikis,
    access: &Access<R>,
    once: &Once,
    revision: Option<Revision>,
    outcome: &T,
) -> Result<(), WikiError> {
    let at = wikis.clock().now();
    let outcome = serde_json::to_value(outcome)
        .map_err(|cause| WikiError::Invalid { field: "outcome", problem: cause.to_string() })?;
    let result = FirstResult { request: hexadecimal(&once.request), at, revision, outcome };
    let key = digest(access, once);
    wikis.store().write(|tx| tx.set_first_result(access.id(), &key, &result, at - KEPT))?;
    Ok(())
}

fn digest<R: Right>(access: &Access<R>, once: &Once) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(access.actor());
    hash.update([0]);
    hash.update(&once.key);
    hash.finalize().into()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses what would take the wiki over a limit; an edit that does not grow it passes
/// even when the wiki is over already. Wikis of an operator are exempt.
pub(super) fn check_room<R: Right>(wikis: &Wikis, access: &Access<R>, growth: Growth) -> Result<(), WikiError> {
    let limits = wikis.limits();
    let over = |limit: u64, before: u64, after: u64| limit > 0 && after > before && after > limit;
    let over = if over(limits.pages_per_wiki, growth.pages_before, growth.pages_after) {
        WikiError::LimitReached { what: "pages", limit: limits.pages_per_wiki }
    } else if over(limits.wiki_bytes, growth.bytes_before, growth.bytes_after) {
        WikiError::LimitReached { what: "bytes", limit: limits.wiki_bytes }
    } else {
        return Ok(());
    };
    let exempt = wikis.store().read(|tx| {
        for (person, role) in tx.roles(access.id())? {
            if role == Role::Owner && tx.person(person)?.is_some_and(|person| person.operator) {
                return Ok::<_, StoreError>(true);
            }
        }
        Ok(false)
    })?;
    if exempt { Ok(()) } else { Err(over) }
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
fn settle<R: Right>(wikis: &Wikis, access: &Access<R>, revision: Revision) {
    if let Err(error) = record(wikis, access, revision) {
        let wiki = access.slug();
        tracing::error!(wiki.slug = %wiki, %revision, actor = access.actor(), %error, "a commit was not recorded");
    }
    wikis.notify_indexes(access.id());
}

fn record<R: Right>(wikis: &Wikis, access: &Access<R>, revision: Revision) -> Result<(), WikiError> {
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

fn refused(error: WikiError) -> WikiError {
    match error {
        WikiError::Repo(repo::Error::TipMoved { .. }) => WikiError::Busy,
        WikiError::Repo(error @ (repo::Error::NotAFile { .. } | repo::Error::Exists { .. })) => {
            let cause = error.to_string();
            let (repo::Error::NotAFile { path } | repo::Error::Exists { path }) = error else { return error.into() };
            WikiError::PathTaken { path, cause }
        }
        error => error,
    }
}
