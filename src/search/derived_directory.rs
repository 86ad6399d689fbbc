//! A directory for data that can be made again: it never waits for the disk, and it notices
//! when what it reads is not what was written.
//!
//! tantivy syncs a dozen files a commit, which is what a commit costs. An index does not need
//! that: a killed process loses nothing that it wrote, and after a power loss whatever is
//! missing or torn fails a checksum at the next opening and the index is rebuilt from git.
//! tantivy's segment files carry a checksum already; its two records (`meta.json`,
//! `.managed.json`) get one here.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tantivy::Directory;
use tantivy::directory::error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, DirectoryLock, FileHandle, Lock, MmapDirectory, TerminatingWrite, WatchCallback, WatchHandle,
    WritePtr,
};

const SUM: usize = 32;
const UNFINISHED: &str = ".unfinished";

#[derive(Clone, Debug)]
pub(super) struct DerivedDirectory {
    root: PathBuf,
    files: MmapDirectory,
}

impl DerivedDirectory {
    pub(super) fn open(root: &Path) -> Result<Self, OpenDirectoryError> {
        Ok(Self { root: root.to_owned(), files: MmapDirectory::open(root)? })
    }
}

impl Directory for DerivedDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.files.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let file =
            OpenOptions::new().write(true).create_new(true).open(self.root.join(path)).map_err(|error| match error
                .kind()
            {
                io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
                _ => OpenWriteError::wrap_io_error(error, path.to_owned()),
            })?;
        Ok(BufWriter::new(Box::new(Unsynced(file))))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let mut bytes = self.files.atomic_read(path)?;
        let damaged =
            || OpenReadError::wrap_io_error(io::Error::new(io::ErrorKind::InvalidData, "checksum"), path.to_owned());
        let len = bytes.len().checked_sub(SUM).ok_or_else(damaged)?;
        let (data, sum) = bytes.split_at(len);
        if Sha256::digest(data)[..] != *sum {
            return Err(damaged());
        }
        bytes.truncate(len);
        Ok(bytes)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        // Only the holder of tantivy's writer lock writes, so one name is enough.
        let mut unfinished = self.root.join(path).into_os_string();
        unfinished.push(UNFINISHED);
        let mut file = File::create(&unfinished)?;
        file.write_all(data)?;
        file.write_all(&Sha256::digest(data))?;
        drop(file);
        fs::rename(unfinished, self.root.join(path))
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    /// The lock is the kernel's (`flock`), so one that a killed process left behind is free.
    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.files.acquire_lock(lock)
    }

    /// Readers are reloaded by hand; nothing watches.
    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

struct Unsynced(File);

impl Write for Unsynced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for Unsynced {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        Ok(())
    }
}
