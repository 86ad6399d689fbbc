use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use gix::ObjectId;

use super::diff_text::line_changes;
use super::error::Error;
use super::history::{Ancestry, Came, Files};
use super::snapshot::read_blob;
use super::{BlobId, CommitInfo, Repo, commit, object_id};
use crate::model::{RepoPath, Revision};

/// Largest file that is followed line by line, in bytes.
const MAX_SIZE: u64 = 16 << 20;

/// Bytes of old and new versions that are compared for one answer.
const MOST_COMPARED: usize = if cfg!(test) { 512 << 10 } else { 256 << 20 };

/// Lines next to each other that the same commit wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlameRange {
    /// The first and the last line, counted from 1.
    pub line: usize,
    pub end_line: usize,
    pub commit: CommitInfo,
    /// The file's name at that commit.
    pub path: String,
    /// The search ended here because it had compared too much: this commit, or an earlier one.
    pub or_earlier: bool,
}

/// A commit that changed a file, among all that made it what it is.
#[derive(Clone, Debug)]
pub struct FileVersion {
    pub commit: Revision,
    /// The file's name at that commit.
    pub path: Arc<str>,
    /// What it held from then on; none when the commit removed it.
    pub blob: Option<BlobId>,
    /// The versions that it was made from, by their places; each comes later than this one.
    pub made_from: Vec<usize>,
}

impl Repo {
    /// Which commit wrote each line of a file as it was at `at`, as `git blame` tells: through
    /// renames, and of a merge each line from the side it came from. None when there is no
    /// such file.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`], [`Error::TooLarge`], or when an object cannot be read.
    pub fn blame(&self, path: &RepoPath, at: Revision) -> Result<Option<Vec<BlameRange>>, Error> {
        let repo = self.gix();
        let files = Files::of(&repo);
        blame(&repo, &files, files.start(path, at)?)
    }

    /// As [`Repo::blame`], of a file whose versions are known: the newest first, those that
    /// it was made from after each.
    ///
    /// # Errors
    /// [`Error::TooLarge`], or when an object cannot be read.
    pub fn blame_versions(&self, versions: &[FileVersion]) -> Result<Option<Vec<BlameRange>>, Error> {
        if versions.is_empty() {
            return Ok(None);
        }
        blame(&self.gix(), &Known(versions), 0)
    }
}

fn blame<A: Ancestry>(repo: &gix::Repository, ancestry: &A, start: A::Step) -> Result<Option<Vec<BlameRange>>, Error> {
    let Some(file) = ancestry.file(&start) else { return Ok(None) };
    let lines = read_blob(repo, file, MAX_SIZE)?.split_inclusive(|byte| *byte == b'\n').count();
    let mut search = Search {
        repo,
        ancestry,
        queue: BinaryHeap::new(),
        waiting: HashMap::new(),
        blamed: vec![None; lines],
        culprits: Vec::new(),
        last_read: None,
        budget: MOST_COMPARED,
    };
    search.push(start, (0..lines).map(|line| (line, line)).collect());
    while let Some((_, key)) = search.queue.pop() {
        if let Some((step, lines)) = search.waiting.remove(&key) {
            search.visit(&step, lines)?;
        }
    }
    search.ranges().map(Some)
}

/// Versions by their places.
struct Known<'v>(&'v [FileVersion]);

impl Ancestry for Known<'_> {
    type Step = usize;

    fn came(&self, step: &usize) -> Result<Came<usize>, Error> {
        let older = self.0.get(*step).map_or(&[][..], |version| &version.made_from);
        Ok(Came::Changed(older.iter().copied().filter(|place| place > step).collect()))
    }

    fn commit(&self, step: &usize) -> ObjectId {
        self.0.get(*step).map_or(ObjectId::null(gix::hash::Kind::Sha1), |version| object_id(version.commit))
    }

    fn path(&self, step: &usize) -> Rc<str> {
        self.0.get(*step).map_or("", |version| &version.path).into()
    }

    fn file(&self, step: &usize) -> Option<ObjectId> {
        self.0.get(*step)?.blob.map(ObjectId::from)
    }

    fn order(&self, step: &usize) -> i64 {
        -i64::try_from(*step).unwrap_or(i64::MAX)
    }
}

/// Lines with their places in the end.
type Lines = Vec<(usize, usize)>;

/// The commit and name under which lines are sought.
type Key = (ObjectId, Rc<str>);

struct Search<'r, A: Ancestry> {
    repo: &'r gix::Repository,
    ancestry: &'r A,
    queue: BinaryHeap<((i64, Reverse<usize>), Key)>,
    /// What is sought in each: where a line is there, and where it is in the end.
    waiting: HashMap<Key, (A::Step, Lines)>,
    /// For each line in the end, its place in `culprits`.
    blamed: Vec<Option<usize>>,
    culprits: Vec<(ObjectId, Rc<str>, bool)>,
    /// An older version is most often the next newer one.
    last_read: Option<(ObjectId, Rc<Vec<u8>>)>,
    budget: usize,
}

impl<A: Ancestry> Search<'_, A> {
    fn push(&mut self, step: A::Step, lines: Lines) {
        if lines.is_empty() {
            return;
        }
        let key = (self.ancestry.commit(&step), self.ancestry.path(&step));
        if let Some((_, others)) = self.waiting.get_mut(&key) {
            others.extend(lines);
            return;
        }
        self.queue.push(((self.ancestry.order(&step), Reverse(self.queue.len())), key.clone()));
        self.waiting.insert(key, (step, lines));
    }

    fn visit(&mut self, step: &A::Step, mut lines: Lines) -> Result<(), Error> {
        let parents = match self.ancestry.came(step)? {
            Came::Unchanged(parent) => {
                self.push(parent, lines);
                return Ok(());
            }
            Came::Changed(parents) => parents,
        };
        let mut tired = false;
        if let Some(file) = self.ancestry.file(step) {
            let here = self.read(file)?;
            for parent in parents {
                let Some(old) = self.ancestry.file(&parent) else { continue };
                if self.repo.find_header(old)?.size() > MAX_SIZE {
                    continue;
                }
                let before = self.read(old)?;
                let Some(left) = self.budget.checked_sub(here.len() + before.len()) else {
                    tired = true;
                    break;
                };
                self.budget = left;
                lines.sort_unstable();
                let (passed, kept) = pass(&lines, &line_changes(&before, &here));
                self.push(parent, passed);
                lines = kept;
            }
        }
        let culprit = self.culprits.len();
        self.culprits.push((self.ancestry.commit(step), self.ancestry.path(step), tired));
        for (_, line) in lines {
            if let Some(blamed) = self.blamed.get_mut(line) {
                *blamed = Some(culprit);
            }
        }
        Ok(())
    }

    fn read(&mut self, blob: ObjectId) -> Result<Rc<Vec<u8>>, Error> {
        if let Some((known, bytes)) = &self.last_read
            && *known == blob
        {
            return Ok(Rc::clone(bytes));
        }
        let bytes = Rc::new(read_blob(self.repo, blob, MAX_SIZE)?);
        self.last_read = Some((blob, Rc::clone(&bytes)));
        Ok(bytes)
    }

    fn ranges(&self) -> Result<Vec<BlameRange>, Error> {
        let mut ranges: Vec<BlameRange> = Vec::new();
        let mut known: HashMap<ObjectId, CommitInfo> = HashMap::new();
        let mut last = None;
        for (at, culprit) in self.blamed.iter().enumerate() {
            let Some((id, path, or_earlier)) = culprit.and_then(|culprit| self.culprits.get(culprit)) else { continue };
            let same = (*id, path, *or_earlier);
            match ranges.last_mut() {
                Some(range) if last == Some(same) => range.end_line = at + 1,
                _ => {
                    let commit = match known.get(id) {
                        Some(commit) => commit.clone(),
                        None => {
                            let info = commit::info(*id, &self.repo.find_object(*id)?.data);
                            known.insert(*id, info.clone());
                            info
                        }
                    };
                    ranges.push(BlameRange {
                        line: at + 1,
                        end_line: at + 1,
                        commit,
                        path: path.to_string(),
                        or_earlier: *or_earlier,
                    });
                }
            }
            last = Some(same);
        }
        Ok(ranges)
    }
}

/// Parts sorted lines of a newer version into those that the older one has, with their
/// places there, and those that it has not.
fn pass(lines: &[(usize, usize)], changes: &[super::diff_text::LineChange]) -> (Lines, Lines) {
    let (mut passed, mut kept) = (Vec::new(), Vec::new());
    let mut changes = changes.iter().peekable();
    // The end of the last change before the line, in both versions.
    let (mut old, mut new) = (0, 0);
    for (here, end) in lines {
        while let Some(change) = changes.next_if(|change| change.new.end <= *here) {
            (old, new) = (change.old.end, change.new.end);
        }
        match changes.peek() {
            Some(change) if change.new.start <= *here => kept.push((*here, *end)),
            _ => passed.push((here - new + old, *end)),
        }
    }
    (passed, kept)
}
