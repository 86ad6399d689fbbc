//! The copy of the metadata in `index/catalog.bin`: a line that names format and version,
//! what follows [`encode`], and a SHA-256 of all before it. It is derived data, so nothing
//! waits for the disk: a copy that is torn or of another version is as good as none.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::codec::{Decoder, Encoder};
use super::log::{Log, LogCommit, Touch};
use super::state::Update;
use super::{AttachmentEntry, HeadingEntry, OutLink, PageEntry, State};
use crate::markdown::LinkOrder;
use crate::model::{AttachmentName, AttachmentPath, FoldKey, PagePath, Revision};
use crate::repo::{BlobId, CommitInfo};

/// To be counted up with every change of the format, and of what is derived from a page.
const HEAD: &[u8] = b"robotwiki catalog 3\n";
const SUM: usize = 32;
/// Larger files are not ours.
const LARGEST: u64 = 1 << 30;

/// Reads a copy; none when there is none that can be used.
pub(super) fn read(file: &Path) -> Option<State> {
    if fs::metadata(file).ok()?.len() > LARGEST {
        return None;
    }
    let bytes = fs::read(file).ok()?;
    let state = decode(&bytes);
    if state.is_none() {
        tracing::warn!(file = %file.display(), "stored page metadata is damaged or of another version; deriving it again");
    }
    state
}

/// Writes a copy aside and renames it into place.
pub(super) fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(directory) = file.parent()
        && let Err(error) = fs::create_dir(directory)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        // Whoever removed the wiki's directory is not to find it again.
        return Err(error);
    }
    let aside = file.with_extension("unfinished");
    fs::write(&aside, bytes)?;
    fs::rename(aside, file)
}

pub(super) fn encode(state: &State) -> Vec<u8> {
    let mut out = Encoder::default();
    out.raw(HEAD);
    out.number(order_number(state.order));
    out.raw(state.commit.map_or([0; 20], |commit| *commit.as_bytes()).as_slice());
    let (paths, commits) = state.log.parts();
    out.length(paths.len());
    paths.iter().for_each(|path| out.text(path));
    out.length(commits.len());
    commits.iter().for_each(|commit| encode_commit(&mut out, commit));
    out.length(state.pages.len());
    state.pages.iter().for_each(|(path, entry)| encode_page(&mut out, path, entry));
    out.length(state.attachments.values().map(std::collections::BTreeMap::len).sum());
    for (page, files) in &state.attachments {
        for (name, entry) in files {
            out.text(page.as_str());
            out.text(name);
            out.raw(entry.blob.as_bytes());
            out.number(entry.size);
        }
    }
    let sum = Sha256::digest(&out.bytes);
    out.raw(&sum);
    out.bytes
}

pub(super) fn decode(bytes: &[u8]) -> Option<State> {
    let (data, sum) = bytes.split_at_checked(bytes.len().checked_sub(SUM)?)?;
    if Sha256::digest(data)[..] != *sum {
        return None;
    }
    let mut input = Decoder::new(data.strip_prefix(HEAD)?);
    let number = input.number()?;
    let order = LinkOrder::ALL.iter().copied().find(|order| order_number(*order) == number)?;
    let commit = Revision::from_bytes(input.array()?);
    let paths = input.list(|input| input.text().map(Arc::from))?;
    let commits = input.list(decode_commit)?;
    let log = Log::from_parts(paths, commits)?;
    log.place(commit)?;
    let mut updates = input.list(decode_page)?;
    updates.extend(input.list(decode_attachment)?);
    input.is_at_end().then(|| State::restore(log, updates, Some(commit), order))
}

const fn order_number(order: LinkOrder) -> u64 {
    match order {
        LinkOrder::LabelFirst => 0,
        LinkOrder::TargetFirst => 1,
    }
}

fn encode_commit(out: &mut Encoder, commit: &LogCommit) {
    out.raw(commit.info.revision.as_bytes());
    out.text(&commit.info.author);
    out.text(&commit.info.email);
    out.signed(commit.info.time);
    out.signed(commit.info.offset_seconds.into());
    out.text(&commit.info.message);
    out.signed(commit.committed);
    out.signed(commit.rank);
    out.length(commit.parents.len());
    commit.parents.iter().for_each(|parent| out.number(u64::from(*parent)));
    out.length(commit.changes.len());
    for touch in &commit.changes {
        out.number(u64::from(touch.path));
        out.optional(touch.from);
        out.number(u64::from(touch.added) | u64::from(touch.blob.is_some()) << 1 | u64::from(touch.taken) << 2);
        if let Some(blob) = touch.blob {
            out.raw(blob.as_bytes());
        }
    }
}

fn decode_commit(input: &mut Decoder<'_>) -> Option<LogCommit> {
    let info = CommitInfo {
        revision: Revision::from_bytes(input.array()?),
        author: input.text()?.to_owned(),
        email: input.text()?.to_owned(),
        time: input.signed()?,
        offset_seconds: i32::try_from(input.signed()?).ok()?,
        message: input.text()?.to_owned(),
    };
    let (committed, rank) = (input.signed()?, input.signed()?);
    let parents = input.list(Decoder::place)?;
    let changes = input.list(|input| {
        let (path, from, flags) = (input.place()?, input.optional()?, input.number()?);
        let blob = if flags & 2 == 0 { None } else { Some(BlobId::from_bytes(input.array()?)) };
        Some(Touch { path, from, blob, added: flags & 1 != 0, taken: u8::try_from(flags >> 2).ok()? })
    })?;
    Some(LogCommit { info: Arc::new(info), committed, rank, parents, changes })
}

fn encode_page(out: &mut Encoder, path: &PagePath, entry: &PageEntry) {
    out.text(path.as_str());
    out.raw(entry.blob.as_bytes());
    out.text(&entry.name);
    // Most pages have none, which is nothing here.
    out.text(&if entry.category.is_null() { String::new() } else { entry.category.to_string() });
    out.length(entry.tags.len());
    entry.tags.iter().for_each(|tag| out.text(tag));
    out.length(entry.words);
    out.number(entry.size);
    out.length(entry.headings.len());
    for heading in &entry.headings {
        out.number(u64::from(heading.level));
        out.text(&heading.title);
        out.text(&heading.anchor);
        out.length(heading.line);
    }
    out.length(entry.links.len());
    for link in &entry.links {
        out.text(link.target.as_str());
        out.text(link.below.as_ref().map_or("", PagePath::as_str));
        out.number(u64::from(link.wikilink));
    }
    out.length(entry.files_of.len());
    entry.files_of.iter().for_each(|page| out.text(page.as_str()));
}

fn decode_page(input: &mut Decoder<'_>) -> Option<Update> {
    let path = PagePath::parse(input.text()?).ok()?;
    let entry = PageEntry {
        blob: BlobId::from_bytes(input.array()?),
        key: path.fold(),
        name: input.text()?.to_owned(),
        category: match input.text()? {
            "" => Value::Null,
            text => serde_json::from_str(text).ok()?,
        },
        tags: input.list(|input| input.text().map(str::to_owned))?,
        words: input.size()?,
        size: input.number()?,
        headings: input.list(|input| {
            Some(HeadingEntry {
                level: input.byte()?,
                title: input.text()?.to_owned(),
                anchor: input.text()?.to_owned(),
                line: input.size()?,
            })
        })?,
        links: input.list(|input| {
            Some(OutLink {
                target: PagePath::parse(input.text()?).ok()?,
                below: match input.text()? {
                    "" => None,
                    text => Some(PagePath::parse(text).ok()?),
                },
                wikilink: input.flag()?,
            })
        })?,
        files_of: input.list(|input| input.text().map(|text| FoldKey::of_folded(text.to_owned())))?,
        last: None,
    };
    Some(Update::Page(path, Some(entry)))
}

fn decode_attachment(input: &mut Decoder<'_>) -> Option<Update> {
    let path =
        AttachmentPath { page: PagePath::parse(input.text()?).ok()?, name: AttachmentName::parse(input.text()?).ok()? };
    let entry = AttachmentEntry { blob: BlobId::from_bytes(input.array()?), size: input.number()?, last: None };
    Some(Update::Attachment(path, Some(entry)))
}
