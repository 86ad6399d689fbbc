use serde_json::json;

use super::{World, refusal, refused, revision};
use crate::support::{DataDir, Request};

/// Base64 of so many zeros.
fn zeros(bytes: usize) -> String {
    assert_eq!(bytes % 3, 0);
    "A".repeat(bytes / 3 * 4)
}

#[test]
fn a_file_is_attached_replaced_and_removed() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    world.page("Page", "x\n");
    let upload = json!({"filename": "My file (ü).PNG", "content": "aGVsbG8="});
    let first = world.call("POST", "pages/page/attachments", &upload).expect(201);
    assert_eq!(first["filename"], "My_file_ü.PNG");
    assert_eq!((&first["path"], &first["size"], &first["mime_type"]), (&json!("Page"), &json!(5), &json!("image/png")));
    assert_eq!(first["replaced"], false);
    let listed = world.send(Request::get("/api/v1/pages/Page/attachments")).expect(200);
    assert_eq!((&listed["total"], &listed["attachments"][0]["filename"]), (&json!(1), &json!("My_file_ü.PNG")));

    // Replaced silently by default, as ever; not when asked not to, nor over a change.
    let careful = json!({"filename": "My_file_ü.PNG", "content": "aGk=", "overwrite": false});
    assert_eq!(refusal(&world.call("POST", "pages/Page/attachments", &careful)).1, "file_exists");
    let other = json!({"filename": "My_file_ü.PNG", "content": "aGk=", "revision": revision(&first)});
    let second = world.call("POST", "pages/Page/attachments", &other).expect(201);
    assert_eq!(second["replaced"], true);
    let stale = world.call("POST", "pages/Page/attachments", &other);
    assert_eq!(stale.expect(409)["current_revision"], second["revision"]);

    let stale = json!({"revision": first["revision"]});
    let target = "pages/Page/attachments/My%20file%20(%C3%BC).PNG";
    assert_eq!(world.call("DELETE", target, &stale).status, 409);
    let deleted = world.call("DELETE", target, &json!({})).expect(200);
    assert_eq!((&deleted["deleted"], &deleted["filename"]), (&json!(true), &json!("My_file_ü.PNG")));
    assert_eq!(refusal(&world.call("DELETE", target, &json!({}))).1, "attachment_not_found");
    assert_eq!(world.text("Page"), "x\n");
}

#[test]
fn what_cannot_be_attached_is_refused_in_the_known_order() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    world.page("Page", "x\n");
    world.page("Page/sub", "sub\n");
    let tip = world.tip();
    let post =
        |page: &str, body: &serde_json::Value| refusal(&world.call("POST", &format!("pages/{page}/attachments"), body));
    let both = "Request body must include 'filename' and 'content' fields";
    assert_eq!(post("Nowhere", &json!({"filename": "a"})), refused(422, "invalid_field", both));
    let content = |content: &str| json!({"filename": "_", "content": content});
    for bad in ["!!!!", "aGk", "a GVs", "aGk=\n", "____"] {
        assert_eq!(post("Nowhere", &content(bad)).2, "Invalid base64 content", "{bad}");
    }
    let too_large = zeros((10 << 20) + 2);
    assert_eq!(post("Nowhere", &content(&too_large)), refused(422, "too_large", "Attachment too large (max 10MB)"));
    assert_eq!(post("Nowhere", &content("aGk=")), refused(422, "invalid_filename", "Invalid filename"));
    for name in ["", "..", "x.md", "sub.MD"] {
        assert_eq!(post("Page", &json!({"filename": name, "content": "aGk="})).2, "Invalid filename", "{name}");
    }
    let missing = json!({"filename": "a.txt", "content": "aGk="});
    // A file and a sub-page would have one address.
    assert_eq!(post("Page", &json!({"filename": "Sub", "content": "aGk="})).1, "path_taken");
    assert_eq!(post("Nowhere", &missing), refused(404, "page_not_found", "Page not found: Nowhere"));
    for name in ["sub.md", "_", "__", ".."] {
        let target = format!("pages/Page/attachments/{name}");
        assert_eq!(world.call("DELETE", &target, &json!({})).status, 404, "{name}");
    }
    assert_eq!(world.tip(), tip);
    // The largest that is allowed.
    let mut largest = zeros((10 << 20) - 1);
    largest.push_str("AA==");
    world.call("POST", "pages/Page/attachments", &json!({"filename": "a.bin", "content": largest})).expect(201);
    let reader = dir.token("docs", "Reader", "read");
    let request = Request::new("POST", "/api/v1/pages/Page/attachments").bearer(&reader).json(&missing);
    assert_eq!(world.server.wiki("docs", &request).status, 403);
}

#[test]
fn bytes_are_uploaded_as_they_are() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    world.page("Deep/Page", "x\n");
    let put = |target: &str, bytes: Vec<u8>| {
        world.send(Request::new("PUT", format!("/api/v1/files/{target}")).body("application/octet-stream", bytes))
    };
    let bytes: Vec<u8> = (0..=255).collect();
    let first = put("Deep/Page/raw%20bytes.bin", bytes.clone()).expect(201);
    assert_eq!((&first["filename"], &first["size"]), (&json!("raw_bytes.bin"), &json!(256)));
    let again = put("Deep/Page/raw_bytes.bin", bytes).expect(200);
    assert_eq!((&again["replaced"], &again["revision"]), (&json!(true), &json!(null)), "the same file is no commit");
    assert_eq!(refusal(&put("Deep/Page/raw_bytes.bin?overwrite=false", vec![1])).1, "file_exists");
    let too_large = put("Deep/Page/large.bin", vec![0; (10 << 20) + 1]);
    assert_eq!((too_large.status, refusal(&too_large).1.as_str()), (413, "too_large"));
    assert_eq!(put("Deep/Nowhere/a.bin", vec![1]).status, 404);
    assert_eq!(put("Deep/Page/x.md", vec![1]).status, 422);
    assert_eq!(put("a.bin", vec![1]).status, 422);
    let nobody = Request::new("PUT", "/api/v1/files/Deep/Page/a.bin").body("text/plain", "x");
    assert_eq!(world.server.wiki("docs", &nobody).status, 401);
}
