//! What the operator of the machine can ask for: the verbs of the command line as values.
//!
//! They travel over the control socket to a running server, or are run in place when none
//! runs; [`run`] is the same. Printing and parsing arguments belong to `cli`.

mod doctor;
mod import;
mod reindex;
mod request;
mod run;
mod talk;
mod wire;

pub use doctor::{Finding, Health};
pub use request::{Answer, NewFromImport, Person, Reindexed, Request, Token, WikiInfo};
pub use run::{Parts, run};
pub use talk::{Talk, Unheard};
pub use wire::{Failure, Message, Reader, write_message};
