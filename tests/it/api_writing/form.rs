use serde_json::json;

use super::{World, revision};
use crate::support::{DataDir, Form, Visitor};

#[test]
fn the_edit_form_keeps_both_changes_when_they_do_not_overlap() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    let base = world.page("Shared", "one\ntwo\nthree\nfour\n");
    let (editor, link) = dir.person("Editor");
    dir.cli_ok(&["wiki", "grant", "docs", &editor, "editor"]);
    let mut browser = Visitor::sign_in(&world.server, &link, "docs");
    let host = dir.host("docs");
    let form = Form::editor(&browser.get(&world.server, &host, "/Shared/edit").text());
    let csrf = form.field("csrf").unwrap().to_owned();
    let theirs = json!({"content": "ONE\ntwo\nthree\nfour\n", "revision": base});
    revision(&world.call("PUT", "pages/Shared", &theirs).expect(200));

    let mut save = |content: &str| {
        let fields = [("csrf", csrf.as_str()), ("base", base.as_str()), ("content", content)];
        browser.post(&world.server, &host, "/Shared/edit", &fields)
    };
    let saved = save("one\r\ntwo\r\nthree\r\nFOUR\r\n");
    assert_eq!((saved.status, saved.header("location")), (303, Some("/Shared?merged=1")));
    assert_eq!(world.text("Shared"), "ONE\ntwo\nthree\nFOUR\n");
    assert_eq!(save("uno\r\ntwo\r\nthree\r\nfour\r\n").status, 409);
    assert_eq!(world.text("Shared"), "ONE\ntwo\nthree\nFOUR\n");
    let shown = browser.get(&world.server, &host, "/Shared?merged=1").text();
    assert!(shown.contains("both changes were kept"), "{shown:.2000}");
}
