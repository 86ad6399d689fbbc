//! The description of the API against what the server really answers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::contract::world::{Wiki, server};
use crate::support::Request;

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// An operation's address with something in place of its parameters.
fn filled(base: &str, path: &str) -> String {
    // Without `once` it does not end.
    let once = if path == "/events" { "?once=true" } else { "" };
    let mut target = format!("{base}{path}{once}");
    for (parameter, value) in [
        ("{path}", "No/Such_Page"),
        ("{filename}", "none.txt"),
        ("{slug}", "no-such-wiki"),
        ("{person}", "p999"),
        ("{id}", "t999"),
        ("{revision}", "abcdef1"),
    ] {
        target = target.replace(parameter, value);
    }
    assert!(!target.contains('{'), "{target}: give its parameter a value here");
    target
}

/// What follows a page's path for one method alone: for the others it is the last part of a page's path.
const VERBS: [&str; 6] = ["/append", "/prepend", "/sections", "/frontmatter", "/restore", "/rename"];

/// Calls every method of every described address; `send` adds the credential.
fn compare(description: &Value, send: impl Fn(Request) -> crate::support::Response) {
    let base = description["servers"][0]["url"].as_str().unwrap();
    let mut wrong = Vec::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        let described: BTreeSet<&str> = operations.as_object().unwrap().keys().map(String::as_str).collect();
        for method in METHODS {
            if VERBS.iter().any(|verb| path.ends_with(verb)) && !described.contains(method) {
                continue;
            }
            let request = Request::new(&method.to_uppercase(), filled(base, path)).json(&json!({ "nonsense": 1 }));
            let answer = send(request);
            let code = serde_json::from_slice::<Value>(&answer.body).map_or(Value::Null, |body| body["code"].clone());
            let mounted = answer.status != 405 && code != "not_found" && code != "method_not_allowed";
            if mounted != described.contains(method) {
                wrong.push(format!("{method} {path}: described {}, answered {}", !mounted, answer.status));
            }
            let documented = &operations[method]["responses"][answer.status.to_string()];
            if mounted && described.contains(method) && documented.is_null() {
                wrong.push(format!("{method} {path}: the status {} is not described", answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "src/http/openapi differs from the routes:\n{}", wrong.join("\n"));
}

#[test]
fn what_is_described_of_a_wiki_is_mounted_and_nothing_else_at_those_addresses() {
    let wiki = Wiki::new();
    let description = wiki.anonymous(&Request::get("/api/v1/openapi.json")).expect(200);
    assert_eq!(description["openapi"], "3.1.0");
    compare(&description, |request| wiki.send(request));
}

#[test]
fn what_is_described_of_the_platform_is_mounted_and_nothing_else_at_those_addresses() {
    let description = server().root(&Request::get("/api/openapi.json")).unwrap().expect(200);
    let (person, token) = crate::management::person_with_token(server(), "Otto Openapi");
    assert!(person.starts_with('p'));
    compare(&description, |request| server().root(&request.bearer(&token)).unwrap());
    let html = server().root(&Request::get("/-/api")).unwrap().text();
    assert!(html.contains("id=\"createWiki\""), "{html}");
}

#[test]
fn the_reference_is_a_page_for_everyone_that_shows_every_operation() {
    let wiki = Wiki::new();
    let description = wiki.anonymous(&Request::get("/api/v1/openapi.json")).expect(200);
    let page = wiki.anonymous(&Request::get("/-/api"));
    assert_eq!(page.status, 200);
    let html = page.text();
    for operation in
        description["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    {
        let id = operation["operationId"].as_str().unwrap();
        assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(html.contains("curl") && html.contains(&server().dir().host(&wiki.slug)), "examples are for this host");
    assert!(!html.contains("Contract<"), "the wiki's name is for its readers: {html}");
}
