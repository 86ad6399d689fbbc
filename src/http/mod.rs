//! Every address the server answers.

pub(crate) mod mcp;
pub(crate) mod web;
