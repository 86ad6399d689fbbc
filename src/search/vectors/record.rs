//! What the log says: pages with their passages, removals, and the commit that is reflected.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use super::bytes::{Reader, Writer};
use super::packed::Packed;
use crate::model::{PagePath, Revision};
use crate::repo::BlobId;

/// The beginning of the SHA-256 of a passage's text.
pub(super) type TextHash = u128;

/// Where in its page a passage is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Passage {
    /// Its place among the page's passages, from 0, and how many there are.
    pub index: usize,
    pub total: usize,
    /// Words of the whole page.
    pub page_words: usize,
    /// The headings that lead to it, outermost first, without the page's title.
    pub titles: Vec<String>,
    /// The page's title and some of the headings, joined by ` > `.
    pub section_path: String,
    pub anchor: String,
    /// Lines of the file, counted from 1; the end is not part of it.
    pub lines: Range<usize>,
    /// Bytes of the file.
    pub bytes: Range<usize>,
}

/// A passage with its vector, to be stored.
#[derive(Clone, Debug)]
pub(super) struct Embedded {
    pub(super) passage: Passage,
    pub(super) text: TextHash,
    pub(super) vector: Packed,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub(super) enum Record {
    /// The page now has these passages and no others.
    Put {
        path: PagePath,
        blob: BlobId,
        passages: Vec<Embedded>,
    },
    Remove {
        path: PagePath,
    },
    /// With everything before, the pages are those of this commit.
    Reflects(Option<Revision>),
    /// They are on the way to some commit: what differs from the tip is to be found out.
    Unfinished,
}

pub(super) fn text_hash(text: &str) -> TextHash {
    let digest = Sha256::digest(text.as_bytes());
    digest.first_chunk().map_or(0, |first: &[u8; 16]| u128::from_le_bytes(*first))
}

/// Bytes before the vector of a written passage.
const HASH: usize = 16;

impl Record {
    pub(super) fn write(&self, out: &mut Writer) {
        match self {
            Self::Put { path, blob, passages } => {
                out.u8(1);
                out.text(path.as_str());
                out.raw(blob.as_bytes());
                out.u32(passages.len());
                passages.iter().for_each(|passage| passage.write(out));
            }
            Self::Remove { path } => {
                out.u8(2);
                out.text(path.as_str());
            }
            Self::Reflects(Some(revision)) => {
                out.u8(3);
                out.raw(revision.as_bytes());
            }
            Self::Reflects(None) => out.u8(4),
            Self::Unfinished => out.u8(5),
        }
    }
}

impl Embedded {
    fn write(&self, out: &mut Writer) {
        out.raw(&self.text.to_le_bytes());
        self.vector.write(out);
        self.passage.write(out);
    }

    pub(super) fn read(input: &mut Reader<'_>, dimensions: usize) -> Option<Self> {
        let text = TextHash::from_le_bytes(input.array()?);
        Some(Self { text, vector: Packed::read(input, dimensions)?, passage: Passage::read(input)? })
    }

    /// How many bytes from the beginning of a written passage lead to the end of its vector.
    pub(super) const fn head(dimensions: usize) -> usize {
        HASH + Packed::size(dimensions)
    }

    /// The vector from the bytes that [`Self::head`] counts.
    pub(super) fn vector(head: &[u8], dimensions: usize) -> Option<Packed> {
        let mut input = Reader::new(head);
        input.raw(HASH)?;
        Packed::read(&mut input, dimensions)
    }
}

impl Passage {
    fn write(&self, out: &mut Writer) {
        for number in [self.index, self.total, self.page_words, self.lines.start, self.lines.end] {
            out.u32(number);
        }
        out.u32(self.bytes.start);
        out.u32(self.bytes.end);
        out.text(&self.anchor);
        out.text(&self.section_path);
        out.u32(self.titles.len());
        self.titles.iter().for_each(|title| out.text(title));
    }

    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            index: input.u32()?,
            total: input.u32()?,
            page_words: input.u32()?,
            lines: input.u32()?..input.u32()?,
            bytes: input.u32()?..input.u32()?,
            anchor: input.text()?.to_owned(),
            section_path: input.text()?.to_owned(),
            titles: input.list(4, |input| input.text().map(str::to_owned))?,
        })
    }
}

/// Reads what one batch says. `offset` is where its first byte is in the file.
pub(super) fn read_batch(payload: &[u8], offset: u64, dimensions: usize) -> Option<Vec<Placed>> {
    let mut input = Reader::new(payload);
    let at = |left: usize| offset + (payload.len() - left) as u64;
    let mut records = Vec::new();
    while input.left() > 0 {
        let start = at(input.left());
        let (record, passages) = match input.u8()? {
            1 => {
                let path = PagePath::parse(input.text()?).ok()?;
                let blob = BlobId::from_bytes(input.array()?);
                let mut places = Vec::new();
                let passages = input.list(Embedded::head(dimensions), |input| {
                    places.push(at(input.left()));
                    Embedded::read(input, dimensions)
                })?;
                (Record::Put { path, blob, passages }, places)
            }
            2 => (Record::Remove { path: PagePath::parse(input.text()?).ok()? }, Vec::new()),
            3 => (Record::Reflects(Some(Revision::from_bytes(input.array()?))), Vec::new()),
            4 => (Record::Reflects(None), Vec::new()),
            5 => (Record::Unfinished, Vec::new()),
            _ => return None,
        };
        records.push(Placed { record, span: start..at(input.left()), passages });
    }
    // Every batch ends with what it leads to.
    match records.last().map(|placed| &placed.record) {
        Some(Record::Reflects(_) | Record::Unfinished) => Some(records),
        _ => None,
    }
}

/// A record, and where in the file it and its passages are.
pub(super) struct Placed {
    pub(super) record: Record,
    pub(super) span: Range<u64>,
    pub(super) passages: Vec<u64>,
}
