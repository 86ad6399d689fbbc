//! Attachments as base64 in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::world::{Wiki, refused, texts};
use crate::support::{Request, Response};

fn wiki() -> Wiki {
    Wiki::with(&[("Actors/Iran", "# Iran\n")])
}

fn upload(wiki: &Wiki, name: &str, bytes: &[u8]) -> Response {
    post(wiki, "Actors/Iran", &json!({ "filename": name, "content": STANDARD.encode(bytes) }))
}

fn post(wiki: &Wiki, page: &str, body: &Value) -> Response {
    wiki.send(Request::new("POST", format!("/api/v1/pages/{page}/attachments")).json(body))
}

fn list(wiki: &Wiki) -> Value {
    wiki.get("/pages/Actors/Iran/attachments").expect(200)
}

#[test]
fn a_page_begins_without_attachments() {
    let answer = list(&wiki());
    assert_eq!((&answer["total"], &answer["attachments"]), (&json!(0), &json!([])));
}

#[test]
fn attachments_of_a_missing_page_are_not_found() {
    refused(&wiki().get("/pages/nowhere/attachments"), 404, "Page not found: nowhere");
}

#[test]
fn an_uploaded_file_is_listed() {
    let wiki = wiki();
    let answer = upload(&wiki, "report.pdf", b"%PDF-").expect(201);
    assert_eq!((&answer["filename"], &answer["path"]), (&json!("report.pdf"), &json!("Actors/Iran")));
    assert_eq!((&answer["size"], &answer["mime_type"]), (&json!(5), &json!("application/pdf")));
    let listed = list(&wiki);
    assert_eq!(listed["total"], 1);
    assert_eq!(texts(&listed["attachments"], Some("filename")), ["report.pdf"]);
}

#[test]
fn nothing_is_attached_to_a_missing_page() {
    let answer = post(&wiki(), "nowhere", &json!({ "filename": "a.txt", "content": "eA==" }));
    refused(&answer, 404, "Page not found: nowhere");
}

#[test]
fn an_upload_needs_content() {
    let answer = post(&wiki(), "Actors/Iran", &json!({ "filename": "a.txt" }));
    refused(&answer, 422, "Request body must include 'filename' and 'content' fields");
}

#[test]
fn bad_base64_is_refused() {
    let answer = post(&wiki(), "Actors/Iran", &json!({ "filename": "a.txt", "content": "not base64!" }));
    refused(&answer, 422, "Invalid base64 content");
}

#[test]
fn a_file_beyond_the_limit_is_refused() {
    let answer = upload(&wiki(), "big.bin", &vec![7; 11 << 20]);
    refused(&answer, 422, "too large");
}

#[test]
fn bytes_come_back_as_they_were() {
    let wiki = wiki();
    let bytes: Vec<u8> = (0..=255).chain([0, 0, 13, 10]).collect();
    upload(&wiki, "all.bin", &bytes).expect(201);
    let answer = wiki.get("/pages/Actors/Iran/attachments/all.bin").expect(200);
    assert_eq!(STANDARD.decode(answer["content"].as_str().unwrap()).unwrap(), bytes);
    assert_eq!(answer["size"], bytes.len());
}

#[test]
fn a_missing_file_is_not_found() {
    refused(&wiki().get("/pages/Actors/Iran/attachments/no.txt"), 404, "Attachment not found: no.txt");
}

#[test]
fn a_deleted_file_is_gone() {
    let wiki = wiki();
    upload(&wiki, "a.txt", b"x").expect(201);
    let answer = wiki.send(Request::new("DELETE", "/api/v1/pages/Actors/Iran/attachments/a.txt")).expect(200);
    assert_eq!((&answer["deleted"], &answer["filename"]), (&json!(true), &json!("a.txt")));
    assert_eq!(list(&wiki)["total"], 0);
}

#[test]
fn deleting_a_missing_file_is_not_found() {
    let answer = wiki().send(Request::new("DELETE", "/api/v1/pages/Actors/Iran/attachments/no.txt"));
    refused(&answer, 404, "Attachment not found: no.txt");
}

#[test]
fn a_given_message_is_in_the_changelog() {
    let wiki = wiki();
    let body = json!({ "filename": "a.txt", "content": "eA==", "commit_message": "Evidence" });
    post(&wiki, "Actors/Iran", &body).expect(201);
    let changes = wiki.get("/changelog").expect(200);
    assert_eq!(texts(&changes["entries"], Some("message"))[0], "Evidence");
}
