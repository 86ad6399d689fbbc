use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::rc::Rc;

use gix::ObjectId;

use super::error::Error;
use super::revisions::{WALK_CACHE, is_commit};
use super::snapshot::find_entry;
use super::{BlobId, CommitInfo, Repo, commit, object_id, rename};
use crate::model::{RepoPath, Revision};

/// A commit that changed a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryEntry {
    pub commit: CommitInfo,
    /// The file's name at that commit.
    pub path: String,
    /// What it held from then on; none when the commit removed it.
    pub blob: Option<BlobId>,
}

impl Repo {
    /// The commits that changed a file, newest first, at most `limit`, beginning at `from`.
    ///
    /// As `git log --follow`: where a commit created the file while a file that is at
    /// least half the same disappeared, the history goes on under that name. Else it goes
    /// on under the same name, to an earlier file that had been removed. Of a merge, only
    /// the side is followed that the file was taken from; if it was taken from neither
    /// side, the merge is an entry and all sides are followed.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`] when `from` is no commit, or when an object cannot be read.
    pub fn history(&self, path: &RepoPath, from: Revision, limit: usize) -> Result<Vec<HistoryEntry>, Error> {
        let mut repo = self.gix();
        repo.object_cache_size_if_unset(WALK_CACHE);
        let start = object_id(from);
        if !is_commit(&repo, start)? {
            return Err(Error::UnknownRevision(from));
        }
        let mut walk = Walk { repo: &repo, queue: BinaryHeap::new(), queued: HashSet::new(), entries: Vec::new() };
        let node = walk.node(start)?;
        let trail = walk.trail(node.tree, path.as_str(), None)?;
        walk.push(Step { node, path: path.as_str().into(), trail });
        while walk.entries.len() < limit
            && let Some(next) = walk.queue.pop()
        {
            walk.visit(&next.step)?;
        }
        Ok(walk.entries)
    }
}

struct Walk<'r> {
    repo: &'r gix::Repository,
    queue: BinaryHeap<Queued>,
    queued: HashSet<(ObjectId, Rc<str>)>,
    entries: Vec<HistoryEntry>,
}

/// A commit and the name under which the file is followed there.
struct Step {
    node: Node,
    path: Rc<str>,
    trail: Trail,
}

struct Node {
    id: ObjectId,
    tree: ObjectId,
    parents: Vec<ObjectId>,
    time: i64,
}

/// The identities of the directories on the way to a path, and at last of the file; it
/// ends early where there is nothing. Two commits with the same end have the same file,
/// and where they meet on the way, the rest need not be looked up again.
type Trail = Vec<ObjectId>;

struct Queued {
    rank: (i64, Reverse<usize>),
    step: Step,
}

impl Walk<'_> {
    fn push(&mut self, step: Step) {
        if self.queued.insert((step.node.id, Rc::clone(&step.path))) {
            let rank = (step.node.time, Reverse(self.queued.len()));
            self.queue.push(Queued { rank, step });
        }
    }

    fn visit(&mut self, step: &Step) -> Result<(), Error> {
        let file = file_at(&step.trail, &step.path);
        let mut parents = Vec::with_capacity(step.node.parents.len());
        for id in &step.node.parents {
            // A history that was cut off ends here.
            if !is_commit(self.repo, *id)? {
                continue;
            }
            let node = self.node(*id)?;
            let trail = self.trail(node.tree, &step.path, Some(&step.trail))?;
            let parent = Step { node, path: Rc::clone(&step.path), trail };
            if file_at(&parent.trail, &parent.path) == file {
                self.push(parent);
                return Ok(());
            }
            parents.push(parent);
        }
        if file.is_some() || !parents.is_empty() {
            self.entries.push(HistoryEntry {
                commit: commit::info(step.node.id, &self.repo.find_object(step.node.id)?.data),
                path: step.path.to_string(),
                blob: file.map(BlobId::from),
            });
        }
        if let Some(file) = file
            && parents.iter().all(|parent| file_at(&parent.trail, &parent.path).is_none())
        {
            for parent in &mut parents {
                if let Some(old) = rename::source(self.repo, parent.node.tree, step.node.tree, &step.path, file)? {
                    parent.trail = self.trail(parent.node.tree, &old, None)?;
                    parent.path = old.into();
                }
            }
        }
        for parent in parents {
            self.push(parent);
        }
        Ok(())
    }

    fn node(&self, id: ObjectId) -> Result<Node, Error> {
        let commit = self.repo.find_commit(id)?;
        Ok(Node {
            id,
            tree: commit.tree_id()?.detach(),
            parents: commit.parent_ids().map(gix::Id::detach).collect(),
            time: commit.committer().map(|committer| committer.seconds()).unwrap_or_default(),
        })
    }

    fn trail(&self, tree: ObjectId, path: &str, known: Option<&Trail>) -> Result<Trail, Error> {
        let mut trail = vec![tree];
        let mut here = tree;
        let mut components = path.split('/').peekable();
        while let Some(name) = components.next() {
            if let Some(known) = known
                && known.get(trail.len() - 1) == Some(&here)
            {
                trail.extend(known.iter().skip(trail.len()));
                break;
            }
            match find_entry(self.repo, here, name.into())? {
                Some((mode, id))
                    if components.peek().is_some() == mode.is_tree() && (mode.is_tree() || mode.is_blob()) =>
                {
                    trail.push(id);
                    here = id;
                }
                _ => break,
            }
        }
        Ok(trail)
    }
}

fn file_at(trail: &Trail, path: &str) -> Option<ObjectId> {
    trail.get(path.split('/').count()).copied()
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}
