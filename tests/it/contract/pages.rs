//! Pages: create, read, update, delete; old versions; commit messages.

use serde_json::json;

use super::world::{Wiki, refused, text, texts};
use crate::support::Request;

const WITH_FRONT_MATTER: &str =
    "---\ntitle: Iran (country)\ncategory: actor\ntags: [military, oil]\n---\n# Iran\n\nBody text.\n";

#[test]
fn a_new_page_is_created() {
    let wiki = Wiki::new();
    let answer = wiki.create("test-page", "# Test\n");
    // As stored; the predecessor's default was `Test-Page`.
    assert_eq!(answer["path"], "test-page");
    assert_eq!(answer["created"], true);
    assert_eq!(text(&answer["revision"]).len(), 40);
    assert_eq!(answer["name"], "test-page");
}

#[test]
fn the_name_is_the_front_matters_title() {
    let wiki = Wiki::new();
    assert_eq!(wiki.create("Actors/Iran", WITH_FRONT_MATTER)["name"], "Iran (country)");
    assert_eq!(wiki.page("Actors/Iran").expect(200)["name"], "Iran (country)");
}

#[test]
fn content_holds_the_front_matter_and_the_body() {
    let wiki = Wiki::with(&[("Actors/Iran", WITH_FRONT_MATTER)]);
    let content = wiki.content("Actors/Iran");
    assert!(content.starts_with("---"));
    assert!(content.contains("title: Iran (country)") && content.contains("Body text."));
}

#[test]
fn front_matter_is_parsed() {
    let wiki = Wiki::with(&[("Actors/Iran", WITH_FRONT_MATTER)]);
    let page = wiki.page("Actors/Iran").expect(200);
    assert_eq!(page["frontmatter"]["category"], "actor");
    assert_eq!(page["frontmatter"]["tags"], json!(["military", "oil"]));
}

#[test]
fn a_page_has_all_eight_fields() {
    let wiki = Wiki::with(&[("Actors/Iran", WITH_FRONT_MATTER)]);
    let page = wiki.page("Actors/Iran").expect(200);
    for field in ["name", "path", "content", "frontmatter", "links_to", "linked_from", "revision", "last_commit"] {
        assert!(page.get(field).is_some(), "{field}");
    }
}

#[test]
fn the_last_commit_is_described() {
    let wiki = Wiki::with(&[("Page", "x\n")]);
    let page = wiki.page("Page").expect(200);
    for field in ["revision", "author", "date", "message"] {
        assert!(!text(&page["last_commit"][field]).is_empty(), "{field}");
    }
    assert_eq!(page["last_commit"]["author"], "Claude (MCP)");
}

#[test]
fn a_body_without_front_matter_comes_back_exactly() {
    let content = "# Plain\n\nJust text: ß, 🦀, trailing spaces  \n\n";
    let wiki = Wiki::with(&[("Plain", content)]);
    assert_eq!(wiki.content("Plain"), content);
    assert!(wiki.page("Plain").expect(200)["frontmatter"].is_null());
}

#[test]
fn a_missing_page_is_not_found() {
    refused(&Wiki::new().page("nowhere"), 404, "Page not found: nowhere");
}

#[test]
fn an_update_with_the_revision_succeeds() {
    let wiki = Wiki::new();
    let revision = wiki.revision_of_new("Page", "one\n");
    let answer = wiki.page_with("PUT", "Page", &json!({ "content": "two\n", "revision": revision })).expect(200);
    assert_eq!(answer["created"], false);
    assert_ne!(answer["revision"], revision);
    assert_eq!(wiki.content("Page"), "two\n");
}

#[test]
fn an_update_without_a_revision_conflicts() {
    let wiki = Wiki::with(&[("Page", "one\n")]);
    let body = refused(&wiki.page_with("PUT", "Page", &json!({ "content": "two" })), 409, "Revision required");
    assert!(body.get("current_revision").is_none(), "whoever has not read the page should: {body}");
}

#[test]
fn an_empty_revision_is_no_revision() {
    let wiki = Wiki::with(&[("Page", "one\n")]);
    let answer = wiki.page_with("PUT", "Page", &json!({ "content": "two", "revision": "" }));
    let body = refused(&answer, 409, "Revision required");
    assert!(body.get("current_revision").is_none(), "{body}");
}

#[test]
fn a_wrong_revision_conflicts_and_says_the_current_one() {
    let wiki = Wiki::new();
    let revision = wiki.revision_of_new("Page", "one\n");
    let answer = wiki.page_with("PUT", "Page", &json!({ "content": "two", "revision": "0".repeat(40) }));
    assert_eq!(refused(&answer, 409, "Revision mismatch")["current_revision"], revision);
}

#[test]
fn a_short_revision_is_refused() {
    let wiki = Wiki::with(&[("Page", "one\n")]);
    let answer = wiki.page_with("PUT", "Page", &json!({ "content": "two", "revision": "abc" }));
    refused(&answer, 422, "at least 7");
}

#[test]
fn creating_needs_no_revision() {
    Wiki::new().page_with("PUT", "Fresh", &json!({ "content": "x" })).expect(201);
}

#[test]
fn a_deleted_page_is_gone() {
    let wiki = Wiki::with(&[("Page", "x\n")]);
    let answer = wiki.send(Request::new("DELETE", "/api/v1/pages/Page")).expect(200);
    assert_eq!((&answer["deleted"], &answer["path"]), (&json!(true), &json!("Page")));
    assert_eq!(wiki.page("Page").status, 404);
}

#[test]
fn deleting_takes_a_message() {
    let wiki = Wiki::with(&[("Page", "x\n")]);
    let answer = wiki.page_with("DELETE", "Page", &json!({ "commit_message": "No longer true" })).expect(200);
    assert_eq!(answer["deleted"], true);
}

#[test]
fn deleting_a_missing_page_is_not_found() {
    refused(&Wiki::new().send(Request::new("DELETE", "/api/v1/pages/nowhere")), 404, "Page not found");
}

#[test]
fn a_write_needs_content() {
    let answer = Wiki::new().page_with("PUT", "Page", &json!({ "commit_message": "x" }));
    refused(&answer, 422, "Request body must include 'content' field");
}

#[test]
fn a_write_takes_a_message() {
    let wiki = Wiki::new();
    wiki.page_with("PUT", "Page", &json!({ "content": "x", "commit_message": "Why" })).expect(201);
    assert_eq!(wiki.page("Page").expect(200)["last_commit"]["message"], "Why");
}

#[test]
fn pages_nest() {
    let wiki = Wiki::new();
    assert_eq!(wiki.create("projects/my-project", "# P\n")["path"], "projects/my-project");
    assert_eq!(wiki.content("projects/my-project"), "# P\n");
}

#[test]
fn an_old_version_stays_readable() {
    let wiki = Wiki::new();
    let first = wiki.revision_of_new("Page", "one\n");
    wiki.update("Page", "two\n", &first);
    assert_eq!(wiki.get(&format!("/pages/Page?revision={first}")).expect(200)["content"], "one\n");
    assert_eq!(wiki.content("Page"), "two\n");
}

#[test]
fn an_unknown_revision_is_not_found() {
    let wiki = Wiki::with(&[("Page", "one\n")]);
    refused(&wiki.get(&format!("/pages/Page?revision={}", "dead".repeat(10))), 404, "Page not found");
}

#[test]
fn the_revision_is_the_last_commits() {
    let wiki = Wiki::with(&[("Page", "one\n"), ("Other", "x\n")]);
    let page = wiki.page("Page").expect(200);
    assert_eq!(page["revision"], page["last_commit"]["revision"]);
    assert_eq!(text(&page["revision"]).len(), 40);
}

#[test]
fn a_message_of_the_api_says_so() {
    let wiki = Wiki::with(&[("Page", "x\n")]);
    let message = text(&wiki.page("Page").expect(200)["last_commit"]["message"]);
    assert!(message.starts_with("[api] Create: Page"), "{message}");
}

#[test]
fn a_given_message_is_kept_to_the_letter() {
    let wiki = Wiki::new();
    let message = "Docs: explain \"why\"\n\nAnd how.";
    wiki.page_with("PUT", "Page", &json!({ "content": "x", "commit_message": message })).expect(201);
    let history = wiki.get("/pages/Page/history").expect(200);
    assert_eq!(texts(&history["history"], Some("message")), [message]);
}

#[test]
fn a_given_message_needs_no_prefix() {
    let wiki = Wiki::new();
    wiki.page_with("PUT", "Page", &json!({ "content": "x", "commit_message": "plain words" })).expect(201);
    let message = text(&wiki.page("Page").expect(200)["last_commit"]["message"]);
    assert!(!message.contains("[api]"), "{message}");
}
