use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::objs::TreeRefIter;

use super::error::Error;
use super::tree_entries::Entries;
use super::{BlobId, revision};
use crate::model::{RepoPath, Revision};

/// Directories below each other that are looked into; deeper ones are as good as absent.
/// A checked [`RepoPath`] has far fewer.
pub(super) const MAX_DEPTH: usize = 64;

/// Most entries of one tree that are looked at: a small hostile tree can name itself
/// again and again on every level.
pub(super) const MAX_ENTRIES: usize = if cfg!(test) { 20_000 } else { 500_000 };

/// Largest blob that is read unless [`Snapshot::with_limit`] says otherwise, in bytes.
pub const DEFAULT_BLOB_LIMIT: u64 = 64 << 20;

/// The files of one commit. A commit that comes later does not change it.
pub struct Snapshot {
    repo: gix::Repository,
    commit: Option<ObjectId>,
    tree: Option<ObjectId>,
    limit: u64,
}

/// A regular file of a snapshot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FileEntry {
    pub path: String,
    pub blob: BlobId,
}

impl Snapshot {
    pub(super) fn of_commit(repo: gix::Repository, commit: ObjectId) -> Result<Self, Error> {
        let tree = repo.find_commit(commit)?.tree_id()?.detach();
        Ok(Self { repo, commit: Some(commit), tree: Some(tree), limit: DEFAULT_BLOB_LIMIT })
    }

    pub(super) fn empty(repo: gix::Repository) -> Self {
        Self { repo, commit: None, tree: None, limit: DEFAULT_BLOB_LIMIT }
    }

    /// The same files, of which those larger than `limit` bytes cannot be read.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }

    /// The commit; none before the first one.
    #[must_use]
    pub fn revision(&self) -> Option<Revision> {
        self.commit.map(revision)
    }

    /// All regular files whose names are UTF-8, sorted by path in byte order.
    ///
    /// # Errors
    /// [`Error::TooManyEntries`], or when a tree cannot be read.
    pub fn files(&self) -> Result<Vec<FileEntry>, Error> {
        let mut files = Vec::new();
        let mut seen = 0;
        let mut to_read: Vec<(String, usize, ObjectId)> =
            self.tree.map(|tree| (String::new(), 0, tree)).into_iter().collect();
        while let Some((prefix, depth, tree)) = to_read.pop() {
            let tree = self.repo.find_tree(tree)?;
            for entry in TreeRefIter::from_bytes(&tree.data, tree.id.kind()) {
                let entry = entry?;
                seen += 1;
                if seen > MAX_ENTRIES {
                    return Err(Error::TooManyEntries { limit: MAX_ENTRIES });
                }
                let Some(name) = component(entry.filename) else { continue };
                if entry.mode.is_blob() {
                    files.push(FileEntry { path: format!("{prefix}{name}"), blob: BlobId::from(entry.oid) });
                } else if entry.mode.is_tree() && depth < MAX_DEPTH {
                    to_read.push((format!("{prefix}{name}/"), depth + 1, entry.oid.to_owned()));
                }
            }
        }
        files.sort();
        files.dedup_by(|a, b| a.path == b.path);
        Ok(files)
    }

    /// The content of a path; none when there is no regular file.
    ///
    /// # Errors
    /// When a tree cannot be read.
    pub fn find(&self, path: &RepoPath) -> Result<Option<BlobId>, Error> {
        let Some(tree) = self.tree else { return Ok(None) };
        Ok(lookup(&self.repo, tree, path.as_str())?.map(BlobId::from))
    }

    /// The bytes of a file; none when there is no regular file.
    ///
    /// # Errors
    /// [`Error::TooLarge`], or when an object cannot be read.
    pub fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, Error> {
        self.find(path)?.map(|blob| self.blob(blob)).transpose()
    }

    /// The bytes of a blob that this repository holds.
    ///
    /// # Errors
    /// [`Error::TooLarge`], or when there is no such blob.
    pub fn blob(&self, blob: BlobId) -> Result<Vec<u8>, Error> {
        read_blob(&self.repo, blob.into(), self.limit)
    }

    /// The length of a blob in bytes, without reading all of it.
    ///
    /// # Errors
    /// When there is no such blob.
    pub fn size(&self, blob: BlobId) -> Result<u64, Error> {
        Ok(self.repo.find_header(ObjectId::from(blob))?.size())
    }
}

/// Reads a blob of at most `limit` bytes.
pub(super) fn read_blob(repo: &gix::Repository, id: ObjectId, limit: u64) -> Result<Vec<u8>, Error> {
    let header = repo.find_header(id)?;
    if header.kind() != gix::objs::Kind::Blob {
        return Err(Error::Damaged(format!("{id} is not a blob")));
    }
    let size = header.size();
    if size > limit {
        return Err(Error::TooLarge { size, limit });
    }
    Ok(repo.find_object(id)?.detach().data)
}

/// The regular file at a path below a tree.
pub(super) fn lookup(repo: &gix::Repository, tree: ObjectId, path: &str) -> Result<Option<ObjectId>, Error> {
    let mut tree = tree;
    let mut components = path.split('/').peekable();
    while let Some(name) = components.next() {
        let found = find_entry(repo, tree, name.into())?;
        match found {
            Some((mode, id)) if mode.is_tree() && components.peek().is_some() => tree = id,
            Some((mode, id)) if mode.is_blob() && components.peek().is_none() => return Ok(Some(id)),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// One entry of one tree. In a damaged tree with the same name twice, the first counts.
pub(super) fn find_entry(
    repo: &gix::Repository,
    tree: ObjectId,
    name: &BStr,
) -> Result<Option<(gix::objs::tree::EntryMode, ObjectId)>, Error> {
    let tree = repo.find_tree(tree)?;
    let found = Entries(&tree.data).find(name)?;
    Ok(found.map(|entry| (entry.mode, entry.oid.to_owned())))
}

/// A name as one component of a path; none when it is not UTF-8 or could be taken for
/// more than one component.
pub(super) fn component(name: &BStr) -> Option<&str> {
    name.to_str().ok().filter(|name| !name.is_empty() && !name.contains('/'))
}
