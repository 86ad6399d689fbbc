use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::bufread::ZlibDecoder;
use flate2::write::ZlibEncoder;
use gix::ObjectId;
use gix::objs::{Exists, Kind};

use super::disk::{Disk, DiskFile};
use super::error::{During, Error};
use super::layout::remove_if_there;
use super::new_pack::NewPack;
use super::pack;

/// The prefix git itself gives to unfinished objects; `git gc` removes them too.
const TEMPORARY: &str = "tmp_obj_";

/// How many files are open at a time while objects are written.
const BATCH: usize = 64;

/// So many new objects and more become one pack, which takes three syncs instead of one for
/// each.
const WORTH_PACKING: usize = if cfg!(test) { 40 } else { 256 };
/// A repository with more packs gets no more of ours: readers look through each.
const MOST_PACKS: usize = super::MOST_PACKS as usize / 4;

/// An object to be stored, with its identity.
pub(super) struct NewObject<'b> {
    pub id: ObjectId,
    kind: Kind,
    bytes: Cow<'b, [u8]>,
}

impl<'b> NewObject<'b> {
    pub(super) fn new(kind: Kind, bytes: impl Into<Cow<'b, [u8]>>) -> Result<Self, Error> {
        let bytes = bytes.into();
        let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, &bytes)?;
        Ok(Self { id, kind, bytes })
    }

    /// The content of a loose object file: git's header and the bytes, deflated. Speed
    /// counts here; `git gc` compresses for good.
    fn deflated(&self) -> Result<Vec<u8>, Error> {
        let header = gix::objs::encode::loose_header(self.kind, self.bytes.len() as u64);
        let mut encoder = ZlibEncoder::new(Vec::with_capacity(self.bytes.len() / 2 + 64), Compression::fast());
        encoder
            .write_all(&header)
            .and_then(|()| encoder.write_all(&self.bytes))
            .and_then(|()| encoder.finish())
            .during("deflate", Path::new(""))
    }
}

/// Makes all `objects` durable: when this returns, they can be read after a power cut.
///
/// An object that is there already may come from a write that died before its sync. So
/// one found loose is compared with what it must hold, rewritten if it differs (the empty
/// file that some file systems leave), and synced again either way. Of one found in a pack
/// only the name may be new: packs get theirs after they were synced.
pub(super) fn write_all(disk: &dyn Disk, repo: &gix::Repository, objects: &[NewObject<'_>]) -> Result<(), Error> {
    let root = &repo.common_dir().join("objects");
    let mut to_sync = BTreeSet::new();
    let (mut to_write, mut absent) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for object in objects {
        if !seen.insert(object.id) {
            continue;
        }
        let path = loose_path(root, object.id);
        match loose_state(&path, object)? {
            Loose::Whole => match disk.sync_file(&path) {
                Ok(()) => {
                    to_sync.insert(fan_out(&path).to_owned());
                }
                // A repack moved it into a pack just now.
                Err(error) if error.kind() == ErrorKind::NotFound => to_write.push((object, path)),
                Err(error) => return Err(error).during("sync", &path),
            },
            Loose::Broken => to_write.push((object, path)),
            Loose::Absent if repo.objects.exists(&object.id) => {
                // In a pack, unless somebody has just written it loose.
                match disk.sync_file(&path) {
                    Ok(()) => to_sync.insert(fan_out(&path).to_owned()),
                    Err(error) if error.kind() == ErrorKind::NotFound => to_sync.insert(root.join("pack")),
                    Err(error) => return Err(error).during("sync", &path),
                };
            }
            Loose::Absent => absent.push((object, path)),
        }
    }
    if absent.len() >= WORTH_PACKING && pack_count(root).during("list", root)? < MOST_PACKS {
        write_pack(disk, root, &absent).during("write a pack below", root)?;
    } else {
        to_write.append(&mut absent);
    }
    for batch in to_write.chunks(BATCH) {
        let mut files = Unfinished { disk, temporary: Vec::with_capacity(batch.len()) };
        write_batch(&mut files, root, batch, &mut to_sync)?;
    }
    for dir in to_sync {
        match disk.sync_dir(&dir) {
            // Objects may lie elsewhere, as git's `alternates` say.
            Err(error) if error.kind() == ErrorKind::NotFound && dir.ends_with("pack") => {}
            synced => synced.during("sync", &dir)?,
        }
    }
    Ok(())
}

/// Removes the unfinished objects of a process that died.
pub(super) fn remove_temporary_files(disk: &dyn Disk, root: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(root).during("list", root)? {
        let entry = entry.during("list", root)?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMPORARY)) {
            let path = entry.path();
            remove_if_there(disk.remove_file(&path)).during("remove", &path)?;
        }
    }
    Ok(())
}

fn write_pack(disk: &dyn Disk, root: &Path, objects: &[(&NewObject<'_>, PathBuf)]) -> io::Result<()> {
    let mut new = NewPack::begin(disk, root)?;
    let entries: Vec<_> = objects.iter().map(|(object, _)| (object.kind, object.id, &*object.bytes)).collect();
    let mut index = Vec::with_capacity(entries.len());
    let mut checksum = ObjectId::null(gix::hash::Kind::Sha1);
    let pack = new.write(|out| {
        checksum = pack::write_objects(&entries, Compression::fast(), out, &mut |entry| index.push(entry))?;
        Ok(())
    })?;
    let index = new.write(|out| pack::write_index(index, checksum, out))?;
    new.publish(checksum, [&pack, &index], None)
}

/// How many packs are below an `objects` directory.
pub(super) fn pack_count(root: &Path) -> io::Result<usize> {
    let files = match fs::read_dir(root.join("pack")) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        files => files?,
    };
    Ok(files.filter_map(Result::ok).filter(|file| file.path().extension().is_some_and(|end| end == "idx")).count())
}

fn write_batch(
    files: &mut Unfinished<'_>,
    root: &Path,
    batch: &[(&NewObject<'_>, PathBuf)],
    to_sync: &mut BTreeSet<PathBuf>,
) -> Result<(), Error> {
    let disk = files.disk;
    // All are written before the first is synced: the file system then has one journal
    // commit to make instead of one for each.
    let mut open = Vec::with_capacity(batch.len());
    for (object, target) in batch {
        let (path, mut file) = create_temporary(disk, root, object.id)?;
        files.temporary.push(path.clone());
        file.write_all(&object.deflated()?).during("write", &path)?;
        open.push((path, file, target));
    }
    for (path, mut file, target) in open {
        file.sync().during("sync", &path)?;
        drop(file);
        let dir = fan_out(target);
        // git's housekeeping removes directories that became empty.
        if !dir.is_dir() {
            match disk.create_dir(dir) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                other => other.during("create", dir)?,
            }
            to_sync.insert(root.to_owned());
        }
        disk.rename(&path, target).during("rename", &path)?;
        files.temporary.retain(|temporary| *temporary != path);
        to_sync.insert(dir.to_owned());
    }
    Ok(())
}

fn create_temporary(disk: &dyn Disk, root: &Path, id: ObjectId) -> Result<(PathBuf, Box<dyn DiskFile>), Error> {
    for attempt in 0..BATCH {
        let path = root.join(format!("{TEMPORARY}{id}_{attempt}"));
        match disk.create_file(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            other => return other.during("create", &path).map(|file| (path, file)),
        }
    }
    Err(Error::Locked { lock: root.to_owned() })
}

/// Temporary files that an error must not leave behind on a disk that may be full.
struct Unfinished<'d> {
    disk: &'d dyn Disk,
    temporary: Vec<PathBuf>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        for path in &self.temporary {
            // What cannot be removed now is removed when the repository is next opened.
            let _ = self.disk.remove_file(path);
        }
    }
}

enum Loose {
    Absent,
    Broken,
    Whole,
}

fn loose_state(path: &Path, object: &NewObject<'_>) -> Result<Loose, Error> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Loose::Absent),
        Err(error) => return Err(error).during("open", path),
    };
    // Deflate never grows its input by more than this; a longer file is not ours.
    let longest = object.bytes.len() as u64 + object.bytes.len() as u64 / 64 + 1024;
    let mut deflated = Vec::new();
    file.take(longest).read_to_end(&mut deflated).during("read", path)?;
    Ok(if holds(&deflated, object) { Loose::Whole } else { Loose::Broken })
}

/// Whether a loose object file holds exactly this object and nothing after it.
fn holds(deflated: &[u8], object: &NewObject<'_>) -> bool {
    let header = gix::objs::encode::loose_header(object.kind, object.bytes.len() as u64);
    let mut decoder = ZlibDecoder::new(deflated);
    let mut found = Vec::with_capacity(header.len() + object.bytes.len());
    let most = (header.len() + object.bytes.len()) as u64 + 1;
    let whole = decoder.by_ref().take(most).read_to_end(&mut found).is_ok();
    whole
        && decoder.total_in() == deflated.len() as u64
        && found.strip_prefix(header.as_slice()).is_some_and(|bytes| bytes == &*object.bytes)
}

fn loose_path(root: &Path, id: ObjectId) -> PathBuf {
    let hex = id.to_string();
    let (dir, file) = hex.split_at(2);
    root.join(dir).join(file)
}

fn fan_out(loose: &Path) -> &Path {
    loose.parent().unwrap_or(loose)
}
