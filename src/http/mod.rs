//! Every address the server answers. Here are requests, answers and nothing else: who asks
//! is established from cookies and headers, which wiki is meant from the host, and then a
//! use case in `wiki` or `auth` does the work. `router.rs` is the index.

mod api;
mod authenticate;
mod blocking;
mod body_deadline;
mod channel_body;
mod conditional;
mod dates;
mod error;
mod feed;
mod file_answer;
pub mod git;
mod manage;
mod mcp;
mod middleware;
mod openapi;
mod platform;
mod router;
mod sink;
mod state;
mod tenant;
mod web;

pub use feed::Stopping;
pub use router::router;
pub use state::{AppState, HttpConfig};
