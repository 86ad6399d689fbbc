use std::collections::{HashMap, HashSet};

use gix::ObjectId;

use super::error::Error;
use super::revisions::{WALK_CACHE, is_commit};
use super::{BlobId, CommitInfo, Repo, commit, diff, object_id, rename, revision};
use crate::model::{Revision, UnixSeconds};

/// A commit and what it did to the files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggedCommit {
    pub info: CommitInfo,
    /// When it was committed, by the committer's clock.
    pub committed: UnixSeconds,
    /// Those of its parents that are in the repository: a history may be cut off.
    pub parents: Vec<Revision>,
    /// What differs from the first parent, sorted by path.
    pub changes: Vec<LoggedChange>,
}

/// What a commit did to one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggedChange {
    pub path: String,
    /// What the file holds from then on; none when it is gone.
    pub blob: Option<BlobId>,
    /// Whether the first parent did not have it.
    pub added: bool,
    /// The parent from which a merge took the file as it is, counted from 0.
    pub taken_from: Option<u8>,
    /// The name of the file that an added one is taken to have been before.
    pub renamed_from: Option<String>,
}

impl Repo {
    /// All commits that `tip` builds on and that `known` does not know, each with what it
    /// changed, parents before children. What a known commit builds on must be known too.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`] when `tip` is no commit, or when an object cannot be read.
    pub fn log(&self, tip: Revision, known: &dyn Fn(Revision) -> bool) -> Result<Vec<LoggedCommit>, Error> {
        let mut repo = self.gix();
        repo.object_cache_size_if_unset(WALK_CACHE);
        let start = object_id(tip);
        if !is_commit(&repo, start)? {
            return Err(Error::UnknownRevision(tip));
        }
        let nodes = unknown(&repo, start, known)?;
        let mut trees = HashMap::new();
        let mut log = Vec::with_capacity(nodes.len());
        for id in parents_first(start, &nodes) {
            let Some(node) = nodes.get(&id) else { continue };
            trees.insert(id, node.tree);
            let mut before = Vec::with_capacity(node.parents.len());
            for parent in &node.parents {
                let tree = match trees.get(parent) {
                    Some(tree) => *tree,
                    None => repo.find_commit(*parent)?.tree_id()?.detach(),
                };
                trees.insert(*parent, tree);
                before.push(tree);
            }
            log.push(LoggedCommit {
                info: commit::info(id, &repo.find_object(id)?.data),
                committed: node.committed,
                parents: node.parents.iter().copied().map(revision).collect(),
                changes: changes(&repo, node.tree, &before)?,
            });
        }
        Ok(log)
    }
}

struct Node {
    tree: ObjectId,
    parents: Vec<ObjectId>,
    committed: UnixSeconds,
}

fn unknown(
    repo: &gix::Repository,
    start: ObjectId,
    known: &dyn Fn(Revision) -> bool,
) -> Result<HashMap<ObjectId, Node>, Error> {
    let mut nodes = HashMap::new();
    let mut to_read = vec![start];
    while let Some(id) = to_read.pop() {
        if nodes.contains_key(&id) || known(revision(id)) {
            continue;
        }
        let commit = repo.find_commit(id)?;
        let mut parents = Vec::new();
        for parent in commit.parent_ids() {
            let parent = parent.detach();
            if known(revision(parent)) || nodes.contains_key(&parent) || is_commit(repo, parent)? {
                parents.push(parent);
                to_read.push(parent);
            }
        }
        let committed = commit.committer().map(|committer| committer.seconds()).unwrap_or_default();
        nodes.insert(id, Node { tree: commit.tree_id()?.detach(), parents, committed });
    }
    Ok(nodes)
}

/// The commits of `nodes`, each after all its parents. Histories are deep, so nothing here
/// recurses.
fn parents_first(start: ObjectId, nodes: &HashMap<ObjectId, Node>) -> Vec<ObjectId> {
    let mut order = Vec::with_capacity(nodes.len());
    let mut seen = HashSet::new();
    let mut stack = vec![(start, false)];
    while let Some((id, parents_done)) = stack.pop() {
        if parents_done {
            order.push(id);
            continue;
        }
        let Some(node) = nodes.get(&id).filter(|_| seen.insert(id)) else { continue };
        stack.push((id, true));
        stack.extend(node.parents.iter().rev().map(|parent| (*parent, false)));
    }
    order
}

fn changes(repo: &gix::Repository, tree: ObjectId, before: &[ObjectId]) -> Result<Vec<LoggedChange>, Error> {
    let mut changes = Vec::new();
    let mut gone = Vec::new();
    let mut added = Vec::new();
    diff::compare(repo, before.first().copied(), Some(tree), &mut |path, old, new| {
        match (old, new) {
            (Some(old), None) => gone.push((path.to_owned(), old)),
            (None, Some(new)) => added.push((path.to_owned(), new)),
            _ => {}
        }
        let blob = new.map(BlobId::from);
        let added = old.is_none();
        changes.push(LoggedChange { path: path.to_owned(), blob, added, taken_from: None, renamed_from: None });
    })?;
    // What another parent has under the name is no renamed file.
    let mut elsewhere = HashSet::new();
    for (parent, other) in before.iter().enumerate().skip(1) {
        let mut differs = HashSet::new();
        diff::compare(repo, Some(*other), Some(tree), &mut |path, old, _| {
            differs.insert(path.to_owned());
            elsewhere.extend(old.map(|_| path.to_owned()));
        })?;
        for change in changes.iter_mut().filter(|change| change.taken_from.is_none()) {
            change.taken_from = u8::try_from(parent).ok().filter(|_| !differs.contains(&change.path));
        }
    }
    if !gone.is_empty() && !added.is_empty() && !before.is_empty() {
        let own: HashSet<&str> =
            changes.iter().filter(|change| change.taken_from.is_none()).map(|change| change.path.as_str()).collect();
        added.retain(|(path, _)| own.contains(path.as_str()) && !elsewhere.contains(path));
        let mut sources: HashMap<String, String> = HashMap::new();
        for ((path, _), source) in added.iter().zip(rename::sources(repo, &gone, &added)?) {
            if let Some((from, _)) = source.and_then(|at| gone.get(at)) {
                sources.insert(path.clone(), from.clone());
            }
        }
        for change in &mut changes {
            change.renamed_from = sources.remove(&change.path);
        }
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}
