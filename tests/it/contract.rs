//! The predecessor's contract (reference section 4.1): one test a behaviour that its own tests pinned, against a
//! running server, each on a wiki of its own.
//!
//! Where it showed `test-page` as `Test-Page`, we show it as it is stored: it ran with page names kept in their
//! case, and so do we. Where it had one key for a server, a wiki has tokens.

mod attachments;
mod auth;
mod edits;
mod gone;
mod links;
mod lists;
mod pages;
mod rename;
pub(crate) mod world;
