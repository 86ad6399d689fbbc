//! Every route of the product, read from the code: the routers' sources, the names of a page's verbs, and what the
//! running server says of its API and its tools.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

/// Where the routes that a function makes are mounted: its file below `src/http`, its name, the host, what comes
/// before its paths.
const MOUNTS: &[(&str, &str, &str, &[&str])] = &[
    ("api/mod.rs", "routes", "wiki", &["/api/v1"]),
    ("manage/mod.rs", "routes", "platform", &["/api"]),
    ("mcp/endpoint.rs", "routes", "wiki", &[""]),
    ("router.rs", "by_host", "wiki", &[""]),
    ("router.rs", "by_host", "platform", &[""]),
    ("router.rs", "repository_routes", "wiki", &["/repo.git", "/.git"]),
    ("router.rs", "wiki_router", "wiki", &[""]),
    ("web/settings/mod.rs", "routes", "wiki", &[""]),
    ("web/mod.rs", "platform_routes", "platform", &[""]),
    ("web/mod.rs", "wiki_routes", "wiki", &[""]),
];
const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "any"];

/// `HOST METHOD PATH`, as the table writes it; `ANY` where the code takes every method.
pub(super) type Route = String;

/// All routes. `of_wiki` and `of_platform` are the descriptions of the API, `tools` the names of the MCP tools.
pub(super) fn all(of_wiki: &Value, of_platform: &Value, tools: &[String]) -> BTreeSet<Route> {
    let mut routes = BTreeSet::new();
    for found in in_sources() {
        match found.as_str() {
            // What is behind these is decided by the path's last parts.
            "wiki GET /{path}" => routes.extend(of_pages("GET")),
            "wiki POST /{path}" => routes.extend(of_pages("POST")),
            "wiki ANY /api/v1/pages/{path}" | "wiki GET /api/v1/files/{path}" | "wiki PUT /api/v1/files/{path}" => {}
            _ => drop(routes.insert(found)),
        }
    }
    for (host, description) in [("wiki", of_wiki), ("platform", of_platform)] {
        let base = description["servers"][0]["url"].as_str().unwrap();
        for (path, operations) in description["paths"].as_object().unwrap() {
            let methods = operations.as_object().unwrap().keys();
            routes.extend(methods.map(|method| format!("{host} {} {base}{path}", method.to_uppercase())));
        }
    }
    for word in verbs_of_the_api() {
        let described = routes.iter().any(|route| route.split('/').any(|part| part == word));
        assert!(described, "`/api/v1/pages/{{path}}/{word}` is in the code and not in the description of the API");
    }
    routes.extend(tools.iter().map(|tool| format!("wiki TOOL {tool}")));
    routes
}

/// `/{page}` and what may stand behind it.
fn of_pages(method: &str) -> Vec<Route> {
    let source = source("web/page_view.rs");
    let table = source.split_once("const VERBS").expect("page_view.rs has the verbs").1;
    let verbs = strings(table.split("];").next().unwrap());
    assert!(verbs.len() >= 10, "{verbs:?}");
    let mut routes = vec![format!("wiki {method} /{{page}}")];
    routes.extend(verbs.iter().map(|verb| format!("wiki {method} /{{page}}/{verb}")));
    if method == "GET" {
        routes.push("wiki GET /{page}/{file}".to_owned());
    }
    routes
}

/// What follows a page's path in the API.
fn verbs_of_the_api() -> Vec<String> {
    let (reading, writing) = (source("api/request.rs"), source("api/revising.rs"));
    let of_reading = reading.lines().filter(|line| line.trim_start().starts_with("[page @ .., "));
    let of_writing = writing.lines().filter(|line| line.trim_start().starts_with("(&Method::"));
    let verbs: Vec<String> = of_reading.chain(of_writing).flat_map(strings).collect();
    assert!(verbs.len() >= 12, "{verbs:?}");
    verbs
}

/// The calls of `.route` and `.route_service`, and the path that is looked at before any router.
fn in_sources() -> BTreeSet<Route> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let mut files = vec![root.clone()];
    let mut routes = BTreeSet::new();
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
            if !name.contains("tests") {
                routes.extend(in_source(name, text));
            }
        }
    }
    assert!(routes.len() > 70, "{routes:?}");
    routes
}

fn in_source(file: &str, text: &str) -> Vec<Route> {
    let mut routes = Vec::new();
    for call in [".route(", ".route_service(", ".path() == \""] {
        for (at, _) in text.match_indices(call) {
            let function = text[..at].rsplit("fn ").next().unwrap_or_default();
            let function = function.split(['(', '<']).next().unwrap_or_default();
            let mounts: Vec<_> = MOUNTS.iter().filter(|mount| (mount.0, mount.1) == (file, function)).collect();
            assert!(
                !mounts.is_empty(),
                "tests/it/rights/routes.rs: where does `{function}` of {file} mount its routes?"
            );
            let rest = &text[at + call.len()..];
            let (path, methods) = match call {
                ".path() == \"" => (rest.split('"').next().unwrap().to_owned(), vec!["get"]),
                _ => arguments(rest),
            };
            for (_, _, host, prefixes) in mounts {
                for (prefix, method) in prefixes.iter().flat_map(|prefix| methods.iter().map(move |m| (prefix, m))) {
                    routes.push(format!("{host} {} {prefix}{}", method.to_uppercase(), path.replace("{*", "{")));
                }
            }
        }
    }
    routes
}

/// The path of a call's arguments, and the methods; a service takes any.
fn arguments(rest: &str) -> (String, Vec<&'static str>) {
    let (mut open, mut end) = (1_usize, rest.len());
    for (at, c) in rest.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            end = at;
            break;
        }
    }
    let path = strings(&rest[..end]).into_iter().next().expect("a route has its path as a literal");
    let words: Vec<&str> = rest[..end].split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '(')).collect();
    let called = |method: &str| words.iter().any(|word| word.split_once('(').is_some_and(|(name, _)| name == method));
    let mut methods: Vec<&str> = METHODS.into_iter().filter(|method| called(method)).collect();
    if methods.is_empty() {
        methods.push("any");
    }
    (path, methods)
}

fn strings(text: &str) -> Vec<String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn routes_are_found_where_they_are() {
    let found = in_source(
        "web/mod.rs",
        "fn x() {}\npub(super) fn wiki_routes(state: &AppState) -> Router<AppState> {\n\
         .route(\"/-/a/{*rest}\", get(a::get).post(b::put_it))\n.route(\n\"/-/b\",\n axum::routing::delete(c),\n)",
    );
    assert_eq!(found, ["wiki GET /-/a/{rest}", "wiki POST /-/a/{rest}", "wiki DELETE /-/b"]);
    let service = in_source("mcp/endpoint.rs", "fn routes() { Router::new().route_service(\"/mcp\", service.clone())");
    assert_eq!(service, ["wiki ANY /mcp"]);
}
