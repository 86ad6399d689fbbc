//! Requests that schemathesis makes up from the descriptions: none may end in a server error, or in an answer that
//! the description does not allow.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::contract::world::{Wiki, server};
use crate::management::person_with_token;
use crate::support::{Request, run};

/// Seconds for each of the two APIs; ROBOTWIKI_SCHEMATHESIS_SECONDS for a longer look.
const SECONDS: u32 = 30;
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Where schemathesis is; installed on first use.
fn installed() -> PathBuf {
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/schemathesis.sh");
    let output = run(&mut Command::new(tool), b"", Duration::from_secs(300));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Tries out the API that `document` describes. The host goes into a header: names below `localhost` do not resolve
/// everywhere.
fn try_out(name: &str, document: &[u8], base: &str, host: &str, token: &str, without: &[&str]) {
    let dir = server().dir();
    let file = dir.beside(&format!("{name}.json"));
    std::fs::write(&file, document).unwrap();
    let seconds = std::env::var("ROBOTWIKI_SCHEMATHESIS_SECONDS").ok().and_then(|text| text.parse().ok());
    let seconds: u32 = seconds.unwrap_or(SECONDS);
    let mut command = Command::new("python3");
    // One worker: CPython 3.11 fails with "AST constructor recursion depth mismatch" when two parse at once.
    command
        .args(["-c", "from schemathesis.cli import schemathesis; schemathesis()", "run"])
        .arg(&file)
        .args(["--url", &format!("http://127.0.0.1:{}{base}", dir.port())])
        .args(["--header", &format!("Host:{host}"), "--header", &format!("Authorization:Bearer {token}")])
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--warnings", "off"])
        .args(["--max-time", &seconds.to_string(), "--workers", "1", "--seed", "20261120"])
        .args(without.iter().flat_map(|operation| ["--exclude-operation-id", operation]))
        .current_dir(dir.beside(""))
        .env("PYTHONPATH", installed())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_COLOR", "1");
    let output = run(&mut command, b"", Duration::from_secs(u64::from(seconds) + 60));
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("No issues found"), "{printed}");
}

/// Lets made-up names and revisions be, now and then, those of something that is there.
fn with_values(description: &mut Value, values: &[(&str, Value)]) {
    let known = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let wider = |schema: &mut Value, value: Value| {
        if schema["type"] == "string" || schema["type"] == json!(["string", "null"]) {
            let any = schema.take();
            *schema = json!({ "anyOf": [{ "enum": value }, any] });
        }
    };
    match description {
        Value::Array(items) => items.iter_mut().for_each(|item| with_values(item, values)),
        Value::Object(fields) => {
            if let Some(value) = fields.get("in").and(fields.get("name")).and_then(Value::as_str).and_then(known) {
                wider(&mut fields["schema"], value);
            }
            if let Some(Value::Object(properties)) = fields.get_mut("properties") {
                for (name, property) in properties {
                    if let Some(value) = known(name) {
                        wider(property, value);
                    }
                }
            }
            fields.values_mut().for_each(|field| with_values(field, values));
        }
        _ => {}
    }
}

#[test]
fn made_up_requests_are_answered_as_described() {
    let wiki = Wiki::with(&[("Guides/First_Steps", "---\ntags: [guide]\ncategory: manual\n---\n# First steps\n")]);
    let page = wiki.send(Request::get("/api/v1/pages/Guides/First_Steps")).expect(200);
    let mut document = wiki.anonymous(&Request::get("/api/v1/openapi.json")).expect(200);
    let values = [
        ("path", json!(["Guides/First_Steps", "Home"])),
        ("new_path", json!(["Guides/First_Steps", "Home"])),
        ("filename", json!(["map.png"])),
        ("revision", json!([page["revision"]])),
        ("section", json!(["First steps"])),
        ("old_string", json!(["First"])),
    ];
    with_values(&mut document, &values);
    // `events` is a stream that does not end.
    try_out(
        "wiki",
        document.to_string().as_bytes(),
        "/api/v1",
        &server().dir().host(&wiki.slug),
        &wiki.token,
        &["events"],
    );

    let (_, token) = person_with_token(server(), "Thea Thesis");
    let body = json!({ "slug": "notes", "name": "Notes" });
    server().root(&Request::new("POST", "/api/wikis").bearer(&token).json(&body)).unwrap().expect(201);
    let document = server().root(&Request::get("/api/openapi.json")).unwrap();
    // It would find its own token in the list, and be somebody else from then on.
    let without = ["revokePersonalToken"];
    try_out("platform", &document.body, "/api", &server().dir().domain(), &token, &without);
    server().root(&Request::get("/api/me").bearer(&token)).unwrap().expect(200);
}
