//! robotwiki: git-backed Markdown wikis for people and for AI agents, in one binary.
//!
//! `ARCHITECTURE.md` is the map of these modules; each may use only modules below it,
//! which `tests/it/architecture.rs` enforces.

pub mod admin;
pub mod app;
pub mod auth;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod config;
pub mod http;
pub mod jobs;
pub mod markdown;
pub mod model;
pub mod repo;
pub mod search;
pub mod server;
pub mod store;
pub mod telemetry;
pub mod wiki;

pub use robotwiki_embed as embed;
