//! The integration tests, in one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test may stop at a surprise

mod api_lists;
mod api_reading;
mod api_writing;
mod architecture;
mod bad_input;
mod command_line;
mod contract;
mod crash;
#[cfg(feature = "model")]
mod embed_command;
mod embedding_crash;
mod embeds;
mod end_to_end;
mod forgetful_disk;
mod forgetful_storage;
mod git_serve;
mod management;
mod openapi;
mod page_kinds;
mod permissions;
mod power_loss;
mod reading;
mod rights;
mod schemathesis;
mod semantic;
mod settings;
mod store_fixture;
mod support;
mod transfer;
mod writing_in_browser;
