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
        let files = Files::of(&repo);
        let start = files.start(path, from)?;
        let mut walk = Walk { files, queue: BinaryHeap::new(), queued: HashSet::new(), entries: Vec::new() };
        walk.push(start);
        while walk.entries.len() < limit
            && let Some(next) = walk.queue.pop()
        {
            walk.visit(&next.step)?;
        }
        Ok(walk.entries)
    }
}

struct Walk<'r> {
    files: Files<'r>,
    queue: BinaryHeap<Queued>,
    queued: HashSet<(ObjectId, Rc<str>)>,
    entries: Vec<HistoryEntry>,
}

/// Follows files from commit to commit.
#[derive(Clone, Copy)]
pub(super) struct Files<'r> {
    repo: &'r gix::Repository,
}

/// Where a commit has a file from.
pub(super) enum Came<S> {
    /// It took the file as it is from this parent.
    Unchanged(S),
    /// It changed the file; these are the parents, with the name the file has there.
    Changed(Vec<S>),
}

/// How a file is followed from commit to commit.
pub(super) trait Ancestry {
    type Step;
    fn came(&self, step: &Self::Step) -> Result<Came<Self::Step>, Error>;
    fn commit(&self, step: &Self::Step) -> ObjectId;
    /// The name under which the file is followed at the commit.
    fn path(&self, step: &Self::Step) -> Rc<str>;
    /// What the file holds there; none when there is none.
    fn file(&self, step: &Self::Step) -> Option<ObjectId>;
    /// Grows from a commit to what was built on it, as far as the clocks of their writers allow.
    fn order(&self, step: &Self::Step) -> i64;
}

/// A commit and the name under which the file is followed there.
pub(super) struct Step {
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
        let parents = match self.files.came(step)? {
            Came::Unchanged(parent) => {
                self.push(parent);
                return Ok(());
            }
            Came::Changed(parents) => parents,
        };
        let file = step.file();
        if file.is_some() || !parents.is_empty() {
            self.entries.push(HistoryEntry {
                commit: commit::info(step.node.id, &self.files.repo.find_object(step.node.id)?.data),
                path: step.path.to_string(),
                blob: file.map(BlobId::from),
            });
        }
        for parent in parents {
            self.push(parent);
        }
        Ok(())
    }
}

impl Step {
    pub(super) fn file(&self) -> Option<ObjectId> {
        file_at(&self.trail, &self.path)
    }
}

impl<'r> Files<'r> {
    pub(super) const fn of(repo: &'r gix::Repository) -> Self {
        Self { repo }
    }

    /// A file at a commit, from which it is followed.
    pub(super) fn start(&self, path: &RepoPath, at: Revision) -> Result<Step, Error> {
        let id = object_id(at);
        if !is_commit(self.repo, id)? {
            return Err(Error::UnknownRevision(at));
        }
        let node = self.node(id)?;
        let trail = self.trail(node.tree, path.as_str(), None)?;
        Ok(Step { node, path: path.as_str().into(), trail })
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

impl Ancestry for Files<'_> {
    type Step = Step;

    fn came(&self, step: &Step) -> Result<Came<Step>, Error> {
        let file = step.file();
        let mut parents = Vec::with_capacity(step.node.parents.len());
        for id in &step.node.parents {
            // A history that was cut off ends here.
            if !is_commit(self.repo, *id)? {
                continue;
            }
            let node = self.node(*id)?;
            let trail = self.trail(node.tree, &step.path, Some(&step.trail))?;
            let parent = Step { node, path: Rc::clone(&step.path), trail };
            if parent.file() == file {
                return Ok(Came::Unchanged(parent));
            }
            parents.push(parent);
        }
        if let Some(file) = file
            && parents.iter().all(|parent| parent.file().is_none())
        {
            for parent in &mut parents {
                if let Some(old) = rename::source(self.repo, parent.node.tree, step.node.tree, &step.path, file)? {
                    parent.trail = self.trail(parent.node.tree, &old, None)?;
                    parent.path = old.into();
                }
            }
        }
        Ok(Came::Changed(parents))
    }

    fn commit(&self, step: &Step) -> ObjectId {
        step.node.id
    }

    fn path(&self, step: &Step) -> Rc<str> {
        Rc::clone(&step.path)
    }

    fn file(&self, step: &Step) -> Option<ObjectId> {
        step.file()
    }

    fn order(&self, step: &Step) -> i64 {
        step.node.time
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
