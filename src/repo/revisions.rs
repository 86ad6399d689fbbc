use std::collections::HashSet;

use gix::ObjectId;
use gix::revision::walk::Sorting;
use gix::traverse::commit::simple::CommitTimeOrder;

use super::error::Error;
use super::{Repo, object_id, refs, revision};
use crate::model::{Revision, RevisionPrefix};

/// What a walk over many commits may keep of the objects it has read, in bytes.
pub(super) const WALK_CACHE: usize = 16 << 20;

impl Repo {
    /// The one commit reachable from the tip that begins with `prefix`; none when there
    /// is none or more than one.
    ///
    /// Only objects that exist are looked for in the history, and the newest commits come
    /// first, so that what people ask for is found soon. No commit time cuts the walk
    /// short: imported histories have clocks that ran backwards.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn find(&self, prefix: &RevisionPrefix) -> Result<Option<Revision>, Error> {
        let mut repo = self.gix();
        let Some(tip) = refs::tip(&repo)? else { return Ok(None) };
        let mut candidates = commits_with_prefix(&repo, prefix)?;
        if candidates.is_empty() {
            return Ok(None);
        }
        if candidates.len() == 1 && candidates.contains(&tip) {
            return Ok(Some(revision(tip)));
        }
        repo.object_cache_size_if_unset(WALK_CACHE);
        let mut found = None;
        for commit in newest_first(&repo, tip, None)? {
            let id = commit?.id;
            if candidates.remove(&id) && found.replace(id).is_some() {
                return Ok(None);
            }
            if candidates.is_empty() {
                break;
            }
        }
        Ok(found.map(revision))
    }

    /// Whether `ancestor` is `descendant` or one of the commits it builds on; false when
    /// either is no commit here.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn is_ancestor(&self, ancestor: Revision, descendant: Revision) -> Result<bool, Error> {
        let mut repo = self.gix();
        let (ancestor, descendant) = (object_id(ancestor), object_id(descendant));
        if !is_commit(&repo, ancestor)? || !is_commit(&repo, descendant)? {
            return Ok(false);
        }
        repo.object_cache_size_if_unset(WALK_CACHE);
        for commit in newest_first(&repo, descendant, None)? {
            if commit?.id == ancestor {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// All commits reachable from `tip`, by commit time; without those reachable from `hidden`.
pub(super) fn newest_first<'r>(
    repo: &'r gix::Repository,
    tip: ObjectId,
    hidden: Option<ObjectId>,
) -> Result<gix::revision::Walk<'r>, Error> {
    Ok(repo.rev_walk([tip]).sorting(Sorting::ByCommitTime(CommitTimeOrder::NewestFirst)).with_hidden(hidden).all()?)
}

pub(super) fn is_commit(repo: &gix::Repository, id: ObjectId) -> Result<bool, Error> {
    Ok(repo.try_find_header(id)?.is_some_and(|header| header.kind() == gix::objs::Kind::Commit))
}

fn commits_with_prefix(repo: &gix::Repository, prefix: &RevisionPrefix) -> Result<HashSet<ObjectId>, Error> {
    let mut found = HashSet::default();
    if let Ok(whole) = Revision::parse(prefix.as_str()) {
        found.insert(object_id(whole));
    } else {
        let prefix = gix::hash::Prefix::from_hex(prefix.as_str())?;
        repo.objects.lookup_prefix(prefix, Some(&mut found))?;
    }
    let mut commits = HashSet::new();
    for id in found {
        if is_commit(repo, id)? {
            commits.insert(id);
        }
    }
    Ok(commits)
}
