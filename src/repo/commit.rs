use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::objs::{CommitRef, Kind};

use super::error::Error;
use super::objects::NewObject;
use crate::model::{Author, Revision, UnixSeconds};

/// The last second that every git prints with four digits for the year.
const LATEST: UnixSeconds = 253_402_300_799;

/// Longest author and longest message that is handed on from a commit, in bytes: what a
/// pushed commit holds is not ours to trust.
const MAX_IDENTITY: usize = 1024;
const MAX_MESSAGE: usize = 64 * 1024;

/// Who commits, when and why.
#[derive(Clone, Debug)]
pub struct CommitMeta {
    pub author: Author,
    pub committer: Author,
    /// May be empty. NUL is dropped and the end is trimmed to one line feed.
    pub message: String,
    /// Recorded with offset +0000, between 1970 and 9999.
    pub time: UnixSeconds,
}

/// What a commit says about itself. Text that is not UTF-8 has replacement characters,
/// and is cut where it is absurdly long.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommitInfo {
    pub revision: Revision,
    pub author: String,
    pub email: String,
    /// When the author wrote it, which need not be when it was committed.
    pub time: UnixSeconds,
    /// East of UTC, as the author's clock was set.
    pub offset_seconds: i32,
    /// Without trailing white space.
    pub message: String,
}

/// Builds a commit object that `git fsck --strict` accepts whatever the texts are.
pub(super) fn build(tree: ObjectId, parent: Option<ObjectId>, meta: &CommitMeta) -> Result<NewObject<'static>, Error> {
    let parent = parent.map(|id| format!("parent {id}\n")).unwrap_or_default();
    let author = identity(&meta.author);
    let committer = identity(&meta.committer);
    let time = meta.time.clamp(0, LATEST);
    let message: String = meta.message.chars().filter(|c| *c != '\0').collect();
    let message = message.trim_end();
    let line_feed = if message.is_empty() { "" } else { "\n" };
    let text = format!(
        "tree {tree}\n{parent}author {author} {time} +0000\ncommitter {committer} {time} +0000\n\n{message}{line_feed}"
    );
    NewObject::new(Kind::Commit, text.into_bytes())
}

/// `Name <email>`. What delimits the fields is dropped, and the characters that git drops
/// from the ends of a name when it writes one itself.
fn identity(author: &Author) -> String {
    let clean = |text: &str| -> String {
        let kept: String = text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect();
        kept.trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | ':' | ';' | '"' | '\\' | '\''))
            .to_owned()
    };
    let name = clean(author.name.as_str());
    let email = clean(&author.email);
    let name = if name.is_empty() { "unknown" } else { &name };
    format!("{name} <{email}>")
}

/// Reads a commit's own words; a commit that breaks the format has none.
pub(super) fn info(id: ObjectId, data: &[u8]) -> CommitInfo {
    let mut info = CommitInfo {
        revision: super::revision(id),
        author: String::new(),
        email: String::new(),
        time: 0,
        offset_seconds: 0,
        message: String::new(),
    };
    let Ok(commit) = CommitRef::from_bytes(data, id.kind()) else { return info };
    info.message = text(commit.message, MAX_MESSAGE);
    if let Ok(author) = commit.author() {
        info.author = text(author.name, MAX_IDENTITY);
        info.email = text(author.email, MAX_IDENTITY);
        info.time = author.seconds();
        info.offset_seconds = author.time().map(|time| time.offset).unwrap_or_default();
    }
    info
}

fn text(bytes: &BStr, most: usize) -> String {
    let bytes = bytes.get(..most).map_or(bytes, ByteSlice::as_bstr);
    let mut text = bytes.to_str_lossy().into_owned();
    text.truncate(text.trim_end().len());
    let leading = text.len() - text.trim_start_matches([' ', '\n', '\r', '\t']).len();
    text.drain(..leading);
    text
}
