//! Every address the server answers. Here are requests, answers and nothing else: who asks
//! is established from cookies and headers, which wiki is meant from the host, and then a
//! use case in `wiki` or `auth` does the work. `router.rs` is the index.

mod api;
mod authenticate;
mod blocking;
mod body_deadline;
mod dates;
mod error;
pub mod git;
mod mcp;
mod middleware;
mod platform;
mod router;
mod state;
mod tenant;
mod web;

pub use router::router;
pub use state::{AppState, HttpConfig};
