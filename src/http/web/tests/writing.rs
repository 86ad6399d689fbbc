//! Forms that are sent late, from elsewhere or twice, and the drafts of what they hold.

use axum::http::request::Builder;

use super::*;

const PAGE: &str = "# Top\n\nintro\n\n## One\n\nfirst\n\n## Two\n\nsecond\n";

fn form(fields: &[(&str, &str)]) -> Body {
    let encode = super::super::request::encode;
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    Body::from(pairs.join("&"))
}

fn post(address: &str) -> Builder {
    Request::post(address)
        .header("origin", format!("http://{HOST}"))
        .header("content-type", "application/x-www-form-urlencoded")
}

impl World {
    fn csrf(&self) -> String {
        self.auth.csrf_token(&self.owner)
    }

    fn own(&self, address: &str) -> Builder {
        post(address).header("cookie", &self.cookie)
    }

    async fn keep(&self, content: &str, stamp: (&str, &str), seen: &str) -> (StatusCode, serde_json::Value) {
        let (writer, seq) = stamp;
        let csrf = self.csrf();
        let fields = [("csrf", csrf.as_str()), ("content", content), ("writer", writer), ("seq", seq), ("seen", seen)];
        let request = self.own("/-/draft/Page").header("accept", "application/json");
        let (status, said) = self.send(request, form(&fields)).await;
        (status, serde_json::from_str(&said).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_nobody_comes_back_in_a_form_that_is_sent_again() {
    let world = World::new();
    let saved = world.save("Page", PAGE, None);
    let revision = saved.revision.to_string();
    let csrf = world.csrf();
    let fields = [("csrf", csrf.as_str()), ("content", "long <thoughts>"), ("base", &revision), ("section", "one")];
    let (status, html) = world.send(post("/Page/edit?section=one"), form(&fields)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    for part in [
        "You are not signed in any more",
        "long &#60;thoughts&#62;",
        "action=\"/Page/edit?section=one\"",
        "/-/sign-in?return=%2FPage%2Fedit%3Fsection%3Done",
        &revision,
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    // A session that began since does not know the form: it is shown again, and nothing is saved.
    let fields =
        [("csrf", "of-before"), ("content", "## One\n\nlong thoughts"), ("base", &revision), ("section", "one")];
    let (status, html) = world.send(world.own("/Page/edit?section=one"), form(&fields)).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(html.contains("long thoughts") && html.contains(&csrf) && html.contains("an earlier session"), "{html}");
    let (_, source) = world.get("/Page/source").await;
    assert!(source.contains("first"), "{source}");
    // What another site sends gets no form with a token.
    let foreign = Request::post("/Page/edit")
        .header("origin", "http://evil.example")
        .header("cookie", &world.cookie)
        .header("content-type", "application/x-www-form-urlencoded");
    let (status, html) = world.send(foreign, form(&fields)).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(!html.contains("name=\"base\""), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_offered_until_it_is_saved_or_thrown_away() {
    let world = World::new();
    let saved = world.save("Page", PAGE, None);
    assert_eq!(world.keep("typed", ("w", "1"), "").await.0, StatusCode::OK);
    let (status, said) = world.keep("sideways", ("v", "1"), "").await;
    assert_eq!((status, said["code"].as_str()), (StatusCode::CONFLICT, Some("draft_elsewhere")));
    assert_eq!(world.keep("sideways", ("v", "1"), "w.1").await.0, StatusCode::OK);
    let (_, html) = world.get("/Page/edit").await;
    assert!(html.contains("You have a draft of") && !html.contains("sideways"), "{html}");
    let (_, html) = world.get("/Page/edit?draft=continue").await;
    assert!(html.contains(">\nsideways</textarea>") && html.contains("name=\"seen\" value=\"v.1\""), "{html}");
    let (_, html) = world.get("/Page/edit?draft=compare").await;
    assert!(html.contains("class=\"diff split\""), "{html}");
    let (_, html) = world.get("/-/drafts").await;
    assert!(html.contains("draft=continue"), "{html}");

    let (csrf, revision) = (world.csrf(), saved.revision.to_string());
    let mut fields = vec![("csrf", csrf.as_str()), ("content", "saved"), ("base", revision.as_str()), ("writer", "x")];
    let (status, _) = world.send(world.own("/Page/edit"), form(&fields)).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(world.get("/-/drafts").await.1.contains("draft=continue"), "another window's text stays");
    fields.push(("seen", "v.1"));
    let (status, _) = world.send(world.own("/Page/edit"), form(&fields)).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(world.get("/-/drafts").await.1.contains("There are none."));

    assert_eq!(world.keep("typed", ("w", "2"), "").await.0, StatusCode::OK);
    let discard = [("csrf", csrf.as_str()), ("path", "Page"), ("return", "//evil.example")];
    let (status, _) = world.send(world.own("/-/drafts"), form(&discard)).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(world.get("/-/drafts").await.1.contains("There are none."));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_editor_gets_a_new_token_for_an_old_one_and_nobody_gets_any() {
    let world = World::new();
    let fields = [("csrf", "old"), ("content", "typed"), ("writer", "w"), ("seq", "1")];
    let keep = |request: Builder| request.header("accept", "application/json");
    let (status, said) = world.send(keep(world.own("/-/draft/Page")), form(&fields)).await;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((status, said["csrf"].as_str()), (StatusCode::FORBIDDEN, Some(world.csrf().as_str())));
    let (status, said) = world.send(keep(post("/-/draft/Page")), form(&fields)).await;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((status, said["csrf"].is_null()), (StatusCode::UNAUTHORIZED, true));
    let foreign = Request::post("/-/draft/Page")
        .header("origin", "http://evil.example")
        .header("cookie", &world.cookie)
        .header("content-type", "application/x-www-form-urlencoded");
    let (status, said) = world.send(keep(foreign), form(&fields)).await;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((status, said["csrf"].is_null()), (StatusCode::FORBIDDEN, true));
    assert!(world.get("/-/drafts").await.1.contains("There are none."));
}

#[tokio::test(flavor = "multi_thread")]
async fn links_to_sections_are_for_who_may_write() {
    let world = World::new();
    world.save("Page", PAGE, None);
    let (_, html) = world.get("/Page").await;
    assert_eq!(html.matches("class=\"edit-section\"").count(), 3, "{html}");
    let (_, html) = world.get("/Page/edit?section=two").await;
    assert!(html.contains(">\n## Two\n\nsecond\n</textarea>") && !html.contains("first"), "{html}");
    assert!(html.contains("href=\"/Page#two\""), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_page_with_a_similar_name_is_asked_about() {
    let world = World::new();
    world.save("Guides/First_Steps", "x", None);
    let (status, html) = world.get("/-/new?name=Guides/First+Step&from=/Guides/First_Steps").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("similar names") && html.contains("href=\"/Guides/First_Step/edit\""), "{html}");
    assert!(html.contains("/-/new?name=Guides%2FFirst%20Steps%2F&#38;from="), "{html}");
    assert_eq!(world.get("/-/new?name=Unlike+any+other").await.0, StatusCode::SEE_OTHER);
    let (status, html) = world.get("/-/new?name=Guides/").await;
    assert!(status == StatusCode::OK && html.contains("value=\"Guides/\""), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_page_tells_how_it_comes_back() {
    let world = World::new();
    world.save("Page", PAGE, None);
    let access = world.wikis.authorize::<wiki::Write>(&world.owner, &slug()).unwrap();
    let recording = wiki::Recording { message: None, origin: Origin::Web, typed: "Page", once: None };
    wiki::delete(&world.wikis, &access, &PagePath::parse("Page").unwrap(), None, false, &recording).unwrap();
    let (status, html) = world.get("/page").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(html.contains("/page/history"), "{html}");
    let (status, html) = world.get("/page/history").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("This page was deleted") && html.contains("action=\"/Page/revert\""), "{html}");
    assert_eq!(world.get("/Never_there/history").await.0, StatusCode::NOT_FOUND);
}
