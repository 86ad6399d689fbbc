//! The MCP endpoint `/mcp` of a wiki: its tools for agents, over Streamable HTTP without
//! sessions, for clients with the `initialize` handshake and for those without (2026-07-28).
//! No rule about pages lives here.

mod answer;
mod arguments;
mod endpoint;
mod failure;
mod gate;
mod instructions;
mod sections;
mod server;
mod tools;

#[cfg(test)]
mod tests;

pub(super) use endpoint::routes;
