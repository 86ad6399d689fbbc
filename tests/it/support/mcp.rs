use serde_json::{Value, json};

use super::http::{Request, Response};

/// What a tool answered.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) status: u16,
    /// The text blocks, joined; or the message of a JSON-RPC error.
    pub(crate) text: String,
    /// A tool error or a JSON-RPC error.
    pub(crate) failed: bool,
}

/// A `tools/call` request as a client of the 2025-11-25 revision sends it to a stateless server.
pub(crate) fn call_tool(name: &str, arguments: &Value) -> Request {
    let message =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
    Request::new("POST", "/mcp")
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2025-11-25")
        .json(&message)
}

impl Called {
    pub(crate) fn from_response(response: &Response) -> Self {
        let status = response.status;
        let text = response.text();
        let is_stream = response.header("content-type").is_some_and(|t| t.starts_with("text/event-stream"));
        let message = if is_stream {
            // The answer is the last event.
            text.lines().rev().filter_map(|line| line.strip_prefix("data:")).find_map(|d| serde_json::from_str(d).ok())
        } else {
            serde_json::from_str(&text).ok()
        };
        let Some(message): Option<Value> = message else {
            return Self { status, text, failed: true };
        };
        if let Some(error) = message.get("error") {
            let text = error["message"].as_str().map_or_else(|| error.to_string(), str::to_owned);
            return Self { status, text, failed: true };
        }
        let result = &message["result"];
        let blocks = result["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n");
        Self { status, text, failed: result["isError"] == true || status != 200 }
    }
}
