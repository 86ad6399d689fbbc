use super::world::{Wiki, refused, server};
use crate::support::Request;

#[test]
fn health_is_open() {
    let wiki = Wiki::new();
    let answer = wiki.anonymous(&Request::get("/api/v1/health")).expect(200);
    assert_eq!(answer["status"], "ok");
}

#[test]
fn without_a_header_nobody_is_let_in() {
    let wiki = Wiki::new();
    refused(&wiki.anonymous(&Request::get("/api/v1/pages")), 401, "Missing or invalid Authorization header");
}

#[test]
fn basic_is_no_credential_of_the_api() {
    let wiki = Wiki::new();
    let request = Request::get("/api/v1/pages").header("Authorization", "Basic dXNlcjpwYXNz");
    refused(&wiki.anonymous(&request), 401, "Missing or invalid Authorization header");
}

#[test]
fn a_wrong_key_is_refused() {
    let wiki = Wiki::new();
    refused(&wiki.anonymous(&Request::get("/api/v1/pages").bearer("wrong")), 401, "Invalid API key");
}

#[test]
fn the_right_key_is_let_in() {
    Wiki::new().get("/pages").expect(200);
}

/// The predecessor answered 500 "not configured" when its one key was not set. Here a wiki to which nobody has made a
/// token is no fault of the server: no key is right.
#[test]
fn without_any_token_every_key_is_wrong() {
    server().dir().cli_ok(&["wiki", "create", "keyless", "--name", "Keyless"]);
    let request = Request::get("/api/v1/pages").bearer("");
    assert_eq!(server().wiki("keyless", &request).status, 401);
    let request = Request::get("/api/v1/pages").bearer(&Wiki::new().token);
    refused(&server().wiki("keyless", &request), 403, "does not match this wiki");
}
