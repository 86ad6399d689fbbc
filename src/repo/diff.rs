use std::cmp::Ordering;

use gix::ObjectId;
use gix::objs::tree::{EntryRef, name_order};

use super::error::Error;
use super::revisions::is_commit;
use super::snapshot::{MAX_DEPTH, MAX_ENTRIES, component};
use super::tree_entries::Entries;
use super::{BlobId, FileChange, Repo, object_id};
use crate::model::Revision;

impl Repo {
    /// The files that differ between two commits, sorted by path; with no `from`, every
    /// file of `to`. A renamed file is one removed and one added.
    ///
    /// # Errors
    /// [`Error::UnknownRevision`], [`Error::TooManyEntries`], or when an object cannot be read.
    pub fn changes(&self, from: Option<Revision>, to: Revision) -> Result<Vec<FileChange>, Error> {
        let repo = self.gix();
        let from = from.map(|from| tree_of(&repo, from)).transpose()?;
        let to = tree_of(&repo, to)?;
        let mut changes = Vec::new();
        compare(&repo, from, Some(to), &mut |path, old, new| {
            changes.push(FileChange { path: path.to_owned(), old: old.map(BlobId::from), new: new.map(BlobId::from) });
        })?;
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }
}

pub(super) fn tree_of(repo: &gix::Repository, revision: Revision) -> Result<ObjectId, Error> {
    let id = object_id(revision);
    if !is_commit(repo, id)? {
        return Err(Error::UnknownRevision(revision));
    }
    Ok(repo.find_commit(id)?.tree_id()?.detach())
}

/// Receives a path and what it holds before and after; at least one is there, and they differ.
pub(super) type Visit<'v> = dyn FnMut(&str, Option<ObjectId>, Option<ObjectId>) + 'v;

/// Visits the regular files in which two trees differ. Directories with the same identity
/// are never read, so the work is that of the directories on the way to a change. A
/// change of the executable bit alone is none.
pub(super) fn compare(
    repo: &gix::Repository,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    visit: &mut Visit<'_>,
) -> Result<(), Error> {
    if old == new {
        return Ok(());
    }
    Comparison { repo, visit, path: String::new(), budget: 2 * MAX_ENTRIES }.trees(old, new, 0)
}

struct Comparison<'r, 'v> {
    repo: &'r gix::Repository,
    visit: &'r mut Visit<'v>,
    path: String,
    budget: usize,
}

impl Comparison<'_, '_> {
    /// Walks two sorted trees side by side. Those of a damaged tree that are not sorted
    /// may count as removed and added.
    fn trees(&mut self, old: Option<ObjectId>, new: Option<ObjectId>, depth: usize) -> Result<(), Error> {
        let old = old.map(|id| self.repo.find_tree(id)).transpose()?;
        let new = new.map(|id| self.repo.find_tree(id)).transpose()?;
        let mut old = Entries(old.as_ref().map_or(&[], |tree| &tree.data));
        let mut new = Entries(new.as_ref().map_or(&[], |tree| &tree.data));
        loop {
            self.budget = self.budget.checked_sub(1).ok_or(Error::TooManyEntries { limit: MAX_ENTRIES })?;
            old.skip_what_is_common(&mut new);
            let (before, after) = (old.first()?, new.first()?);
            let order = match (&before, &after) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => name_order(a.filename, a.mode.is_tree(), b.filename, b.mode.is_tree()),
            };
            match order {
                Ordering::Less => self.entry(before, None, depth)?,
                Ordering::Greater => self.entry(None, after, depth)?,
                Ordering::Equal => self.entry(before, after, depth)?,
            }
            if order.is_le() {
                old.advance();
            }
            if order.is_ge() {
                new.advance();
            }
        }
    }

    fn entry(&mut self, old: Option<EntryRef<'_>>, new: Option<EntryRef<'_>>, depth: usize) -> Result<(), Error> {
        if let (Some(old), Some(new)) = (&old, &new)
            && old.oid == new.oid
            && old.mode == new.mode
        {
            return Ok(());
        }
        let Some(name) = new.or(old).and_then(|entry| component(entry.filename)) else { return Ok(()) };
        let parent = self.path.len();
        self.path.push_str(name);
        let file = |entry: &EntryRef<'_>| entry.mode.is_blob().then(|| entry.oid.to_owned());
        let (old_file, new_file) = (old.as_ref().and_then(file), new.as_ref().and_then(file));
        if old_file != new_file {
            (self.visit)(&self.path, old_file, new_file);
        }
        let directory = |entry: &EntryRef<'_>| entry.mode.is_tree().then(|| entry.oid.to_owned());
        let (old_directory, new_directory) = (old.as_ref().and_then(directory), new.as_ref().and_then(directory));
        if old_directory != new_directory && depth < MAX_DEPTH {
            self.path.push('/');
            self.trees(old_directory, new_directory, depth + 1)?;
        }
        self.path.truncate(parent);
        Ok(())
    }
}
