//! The file: what happened, in batches, each with a checksum that covers all before it.
//!
//! It is derived data, so appending waits for no disk. A kill loses nothing that was
//! written; after a power cut any part of what was not synced may be missing. Whatever the
//! damage, the file is good up to the last batch whose checksum fits, and that is a state
//! that once was: what follows is cut off, and made up for from git.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bytes::{Reader, Writer};
use super::record::{Placed, Record, read_batch};

/// To be changed with every change of the format, and of how passages are made.
const MAGIC: &[u8] = b"robotwiki vectors 1\n";
/// Length and checksum.
const FRAME: usize = 8;
/// A header is never longer.
const LONGEST_HEADER: usize = 4_096;
/// Larger batches are not ours.
const LARGEST_BATCH: u64 = 1 << 30;
/// A rewritten file is made of batches of about this size. Bytes.
const COPIED: usize = 1 << 20;
const UNFINISHED: &str = "unfinished";

/// Whose vectors a file holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Key {
    pub(super) model: String,
    pub(super) dimensions: usize,
}

impl Key {
    /// Whose vectors a file holds; none when it is damaged or something else.
    pub(super) fn of_file(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        Some(read_header(&file).ok()??.0)
    }
}

/// How far a file has been read or written: equal marks mean equal contents up to there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Mark {
    /// Drawn anew whenever the file is.
    pub(super) generation: u64,
    pub(super) length: u64,
    pub(super) sum: u32,
}

pub(super) struct Log {
    path: PathBuf,
    key: Key,
    file: Arc<File>,
    mark: Mark,
}

/// Hears each batch as it is read: what it says, and how far that is.
pub(super) type Replay<'r> = &'r mut dyn FnMut(Vec<Placed>, Mark);

impl Log {
    /// Opens the file, or begins it if it is missing, damaged at its head or another key's.
    /// `replay` hears what it says; what cannot be read is cut off.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn open(path: &Path, key: &Key, replay: Replay<'_>) -> io::Result<Self> {
        match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => match read_header(&file)?.filter(|(stored, _)| stored == key) {
                Some((_, mark)) => Self::replayed(path, key, file, mark, replay),
                _ => {
                    tracing::warn!(file = %path.display(), "stored vectors unusable, beginning anew");
                    Self::create(path, key)
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path, key),
            Err(error) => Err(error),
        }
    }

    /// An empty file in place of whatever is there.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn create(path: &Path, key: &Key) -> io::Result<Self> {
        Self::aside(path, key)?.put_in_place()
    }

    fn replayed(path: &Path, key: &Key, file: File, mut mark: Mark, replay: Replay<'_>) -> io::Result<Self> {
        let end = file.metadata()?.len();
        while let Some((records, next)) = read_frame(&file, mark, end, key)? {
            mark = next;
            replay(records, mark);
        }
        if mark.length < end {
            tracing::warn!(file = %path.display(), lost = end - mark.length, "the end of the stored vectors is damaged and cut off");
            file.set_len(mark.length)?;
        }
        Ok(Self { path: path.to_owned(), key: key.clone(), file: Arc::new(file), mark })
    }

    pub(super) const fn mark(&self) -> Mark {
        self.mark
    }

    pub(super) const fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Adds a batch; returns what it says, as it will be read.
    ///
    /// # Errors
    /// Those of the file system; the file is then as it was.
    pub(super) fn append(&mut self, records: &[Record]) -> io::Result<Vec<Placed>> {
        let mut payload = Writer::default();
        records.iter().for_each(|record| record.write(&mut payload));
        let placed = read_batch(&payload.bytes, self.mark.length + FRAME as u64, self.key.dimensions);
        let placed =
            placed.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a batch that cannot be read"))?;
        self.append_payload(&payload.bytes)?;
        Ok(placed)
    }

    fn append_payload(&mut self, payload: &[u8]) -> io::Result<()> {
        let too_long = |_| io::Error::new(io::ErrorKind::InvalidInput, "a batch that is too long");
        let length = u32::try_from(payload.len()).map_err(too_long)?;
        let sum = chained(self.mark.sum, payload);
        let mut frame = Vec::with_capacity(FRAME + payload.len());
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(&sum.to_le_bytes());
        frame.extend_from_slice(payload);
        if let Err(error) = self.file.write_all_at(&frame, self.mark.length) {
            // What is left of it would be cut off at the next opening, too.
            let _cut = self.file.set_len(self.mark.length);
            return Err(error);
        }
        self.mark = Mark { length: self.mark.length + frame.len() as u64, sum, ..self.mark };
        Ok(())
    }

    /// Gives the file another name.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn rename(&mut self, path: PathBuf) -> io::Result<()> {
        fs::rename(&self.path, &path)?;
        self.path = path;
        Ok(())
    }

    /// Waits until the disk has it.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Puts a file in this one's place that says nothing but these records, given by where
    /// they are in this one, and `last`. What it says is told to `replay`.
    ///
    /// # Errors
    /// Those of the file system; this file is then still there.
    pub(super) fn rewrite(
        &self,
        spans: impl Iterator<Item = Range<u64>>,
        last: &Record,
        replay: Replay<'_>,
    ) -> io::Result<Self> {
        let mut log = Self::aside(&self.path, &self.key)?;
        let (first, mut payload) = (log.mark, Writer::default());
        for span in spans {
            let length = usize::try_from(span.end.saturating_sub(span.start)).unwrap_or(0);
            let start = payload.bytes.len();
            payload.bytes.resize(start + length, 0);
            self.file.read_exact_at(payload.bytes.get_mut(start..).unwrap_or_default(), span.start)?;
            if payload.bytes.len() >= COPIED {
                Record::Unfinished.write(&mut payload);
                log.append_payload(&std::mem::take(&mut payload.bytes))?;
            }
        }
        last.write(&mut payload);
        log.append_payload(&payload.bytes)?;
        // Synced before it takes the other's place, so that one of them is whole at any time.
        log.file.sync_data()?;
        let file = log.put_in_place()?.file.try_clone()?;
        if let Some(directory) = self.path.parent() {
            File::open(directory)?.sync_all()?;
        }
        Self::replayed(&self.path, &self.key, file, first, replay)
    }

    /// A file with a header under another name.
    fn aside(path: &Path, key: &Key) -> io::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_cause| io::Error::other("no random bytes"))?;
        let generation = u64::from_le_bytes(random);
        let mut header = Writer::default();
        header.raw(MAGIC);
        header.u64(generation);
        header.u32(key.dimensions);
        header.text(&key.model);
        let sum = crc32fast::hash(&header.bytes);
        header.raw(&sum.to_le_bytes());
        let name = path.with_extension(UNFINISHED);
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&name)?;
        file.write_all(&header.bytes)?;
        let mark = Mark { generation, length: header.bytes.len() as u64, sum };
        Ok(Self { path: path.to_owned(), key: key.clone(), file: Arc::new(file), mark })
    }

    fn put_in_place(self) -> io::Result<Self> {
        fs::rename(self.path.with_extension(UNFINISHED), &self.path)?;
        Ok(self)
    }
}

fn chained(sum: u32, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&sum.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

/// Whose vectors a file holds, and where its batches begin; none when it is not such a file.
fn read_header(file: &File) -> io::Result<Option<(Key, Mark)>> {
    let mut bytes = vec![0; LONGEST_HEADER];
    let mut length = 0;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, length as u64) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(length);
    Ok(parse_header(&bytes))
}

fn parse_header(bytes: &[u8]) -> Option<(Key, Mark)> {
    let mut input = Reader::new(bytes);
    if input.raw(MAGIC.len())? != MAGIC {
        return None;
    }
    let generation = input.u64()?;
    let key = Key { dimensions: input.u32()?, model: input.text()?.to_owned() };
    let length = bytes.len() - input.left();
    let sum = u32::from_le_bytes(input.array()?);
    let intact = crc32fast::hash(bytes.get(..length)?) == sum;
    intact.then_some((key, Mark { generation, length: length as u64 + 4, sum }))
}

/// The batch after `mark`; none when there is no whole one.
fn read_frame(file: &File, mark: Mark, end: u64, key: &Key) -> io::Result<Option<(Vec<Placed>, Mark)>> {
    let start = mark.length + FRAME as u64;
    if start > end {
        return Ok(None);
    }
    let mut head = [0; FRAME];
    file.read_exact_at(&mut head, mark.length)?;
    let [a, b, c, d, e, f, g, h] = head;
    let (length, sum) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    if u64::from(length) > (end - start).min(LARGEST_BATCH) {
        return Ok(None);
    }
    let mut payload = vec![0; length as usize];
    file.read_exact_at(&mut payload, start)?;
    if chained(mark.sum, &payload) != sum {
        return Ok(None);
    }
    let next = Mark { length: start + u64::from(length), sum, ..mark };
    Ok(read_batch(&payload, start, key.dimensions).map(|records| (records, next)))
}
