//! `POST /pages/{path}/rename`.

use serde_json::{Value, json};

use super::world::{Wiki, refused, text, texts};
use crate::support::{Response, encode_path};

fn rename(wiki: &Wiki, from: &str, body: &Value) -> Response {
    let target = format!("/api/v1/pages/{}/rename", encode_path(from));
    wiki.send(crate::support::Request::new("POST", target).json(body))
}

fn renamed(wiki: &Wiki, from: &str, to: &str) -> Value {
    rename(wiki, from, &json!({ "new_path": to })).expect(200)
}

#[test]
fn a_renamed_page_is_at_its_new_path_only() {
    let wiki = Wiki::with(&[("Old", "content\n")]);
    renamed(&wiki, "Old", "New");
    assert_eq!(wiki.page("Old").status, 404);
    assert_eq!(wiki.content("New"), "content\n");
}

#[test]
fn the_answer_says_what_changed() {
    let wiki = Wiki::with(&[("Old", "content\n")]);
    let answer = renamed(&wiki, "Old", "New");
    assert_eq!((text(&answer["old_path"]), text(&answer["new_path"])), ("Old".to_owned(), "New".to_owned()));
    assert_eq!(text(&answer["revision"]).len(), 40);
    assert!(texts(&answer["updated_pages"], None).is_empty());
}

#[test]
fn links_to_the_page_are_rewritten() {
    let wiki = Wiki::with(&[("Target", "x\n"), ("Linker", "See [[Target]].\n")]);
    let answer = renamed(&wiki, "Target", "New-Target");
    assert_eq!(wiki.content("Linker"), "See [[New-Target]].\n");
    assert_eq!(texts(&answer["updated_pages"], None), ["Linker"]);
}

#[test]
fn the_text_of_a_link_is_kept() {
    let wiki = Wiki::with(&[("deep/Target", "x\n"), ("Linker", "See [[the words|deep/Target]].\n")]);
    renamed(&wiki, "deep/Target", "deep/Moved");
    assert_eq!(wiki.content("Linker"), "See [[the words|deep/Moved]].\n");
}

#[test]
fn the_anchor_of_a_link_is_kept() {
    let wiki = Wiki::with(&[("Target", "# Part\n"), ("Linker", "See [[Target#part]].\n")]);
    renamed(&wiki, "Target", "Moved");
    assert_eq!(wiki.content("Linker"), "See [[Moved#part]].\n");
}

#[test]
fn a_missing_page_is_not_found() {
    refused(&rename(&Wiki::new(), "nowhere", &json!({ "new_path": "x" })), 404, "Page not found: nowhere");
}

#[test]
fn a_taken_path_conflicts() {
    let wiki = Wiki::with(&[("One", "1\n"), ("Two", "2\n")]);
    let body = refused(&rename(&wiki, "One", &json!({ "new_path": "Two" })), 409, "A page already exists at: Two");
    assert!(body.get("current_revision").is_none(), "{body}");
}

#[test]
fn the_same_path_is_refused() {
    let wiki = Wiki::with(&[("One", "1\n")]);
    refused(&rename(&wiki, "One", &json!({ "new_path": "One" })), 422, "new_path is the same as the current path");
}

#[test]
fn a_new_path_is_needed() {
    let wiki = Wiki::with(&[("One", "1\n")]);
    refused(&rename(&wiki, "One", &json!({ "x": 1 })), 422, "Request body must include 'new_path' field");
    refused(&rename(&wiki, "One", &json!({ "new_path": "  " })), 422, "new_path must not be empty");
}

#[test]
fn outgoing_links_are_those_of_the_new_path() {
    let wiki = Wiki::with(&[("Old", "To [[Elsewhere]].\n")]);
    renamed(&wiki, "Old", "New");
    assert_eq!(texts(&wiki.get("/links/New").expect(200)["links_to"], None), ["Elsewhere"]);
    assert_eq!(wiki.get("/links/Old").expect(200)["links_to"], json!([]));
}

#[test]
fn the_page_and_its_linkers_change_in_one_commit() {
    let wiki = Wiki::with(&[("Target", "x\n"), ("Linker", "[[Target]]\n")]);
    let answer = renamed(&wiki, "Target", "deep/er/Target");
    assert_eq!(wiki.page("deep/er/Target").expect(200)["revision"], answer["revision"]);
    assert_eq!(wiki.page("Linker").expect(200)["revision"], answer["revision"]);
}

/// The predecessor could lose its link index; ours is derived. What it pinned besides: other links stay.
#[test]
fn other_links_are_left_alone() {
    let linker = "[[Target]] [[Target/Child]] [[Other]] `[[Target]]` \\[[Target]]\n";
    let wiki = Wiki::with(&[("Target", "x\n"), ("Linker", linker)]);
    renamed(&wiki, "Target", "Moved");
    let content = wiki.content("Linker");
    assert!(content.starts_with("[[Moved]]") && content.contains("[[Other]]"), "{content}");
}
