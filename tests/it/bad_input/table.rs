use serde_json::{Value, json};

use super::row::Shape::{Bare, Html, Json, Tool};
use super::row::Who::{Nobody, Person, Token};
use super::row::{Row, row};
use crate::support::{Request, call_tool, encode_path, encode_query};

/// Names that no page may have, decoded.
const NAMES: &[&str] = &[
    "..",
    "../secret",
    "a/../b",
    "a/../../b",
    "./a",
    ".git/config",
    "a/.git/hooks/post-update",
    ".GIT/config",
    "git~1/config",
    ".g\u{200c}it/config",
    ".hidden",
    "a\u{0}b",
    "a\nb",
    "a\u{1b}[31mb",
    "a\u{7f}b",
    "a\u{202e}b",
    "a\\..\\b",
    "Page.",
    "a./b",
    " a",
    "a /b",
    "%2e%2e/secret",
    "a%2fb",
    "a%00b",
];
/// Texts that are no revision.
const REVISIONS: &[&str] = &[
    "HEAD",
    "HEAD~1",
    "main",
    "refs/heads/main",
    "zzzzzzzz",
    "../../config",
    "--help",
    "-",
    "abc def1",
    "a\u{0}bcdef1",
    "0000000g",
    "é1234567",
    "00000000000000000000000000000000000000000",
    "ffffffffffffffffffffffffffffffffffffffff",
];

/// The page that exists, and what an honest edit of it would carry.
pub(super) struct Fixture {
    pub(super) revision: String,
    pub(super) csrf: String,
    pub(super) origin: String,
    pub(super) domain: String,
}

const MISSING_CONTENT: &str = "Request body must include 'content' field";
pub(super) const PAGE: &str = "/api/v1/pages/Home";

// One row a line: it is a table.
#[rustfmt::skip]
impl Fixture {
    pub(super) fn table(&self) -> Vec<Row> {
        let mut rows = self.names();
        rows.extend(self.revisions());
        rows.extend(self.rest_bodies());
        rows.extend(self.web_bodies());
        rows.extend(self.mcp_bodies());
        rows.extend(self.forgeries());
        rows.extend(self.credentials());
        rows.extend(self.addresses());
        rows
    }

    fn names(&self) -> Vec<Row> {
        let mut names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
        names.push("a".repeat(300));
        names.push("é".repeat(150));
        names.push(vec!["abcdefghi"; 100].join("/"));
        names.push(vec!["a"; 17].join("/"));
        let mut rows = Vec::new();
        let patch = json!({"revision": self.revision, "old_string": "a", "new_string": "b"});
        for name in names {
            let shown = name.chars().take(40).collect::<String>();
            let encoded = encode_path(&name);
            let target = format!("/api/v1/pages/{encoded}");
            let put = Request::new("PUT", &target).json(&json!({"content": "x"}));
            rows.push(row(format!("PUT {shown:?}"), Token, put, &[422], Json, ""));
            rows.push(row(format!("GET {shown:?}"), Token, Request::get(&target), &[422], Json, ""));
            let patch = Request::new("PATCH", &target).json(&patch);
            rows.push(row(format!("PATCH {shown:?}"), Token, patch, &[422], Json, ""));
            let delete = Request::new("DELETE", &target).json(&json!({"revision": self.revision}));
            rows.push(row(format!("DELETE {shown:?}"), Token, delete, &[422], Json, ""));
            let history = Request::get(format!("{target}/history"));
            rows.push(row(format!("history of {shown:?}"), Token, history, &[422], Json, ""));
            let view = Request::get(format!("/{encoded}"));
            rows.push(row(format!("view {shown:?}"), Person, view, &[400, 404, 422], Html, ""));
            let form = Request::get(format!("/{encoded}/edit"));
            rows.push(row(format!("edit form of {shown:?}"), Person, form, &[400, 404, 422], Html, ""));
            let save = self.save(&format!("/{encoded}/edit"), &[("content", "x"), ("base", "")]);
            rows.push(row(format!("save {shown:?}"), Person, save, &[400, 404, 422], Html, ""));
            if name.starts_with(' ') {
                continue; // The tools trim what an agent gives them.
            }
            let write = call_tool("write_note", &json!({"path": name, "content": "x"}));
            rows.push(row(format!("write_note {shown:?}"), Token, write, &[200], Tool, "Invalid request: "));
            let read = call_tool("read_note", &json!({"path": name}));
            rows.push(row(format!("read_note {shown:?}"), Token, read, &[200], Tool, "Invalid request: "));
        }
        // As they come over the wire: dots that a careless client or proxy would resolve, encoded once and twice.
        for raw in ["../x", "a/../../x", "..%2Fx", "%2e%2e/x", "%2E%2E%2Fx", "%252e%252e/x", "%252e%252e%252fx", ".git/x", "%2egit/x"] {
            let put = Request::new("PUT", format!("/api/v1/pages/{raw}")).json(&json!({"content": "x"}));
            rows.push(row(format!("PUT raw {raw}"), Token, put, &[422], Json, ""));
            rows.push(row(format!("view raw {raw}"), Person, Request::get(format!("/{raw}")), &[400, 404, 422], Html, ""));
        }
        for raw in ["%FF%FE", "a%C3", "%", "a%zz"] {
            let put = Request::new("PUT", format!("/api/v1/pages/{raw}")).json(&json!({"content": 5}));
            rows.push(row(format!("PUT raw {raw}"), Token, put, &[400, 422], Json, ""));
            rows.push(row(format!("view raw {raw}"), Person, Request::get(format!("/{raw}")), &[400, 404, 422], Html, ""));
        }
        for reserved in ["Home/edit", "a/history", "a/b/Attachments", "-", "-/index", "mcp", "api/v1/pages"] {
            let put = Request::new("PUT", format!("/api/v1/pages/{reserved}")).json(&json!({"content": "x"}));
            rows.push(row(format!("PUT reserved {reserved}"), Token, put, &[405, 422], Json, ""));
            let write = call_tool("write_note", &json!({"path": reserved, "content": "x"}));
            rows.push(row(format!("write_note reserved {reserved}"), Token, write, &[200], Tool, "Invalid request: "));
        }
        rows
    }

    fn revisions(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for revision in REVISIONS {
            let encoded = encode_query(revision);
            let read = Request::get(format!("{PAGE}?revision={encoded}"));
            rows.push(row(format!("GET at {revision:?}"), Token, read, &[404, 422], Json, ""));
            let put = Request::new("PUT", PAGE).json(&json!({"content": "x", "revision": revision}));
            rows.push(row(format!("PUT on {revision:?}"), Token, put, &[409, 422], Json, "evision"));
            let body = json!({"revision": revision, "old_string": "a", "new_string": "b"});
            let patch = Request::new("PATCH", PAGE).json(&body);
            rows.push(row(format!("PATCH on {revision:?}"), Token, patch, &[409, 422], Json, "evision"));
            let delete = Request::new("DELETE", PAGE).json(&json!({"revision": revision}));
            rows.push(row(format!("DELETE on {revision:?}"), Token, delete, &[409, 422], Json, "evision"));
            let view = Request::get(format!("/Home?revision={encoded}"));
            rows.push(row(format!("view at {revision:?}"), Person, view, &[400, 404, 422], Html, ""));
            let save = self.save("/Home/edit", &[("content", "x"), ("base", revision)]);
            rows.push(row(format!("save on {revision:?}"), Person, save, &[400, 409, 422], Html, ""));
            let read = call_tool("read_note", &json!({"path": "Home", "revision": revision}));
            rows.push(row(format!("read_note at {revision:?}"), Token, read, &[200], Tool, ""));
            let write = call_tool("write_note", &json!({"path": "Home", "content": "x", "revision": revision}));
            rows.push(row(format!("write_note on {revision:?}"), Token, write, &[200], Tool, ""));
        }
        rows
    }

    fn rest_bodies(&self) -> Vec<Row> {
        let put = || Request::new("PUT", "/api/v1/pages/New");
        let patch = |body: Value| Request::new("PATCH", PAGE).json(&body);
        let large = "x".repeat(1_000_001);
        let revision = &self.revision;
        vec![
            row("no body", Token, put(), &[422], Json, MISSING_CONTENT),
            row("not JSON", Token, put().body("application/json", "content=x"), &[422], Json, MISSING_CONTENT),
            row("half a JSON", Token, put().body("application/json", "{\"content\": \"x"), &[422], Json, MISSING_CONTENT),
            row("not UTF-8", Token, put().body("application/json", b"{\"content\": \"\xff\"}"), &[422], Json, MISSING_CONTENT),
            row("very deep", Token, put().body("application/json", "[".repeat(200_000)), &[422], Json, MISSING_CONTENT),
            row("an array", Token, put().json(&json!(["content"])), &[422], Json, MISSING_CONTENT),
            row("a text", Token, put().json(&json!("content")), &[422], Json, MISSING_CONTENT),
            row("an empty object", Token, put().json(&json!({})), &[422], Json, MISSING_CONTENT),
            row("content a number", Token, put().json(&json!({"content": 5})), &[422], Json, "content"),
            row("content null", Token, put().json(&json!({"content": null})), &[422], Json, "content"),
            row("content a list", Token, put().json(&json!({"content": ["x"]})), &[422], Json, "content"),
            row("revision a number", Token, Request::new("PUT", PAGE).json(&json!({"content": "x", "revision": 12_345_678})), &[422], Json, "revision"),
            row("message a number", Token, put().json(&json!({"content": "x", "commit_message": 5})), &[422], Json, "commit_message"),
            row("a form", Token, put().form(&[("content", "x")]), &[415, 422], Json, ""),
            row("a page too large", Token, put().json(&json!({"content": large})), &[413], Json, ""),
            row("a body too large", Token, put().json(&json!({"content": "x".repeat(8 << 20)})), &[413], Json, ""),
            row("update without revision", Token, Request::new("PUT", PAGE).json(&json!({"content": "x"})), &[409], Json, "Revision required when updating an existing page."),
            row("update on a short revision", Token, Request::new("PUT", PAGE).json(&json!({"content": "x", "revision": "abc"})), &[422], Json, "revision must be at least 7 characters"),
            row("an edit without body", Token, Request::new("PATCH", PAGE), &[422], Json, "Request body is required"),
            row("an edit of nothing", Token, patch(json!({})), &[422], Json, "Request body is required"),
            row("an edit without revision", Token, patch(json!({"old_string": "a"})), &[422], Json, "Missing required field: revision"),
            row("an edit without old", Token, patch(json!({"revision": revision})), &[422], Json, "Missing required field: old_string"),
            row("an edit without new", Token, patch(json!({"revision": revision, "old_string": "a"})), &[422], Json, "Missing required field: new_string"),
            row("an edit of an empty string", Token, patch(json!({"revision": revision, "old_string": "", "new_string": "b"})), &[422], Json, "old_string must not be empty"),
            row("an edit that changes nothing", Token, patch(json!({"revision": revision, "old_string": "a", "new_string": "a"})), &[422], Json, "old_string and new_string are identical"),
            row("an edit of what is not there", Token, patch(json!({"revision": revision, "old_string": "qabsent7", "new_string": "b"})), &[422], Json, "old_string not found in page content"),
            row("an ambiguous edit", Token, patch(json!({"revision": revision, "old_string": "twice", "new_string": "b"})), &[422], Json, "old_string is ambiguous: found 2 occurrences."),
            row("an edit with a number", Token, patch(json!({"revision": revision, "old_string": 5, "new_string": "b"})), &[422], Json, "old_string"),
            row("an edit that makes it too large", Token, patch(json!({"revision": revision, "old_string": "qonce7", "new_string": large})), &[413], Json, ""),
            row("a search for nothing", Token, Request::get("/api/v1/search?q="), &[422], Json, "Query parameter 'q' is required"),
            row("a search without query", Token, Request::get("/api/v1/search"), &[422], Json, "Query parameter 'q' is required"),
            row("a date that is none", Token, Request::get("/api/v1/pages?updated_since=yesterday"), &[422], Json, "Invalid updated_since format. Use ISO 8601."),
        ]
    }

    fn web_bodies(&self) -> Vec<Row> {
        let base = self.revision.as_str();
        let large = "x".repeat(1_000_001);
        let raw = |content_type: &str, bytes: &[u8]| {
            Request::new("POST", "/Home/edit").header("Origin", &self.origin).body(content_type, bytes)
        };
        let form = "application/x-www-form-urlencoded";
        vec![
            row("a form without content", Person, self.save("/Home/edit", &[("base", base)]), &[400, 422], Html, ""),
            row("a form on no base", Person, self.save("/Home/edit", &[("content", "x"), ("base", "")]), &[409], Html, ""),
            row("a form too large", Person, self.save("/Home/edit", &[("content", &large), ("base", base)]), &[413], Html, ""),
            row("a form far too large", Person, self.save("/Home/edit", &[("content", &"x".repeat(8 << 20)), ("base", base)]), &[413], Html, ""),
            row("an empty form", Person, raw(form, b""), &[400, 403, 422], Html, ""),
            row("a form that is not UTF-8", Person, raw(form, b"content=%FF%FE&csrf=%FF"), &[400, 403, 422], Html, ""),
            row("JSON for a form", Person, raw("application/json", b"{\"content\": \"x\"}"), &[400, 403, 415, 422], Html, ""),
            row("a form in parts", Person, raw("multipart/form-data; boundary=x", b"--x--"), &[400, 403, 415, 422], Html, ""),
        ]
    }

    fn mcp_bodies(&self) -> Vec<Row> {
        let post = |bytes: &[u8]| Request::new("POST", "/mcp").header("Accept", "application/json, text/event-stream").body("application/json", bytes);
        let message = |method: &str, params: Value| {
            post(json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string().as_bytes())
        };
        let large = "x".repeat(1_000_001);
        vec![
            row("MCP: no body", Token, post(b""), &[400, 415, 422], Tool, ""),
            row("MCP: not JSON", Token, post(b"hello"), &[400, 415, 422], Tool, ""),
            row("MCP: not UTF-8", Token, post(b"\"\xff\""), &[400, 415, 422], Tool, ""),
            row("MCP: very deep", Token, post("[".repeat(200_000).as_bytes()), &[400, 415, 422], Tool, ""),
            row("MCP: not JSON-RPC", Token, post(b"{\"a\": 1}"), &[400, 415, 422], Tool, ""),
            row("MCP: too large", Token, post("x".repeat(8 << 20).as_bytes()), &[413], Tool, ""),
            row("MCP: not declared JSON", Token, call_tool("list_notes", &json!({})).header("Content-Type", "text/plain"), &[400, 415, 200], Bare, ""),
            row("MCP: no such method", Token, message("tools/explode", json!({})), &[200, 400, 404], Tool, ""),
            row("MCP: no such tool", Token, call_tool("explode", &json!({})), &[200, 400, 404], Tool, ""),
            row("MCP: arguments a list", Token, call_tool("write_note", &json!(["Home"])), &[200, 400, 422], Tool, ""),
            row("MCP: a path that is a list", Token, call_tool("write_note", &json!({"path": ["New"], "content": "x"})), &[200, 400], Tool, ""),
            row("MCP: no content", Token, call_tool("write_note", &json!({"path": "New"})), &[200, 400], Tool, ""),
            row("MCP: content a list", Token, call_tool("write_note", &json!({"path": "New", "content": ["x"]})), &[200, 400], Tool, ""),
            row("MCP: a page too large", Token, call_tool("write_note", &json!({"path": "New", "content": large})), &[200], Tool, "1000000"),
            row("MCP: over what exists", Token, call_tool("write_note", &json!({"path": "Home", "content": "x"})), &[200], Tool, "Conflict: "),
            row("MCP: a GET", Token, Request::get("/mcp").header("Accept", "text/event-stream"), &[405], Bare, ""),
            row("MCP: a DELETE", Token, Request::new("DELETE", "/mcp"), &[405], Bare, ""),
        ]
    }

    /// Saves that some other site makes the person's browser send.
    fn forgeries(&self) -> Vec<Row> {
        let fields = |csrf: &'static str| vec![("content", "forged"), ("base", self.revision.as_str()), ("csrf", csrf)];
        let post = || Request::new("POST", "/Home/edit");
        let mut own = fields("");
        own[2].1 = &self.csrf;
        let without: Vec<_> = own.iter().copied().filter(|(name, _)| *name != "csrf").collect();
        let elsewhere = self.origin.replace("docs.", "elsewhere.");
        vec![
            row("no csrf", Person, post().header("Origin", &self.origin).form(&without), &[403], Html, ""),
            row("an empty csrf", Person, post().header("Origin", &self.origin).form(&fields("")), &[403], Html, ""),
            row("another csrf", Person, post().header("Origin", &self.origin).form(&fields("AAAAAAAAAAAAAAAAAAAAAA")), &[403], Html, ""),
            row("another origin", Person, post().header("Origin", "http://evil.example").form(&own), &[403], Html, ""),
            row("a neighbour's origin", Person, post().header("Origin", elsewhere).form(&own), &[403], Html, ""),
            row("origin null", Person, post().header("Origin", "null").form(&own), &[403], Html, ""),
            row("cross-site", Person, post().header("Origin", "http://evil.example").header("Sec-Fetch-Site", "cross-site").form(&own), &[403], Html, ""),
            row("no session", Nobody, post().header("Origin", &self.origin).form(&own), &[303, 401, 403, 404], Bare, ""),
            row("a made-up session", Nobody, post().header("Origin", &self.origin).header("Cookie", "session=eyJhbGciOiJub25lIn0.e30.; rw_session=eyJhbGciOiJub25lIn0.e30.").form(&own), &[303, 401, 403, 404], Bare, ""),
            row("REST with a session", Person, Request::new("PUT", "/api/v1/pages/New").json(&json!({"content": "forged"})), &[401], Json, ""),
            row("MCP with a session", Person, call_tool("write_note", &json!({"path": "New", "content": "forged"})), &[401], Bare, ""),
            row("MCP from another site", Token, call_tool("write_note", &json!({"path": "New", "content": "forged"})).header("Origin", "http://evil.example"), &[403], Bare, ""),
        ]
    }

    fn credentials(&self) -> Vec<Row> {
        let get = || Request::get(PAGE);
        let unknown = format!("rw_{}", "A".repeat(43));
        let missing = "Missing or invalid Authorization header";
        vec![
            row("no token", Nobody, get(), &[401], Json, missing),
            row("Basic for REST", Nobody, get().header("Authorization", "Basic Z2l0Ong="), &[401], Json, missing),
            row("an empty token", Nobody, get().header("Authorization", "Bearer "), &[401], Json, ""),
            row("an unknown token", Nobody, get().bearer(&unknown), &[401], Json, "Invalid API key"),
            row("a token that is none", Nobody, get().bearer("x"), &[401], Json, "Invalid API key"),
            row("a token with umlauts", Nobody, get().bearer("rw_ü"), &[400, 401], Json, ""),
            row("a long token", Nobody, get().bearer(&"A".repeat(8_000)), &[401], Json, "Invalid API key"),
            row("no token, write", Nobody, Request::new("PUT", "/api/v1/pages/New").json(&json!({"content": "x"})), &[401], Json, missing),
            row("no token for MCP", Nobody, call_tool("list_notes", &json!({})), &[401], Bare, ""),
            row("an unknown token for MCP", Nobody, call_tool("list_notes", &json!({})).bearer(&unknown), &[401], Bare, ""),
            row("an unknown token for git", Nobody, Request::get("/repo.git/info/refs?service=git-upload-pack").header("Authorization", "Basic Z2l0OnJ3X0FB"), &[401], Bare, ""),
            row("a credential that is no base64", Nobody, Request::get("/repo.git/info/refs?service=git-upload-pack").header("Authorization", "Basic !!!"), &[401], Bare, ""),
        ]
    }

    /// Hosts, methods and addresses that are not there, and headers past all measure.
    fn addresses(&self) -> Vec<Row> {
        let home = || Request::get("/Home");
        let port = self.domain.rsplit(':').next().unwrap();
        vec![
            row("an unknown page", Token, Request::get("/api/v1/pages/No%20such"), &[404], Json, "Page not found: No such"),
            row("an unknown page's history", Token, Request::get("/api/v1/pages/Nope/history"), &[404], Json, "Page not found: Nope"),
            row("delete an unknown page", Token, Request::new("DELETE", "/api/v1/pages/Nope").json(&json!({"revision": self.revision})), &[404], Json, "Page not found: Nope"),
            row("an unknown page in the browser", Person, Request::get("/Nope"), &[404], Html, "Nope"),
            row("an unknown API path", Token, Request::get("/api/v1/nothing"), &[404], Json, ""),
            row("an unknown API version", Token, Request::get("/api/v9/pages"), &[404], Json, ""),
            row("an unknown address of ours", Person, Request::get("/-/nothing"), &[404], Html, ""),
            row("an unknown asset", Nobody, Request::get("/static/../../robotwiki.redb"), &[400, 401, 404], Bare, ""),
            row("POST to a page of REST", Token, Request::new("POST", PAGE).json(&json!({"content": "x"})), &[405], Json, ""),
            row("PUT to the list", Token, Request::new("PUT", "/api/v1/pages").json(&json!({"content": "x"})), &[405], Json, ""),
            row("DELETE of the search", Token, Request::new("DELETE", "/api/v1/search?q=x"), &[405], Json, ""),
            row("a method of one's own", Token, Request::new("BREW", PAGE), &[405], Json, ""),
            row("DELETE of a page in the browser", Person, Request::new("DELETE", "/Home").header("Origin", &self.origin), &[405], Bare, ""),
            row("POST to the index", Person, self.save("/-/index", &[]), &[405], Bare, ""),
            row("git: no such service", Token, Request::get("/repo.git/info/refs?service=git-archive"), &[400, 403, 404], Bare, ""),
            row("git: another file", Token, Request::get("/repo.git/config"), &[400, 401, 403, 404], Bare, ""),
            row("git: a request that is none", Token, Request::new("POST", "/repo.git/git-upload-pack").body("application/x-git-upload-pack-request", "zzzz"), &[200, 400, 401, 422], Bare, ""),
            row("an unknown wiki", Nobody, home().header("Host", format!("nowhere.{}", self.domain)), &[404], Bare, ""),
            row("an unknown wiki's API", Token, Request::get(PAGE).header("Host", format!("nowhere.{}", self.domain)), &[404], Json, ""),
            row("another domain", Nobody, home().header("Host", "evil.example"), &[400, 404, 421], Bare, ""),
            row("a wiki of a wiki", Nobody, home().header("Host", format!("a.docs.{}", self.domain)), &[400, 404, 421], Bare, ""),
            row("a host with a path", Nobody, home().header("Host", format!("docs.{}/..", self.domain)), &[400, 404, 421], Bare, ""),
            row("a host with a user", Nobody, home().header("Host", format!("docs.{}@evil.example", self.domain)), &[400, 404, 421], Bare, ""),
            row("a host of dots", Nobody, home().header("Host", format!("...localhost:{port}")), &[400, 404, 421], Bare, ""),
            row("a host with a space", Nobody, home().header("Host", "docs localhost"), &[400, 404, 421], Bare, ""),
            row("an empty host", Nobody, home().header("Host", ""), &[400, 404, 421], Bare, ""),
            row("two hosts", Nobody, home().header("Host", format!("docs.{}", self.domain)).header("Host", "evil.example"), &[400, 404, 421], Bare, ""),
            row("a header too large", Token, Request::get(PAGE).header("X-Large", "x".repeat(1 << 20)), &[400, 431], Bare, ""),
            row("too many headers", Token, (0..400).fold(Request::get(PAGE), |r, i| r.header(&format!("X-{i}"), "x")), &[400, 431], Bare, ""),
            row("an address too long", Token, Request::get(format!("/{}", "a".repeat(70_000))), &[400, 404, 414, 431], Bare, ""),
        ]
    }

    /// A form as the edit page sends it.
    pub(super) fn save(&self, target: &str, fields: &[(&str, &str)]) -> Request {
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", self.csrf.as_str()), ("message", "")]).collect();
        Request::new("POST", target).header("Origin", &self.origin).form(&fields)
    }
}
