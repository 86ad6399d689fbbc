//! Listing, history and search.

use super::world::{Wiki, refused, text, texts};

/// Four pages beside those that every wiki begins with.
fn library() -> Wiki {
    Wiki::with(&[
        ("docs/intro", "---\ntags: [guide, start]\ncategory: manual\n---\n# Intro\n\nWelcome aboard qlibrary.\n"),
        ("docs/setup", "---\ntags: guide\n---\n# Setup\n\nHow to install.\n"),
        ("blog/first", "---\ncategory: blog\n---\nA first post.\n"),
        ("plain", "No front matter.\n"),
    ])
}

fn rows(wiki: &Wiki, query: &str) -> Vec<String> {
    let answer = wiki.get(&format!("/pages{query}")).expect(200);
    let paths = texts(&answer["pages"], Some("path"));
    assert_eq!(answer["total"], paths.len());
    paths
}

#[test]
fn a_row_has_the_six_fields() {
    let answer = library().get("/pages?prefix=docs/intro").expect(200);
    let row = &answer["pages"][0];
    assert_eq!(row["name"], "intro");
    assert_eq!(row["path"], "docs/intro");
    assert_eq!(row["category"], "manual");
    assert_eq!(texts(&row["tags"], None), ["guide", "start"]);
    assert_eq!(text(&row["last_updated"]).len(), "2026-11-20".len());
    assert_eq!(row["content_length"], 5, "words, without the front matter");
    assert_eq!(answer["total"], 1);
}

#[test]
fn all_pages_are_listed_as_they_are_stored() {
    let paths = rows(&library(), "");
    for path in ["docs/intro", "docs/setup", "blog/first", "plain", "Home"] {
        assert!(paths.iter().any(|listed| listed == path), "{path} in {paths:?}");
    }
}

#[test]
fn a_prefix_filters() {
    assert_eq!(rows(&library(), "?prefix=docs/"), ["docs/intro", "docs/setup"]);
}

#[test]
fn a_tag_filters() {
    assert_eq!(rows(&library(), "?tag=guide"), ["docs/intro", "docs/setup"]);
    assert_eq!(rows(&library(), "?tag=GUIDE").len(), 2);
}

#[test]
fn a_category_filters() {
    assert_eq!(rows(&library(), "?category=blog"), ["blog/first"]);
}

#[test]
fn the_time_of_the_last_change_filters() {
    let wiki = library();
    assert_eq!(rows(&wiki, "?updated_since=2000-01-01"), rows(&wiki, ""));
    assert!(rows(&wiki, "?updated_since=2099-01-01").is_empty());
}

#[test]
fn a_bad_date_is_refused() {
    refused(&library().get("/pages?updated_since=yesterday"), 422, "Invalid updated_since format. Use ISO 8601.");
}

/// A wiki whose page `Page` was written three times.
fn written_thrice() -> (Wiki, [String; 3]) {
    let wiki = Wiki::new();
    let first = wiki.revision_of_new("Page", "one\n");
    let second = wiki.update("Page", "two\n", &first);
    let third = wiki.update("Page", "three\n", &second);
    (wiki, [first, second, third])
}

#[test]
fn history_is_newest_first() {
    let (wiki, [first, second, third]) = written_thrice();
    let answer = wiki.get("/pages/Page/history").expect(200);
    assert_eq!(answer["path"], "Page");
    assert_eq!(texts(&answer["history"], Some("revision")), [third, second, first]);
    for entry in answer["history"].as_array().unwrap() {
        for field in ["revision", "author", "date", "message"] {
            assert!(!text(&entry[field]).is_empty(), "{field} of {entry}");
        }
    }
}

#[test]
fn history_of_a_missing_page_is_not_found() {
    refused(&Wiki::new().get("/pages/nowhere/history"), 404, "Page not found: nowhere");
}

#[test]
fn history_is_limited() {
    let (wiki, _) = written_thrice();
    let limited = |limit: &str| {
        texts(&wiki.get(&format!("/pages/Page/history?limit={limit}")).expect(200)["history"], Some("revision")).len()
    };
    assert_eq!(limited("2"), 2);
}

#[test]
fn a_hit_is_described() {
    let answer = library().found("qlibrary", 1);
    let hit = &answer["results"][0];
    assert_eq!((text(&hit["name"]), text(&hit["path"])), ("intro".to_owned(), "docs/intro".to_owned()));
    assert!(text(&hit["snippet"]).contains("qlibrary"));
    assert!(hit["score"].as_f64().unwrap() > 0.0);
}

#[test]
fn an_empty_query_is_refused() {
    let wiki = library();
    for query in ["/search", "/search?q=", "/search?q=%20"] {
        refused(&wiki.get(query), 422, "Query parameter 'q' is required");
    }
}

#[test]
fn nothing_found_is_an_answer() {
    let answer = library().found("qxyzzyabsent", 0);
    assert_eq!(answer["results"], serde_json::json!([]));
}

#[test]
fn the_best_hit_comes_first() {
    let wiki = Wiki::with(&[
        ("a", "# Other\n\nzebra once, and much other text about quite different animals and places\n"),
        ("zebra", "# Zebra\n\nzebra zebra zebra\n"),
    ]);
    let answer = wiki.found("zebra", 2);
    let scores: Vec<f64> =
        answer["results"].as_array().unwrap().iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert_eq!(scores.len(), 2);
    assert!(scores[0] >= scores[1], "{scores:?}");
    assert_eq!(answer["results"][0]["path"], "zebra");
}
