//! What the forms of pages do: good ones, bad ones, ones that somebody else sends.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use super::{HOST, World};
use crate::model::PagePath;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_renamed_or_the_form_says_why_not() {
    let world = World::new();
    let page = world.save("Old name", "[[Home]]\n", None);
    world.save("Old name/Below", "x\n", None);
    world.save("Linker", "[[Old name]]\n", None);
    let (_, html) = world.get("/Old_name/rename").await;
    assert!(html.contains("1 page below it") && html.contains("Links in 1 page"), "{html}");
    for (to, expected, says) in [
        ("", StatusCode::UNPROCESSABLE_ENTITY, "must not be empty"),
        ("Home", StatusCode::CONFLICT, "Home"),
        ("a//..", StatusCode::UNPROCESSABLE_ENTITY, "a//.."),
        ("Old name", StatusCode::UNPROCESSABLE_ENTITY, "the same"),
        ("x/edit", StatusCode::UNPROCESSABLE_ENTITY, "value=\"x/edit\""),
    ] {
        let (status, html) = world.post("/Old_name/rename", &[("to", to), ("base", &page.revision.to_string())]).await;
        assert!(status == expected && html.contains(says), "{to:?}: {status} {html}");
    }
    let stale = world.post("/Old_name/rename", &[("to", "New"), ("base", "1234567")]).await;
    assert_eq!(stale.0, StatusCode::CONFLICT);
    assert_eq!(world.post("/Nowhere/rename", &[("to", "New")]).await.0, StatusCode::NOT_FOUND);
    let done = world.post("/Old_name/rename", &[("to", "New name"), ("base", &page.revision.to_string())]).await;
    assert_eq!(done.0, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/New_name/Below").await.0, StatusCode::OK);
    assert_eq!(world.get("/Linker/source?raw").await.1, "[[New_name]]\n");
    assert_eq!(world.get("/Old_name").await.0, StatusCode::FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_deleted_unless_it_was_changed_meanwhile() {
    let world = World::new();
    let page = world.save("Page", "one\n", None);
    world.save("Linker", "[[Page]]\n", None);
    let (_, html) = world.get("/Page/delete").await;
    assert!(html.contains("href=\"/Linker\""), "{html}");
    let newer = world.save("Page", "two\n", Some(page.revision.into()));
    let (status, html) = world.post("/Page/delete", &[("base", &page.revision.to_string())]).await;
    assert!(status == StatusCode::CONFLICT && html.contains(&newer.revision.to_string()), "{html}");
    assert_eq!(world.post("/Page/delete", &[("base", "nonsense")]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.post("/Nowhere/delete", &[]).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.get("/Page").await.0, StatusCode::OK);
    let done = world.post("/Page/delete", &[("base", &newer.revision.to_string())]).await;
    assert_eq!(done.0, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/Page").await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&format!("/Page?revision={}", newer.revision)).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_version_is_brought_back() {
    let world = World::new();
    let first = world.save("Page", "one\n", None);
    world.save("Page", "two\n", Some(first.revision.into()));
    for (revision, expected) in [("nonsense", StatusCode::UNPROCESSABLE_ENTITY), ("12345678", StatusCode::NOT_FOUND)] {
        assert_eq!(world.post("/Page/revert", &[("revision", revision)]).await.0, expected, "{revision}");
    }
    assert_eq!(world.post("/Page/revert", &[]).await.0, StatusCode::UNPROCESSABLE_ENTITY, "no version at all");
    let done = world.post("/Page/revert", &[("revision", &first.revision.short())]).await;
    assert_eq!(done.0, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/Page/source?raw").await.1, "one\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_ticked_where_the_reader_saw_it() {
    let world = World::new();
    let page = world.save("Tasks", "- [ ] a\n- [ ] b\n", None);
    let base = page.revision.to_string();
    let (status, revision) = world.post("/-/task/Tasks", &[("task", "1"), ("done", "true"), ("base", &base)]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(world.get("/Tasks/source?raw").await.1, "- [ ] a\n- [x] b\n");
    let stale = world.post("/-/task/Tasks", &[("task", "0"), ("done", "true"), ("base", &base)]).await;
    assert_eq!(stale.0, StatusCode::CONFLICT, "another box was ticked meanwhile");
    for (fields, what) in [
        (&[("task", "7"), ("done", "true"), ("base", revision.as_str())][..], "no such box"),
        (&[("task", "x"), ("done", "true"), ("base", revision.as_str())][..], "no number"),
        (&[("task", "0"), ("done", "true"), ("base", "nonsense")][..], "no revision"),
        (&[("task", "0")][..], "half a form"),
    ] {
        let (status, _) = world.post("/-/task/Tasks", fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
    }
    assert_eq!(world.get("/Tasks/source?raw").await.1, "- [ ] a\n- [x] b\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_get_a_new_name_and_go() {
    let world = World::new();
    let page = world.save("Page", "![x](./a.png)\n", None).path;
    let (status, _) = world.upload(&page, &[("file", Some("a.png"), "one"), ("file", Some("b c.txt"), "two")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, html) = world.get("/Page/attachments").await;
    assert!(html.contains("href=\"/Page/a.png\"") && html.contains("href=\"/Page/b_c.txt\""), "{html}");
    assert_eq!(world.get("/Page/b_c.txt").await.1, "two");

    let renamed = world.upload(&page, &[("rename", None, "a.png"), ("to", None, "new.png")]).await;
    assert_eq!(renamed.0, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/Page/source?raw").await.1, "![x](/Page/new.png)\n");
    let deleted = world.upload(&page, &[("delete", None, "b_c.txt")]).await;
    assert_eq!(deleted.0, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/Page/b_c.txt").await.0, StatusCode::NOT_FOUND);

    for (parts, expected, what) in [
        (&[][..], StatusCode::UNPROCESSABLE_ENTITY, "nothing chosen"),
        (&[("file", Some("../../x"), "x")][..], StatusCode::UNPROCESSABLE_ENTITY, "a path for a name"),
        (&[("file", Some("page.md"), "x")][..], StatusCode::UNPROCESSABLE_ENTITY, "a page for a file"),
        (&[("delete", None, "nothing.txt")][..], StatusCode::NOT_FOUND, "no such file"),
        (&[("rename", None, "new.png"), ("to", None, "")][..], StatusCode::UNPROCESSABLE_ENTITY, "no new name"),
    ] {
        let (status, html) = world.upload(&page, parts).await;
        assert!(
            status == expected || (what == "a path for a name" && status == StatusCode::SEE_OTHER),
            "{what}: {status} {html}"
        );
    }
    let nowhere = PagePath::parse("Nowhere").unwrap();
    assert_eq!(world.upload(&nowhere, &[("file", Some("a.png"), "x")]).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_changes_nothing() {
    let world = World::new();
    let page = world.save("Page", "- [ ] one\n", None);
    let base = page.revision.to_string();
    let csrf = world.auth.csrf_token(&world.owner);
    let fields = format!("base={base}&revision={base}&to=New&task=0&done=true&content=x");
    for address in ["/Page/rename", "/Page/delete", "/Page/revert", "/Page/edit", "/-/task/Page", "/-/search/reindex"] {
        for (origin, body) in [
            (format!("http://{HOST}"), format!("{fields}&csrf=guessed")),
            (format!("http://{HOST}"), fields.clone()),
            ("http://evil.example".to_owned(), format!("{fields}&csrf={csrf}")),
            ("null".to_owned(), format!("{fields}&csrf={csrf}")),
            (String::new(), format!("{fields}&csrf={csrf}")),
        ] {
            let mut request = Request::post(address)
                .header("cookie", &world.cookie)
                .header("content-type", "application/x-www-form-urlencoded");
            if !origin.is_empty() {
                request = request.header("origin", &origin);
            }
            let (status, html) = world.send(request, Body::from(body)).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{address} from {origin:?}: {html}");
        }
    }
    assert_eq!(world.get("/Page/source?raw").await.1, "- [ ] one\n");
    let (_, html) = world.get("/Page/history").await;
    assert_eq!(html.matches("class=\"version-link\"").count(), 1, "{html}");
}
