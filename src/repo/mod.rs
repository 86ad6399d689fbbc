//! Git storage: bare repositories, objects, commits, history and packs.
//!
//! Content lives only here. No HTTP, no permissions, no derived data.

pub mod import;
mod pack;
pub mod upload_pack;
