use std::io::{self, Write};

use gix::{ObjectId, hash::Kind};

/// What a pack's index records of an object.
pub(in crate::repo) struct IndexEntry {
    pub id: ObjectId,
    pub offset: u64,
    /// CRC-32 of the entry as it is stored.
    pub crc: u32,
}

/// Offsets from here on do not fit the 31 bits of the main table.
const LARGE: u64 = 1 << 31;

/// Writes the index of version 2 (gitformat-pack(5)) of a pack with this checksum.
pub(in crate::repo) fn write_index(
    mut entries: Vec<IndexEntry>,
    pack_checksum: ObjectId,
    out: &mut dyn Write,
) -> io::Result<()> {
    entries.sort_unstable_by_key(|entry| entry.id);
    let mut out = Hashing { out, hasher: gix::hash::hasher(Kind::Sha1) };
    out.write_all(b"\xfftOc\0\0\0\x02")?;
    let mut upto = 0usize;
    for first in 0..=u8::MAX {
        upto += entries.iter().skip(upto).take_while(|entry| entry.id.first_byte() <= first).count();
        out.write_all(&u32::try_from(upto).map_err(io::Error::other)?.to_be_bytes())?;
    }
    for entry in &entries {
        out.write_all(entry.id.as_slice())?;
    }
    for entry in &entries {
        out.write_all(&entry.crc.to_be_bytes())?;
    }
    let mut large = Vec::new();
    for entry in &entries {
        let offset = if entry.offset < LARGE {
            entry.offset
        } else {
            large.push(entry.offset);
            LARGE + large.len() as u64 - 1
        };
        out.write_all(&u32::try_from(offset).map_err(io::Error::other)?.to_be_bytes())?;
    }
    for offset in large {
        out.write_all(&offset.to_be_bytes())?;
    }
    out.write_all(pack_checksum.as_slice())?;
    let Hashing { out, hasher } = out;
    out.write_all(hasher.try_finalize().map_err(io::Error::other)?.as_slice())?;
    out.flush()
}

struct Hashing<'a> {
    out: &'a mut dyn Write,
    hasher: gix::hash::Hasher,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.hasher.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
