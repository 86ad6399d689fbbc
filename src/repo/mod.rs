//! One wiki's git repository: commits with compare-and-set that survive a power cut,
//! snapshots to read from, history and differences. Nothing here knows what a page is,
//! who may read it, or that the files are Markdown.

mod blame;
mod bundle;
mod commit;
mod diff;
mod diff_text;
mod disk;
mod error;
mod fsck;
mod history;
mod import;
mod last_commits;
mod layout;
mod log;
mod mainline;
mod merge;
mod new_pack;
mod objects;
mod pack;
mod refs;
mod rename;
mod revisions;
mod snapshot;
mod tree;
mod tree_entries;
pub mod upload_pack;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::ObjectId;
use parking_lot::Mutex;

pub use blame::{BlameRange, FileVersion};
pub use commit::{CommitInfo, CommitMeta};
pub use diff_text::{DiffLine, DiffWord, Side, TextDiff, TextHunk};
pub use disk::{Disk, DiskFile, RealDisk};
pub use error::Error;
pub use history::HistoryEntry;
pub use import::{ImportError, ImportReport, head_of, import};
pub use log::{LoggedChange, LoggedCommit};
pub use mainline::Step;
pub use merge::{Clash, MergePart, Merged, differing_parts, merge, merge_parts};
pub use pack::Error as PackError;
pub use snapshot::{DEFAULT_BLOB_LIMIT, FileEntry, Snapshot};

use crate::model::{RepoPath, Revision};

/// Largest object of any kind that is ever put into memory: a bound on what a hostile
/// pack can make a reader allocate. Callers set far lower limits for blobs.
const LARGEST_OBJECT: &str = "268435456";

/// Packs that a repository may get while it is open.
const MOST_PACKS: u16 = 1024;

/// A bare repository with one branch, `main`. A process opens a directory once and shares
/// the value; a lock on the data directory keeps other processes away.
///
/// Readers never wait: every read works on immutable objects. Writers of one repository
/// take turns.
pub struct Repo {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    git: gix::ThreadSafeRepository,
    writer: Mutex<()>,
    moved: Option<Box<dyn Fn() + Send + Sync>>,
}

/// The content of a file: git's name for its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId([u8; 20]);

/// One change to the files of a wiki. Those of one commit are applied in order.
#[derive(Clone, Debug)]
pub enum Change {
    /// Creates a file or replaces its content; an executable file stays one.
    Put { path: RepoPath, bytes: Vec<u8> },
    /// As [`Change::Put`], with content that [`Repo::store`] has made durable before.
    Link { path: RepoPath, blob: BlobId },
    /// Removes a file, and the directories that it leaves empty.
    Delete { path: RepoPath },
    /// Moves a file to a path that is free.
    Rename { from: RepoPath, to: RepoPath },
}

/// A file that differs between two commits: what it held before and after. At least one
/// is there, and they differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileChange {
    pub path: String,
    pub old: Option<BlobId>,
    pub new: Option<BlobId>,
}

impl Repo {
    /// Creates an empty repository, durable when this returns. Missing directories above
    /// it are created too.
    ///
    /// # Errors
    /// [`Error::Exists`] when there is anything at `dir`, or an I/O error.
    pub fn create(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, Error> {
        layout::create(disk.as_ref(), dir)?;
        Self::open(disk, dir)
    }

    /// Opens a repository and clears away what a crash left: locks and unfinished objects.
    ///
    /// # Errors
    /// When there is no repository, or it cannot be read or written.
    pub fn open(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, Error> {
        let packs = u16::try_from(objects::pack_count(&dir.join("objects")).unwrap_or_default()).unwrap_or(u16::MAX);
        let git = gix::open::Options::isolated()
            .open_path_as_is(true)
            .with(gix::sec::Trust::Full)
            .object_store_slots(gix::odb::store::init::Slots::Given(packs.saturating_add(MOST_PACKS)))
            .config_overrides([
                "core.useReplaceRefs=false".to_owned(),
                format!("gitoxide.objects.allocLimit={LARGEST_OBJECT}"),
            ])
            .open(dir)?;
        layout::recover(disk.as_ref(), dir)?;
        Ok(Self { dir: dir.to_owned(), disk, git, writer: Mutex::new(()), moved: None })
    }

    /// Has `moved` called each time the branch has moved, by the thread that moved it, which
    /// holds the writer's turn: it must return at once.
    pub fn on_move(&mut self, moved: impl Fn() + Send + Sync + 'static) {
        self.moved = Some(Box::new(moved));
    }

    fn tell_moved(&self) {
        if let Some(moved) = &self.moved {
            moved();
        }
    }

    /// The directory of the repository.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What everything that writes into this repository writes through.
    #[must_use]
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// A handle for reading, for use in one thread.
    #[must_use]
    pub fn gix(&self) -> gix::Repository {
        self.git.to_thread_local()
    }

    /// The newest commit; none before the first one.
    ///
    /// # Errors
    /// When the branch cannot be read.
    pub fn tip(&self) -> Result<Option<Revision>, Error> {
        Ok(refs::tip(&self.gix())?.map(revision))
    }

    /// The files as they are now.
    ///
    /// # Errors
    /// When the branch or its commit cannot be read.
    pub fn at_tip(&self) -> Result<Snapshot, Error> {
        let repo = self.gix();
        match refs::tip(&repo)? {
            Some(commit) => Snapshot::of_commit(repo, commit),
            None => Ok(Snapshot::empty(repo)),
        }
    }

    /// The files of any commit in the repository, reachable or not; none when there is no
    /// such commit. Whoever names one has to be asked first whether the wiki shows it.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub fn at(&self, revision: Revision) -> Result<Option<Snapshot>, Error> {
        let repo = self.gix();
        let id = object_id(revision);
        if revisions::is_commit(&repo, id)? { Snapshot::of_commit(repo, id).map(Some) } else { Ok(None) }
    }

    /// Commits `changes` on top of `expected_tip`. When this returns the commit, it is
    /// durable and is the tip.
    ///
    /// # Errors
    /// [`Error::TipMoved`] when `expected_tip` is not the tip, [`Error::NothingChanged`]
    /// when the files would be the same, [`Error::Missing`], [`Error::Exists`] or
    /// [`Error::NotAFile`] for a change that does not fit; nothing has happened then.
    /// After an I/O error the commit may or may not be there.
    pub fn commit(
        &self,
        expected_tip: Option<Revision>,
        changes: &[Change],
        meta: &CommitMeta,
    ) -> Result<Revision, Error> {
        self.commit_announced(expected_tip, changes, meta, |_revision| Ok(()))
    }

    /// As [`Repo::commit`]; `announce` is told the commit's name when all of it is durable
    /// and only the branch has still to move to it. When it fails, the branch stays.
    ///
    /// # Errors
    /// As [`Repo::commit`], or what `announce` returns.
    pub fn commit_announced<E: From<Error>>(
        &self,
        expected_tip: Option<Revision>,
        changes: &[Change],
        meta: &CommitMeta,
        announce: impl FnOnce(Revision) -> Result<(), E>,
    ) -> Result<Revision, E> {
        let _turn = self.writer.lock();
        let repo = self.gix();
        let parent = expected_tip.map(object_id);
        let actual = refs::tip(&repo)?;
        if actual != parent {
            return Err(Error::TipMoved { actual: actual.map(revision) }.into());
        }
        let (id, new) = Self::build(&repo, parent, changes, meta)?;
        objects::write_all(self.disk.as_ref(), &repo, &new)?;
        announce(revision(id))?;
        refs::move_tip(self.disk.as_ref(), &repo, parent, id)?;
        self.tell_moved();
        Ok(revision(id))
    }

    /// Makes contents durable that a commit is going to name with [`Change::Link`]: so that
    /// many or large files need not be in memory together. What no commit ever names does no harm.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn store(&self, contents: &[&[u8]]) -> Result<Vec<BlobId>, Error> {
        let mut blobs = Vec::with_capacity(contents.len());
        for bytes in contents {
            blobs.push(objects::NewObject::new(gix::objs::Kind::Blob, *bytes)?);
        }
        objects::write_all(self.disk.as_ref(), &self.gix(), &blobs)?;
        Ok(blobs.iter().map(|blob| BlobId::from(blob.id)).collect())
    }

    /// The commit that `changes` make, and the objects that it needs.
    fn build<'c>(
        repo: &gix::Repository,
        parent: Option<ObjectId>,
        changes: &'c [Change],
        meta: &CommitMeta,
    ) -> Result<(ObjectId, Vec<objects::NewObject<'c>>), Error> {
        let before = match parent {
            Some(id) => Some(repo.find_commit(id)?.tree_id()?.detach()),
            None => None,
        };
        let mut new = Vec::new();
        let mut editor = tree::Editor::new(repo, before)?;
        for change in changes {
            editor.apply(change, &mut new)?;
        }
        let tree = editor.finish(&mut new)?;
        if tree == before.unwrap_or_else(|| ObjectId::empty_tree(tree.kind())) {
            return Err(Error::NothingChanged);
        }
        let commit = commit::build(tree, parent, meta)?;
        let id = commit.id;
        new.push(commit);
        Ok((id, new))
    }

    /// Moves the branch to a commit whose objects are durable already: after an import or
    /// a push, whose packs were synced.
    ///
    /// # Errors
    /// [`Error::TipMoved`] when `expected_tip` is not the tip,
    /// [`Error::UnknownRevision`] when `new` is no commit here, or an I/O error.
    pub fn move_tip(&self, expected_tip: Option<Revision>, new: Revision) -> Result<(), Error> {
        let _turn = self.writer.lock();
        let repo = self.gix();
        let id = object_id(new);
        if !revisions::is_commit(&repo, id)? {
            return Err(Error::UnknownRevision(new));
        }
        refs::move_tip(self.disk.as_ref(), &repo, expected_tip.map(object_id), id)?;
        self.tell_moved();
        Ok(())
    }

    /// Runs `work` while no commit is being written, for housekeeping that removes
    /// objects: a commit may be about to rely on one that nothing refers to yet.
    pub fn between_commits<T>(&self, work: impl FnOnce() -> T) -> T {
        let _turn = self.writer.lock();
        work()
    }
}

impl BlobId {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The name that git gives to these bytes.
    ///
    /// # Errors
    /// Never for bytes in memory; git's hash refuses those of an attack on it.
    pub fn of(bytes: &[u8]) -> Result<Self, Error> {
        Ok(objects::NewObject::new(gix::objs::Kind::Blob, bytes)?.id.into())
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<ObjectId> for BlobId {
    fn from(id: ObjectId) -> Self {
        Self(bytes_of(&id))
    }
}

impl From<&gix::oid> for BlobId {
    fn from(id: &gix::oid) -> Self {
        Self(bytes_of(id))
    }
}

impl From<BlobId> for ObjectId {
    fn from(id: BlobId) -> Self {
        Self::Sha1(id.0)
    }
}

fn revision(id: ObjectId) -> Revision {
    Revision::from_bytes(bytes_of(&id))
}

fn object_id(revision: Revision) -> ObjectId {
    ObjectId::Sha1(*revision.as_bytes())
}

/// gix is built with SHA-1 alone, so every identity has 20 bytes.
fn bytes_of(id: &gix::oid) -> [u8; 20] {
    id.as_bytes().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests;
