use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;

use gix::ObjectId;

use super::diff_text::line_changes;
use super::error::Error;
use super::history::{Came, Files, Step};
use super::snapshot::read_blob;
use super::{CommitInfo, Repo, commit};
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
        let step = files.start(path, at)?;
        let Some(file) = step.file() else { return Ok(None) };
        let lines = read_blob(&repo, file, MAX_SIZE)?.split_inclusive(|byte| *byte == b'\n').count();
        let mut search = Search {
            files,
            queue: BinaryHeap::new(),
            waiting: HashMap::new(),
            blamed: vec![None; lines],
            culprits: Vec::new(),
            last_read: None,
            budget: MOST_COMPARED,
        };
        search.push(step, (0..lines).map(|line| (line, line)).collect());
        while let Some((_, key)) = search.queue.pop() {
            if let Some((step, lines)) = search.waiting.remove(&key) {
                search.visit(&step, lines)?;
            }
        }
        search.ranges().map(Some)
    }
}

/// The commit and name under which lines are sought.
type Key = (ObjectId, Rc<str>);

struct Search<'r> {
    files: Files<'r>,
    queue: BinaryHeap<((i64, Reverse<usize>), Key)>,
    /// What is sought in each: where a line is there, and where it is in the end.
    waiting: HashMap<Key, (Step, Vec<(usize, usize)>)>,
    /// For each line in the end, its place in `culprits`.
    blamed: Vec<Option<usize>>,
    culprits: Vec<(ObjectId, Rc<str>, bool)>,
    /// An older version is most often the next newer one.
    last_read: Option<(ObjectId, Rc<Vec<u8>>)>,
    budget: usize,
}

impl Search<'_> {
    fn push(&mut self, step: Step, lines: Vec<(usize, usize)>) {
        if lines.is_empty() {
            return;
        }
        let key = (step.commit(), step.path());
        if let Some((_, others)) = self.waiting.get_mut(&key) {
            others.extend(lines);
            return;
        }
        self.queue.push(((step.time(), Reverse(self.queue.len())), key.clone()));
        self.waiting.insert(key, (step, lines));
    }

    fn visit(&mut self, step: &Step, mut lines: Vec<(usize, usize)>) -> Result<(), Error> {
        let parents = match self.files.came(step)? {
            Came::Unchanged(parent) => {
                self.push(parent, lines);
                return Ok(());
            }
            Came::Changed(parents) => parents,
        };
        let mut tired = false;
        if let Some(file) = step.file() {
            let here = self.read(file)?;
            for parent in parents {
                let Some(old) = parent.file() else { continue };
                if self.files.size(old)? > MAX_SIZE {
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
        self.culprits.push((step.commit(), step.path(), tired));
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
        let bytes = Rc::new(read_blob(self.files.repo(), blob, MAX_SIZE)?);
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
                            let info = commit::info(*id, &self.files.repo().find_object(*id)?.data);
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

/// Lines with their places in the end.
type Lines = Vec<(usize, usize)>;

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
