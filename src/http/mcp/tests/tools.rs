use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::World;
use crate::config::Limits;

#[tokio::test]
async fn a_page_is_written_read_edited_and_has_a_history() {
    let world = World::new(false);
    let page = "---\ncategory: plan\ntags: [a, b]\n---\n# Plan\n\nSee [[Home]].\n\n## Beds\n\nRoses.\n";
    let created = world.call("write_note", json!({"path": "Projects/Garden Plan", "content": page})).await;
    let first = created.structured()["revision"].as_str().unwrap().to_owned();
    assert_eq!(created.text(), format!("Created Projects/Garden_Plan (revision: {})", &first[..8]));
    assert_eq!(first.len(), 40);
    assert_eq!(created.structured()["created"], json!(true));

    let read = world.call("read_note", json!({"path": "projects/garden plan"})).await;
    assert_eq!(
        read.text(),
        format!(
            "# Garden_Plan\nPath: Projects/Garden_Plan\nRevision: {first}\nCategory: plan | Tags: a, b\n\
             Links to: Home\n\n---\n{page}"
        )
    );
    assert!(read.structured().is_null());

    let edit = json!({
        "path": "Projects/Garden_Plan", "revision": &first[..7], "old_str": "Roses.", "new_str": "Tulips.",
        "commit_message": "tulips"
    });
    let edited = world.call("edit_note", edit).await;
    let second = edited.structured()["revision"].as_str().unwrap().to_owned();
    assert_eq!(edited.text(), format!("Edited Projects/Garden_Plan (revision: {})", &second[..8]));

    let section = world.call("read_note", json!({"path": "Projects/Garden_Plan", "section": "beds"})).await;
    assert!(section.text().ends_with("Section: Plan > Beds\nCategory: plan | Tags: a, b\n\n---\n## Beds\n\nTulips.\n"));
    let old = world.call("read_note", json!({"path": "Projects/Garden_Plan", "revision": first})).await;
    assert!(old.text().contains(&format!("Revision: {first}\n")) && old.text().ends_with("Roses.\n"));

    let history = world.call("get_history", json!({"path": "Projects/Garden_Plan", "limit": "1"})).await;
    assert!(
        history
            .text()
            .starts_with(&format!("History for Projects/Garden_Plan (1 revisions):\n\n- {} | 20", &second[..8]))
    );
    assert!(history.text().ends_with(" | Claude\n  [mcp] tulips"), "{}", history.text());
    let history = world.call("get_history", json!({"path": "Projects/Garden_Plan"})).await;
    assert!(history.text().ends_with("[mcp] Create: Projects/Garden Plan"), "{}", history.text());
    assert_eq!(history.structured()["history"][1]["revision"], json!(first));
}

#[tokio::test]
async fn a_change_of_what_was_not_read_is_a_conflict_that_tells_the_current_revision() {
    let world = World::new(false);
    let first = world.create("A", "one").await;
    let update = json!({"path": "A", "content": "two", "revision": first});
    let second = world.call("write_note", update.clone()).await.structured()["revision"].as_str().unwrap().to_owned();
    let stale = world.call("write_note", update).await;
    assert!(stale.is_error());
    assert_eq!(
        stale.text(),
        format!(
            "Conflict: Revision mismatch: page has been modified since last read. Read the page again to get the \
             current revision, then retry. The current revision is {second}."
        )
    );
    let error = &stale.body["result"]["_meta"]["robotwiki/error"];
    assert_eq!(error, &json!({"code": "revision_mismatch", "current_revision": second}));
    let blind = world.call("write_note", json!({"path": "a", "content": "three"})).await;
    assert!(blind.is_error() && blind.text().starts_with("Conflict: Revision required"));
    assert!(world.call("read_note", json!({"path": "A"})).await.text().ends_with("\n---\ntwo"));
}

#[tokio::test]
async fn an_edit_says_what_is_wrong_with_its_passage() {
    let world = World::new(false);
    let revision = world.create("A", "x\ny\nx\n").await;
    let edit = |old: &str| json!({"path": "A", "revision": revision, "old_string": old, "new_string": "z"});
    let text = async |old: &str| world.call("edit_note", edit(old)).await.text().to_owned();
    assert_eq!(
        text("x").await,
        "Invalid request: old_string is ambiguous: found 2 occurrences. Provide a longer unique string. They begin on \
         lines 1, 3."
    );
    assert!(text("nothing").await.starts_with("Invalid request: old_string not found in page content"));
    assert_eq!(text("").await, "Invalid request: old_string must not be empty");
    let short = json!({"path": "A", "revision": "abc", "old_string": "y", "new_string": "z"});
    let short = world.call("edit_note", short).await;
    assert_eq!(short.text(), "Invalid request: revision must be at least 7 characters");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let world = World::new(false);
    let error = async |tool: &str, arguments| {
        let reply = world.call(tool, arguments).await;
        assert!(reply.is_error(), "{}", reply.text());
        reply.text().to_owned()
    };
    assert_eq!(
        error("read_note", json!({"path": "Nowhere"})).await,
        "Page not found: Nowhere. Use write_note to create it, or list_notes to see available pages."
    );
    assert!(
        error("get_history", json!({"path": "Getting Startet"})).await.ends_with("Similar names: Getting_Started.")
    );
    assert!(error("read_note", json!({"path": "Home", "revision": "0000000"})).await.contains("at revision 0000000"));
    assert!(error("read_note", json!({"path": "Home", "section": "x"})).await.starts_with("Section not found: 'x'."));
    assert_eq!(
        error("download_attachment", json!({"path": "Home", "filename": "x.png"})).await,
        "Attachment not found: x.png. Use list_attachments to see the page's files."
    );
    assert_eq!(
        error("read_note", json!({"path": "../x"})).await,
        "Invalid request: path: must not contain '..' or '.' as a name"
    );
    assert!(error("search_notes", json!({"query": " "})).await.starts_with("Invalid request: query"));
    assert!(error("list_notes", json!({"updated_since": "soon"})).await.contains("Invalid updated_since format"));
}

#[tokio::test]
async fn without_a_write_token_reading_works_and_writing_says_what_is_needed() {
    let world = World::new(true);
    for token in [None, Some(world.reader.as_str())] {
        assert!(!world.call_as(token, "read_note", json!({"path": "Home"})).await.is_error());
        let write = world.call_as(token, "write_note", json!({"path": "X", "content": "x"})).await;
        assert!(write.is_error() && write.text().starts_with("A write token is needed"), "{}", write.text());
        let edit = json!({"path": "Home", "revision": "0000000", "old_string": "a", "new_string": "b"});
        assert!(world.call_as(token, "edit_note", edit).await.text().starts_with("A write token is needed"));
    }
    assert!(world.call("read_note", json!({"path": "X"})).await.is_error());
}

#[tokio::test]
async fn pages_are_listed_and_searched() {
    let world = World::new(false);
    world.create("Plants/Rose", "---\ncategory: plant\ntags: [red]\n---\nThe rose is a woody perennial.\n").await;
    world.create("Plants/Oak", "---\ncategory: tree\n---\nThe oak is a perennial too.\n").await;
    let list = world.call("list_notes", json!({"prefix": "plants/", "tag": "RED", "category": ""})).await;
    let lines: Vec<&str> = list.text().lines().collect();
    assert_eq!(lines[0], "Found 1 notes matching prefix=plants/, tag=RED:");
    assert!(lines[2].starts_with("- Plants/Rose (category: plant, last updated: 20"), "{}", lines[2]);
    assert!(lines[2].ends_with(", tags: red, 6 words)"), "{}", lines[2]);
    assert_eq!(list.structured()["notes"][0]["path"], json!("Plants/Rose"));
    let page = world.call("list_notes", json!({"prefix": "Plants/", "limit": 1, "offset": 1})).await;
    assert_eq!((&page.structured()["total"], page.structured()["next_offset"].is_null()), (&json!(2), true));

    let found = world.call("search_notes", json!({"q": "perennial woody"})).await;
    assert!(found.text().contains("\n\n1. Plants/Rose (score: 0."), "{}", found.text());
    assert_eq!(found.structured()["results"][0]["path"], json!("Plants/Rose"));
    let none = world.call("search_notes", json!({"query": "zyzzyva"})).await;
    assert_eq!(none.text(), "0 results for \"zyzzyva\":");
}

#[tokio::test]
async fn files_are_listed_and_downloaded_within_the_limit() {
    let world = World::with_limits(false, Limits { attachment_bytes: 8, ..Limits::default() });
    world.attach("Home", "x.png", b"\x89PNG\x00");
    world.attach("Home", "rep.pdf", b"hello");
    world.attach("Home", "big.bin", b"123456789");
    let list = world.call("list_attachments", json!({"path": "home"})).await;
    assert!(list.text().starts_with(
        "Attachments for Home (3):\n\n- big.bin (9 bytes, application/octet-stream, modified 2026-11-20T"
    ));
    let image = world.call("download_attachment", json!({"page": "Home", "name": "x.png"})).await;
    let data = STANDARD.encode(b"\x89PNG\x00");
    assert_eq!(image.text(), format!("Downloaded x.png (5 bytes, image/png)\nContent (base64):\n{data}"));
    assert_eq!(image.body["result"]["content"][1], json!({"type": "image", "data": data, "mimeType": "image/png"}));
    let file = world.call("download_attachment", json!({"path": "Home", "filename": "rep.pdf"})).await;
    assert_eq!(file.body["result"]["content"].as_array().unwrap().len(), 1);
    let big = world.call("download_attachment", json!({"path": "Home", "filename": "big.bin"})).await;
    assert!(big.is_error() && big.text().starts_with("Attachment too large: big.bin has 9 bytes, and at most 8"));
}

#[tokio::test]
async fn a_page_beyond_the_limit_is_refused_with_the_numbers() {
    let world = World::with_limits(false, Limits { page_bytes: 10, ..Limits::default() });
    let reply = world.call("write_note", json!({"path": "A", "content": "12345678901"})).await;
    assert!(reply.is_error());
    assert_eq!(reply.text(), "Content too large (11 bytes). Maximum size is 10 bytes.");
}
