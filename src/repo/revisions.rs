use gix::ObjectId;
use gix::revision::walk::Sorting;
use gix::traverse::commit::simple::CommitTimeOrder;

use super::error::Error;
use super::{Repo, object_id};
use crate::model::Revision;

/// What a walk over many commits may keep of the objects it has read, in bytes.
pub(super) const WALK_CACHE: usize = 16 << 20;

impl Repo {
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
