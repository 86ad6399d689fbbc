use serde_json::{Value, json};

use super::World;
use crate::support::{DataDir, Request, git_ok};

#[test]
fn several_pages_change_in_one_commit() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    world.page("A", "see [[B]]\n");
    world.page("B", "b\n");
    world.page("C", "c\n");
    let a = world.revision("A");
    let tip = world.tip();
    let changes = json!([
        {"op": "put", "path": "New page", "content": "new [[B]]\n"},
        {"op": "edit", "path": "A", "revision": a, "edits": [{"old_string": "see", "new_string": "look at"}]},
        {"op": "rename", "path": "B", "new_path": "Moved"},
        {"op": "append", "path": "moved", "content": "more"},
        {"op": "delete", "path": "C"},
        {"op": "put", "path": "C/New", "content": "below\n"},
    ]);
    let tried = world.call("POST", "commit", &json!({"changes": changes, "dry_run": true})).expect(200);
    assert_eq!((&tried["revision"], world.tip()), (&json!(null), tip.clone()));
    let done = world.call("POST", "commit", &json!({"message": "Together", "changes": changes})).expect(200);
    assert_eq!(done["changes"], tried["changes"]);
    assert_eq!(done["changes"][0], json!({"path": "New_page", "created": true, "updated_pages": []}));
    assert_eq!(done["changes"][2]["updated_pages"], json!(["A", "New_page"]));
    let log = git_ok(&dir.repository("docs"), &["log", "--format=%H %s", &format!("{tip}..main")], b"");
    assert_eq!(log.trim(), format!("{} Together", done["revision"].as_str().unwrap()));
    assert_eq!(world.text("A"), "look at [[Moved]]\n");
    assert_eq!(world.text("New page"), "new [[Moved]]\n");
    assert_eq!(world.text("Moved"), "b\n\nmore\n");
    assert_eq!(world.send(Request::get("/api/v1/pages/C")).status, 404);
    assert_eq!(world.text("C/New"), "below\n");
}

#[test]
fn one_change_that_cannot_be_made_stops_all() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    world.page("A", "a\n");
    let tip = world.tip();
    let refused = |second: Value| {
        let changes = json!([{"op": "append", "path": "A", "content": "x"}, second]);
        let answer = world.call("POST", "commit", &json!({"changes": changes}));
        let body = answer.json();
        assert_eq!(body["change"], 1, "{body}");
        assert!(body["error"].as_str().unwrap().starts_with("changes[1]: "), "{body}");
        (answer.status, body["code"].as_str().unwrap().to_owned())
    };
    let expect = |status: u16, code: &str| (status, code.to_owned());
    let put = |path: &str| json!({"op": "put", "path": path, "content": "x"});
    assert_eq!(refused(put("A")), expect(409, "revision_required"));
    assert_eq!(refused(put("../x")), expect(422, "invalid_path"));
    assert_eq!(refused(json!({"op": "delete", "path": "B"})), expect(404, "page_not_found"));
    let stale = json!({"op": "delete", "path": "A", "revision": "0123456789"});
    assert_eq!(refused(stale), expect(409, "revision_mismatch"));
    let edit = json!({"op": "edit", "path": "A", "edits": [{"old_string": "b", "new_string": "c"}]});
    assert_eq!(refused(edit), expect(422, "old_string_not_found"));
    assert_eq!(refused(json!({"op": "rename", "path": "A", "new_path": "A"})), expect(422, "invalid_field"));
    let large = json!({"op": "put", "path": "L", "content": "x".repeat(1_000_001)});
    assert_eq!(refused(large), expect(413, "too_large"));
    for body in [
        json!({}),
        json!({"changes": []}),
        json!({"changes": [{"op": "burn", "path": "A"}]}),
        json!({"changes": vec![put("P"); 101]}),
        json!({"changes": vec![json!({"op": "rename", "path": "A", "new_path": "B"}); 21]}),
    ] {
        assert_eq!(world.call("POST", "commit", &body).status, 422, "{body:.80}");
    }
    assert_eq!(world.tip(), tip);
    assert_eq!(world.send(Request::get("/api/v1/commit")).status, 405);
}
