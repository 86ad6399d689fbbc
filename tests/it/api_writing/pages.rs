use serde_json::json;

use super::{World, refusal, refused, revision};
use crate::support::{DataDir, Request};

#[test]
fn a_stale_write_merges_when_the_changes_do_not_overlap() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    let base = world.page("Merge", "one\ntwo\nthree\nfour\nfive\n");
    let theirs = json!({"content": "ONE\ntwo\nthree\nfour\nfive\n", "revision": base});
    let current = revision(&world.call("PUT", "pages/Merge", &theirs).expect(200));

    // Without merging, the old behaviour.
    let mine = json!({"content": "one\ntwo\nthree\nfour\nFIVE\n", "revision": base});
    let refusal = world.call("PUT", "pages/Merge", &mine);
    assert_eq!((refusal.status, &refusal.json()["current_revision"]), (409, &json!(current)));
    let mine = json!({"content": "one\ntwo\nthree\nfour\nFIVE\n", "revision": base, "merge": true});
    let merged = world.call("PUT", "pages/Merge", &mine).expect(200);
    assert_eq!((&merged["merged"], &merged["created"]), (&json!(true), &json!(false)));
    assert_eq!(world.text("Merge"), "ONE\ntwo\nthree\nfour\nFIVE\n");

    let overlapping = json!({"content": "uno\ntwo\nthree\nfour\nfive\n", "revision": base, "merge": true});
    let conflict = world.call("PUT", "pages/Merge", &overlapping).expect(409);
    assert_eq!(conflict["code"], "conflict");
    assert_eq!(conflict["current_revision"], merged["revision"]);
    assert_eq!(conflict["base"], "one\ntwo\nthree\nfour\nfive\n");
    assert_eq!(conflict["theirs"], "ONE\ntwo\nthree\nfour\nFIVE\n");
    let hunk = json!([{"line": 1, "base": "one\n", "mine": "uno\n", "theirs": "ONE\n"}]);
    assert_eq!(conflict["hunks"], hunk);
    assert_eq!(world.text("Merge"), "ONE\ntwo\nthree\nfour\nFIVE\n");
    // A base that never was cannot be merged with.
    let unknown = json!({"content": "x", "revision": "0123456789", "merge": true});
    assert_eq!(world.call("PUT", "pages/Merge", &unknown).status, 409);
}

#[test]
fn create_only_never_replaces() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    let create = json!({"content": "a", "create_only": true});
    world.call("PUT", "pages/New", &create).expect(201);
    let again = world.call("PUT", "pages/new", &create);
    assert_eq!(refusal(&again), refused(409, "page_exists", "A page already exists at: New"));
    let with_revision = json!({"content": "b", "create_only": true, "revision": world.revision("New")});
    assert_eq!(world.call("PUT", "pages/New", &with_revision).status, 409);
    for body in [json!({"content": "a", "create_only": 1}), json!({"content": "a", "create_only": true, "merge": true})]
    {
        assert_eq!(world.call("PUT", "pages/New", &body).status, 422, "{body}");
    }
    assert_eq!(world.text("New"), "a");
}

#[test]
fn several_edits_are_made_together_or_not_at_all() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    let base = world.page("Edit", "cat\ndog\ncat\nSay “hello” now\n");
    let tip = world.tip();
    let edit = |edits: serde_json::Value| world.call("PATCH", "pages/Edit", &json!({"revision": base, "edits": edits}));

    let missing =
        edit(json!([{"old_string": "dog", "new_string": "wolf"}, {"old_string": "Say \"hello\"", "new_string": "x"}]));
    let answer = missing.expect(422);
    assert_eq!((&answer["code"], &answer["edit"]), (&json!("old_string_not_found"), &json!(1)));
    assert_eq!(answer["error"], "old_string not found in page content");
    assert_eq!(answer["nearest"]["line"], 4);
    assert!(answer["nearest"]["hint"].as_str().unwrap().starts_with("quotes"), "{answer}");
    let ambiguous = edit(json!([{"old_string": "cat", "new_string": "lynx"}])).expect(422);
    assert_eq!(ambiguous["lines"], json!([1, 3]));
    let miscounted =
        edit(json!([{"old_string": "cat", "new_string": "lynx", "replace_all": true, "expected_count": 3}]));
    assert_eq!(
        refusal(&miscounted),
        refused(422, "occurrences_differ", "old_string was found 2 times, expected_count is 3")
    );
    for edits in [
        json!([]),
        json!("x"),
        json!([{"old_string": "cat"}]),
        json!([{"old_string": "", "new_string": "x"}]),
        json!([{"old_string": "dog", "new_string": "dog"}]),
        json!(vec![json!({"old_string": "dog", "new_string": "x"}); 101]),
    ] {
        assert_eq!(edit(edits.clone()).status, 422, "{edits:.80}");
    }
    let both = json!({"revision": base, "edits": [{"old_string": "a", "new_string": "b"}], "old_string": "x"});
    assert_eq!(world.call("PATCH", "pages/Edit", &both).status, 422);
    assert_eq!(world.tip(), tip, "nothing was changed");

    let done = edit(json!([
        {"old_string": "cat", "new_string": "lynx", "replace_all": true, "expected_count": 2},
        {"old_string": "lynx\ndog", "new_string": "lynx\nwolf"},
    ]));
    done.expect(200);
    assert_eq!(world.text("Edit"), "lynx\nwolf\nlynx\nSay “hello” now\n");
    assert_eq!(edit(json!([{"old_string": "wolf", "new_string": "x"}])).expect(409)["code"], "revision_mismatch");
}

#[test]
fn a_deletion_checks_the_revision_can_be_tried_and_undone() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    let first = world.page("Gone", "first\n");
    let upload = json!({"filename": "a.txt", "content": "aGk="});
    world.call("POST", "pages/Gone/attachments", &upload).expect(201);
    let second = json!({"content": "second\n", "revision": first});
    let second = revision(&world.call("PUT", "pages/Gone", &second).expect(200));

    let stale = world.call("DELETE", "pages/Gone", &json!({"revision": first})).expect(409);
    assert_eq!((&stale["code"], &stale["current_revision"]), (&json!("revision_mismatch"), &json!(second)));
    let tip = world.tip();
    let tried = world.call("DELETE", "pages/Gone", &json!({"dry_run": true})).expect(200);
    assert_eq!(tried, json!({"deleted": false, "path": "Gone", "attachments": ["a.txt"]}));
    assert_eq!(world.tip(), tip);
    let deleted = world.call("DELETE", "pages/gone", &json!({"revision": second})).expect(200);
    assert_eq!((&deleted["deleted"], &deleted["path"]), (&json!(true), &json!("Gone")));
    assert_eq!(world.send(Request::get("/api/v1/pages/Gone")).status, 404);

    let restored = world.call("POST", "pages/Gone/restore", &json!({"revision": second})).expect(200);
    assert_eq!(restored["path"], "Gone");
    assert_eq!(world.text("Gone"), "second\n");
    assert_eq!(world.send(Request::get("/api/v1/pages/Gone/attachments/a.txt")).expect(200)["content"], "aGk=");
    // A page that is there goes back to what it was.
    world.call("POST", "pages/Gone/restore", &json!({"revision": first})).expect(200);
    assert_eq!(world.text("Gone"), "first\n");

    let missing = world.call("POST", "pages/Never/restore", &json!({"revision": first}));
    assert_eq!((missing.status, &missing.json()["code"]), (404, &json!("not_at_revision")));
    assert_eq!(world.call("POST", "pages/Gone/restore", &json!({})).status, 422);
    assert_eq!(world.call("POST", "pages/Gone/restore", &json!({"revision": "xyz"})).status, 422);
    let stale = json!({"revision": second, "current_revision": second});
    assert_eq!(world.call("POST", "pages/Gone/restore", &stale).status, 409);
}
