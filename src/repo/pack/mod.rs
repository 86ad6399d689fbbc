//! Choosing objects and writing them as a pack: for serving fetches and for importing.
//!
//! `walk` selects commits, `trees` the objects they introduce, `existing` knows the packs on
//! disk, `write` produces the stream and `index` its `.idx`. No network, no refs, no protocol.

mod existing;
mod index;
mod trees;
mod walk;
mod write;

pub(in crate::repo) use existing::{Closed, Packs, tips_path};
pub(in crate::repo) use index::{IndexEntry, write_index};
pub(in crate::repo) use trees::{Entry, Plan, collect, compare, entries};
pub(in crate::repo) use walk::{Node, Range, SentCommit, load_commit, reaches_all, select};
pub(in crate::repo) use write::{Options, write_objects, write_pack};

use gix::ObjectId;

/// Why a pack could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("object {0} is missing")]
    Missing(ObjectId),
    #[error("object {id} cannot be read: {reason}")]
    Unreadable { id: ObjectId, reason: String },
    #[error("the pack {path} cannot be read: {reason}")]
    Pack { path: String, reason: String },
    #[error("more than {0} objects")]
    TooMany(u32),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Called every few objects with the number done so far; an error ends the work.
pub(in crate::repo) type Tick<'a> = &'a mut dyn FnMut(usize) -> std::io::Result<()>;

/// Reads an object whole, telling an absent one from a damaged one.
pub(in crate::repo) fn read(repo: &gix::Repository, id: ObjectId) -> Result<(gix::object::Kind, Vec<u8>), Error> {
    match repo.try_find_object(id) {
        Ok(Some(object)) => {
            let object = object.detach();
            Ok((object.kind, object.data))
        }
        Ok(None) => Err(Error::Missing(id)),
        Err(error) => Err(Error::Unreadable { id, reason: error.to_string() }),
    }
}
