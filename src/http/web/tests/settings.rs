//! The settings of a wiki, as its owner and others meet them.

use std::time::{Duration, Instant};

use axum::http::HeaderMap;

use super::*;
use crate::model::Role;
use crate::wiki::Settings;

const PAGES: [&str; 9] =
    ["general", "reading", "writing", "appearance", "redirects", "people", "tokens", "housekeeping", "danger"];

/// Somebody with an account, signed in.
struct Visitor {
    cookie: String,
    csrf: String,
}

impl World {
    fn visitor(&self, name: &str, role: Option<Role>) -> Visitor {
        let operator = Operator::on_this_machine();
        let id = self.auth.create_person(operator, &Name::parse(name).unwrap(), false).unwrap();
        if let Some(role) = role {
            self.wikis.grant(operator, &slug(), id, role).unwrap();
        }
        let person = self.auth.find_person(operator, &id.to_string()).unwrap();
        let link = self.auth.create_sign_in_link(operator, &person).unwrap();
        let session = self.auth.sign_in_with_link(&link.secret, HOST).unwrap();
        let principal = self.auth.principal_of_session(&session.jwt, HOST).unwrap();
        Visitor { csrf: self.auth.csrf_token(&principal), cookie: format!("robotwiki={}", session.jwt) }
    }

    fn me(&self) -> Visitor {
        Visitor { cookie: self.cookie.clone(), csrf: self.auth.csrf_token(&self.owner) }
    }

    async fn answer(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn post_as(&self, who: &Visitor, address: &str, fields: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
        let encode = super::super::request::encode;
        let body = fields.iter().map(|(name, value)| format!("&{name}={}", encode(value))).collect::<String>();
        let request = Request::post(address)
            .header("host", HOST)
            .header("cookie", &who.cookie)
            .header("origin", format!("http://{HOST}"))
            .header("content-type", "application/x-www-form-urlencoded");
        self.answer(request.body(Body::from(format!("csrf={}{body}", who.csrf))).unwrap()).await
    }

    async fn look(&self, who: Option<&Visitor>, address: &str) -> (StatusCode, HeaderMap, String) {
        let mut request = Request::get(address).header("host", HOST);
        if let Some(who) = who {
            request = request.header("cookie", &who.cookie);
        }
        self.answer(request.body(Body::empty()).unwrap()).await
    }

    /// Posts to a page of the settings as the owner; it must be saved.
    async fn set(&self, page: &str, fields: &[(&str, &str)]) {
        let (status, headers, html) = self.post_as(&self.me(), &format!("/-/settings/{page}"), fields).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{html}");
        assert_eq!(headers["location"], format!("/-/settings/{page}?saved=1"));
    }

    /// Posts what must be refused; what was typed is there again.
    async fn refused(&self, page: &str, fields: &[(&str, &str)], problem: &str) -> String {
        let (status, _, html) = self.post_as(&self.me(), &format!("/-/settings/{page}"), fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{html}");
        assert!(html.contains(problem), "{problem}: {html}");
        html
    }
}

const GENERAL: [(&str, &str); 6] = [
    ("name", "Boats & more"),
    ("description", "All about boats."),
    ("public", "no"),
    ("indexed", "no"),
    ("home_page", "Getting_Started"),
    ("language", "german"),
];
const READING: [(&str, &str); 5] = [
    ("link_order", "target_first"),
    ("sidebar_tree", "folders_first"),
    ("sidebar_focus", "open"),
    ("sidebar_depth", "3"),
    ("menu", "Start | Home\r\n---\r\nhttps://example.org/"),
];

fn with<'f>(fields: &[(&'f str, &'f str)], name: &str, value: &'f str) -> Vec<(&'f str, &'f str)> {
    fields.iter().map(|(known, kept)| (*known, if *known == name { value } else { *kept })).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_is_shown_again() {
    let world = World::new();
    world.set("general", &GENERAL).await;
    world.set("reading", &READING).await;
    world.set("writing", &[("message_policy", "required"), ("message_template", "%P changed")]).await;
    world.set("redirects", &[("redirects", "Old -> Home")]).await;
    for (page, shown) in [
        ("general", "value=\"Boats &#38; more\""),
        ("general", "All about boats."),
        ("general", "value=\"german\" selected"),
        ("reading", "value=\"target_first\" checked"),
        ("reading", "Start | Home\n---\nhttps://example.org/ | https://example.org/"),
        ("writing", "value=\"required\" checked"),
        ("redirects", "Old -&#62; Home"),
    ] {
        let (status, _, html) = world.look(Some(&world.me()), &format!("/-/settings/{page}?saved=1")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains(shown) && html.contains("Saved."), "{shown}: {html}");
    }
    let (_, _, html) = world.look(Some(&world.me()), "/").await;
    assert!(html.contains("Getting started") || html.contains("Getting Started"), "{html}");
    assert!(html.contains("/-/settings"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_comes_back_as_it_was_typed() {
    let world = World::new();
    let html = world.refused("general", &with(&GENERAL, "name", " "), "must not be empty").await;
    assert!(html.contains("All about boats.") && html.contains("aria-invalid=\"true\""), "{html}");
    world.refused("general", &with(&GENERAL, "description", &"x".repeat(301)), "at most 300 characters").await;
    world.refused("general", &with(&GENERAL, "home_page", "a/../b"), "is no name of a page").await;
    world.refused("general", &with(&GENERAL, "language", "klingon"), "is not one of").await;
    let html = world.refused("reading", &with(&READING, "menu", "X | javascript:alert(1)"), "line 1").await;
    assert!(html.contains("X | javascript:alert(1)</textarea>") && html.contains("value=\"folders_first\" checked"));
    world.refused("reading", &with(&READING, "sidebar_depth", "11"), "from 1 to 10").await;
    world
        .refused("writing", &[("message_policy", "required"), ("message_template", "%Q")], "unknown placeholder")
        .await;
    let html = world.refused("redirects", &[("redirects", "a -> b\nb -> a")], "lead in a circle").await;
    assert!(html.contains("a -&#62; b\nb -&#62; a"), "{html}");
    let html =
        world.refused("appearance", &[("css", "h1{}\nh2{background:url(//x)}")], "line 2: url() is not allowed").await;
    assert!(html.contains("h2{background:url(//x)}"), "{html}");
    // Nothing of all that was stored.
    let access = world.wikis.authorize::<wiki::Read>(&world.owner, &slug()).unwrap();
    assert_eq!(*access.preferences(), crate::model::Preferences::default());
    assert_eq!(access.name().as_str(), "Docs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_wiki_is_opened_only_on_purpose() {
    let world = World::new();
    let open = with(&GENERAL, "public", "yes");
    let html = world.refused("general", &open, "confirm_public").await;
    assert!(html.contains("What was read once cannot be taken back"), "{html}");
    assert_eq!(world.look(None, "/").await.0, StatusCode::UNAUTHORIZED);
    world.set("general", &[open.as_slice(), &[("confirm_public", "yes")]].concat()).await;
    assert_eq!(world.look(None, "/").await.0, StatusCode::OK);
    let robots = world.look(None, "/robots.txt").await.2;
    assert_eq!(robots, "User-agent: *\nDisallow: /\n");
    world.set("general", &with(&open, "indexed", "yes")).await;
    assert!(world.look(None, "/robots.txt").await.2.contains("sitemap.xml"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_owner_sees_and_changes_settings() {
    let world = World::new();
    let (viewer, editor) = (world.visitor("Vera", Some(Role::Viewer)), world.visitor("Edda", Some(Role::Editor)));
    let (other, owner) = (world.visitor("Otto", None), world.visitor("Olga", Some(Role::Owner)));
    for page in PAGES {
        let address = format!("/-/settings/{page}");
        assert_eq!(world.look(None, &address).await.0, StatusCode::UNAUTHORIZED, "{page}");
        for who in [&viewer, &editor, &other] {
            let (status, _, html) = world.look(Some(who), &address).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{page}");
            assert!(!html.contains("settings-nav"), "{page}");
            let fields = [("slug", "docs"), ("name", "x"), ("css", ""), ("redirects", "")];
            assert_eq!(world.post_as(who, &address, &fields).await.0, StatusCode::FORBIDDEN, "{page}");
        }
        assert_eq!(world.look(Some(&owner), &address).await.0, StatusCode::OK, "{page}");
        let forged = Visitor { csrf: "0".repeat(64), ..world.me() };
        assert_eq!(world.post_as(&forged, &address, &[("slug", "docs")]).await.0, StatusCode::FORBIDDEN, "{page}");
    }
    assert!(!world.look(Some(&editor), "/").await.2.contains("/-/settings"));
    assert_eq!(world.look(Some(&owner), "/").await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_style_sheet_is_served_scoped_and_by_its_hash() {
    let world = World::new();
    assert!(!world.look(Some(&world.me()), "/").await.2.contains("/-/style/"));
    world.set("appearance", &[("css", "h2 { color: teal }\n@media print { p { color: black } }")]).await;
    let html = world.look(Some(&world.me()), "/").await.2;
    let (_, rest) = html.split_once("href=\"/-/style/").unwrap();
    let (name, _) = rest.split_once('"').unwrap();
    let address = format!("/-/style/{name}");
    let (status, headers, css) = world.look(Some(&world.me()), &address).await;
    assert_eq!(status, StatusCode::OK);
    assert!(css.starts_with(".prose h2{color: teal") && css.contains("contain:paint!important"), "{css}");
    assert_eq!(headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "private, max-age=31536000, immutable");
    assert_eq!(world.look(None, &address).await.0, StatusCode::UNAUTHORIZED);
    let (_, headers, _) = world.look(Some(&world.me()), "/-/style/0000000000000000.css").await;
    assert_eq!(headers["cache-control"], "no-cache");
    // Settings and forms do not load it.
    assert!(!world.look(Some(&world.me()), "/-/settings/general").await.2.contains("/-/style/"));
    world.set("appearance", &[("css", "")]).await;
    assert_eq!(world.look(Some(&world.me()), &address).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_is_the_owners_choice() {
    let world = World::new();
    for (home, location) in [("/-/changelog", "/-/changelog"), ("/-/index", "/-/index")] {
        world.set("general", &with(&GENERAL, "home_page", home)).await;
        let (status, headers, _) = world.look(Some(&world.me()), "/").await;
        assert_eq!((status, headers["location"].to_str().unwrap()), (StatusCode::FOUND, location));
    }
    world.save("Start", "A quite different beginning", None);
    world.set("general", &with(&GENERAL, "home_page", "start")).await;
    let (status, _, html) = world.look(Some(&world.me()), "/").await;
    assert!(status == StatusCode::OK && html.contains("A quite different beginning"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_lead_on_and_never_in_a_circle() {
    let world = World::new();
    let redirects = "Old_Place -> Older\nOlder -> getting started\nAway -> https://example.org/a?b#c\n\
                     Own -> http://docs.localhost/Own\nNowhere -> Not there\nHome -> Getting_Started";
    world.set("redirects", &[("redirects", redirects)]).await;
    let me = world.me();
    let location = |headers: &HeaderMap| headers["location"].to_str().unwrap().to_owned();
    for spelling in ["/Old_Place", "/old%20place", "/OLD_PLACE"] {
        let (status, headers, _) = world.look(Some(&me), spelling).await;
        assert_eq!((status, location(&headers).as_str()), (StatusCode::FOUND, "/Getting_Started"), "{spelling}");
    }
    let (status, headers, _) = world.look(Some(&me), "/away").await;
    assert_eq!((status, location(&headers).as_str()), (StatusCode::FOUND, "https://example.org/a?b#c"));
    for missing in ["/Own", "/Nowhere"] {
        assert_eq!(world.look(Some(&me), missing).await.0, StatusCode::NOT_FOUND, "{missing}");
    }
    // A page goes before a redirect of its name.
    assert_eq!(world.look(Some(&me), "/Home").await.0, StatusCode::OK);
    world.save("Away", "I am here now", None);
    assert!(world.look(Some(&me), "/Away").await.2.contains("I am here now"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_is_asked_for_as_the_owner_wants() {
    let world = World::new();
    let me = world.me();
    let summary = |page: &str| {
        let access = world.wikis.authorize::<wiki::Read>(&world.owner, &slug()).unwrap();
        let path = PagePath::parse(page).unwrap();
        wiki::read(&access, &path, None).unwrap().last.unwrap().message
    };
    world.set("writing", &[("message_policy", "required"), ("message_template", "")]).await;
    assert!(
        world.look(Some(&me), "/New_Page/edit").await.2.contains(
            "name=\"message\" value=\"\" maxlength=\"500\" autocomplete=\"off\" enterkeyhint=\"done\" required"
        )
    );
    let (status, _, html) =
        world.post_as(&me, "/New_Page/edit", &[("content", "long thoughts"), ("message", " ")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        html.contains("long thoughts") && html.contains("A summary of the change is needed on this wiki"),
        "{html}"
    );
    let saved = world.post_as(&me, "/New_Page/edit", &[("content", "x"), ("message", "because")]).await.0;
    assert_eq!((saved, summary("New_Page").as_str()), (StatusCode::SEE_OTHER, "because"));
    world.set("writing", &[("message_policy", "hidden"), ("message_template", "%P is new")]).await;
    assert!(!world.look(Some(&me), "/Other_Page/edit").await.2.contains("name=\"message\""));
    world.post_as(&me, "/Other_Page/edit", &[("content", "x"), ("message", "ignored")]).await;
    assert_eq!(summary("Other_Page"), "Other Page is new");
    world.set("writing", &[("message_policy", "optional"), ("message_template", "")]).await;
    world.post_as(&me, "/Third/edit", &[("content", "x"), ("message", "")]).await;
    assert_eq!(summary("Third"), "Create Third");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_let_in_and_the_last_owner_stays() {
    let world = World::new();
    let vera = world.visitor("Vera", None);
    let me = world.me();
    assert_eq!(world.look(Some(&vera), "/").await.0, StatusCode::FORBIDDEN);
    world.set("people", &[("act", "add"), ("person", " vera "), ("role", "editor")]).await;
    assert_eq!(world.look(Some(&vera), "/New/edit").await.0, StatusCode::OK);
    world.set("people", &[("act", "set"), ("person", "vera"), ("role", "viewer")]).await;
    assert_eq!(world.look(Some(&vera), "/New/edit").await.0, StatusCode::FORBIDDEN);
    let (status, _, html) =
        world.post_as(&me, "/-/settings/people", &[("act", "add"), ("person", "Nemo<b>"), ("role", "owner")]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        html.contains("no account called &#39;Nemo&#60;b&#62;&#39;") && html.contains("value=\"owner\" checked"),
        "{html}"
    );
    let owner = world.look(Some(&me), "/-/settings/people").await.2;
    assert!(owner.contains("the only one"), "{owner}");
    let own = world.owner.person().unwrap().0.to_string();
    for act in [("act", "remove"), ("act", "set")] {
        let fields = [act, ("person", &own), ("role", "viewer")];
        let (status, _, html) = world.post_as(&me, "/-/settings/people", &fields).await;
        assert!(status.is_client_error() && html.contains("needs an owner"), "{status} {html}");
    }
    world.set("people", &[("act", "remove"), ("person", "vera")]).await;
    assert_eq!(world.look(Some(&vera), "/").await.0, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_useless_when_revoked() {
    let world = World::new();
    let me = world.me();
    let make = [("name", "Bot"), ("role", "write"), ("expires_days", "30")];
    let (status, headers, html) = world.post_as(&me, "/-/settings/tokens", &make).await;
    assert_eq!((status, headers["cache-control"].to_str().unwrap()), (StatusCode::OK, "no-store"));
    let (_, rest) = html.split_once("<code>rw_").unwrap();
    let secret = format!("rw_{}", rest.split_once('<').unwrap().0);
    let with_token = || {
        let request = Request::get("/api/v1/pages/Home").header("host", HOST);
        world.answer(request.header("authorization", format!("Bearer {secret}")).body(Body::empty()).unwrap())
    };
    assert_eq!(with_token().await.0, StatusCode::OK);
    let listed = world.look(Some(&me), "/-/settings/tokens").await.2;
    assert!(listed.contains("Bot") && listed.contains("Reads and writes") && !listed.contains(&secret), "{listed}");
    for (fields, problem) in [
        ([("name", ""), ("role", "read"), ("expires_days", "")], "Name must not be empty"),
        ([("name", "x"), ("role", ""), ("expires_days", "")], "What it may do must be chosen"),
        ([("name", "Kept"), ("role", "read"), ("expires_days", "0")], "from 1 to 3650"),
    ] {
        let (status, _, html) = world.post_as(&me, "/-/settings/tokens", &fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(html.contains(problem), "{problem}: {html}");
    }
    let (_, rest) = listed.split_once("name=\"revoke\" value=\"").unwrap();
    let id = rest.split_once('"').unwrap().0;
    let (status, headers, _) = world.post_as(&me, "/-/settings/tokens", &[("revoke", id)]).await;
    assert_eq!(
        (status, headers["location"].to_str().unwrap()),
        (StatusCode::SEE_OTHER, "/-/settings/tokens?revoked=1")
    );
    assert_eq!(with_token().await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(world.post_as(&me, "/-/settings/tokens", &[("revoke", id)]).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_empty_pages_are_cleared_away() {
    let world = World::new();
    let me = world.me();
    world.save("Empty_one", "", None);
    world.save("Empty_two", "---\ntags: [x]\n---\n", None);
    world.save("Full", "A word, and [[Not there]].", None);
    let html = world.look(Some(&me), "/-/settings/housekeeping").await.2;
    assert!(html.contains("value=\"Empty_one\"") && html.contains("value=\"Empty_two\""), "{html}");
    assert!(!html.contains("value=\"Full\"") && html.contains("Not there") && html.contains("/Full"), "{html}");
    let pages = [("page", "Empty_one"), ("page", "Full"), ("page", "Gone")];
    let (status, headers, _) = world.post_as(&me, "/-/settings/housekeeping", &pages).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(headers["location"], "/-/settings/housekeeping?deleted=1");
    assert_eq!(world.look(Some(&me), "/Full").await.0, StatusCode::OK);
    assert_eq!(world.look(Some(&me), "/Empty_one").await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.look(Some(&me), "/Empty_two").await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiki_is_deleted_when_its_name_is_typed() {
    let world = World::new();
    let me = world.me();
    let (status, _, html) = world.post_as(&me, "/-/settings/danger", &[("slug", "dogs")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("Nothing was deleted") && html.contains("value=\"dogs\""), "{html}");
    let (status, headers, _) = world.post_as(&me, "/-/settings/danger", &[("slug", "docs")]).await;
    assert_eq!((status, headers["refresh"].to_str().unwrap()), (StatusCode::OK, "0; url=http://localhost/"));
    assert_eq!(world.look(Some(&me), "/").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_change_their_meaning_everywhere_at_once() {
    let world = World::new();
    let me = world.me();
    world.save("Boats", "the boats", None);
    world.save("Ships", "the ships", None);
    world.save("Reader", "see [[Boats|Ships]]", None);
    // The text alone: all pages are beside it.
    let leads_to = |html: &str, page: &str| {
        let text = html.split("<article").nth(1).and_then(|rest| rest.split("</article>").next());
        text.is_some_and(|text| text.contains(&format!("href=\"/{page}\"")))
    };
    assert!(leads_to(&world.look(Some(&me), "/Reader").await.2, "Ships"));
    world.set("reading", &READING).await;
    let since = Instant::now();
    loop {
        let html = world.look(Some(&me), "/Reader").await.2;
        if leads_to(&html, "Boats") && !leads_to(&html, "Ships") {
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "{html}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let access = world.wikis.authorize::<wiki::Read>(&world.owner, &slug()).unwrap();
    let linked_from = |page: &str| wiki::page_links(&access, &PagePath::parse(page).unwrap()).unwrap().linked_from;
    assert_eq!(linked_from("Boats"), [PagePath::parse("Reader").unwrap()]);
    assert_eq!(linked_from("Ships"), []);
    // The words of the link are found, and its target is not.
    let search = || world.look(Some(&me), "/-/search?q=ships");
    while !search().await.2.contains("/Reader") {
        assert!(since.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // A rename rewrites the page in the link, not its text.
    let (status, _, html) = world.post_as(&me, "/Boats/rename", &[("to", "Vessels")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{html}");
    let access = world.wikis.authorize::<wiki::Read>(&world.owner, &slug()).unwrap();
    let page = wiki::read(&access, &PagePath::parse("Reader").unwrap(), None).unwrap();
    assert_eq!(page.content, "see [[Vessels|Ships]]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_all_or_nothing_and_is_noted() {
    let world = World::new();
    let access = world.wikis.authorize::<wiki::Admin>(&world.owner, &slug()).unwrap();
    let css = crate::model::CustomCss::parse("h2{position:fixed}").unwrap();
    let settings = Settings { indexed: Some(false), css: Some(css), ..Settings::default() };
    let error = world.wikis.change_settings(&access, &settings).unwrap_err();
    assert_eq!(error.to_string(), "css line 1: position: fixed is not allowed");
    assert!(world.wikis.authorize::<wiki::Admin>(&world.owner, &slug()).unwrap().preferences().indexed);
    world.wikis.change_settings(&access, &Settings { indexed: Some(false), ..Settings::default() }).unwrap();
    assert!(!world.wikis.authorize::<wiki::Admin>(&world.owner, &slug()).unwrap().preferences().indexed);
}
