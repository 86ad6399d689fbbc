//! Everything that REST lists: pages in parts and orders, the changelog, histories, links, tags, the tree, what
//! was deleted. All of it comes from the metadata, which must follow every way in which a wiki changes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{DataDir, Request, Server, Source, encode_path, encode_query, git_ok};

struct Wiki<'s> {
    server: &'s Server<'s>,
    token: String,
}

impl Wiki<'_> {
    fn send(&self, request: Request) -> (u16, Value) {
        let response = self.server.wiki("docs", &request.bearer(&self.token));
        (response.status, response.json())
    }

    fn get(&self, target: impl AsRef<str>) -> Value {
        let target = format!("/api/v1{}", target.as_ref());
        let (status, answer) = self.send(Request::get(&target));
        assert_eq!(status, 200, "{target}: {answer}");
        answer
    }

    fn refuses(&self, target: &str) -> String {
        let (status, answer) = self.send(Request::get(format!("/api/v1{target}")));
        assert_eq!(status, 422, "{target}: {answer}");
        answer["error"].as_str().unwrap().to_owned()
    }

    /// Creates or replaces a page; returns its revision.
    fn put(&self, page: &str, content: &str) -> String {
        let (status, current) = self.send(Request::get(format!("/api/v1/pages/{}", encode_path(page))));
        let mut body = json!({"content": content});
        if status == 200 {
            body["revision"] = current["revision"].clone();
        }
        let (status, saved) =
            self.send(Request::new("PUT", format!("/api/v1/pages/{}", encode_path(page))).json(&body));
        assert!(status == 200 || status == 201, "{saved}");
        saved["revision"].as_str().unwrap().to_owned()
    }

    fn delete(&self, page: &str) {
        let (status, answer) = self.send(Request::new("DELETE", format!("/api/v1/pages/{}", encode_path(page))));
        assert_eq!(status, 200, "{answer}");
    }

    /// All items of a list, fetched in parts.
    fn all(&self, target: &str, key: &str, limit: usize) -> Vec<Value> {
        let joint = if target.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let part = self.get(format!("{target}{joint}limit={limit}{cursor}"));
            let got = part[key].as_array().unwrap();
            assert!(got.len() <= limit);
            items.extend(got.iter().cloned());
            match part["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
            assert_eq!(got.len(), limit, "only the last part may be short");
        }
    }
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

fn column<'v>(rows: &'v [Value], key: &str) -> Vec<&'v str> {
    rows.iter().map(|row| row[key].as_str().unwrap()).collect()
}

fn with_wiki(test: impl FnOnce(&Wiki<'_>, &DataDir)) {
    let dir = DataDir::new();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let token = dir.token("docs", "Lists", "write");
    let server = dir.start();
    test(&Wiki { server: &server, token }, &dir);
    server.stop();
}

#[test]
fn pages_are_listed_in_parts_orders_and_fields() {
    with_wiki(|wiki, _| {
        wiki.put("docs/b", "---\ntitle: Zebra\ntags: [guide, x]\ncategory: Blog\n---\none two three four five\n");
        wiki.put("docs/a", "---\ntitle: apple\ntags: [guide]\n---\none\n");
        wiki.put("other/c", "one two\n");
        let everything = wiki.get("/pages");
        assert_eq!(everything["total"], everything["pages"].as_array().unwrap().len());
        assert!(everything.get("next_cursor").is_none());
        let row = &everything["pages"].as_array().unwrap().iter().find(|row| row["path"] == "docs/b").unwrap();
        let keys: BTreeSet<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["category", "content_length", "last_updated", "name", "path", "tags"].into());

        let sorted = |sort: &str| {
            let rows = wiki.get(format!("/pages?prefix=docs/&sort={sort}&fields=path"));
            column(rows["pages"].as_array().unwrap(), "path").join(" ")
        };
        assert_eq!(sorted("path"), "docs/a docs/b");
        assert_eq!(sorted("-path"), "docs/b docs/a");
        assert_eq!(sorted("name"), "docs/a docs/b");
        assert_eq!(sorted("-words"), "docs/b docs/a");
        assert_eq!(sorted("size"), "docs/a docs/b");
        assert_eq!(wiki.get("/pages?has=guide&has=X&fields=path")["pages"], json!([{"path": "docs/b"}]));
        for sort in ["path", "-path", "name", "-name", "updated", "-updated", "created", "-created", "size", "-words"] {
            let whole = wiki.get(format!("/pages?sort={sort}"));
            assert_eq!(json!(wiki.all(&format!("/pages?sort={sort}"), "pages", 1)), whole["pages"], "{sort}");
            assert_eq!(wiki.get(format!("/pages?sort={sort}&limit=1"))["total"], whole["total"]);
        }
        let more = wiki.get("/pages?prefix=docs/a&fields=revision,size,updated,created,author");
        let row = &more["pages"][0];
        assert_eq!(row["revision"].as_str().unwrap().len(), 40);
        assert_eq!((&row["author"], &row["created"]), (&json!("Lists"), &row["updated"]));
        for bad in ["sort=x", "fields=path,x", "limit=0", "limit=1001", "cursor=x", "as_of=x", "updated_since=x"] {
            wiki.refuses(&format!("/pages?{bad}"));
        }
        assert_eq!(wiki.refuses("/pages?as_of=abcdef0123"), "as_of names no commit of this wiki");
    });
}

#[test]
fn pages_are_listed_as_of_the_past() {
    with_wiki(|wiki, _| {
        let first = wiki.put("Past/A", "---\ntags: [old]\n---\none\n");
        let second = wiki.put("Past/A", "---\ntags: [new]\n---\none two\n");
        wiki.delete("Past/A");
        let listed = |as_of: &str| {
            wiki.get(format!("/pages?as_of={}&prefix=past/&fields=path,tags,revision", encode_query(as_of)))
        };
        assert_eq!(listed(&first)["pages"], json!([{"path": "Past/A", "tags": ["old"], "revision": first}]));
        assert_eq!(listed(&second[..8])["pages"], json!([{"path": "Past/A", "tags": ["new"], "revision": second}]));
        assert_eq!(wiki.get("/pages?prefix=past/")["total"], 0);
        assert_eq!(wiki.get("/pages?as_of=1999-01-01")["pages"], json!([]));
        assert_eq!(wiki.get("/pages?as_of=2999-01-01"), wiki.get("/pages"));
    });
}

#[test]
fn the_changelog_names_what_each_commit_changed() {
    with_wiki(|wiki, dir| {
        wiki.put("Notes/One", "# One\n");
        let edited = wiki.put("Notes/One", "# One\n\nMore.\n");
        wiki.put("Two", "# Two\n");
        wiki.delete("Two");
        let log = wiki.get("/changelog");
        let entries = log["entries"].as_array().unwrap();
        assert_eq!((&log["total"], &log["count"]), (&json!(entries.len()), &json!(entries.len())));
        assert_eq!(entries[0]["changes"], json!([{"kind": "D", "path": "Two"}]));
        assert_eq!(entries[0]["pages_affected"], json!(["Two"]));
        assert_eq!(entries[2]["revision"], edited);
        assert_eq!(entries[2]["changes"], json!([{"kind": "M", "path": "Notes/One"}]));
        assert_eq!(entries[3]["changes"], json!([{"kind": "A", "path": "Notes/One"}]));
        for key in ["revision", "author", "email", "date", "message"] {
            assert!(entries[0][key].is_string(), "{key}");
        }
        assert_eq!(wiki.all("/changelog", "entries", 2), *entries);
        assert_eq!(wiki.get("/changelog?limit=2")["total"], 2);
        assert_eq!(wiki.get("/changelog?limit=x")["total"], entries.len());
        assert_eq!(wiki.get("/changelog?prefix=notes/")["count"], 2);
        assert_eq!(wiki.get("/changelog?author=lists")["count"], 4);
        assert_eq!(wiki.get("/changelog?author=nobody")["count"], 0);
        // The token's four, and the one that began the wiki.
        assert_eq!(wiki.get("/changelog?by=agent")["count"], 4);
        assert_eq!(wiki.get("/changelog?by=person")["count"], entries.len() - 4);
        assert_eq!(wiki.get("/changelog?by=agent&limit=1")["entries"][0]["by"], "agent");
        assert_eq!(wiki.get("/changelog?since=2999-01-01")["count"], 0);
        assert_eq!(wiki.get("/changelog?until=1999-01-01")["count"], 0);
        // A day alone means all of it.
        let today = &entries[0]["date"].as_str().unwrap()[..10];
        assert_eq!(wiki.get(format!("/changelog?until={today}")), log);
        assert_eq!(wiki.get(format!("/pages?as_of={today}")), wiki.get("/pages"));
        wiki.refuses("/changelog?since=x");
        wiki.refuses("/changelog?by=robot");
        wiki.refuses("/changelog?cursor=x");

        // A merge made with git says what it brought in.
        let repository = dir.repository("docs");
        let stream = "commit refs/heads/side\nmark :1\ncommitter G <g@example.org> 1900000000 +0000\ndata 4\nside\n\
                      from refs/heads/main^0\nM 100644 inline Side.md\ndata 5\nside\n\n\
                      commit refs/heads/other\nmark :2\ncommitter G <g@example.org> 1900000001 +0000\ndata 5\nother\n\
                      from refs/heads/main^0\nR Notes/One.md Notes/Uno.md\n\n\
                      commit refs/heads/main\ncommitter G <g@example.org> 1900000002 +0000\ndata 5\nmerge\n\
                      from :2\nmerge :1\nM 100644 inline Side.md\ndata 5\nside\n\n";
        git_ok(&repository, &["fast-import", "--quiet"], stream.as_bytes());
        let log = wiki.get("/changelog?limit=3");
        let changes: Vec<&Value> = log["entries"].as_array().unwrap().iter().map(|entry| &entry["changes"]).collect();
        assert_eq!(changes[0], &json!([{"kind": "A", "path": "Side"}]));
        assert_eq!(log["entries"][0]["message"], "merge");
        assert_eq!(changes[1], &json!([{"kind": "R", "path": "Notes/Uno", "from": "Notes/One"}]));
        assert_eq!(changes[2], &json!([{"kind": "A", "path": "Side"}]));

        let history = wiki.get("/pages/Notes/Uno/history");
        let versions = history["history"].as_array().unwrap();
        assert_eq!(column(versions, "path"), ["Notes/Uno", "Notes/One", "Notes/One"]);
        assert_eq!(history["total"], 3);
        assert_eq!(wiki.all("/pages/Notes/Uno/history", "history", 1), *versions);
        let side = wiki.get("/pages/Side/history");
        assert_eq!(column(side["history"].as_array().unwrap(), "message"), ["side"]);

        // What was renamed is not deleted.
        let deleted = wiki.get("/deleted");
        assert_eq!(column(deleted["deleted"].as_array().unwrap(), "path"), ["Two"]);
        let revision = deleted["deleted"][0]["revision"].as_str().unwrap();
        assert_eq!(wiki.get(format!("/pages/Two?revision={revision}"))["content"], "# Two\n");
        assert_eq!(wiki.get("/deleted?prefix=x")["total"], 0);
    });
}

#[test]
fn links_of_every_kind_make_one_graph() {
    with_wiki(|wiki, _| {
        wiki.put("New York", "# New York\n");
        wiki.put("dir/A", "[[new york]] [b](B.md) [[Nowhere]] [file](report.pdf) ![image](B) <https://example.org>\n");
        wiki.put("dir/B", "[[dir/A]] [[nowhere]]\n");
        wiki.put("Lonely", "[[Lonely]]\n");
        let links = wiki.get("/links/dir/A");
        assert_eq!(texts(&links["links_to"]), ["New_York", "Nowhere", "dir/B"]);
        assert_eq!((texts(&links["linked_from"]), &links["exists"]), (vec!["dir/B"], &json!(true)));
        assert_eq!(texts(&links["missing"]), ["Nowhere"]);
        assert_eq!(texts(&wiki.get("/links/new%20york")["linked_from"]), ["dir/A"]);
        let unknown = wiki.get("/links/no/such/page");
        assert_eq!(
            unknown,
            json!({"path": "no/such/page", "exists": false, "links_to": [], "linked_from": [], "missing": []})
        );
        wiki.refuses("/links/a/%2e%2e/b");

        let graph = wiki.get("/links");
        let edges = graph["edges"].as_array().unwrap();
        assert!(edges.contains(&json!({"source": "dir/A", "target": "dir/B"})));
        assert!(texts(&graph["nodes"]).contains(&"Nowhere") && !texts(&graph["nodes"]).contains(&"nowhere"));
        assert!(texts(&graph["missing"]).contains(&"Nowhere"));
        assert_eq!(wiki.all("/links", "edges", 2), *edges);
        let broken = wiki.get("/links/broken");
        assert!(
            broken["broken"]
                .as_array()
                .unwrap()
                .contains(&json!({"target": "Nowhere", "linked_from": ["dir/A", "dir/B"]}))
        );
        let orphans = wiki.get("/links/orphans");
        assert!(texts(&orphans["orphans"]).contains(&"Lonely") && !texts(&orphans["orphans"]).contains(&"Home"));

        let near = wiki.get("/pages/New_York/neighbours");
        assert_eq!(near["neighbours"], json!([{"path": "dir/A", "distance": 1, "exists": true}]));
        let far = wiki.get("/pages/New_York/neighbours?depth=2");
        assert_eq!(column(far["neighbours"].as_array().unwrap(), "path"), ["dir/A", "Nowhere", "dir/B"]);
        assert_eq!(far["edges"].as_array().unwrap().len(), 5);
        assert_eq!(wiki.get("/pages/New_York/neighbours?depth=2&limit=1")["truncated"], true);
        wiki.refuses("/pages/New_York/neighbours?depth=4");
        assert_eq!(wiki.send(Request::get("/api/v1/pages/none/neighbours")).0, 404);

        wiki.put("dir/A", "[[Somewhere]]\n");
        assert_eq!(texts(&wiki.get("/links/dir/A")["links_to"]), ["Somewhere"]);
        assert!(texts(&wiki.get("/links/New_York")["linked_from"]).is_empty());
        wiki.put("Somewhere", "here\n");
        assert_eq!(wiki.get("/links/dir/A")["missing"], json!([]));
    });
}

#[test]
fn tags_categories_and_the_tree_count_pages() {
    with_wiki(|wiki, _| {
        wiki.put("t/a", "---\ntags: [Guide, rare]\ncategory: News\n---\n");
        wiki.put("t/a/b", "---\ntags: guide\ncategory: 7\n---\n");
        wiki.put("t/a/c/d", "x\n");
        let tags = wiki.get("/tags");
        assert!(tags["tags"].as_array().unwrap().contains(&json!({"tag": "Guide", "count": 2})));
        assert_eq!(json!(wiki.all("/tags", "tags", 1)), tags["tags"]);
        let categories = wiki.get("/categories");
        assert!(categories["categories"].as_array().unwrap().contains(&json!({"category": "7", "count": 1})));
        let tree = wiki.get("/tree?prefix=t/");
        assert_eq!(tree["total"], 3);
        let a = &tree["children"][0];
        assert_eq!((&a["path"], &a["page"], &a["count"]), (&json!("t/a"), &json!(true), &json!(3)));
        assert_eq!(column(a["children"].as_array().unwrap(), "path"), ["t/a/b", "t/a/c"]);
        assert_eq!(a["children"][1]["page"], false);
        let shallow = wiki.get("/tree?depth=1");
        assert!(shallow["children"].as_array().unwrap().iter().any(|node| node["path"] == "t" && node["count"] == 3));
        assert!(shallow["children"].as_array().unwrap().iter().all(|node| node["children"] == json!([])));
        wiki.refuses("/tree?depth=0");
    });
}

#[test]
fn listings_survive_a_restart_and_need_a_credential() {
    let dir = DataDir::new();
    let source = Source::generate(&dir.beside("source.git"));
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs", "--from-git", &source.path.display().to_string()]);
    let token = dir.token("docs", "Lists", "read");
    for target in ["/pages", "/changelog", "/links", "/links/x", "/links/broken", "/tags", "/tree", "/deleted"] {
        assert_eq!(server.wiki("docs", &Request::get(format!("/api/v1{target}"))).status, 401, "{target}");
    }
    let look = |server: &Server<'_>| {
        let wiki = Wiki { server, token: token.clone() };
        let targets =
            ["/pages?fields=path,revision,created,size", "/changelog?limit=0", "/links", "/tags", "/deleted", "/tree"];
        targets.map(|target| wiki.get(target))
    };
    let before = look(&server);
    assert_eq!(before[0]["total"], source.pages.len());
    assert_eq!(before[1]["count"], source.commits);
    for (name, page) in &source.pages {
        let wiki = Wiki { server: &server, token: token.clone() };
        let history = wiki.get(format!("/pages/{}/history", encode_path(name)));
        assert_eq!(history["total"], page.revisions, "{name}");
    }
    server.stop();
    let stored = dir.path().join("wikis/docs/index/catalog.bin");
    assert!(stored.exists());
    let server = dir.start();
    assert_eq!(look(&server), before);
    server.stop();
    std::fs::write(&stored, b"robotwiki catalog 2\ndamaged").unwrap();
    let server = dir.start();
    assert_eq!(look(&server), before);
    server.stop();
}

/// With `ROBOTWIKI_MEASURE=1` 40,000 pages; the budgets are those of a release build.
#[test]
fn a_large_wiki_is_listed_part_by_part() {
    let measure = std::env::var_os("ROBOTWIKI_MEASURE").is_some();
    for pages in if measure { vec![400, 40_000] } else { vec![1_200] } {
        let dir = DataDir::new();
        let source = dir.beside("source.git");
        std::fs::create_dir(&source).unwrap();
        git_ok(&source, &["init", "--quiet", "--bare", "--initial-branch=main"], b"");
        let mut stream = "commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 0\n".to_owned();
        for page in 0..pages {
            let text = format!(
                "---\ntitle: Page {page}\ntags: [a, b]\ncategory: c\n---\n# Page\n\n[[s{}/Page_0]]\n",
                page % 40
            );
            stream.push_str(&format!("M 100644 inline s{}/Page_{page}.md\ndata {}\n{text}\n", page % 40, text.len()));
        }
        git_ok(&source, &["fast-import", "--quiet"], stream.as_bytes());
        dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs", "--from-git", &source.display().to_string()]);
        let token = dir.token("docs", "Lists", "read");
        let server = dir.start();
        let wiki = Wiki { server: &server, token };
        let limit = 1000.min(pages);
        assert_eq!(wiki.get(format!("/pages?limit={limit}"))["total"], pages);
        let listed: BTreeSet<String> =
            wiki.all("/pages?sort=-size", "pages", limit).iter().map(|row| row["path"].to_string()).collect();
        assert_eq!(listed.len(), pages);
        let parts = [
            format!("/pages?limit={limit}"),
            format!("/pages?limit={limit}&sort=-updated"),
            "/pages?limit=1000&prefix=s1/".to_owned(),
        ];
        for target in parts {
            let cursor =
                wiki.get(&target)["next_cursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
            let request = Request::get(format!("/api/v1{target}{cursor}")).bearer(&wiki.token);
            let mut times: Vec<Duration> = (0..20)
                .map(|_| {
                    let start = Instant::now();
                    assert_eq!(server.wiki("docs", &request).status, 200);
                    start.elapsed()
                })
                .collect();
            times.sort();
            if measure {
                eprintln!("{pages} pages, {target}: median {:?}, worst {:?}", times[10], times[19]);
            }
        }
        server.stop();
    }
}
