use std::collections::{BTreeMap, HashMap, HashSet};

use gix::ObjectId;

use super::error::Error;
use super::revisions::{WALK_CACHE, newest_first};
use super::{CommitInfo, Repo, Snapshot, commit, diff, object_id, snapshot};
use crate::model::Revision;

impl Repo {
    /// For each file at `tip`, the newest commit that gave it its present content.
    ///
    /// With `since`, an ancestor of `tip` for which the answer is known, only the files
    /// whose answer differs from that one are returned; files that are gone are not
    /// mentioned. A `since` that is no ancestor is as good as none.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`], or when an object cannot be read.
    pub fn last_commits(&self, tip: Revision, since: Option<Revision>) -> Result<BTreeMap<String, CommitInfo>, Error> {
        let mut repo = self.gix();
        repo.object_cache_size_if_unset(WALK_CACHE);
        diff::tree_of(&repo, tip)?;
        let tip = object_id(tip);
        let wanted = Snapshot::of_commit(repo.clone(), tip)?
            .files()?
            .into_iter()
            .map(|file| (file.path, ObjectId::from(file.blob)))
            .collect();
        let mut search = Search { repo: &repo, tip, wanted, found: BTreeMap::new() };

        if let Some(since) = since.filter(|since| diff::tree_of(&repo, *since).is_ok())
            && search.walk(Some(object_id(since)))?
        {
            // A merge may have taken a file over from before `since`.
            let mut changed = HashSet::new();
            diff::compare(&repo, Some(diff::tree_of(&repo, since)?), Some(search.tree(tip)?), &mut |path, _, _| {
                changed.insert(path.to_owned());
            })?;
            search.wanted.retain(|path, _| changed.contains(path));
        }
        search.walk(None)?;
        Ok(search.found)
    }
}

struct Search<'r> {
    repo: &'r gix::Repository,
    tip: ObjectId,
    /// What the files hold whose commit is still to be found.
    wanted: HashMap<String, ObjectId>,
    found: BTreeMap<String, CommitInfo>,
}

impl Search<'_> {
    /// Goes through the commits that are not reachable from `since`; says whether `since`
    /// is an ancestor, if all of them were seen.
    fn walk(&mut self, since: Option<ObjectId>) -> Result<bool, Error> {
        let mut met = since == Some(self.tip);
        if self.wanted.is_empty() || met {
            return Ok(met);
        }
        for commit in newest_first(self.repo, self.tip, since)? {
            let commit = commit?;
            met |= since.is_some_and(|since| commit.parent_ids.contains(&since));
            self.attribute(commit.id, &commit.parent_ids)?;
            if self.wanted.is_empty() {
                break;
            }
        }
        Ok(met)
    }

    fn attribute(&mut self, id: ObjectId, parents: &[ObjectId]) -> Result<(), Error> {
        let tree = self.tree(id)?;
        let mut before = Vec::with_capacity(parents.len());
        for parent in parents {
            before.push(self.tree(*parent)?);
        }
        let (first, others) = before.split_first().map_or((None, &[][..]), |(first, others)| (Some(*first), others));
        let mut introduced = Vec::new();
        diff::compare(self.repo, first, Some(tree), &mut |path, _, new| {
            if new.is_some() && self.wanted.get(path).copied() == new {
                introduced.push(path.to_owned());
            }
        })?;
        if introduced.is_empty() {
            return Ok(());
        }
        let info = commit::info(id, &self.repo.find_object(id)?.data);
        for path in introduced {
            if self.inherited(&path, others)? {
                continue;
            }
            self.wanted.remove(&path);
            self.found.insert(path, info.clone());
        }
        Ok(())
    }

    /// Whether a merge took a file as it is from one of the trees it merged in.
    fn inherited(&self, path: &str, trees: &[ObjectId]) -> Result<bool, Error> {
        for tree in trees {
            if snapshot::lookup(self.repo, *tree, path)?.as_ref() == self.wanted.get(path) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn tree(&self, commit: ObjectId) -> Result<ObjectId, Error> {
        Ok(self.repo.find_commit(commit)?.tree_id()?.detach())
    }
}
