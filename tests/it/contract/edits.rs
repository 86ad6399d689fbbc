//! `PATCH`: one unique string is replaced.

use serde_json::{Value, json};

use super::world::{Wiki, refused, text, texts};
use crate::support::Response;

/// A wiki with one page, and its revision.
fn page(content: &str) -> (Wiki, String) {
    let wiki = Wiki::new();
    let revision = wiki.revision_of_new("notes/page", content);
    (wiki, revision)
}

fn patch(wiki: &Wiki, revision: &str, old: &str, new: &str) -> Response {
    wiki.page_with("PATCH", "notes/page", &json!({ "revision": revision, "old_string": old, "new_string": new }))
}

#[test]
fn an_edit_changes_content_and_revision() {
    let (wiki, revision) = page("one two three\n");
    let answer = patch(&wiki, &revision, "two", "2").expect(200);
    // As stored; the predecessor's default was `Notes/Page`.
    assert_eq!(answer["path"], "notes/page");
    assert_eq!(wiki.content("notes/page"), "one 2 three\n");
    let now = text(&answer["revision"]);
    assert!(now != revision && now.len() == 40, "{now}");
    assert_eq!(wiki.page("notes/page").expect(200)["revision"], now);
}

#[test]
fn the_front_matter_can_be_edited() {
    let (wiki, revision) = page("---\ntitle: Old\n---\nText\n");
    patch(&wiki, &revision, "title: Old", "title: New").expect(200);
    assert_eq!(wiki.page("notes/page").expect(200)["frontmatter"]["title"], "New");
}

#[test]
fn an_empty_new_string_deletes() {
    let (wiki, revision) = page("keep drop keep\n");
    patch(&wiki, &revision, "drop ", "").expect(200);
    assert_eq!(wiki.content("notes/page"), "keep keep\n");
}

#[test]
fn a_wrong_revision_conflicts_and_says_the_current_one() {
    let (wiki, revision) = page("one\n");
    let answer = patch(&wiki, &"0".repeat(40), "one", "two");
    assert_eq!(refused(&answer, 409, "Revision mismatch")["current_revision"], revision);
}

#[test]
fn an_absent_old_string_is_refused() {
    let (wiki, revision) = page("one\n");
    refused(&patch(&wiki, &revision, "absent", "x"), 422, "old_string not found in page content");
}

#[test]
fn an_ambiguous_old_string_is_refused_with_the_count() {
    let (wiki, revision) = page("one one\n");
    refused(&patch(&wiki, &revision, "one", "x"), 422, "old_string is ambiguous: found 2 occurrences");
    assert_eq!(wiki.content("notes/page"), "one one\n");
}

#[test]
fn a_missing_page_is_not_found() {
    let wiki = Wiki::new();
    refused(&patch(&wiki, &"0".repeat(40), "a", "b"), 404, "Page not found");
}

#[test]
fn a_missing_field_is_named() {
    let (wiki, revision) = page("one\n");
    let whole = json!({ "revision": revision, "old_string": "one", "new_string": "two" });
    for name in ["revision", "old_string", "new_string"] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(name);
        refused(&wiki.page_with("PATCH", "notes/page", &body), 422, &format!("Missing required field: {name}"));
    }
    refused(&wiki.page_with("PATCH", "notes/page", &Value::Null), 422, "Request body is required");
}

#[test]
fn identical_strings_are_refused() {
    let (wiki, revision) = page("one\n");
    refused(&patch(&wiki, &revision, "one", "one"), 422, "old_string and new_string are identical");
}

#[test]
fn a_given_message_is_kept_to_the_letter() {
    let (wiki, revision) = page("one\n");
    let body = json!({ "revision": revision, "old_string": "one", "new_string": "two", "commit_message": "Why: 2" });
    wiki.page_with("PATCH", "notes/page", &body).expect(200);
    assert_eq!(wiki.page("notes/page").expect(200)["last_commit"]["message"], "Why: 2");
}

#[test]
fn seven_characters_of_a_revision_are_enough() {
    let (wiki, revision) = page("one\n");
    patch(&wiki, &revision[..7], "one", "two").expect(200);
}

#[test]
fn links_follow_an_edit() {
    let (wiki, revision) = page("See [[First]].\n");
    patch(&wiki, &revision, "[[First]]", "[[Second]]").expect(200);
    assert_eq!(texts(&wiki.page("notes/page").expect(200)["links_to"], None), ["Second"]);
}

#[test]
fn an_empty_revision_is_refused() {
    let (wiki, _) = page("one\n");
    refused(&patch(&wiki, "", "one", "two"), 422, "revision must be at least 7 characters");
}

#[test]
fn a_short_revision_is_refused() {
    let (wiki, revision) = page("one\n");
    refused(&patch(&wiki, &revision[..3], "one", "two"), 422, "revision must be at least 7 characters");
}

#[test]
fn an_empty_old_string_is_refused() {
    let (wiki, revision) = page("one\n");
    refused(&patch(&wiki, &revision, "", "two"), 422, "old_string must not be empty");
}
