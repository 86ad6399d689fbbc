//! What people read: the tree beside a page, the index, suggestions, sources, and what a page
//! tells machines.

use std::time::Instant;

use super::*;
use crate::model::{Author, Description, Menu, RepoPath, Sidebar, TreeDepth, TreeFocus, TreeMode};
use crate::repo::{Change, CommitMeta};

/// What the tree beside a page may weigh, in bytes.
const TREE_BYTES: usize = 12_000;

impl World {
    /// Commits pages at once, as a push does.
    fn commit(&self, pages: impl Iterator<Item = (String, String)>) {
        let access = self.wikis.authorize::<wiki::Write>(&self.owner, &slug()).unwrap();
        let wiki = access.repository();
        let author = Author { name: Name::parse("Ada").unwrap(), email: "ada@example.invalid".to_owned() };
        let meta = CommitMeta { committer: author.clone(), author, message: "x".to_owned(), time: 1_795_185_141 };
        let file = |path: &str| -> RepoPath { PagePath::parse(path).unwrap().file() };
        let changes: Vec<Change> =
            pages.map(|(path, text)| Change::Put { path: file(&path), bytes: text.into_bytes() }).collect();
        wiki.repo().commit(wiki.repo().tip().unwrap(), &changes, &meta).unwrap();
    }

    async fn ok(&self, address: &str) -> String {
        let (status, html) = self.get(address).await;
        assert_eq!(status, StatusCode::OK, "{address}: {html}");
        html
    }
}

/// Between two texts, which must be there.
fn part<'h>(html: &'h str, from: &str, to: &str) -> &'h str {
    let (_, rest) = html.split_once(from).unwrap_or_else(|| panic!("no {from} in {html}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to} in {rest}")).0
}

fn tree(html: &str) -> &str {
    part(html, "<ul class=\"tree\">", "</nav>")
}

fn texts(pages: &[&str]) -> impl Iterator<Item = (String, String)> {
    pages.iter().map(|path| ((*path).to_owned(), format!("# {path}\n\nText.\n"))).collect::<Vec<_>>().into_iter()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tree_is_open_on_the_way_to_the_page_and_folded_elsewhere() {
    let world = World::new();
    world.commit(texts(&["Guides/First_Steps", "Guides/Deep/Page", "Other/One", "Other/Two"]));
    let html = world.ok("/Guides/First_Steps").await;
    let tree = tree(&html);
    assert!(tree.contains("<a href=\"/Guides/First_Steps\" aria-current=\"page\">First Steps</a>"), "{tree}");
    assert_eq!(html.matches("aria-current=\"page\">First").count(), 2, "tree and breadcrumbs");
    // The folder has no page; its address lists it.
    assert!(tree.contains("<a href=\"/Guides\">Guides</a><details open>"), "{tree}");
    assert!(tree.contains("<a href=\"/-/index?in=Guides/Deep\">1 page</a>"), "{tree}");
    assert!(tree.contains("<a href=\"/-/index?in=Other\">2 pages</a>") && !tree.contains("Other/One"), "{tree}");

    let opened = world.ok("/-/tree?in=Other").await;
    assert!(opened.contains("/Other/One") && opened.contains("/Other/Two") && !opened.contains("<html"), "{opened}");
    let all = world.ok("/-/tree?at=Guides/First_Steps").await;
    assert!(all.contains("/Guides/Deep/Page") && all.contains("/Other/Two"), "{all}");
    let (status, _) = world.send(Request::get("/-/tree?in=Other"), Body::empty()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.get("/-/tree?in=../x").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(world.ok("/-/tree?in=Nothing/here").await.trim().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidebar_that_was_put_away_comes_put_away() {
    let world = World::new();
    let request = Request::get("/Home").header("cookie", format!("{}; side=hidden", world.cookie));
    let (_, html) = world.send(request, Body::empty()).await;
    assert!(part(&html, "<html", ">").contains("side-off"), "{html}");
    assert!(!part(&world.ok("/Home").await, "<html", ">").contains("side-off"));
    // Who writes has the whole width.
    assert!(!world.ok("/Home/edit").await.contains("id=\"side\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_pages_below_it_lists_them() {
    let world = World::new();
    world.commit(texts(&["Guides/First_Steps", "Guides/Deep/Page"]));
    let html = world.ok("/Guides").await;
    let main = part(&html, "<main", "</main>");
    assert!(main.contains("/Guides/First_Steps") && main.contains("/Guides/Deep/Page"), "{main}");
    assert!(main.contains("/Guides/edit"), "the page can be written");
    let (status, _) = world.get("/guides").await;
    assert_eq!(status, StatusCode::FOUND, "another spelling leads to the folder's");
    assert!(
        world.ok("/Guides/Deep/Page").await.contains("<a href=\"/Guides/Deep\">Deep</a>"),
        "breadcrumbs lead there"
    );
    assert_eq!(world.get("/-/index?in=Nothing").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_is_filtered_and_shows_headings_without_scripts() {
    let world = World::new();
    world.commit(texts(&["Plants/Moss", "Plants/Fern", "Animals/Moss_bee"]));
    let found = world.ok("/-/index?q=moss").await;
    let main = part(&found, "<main", "</main>");
    assert!(main.contains("/Plants/Moss\"") && main.contains("/Animals/Moss_bee") && !main.contains("/Plants/Fern"));
    let found = world.ok("/-/index?in=Plants&q=moss").await;
    assert!(!part(&found, "<main", "</main>").contains("/Animals"), "only in the folder");
    assert!(world.ok("/-/index?q=zzz").await.contains("No name holds"));
    let html = world.ok("/-/index?headings=1").await;
    assert!(html.contains("/Plants/Fern#"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn suggestions_are_names_first_and_then_words() {
    let world = World::new();
    let saved = world.save("Herbarium", "# Herbarium\n\nA dried orchid from the north.\n", None);
    world.commit(texts(&["Plants/Orchids_of_the_north"]));
    let read = || world.wikis.authorize::<wiki::Read>(&world.owner, &slug()).unwrap();
    for _ in 0..200 {
        if wiki::index_status(&world.wikis, &read()).unwrap().text.status.indexed == wiki::tip(&read()).unwrap() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let json: serde_json::Value = serde_json::from_str(&world.ok("/-/suggest?q=orchid").await).unwrap();
    let hrefs: Vec<_> = json["suggestions"].as_array().unwrap().iter().map(|s| s["href"].as_str().unwrap()).collect();
    assert_eq!(hrefs.first(), Some(&"/Plants/Orchids_of_the_north"), "{json}");
    assert!(hrefs.iter().any(|href| href.starts_with("/Herbarium")), "{json} for {}", saved.path);
    // A typing error in a name is forgiven.
    let json = world.ok("/-/suggest?q=Hebrarium").await;
    assert!(json.contains("\"/Herbarium\""), "{json}");
    assert_eq!(world.ok("/-/suggest?q=").await, "{\"suggestions\":[]}");
    assert_eq!(world.get("/-/suggest?q=%22").await.0, StatusCode::OK, "half a quotation");
    let (status, _) = world.send(Request::get("/-/suggest?q=orchid"), Body::empty()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_tells_machines_what_it_is() {
    let world = World::new();
    world.commit([("Guides/Meta".to_owned(), "# A \"title\"\n\nThe **first** words.\n".to_owned())].into_iter());
    let html = world.ok("/Guides/Meta").await;
    let head = part(&html, "<head>", "</head>");
    for wanted in [
        "<link rel=\"canonical\" href=\"http://docs.localhost/Guides/Meta\">",
        "name=\"description\" content=\"The first words.\"",
        "property=\"og:description\" content=\"The first words.\"",
        "property=\"og:title\" content=\"A &#34;title&#34;\"",
        "property=\"og:url\" content=\"http://docs.localhost/Guides/Meta\"",
        "property=\"og:site_name\" content=\"Docs\"",
        "type=\"application/atom+xml\"",
        "rel=\"manifest\"",
        "rel=\"apple-touch-icon\"",
        // The wiki is private.
        "noindex",
    ] {
        assert!(head.contains(wanted), "{wanted} is not in {head}");
    }
    assert!(world.ok("/").await.contains("<link rel=\"canonical\" href=\"http://docs.localhost/\">"));
    let manifest: serde_json::Value = serde_json::from_str(&world.ok("/-/manifest.json").await).unwrap();
    assert_eq!(manifest["name"], "Docs");
    for icon in manifest["icons"].as_array().unwrap() {
        let request = Request::get(icon["src"].as_str().unwrap()).header("host", HOST).body(Body::empty()).unwrap();
        assert_eq!(world.router.clone().oneshot(request).await.unwrap().status(), StatusCode::OK, "{icon}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_has_numbered_lines_and_can_be_had_alone() {
    let world = World::new();
    let first = world.save("Page", "one\n<b>two</b>\n", None);
    world.save("Page", "three\n", Some(first.revision.into()));
    let html = world.ok(&format!("/Page/source?revision={}", first.revision)).await;
    assert!(html.contains("<span id=\"L2\">&#60;b&#62;two&#60;/b&#62;</span>"), "{html}");
    assert_eq!(world.ok(&format!("/Page/source?raw&revision={}", first.revision)).await, "one\n<b>two</b>\n");
    assert_eq!(world.ok("/Page/source?raw").await, "three\n");
}

/// With `ROBOTWIKI_MEASURE=1` and `--release`, 40,000 pages and figures that mean something.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_large_wiki_stay_small_and_fast() {
    let large = std::env::var_os("ROBOTWIKI_MEASURE").is_some();
    let count = if large { 40_000 } else { 3_000 };
    let world = World::new();
    let path = |n: usize| match n % 4 {
        0 => format!("Flat_page_number_{n}"),
        1 => format!("Reports/{}/Week_{n}", n % 97),
        2 => format!("Archive/{n}"),
        _ => format!("Guides/{}/{}/Part_{n}", n % 13, n % 7),
    };
    world.commit((0..count).map(|n| (path(n), format!("# Page {n}\n\n## Part\n\nWords of page {n}.\n"))));
    for (address, most) in [
        ("/Home".to_owned(), 40_000),
        (format!("/{}", path(count - 3)), 40_000),
        (format!("/{}", path(count / 4 * 2 + 2)), 40_000),
        (format!("/{}", path(count - 1)), 40_000),
        ("/-/index".to_owned(), 100_000),
        ("/-/index?in=Archive&from=5".to_owned(), 100_000),
        ("/-/index?headings=1".to_owned(), 120_000),
        ("/-/index?q=a".to_owned(), 60_000),
        ("/-/tree".to_owned(), 200_000),
        ("/-/tree?in=Archive".to_owned(), 20_000),
        ("/-/suggest?q=w".to_owned(), 10_000),
        ("/-/suggest?q=week_1".to_owned(), 20_000),
        ("/-/suggest?q=Hone".to_owned(), 20_000),
        ("/-/tags".to_owned(), 60_000),
    ] {
        let html = world.ok(&address).await;
        assert!(html.len() <= most, "{address} has {} bytes", html.len());
        if html.contains("<ul class=\"tree\">") {
            assert!(tree(&html).len() <= TREE_BYTES, "{address}: a tree of {} bytes", tree(&html).len());
        }
        if large {
            let mut times: Vec<_> = Vec::new();
            for _ in 0..200 {
                let begun = Instant::now();
                world.ok(&address).await;
                times.push(begun.elapsed());
            }
            times.sort();
            eprintln!("{address}: {} bytes, median {:?}, p99 {:?}", html.len(), times[100], times[197]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_decides_what_the_sidebar_shows() {
    let world = World::new();
    world.commit(texts(&["Guides/First_Steps", "Guides/Deep/Page", "Other/One", "Other/Two"]));
    let set = |settings: wiki::Settings| {
        let access = world.wikis.authorize::<wiki::Admin>(&world.owner, &slug()).unwrap();
        world.wikis.change_settings(&access, &settings).unwrap();
    };
    let sidebar = |tree, focus, depth: &str| wiki::Settings {
        sidebar: Some(Sidebar { tree, focus, depth: TreeDepth::parse(depth).unwrap() }),
        ..wiki::Settings::default()
    };
    let names = async || -> Vec<String> {
        let html = world.ok("/Guides/First_Steps").await;
        let links = tree(&html).split("<a href=\"").skip(1);
        links.filter_map(|link| link.split('"').next()).map(str::to_owned).collect()
    };
    let own = ["/Administration", "/Agent_Guide", "/Getting_Started", "/Home", "/Writing_Guide"];

    set(sidebar(TreeMode::FoldersFirst, TreeFocus::Folded, ""));
    let wanted =
        ["/Guides", "/Guides/Deep", "/-/index?in=Guides/Deep", "/Guides/First_Steps", "/Other", "/-/index?in=Other"];
    assert_eq!(names().await, [&wanted[..], &own].concat());
    set(sidebar(TreeMode::FoldersOnly, TreeFocus::Folded, ""));
    assert_eq!(names().await, ["/Guides", "/Guides/Deep", "/Other"]);
    set(sidebar(TreeMode::Sorted, TreeFocus::Branch, ""));
    assert_eq!(names().await, ["/Guides", "/Guides/Deep", "/-/index?in=Guides/Deep", "/Guides/First_Steps"]);
    set(sidebar(TreeMode::FoldersFirst, TreeFocus::Open, ""));
    let wanted =
        ["/Guides", "/Guides/Deep", "/Guides/Deep/Page", "/Guides/First_Steps", "/Other", "/Other/One", "/Other/Two"];
    assert_eq!(names().await, [&wanted[..], &own].concat());
    set(sidebar(TreeMode::FoldersFirst, TreeFocus::Open, "1"));
    assert_eq!(names().await, [&["/Guides", "/Other"][..], &own].concat());

    set(sidebar(TreeMode::Off, TreeFocus::Folded, ""));
    assert!(!world.ok("/Home").await.contains("id=\"side\""), "neither tree nor menu");
    let menu = "Start | Home\n---\nThe society | https://example.org/\nWrite | mailto:a@example.org";
    set(wiki::Settings { menu: Some(Menu::parse(menu).unwrap()), ..wiki::Settings::default() });
    let html = world.ok("/Home").await;
    let menu = part(&html, "<ul class=\"side-menu\">", "</ul>");
    for wanted in [
        "<a href=\"/Home\" aria-current=\"page\">Start</a>",
        "href=\"https://example.org/\"",
        "mailto:a@example.org",
        "between",
    ] {
        assert!(menu.contains(wanted), "{wanted} is not in {menu}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiki_that_is_not_to_be_listed_says_so_to_search_engines() {
    let world = World::new();
    let set = |settings: wiki::Settings| {
        let access = world.wikis.authorize::<wiki::Admin>(&world.owner, &slug()).unwrap();
        world.wikis.change_settings(&access, &settings).unwrap();
    };
    let description = Description::parse("Notes from the field").unwrap();
    set(wiki::Settings { public: Some(true), description: Some(description), ..wiki::Settings::default() });
    let home = world.ok("/").await;
    assert!(
        home.contains("name=\"description\" content=\"Notes from the field\"") && !home.contains("noindex"),
        "{home}"
    );
    assert!(world.ok("/robots.txt").await.contains("Sitemap:"));
    assert!(!world.ok("/Agent_Guide").await.contains("content=\"Notes from the field\""), "it has words of its own");
    set(wiki::Settings { indexed: Some(false), ..wiki::Settings::default() });
    assert!(world.ok("/").await.contains("noindex"));
    assert_eq!(world.ok("/robots.txt").await, "User-agent: *\nDisallow: /\n");
}
