use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// The only way in which this module changes the file system, so that a test can put a
/// disk below it that forgets everything that was not synced (`docs/durability.md`).
///
/// What an implementation may forget at a power cut: the bytes of a file until
/// [`DiskFile::sync`] or [`Disk::sync_file`] returned; a name that was created, renamed or
/// removed until [`Disk::sync_dir`] of its directory returned.
pub trait Disk: Send + Sync {
    /// Creates one directory; its parent exists.
    ///
    /// # Errors
    /// `AlreadyExists` when the name is taken.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;

    /// Creates an empty file for writing.
    ///
    /// # Errors
    /// `AlreadyExists` when the name is taken: this is also how locks are taken.
    fn create_file(&self, file: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Makes the bytes of an existing file durable, whoever wrote them.
    ///
    /// # Errors
    /// Those of opening and syncing.
    fn sync_file(&self, file: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    ///
    /// # Errors
    /// Those of opening and syncing.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Gives a file or directory another name, replacing a file of that name.
    ///
    /// # Errors
    /// `NotFound` when `from` or the directory of `to` is missing.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    fn remove_file(&self, file: &Path) -> io::Result<()>;

    /// Removes a directory and everything below it.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    fn remove_dir_all(&self, dir: &Path) -> io::Result<()>;
}

/// A file being written. Dropping it closes it and promises nothing.
pub trait DiskFile: Write + Send {
    /// Makes the bytes written so far durable; the name needs [`Disk::sync_dir`].
    ///
    /// # Errors
    /// When the disk could not keep them; the file must then be given up, because a
    /// second sync of it may claim success (fsync(2)).
    fn sync(&mut self) -> io::Result<()>;
}

/// The file system of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir(dir)
    }

    fn create_file(&self, file: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().write(true).create_new(true).open(file)?))
    }

    fn sync_file(&self, file: &Path) -> io::Result<()> {
        File::open(file)?.sync_all()
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        fs::remove_file(file)
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        fs::remove_dir_all(dir)
    }
}

impl DiskFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}
