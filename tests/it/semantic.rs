//! Search by meaning with the model that is built in, on every surface; the predecessor's addresses and shapes
//! (reference 3.7 and 4.3) among them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Called, DataDir, Request, Server, call_tool, encode_path, encode_query};

const PAGES: [(&str, &str); 5] = [
    (
        "Kitchen/Bread",
        "---\ntags: [food, oven]\ncategory: Recipe\n---\n# Bread\n\n## Dough\n\nMix flour, water, salt and yeast, and \
         knead until it is smooth.\n\n## Baking\n\nBake the loaf in a very hot oven until the crust is brown.\n",
    ),
    (
        "Garden/Roses",
        "---\ntags: [plants]\n---\n# Roses\n\nCut the stems back in late winter, above a bud that faces outwards.\n",
    ),
    (
        "Garage/Brakes",
        "# Brakes\n\nReplace the pads of the car when less than three millimetres of lining are left on them.\n",
    ),
    ("Office/Leave", "# Leave\n\nEmployees ask for their holidays in writing, four weeks ahead.\n"),
    ("Empty", ""),
];

struct Wiki<'s> {
    server: &'s Server<'s>,
    token: String,
}

impl Wiki<'_> {
    fn send(&self, request: Request) -> (u16, Value) {
        let response = self.server.wiki("docs", &request.bearer(&self.token));
        (response.status, response.json())
    }

    fn get(&self, target: &str) -> Value {
        let (status, answer) = self.send(Request::get(format!("/api/v1{target}")));
        assert_eq!(status, 200, "{target}: {answer}");
        answer
    }

    fn put(&self, page: &str, content: &str) {
        let target = format!("/api/v1/pages/{}", encode_path(page));
        let (status, current) = self.send(Request::get(&target));
        let mut body = json!({"content": content});
        if status == 200 {
            body["revision"] = current["revision"].clone();
        }
        let (status, saved) = self.send(Request::new("PUT", target).json(&body));
        assert!(status == 200 || status == 201, "{saved}");
    }

    /// Waits until the newest commit is searchable in both ways.
    fn settled(&self) -> Value {
        let begun = Instant::now();
        loop {
            let status = self.get("/search/status");
            let tip = &status["tip"];
            if tip == &status["text"]["indexed"] && tip == &status["vectors"]["indexed"] {
                return status;
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "{status}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn found(&self, mode: &str, query: &str, more: &str) -> Value {
        self.get(&format!("/search?mode={mode}&q={}{more}", encode_query(query)))
    }

    fn best(&self, mode: &str, query: &str) -> String {
        let found = self.found(mode, query, "");
        found["results"][0]["path"].as_str().unwrap_or_else(|| panic!("{query}: {found}")).to_owned()
    }
}

fn with_wiki(test: impl FnOnce(&Wiki<'_>, &DataDir)) {
    let dir = DataDir::new();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let token = dir.token("docs", "Search", "write");
    let server = dir.start();
    let wiki = Wiki { server: &server, token };
    for (page, content) in PAGES {
        wiki.put(page, content);
    }
    wiki.settled();
    test(&wiki, &dir);
    server.stop();
}

#[test]
fn pages_are_found_by_what_they_mean() {
    with_wiki(|wiki, _| {
        for (query, page) in [
            ("how do I make toast from scratch", "Kitchen/Bread"),
            ("pruning flowers", "Garden/Roses"),
            ("the vehicle needs new brake linings", "Garage/Brakes"),
            ("vacation request", "Office/Leave"),
        ] {
            assert_eq!(wiki.best("semantic", query), page);
            let both = wiki.found("hybrid", query, "&limit=3");
            assert!(both["results"].as_array().unwrap().iter().any(|row| row["path"] == page), "{both}");
        }
        let words = wiki.found("text", "pruning flowers", "");
        assert_eq!((&words["mode"], &words["total"]), (&json!("text"), &json!(0)));

        let found = wiki.found("hybrid", "a hot oven for the loaf", "");
        let best = &found["results"][0];
        assert_eq!(best["matched"], json!(["words", "meaning"]));
        assert_eq!(best["section"]["section"], "Bread > Baking");
        let lines = &best["section"]["lines"];
        let target = format!("/pages/Kitchen/Bread?lines={}-{}", lines[0], lines[1]);
        assert!(wiki.get(&target)["content"].as_str().unwrap().contains("crust is brown"), "{best}");
        let score = best["score"].as_f64().unwrap();
        assert!(score > 0.0 && score <= 1.0);
        assert!(found["results"].as_array().unwrap().is_sorted_by(|a, b| a["score"].as_f64() >= b["score"].as_f64()));
    });
}

#[test]
fn filters_hold_inside_the_search_and_totals_are_true() {
    with_wiki(|wiki, _| {
        let paths = |found: &Value| -> BTreeSet<String> {
            found["results"].as_array().unwrap().iter().map(|row| row["path"].as_str().unwrap().to_owned()).collect()
        };
        for mode in ["text", "semantic", "hybrid"] {
            let all = paths(&wiki.found(mode, "oven", ""));
            assert!(all.contains("Kitchen/Bread"), "{mode}");
            for (filter, stays) in [
                ("&tag=oven", true),
                ("&tag=Food&tag=oven", true),
                ("&tag=plants", false),
                ("&category=recipe", true),
                ("&prefix=kitchen/", true),
                ("&prefix=Garden/", false),
            ] {
                let found = wiki.found(mode, "oven", filter);
                assert_eq!(paths(&found).contains("Kitchen/Bread"), stays, "{mode} {filter}");
                assert!(found["total"].as_u64().unwrap() >= paths(&found).len() as u64);
            }
        }
        let (status, refused) = wiki.send(Request::get("/api/v1/search?q=x&mode=fuzzy"));
        assert_eq!((status, &refused["error"]), (422, &json!("mode must be text, semantic or hybrid")));
        let (status, _) = wiki.send(Request::get("/api/v1/search?q=x&mode=hybrid&as_of=2026-01-01"));
        assert_eq!(status, 422);
    });
}

#[test]
fn the_predecessors_semantic_search_is_answered_in_its_shape() {
    with_wiki(|wiki, _| {
        let answer = wiki.get("/semantic-search?q=knead%20the%20dough");
        assert_eq!((&answer["query"], &answer["total"]), (&json!("knead the dough"), &json!(5)));
        let rows = answer["results"].as_array().unwrap();
        let best = &rows[0];
        for key in [
            "chunk_index",
            "distance",
            "name",
            "page_word_count",
            "path",
            "section",
            "section_path",
            "snippet",
            "text",
            "total_chunks",
        ] {
            assert!(best.get(key).is_some(), "{key}: {best}");
        }
        assert_eq!(best["path"], "Kitchen/Bread");
        let text = best["text"].as_str().unwrap();
        assert!(text.starts_with(&format!("[{}] ", best["section_path"].as_str().unwrap())), "{text}");
        assert!(rows.is_sorted_by(|a, b| a["distance"].as_f64() <= b["distance"].as_f64()), "{answer}");
        assert!(rows.iter().all(|row| (0.0..=2.0).contains(&row["distance"].as_f64().unwrap())));
        assert_eq!(wiki.get("/semantic-search?q=x&n=1")["total"], 1);
        for odd in ["n=0", "n=-3", "n=many", "n=9999", "max_chunks_per_page=99", "max_chunks_per_page=x"] {
            assert!(wiki.get(&format!("/semantic-search?q=x&{odd}"))["total"].as_u64().unwrap() >= 1, "{odd}");
        }
        let (status, refused) = wiki.send(Request::get("/api/v1/semantic-search"));
        assert_eq!((status, &refused["error"]), (422, &json!("Missing required parameter: q")));
        let nobody = wiki.server.wiki("docs", &Request::get("/api/v1/semantic-search?q=x"));
        assert_eq!(nobody.status, 401);
    });
}

#[test]
fn a_reindexing_is_started_watched_and_complete() {
    with_wiki(|wiki, dir| {
        assert_eq!(wiki.get("/reindex/status")["status"].as_str().map(|status| status == "error"), Some(false));
        let (status, started) = wiki.send(Request::new("POST", "/api/v1/reindex"));
        assert_eq!((status, started), (202, json!({"status": "started"})));
        let begun = Instant::now();
        let done = loop {
            let status = wiki.get("/reindex/status");
            if status["status"] == "complete" {
                break status;
            }
            assert_ne!(status["status"], "error", "{status}");
            assert!(begun.elapsed() < Duration::from_secs(60), "{status}");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(
            done["pages_indexed"].as_u64().unwrap() >= 4 && done["chunks_created"].as_u64().unwrap() >= 5,
            "{done}"
        );
        assert_eq!(wiki.best("semantic", "pruning flowers"), "Garden/Roses");
        let reader = dir.token("docs", "Reader", "read");
        let refused = wiki.server.wiki("docs", &Request::new("POST", "/api/v1/reindex").bearer(&reader));
        assert_eq!(refused.status, 403);
    });
}

#[test]
fn edits_moves_and_deletions_are_followed() {
    with_wiki(|wiki, _| {
        wiki.put("Garden/Roses", "# Roses\n\nA submarine dives below the surface of the sea.\n");
        wiki.settled();
        assert_eq!(wiki.best("semantic", "an underwater vessel"), "Garden/Roses");
        let body = json!({"new_path": "Navy/Boats"});
        let (status, moved) = wiki.send(Request::new("POST", "/api/v1/pages/Garden/Roses/rename").json(&body));
        assert_eq!(status, 200, "{moved}");
        wiki.settled();
        assert_eq!(wiki.best("hybrid", "an underwater vessel"), "Navy/Boats");
        let (status, _) = wiki.send(Request::new("DELETE", "/api/v1/pages/Navy/Boats"));
        assert_eq!(status, 200);
        wiki.settled();
        let left = wiki.found("semantic", "an underwater vessel", "");
        assert!(left["results"].as_array().unwrap().iter().all(|row| row["path"] != "Navy/Boats"), "{left}");
    });
}

#[test]
fn an_agent_searches_by_meaning() {
    with_wiki(|wiki, _| {
        let ask = |arguments: Value| {
            let request = call_tool("semantic_search", &arguments).bearer(&wiki.token);
            Called::from_response(&wiki.server.wiki("docs", &request))
        };
        let found = ask(json!({"query": "pruning flowers", "n": 2}));
        assert!(!found.failed, "{found:?}");
        assert!(
            found.text.starts_with("2 results for \"pruning flowers\":\n\n1. Garden/Roses (distance: 0."),
            "{}",
            found.text
        );
        assert!(found.text.contains("   Section: Garden/Roses > Roses"), "{}", found.text);
        assert!(ask(json!({"query": " "})).failed);
    });
}

#[test]
fn the_browser_shows_meaning_sections_and_the_index() {
    let dir = DataDir::new();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs", "--public"]);
    let token = dir.token("docs", "Search", "write");
    let server = dir.start();
    let wiki = Wiki { server: &server, token };
    for (page, content) in PAGES {
        wiki.put(page, content);
    }
    wiki.settled();
    let page = |target: &str| {
        let response = server.wiki("docs", &Request::get(target));
        assert_eq!(response.status, 200, "{target}");
        response.text()
    };
    let found = page("/-/search?q=pruning+flowers");
    assert!(found.contains("href=\"/Garden/Roses\"") && found.contains("By meaning"), "{found}");
    assert!(page("/-/search?q=hot+oven").contains("href=\"/Kitchen/Bread#baking\""));
    assert!(!page("/-/search?q=pruning+flowers&mode=text").contains("href=\"/Garden/Roses\""));
    assert!(page("/-/search/status").contains("Up to date"));
    server.stop();
}
