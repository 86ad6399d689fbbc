//! What the tests of the whole product share: a server as a child process, an HTTP client that sends exactly
//! what it is told, a browser's cookies and forms, a generated git repository, real clients on Node.
//! Nothing here uses the library: these tests see the product as its users do.
//!
//! Settings: `ROBOTWIKI_TEST_BINARY` puts another binary to the tests, `ROBOTWIKI_SEED` repeats what a run decided,
//! `ROBOTWIKI_CRASH_ROUNDS` sets how often the crash test kills, `ROBOTWIKI_CHROMIUM` is the browser, and
//! `ROBOTWIKI_KEEP` leaves the data directory of a failed test where it is.

mod browser;
mod command;
mod http;
mod mcp;
mod node;
mod random;
mod server;
mod source;

pub(crate) use browser::{Form, Visitor};
pub(crate) use command::{git_ok, run};
pub(crate) use http::{Request, Response, encode_path, encode_query};
pub(crate) use mcp::{Called, call_tool};
pub(crate) use node::Node;
pub(crate) use random::Random;
pub(crate) use server::{DataDir, Server, program};
pub(crate) use source::{Source, SourcePage};
