//! What the pages that only read answer: good requests, bad ones, and names that are meant to be markup.

use axum::http::StatusCode;

use super::World;

/// A name that would be an element if it were not escaped.
const HOSTILE: &str = "<img src=x onerror=alert(1)> & \"q\" 'a'";

fn encoded(text: &str) -> String {
    super::super::request::encode(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_messages_are_shown_as_text_everywhere() {
    let world = World::new();
    let page = format!("A/{HOSTILE}");
    let text = format!(
        "---\ntags: ['{}']\ncategory: '{}'\n---\n\n[[Missing {HOSTILE}]]\n",
        HOSTILE.replace('\'', "''"),
        HOSTILE.replace('\'', "''")
    );
    let first = world.save_as(&page, &text, None, HOSTILE);
    let second = world.save_as(&page, &format!("{text}\n{HOSTILE}\n"), Some(first.revision.into()), HOSTILE);
    world.save("Linker", &format!("[[{page}]]\n"), None);
    let (status, _) = world.upload(&first.path, &[("file", Some("a & b.txt"), "x")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);

    let href = super::super::request::page_href(&first.path);
    let name = encoded(HOSTILE);
    for address in [
        href.clone(),
        format!("{href}?revision={}", first.revision),
        format!("{href}/history"),
        format!("{href}/diff"),
        format!("{href}/diff?view=inline"),
        format!("{href}/blame"),
        format!("{href}/attachments"),
        format!("{href}/edit"),
        format!("{href}/rename"),
        format!("{href}/delete"),
        format!("{href}/nothing_below"),
        format!("/-/commit/{}", second.revision),
        "/-/changelog".to_owned(),
        format!("/-/changelog?author={name}&prefix={name}&since={name}"),
        "/-/index".to_owned(),
        format!("/-/search?q={name}"),
        "/-/tags".to_owned(),
        format!("/-/tags/{name}"),
        "/-/categories".to_owned(),
        format!("/-/categories/{name}"),
        "/-/links".to_owned(),
        format!("/-/links{href}"),
        format!("/-/new?name={name}"),
        format!("/-/{name}"),
        "/-/feed.atom".to_owned(),
        "/-/feed.rss".to_owned(),
        "/sitemap.xml".to_owned(),
    ] {
        let (status, body) = world.get(&address).await;
        let fine = [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::SEE_OTHER].contains(&status);
        assert!(fine, "{address}: {status} {body}");
        assert!(!body.contains("<img src=x") && !body.contains("\"q\" 'a'\""), "{address}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_shown_with_what_it_changed() {
    let world = World::new();
    let first = world.save_as("Page", "one\ntwo\n", None, "Begin");
    let second = world.save_as("Page", "one\nthree\n", Some(first.revision.into()), "Count on");
    for revision in [second.revision.to_string(), second.revision.short()] {
        let (status, html) = world.get(&format!("/-/commit/{revision}")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("Count on") && html.contains("three") && html.contains("href=\"/Page\""), "{html}");
    }
    for (address, expected) in [
        ("/-/commit/nonsense", StatusCode::UNPROCESSABLE_ENTITY),
        ("/-/commit/1234567890123456789012345678901234567890", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(world.get(address).await.0, expected, "{address}");
    }
    let (_, html) = world.get("/-/changelog").await;
    assert!(html.find("Count on").unwrap() < html.find("Begin").unwrap(), "newest first");
    let (_, html) = world.get("/-/changelog?prefix=Nothing/").await;
    assert!(html.contains("0 changes"), "{html}");
    let (_, html) = world.get("/-/changelog?since=yesterday").await;
    assert!(html.contains("written like 2026-11-20") && html.contains("value=\"yesterday\""), "{html}");
    let (_, html) = world.get(&format!("/-/changelog?after={}", second.revision)).await;
    assert!(html.contains("Begin") && !html.contains("Count on"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_compared_and_their_lines_have_authors() {
    let world = World::new();
    let first = world.save("Page", "one\ntwo\nsame\n", None);
    let second = world.save("Page", "one\n2\nsame\n", Some(first.revision.into()));
    let third = world.save("Page", "one\n2\nsame\nmore\n", Some(second.revision.into()));
    let (_, html) = world.get("/Page/diff").await;
    assert!(html.contains("more") && !html.contains("two"), "against the version before: {html}");
    let range = format!("/Page/diff?from={}&to={}", first.revision, third.revision);
    let (_, html) = world.get(&range).await;
    assert!(html.contains("two") && html.contains("more") && html.contains("diff split"), "{html}");
    let (_, html) = world.get(&format!("{range}&view=inline")).await;
    assert!(html.contains("diff inline") && html.contains("value=\"") && html.contains("/Page/revert"), "{html}");

    let (_, html) = world.get("/Page/blame").await;
    assert!(html.contains("more") && html.contains(&format!("revision={}", second.revision)), "{html}");
    let (_, html) = world.get(&format!("/Page/blame?revision={}", first.revision)).await;
    assert!(html.contains("two") && !html.contains("more"), "{html}");
    let (_, source) = world.get(&format!("/Page/source?raw&revision={}", first.revision)).await;
    assert_eq!(source, "one\ntwo\nsame\n");
    for verb in ["diff?to", "diff?from", "blame?revision", "source?revision"] {
        assert_eq!(world.get(&format!("/Page/{verb}=xyz")).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{verb}");
        let unknown = world.get(&format!("/Page/{verb}=12345678")).await.0;
        assert_eq!(unknown, StatusCode::NOT_FOUND, "{verb}");
        let missing = world.get(&format!("/Nowhere/{verb}={}", first.revision)).await.0;
        assert_eq!(missing, StatusCode::NOT_FOUND, "{verb}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_tags_and_names_lead_to_pages() {
    let world = World::new();
    world.save("Kitchen/Soup", "---\ntags: [warm, Soup]\ncategory: Food\n---\n\n[[Kitchen/Salt]] and [[Home]]\n", None);
    world.save("Kitchen/Bread", "---\ntags: [warm]\ncategory: Food\n---\n\n[soup](Soup)\n", None);
    let (_, html) = world.get("/-/tags").await;
    assert!(html.contains("href=\"/-/tags/warm\""), "{html}");
    let (_, html) = world.get("/-/tags/soup").await;
    assert!(html.contains("/Kitchen/Soup") && !html.contains("/Kitchen/Bread"), "{html}");
    let (_, html) = world.get("/-/categories/food").await;
    assert!(html.contains("/Kitchen/Soup") && html.contains("/Kitchen/Bread"), "{html}");
    let (_, html) = world.get("/-/categories/food?skip=1").await;
    assert!(html.contains("/Kitchen/Soup") && !html.contains("/Kitchen/Bread"), "{html}");

    let (_, html) = world.get("/-/links").await;
    assert!(html.contains("Salt") && html.contains("/Kitchen/Bread"), "a broken link and an orphan: {html}");
    let (_, html) = world.get("/-/links/Kitchen/Soup").await;
    assert!(html.contains("href=\"/Kitchen/Bread\"") && html.contains("href=\"/Home\""), "{html}");
    assert_eq!(world.get("/-/links/%ff").await.0, StatusCode::BAD_REQUEST);

    let (status, json) = world.get("/-/complete?q=kitchen/s").await;
    assert_eq!(status, StatusCode::OK);
    let offers: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&offers[0]["target"], &offers[0]["href"]), (&"Kitchen/Soup".into(), &"/Kitchen/Soup".into()));
    assert_eq!(world.get("/-/complete?q=xyzzy").await.1, "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_and_the_sitemap_name_what_is_there() {
    let world = World::new();
    let saved = world.save_as("Page & more", "x", None, "A <first> version");
    let (_, atom) = world.get("/-/feed.atom").await;
    assert!(atom.contains("A &lt;first&gt; version") && atom.contains("Page_&amp;_more"), "{atom}");
    assert!(atom.contains(&format!("http://docs.localhost/-/commit/{}", saved.revision)), "{atom}");
    let (_, rss) = world.get("/-/feed.rss").await;
    assert!(rss.contains("<title>A &lt;first&gt; version</title>"), "{rss}");
    let (_, map) = world.get("/sitemap.xml").await;
    assert!(map.contains("<loc>http://docs.localhost/Page_%26_more</loc>"), "{map}");
    let (_, robots) = world.get("/robots.txt").await;
    assert_eq!(robots, "User-agent: *\nDisallow: /\n", "a private wiki");
}
