use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Reply, World};

/// Posts a message as a client of 2026-07-28 does: everything in headers and `_meta`.
async fn modern(world: &World, method: &str, name: Option<&str>, mut params: Value) -> Reply {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    });
    let message = json!({"jsonrpc": "2.0", "id": "a", "method": method, "params": params}).to_string();
    let authorization = format!("Bearer {}", world.reader);
    let mut headers = vec![
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
        ("authorization", authorization.as_str()),
    ];
    headers.extend(name.map(|name| ("mcp-name", name)));
    world.send(Method::POST, &headers, message).await
}

#[tokio::test]
async fn every_handshake_version_is_agreed_to() {
    let world = World::new(true);
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}
        }});
        let headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        let reply = world.send(Method::POST, &headers, message.to_string()).await;
        assert_eq!(reply.status, StatusCode::OK);
        let result = &reply.body["result"];
        assert_eq!(result["protocolVersion"], json!(version));
        assert_eq!(result["serverInfo"]["name"], json!("robotwiki"));
        assert_eq!(result["serverInfo"]["version"], json!(env!("CARGO_PKG_VERSION")));
        assert!(result["capabilities"]["tools"].is_object());
        assert!(result["instructions"].as_str().unwrap().contains("\"Garden\""));
        assert!(reply.headers.get("mcp-session-id").is_none());

        let done = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(world.post(None, &done).await.status, StatusCode::ACCEPTED);
    }
}

#[tokio::test]
async fn a_client_without_handshake_discovers_lists_and_calls() {
    let world = World::new(false);
    let discovered = modern(&world, "server/discover", None, json!({})).await;
    assert_eq!(discovered.status, StatusCode::OK, "{}", discovered.body);
    let result = &discovered.body["result"];
    assert!(result["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")));
    assert!(result["instructions"].as_str().unwrap().contains("You may only read"));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], json!("robotwiki"));

    let tools = modern(&world, "tools/list", None, json!({})).await;
    assert_eq!(tools.body["result"]["cacheScope"], json!("public"));
    assert_eq!(tools.body["result"]["resultType"], json!("complete"));
    assert!(tools.body["result"]["ttlMs"].as_u64().unwrap() > 0);

    let read =
        modern(&world, "tools/call", Some("read_note"), json!({"name": "read_note", "arguments": {"path": "Home"}}));
    let read = read.await;
    assert_eq!(read.status, StatusCode::OK);
    assert_eq!(read.body["result"]["resultType"], json!("complete"));
    assert!(read.text().contains("\nPath: Home\n"), "{}", read.text());

    let lying =
        modern(&world, "tools/call", Some("write_note"), json!({"name": "read_note", "arguments": {"path": "Home"}}));
    let lying = lying.await;
    assert_eq!((lying.status, &lying.body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!(-32020)));
    let unknown = modern(&world, "no/such", None, json!({})).await;
    assert_eq!((unknown.status, &unknown.body["error"]["code"]), (StatusCode::NOT_FOUND, &json!(-32601)));
}

#[tokio::test]
async fn tools_that_demand_nothing_can_be_called_without_arguments() {
    let world = World::new(true);
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_notes"}});
    assert!(world.post(None, &message).await.text().starts_with("Found "));
}

#[tokio::test]
async fn an_unknown_tool_is_an_error_of_the_protocol_and_bad_arguments_of_the_tool() {
    let world = World::new(true);
    let unknown = world.call("delete_everything", json!({})).await;
    assert_eq!(unknown.body["error"]["code"], json!(-32602));
    let wrong = world.call("read_note", json!({"path": "Home", "colour": "red"})).await;
    assert!(wrong.is_error() && wrong.text().starts_with("Invalid request: unknown field `colour`"));
    assert!(wrong.structured().is_null());
}

/// What is announced to every client: a change here is a change of the interface.
#[tokio::test]
async fn the_list_of_tools_is_as_published() {
    let world = World::new(true);
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let reply = world.post(None, &list).await;
    let again = world.post(Some(&world.writer), &list).await;
    assert_eq!(reply.body, again.body);
    let tools = reply.body["result"]["tools"].as_array().unwrap();
    for tool in tools {
        assert_eq!(tool["inputSchema"]["additionalProperties"], json!(false), "{}", tool["name"]);
        assert_eq!(tool["annotations"].as_object().unwrap().len(), 4, "{}", tool["name"]);
        assert!(tool["title"].is_string() && tool["description"].is_string());
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(tools).unwrap());
}
