//! Input that no client should send: each row of the table says what it is, how it is answered, and that nothing
//! changes. The names that only look odd work.

mod row;
mod table;

use serde_json::json;

use crate::support::{Called, DataDir, Form, Request, Visitor, call_tool, encode_path, git_ok};
use row::Who;
use table::{Fixture, PAGE};

#[test]
fn bad_input_is_answered_and_changes_nothing() {
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    dir.cli_ok(&["wiki", "create", "elsewhere", "--name", "Elsewhere"]);
    let token = dir.token("docs", "Careless", "write");
    let (editor, link) = dir.person("Clumsy");
    dir.cli_ok(&["wiki", "grant", "docs", &editor, "editor"]);
    let mut browser = Visitor::sign_in(&server, &link, "docs");
    let host = dir.host("docs");

    let home = server.wiki("docs", &Request::get(PAGE).bearer(&token)).expect(200);
    let body = json!({"content": "# Home\n\ntwice twice qonce7\n", "revision": home["revision"]});
    let written = server.wiki("docs", &Request::new("PUT", PAGE).bearer(&token).json(&body)).expect(200);
    let form = Form::editor(&browser.get(&server, &host, "/Home/edit").text());
    let fixture = Fixture {
        revision: written["revision"].as_str().unwrap().to_owned(),
        csrf: form.field("csrf").unwrap().to_owned(),
        origin: format!("http://{host}"),
        domain: dir.domain(),
    };
    let repository = dir.repository("docs");
    let tip = || git_ok(&repository, &["rev-parse", "refs/heads/main"], b"");
    let mut before = tip();

    let mut wrong = Vec::new();
    let rows = fixture.table();
    for row in &rows {
        let answer = match row.who {
            Who::Nobody => row.request.send(dir.port(), &host),
            Who::Token => row.request.clone().bearer(&token).send(dir.port(), &host),
            Who::Person => browser.try_send(dir.port(), &host, row.request.clone()),
        };
        match answer {
            Ok(answer) => wrong.extend(row.objections(&answer)),
            Err(error) => wrong.push(format!("{}: no answer: {error}", row.what)),
        }
        let now = tip();
        if now != before {
            wrong.push(format!("  {}: changed the wiki", row.what));
            before = now;
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));

    // The honest edit that the table varies is taken: it was the input that was refused.
    let save = fixture.save("/Home/edit", &[("content", "# Home\n\nedited\n"), ("base", &fixture.revision)]);
    assert_eq!(browser.send(&server, &host, save).status, 303);
    assert_ne!(tip(), before);
    git_ok(&repository, &["fsck", "--strict", "--no-progress"], b"");
    let log = std::fs::read_to_string(dir.log()).unwrap();
    assert!(!log.contains("panicked"), "{log}");
    server.stop();
}

#[test]
fn unusual_names_that_are_right_work_everywhere() {
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs", "--public"]);
    let token = dir.token("docs", "Poet", "write");
    for name in [
        "😀",
        "notes/🦭_seals",
        "Größe/Straße",
        "日本語",
        "What?",
        "C#",
        "100%",
        "a..b",
        "v1.0",
        "-rf",
        "a*",
        "it's",
        "a&b=c",
        ":(top)x",
    ] {
        let target = format!("/api/v1/pages/{}", encode_path(name));
        let content = format!("# {name}\n");
        let put = Request::new("PUT", &target).bearer(&token).json(&json!({"content": content}));
        let written = server.wiki("docs", &put).expect(201);
        assert_eq!(written["path"], name);
        let read = server.wiki("docs", &Request::get(&target).bearer(&token)).expect(200);
        assert_eq!(read["content"], content);
        assert_eq!(read["last_commit"]["revision"], written["revision"], "{name}");
        for suffix in ["", "/history", "/source"] {
            let shown = server.wiki("docs", &Request::get(format!("/{}{suffix}", encode_path(name))));
            assert_eq!(shown.status, 200, "{name}{suffix}: {}", shown.text());
        }
        let note = server.wiki("docs", &call_tool("read_note", &json!({"path": name})).bearer(&token));
        let note = Called::from_response(&note);
        assert!(!note.failed && note.text.contains(&format!("Path: {name}")), "{name}: {note:?}");
        let file = git_ok(&dir.repository("docs"), &["cat-file", "blob", &format!("main:{name}.md")], b"");
        assert_eq!(file, content);
    }
    server.stop();
}

#[test]
fn a_page_of_the_largest_size_goes_through_every_surface() {
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let token = dir.token("docs", "Novelist", "write");
    let (editor, link) = dir.person("Typist");
    dir.cli_ok(&["wiki", "grant", "docs", &editor, "editor"]);
    let mut browser = Visitor::sign_in(&server, &link, "docs");
    let host = dir.host("docs");
    // 1,000,000 bytes, most of which a form sends as three each, and JSON may send as six.
    let large = |first: char| format!("{first}{}\n", "ü".repeat(499_999));
    let read = || server.wiki("docs", &Request::get("/api/v1/pages/Large").bearer(&token)).expect(200);

    let escaped = json!({"content": large('a')}).to_string().replace('ü', "\\u00fc");
    let put = Request::new("PUT", "/api/v1/pages/Large").bearer(&token).body("application/json", escaped);
    server.wiki("docs", &put).expect(201);
    assert_eq!(read()["content"], large('a'));

    let arguments = json!({"path": "Large", "content": large('b'), "revision": read()["revision"]});
    let called = server.wiki("docs", &call_tool("write_note", &arguments).bearer(&token));
    let called = Called::from_response(&called);
    assert!(!called.failed && called.text.starts_with("Updated Large"), "{:.500}", called.text);
    assert_eq!(read()["content"], large('b'));

    let form = Form::editor(&browser.get(&server, &host, "/Large/edit").text());
    assert_eq!(form.field("content").unwrap(), large('b'));
    let fields =
        [("csrf", form.field("csrf").unwrap()), ("base", form.field("base").unwrap()), ("content", &large('c'))];
    assert_eq!(browser.post(&server, &host, "/Large/edit", &fields).status, 303);
    assert_eq!(read()["content"], large('c'));
    for target in ["/Large", "/Large/source", "/Large/history", "/-/index", "/-/search?q=large"] {
        assert_eq!(browser.get(&server, &host, target).status, 200, "{target}");
    }
    server.stop();
}
