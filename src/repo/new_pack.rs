use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use gix::ObjectId;

use super::disk::{Disk, DiskFile};
use super::layout::remove_if_there;
use super::pack;

/// What an unfinished file of a pack is called; the rest of the name is a number.
const TEMPORARY: &str = "tmp_pack_";

/// A pack whose files have temporary names, and are removed again unless they are published.
pub(super) struct NewPack<'d> {
    disk: &'d dyn Disk,
    directory: PathBuf,
    files: Vec<PathBuf>,
}

impl<'d> NewPack<'d> {
    /// In the `objects` directory of a repository.
    pub(super) fn begin(disk: &'d dyn Disk, objects: &Path) -> io::Result<Self> {
        let directory = objects.join("pack");
        // git's housekeeping removes directories that became empty.
        match disk.create_dir(&directory) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            // Whoever made it may not have synced its name yet.
            _there => disk.sync_dir(objects)?,
        }
        Ok(Self { disk, directory, files: Vec::new() })
    }

    /// Writes and syncs one file; its name is durable only after its directory is synced.
    pub(super) fn write(&mut self, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<PathBuf> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let path = self.directory.join(format!("{TEMPORARY}{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        let mut file: Box<dyn DiskFile> = self.disk.create_file(&path)?;
        self.files.push(path.clone());
        let mut buffered = BufWriter::with_capacity(1 << 18, &mut file);
        fill(&mut buffered)?;
        buffered.flush()?;
        drop(buffered);
        file.sync()?;
        Ok(path)
    }

    /// Gives the pack its name, for good when this returns. `tips` is the file that
    /// [`pack::tips_path`] tells of.
    pub(super) fn publish(
        mut self,
        checksum: ObjectId,
        [pack, index]: [&Path; 2],
        tips: Option<&Path>,
    ) -> io::Result<()> {
        let name = self.directory.join(format!("pack-{checksum}.pack"));
        self.disk.rename(pack, &name)?;
        if let Some(tips) = tips {
            self.disk.rename(tips, &pack::tips_path(&name))?;
        }
        self.disk.sync_dir(&self.directory)?;
        // Readers find a pack by its index, which therefore comes last.
        self.disk.rename(index, &name.with_extension("idx"))?;
        self.disk.sync_dir(&self.directory)?;
        self.files.clear();
        Ok(())
    }
}

impl Drop for NewPack<'_> {
    fn drop(&mut self) {
        for path in &self.files {
            // Those that were renamed are gone; a file that stays is removed when the repository is opened.
            let _kept = self.disk.remove_file(path);
        }
    }
}

/// Removes from a directory of packs what a process that died left there.
pub(super) fn remove_temporary_files(disk: &dyn Disk, packs: &Path) -> io::Result<()> {
    for file in std::fs::read_dir(packs)? {
        let file = file?;
        if file.file_name().to_str().is_some_and(|name| name.starts_with(TEMPORARY)) {
            remove_if_there(disk.remove_file(&file.path()))?;
        }
    }
    Ok(())
}
