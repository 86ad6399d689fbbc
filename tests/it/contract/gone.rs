//! The predecessor's bugs (reference sections 5.1 to 5.3), each gone.

use serde_json::json;

use super::world::{Wiki, refused, server, text, texts};
use crate::support::{Request, git_ok};

fn files(wiki: &Wiki) -> String {
    git_ok(&server().dir().repository(&wiki.slug), &["ls-tree", "-r", "--name-only", "main"], b"")
}

/// S1: a path climbed out of the repository, also when it was encoded twice, and into `.git`.
#[test]
fn no_path_leaves_the_wiki() {
    let wiki = Wiki::new();
    let before = files(&wiki);
    for path in ["%2e%2e/secret", "%2e%2e%2fsecret", "a/%2e%2e/%2e%2e/x", ".git/foo", "%2egit/config", "a/.GIT/hooks"] {
        let target = format!("/api/v1/pages/{path}");
        for request in [Request::get(&target), Request::new("PUT", &target).json(&json!({ "content": "x" }))] {
            let answer = wiki.send(request);
            assert!(matches!(answer.status, 404 | 422), "{path}: {} {}", answer.status, answer.text());
        }
    }
    // What is still encoded after decoding once is a name like any other, and stays one.
    wiki.send(Request::new("PUT", "/api/v1/pages/%252e%252e").json(&json!({ "content": "x" })));
    assert!(!files(&wiki).lines().any(|file| file.split('/').any(|part| part == ".." || part == ".git")));
    assert!(files(&wiki).lines().count() <= before.lines().count() + 1);
}

/// S2: a revision was handed to git as an option.
#[test]
fn a_revision_is_hexadecimal_or_nothing() {
    let wiki = Wiki::with(&[("Page", "x\n")]);
    let target = server().dir().beside("written-by-git");
    for revision in [&format!("--output={}", target.display()), "HEAD", "HEAD~1", "main", "main:Page.md", "@{u}"] {
        let answer = wiki.get(&format!("/pages/Page?revision={}", crate::support::encode_query(revision)));
        refused(&answer, 422, "revision");
    }
    assert!(!target.exists());
}

/// S6: unknown addresses fell through to pages for people, without a credential; errors showed paths of the server.
#[test]
fn unknown_addresses_are_answered_by_the_api() {
    let wiki = Wiki::new();
    for target in ["/api/v1/nothing", "/api/v1/chroma-status", "/api/v2/pages", "/api/v1/pages/"] {
        let answer = wiki.anonymous(&Request::get(target));
        assert!(matches!(answer.status, 401 | 404 | 422), "{target}: {}", answer.status);
        assert!(answer.json()["error"].is_string(), "{target}: {}", answer.text());
        assert!(!answer.text().contains(&server().dir().path().display().to_string()));
    }
    assert_eq!(wiki.send(Request::new("POST", "/api/v1/pages")).expect(405)["code"], "method_not_allowed");
}

/// S7: names were patterns and options for git.
#[test]
fn names_that_mean_something_to_git_are_names() {
    let wiki = Wiki::with(&[("alpha", "first\n")]);
    for name in ["a*", "-rf", "--help", "a[b]c", "HEAD", "main"] {
        let answer = wiki.page_with("PUT", name, &json!({ "content": format!("{name}\n") }));
        if answer.status == 422 {
            continue;
        }
        let created = answer.expect(201);
        let page = wiki.page(name).expect(200);
        assert_eq!(page["revision"], created["revision"], "{name}");
        assert_eq!(page["content"], format!("{name}\n"));
        wiki.send(Request::new("DELETE", format!("/api/v1/pages/{}", crate::support::encode_path(name)))).expect(200);
    }
    assert_eq!(wiki.content("alpha"), "first\n");
}

/// D1: what the API wrote was not found, and what it deleted still was.
#[test]
fn search_follows_writes_and_deletions() {
    let wiki = Wiki::with(&[("Page", "qfollow9\n")]);
    wiki.found("qfollow9", 1);
    wiki.send(Request::new("DELETE", "/api/v1/pages/Page")).expect(200);
    wiki.found("qfollow9", 0);
}

/// D3: a deletion could not be bound to what its author had read.
#[test]
fn a_deletion_may_name_the_revision_that_was_read() {
    let wiki = Wiki::new();
    let first = wiki.revision_of_new("Page", "one\n");
    let second = wiki.update("Page", "two\n", &first);
    let stale = wiki.page_with("DELETE", "Page", &json!({ "revision": first }));
    assert_eq!(refused(&stale, 409, "Revision mismatch")["current_revision"], second);
    wiki.page_with("DELETE", "Page", &json!({ "revision": second })).expect(200);
}

/// D5: content of another type answered 500 and left a page that nothing could change or delete.
#[test]
fn content_of_another_type_is_refused_and_leaves_nothing() {
    let wiki = Wiki::new();
    for content in [json!(5), json!(null), json!(["x"]), json!({}), json!(true)] {
        refused(&wiki.page_with("PUT", "Page", &json!({ "content": content })), 422, "content");
        assert_eq!(wiki.page("Page").status, 404);
    }
    wiki.create("Page", "x\n");
}

/// D6: a stale update made a deleted page again, silently.
#[test]
fn a_stale_update_does_not_bring_a_deleted_page_back() {
    let wiki = Wiki::new();
    let revision = wiki.revision_of_new("Page", "x\n");
    wiki.send(Request::new("DELETE", "/api/v1/pages/Page")).expect(200);
    let answer = wiki.page_with("PUT", "Page", &json!({ "content": "y", "revision": revision }));
    assert_eq!(refused(&answer, 409, "deleted")["code"], "page_deleted");
    assert_eq!(wiki.page("Page").status, 404);
}

/// D7: one page whose title was a number ended search; tags that were no texts ended filters.
#[test]
fn odd_front_matter_breaks_neither_search_nor_filters() {
    let wiki = Wiki::with(&[
        ("number", "---\ntitle: 2026\ntags: [1, 2]\ncategory: 7\n---\nqodd7\n"),
        ("null", "---\ntitle:\ntags:\n---\nqodd7\n"),
        ("mapping", "---\n1: one\ntrue: yes\n---\nqodd7\n"),
    ]);
    wiki.found("qodd7", 3);
    for query in ["", "?tag=1", "?category=7", "?tag=guide"] {
        wiki.get(&format!("/pages{query}")).expect(200);
    }
    for page in ["number", "null", "mapping"] {
        assert!(wiki.page(page).expect(200)["name"].is_string());
    }
}

/// D8, D9: links were those of another time, and pages had ghosts by their case.
#[test]
fn links_are_those_of_now() {
    let wiki = Wiki::with(&[("Target", "x\n"), ("From", "[[target]]\n")]);
    assert_eq!(texts(&wiki.page("Target").expect(200)["linked_from"], None), ["From"]);
    assert_eq!(texts(&wiki.page("From").expect(200)["links_to"], None), ["Target"]);
    wiki.send(Request::new("DELETE", "/api/v1/pages/From")).expect(200);
    assert!(texts(&wiki.page("Target").expect(200)["linked_from"], None).is_empty());
    let again = wiki.page_with("PUT", "TARGET", &json!({ "content": "y" }));
    refused(&again, 409, "Revision required");
}

/// D10: reading by revision lost a line break, and a revision that had not touched the page gave an empty one.
#[test]
fn an_old_version_is_exact_and_has_a_revision() {
    let wiki = Wiki::new();
    let first = wiki.revision_of_new("Page", "one\n\n");
    let other = wiki.revision_of_new("Other", "x\n");
    let page = wiki.get(&format!("/pages/Page?revision={other}")).expect(200);
    assert_eq!(page["content"], "one\n\n");
    assert_eq!(page["revision"], first);
    wiki.update("Page", "two\n", &text(&page["revision"]));
}

/// D12: of two writers with the same revision, both could win.
#[test]
fn of_writers_with_the_same_revision_one_wins() {
    let wiki = Wiki::new();
    let revision = wiki.revision_of_new("Page", "start\n");
    let won = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|n| {
                let (wiki, revision) = (&wiki, &revision);
                scope.spawn(move || {
                    let body = json!({ "content": format!("writer {n}\n"), "revision": revision });
                    wiki.page_with("PUT", "Page", &body).status
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).filter(|status| *status == 200).count()
    });
    assert_eq!(won, 1);
}

/// D13: an edit of one word rewrote every line break of a page.
#[test]
fn an_edit_keeps_line_breaks_as_they_are() {
    let wiki = Wiki::new();
    let revision = wiki.revision_of_new("Page", "one\r\ntwo\r\nthree\r\n");
    let body = json!({ "revision": revision, "old_string": "two\r\n", "new_string": "2\r\n" });
    wiki.page_with("PATCH", "Page", &body).expect(200);
    assert_eq!(wiki.content("Page"), "one\r\n2\r\nthree\r\n");
}

/// 1.3: a page whose last part is a verb could be written, and not read.
#[test]
fn a_page_that_an_address_could_not_mean_cannot_be_written() {
    let wiki = Wiki::new();
    for verb in ["history", "attachments"] {
        let target = format!("/api/v1/pages/foo%2F{verb}");
        let answer = wiki.send(Request::new("PUT", target).json(&json!({ "content": "x\n" })));
        assert_eq!(refused(&answer, 422, "reserved")["code"], "invalid_path");
    }
}

/// 5.3: `total` was the number returned.
#[test]
fn totals_are_of_what_exists() {
    let wiki = Wiki::with(&[("a", "qtotal4\n"), ("b", "qtotal4\n"), ("c", "qtotal4\n")]);
    wiki.found("qtotal4", 3);
    let answer = wiki.get("/search?q=qtotal4&limit=1").expect(200);
    assert_eq!((answer["results"].as_array().unwrap().len(), &answer["total"]), (1, &json!(3)));
}

/// 1.1: a token with characters beyond ASCII answered 500.
#[test]
fn a_strange_token_is_only_wrong() {
    let wiki = Wiki::new();
    for token in ["rw_é", "🦀", "rwp_x", ""] {
        let request = Request::get("/api/v1/pages").header("Authorization", format!("Bearer {token}"));
        assert_eq!(wiki.anonymous(&request).status, 401, "{token}");
    }
}
