use serde_json::json;

use super::{World, refusal, refused};
use crate::support::DataDir;

const PAGE: &str = "---\n# kept\ntitle: Log\n---\n# Log\n\n## Open\n\n- one\n\n## Done\n\n- none\n";

#[test]
fn a_page_grows_at_both_ends() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    let base = world.page("Log", PAGE);
    world.call("POST", "pages/Log/append", &json!({"content": "- last"})).expect(200);
    assert!(world.text("Log").ends_with("- none\n- last\n"));
    world.call("POST", "pages/log/prepend", &json!({"content": "Top.\n"})).expect(200);
    assert!(world.text("Log").starts_with("---\n# kept\ntitle: Log\n---\nTop.\n\n# Log\n"));
    let stale = world.call("POST", "pages/Log/append", &json!({"content": "x", "revision": base}));
    assert_eq!(stale.expect(409)["code"], "revision_mismatch");
    for body in [json!({}), json!({"content": " \n"}), json!({"content": 1})] {
        assert_eq!(world.call("POST", "pages/Log/append", &body).status, 422, "{body}");
    }
    let missing = world.call("POST", "pages/Nowhere/append", &json!({"content": "x"}));
    assert_eq!(refusal(&missing), refused(404, "page_not_found", "Page not found: Nowhere"));
}

#[test]
fn sections_are_changed_by_name() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    world.page("Log", PAGE);
    let section = |body: &serde_json::Value| world.call("POST", "pages/Log/sections", body);
    section(&json!({"op": "append", "section": "Open", "content": "- two"})).expect(200);
    section(&json!({"op": "replace", "section": "Log > Done", "content": "Nothing."})).expect(200);
    section(&json!({"op": "insert_before", "section": "done", "content": "## Waiting\n\n- x"})).expect(200);
    section(&json!({"op": "prepend", "section": "Waiting", "content": "For whom?"})).expect(200);
    section(&json!({"op": "insert_after", "section": "Done", "content": "## End"})).expect(200);
    let text = world.text("Log");
    let expected =
        "# Log\n\n## Open\n\n- one\n- two\n\n## Waiting\n\nFor whom?\n\n- x\n\n## Done\n\nNothing.\n\n## End\n";
    assert!(text.ends_with(expected), "{text}");
    section(&json!({"op": "delete", "section": "Waiting"})).expect(200);
    assert!(!world.text("Log").contains("Waiting"));

    let missing = section(&json!({"op": "delete", "section": "Waiting"})).expect(404);
    assert_eq!(missing["code"], "section_not_found");
    assert_eq!(missing["sections"], json!(["Log", "Log > Open", "Log > Done", "Log > End"]));
    for body in [
        json!({"op": "append", "section": "Open"}),
        json!({"op": "burn", "section": "Open", "content": "x"}),
        json!({"section": "Open", "content": "x"}),
    ] {
        assert_eq!(section(&body).status, 422, "{body}");
    }
}

#[test]
fn properties_change_without_touching_the_others() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    let base = world.page("Log", PAGE);
    let change = |body: &serde_json::Value| world.call("PATCH", "pages/Log/frontmatter", body);
    let set = json!({"set": {"tags": ["a", "b c"], "rank": 2}, "unset": ["missing"], "revision": base});
    change(&set).expect(200);
    assert!(world.text("Log").starts_with("---\n# kept\ntitle: Log\nrank: 2\ntags: [a, b c]\n---\n# Log\n"));
    let renamed = change(&json!({"set": {"title": "New: name"}, "unset": ["rank"]})).expect(200);
    assert_eq!(renamed["name"], "New: name");
    assert!(world.text("Log").starts_with("---\n# kept\ntitle: \"New: name\"\ntags: [a, b c]\n---\n"));
    assert_eq!(change(&set).status, 409);
    for body in [json!({}), json!({"set": {"a": 1}, "unset": ["a"]}), json!({"set": []})] {
        assert_eq!(change(&body).status, 422, "{body}");
    }
}
