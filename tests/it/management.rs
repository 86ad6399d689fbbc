//! The management API on the platform's host, with sessions and with personal access tokens.

use serde_json::{Value, json};

use crate::contract::world::server;
use crate::support::{DataDir, Request, Response, Server, Visitor};

/// Makes an account; its identifier, and a personal access token.
pub(crate) fn person_with_token(server: &Server<'_>, name: &str) -> (String, String) {
    let (id, link) = server.dir().person(name);
    let visitor = &mut Visitor::sign_in_to_root(server, &link);
    let made = with_session(server, visitor, "POST", "/api/me/tokens", &json!({ "name": "test" })).expect(201);
    let token = made["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("rwp_") && token.len() == 47, "{token}");
    (id, token)
}

/// As a page of the platform sends it.
fn with_session(server: &Server<'_>, visitor: &mut Visitor, method: &str, target: &str, body: &Value) -> Response {
    let host = server.dir().domain();
    let request = Request::new(method, target).header("Origin", format!("http://{host}")).json(body);
    visitor.send(server, &host, request)
}

/// A program with a personal access token.
struct Program<'s> {
    server: &'s Server<'s>,
    person: String,
    token: String,
}

impl<'s> Program<'s> {
    fn of(server: &'s Server<'s>, name: &str) -> Self {
        let (person, token) = person_with_token(server, name);
        Self { server, person, token }
    }

    fn send(&self, method: &str, target: &str, body: &Value) -> Response {
        self.server.root(&Request::new(method, format!("/api{target}")).bearer(&self.token).json(body)).unwrap()
    }

    fn get(&self, target: &str) -> Response {
        self.server.root(&Request::get(format!("/api{target}")).bearer(&self.token)).unwrap()
    }

    fn delete(&self, target: &str) -> Response {
        self.server.root(&Request::new("DELETE", format!("/api{target}")).bearer(&self.token)).unwrap()
    }

    fn create(&self, slug: &str) -> Value {
        self.send("POST", "/wikis", &json!({ "slug": slug, "name": "Mine" })).expect(201)
    }
}

fn refused(answer: &Response, status: u16, code: &str) {
    let body = answer.expect(status);
    assert_eq!(body["code"], code, "{body}");
    assert!(!body["error"].as_str().unwrap().is_empty());
}

#[test]
fn without_a_credential_of_a_person_nothing_is_answered() {
    let wiki_token = crate::contract::world::Wiki::new().token;
    for target in ["/api/me", "/api/wikis", "/api/me/tokens", "/api/wikis/contract-1"] {
        refused(&server().root(&Request::get(target)).unwrap(), 401, "sign_in_needed");
        for token in ["nonsense", &wiki_token, &format!("rwp_{}", "A".repeat(43))] {
            refused(&server().root(&Request::get(target).bearer(token)).unwrap(), 401, "invalid_token");
        }
    }
    refused(&server().root(&Request::get("/api/nothing")).unwrap(), 404, "not_found");
    refused(&server().root(&Request::get("/api/v1/pages")).unwrap(), 404, "not_found");
}

#[test]
fn a_personal_token_is_for_the_platform_alone() {
    let ada = Program::of(server(), "Ada Alone");
    ada.create("alone");
    let wiki = server().wiki("alone", &Request::get("/api/v1/pages").bearer(&ada.token));
    refused(&wiki, 401, "invalid_token");
}

#[test]
fn a_session_changes_things_only_from_pages_of_its_host() {
    let (_, link) = server().dir().person("Sam Session");
    let mut sam = Visitor::sign_in_to_root(server(), &link);
    let host = server().dir().domain();
    let origin = format!("http://{host}");
    let me = sam.get(server(), &host, "/api/me").expect(200);
    assert_eq!((&me["name"], &me["operator"]), (&json!("Sam Session"), &json!(false)));
    let csrf = me["csrf_token"].as_str().unwrap().to_owned();

    let body = json!({ "name": "x" }).to_string();
    let post = || Request::new("POST", "/api/me/tokens");
    let foreign = [
        post().body("application/json", body.clone()),
        post().header("Origin", "http://evil.example").body("application/json", body.clone()),
        post().header("Origin", format!("http://docs.{host}")).body("application/json", body.clone()),
        post().header("Origin", "null").header("X-CSRF-Token", csrf.clone()).body("text/plain", body.clone()),
        post().header("Origin", origin.clone()).body("text/plain", body.clone()),
        post().header("Origin", origin.clone()).header("X-CSRF-Token", "guessed").body("text/plain", body.clone()),
    ];
    for request in foreign {
        refused(&sam.send(server(), &host, request), 403, "cross_origin");
    }
    let own = [
        post().header("Origin", origin.clone()).header("X-CSRF-Token", csrf).body("text/plain", body.clone()),
        post().header("Origin", origin).body("application/json; charset=utf-8", body),
    ];
    for request in own {
        sam.send(server(), &host, request).expect(201);
    }
}

#[test]
fn a_personal_token_makes_no_other_and_ends_when_it_is_revoked() {
    let ada = Program::of(server(), "Ada Tokens");
    refused(&ada.send("POST", "/me/tokens", &json!({ "name": "again" })), 403, "session_needed");
    let listed = ada.get("/me/tokens").expect(200);
    let row = &listed["tokens"][0];
    assert_eq!((&row["name"], row["last_used"].is_string()), (&json!("test"), true));
    assert!(row.get("token").is_none() && row.get("hash").is_none(), "{row}");
    let other = Program::of(server(), "Other Tokens");
    let id = row["id"].as_str().unwrap();
    refused(&other.delete(&format!("/me/tokens/{id}")), 404, "no_such_token");
    ada.delete(&format!("/me/tokens/{id}")).expect(200);
    refused(&ada.get("/me"), 401, "invalid_token");
}

#[test]
fn people_make_wikis_within_their_limit() {
    let ada = Program::of(server(), "Ada Maker");
    let made = ada.create("made-by-ada");
    assert_eq!((&made["wiki"]["role"], &made["wiki"]["public"]), (&json!("owner"), &json!(false)));
    assert_eq!(made["mcp_endpoint"], format!("http://{}/mcp", server().dir().host("made-by-ada")));
    assert_eq!(ada.get("/wikis").expect(200)["wikis"], json!([made["wiki"]]));
    refused(&ada.send("POST", "/wikis", &json!({ "slug": "second", "name": "No" })), 403, "wiki_limit");

    let bob = Program::of(server(), "Bob Maker");
    refused(&bob.send("POST", "/wikis", &json!({ "slug": "made-by-ada", "name": "Mine" })), 409, "slug_taken");
    for body in [
        json!({}),
        json!({ "slug": "ok" }),
        json!({ "slug": "Not a slug", "name": "x" }),
        json!({ "slug": "www", "name": "x" }),
        json!({ "slug": "ok", "name": "" }),
        json!({ "slug": "ok", "name": 5 }),
        json!({ "slug": "ok", "name": "x", "owner": "p1" }),
        json!([1]),
        Value::Null,
    ] {
        refused(&bob.send("POST", "/wikis", &body), 422, "invalid_field");
    }
    assert_eq!(bob.get("/wikis").expect(200)["wikis"], json!([]));
    // Room again once it is gone.
    ada.delete("/wikis/made-by-ada").expect(200);
    bob.create("made-by-ada");
}

#[test]
fn owners_change_settings_and_others_do_not() {
    let ada = Program::of(server(), "Ada Settings");
    let bob = Program::of(server(), "Bob Settings");
    ada.create("settings");
    let wiki = "/wikis/settings";
    for (method, target) in [
        ("GET", wiki.to_owned()),
        ("PATCH", wiki.to_owned()),
        ("DELETE", wiki.to_owned()),
        ("GET", format!("{wiki}/usage")),
        ("GET", format!("{wiki}/collaborators")),
        ("PUT", format!("{wiki}/collaborators/{}", bob.person)),
        ("DELETE", format!("{wiki}/collaborators/{}", ada.person)),
        ("GET", format!("{wiki}/tokens")),
        ("POST", format!("{wiki}/tokens")),
        ("DELETE", format!("{wiki}/tokens/t1")),
    ] {
        refused(&bob.send(method, &target, &json!({})), 403, "forbidden");
    }
    refused(&bob.get("/wikis/nowhere"), 404, "no_such_wiki");
    refused(&bob.get("/wikis/Not%20a%20slug"), 404, "no_such_wiki");

    let now = ada.send("PATCH", wiki, &json!({ "name": "Renamed", "public": true })).expect(200);
    assert_eq!((&now["wiki"]["name"], &now["wiki"]["public"]), (&json!("Renamed"), &json!(true)));
    server().wiki("settings", &Request::get("/api/v1/pages")).expect(200);
    // Everybody reads it now; that makes nobody its owner.
    assert!(bob.get(wiki).expect(200)["wiki"]["role"].is_null());
    refused(&bob.send("PATCH", wiki, &json!({ "public": false })), 403, "forbidden");
    let same = ada.send("PATCH", wiki, &json!({})).expect(200);
    assert_eq!(same, now, "what is absent stays");
    refused(&ada.send("PATCH", wiki, &json!({ "slug": "other" })), 422, "invalid_field");
}

#[test]
fn usage_counts_and_names_the_limits() {
    let ada = Program::of(server(), "Ada Usage");
    ada.create("usage");
    let token = ada.send("POST", "/wikis/usage/tokens", &json!({ "name": "bot", "role": "write" })).expect(201);
    let before = ada.get("/wikis/usage/usage").expect(200);
    let put = Request::new("PUT", "/api/v1/pages/Page").bearer(token["token"].as_str().unwrap());
    server().wiki("usage", &put.json(&json!({ "content": "12345" }))).expect(201);
    let after = ada.get("/wikis/usage/usage").expect(200);
    assert_eq!(after["pages"].as_u64(), before["pages"].as_u64().map(|pages| pages + 1));
    assert_eq!(after["bytes"].as_u64(), before["bytes"].as_u64().map(|bytes| bytes + 5));
    assert_eq!(after["limits"], json!({ "pages": 500, "bytes": 50 << 20 }));
}

#[test]
fn owners_let_people_in_and_out_and_one_owner_stays() {
    let ada = Program::of(server(), "Ada Owner");
    ada.create("people");
    let people = "/wikis/people/collaborators";
    let set = |person: &str, role: &str| ada.send("PUT", &format!("{people}/{person}"), &json!({ "role": role }));
    let guests: Vec<_> = (1..=4).map(|n| Program::of(server(), &format!("Guest {n}"))).collect();

    assert_eq!(set("guest%201", "viewer").expect(200)["role"], "viewer");
    guests[0].get("/wikis/people").expect(200);
    refused(&guests[0].get(people), 403, "forbidden");
    assert_eq!(set(&guests[0].person, "editor").expect(200)["role"], "editor");
    set(&guests[1].person, "viewer").expect(200);
    set(&guests[2].person, "viewer").expect(200);
    refused(&set(&guests[3].person, "viewer"), 403, "collaborator_limit");
    refused(&set("p99999", "viewer"), 404, "no_such_person");
    refused(&set(&guests[0].person, "king"), 422, "invalid_field");
    assert_eq!(ada.get(people).expect(200)["collaborators"].as_array().unwrap().len(), 4);

    refused(&set(&ada.person, "viewer"), 409, "last_owner");
    refused(&ada.delete(&format!("{people}/{}", ada.person)), 409, "last_owner");
    set(&guests[0].person, "owner").expect(200);
    ada.delete(&format!("{people}/{}", guests[1].person)).expect(200);
    refused(&ada.delete(&format!("{people}/{}", guests[1].person)), 404, "not_a_collaborator");
    refused(&guests[1].get("/wikis/people"), 403, "forbidden");
    ada.delete(&format!("{people}/{}", ada.person)).expect(200);
    refused(&ada.get(people), 403, "forbidden");
}

#[test]
fn owners_make_and_revoke_tokens_whose_secrets_are_shown_once() {
    let ada = Program::of(server(), "Ada Keys");
    ada.create("keys");
    let body = json!({ "name": "Research agent", "role": "read", "expires_days": 30 });
    let made = ada.send("POST", "/wikis/keys/tokens", &body).expect(201);
    let secret = made["token"].as_str().unwrap();
    server().wiki("keys", &Request::get("/api/v1/pages").bearer(secret)).expect(200);
    let listed = ada.get("/wikis/keys/tokens").expect(200);
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 1);
    assert_eq!((&listed["tokens"][0]["name"], &listed["tokens"][0]["role"]), (&body["name"], &body["role"]));
    assert!(!listed.to_string().contains(secret) && listed["tokens"][0].get("hash").is_none());
    for body in [
        json!({ "name": "x", "role": "admin" }),
        json!({ "name": "x", "role": "read", "expires_days": 0 }),
        json!({ "name": "x\ny", "role": "read" }),
    ] {
        refused(&ada.send("POST", "/wikis/keys/tokens", &body), 422, "invalid_field");
    }
    ada.delete(&format!("/wikis/keys/tokens/{}", made["id"].as_str().unwrap())).expect(200);
    assert_eq!(server().wiki("keys", &Request::get("/api/v1/pages").bearer(secret)).status, 401);
    refused(&ada.delete("/wikis/keys/tokens/nonsense"), 404, "no_such_token");
}

#[test]
fn a_deleted_wiki_is_gone_with_its_tokens() {
    let ada = Program::of(server(), "Ada Gone");
    ada.create("going");
    let token = ada.send("POST", "/wikis/going/tokens", &json!({ "name": "bot", "role": "read" })).expect(201);
    assert_eq!(ada.delete("/wikis/going").expect(200), json!({ "deleted": true }));
    refused(&ada.get("/wikis/going"), 404, "no_such_wiki");
    assert!(!server().dir().repository("going").exists());
    ada.create("going");
    let request = Request::get("/api/v1/pages").bearer(token["token"].as_str().unwrap());
    assert_eq!(server().wiki("going", &request).status, 401);
}

#[test]
fn with_a_wiki_on_the_bare_domain_each_keeps_its_api() {
    let dir = DataDir::new();
    std::fs::write(dir.beside("robotwiki.toml"), "[server]\nwiki_at_root = \"home\"\n").unwrap();
    dir.cli_ok(&["wiki", "create", "home", "--name", "Home", "--public"]);
    let server = dir.start();
    assert!(server.root(&Request::get("/api/v1/pages")).unwrap().expect(200)["total"].as_u64().unwrap() > 0);
    refused(&server.root(&Request::get("/api/me")).unwrap(), 401, "sign_in_needed");
    server.root(&Request::get("/api/openapi.json")).unwrap().expect(200);
    let (_, token) = person_with_token(&server, "Rooted");
    server.root(&Request::get("/api/me").bearer(&token)).unwrap().expect(200);
}
