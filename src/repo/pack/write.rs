use std::io::{self, Write};

use flate2::{Compression, Crc, write::ZlibEncoder};
use gix::{ObjectId, hash::Kind};
use gix_pack::data::{self, entry::Header};

use super::{Closed, Error, IndexEntry, Packs, Plan, Tick, existing::Place, read};

/// How a pack is written.
pub(in crate::repo) struct Options<'a> {
    /// Deltas may name their base by distance; otherwise by identifier.
    pub ofs_delta: bool,
    /// Sent first, as it is; `plan` must not name what it holds.
    pub closed: Option<&'a Closed>,
    /// zlib level for objects that no pack holds.
    pub compression: Compression,
}

/// Writes `plan` as a pack of version 2 (gitformat-pack(5)) and returns its checksum.
///
/// Entries are copied from existing packs when their delta base is in this pack too; other objects
/// are written whole. `record` is told of each entry of `plan`, in file order.
pub(in crate::repo) fn write_pack(
    repo: &gix::Repository,
    packs: &Packs,
    plan: &Plan,
    options: &Options<'_>,
    out: &mut dyn Write,
    record: &mut dyn FnMut(IndexEntry),
    tick: Tick<'_>,
) -> Result<ObjectId, Error> {
    if let Some(closed) = options.closed.filter(|_| plan.objects.is_empty()) {
        for chunk in closed.whole().chunks(1 << 20) {
            out.write_all(chunk)?;
            tick(0)?;
        }
        return Ok(closed.checksum());
    }
    let mut placed = Vec::with_capacity(plan.objects.len());
    let mut loose = Vec::new();
    for id in &plan.objects {
        match packs.locate(id) {
            Some(place) => placed.push((place, *id)),
            None => loose.push(*id),
        }
    }
    placed.sort_unstable();

    let mut out = Hashing { out, hasher: gix::hash::hasher(Kind::Sha1), crc: Crc::new(), written: 0 };
    let reused = options.closed.map_or(0, Closed::object_count);
    let count = u32::try_from(plan.objects.len()).ok().and_then(|new| new.checked_add(reused));
    let count = count.ok_or(Error::TooMany(u32::MAX))?;
    out.write_all(&data::header::encode(data::Version::V2, count))?;
    if let Some(closed) = options.closed {
        for chunk in closed.entries().chunks(1 << 20) {
            out.write_all(chunk)?;
            tick(0)?;
        }
    }

    // Parallel to `placed`: where each entry went.
    let mut offsets: Vec<u64> = Vec::with_capacity(placed.len());
    for (done, (place, id)) in placed.iter().enumerate() {
        let start = out.begin();
        offsets.push(start);
        if !copy_entry(packs, &placed, &offsets, *place, options.ofs_delta, &mut out)? {
            write_whole(repo, *id, options.compression, &mut out)?;
        }
        record(IndexEntry { id: *id, offset: start, crc: out.crc.sum() });
        if done.is_multiple_of(64) {
            tick(done)?;
        }
    }
    for (done, id) in loose.iter().enumerate() {
        let start = out.begin();
        write_whole(repo, *id, options.compression, &mut out)?;
        record(IndexEntry { id: *id, offset: start, crc: out.crc.sum() });
        if done.is_multiple_of(16) {
            tick(placed.len() + done)?;
        }
    }
    Ok(finish(out)?)
}

/// Copies the entry at `place`; returns false, with nothing written, when its delta base is not in this pack.
fn copy_entry(
    packs: &Packs,
    placed: &[(Place, ObjectId)],
    offsets: &[u64],
    place: Place,
    ofs_delta: bool,
    out: &mut Hashing<'_>,
) -> io::Result<bool> {
    let Some((entry, bytes)) = packs.entry(place) else { return Ok(false) };
    let position_of = |base: Place| placed.binary_search_by(|(other, _)| other.cmp(&base)).ok();
    // A base is only trusted in the same pack: there, deltas cannot form a circle.
    let base = match entry.header {
        Header::Commit | Header::Tree | Header::Blob | Header::Tag => {
            out.write_all(bytes)?;
            return Ok(true);
        }
        Header::OfsDelta { base_distance } => entry
            .checked_base_pack_offset(base_distance)
            .and_then(|offset| position_of(Place { pack: place.pack, offset })),
        Header::RefDelta { base_id } => {
            packs.locate(&base_id).filter(|base| base.pack == place.pack).and_then(position_of)
        }
    };
    let Some(base) = base else { return Ok(false) };
    let (Some((_, base_id)), Some(payload)) = (placed.get(base), bytes.get(entry.header_size()..)) else {
        return Ok(false);
    };
    let start = offsets.last().copied().unwrap_or_default();
    let header = match offsets.get(base).filter(|base| ofs_delta && **base < start) {
        Some(base) => Header::OfsDelta { base_distance: start - base },
        None => Header::RefDelta { base_id: *base_id },
    };
    header.write_to(entry.decompressed_size, out)?;
    out.write_all(payload)?;
    Ok(true)
}

/// Writes objects that are in memory as a pack; for the rest as [`write_pack`].
pub(in crate::repo) fn write_objects(
    objects: &[(gix::object::Kind, ObjectId, &[u8])],
    compression: Compression,
    out: &mut dyn Write,
    record: &mut dyn FnMut(IndexEntry),
) -> io::Result<ObjectId> {
    let mut out = Hashing { out, hasher: gix::hash::hasher(Kind::Sha1), crc: Crc::new(), written: 0 };
    let count = u32::try_from(objects.len()).map_err(io::Error::other)?;
    out.write_all(&data::header::encode(data::Version::V2, count))?;
    for (kind, id, bytes) in objects {
        let offset = out.begin();
        write_entry(*kind, bytes, compression, &mut out)?;
        record(IndexEntry { id: *id, offset, crc: out.crc.sum() });
    }
    finish(out)
}

/// Writes the checksum that ends a pack, and returns it.
fn finish(out: Hashing<'_>) -> io::Result<ObjectId> {
    let Hashing { out, hasher, .. } = out;
    let checksum = hasher.try_finalize().map_err(io::Error::other)?;
    out.write_all(checksum.as_slice())?;
    out.flush()?;
    Ok(checksum)
}

fn write_whole(
    repo: &gix::Repository,
    id: ObjectId,
    compression: Compression,
    out: &mut Hashing<'_>,
) -> Result<(), Error> {
    let (kind, data) = read(repo, id)?;
    Ok(write_entry(kind, &data, compression, out)?)
}

fn write_entry(
    kind: gix::object::Kind,
    data: &[u8],
    compression: Compression,
    out: &mut Hashing<'_>,
) -> io::Result<()> {
    let header = match kind {
        gix::object::Kind::Commit => Header::Commit,
        gix::object::Kind::Tree => Header::Tree,
        gix::object::Kind::Blob => Header::Blob,
        gix::object::Kind::Tag => Header::Tag,
    };
    header.write_to(data.len() as u64, out)?;
    let mut encoder = ZlibEncoder::new(out, compression);
    encoder.write_all(data)?;
    encoder.finish()?;
    Ok(())
}

/// Counts and hashes what passes, for the trailer, the index and delta distances.
struct Hashing<'a> {
    out: &'a mut dyn Write,
    hasher: gix::hash::Hasher,
    crc: Crc,
    written: u64,
}

impl Hashing<'_> {
    /// Starts an entry's checksum and returns the entry's offset.
    fn begin(&mut self) -> u64 {
        self.crc.reset();
        self.written
    }
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.hasher.update(bytes);
        self.crc.update(bytes);
        self.written += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
