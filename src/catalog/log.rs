use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::model::{Revision, RevisionPrefix, UnixSeconds};
use crate::repo::{BlobId, CommitInfo, FileVersion, LoggedChange, LoggedCommit};

/// Longest message that is kept of a commit, in bytes.
const LONGEST_MESSAGE: usize = 8 << 10;
/// Renames that are followed back from one file.
const MOST_RENAMES: usize = 256;

/// A file's name, by its place among all names that the wiki ever had.
pub(super) type PathId = u32;

/// All commits of the branch, oldest first, with the files that each changed.
///
/// Commits are ordered by a time that never runs backwards from parent to child, then by
/// revision: the order is a property of the history alone, not of when it was read.
#[derive(Default)]
pub struct Log {
    paths: Vec<Arc<str>>,
    ids: HashMap<Arc<str>, PathId>,
    commits: Vec<LogCommit>,
    /// Places of the commits, ordered by revision.
    by_revision: Vec<u32>,
    /// For each path, the commits that changed it themselves, oldest first.
    touches: Vec<Vec<u32>>,
    /// How many commits `touches` speaks of.
    indexed: usize,
}

/// A commit of the log.
#[derive(Clone, Debug)]
pub struct LogCommit {
    pub info: Arc<CommitInfo>,
    pub committed: UnixSeconds,
    /// Its commit time, or its latest parent's rank and a second more.
    pub rank: UnixSeconds,
    pub(super) parents: Vec<u32>,
    pub(super) changes: Vec<Touch>,
}

/// What a commit did to one file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Touch {
    pub(super) path: PathId,
    pub(super) from: Option<PathId>,
    pub(super) blob: Option<BlobId>,
    pub(super) added: bool,
    /// The parent that a merge took the file from; 0 when it is the commit's own change.
    pub(super) taken: u8,
}

/// What a commit did to one file, for readers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogChange<'l> {
    pub kind: ChangeKind,
    /// The file, with its extension.
    pub path: &'l str,
    pub from: Option<&'l str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
    Renamed,
}

/// A commit that changed a file that is followed.
#[derive(Clone, Debug)]
pub struct LogHistory<'l> {
    pub commit: &'l Arc<CommitInfo>,
    /// The file's name at that commit.
    pub path: &'l str,
    pub blob: Option<BlobId>,
}

/// Some of the names that files have or had.
pub struct NameSet(Vec<bool>);

/// A file that is gone.
#[derive(Clone, Debug)]
pub struct LogDeletion<'l> {
    pub path: &'l str,
    /// The commit that removed it.
    pub commit: &'l Arc<CommitInfo>,
    /// A commit that still has it.
    pub before: Revision,
}

impl Log {
    pub(super) fn from_parts(paths: Vec<Arc<str>>, commits: Vec<LogCommit>) -> Option<Self> {
        let (path_count, commit_count) = (paths.len() as u64, commits.len() as u64);
        for commit in &commits {
            let fits = commit.parents.iter().all(|parent| u64::from(*parent) < commit_count)
                && commit.changes.iter().all(|touch| {
                    u64::from(touch.path) < path_count && touch.from.is_none_or(|from| u64::from(from) < path_count)
                });
            if !fits {
                return None;
            }
        }
        let ids = paths.iter().zip(0..).map(|(path, id)| (Arc::clone(path), id)).collect();
        let mut log = Self { paths, ids, commits, ..Self::default() };
        log.index_from(0);
        Some(log)
    }

    pub(super) fn parts(&self) -> (&[Arc<str>], &[LogCommit]) {
        (&self.paths, &self.commits)
    }

    /// Adds commits, parents before children; returns the paths that they touched.
    pub(super) fn extend(&mut self, new: Vec<LoggedCommit>) -> HashSet<PathId> {
        let first_new = self.commits.len();
        let mut touched = HashSet::new();
        let mut places: HashMap<Revision, u32> = HashMap::with_capacity(new.len());
        for commit in new {
            let parents: Vec<u32> = commit
                .parents
                .iter()
                .filter_map(|parent| places.get(parent).copied().or_else(|| self.place(*parent)))
                .collect();
            let after = parents.iter().filter_map(|at| self.commits.get(*at as usize)).map(|parent| parent.rank + 1);
            let rank = after.max().unwrap_or(i64::MIN).max(commit.committed);
            let mut changes: Vec<Touch> = commit.changes.iter().map(|change| self.touch(change)).collect();
            changes.sort_by_key(|touch| touch.path);
            touched.extend(changes.iter().map(|touch| touch.path));
            let mut info = commit.info;
            shorten(&mut info.message);
            places.insert(info.revision, u32::try_from(self.commits.len()).unwrap_or(u32::MAX));
            let committed = commit.committed;
            self.commits.push(LogCommit { info: Arc::new(info), committed, rank, parents, changes });
        }
        let unsorted = self.sort();
        self.index_from(unsorted.unwrap_or(first_new).min(first_new));
        touched
    }

    fn touch(&mut self, change: &LoggedChange) -> Touch {
        Touch {
            path: self.intern(&change.path),
            from: change.renamed_from.as_deref().map(|from| self.intern(from)),
            blob: change.blob,
            added: change.added,
            taken: change.taken_from.unwrap_or(0),
        }
    }

    fn intern(&mut self, path: &str) -> PathId {
        if let Some(id) = self.ids.get(path) {
            return *id;
        }
        let id = PathId::try_from(self.paths.len()).unwrap_or(PathId::MAX);
        let path: Arc<str> = path.into();
        self.paths.push(Arc::clone(&path));
        self.ids.insert(path, id);
        id
    }

    /// Restores the order; the first place that holds another commit than before, if any.
    fn sort(&mut self) -> Option<usize> {
        let key = |commit: &LogCommit| (commit.rank, commit.info.revision);
        if self.commits.is_sorted_by_key(key) {
            return None;
        }
        let mut order: Vec<u32> = (0..u32::try_from(self.commits.len()).unwrap_or(u32::MAX)).collect();
        order.sort_by_key(|at| self.commits.get(*at as usize).map(key));
        let mut places = vec![0_u32; order.len()];
        for (place, old) in (0..).zip(&order) {
            if let Some(slot) = places.get_mut(*old as usize) {
                *slot = place;
            }
        }
        self.commits.sort_by_key(key);
        for parent in self.commits.iter_mut().flat_map(|commit| &mut commit.parents) {
            *parent = places.get(*parent as usize).copied().unwrap_or(*parent);
        }
        (0..).zip(&order).position(|(place, old): (u32, _)| place != *old)
    }

    /// Brings what is found by revision and by path up to date for the commits from `first` on.
    fn index_from(&mut self, first: usize) {
        self.touches.resize_with(self.paths.len(), Vec::new);
        if first < self.indexed {
            for places in &mut self.touches {
                let kept = places.partition_point(|place| (*place as usize) < first);
                places.truncate(kept);
            }
        }
        self.indexed = self.commits.len();
        for (place, commit) in (0_u32..).zip(&self.commits).skip(first) {
            for touch in commit.changes.iter().filter(|touch| touch.taken == 0) {
                if let Some(places) = self.touches.get_mut(touch.path as usize) {
                    places.push(place);
                }
            }
        }
        let commits = &self.commits;
        let revision = |place: u32| commits.get(place as usize).map(|commit| commit.info.revision);
        if let [new] = (first..commits.len()).collect::<Vec<_>>().as_slice() {
            // The usual case is one commit on top.
            let new = u32::try_from(*new).unwrap_or(u32::MAX);
            let at = self.by_revision.partition_point(|place| revision(*place) < revision(new));
            self.by_revision.insert(at, new);
        } else {
            self.by_revision = (0..u32::try_from(commits.len()).unwrap_or(u32::MAX)).collect();
            self.by_revision.sort_unstable_by_key(|place| revision(*place));
        }
    }

    fn revision_at(&self, place: u32) -> Option<Revision> {
        self.commits.get(place as usize).map(|commit| commit.info.revision)
    }

    /// Where a commit stands.
    #[must_use]
    pub fn place(&self, revision: Revision) -> Option<u32> {
        let at = self.by_revision.binary_search_by_key(&Some(revision), |place| self.revision_at(*place)).ok()?;
        self.by_revision.get(at).copied()
    }

    /// The one commit that begins with a prefix; none when there is none or more than one.
    #[must_use]
    pub fn find(&self, prefix: &RevisionPrefix) -> Option<Revision> {
        let mut low = format!("{:0<40}", prefix.as_str());
        low.truncate(40);
        let low = Revision::parse(&low).ok()?;
        let at = self.by_revision.partition_point(|place| self.revision_at(*place) < Some(low));
        let mut found = self.by_revision.iter().skip(at).filter_map(|place| self.revision_at(*place));
        let first = found.next().filter(|revision| revision.matches(prefix))?;
        (!found.next().is_some_and(|second| second.matches(prefix))).then_some(first)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.commits.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// The commits, newest first, each with its place.
    pub fn newest_first(&self) -> impl Iterator<Item = (u32, &LogCommit)> {
        (0..u32::try_from(self.commits.len()).unwrap_or(u32::MAX)).zip(&self.commits).rev()
    }

    /// The names of files for which `wanted` holds, to be asked of many commits.
    #[must_use]
    pub fn names(&self, wanted: impl Fn(&str) -> bool) -> NameSet {
        NameSet(self.paths.iter().map(|path| wanted(path)).collect())
    }

    /// Whether a commit changed one of those files.
    #[must_use]
    pub fn touches_any(&self, commit: &LogCommit, names: &NameSet) -> bool {
        commit.changes.iter().any(|touch| names.0.get(touch.path as usize) == Some(&true))
    }

    /// What a commit changed against its first parent.
    pub fn changes<'l>(&'l self, commit: &'l LogCommit) -> impl Iterator<Item = LogChange<'l>> {
        // A renamed file is one change, under its new name.
        let renamed: HashSet<PathId> = commit.changes.iter().filter_map(|touch| touch.from).collect();
        commit.changes.iter().filter(move |touch| touch.blob.is_some() || !renamed.contains(&touch.path)).map(|touch| {
            LogChange {
                kind: match (touch.blob, touch.added, touch.from) {
                    (None, ..) => ChangeKind::Deleted,
                    (_, _, Some(_)) => ChangeKind::Renamed,
                    (_, true, _) => ChangeKind::Added,
                    (_, false, _) => ChangeKind::Modified,
                },
                path: self.path(touch.path),
                from: touch.from.map(|from| self.path(from)),
            }
        })
    }

    pub(super) fn id(&self, path: &str) -> Option<PathId> {
        self.ids.get(path).copied()
    }

    pub(super) fn path(&self, id: PathId) -> &str {
        self.paths.get(id as usize).map_or("", |path| path)
    }

    fn touches(&self, path: PathId) -> &[u32] {
        self.touches.get(path as usize).map_or(&[], Vec::as_slice)
    }

    fn touch_at(&self, place: u32, path: PathId) -> Option<&Touch> {
        let changes = &self.commits.get(place as usize)?.changes;
        changes.get(changes.binary_search_by_key(&path, |touch| touch.path).ok()?)
    }

    /// The newest commit that gave a file its content, among those that `counts`.
    pub(super) fn last(&self, file: &str, blob: BlobId, counts: &dyn Fn(u32) -> bool) -> Option<&Arc<CommitInfo>> {
        let id = *self.ids.get(file)?;
        let gave = |place: &&u32| self.touch_at(**place, id).is_some_and(|touch| touch.blob == Some(blob));
        let place = self.touches(id).iter().rev().filter(|place| counts(**place)).find(gave)?;
        self.commits.get(*place as usize).map(|commit| &commit.info)
    }

    /// The commit that created a file, under whatever name.
    #[must_use]
    pub fn created(&self, file: &str) -> Option<&Arc<CommitInfo>> {
        let mut id = *self.ids.get(file)?;
        let mut before = u32::MAX;
        let mut found = None;
        for _ in 0..MOST_RENAMES {
            let older = self.touches(id).iter().rev().filter(|place| **place < before);
            let mut added = older.filter_map(|place| Some((*place, self.touch_at(*place, id).filter(|t| t.added)?)));
            let Some((place, touch)) = added.next() else { break };
            found = self.commits.get(place as usize).map(|commit| &commit.info);
            before = place;
            let Some(from) = touch.from else { break };
            id = from;
        }
        found
    }

    /// The places of the commits that a commit builds on, itself included, as a set.
    #[must_use]
    pub fn ancestors(&self, of: Revision) -> Option<Vec<bool>> {
        let start = self.place(of)?;
        let mut among = vec![false; self.commits.len()];
        let mut to_see = vec![start];
        while let Some(place) = to_see.pop() {
            if let Some(seen @ false) = among.get_mut(place as usize) {
                *seen = true;
                to_see.extend(self.commits.get(place as usize).into_iter().flat_map(|commit| &commit.parents));
            }
        }
        Some(among)
    }

    /// The newest commit of the branch itself, from `tip` along the first parents, that was
    /// committed at `time` or before.
    #[must_use]
    pub fn as_of(&self, tip: Revision, time: UnixSeconds) -> Option<Revision> {
        let mut commit = self.commits.get(self.place(tip)? as usize)?;
        while commit.committed > time {
            commit = self.commits.get(*commit.parents.first()? as usize)?;
        }
        Some(commit.info.revision)
    }

    /// The commits that changed a file, newest first, from `tip` back, at most `most`.
    ///
    /// As `Repo::history`, without reading the repository: of a merge only the side is
    /// followed that the file was taken from, and renames are followed.
    #[must_use]
    pub fn history(&self, file: &str, tip: Revision, most: usize) -> Vec<LogHistory<'_>> {
        let steps = self.walk(file, tip, most);
        let entry = |step: &WalkStep| {
            let (place, path) = step.at;
            let commit = &self.commits.get(place as usize)?.info;
            Some(LogHistory { commit, path: self.path(path), blob: step.blob })
        };
        steps.iter().filter_map(entry).collect()
    }

    /// The commits that made a file what it is at `tip`, newest first, and which of them came
    /// from which.
    #[must_use]
    pub fn versions(&self, file: &str, tip: Revision) -> Vec<FileVersion> {
        let version = |step: WalkStep| {
            let (place, path) = step.at;
            let commit = self.commits.get(place as usize).map_or(tip, |commit| commit.info.revision);
            let path = self.paths.get(path as usize).map_or_else(|| file.into(), Arc::clone);
            FileVersion { commit, path, blob: step.blob, made_from: step.made_from }
        };
        self.walk(file, tip, usize::MAX).into_iter().map(version).collect()
    }

    fn walk(&self, file: &str, tip: Revision, most: usize) -> Vec<WalkStep> {
        let (Some(id), Some(start)) = (self.ids.get(file), self.place(tip)) else { return Vec::new() };
        // Where the file is to be looked for next, newest commit last, and for whom.
        let mut queue: BTreeMap<(u32, PathId), Vec<usize>> = BTreeMap::from([((start, *id), Vec::new())]);
        let mut steps: Vec<WalkStep> = Vec::new();
        while steps.len() < most
            && let Some(((place, path), wanted_by)) = queue.pop_last()
        {
            let Some(commit) = self.commits.get(place as usize) else { break };
            let mut follow = |parent: Option<&u32>, path, wanted_by: Vec<usize>| {
                // A commit is younger than those that it builds on; a damaged log ends here.
                if let Some(parent) = parent.filter(|parent| **parent < place) {
                    match queue.entry((*parent, path)) {
                        Entry::Vacant(free) => drop(free.insert(wanted_by)),
                        Entry::Occupied(mut others) => others.get_mut().extend(wanted_by),
                    }
                }
            };
            match self.touch_at(place, path) {
                None => follow(commit.parents.first(), path, wanted_by),
                Some(touch) if touch.taken > 0 => {
                    follow(commit.parents.get(usize::from(touch.taken)), path, wanted_by);
                }
                Some(touch) => {
                    let this = steps.len();
                    for newer in wanted_by {
                        if let Some(newer) = steps.get_mut(newer) {
                            newer.made_from.push(this);
                        }
                    }
                    for parent in &commit.parents {
                        follow(Some(parent), touch.from.unwrap_or(path), vec![this]);
                    }
                    steps.push(WalkStep { at: (place, path), blob: touch.blob, made_from: Vec::new() });
                }
            }
        }
        steps
    }

    /// The files whose newest change is that they were removed, and not renamed, ordered by path.
    /// Whether one exists at the tip all the same (a merge kept it) is for the caller to see.
    pub(super) fn deletions(&self) -> Vec<LogDeletion<'_>> {
        let mut found: Vec<LogDeletion<'_>> =
            (0..).zip(&self.touches).filter_map(|(id, _)| self.deletion(id)).collect();
        found.sort_by(|a, b| a.path.cmp(b.path));
        found
    }

    fn deletion(&self, id: PathId) -> Option<LogDeletion<'_>> {
        let place = *self.touches(id).last()?;
        let commit = self.commits.get(place as usize)?;
        let touch = self.touch_at(place, id)?;
        if touch.blob.is_some() || commit.changes.iter().any(|other| other.from == Some(id)) {
            return None;
        }
        let before = self.revision_at(*commit.parents.first()?)?;
        Some(LogDeletion { path: self.path(id), commit: &commit.info, before })
    }
}

/// A commit that changed a file that is followed.
struct WalkStep {
    at: (u32, PathId),
    blob: Option<BlobId>,
    /// The steps that it came from, by their places.
    made_from: Vec<usize>,
}

fn shorten(message: &mut String) {
    let mut end = message.len().min(LONGEST_MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message.truncate(end);
    message.shrink_to_fit();
}
