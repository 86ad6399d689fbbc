use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::disk::{Disk, DiskFile};
use super::error::{During, Error};
use super::layout::remove_if_there;

/// The one branch of a wiki.
pub(super) const MAIN: &str = "refs/heads/main";

/// How often, and how far apart, a lock is tried that another writer holds.
const LOCK_ATTEMPTS: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// The commit that `main` names, be it in a file of its own or in `packed-refs`.
pub(super) fn tip(repo: &gix::Repository) -> Result<Option<gix::ObjectId>, Error> {
    let Some(reference) = repo.try_find_reference(MAIN)? else { return Ok(None) };
    match reference.target().try_id() {
        Some(id) => Ok(Some(id.to_owned())),
        None => Err(Error::Damaged(format!("{MAIN} is symbolic"))),
    }
}

/// Moves `main` from `expected` to `new`, durably, or fails with [`Error::TipMoved`].
///
/// An I/O error after the rename leaves `main` at `new` without the promise that it
/// survives a power cut; the next successful move makes both durable.
pub(super) fn move_tip(
    disk: &dyn Disk,
    repo: &gix::Repository,
    expected: Option<gix::ObjectId>,
    new: gix::ObjectId,
) -> Result<(), Error> {
    let heads = repo.git_dir().join("refs/heads");
    let lock = Lock::take(disk, lock_of(repo.git_dir()))?;
    let actual = tip(repo)?;
    if actual != expected {
        return Err(Error::TipMoved { actual: actual.map(super::revision) });
    }
    lock.replace(&heads.join("main"), format!("{new}\n").as_bytes())?;
    disk.sync_dir(&heads).during("sync", &heads)
}

/// Removes the lock of a process that died. The lock of the data directory guarantees
/// that no living one holds it.
pub(super) fn remove_stale_lock(disk: &dyn Disk, dir: &Path) -> Result<(), Error> {
    let lock = lock_of(dir);
    remove_if_there(disk.remove_file(&lock)).during("remove", &lock)
}

fn lock_of(dir: &Path) -> PathBuf {
    dir.join("refs/heads/main.lock")
}

/// git's own lock protocol: whoever creates `<ref>.lock` may write it and rename it to the
/// ref. Dropped before that, the lock is removed.
struct Lock<'d> {
    disk: &'d dyn Disk,
    path: PathBuf,
    file: Option<Box<dyn DiskFile>>,
}

impl<'d> Lock<'d> {
    fn take(disk: &'d dyn Disk, path: PathBuf) -> Result<Self, Error> {
        for _ in 0..LOCK_ATTEMPTS {
            match disk.create_file(&path) {
                Ok(file) => return Ok(Self { disk, path, file: Some(file) }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => thread::sleep(LOCK_PAUSE),
                Err(error) => return Err(error).during("create", &path),
            }
        }
        Err(Error::Locked { lock: path })
    }

    fn replace(mut self, target: &Path, bytes: &[u8]) -> Result<(), Error> {
        if let Some(file) = self.file.as_mut() {
            file.write_all(bytes).during("write", &self.path)?;
            file.sync().during("sync", &self.path)?;
        }
        self.disk.rename(&self.path, target).during("rename", &self.path)?;
        self.file = None;
        Ok(())
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        if self.file.is_some() {
            // A lock that cannot be removed is removed when the repository is next opened.
            let _ = self.disk.remove_file(&self.path);
        }
    }
}
