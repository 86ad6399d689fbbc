use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::error::{During, Error};
use super::{new_pack, objects, refs};

const HEAD: &[u8] = b"ref: refs/heads/main\n";
const CONFIG: &[u8] = b"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";

/// Creates an empty bare repository. It is built beside its place and moved there, so that
/// a crash leaves either all of it or nothing that has its name.
pub(super) fn create(disk: &dyn Disk, dir: &Path) -> Result<(), Error> {
    if fs::symlink_metadata(dir).is_ok() {
        return Err(Error::Exists { path: dir.display().to_string() });
    }
    let parent = dir.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_dirs(disk, parent)?;

    let draft = draft_of(dir);
    remove_if_there(disk.remove_dir_all(&draft)).during("remove", &draft)?;
    make_dir(disk, &draft)?;
    for below in ["objects", "refs"] {
        make_dir(disk, &draft.join(below))?;
    }
    // All fan-out directories exist from the start: a write then syncs only the
    // directories that it puts an object in, and never `objects` itself.
    let objects = draft.join("objects");
    for byte in 0..=u8::MAX {
        make_dir(disk, &objects.join(format!("{byte:02x}")))?;
    }
    for below in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
        make_dir(disk, &draft.join(below))?;
    }
    write_synced(disk, &draft.join("config"), CONFIG)?;
    write_synced(disk, &draft.join("HEAD"), HEAD)?;
    for below in ["objects", "refs", ""] {
        let path = draft.join(below);
        disk.sync_dir(&path).during("sync", &path)?;
    }
    disk.rename(&draft, dir).during("rename", &draft)?;
    // Whoever made the directory above need not have synced its name.
    for above in [Some(parent), parent.parent()].into_iter().flatten().filter(|p| !p.as_os_str().is_empty()) {
        disk.sync_dir(above).during("sync", above)?;
    }
    Ok(())
}

/// Removes what a crash may have left of this module's own writing, and makes durable
/// every name that a reader can see now: a write that was visible but not yet durable when
/// its process died must not be reported as done and then be lost.
pub(super) fn recover(disk: &dyn Disk, dir: &Path) -> Result<(), Error> {
    refs::remove_stale_lock(disk, dir)?;
    let objects = dir.join("objects");
    objects::remove_temporary_files(disk, &objects)?;
    let packs = objects.join("pack");
    match new_pack::remove_temporary_files(disk, &packs) {
        // git needs no such directory while there is no pack.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        other => {
            other.during("clear", &packs)?;
            disk.sync_dir(&packs).during("sync", &packs)?;
        }
    }
    for path in [objects, dir.join("refs"), dir.join("refs/heads")] {
        disk.sync_dir(&path).during("sync", &path)?;
    }
    Ok(())
}

fn draft_of(dir: &Path) -> PathBuf {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    dir.with_file_name(name)
}

fn create_dirs(disk: &dyn Disk, dir: &Path) -> Result<(), Error> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_dirs(disk, parent)?;
    make_dir(disk, dir)?;
    disk.sync_dir(parent).during("sync", parent)
}

fn make_dir(disk: &dyn Disk, dir: &Path) -> Result<(), Error> {
    disk.create_dir(dir).during("create", dir)
}

fn write_synced(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = disk.create_file(path).during("create", path)?;
    file.write_all(bytes).during("write", path)?;
    file.sync().during("sync", path)
}

pub(super) fn remove_if_there(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
