//! The server's side of `git fetch` and `git clone` over smart HTTP: protocols v0 and v2.
//!
//! Pure: takes a request body, writes an answer. HTTP and permissions are the caller's. Nothing here writes to a repository.

mod negotiate;
mod packet;
mod refs;
mod request;
mod serve;
mod shallow;

pub use serve::{Answer, advertise, serve};

use std::io;

use super::pack;
use request::Refused;

/// The version of git's wire protocol that a client asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    V0,
    V2,
}

impl Protocol {
    /// Takes the value of the header `Git-Protocol` (gitprotocol-http(5)); what is unknown means v0.
    ///
    /// v1 differs from v0 only by a line that a server may leave out.
    #[must_use]
    pub fn from_header(value: Option<&str>) -> Self {
        match value {
            Some(value) if value.split(':').any(|key| key == "version=2") => Self::V2,
            _ => Self::V0,
        }
    }
}

/// Why an answer is incomplete. What the client did wrong is no error: it has been told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("refs cannot be read: {0}")]
    Refs(String),
    #[error(transparent)]
    Pack(#[from] pack::Error),
    /// Mostly: the client went away.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Why work on a request ends early.
enum Stop {
    Refused(Refused),
    Failed(Error),
    /// A pack has begun and cannot be finished.
    Broken(Error),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
