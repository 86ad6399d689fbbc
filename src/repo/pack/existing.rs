use std::{
    fs, io,
    path::{Path, PathBuf},
};

use gix::{ObjectId, hash::Kind};
use gix_pack::{data, index};

use super::Error;

/// Where a packed object's entry lies. Ordered by pack, then offset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::repo) struct Place {
    pub pack: u32,
    pub offset: u64,
}

/// The packs of a repository and of its alternates, mapped for as long as this lives.
pub(in crate::repo) struct Packs(Vec<Pack>);

struct Pack {
    index: index::File,
    data: data::File,
    /// Of every entry, ascending, and the end of the last one.
    offsets: Vec<u64>,
}

/// A pack that holds exactly what one commit reaches, so that it can be sent as it is.
pub(in crate::repo) struct Closed {
    pub tip: ObjectId,
    index: index::File,
    data: data::File,
}

impl Packs {
    /// Opens every complete pack of `repo`.
    pub(in crate::repo) fn open(repo: &gix::Repository) -> Result<Self, Error> {
        let store = repo.objects.store_ref();
        let mut directories = vec![store.path().to_owned()];
        let alternates = store.alternate_db_paths();
        directories.extend(alternates.map_err(|error| unreadable(store.path(), &error))?);
        let mut packs = Vec::new();
        for directory in directories {
            for index in index_files(&directory.join("pack"))? {
                let Some((index, data)) = open_pair(&index)? else { continue };
                let mut offsets = index.sorted_offsets();
                offsets.push(data.pack_end() as u64);
                packs.push(Pack { index, data, offsets });
            }
        }
        Ok(Self(packs))
    }

    pub(super) fn locate(&self, id: &ObjectId) -> Option<Place> {
        (0u32..).zip(&self.0).find_map(|(number, pack)| {
            let entry = pack.index.lookup(id)?;
            Some(Place { pack: number, offset: pack.index.pack_offset_at_index(entry) })
        })
    }

    /// The parsed header of the entry at `place` and its bytes, header included.
    pub(super) fn entry(&self, place: Place) -> Option<(data::Entry, &[u8])> {
        let pack = self.0.get(usize::try_from(place.pack).ok()?)?;
        let position = pack.offsets.binary_search(&place.offset).ok()?;
        let end = *pack.offsets.get(position + 1)?;
        let bytes = pack.data.entry_slice(place.offset..end)?;
        Some((data::Entry::from_bytes(bytes, place.offset, Kind::Sha1).ok()?, bytes))
    }
}

impl Closed {
    /// Finds the largest pack of `repo` that is marked as closed over a commit.
    ///
    /// A pack whose mark is malformed or that cannot be opened is passed over: serving without it is only slower.
    pub(in crate::repo) fn find(repo: &gix::Repository) -> Option<Self> {
        let packs = index_files(&repo.objects.store_ref().path().join("pack")).ok()?;
        let closed = packs.iter().filter_map(|path| {
            let mark = fs::read(tips_path(path)).ok()?;
            let tip = ObjectId::from_hex(mark.trim_ascii()).ok()?;
            let (index, data) = open_pair(path).ok()??;
            index.lookup(tip)?;
            Some(Self { tip, index, data })
        });
        closed.max_by_key(|pack| pack.index.num_objects())
    }

    pub(in crate::repo) fn contains(&self, id: &ObjectId) -> bool {
        self.index.lookup(id).is_some()
    }

    pub(in crate::repo) fn object_count(&self) -> u32 {
        self.data.num_objects()
    }

    /// The file as it is.
    pub(super) fn whole(&self) -> &[u8] {
        self.data.entry_slice(0..self.data.data_len() as u64).unwrap_or_default()
    }

    pub(super) fn checksum(&self) -> ObjectId {
        self.data.checksum()
    }

    /// All entries, without the pack's header and trailer.
    pub(super) fn entries(&self) -> &[u8] {
        let end = self.data.pack_end() as u64;
        self.data.entry_slice(data::header::SIZE as u64..end).unwrap_or_default()
    }
}

/// The file beside a pack that names the commit whose objects, all and only those, the pack holds.
pub(in crate::repo) fn tips_path(pack_or_index: &Path) -> PathBuf {
    pack_or_index.with_extension("tips")
}

fn index_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let listing = match fs::read_dir(directory) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    for file in listing {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "idx") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// `None` when the pack has gone since it was listed: a repack replaced it.
fn open_pair(index: &Path) -> Result<Option<(index::File, data::File)>, Error> {
    let pack = index.with_extension("pack");
    let opened = index::File::at(index, Kind::Sha1).and_then(|file| Ok((file, data::File::at(&pack, Kind::Sha1)?)));
    match opened {
        Ok(pair) => Ok(Some(pair)),
        Err(_) if !pack.exists() || !index.exists() => Ok(None),
        Err(error) => Err(unreadable(&pack, &error)),
    }
}

fn unreadable(path: &Path, error: &dyn std::error::Error) -> Error {
    Error::Pack { path: path.display().to_string(), reason: error.to_string() }
}
