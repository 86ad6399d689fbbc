use gix::ObjectId;

use super::error::Error;
use super::revisions::{WALK_CACHE, is_commit};
use super::{CommitInfo, Repo, commit, object_id, revision};
use crate::model::Revision;

/// A commit of the branch's own line: what it built on, and what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    pub commit: CommitInfo,
    /// Its first parent.
    pub before: Option<Revision>,
}

impl Repo {
    /// The commits by which the branch came from `after` to `tip`, oldest first: the line
    /// of first parents, so that a merge is one step that holds what it merged. With no
    /// `after`, all of them. None when `tip` does not build on `after`.
    ///
    /// An `after` that was merged in, and is not on the line itself, counts as the commit
    /// that merged it: the steps after that one are returned.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`] when `tip` is no commit, or when the history cannot be read.
    pub fn steps(&self, after: Option<Revision>, tip: Revision) -> Result<Option<Vec<Revision>>, Error> {
        let mut steps = Vec::new();
        let mut met = after.is_none();
        self.walk_line(tip, |id| {
            met |= after.is_some_and(|after| object_id(after) == id);
            let on = after.is_none() || !met;
            if on {
                steps.push(revision(id));
            }
            on
        })?;
        if let Some(after) = after.filter(|_| !met) {
            if !self.is_ancestor(after, tip)? {
                return Ok(None);
            }
            // Newest first here: the oldest step that holds `after` lies where holding ends.
            let (mut holds, mut lacks) = (0, steps.len());
            while lacks - holds > 1 {
                let middle = holds + (lacks - holds) / 2;
                match steps.get(middle) {
                    Some(step) if self.is_ancestor(after, *step)? => holds = middle,
                    _ => lacks = middle,
                }
            }
            steps.truncate(holds);
        }
        steps.reverse();
        Ok(Some(steps))
    }

    /// A commit and its first parent; none when there is no such commit.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub fn step(&self, of: Revision) -> Result<Option<Step>, Error> {
        let repo = self.gix();
        let id = object_id(of);
        if !is_commit(&repo, id)? {
            return Ok(None);
        }
        let found = repo.find_commit(id)?;
        let before = found.parent_ids().next().map(|id| revision(id.detach()));
        Ok(Some(Step { commit: commit::info(id, &found.data), before }))
    }

    /// Visits commits, newest first, until told to stop.
    fn walk_line(&self, tip: Revision, mut visit: impl FnMut(ObjectId) -> bool) -> Result<(), Error> {
        let mut repo = self.gix();
        repo.object_cache_size_if_unset(WALK_CACHE);
        let start = object_id(tip);
        if !is_commit(&repo, start)? {
            return Err(Error::UnknownRevision(tip));
        }
        let mut next = Some(start);
        while let Some(id) = next {
            if !visit(id) {
                break;
            }
            next = match repo.find_commit(id)?.parent_ids().next().map(gix::Id::detach) {
                // A history that was cut off ends here.
                Some(parent) if is_commit(&repo, parent)? => Some(parent),
                _ => None,
            };
        }
        Ok(())
    }
}
