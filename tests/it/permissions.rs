//! Who gets what, on every surface: strangers nothing, readers no change, members what they may.

use std::time::Duration;

use serde_json::json;

use crate::support::{Called, DataDir, Form, Request, Visitor, call_tool, encode_query, git_ok, run};

const VIEWER: &str = "Vera Viewer";

#[test]
fn strangers_get_nothing_and_readers_change_nothing() {
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    dir.cli_ok(&["wiki", "create", "elsewhere", "--name", "Elsewhere"]);
    let writer = dir.token("docs", "Research agent", "write");
    let reader = dir.token("docs", "Backup job", "read");
    let foreign = dir.token("elsewhere", "Stranger", "write");
    let (viewer, viewer_link) = dir.person(VIEWER);
    dir.cli_ok(&["wiki", "grant", "docs", &viewer, "viewer"]);
    let (_, stranger_link) = dir.person("Stefan Stranger");
    let put = Request::new("PUT", "/api/v1/pages/Vault/Plans").bearer(&writer);
    let revision = server.wiki("docs", &put.json(&json!({"content": "# Plans\n\nqsecret7\n"}))).expect(201);
    let revision = revision["revision"].as_str().unwrap();
    let repository = dir.repository("docs");
    let tip = || git_ok(&repository, &["rev-parse", "main"], b"");
    let before = tip();

    let mut stranger = Visitor::sign_in_to_root(&server, &stranger_link);
    let read_note = call_tool("read_note", &json!({"path": "Vault/Plans"}));
    let mut reads: Vec<Request> = [
        "/Vault/Plans",
        "/Vault/Plans/edit",
        "/Vault/Plans/history",
        "/Vault/Plans/source",
        "/-/index",
        "/-/search?q=qsecret7",
        "/api/v1/pages",
        "/api/v1/pages/Vault/Plans",
        "/api/v1/pages/Vault/Plans/history",
        "/api/v1/search?q=qsecret7",
        "/repo.git/info/refs?service=git-upload-pack",
        "/.git/info/refs?service=git-upload-pack",
    ]
    .iter()
    .map(|target| Request::get(*target))
    .collect();
    reads.push(Request::get(format!("/Vault/Plans?revision={revision}")));
    reads.push(Request::get(format!("/api/v1/pages/Vault/Plans?revision={revision}")));
    reads.push(read_note.clone());
    reads.push(call_tool("search_notes", &json!({"query": "qsecret7"})));
    for request in &reads {
        let answers = [
            server.wiki("docs", request),
            server.wiki("docs", &request.clone().bearer(&foreign)),
            server.wiki("docs", &request.clone().bearer(&format!("rw_{}", "A".repeat(43)))),
            stranger.send(&server, &dir.host("docs"), request.clone()),
        ];
        for answer in answers {
            assert!(matches!(answer.status, 302 | 303 | 401 | 403 | 404), "{request:?}: {}", answer.status);
            let text = answer.text();
            // A page may repeat the address that was asked for, to come back to it; nothing else.
            let asked = format!("{request:?}");
            for secret in ["# Plans", "qsecret7", &before[..40]] {
                assert!(asked.contains(secret) || !text.contains(secret), "{secret:?} after {asked}: {text}");
            }
        }
    }
    let output =
        run(&mut dir.clone_command("docs", Some(&foreign), "2", &dir.beside("stolen")), b"", Duration::from_secs(60));
    assert!(!output.status.success());

    let mut viewer = Visitor::sign_in(&server, &viewer_link, "docs");
    let seen = viewer.get(&server, &dir.host("docs"), "/Vault/Plans");
    assert!(seen.status == 200 && seen.text().contains("qsecret7"));
    // With everything that a form has but the right to send it.
    let csrf = Form::posts(&seen.text()).iter().find_map(|form| form.field("csrf").map(str::to_owned)).unwrap();
    for request in writes(revision, &csrf) {
        let by_token = server.wiki("docs", &request.clone().bearer(&reader));
        let by_viewer = viewer.send(
            &server,
            &dir.host("docs"),
            request.clone().header("Origin", format!("http://{}", dir.host("docs"))),
        );
        let by_nobody = server.wiki("docs", &request);
        for answer in [by_token, by_viewer, by_nobody] {
            let refused_by_tool = answer.status == 200 && Called::from_response(&answer).failed;
            assert!(
                refused_by_tool || matches!(answer.status, 303 | 401 | 403 | 404),
                "{request:?}: {} {}",
                answer.status,
                answer.text()
            );
            assert_eq!(tip(), before, "{request:?}");
        }
    }

    // Pushing is not there, for anyone.
    let push = Request::get("/repo.git/info/refs?service=git-receive-pack");
    for token in [&reader, &writer] {
        let answer = server.wiki("docs", &push.clone().header("Authorization", basic(token)));
        assert!(matches!(answer.status, 403 | 404), "{}", answer.status);
    }

    // Signing out on one host ends the session on all.
    let mut elsewhere = viewer.clone();
    let root = dir.domain();
    assert!(elsewhere.get(&server, &root, "/").text().contains(VIEWER));
    let out = viewer.post(&server, &dir.host("docs"), "/-/sign-out", &[("csrf", &csrf)]);
    assert!(matches!(out.status, 200 | 303), "{}", out.text());
    assert_ne!(elsewhere.get(&server, &dir.host("docs"), "/Vault/Plans").status, 200);
    assert!(!elsewhere.get(&server, &root, "/").text().contains(VIEWER));

    // Revoked means revoked, at once and everywhere.
    let listed = dir.cli_list(&["token", "list", "docs"]);
    let entry = listed.iter().find(|token| token["name"] == "Backup job").unwrap();
    let id = entry["id"].as_str().map_or_else(|| entry["id"].to_string(), str::to_owned);
    assert_eq!(server.wiki("docs", &Request::get("/api/v1/pages").bearer(&reader)).status, 200);
    dir.cli_ok(&["token", "revoke", "docs", &id]);
    assert_eq!(server.wiki("docs", &Request::get("/api/v1/pages").bearer(&reader)).status, 401);
    assert_eq!(server.wiki("docs", &read_note.bearer(&reader)).status, 401);
    let refs = Request::get("/repo.git/info/refs?service=git-upload-pack");
    assert_eq!(server.wiki("docs", &refs.header("Authorization", basic(&reader))).status, 401);
}

/// One request for every way to change the wiki.
fn writes(revision: &str, csrf: &str) -> Vec<Request> {
    let page = "/api/v1/pages/Vault/Plans";
    vec![
        Request::new("PUT", "/api/v1/pages/New").json(&json!({"content": "x"})),
        Request::new("PUT", page).json(&json!({"content": "x", "revision": revision})),
        Request::new("PATCH", page).json(&json!({"revision": revision, "old_string": "qsecret7", "new_string": "x"})),
        Request::new("DELETE", page).json(&json!({"revision": revision})),
        call_tool("write_note", &json!({"path": "New", "content": "x"})),
        call_tool(
            "edit_note",
            &json!({"path": "Vault/Plans", "revision": revision, "old_string": "qsecret7", "new_string": "x"}),
        ),
        Request::new("POST", "/New/edit").form(&[("content", "x"), ("base", ""), ("message", ""), ("csrf", csrf)]),
        Request::new("POST", "/Vault/Plans/edit").form(&[
            ("content", "x"),
            ("base", revision),
            ("message", ""),
            ("csrf", csrf),
        ]),
    ]
}

/// `Authorization` as git sends it.
fn basic(password: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("git:{password}")))
}

#[test]
fn a_public_wiki_is_read_by_anybody_and_written_by_its_members() {
    let dir = DataDir::new();
    // The verbs work while no server runs, too.
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs", "--public"]);
    let server = dir.start();
    let listed = server.root(&Request::get("/")).unwrap();
    assert!(
        listed.status == 200 && listed.text().contains(&format!("http://{}", dir.host("docs"))),
        "{}",
        listed.text()
    );
    for page in ["", "Home", "Agent_Guide", "-/index", "-/search?q=wiki", "Home/history", "Home/source"] {
        let answer = server.wiki("docs", &Request::get(format!("/{page}")));
        assert_eq!(answer.status, 200, "/{page}: {}", answer.text());
    }
    let found = server.wiki("docs", &Request::get(format!("/api/v1/search?q={}", encode_query("wiki")))).expect(200);
    assert_ne!(found["total"], 0);
    let clone = dir.beside("clone");
    let cloned = run(&mut dir.clone_command("docs", None, "2", &clone), b"", Duration::from_secs(60));
    assert!(cloned.status.success(), "{}", String::from_utf8_lossy(&cloned.stderr));
    assert!(clone.join("Home.md").is_file());
    let before = git_ok(&clone, &["rev-parse", "HEAD"], b"");
    for request in writes(before.trim(), "x") {
        let answer = server.wiki("docs", &request);
        let refused_by_tool = answer.status == 200 && Called::from_response(&answer).failed;
        assert!(refused_by_tool || matches!(answer.status, 303 | 401 | 403 | 404), "{request:?}: {}", answer.status);
    }
    assert_eq!(git_ok(&dir.repository("docs"), &["rev-parse", "main"], b""), before);
    server.stop();
}

#[test]
fn a_slug_that_is_used_again_inherits_nothing() {
    let dir = DataDir::new();
    let server = dir.start();
    let host = dir.host("docs");
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let token = dir.token("docs", "Research agent", "write");
    let (member, link) = dir.person("Mia Member");
    dir.cli_ok(&["wiki", "grant", "docs", &member, "editor"]);
    let mut browser = Visitor::sign_in(&server, &link, "docs");
    let home = Request::get("/api/v1/pages/Home").bearer(&token);
    assert_eq!(server.wiki("docs", &home).status, 200);
    assert_eq!(browser.get(&server, &host, "/Home").status, 200);

    dir.cli_ok(&["wiki", "delete", "docs", "--yes"]);
    for answer in [server.wiki("docs", &home), browser.get(&server, &host, "/Home")] {
        assert!(matches!(answer.status, 401 | 404), "{}: {}", answer.status, answer.text());
    }
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs again"]);
    assert_eq!(server.wiki("docs", &home).status, 401);
    let read_note = call_tool("read_note", &json!({"path": "Home"})).bearer(&token);
    assert_eq!(server.wiki("docs", &read_note).status, 401);
    // Neither with the session as it is, nor after signing in on the new wiki's host.
    for _ in 0..2 {
        let answer = browser.get(&server, &host, "/Home");
        assert!(matches!(answer.status, 303 | 401 | 403), "{}: {}", answer.status, answer.text());
        browser.get_following(&server, &host, "/-/sign-in?return=%2F-%2Findex");
    }
    let cloned = run(&mut dir.clone_command("docs", Some(&token), "2", &dir.beside("x")), b"", Duration::from_secs(60));
    assert!(!cloned.status.success());
    assert!(dir.cli_list(&["token", "list", "docs"]).is_empty());
    server.stop();
}
