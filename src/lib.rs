//! robotwiki: git-backed Markdown wikis for people and for AI agents, in one binary.
//!
//! `ARCHITECTURE.md` is the map of these modules; each may use only modules below it,
//! which `tests/it/architecture.rs` enforces.

pub mod http;
pub mod model;
pub mod repo;
