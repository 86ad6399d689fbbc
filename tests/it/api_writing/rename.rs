use serde_json::json;

use super::{World, refusal, refused, revision};
use crate::support::{DataDir, Request, git_ok};

#[test]
fn a_page_moves_with_all_that_belongs_to_it_and_links_follow() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    world.page(
        "Old_name",
        "# Old\n\nWhat stays as it was is most of the page.\n\n[below](Child) ![pic](pic.png) [[Old name]]\n",
    );
    world.page("Old_name/Child", "[[Label|Old name#Part]]\n");
    let wild = "[[old name]] [[X|/Old_Name#A b]] [[Old_name/Child]] [[Old_name.md]] `[[Old_name]]` \\[[Old_name]]\n\
                [a](/Old_name#x) ![b](/Old%20name/pic.png) [c][r]\n\n[r]: /Old_name \"t\"\n\n```\n[[Old_name]]\n```\n";
    world.page("Reader", wild);
    world.page("Other", "[[Old_names]] [[Reader]]\n");
    let upload = json!({"filename": "pic.png", "content": "aGk="});
    world.call("POST", "pages/Old_name/attachments", &upload).expect(201);

    let request = json!({"new_path": " Area/New name ", "dry_run": true});
    let (tip, tried) = (world.tip(), world.call("POST", "pages/Old_name/rename", &request).expect(200));
    assert_eq!((world.tip(), &tried["revision"]), (tip.clone(), &json!(null)));
    let request = json!({"new_path": " Area/New name "});
    let renamed = world.call("POST", "pages/old%20name/rename", &request).expect(200);
    assert_eq!(renamed["old_path"], "Old_name");
    assert_eq!(renamed["new_path"], "Area/New_name");
    assert_eq!(renamed["updated_pages"], json!(["Area/New_name", "Area/New_name/Child", "Reader"]));
    assert_eq!(renamed["moved_pages"], json!([{"from": "Old_name/Child", "to": "Area/New_name/Child"}]));
    assert_eq!(renamed["moved_attachments"], json!([{"from": "Old_name/pic.png", "to": "Area/New_name/pic.png"}]));
    for same in ["new_path", "updated_pages", "moved_pages", "moved_attachments"] {
        assert_eq!(tried[same], renamed[same]);
    }

    let repository = dir.repository("docs");
    let log = git_ok(&repository, &["log", "--format=%s", &format!("{tip}..main")], b"");
    assert_eq!(log.trim(), "[api] Rename: old name -> Area/New name", "one commit");
    assert_eq!(
        world.text("Reader"),
        "[[Area/New_name]] [[X|/Area/New_name#A b]] [[Area/New_name/Child]] [[Area/New_name]] `[[Old_name]]` \
         \\[[Old_name]]\n[a](/Area/New_name#x) ![b](/Area/New_name/pic.png) [c][r]\n\n[r]: /Area/New_name \"t\"\n\n\
         ```\n[[Old_name]]\n```\n"
    );
    assert_eq!(
        world.text("Area/New name"),
        "# Old\n\nWhat stays as it was is most of the page.\n\n[below](Child) ![pic](pic.png) [[Area/New_name]]\n"
    );
    assert_eq!(world.text("Area/New_name/Child"), "[[Label|Area/New_name#Part]]\n");
    assert_eq!(world.send(Request::get("/api/v1/pages/Old_name")).status, 404);
    assert_eq!(world.send(Request::get("/api/v1/pages/Area/New_name/attachments/pic.png")).status, 200);
    let history = world.send(Request::get("/api/v1/pages/Area/New_name/history")).expect(200);
    assert_eq!(history["history"].as_array().unwrap().len(), 2, "{history}");
    git_ok(&repository, &["fsck", "--strict", "--no-progress"], b"");
}

#[test]
fn a_rename_is_refused_in_the_order_that_clients_know() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    let first = world.page("Page", "x\n");
    world.page("Taken", "y\n");
    world.page("Page/Sub", "z\n");
    world.page("Free/Sub", "z\n");
    let rename =
        |path: &str, body: &serde_json::Value| refusal(&world.call("POST", &format!("pages/{path}/rename"), body));
    assert_eq!(rename("Nowhere", &json!({})), refused(404, "page_not_found", "Page not found: Nowhere"));
    let field = |text| refused(422, "invalid_field", text);
    assert_eq!(rename("Page", &json!({})), field("Request body must include 'new_path' field"));
    assert_eq!(rename("Page", &json!({"new_path": "  "})), field("new_path must not be empty"));
    assert_eq!(rename("page", &json!({"new_path": "Page"})), field("new_path is the same as the current path"));
    let taken = refused(409, "page_exists", "A page already exists at: taken");
    assert_eq!(rename("Page", &json!({"new_path": "taken"})), taken);
    assert_eq!(rename("Page", &json!({"new_path": "../x"})).0, 422);
    // A sub-page would land on another page.
    let taken = refused(409, "page_exists", "A page already exists at: Free/Sub");
    assert_eq!(rename("Page", &json!({"new_path": "Free"})), taken);
    let alone = world.call("POST", "pages/Page/rename", &json!({"new_path": "Free", "subpages": false})).expect(200);
    assert_eq!((&alone["moved_pages"], world.text("Page/Sub").as_str()), (&json!([]), "z\n"));

    // The revision is checked when it is given; what only another spelling is, is a new name.
    let stale = json!({"new_path": "Elsewhere", "revision": "0123456789abcdef"});
    assert_eq!(world.call("POST", "pages/Taken/rename", &stale).expect(409)["code"], "revision_mismatch");
    let spelled = world.call("POST", "pages/Free/rename", &json!({"new_path": "free"})).expect(200);
    assert_eq!(spelled["new_path"], "free");
    assert_ne!(revision(&spelled), first);
    // Into its own sub-tree.
    let below = world.call("POST", "pages/free/rename", &json!({"new_path": "free/inner/Sub"})).expect(200);
    assert_eq!(below["new_path"], "free/inner/Sub");
}

#[test]
fn a_tree_can_move_into_itself_and_back_without_losing_a_page() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    for (path, text) in [("A", "a"), ("A/B", "ab"), ("A/B/B", "abb"), ("A/B/B/c", "abbc"), ("A/B/c", "abc")] {
        world.page(path, text);
    }
    // `A/B/B/c` becomes `A/B/c`, which itself becomes `A/c`... but `A` is there.
    let taken = world.call("POST", "pages/A/B/rename", &json!({"new_path": "A"}));
    assert_eq!(taken.status, 409);
    world.call("POST", "pages/A/rename", &json!({"new_path": "Z", "subpages": false})).expect(200);
    world.call("POST", "pages/A/B/rename", &json!({"new_path": "A"})).expect(200);
    for (path, text) in [("Z", "a"), ("A", "ab"), ("A/B", "abb"), ("A/B/c", "abbc"), ("A/c", "abc")] {
        assert_eq!(world.text(path), text, "{path}");
    }
}
