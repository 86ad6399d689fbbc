//! One wiki through every surface: imported from git, edited in a browser, by agents and by programs, read and
//! cloned everywhere.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    Called, DataDir, Form, Node, Request, Server, Source, SourcePage, Visitor, call_tool, encode_path, encode_query,
    git, git_ok, run,
};

const EDITOR: &str = "Edda Editor";
const VIEWER: &str = "Vera Viewer";
const WRITER_TOKEN: &str = "Research agent";
const READER_TOKEN: &str = "Backup job";

/// A change somebody made: where it must show, a word that occurs nowhere else, whose name it carries.
struct Edit {
    page: String,
    word: &'static str,
    author: &'static str,
}

impl Edit {
    fn new(page: &str, word: &'static str, author: &'static str) -> Self {
        Self { page: page.to_owned(), word, author }
    }

    fn as_other(&self) -> Value {
        json!({"page": self.page, "shows": self.word, "author": self.author})
    }
}

/// The wiki `docs` as it was imported, and the credentials that the surfaces use.
struct Wiki<'s> {
    server: &'s Server<'s>,
    source: &'s Source,
    writer: String,
    reader: String,
}

#[test]
fn every_edit_shows_on_every_surface_under_the_right_name() {
    let node = Node::find();
    let dir = DataDir::new();
    let source = Source::generate(&dir.beside("source.git"));
    assert!(source.pages.len() >= 200 && source.commits > source.pages.len());
    let server = dir.start();
    let path = source.path.display().to_string();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs", "--from-git", &path]);
    let (editor, editor_link) = dir.person(EDITOR);
    dir.cli_ok(&["wiki", "grant", "docs", &editor, "editor"]);
    let wiki = Wiki {
        server: &server,
        source: &source,
        writer: dir.token("docs", WRITER_TOKEN, "write"),
        reader: dir.token("docs", READER_TOKEN, "read"),
    };
    let repository = dir.repository("docs");
    assert_eq!(git_ok(&repository, &["rev-parse", "refs/heads/main"], b"").trim(), source.tip);
    wiki.serves_the_source();

    // Pages that exist, in order; each edit takes the next.
    let mut names = source.pages.keys().filter(|name| name.contains('/') && name.contains(' ')).step_by(9);
    let mut next = || names.next().unwrap().clone();
    let mut edits = Vec::new();
    edits.extend(wiki.edit_over_rest(&next(), &next()));
    edits.extend(wiki.edit_with_the_inspector(&node, &next(), &next()));
    edits.extend(wiki.edit_with_the_sdk(&node, &next(), &edits));
    edits.extend(wiki.edit_in_the_browser(&node, &editor_link, [&next(), &next(), &next()], &edits));
    assert!(edits.len() >= 10);

    wiki.shows_over_rest(&edits);
    wiki.shows_over_mcp(&node, &edits);
    for version in ["2", "0"] {
        wiki.shows_in_a_clone(version, &edits);
    }
    git_ok(&repository, &["fsck", "--strict", "--no-progress"], b"");
    server.stop();
    let listed = dir.cli_list(&["wiki", "list"]);
    assert_eq!(listed[0]["slug"], "docs");
    let pages = git_ok(&repository, &["ls-tree", "-r", "--name-only", "main"], b"");
    assert_eq!(listed[0]["pages"], pages.lines().filter(|file| file.ends_with(".md")).count());
}

impl Wiki<'_> {
    fn get(&self, target: impl Into<String>) -> Value {
        self.server.wiki("docs", &Request::get(target).bearer(&self.reader)).expect(200)
    }

    fn page(&self, page: &str) -> Value {
        self.get(format!("/api/v1/pages/{}", encode_path(page)))
    }

    fn tool(&self, name: &str, arguments: &Value) -> Called {
        Called::from_response(&self.server.wiki("docs", &call_tool(name, arguments).bearer(&self.reader)))
    }

    /// Every page with its text, its last author and its history; every attachment with its bytes.
    fn serves_the_source(&self) {
        let listed = self.get("/api/v1/pages");
        let paths: BTreeSet<&str> =
            listed["pages"].as_array().unwrap().iter().map(|page| page["path"].as_str().unwrap()).collect();
        assert_eq!(paths, self.source.pages.keys().map(String::as_str).collect());
        assert_eq!(listed["total"], self.source.pages.len());
        for (path, expected) in &self.source.pages {
            let page = self.page(path);
            assert_eq!(page["content"], expected.content, "{path}");
            assert_eq!(page["last_commit"]["author"], expected.author, "{path}");
        }
        let renamed = self.source.pages.iter().find(|(_, page)| page.former_name.is_some()).unwrap();
        let edited = self.source.pages.iter().find(|(_, page)| page.revisions == 4).unwrap();
        for (path, expected) in [renamed, edited] {
            self.serves_the_history(path, expected);
        }
        for (file, bytes) in &self.source.attachments {
            let target = format!("/{}", encode_path(file));
            let refused = self.server.wiki("docs", &Request::get(&target));
            assert_ne!(refused.status, 200, "{file} without a credential");
            assert!(!refused.body.windows(64).any(|window| window == &bytes[..64]), "{file}");
        }
    }

    fn serves_the_history(&self, path: &str, expected: &SourcePage) {
        let history = self.get(format!("/api/v1/pages/{}/history", encode_path(path)));
        let entries = history["history"].as_array().unwrap();
        assert_eq!(entries.len(), expected.revisions, "{path}: {history}");
        let first = entries.last().unwrap()["revision"].as_str().unwrap();
        // An entry from before a rename is read under the name that the page had then.
        let then = expected.former_name.as_deref().unwrap_or(path);
        let old = self.get(format!("/api/v1/pages/{}?revision={first}", encode_path(then)));
        assert_eq!(old["content"], expected.first, "{path}");
    }

    fn edit_over_rest(&self, replaced: &str, patched: &str) -> Vec<Edit> {
        let put = |page: &str, body: &Value| {
            let target = format!("/api/v1/pages/{}", encode_path(page));
            self.server.wiki("docs", &Request::new("PUT", target).bearer(&self.writer).json(body))
        };
        let created =
            put("Programs/Made_over_REST", &json!({"content": "# Made over REST\n\nqrestmade7\n"})).expect(201);
        assert_eq!(created["created"], true);

        let revision = self.page(replaced)["revision"].clone();
        let body =
            json!({"content": "# Replaced\n\nqrestput7\n", "revision": revision, "commit_message": "By program"});
        let updated = put(replaced, &body).expect(200);
        assert_eq!(updated["created"], false);
        let stale = put(replaced, &body).expect(409);
        assert_eq!(stale["current_revision"], updated["revision"]);

        let revision = self.page(patched)["revision"].clone();
        let body =
            json!({"revision": revision, "old_string": "What we know", "new_string": "qrestpatch7: what we know"});
        let target = format!("/api/v1/pages/{}", encode_path(patched));
        self.server.wiki("docs", &Request::new("PATCH", target).bearer(&self.writer).json(&body)).expect(200);
        vec![
            Edit::new("Programs/Made_over_REST", "qrestmade7", WRITER_TOKEN),
            Edit::new(replaced, "qrestput7", WRITER_TOKEN),
            Edit::new(patched, "qrestpatch7", WRITER_TOKEN),
        ]
    }

    /// The official inspector's command line, once as a client of each era of the protocol.
    fn edit_with_the_inspector(&self, node: &Node, legacy: &str, modern: &str) -> Vec<Edit> {
        for (era, page, word) in [("legacy", legacy, "qlegacy7"), ("modern", modern, "qmodern7")] {
            // Strict: a schema that some client could not use ends it with an error.
            self.run_inspector(node, era, &self.reader, &["--method", "tools/list", "--strict"]);
            let revision = self.page(page)["revision"].clone();
            let arguments = json!({"path": page, "revision": revision, "old_string": "What we know", "new_string": format!("{word}: what we know")});
            let printed = self.inspect(node, era, &self.writer, "edit_note", &arguments);
            assert!(printed.contains(&format!("Edited {page}")), "{era}: {printed}");
        }
        vec![Edit::new(legacy, "qlegacy7", WRITER_TOKEN), Edit::new(modern, "qmodern7", WRITER_TOKEN)]
    }

    fn inspect(&self, node: &Node, era: &str, token: &str, tool: &str, arguments: &Value) -> String {
        let arguments = arguments.to_string();
        let call = ["--method", "tools/call", "--tool-name", tool, "--tool-args-json", &arguments];
        self.run_inspector(node, era, token, &call)
    }

    fn run_inspector(&self, node: &Node, era: &str, token: &str, method: &[&str]) -> String {
        let url = format!("http://{}/mcp", self.server.dir().host("docs"));
        let authorization = format!("Authorization: Bearer {token}");
        let how = ["--protocol-era", era, "--format", "json", "--stored-auth-only", "--header", &authorization];
        let output = node.inspector(&[&[url.as_str(), "--transport", "http"], method, &how[..]].concat());
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{era} {method:?}: {printed}\n{}", String::from_utf8_lossy(&output.stderr));
        printed
    }

    fn edit_with_the_sdk(&self, node: &Node, edited: &str, before: &[Edit]) -> Vec<Edit> {
        let others: Vec<Value> = before.iter().map(Edit::as_other).collect();
        node.script(
            "mcp_sdk.mjs",
            &json!({
                "url": format!("http://{}/mcp", self.server.dir().host("docs")),
                "token": self.writer,
                "readToken": self.reader,
                "page": "Agents/From_the_SDK",
                "word": "qsdkmade7",
                "edit": {"page": edited, "oldString": "What we know", "newString": "qsdkedit7: what we know"},
                "others": others,
            }),
        );
        vec![Edit::new("Agents/From_the_SDK", "qsdkmade7", WRITER_TOKEN), Edit::new(edited, "qsdkedit7", WRITER_TOKEN)]
    }

    fn edit_in_the_browser(&self, node: &Node, link: &str, pages: [&str; 3], before: &[Edit]) -> Vec<Edit> {
        let [scripted, plain, contested] = pages;
        let others: Vec<Value> = before.iter().map(Edit::as_other).collect();
        node.script("browser.mjs", &json!({
            "chromium": std::env::var("ROBOTWIKI_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()),
            "root": format!("http://{}", self.server.dir().domain()),
            "wiki": format!("http://{}", self.server.dir().host("docs")),
            "signInLink": link,
            "person": EDITOR,
            "secret": "What we know of the",
            "scripted": {"page": scripted, "content": "# With scripts\n\nTyped: qscripted7.\n", "message": "From the browser", "shows": "qscripted7"},
            "plain": {"page": plain, "content": "# Without scripts\n\nTyped: qplain7.\n", "message": "From a plain browser", "shows": "qplain7"},
            "contested": {"page": contested, "message": "Twice", "theirs": "Theirs came first.", "mine": "Mine: qcontested7."},
            "search": {"query": "qscripted7", "page": scripted},
            "others": others,
        }));
        vec![
            Edit::new(scripted, "qscripted7", EDITOR),
            Edit::new(contested, "qcontested7", EDITOR),
            Edit::new(plain, "qplain7", EDITOR),
        ]
    }

    fn shows_over_rest(&self, edits: &[Edit]) {
        let listed = self.get("/api/v1/pages").to_string();
        for Edit { page, word, author } in edits {
            let read = self.page(page);
            assert!(read["content"].as_str().unwrap().contains(word), "{page}");
            assert_eq!(read["last_commit"]["author"], *author, "{page}");
            let history = self.get(format!("/api/v1/pages/{}/history?limit=1", encode_path(page)));
            assert_eq!(history["history"][0]["author"], *author, "{page}");
            assert_eq!(history["history"][0]["revision"], read["revision"], "{page}");
            assert!(listed.contains(&json!(page).to_string()), "{page} is listed");
            let found = self.get(format!("/api/v1/search?q={word}"));
            assert_eq!(found["total"], 1, "{word}: {found}");
            assert_eq!(found["results"][0]["path"], *page, "{word}");
        }
    }

    fn shows_over_mcp(&self, node: &Node, edits: &[Edit]) {
        let listed = self.tool("list_notes", &json!({})).text;
        for (i, Edit { page, word, .. }) in edits.iter().enumerate() {
            let read = self.tool("read_note", &json!({"path": page}));
            assert!(!read.failed && read.text.contains(word), "{page}: {read:?}");
            let found = self.tool("search_notes", &json!({"query": word}));
            assert!(found.text.contains(page.as_str()), "{word}: {found:?}");
            assert!(listed.contains(page.as_str()), "{page} is listed");
            if i >= edits.len() - 2 {
                let era = ["legacy", "modern"][i % 2];
                assert!(self.inspect(node, era, &self.reader, "read_note", &json!({"path": page})).contains(word));
            }
        }
    }

    fn shows_in_a_clone(&self, version: &str, edits: &[Edit]) {
        let dir = self.server.dir();
        let clone = dir.beside(&format!("clone-v{version}"));
        let trace = dir.beside(&format!("trace-v{version}"));
        let output = run(
            clone_command(dir, &self.reader, version, &clone).env("GIT_TRACE_PACKET", &trace),
            b"",
            Duration::from_secs(120),
        );
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let trace = std::fs::read_to_string(&trace).unwrap();
        assert_eq!(trace.contains("git< version 2"), version == "2", "the protocol version that was asked for");

        git_ok(&clone, &["fsck", "--strict", "--no-progress"], b"");
        let commits: usize = git_ok(&clone, &["rev-list", "--count", "HEAD"], b"").trim().parse().unwrap();
        // The SDK's page and the contested one took two writes each.
        assert_eq!(commits, self.source.commits + edits.len() + 2);
        for (file, bytes) in &self.source.attachments {
            assert_eq!(&std::fs::read(clone.join(file)).unwrap(), bytes, "{file}");
        }
        let changed: BTreeSet<&str> = edits.iter().map(|edit| edit.page.as_str()).collect();
        for (path, page) in self.source.pages.iter().filter(|(path, _)| !changed.contains(path.as_str())) {
            assert_eq!(std::fs::read_to_string(clone.join(format!("{path}.md"))).unwrap(), page.content, "{path}");
        }
        for Edit { page, word, author } in edits {
            let file = format!("{page}.md");
            assert!(std::fs::read_to_string(clone.join(&file)).unwrap().contains(word), "{page}");
            let name = git_ok(&clone, &["log", "-1", "--format=%an", "--", &file], b"");
            assert_eq!(name.trim(), *author, "{page}");
        }
    }
}

/// `git clone` of the wiki `docs` with a token as password.
fn clone_command(dir: &DataDir, token: &str, version: &str, into: &Path) -> std::process::Command {
    let url = format!("http://anybody:{token}@{}/repo.git", dir.host("docs"));
    let resolve = format!("http.curloptResolve=docs.localhost:{}:127.0.0.1", dir.port());
    let protocol = format!("protocol.version={version}");
    git(&dir.beside(""), &["-c", &resolve, "-c", &protocol, "clone", "-q", &url, &into.display().to_string()])
}

#[test]
fn strangers_get_nothing_and_readers_change_nothing() {
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    dir.cli_ok(&["wiki", "create", "elsewhere", "--name", "Elsewhere"]);
    let writer = dir.token("docs", WRITER_TOKEN, "write");
    let reader = dir.token("docs", READER_TOKEN, "read");
    let foreign = dir.token("elsewhere", "Stranger", "write");
    let (viewer, viewer_link) = dir.person(VIEWER);
    dir.cli_ok(&["wiki", "grant", "docs", &viewer, "viewer"]);
    let (_, stranger_link) = dir.person("Stefan Stranger");
    let put = Request::new("PUT", "/api/v1/pages/Vault/Plans").bearer(&writer);
    let revision = server.wiki("docs", &put.json(&json!({"content": "# Plans\n\nqsecret7\n"}))).expect(201);
    let revision = revision["revision"].as_str().unwrap();
    let repository = dir.repository("docs");
    let tip = || git_ok(&repository, &["rev-parse", "main"], b"");
    let before = tip();

    let mut stranger = Visitor::sign_in_to_root(&server, &stranger_link);
    let read_note = call_tool("read_note", &json!({"path": "Vault/Plans"}));
    let mut reads: Vec<Request> = [
        "/Vault/Plans",
        "/Vault/Plans/edit",
        "/Vault/Plans/history",
        "/Vault/Plans/source",
        "/-/index",
        "/-/search?q=qsecret7",
        "/api/v1/pages",
        "/api/v1/pages/Vault/Plans",
        "/api/v1/pages/Vault/Plans/history",
        "/api/v1/search?q=qsecret7",
        "/repo.git/info/refs?service=git-upload-pack",
        "/.git/info/refs?service=git-upload-pack",
    ]
    .iter()
    .map(|target| Request::get(*target))
    .collect();
    reads.push(Request::get(format!("/Vault/Plans?revision={revision}")));
    reads.push(Request::get(format!("/api/v1/pages/Vault/Plans?revision={revision}")));
    reads.push(read_note.clone());
    reads.push(call_tool("search_notes", &json!({"query": "qsecret7"})));
    for request in &reads {
        let answers = [
            server.wiki("docs", request),
            server.wiki("docs", &request.clone().bearer(&foreign)),
            server.wiki("docs", &request.clone().bearer(&format!("rw_{}", "A".repeat(43)))),
            stranger.send(&server, &dir.host("docs"), request.clone()),
        ];
        for answer in answers {
            assert!(matches!(answer.status, 302 | 303 | 401 | 403 | 404), "{request:?}: {}", answer.status);
            let text = answer.text();
            // A page may repeat the address that was asked for, to come back to it; nothing else.
            let asked = format!("{request:?}");
            for secret in ["# Plans", "qsecret7", &before[..40]] {
                assert!(asked.contains(secret) || !text.contains(secret), "{secret:?} after {asked}: {text}");
            }
        }
    }
    let output = run(&mut clone_command(&dir, &foreign, "2", &dir.beside("stolen")), b"", Duration::from_secs(60));
    assert!(!output.status.success());

    let mut viewer = Visitor::sign_in(&server, &viewer_link, "docs");
    let seen = viewer.get(&server, &dir.host("docs"), "/Vault/Plans");
    assert!(seen.status == 200 && seen.text().contains("qsecret7"));
    // With everything that a form has but the right to send it.
    let csrf = Form::posts(&seen.text()).iter().find_map(|form| form.field("csrf").map(str::to_owned)).unwrap();
    for request in writes(revision, &csrf) {
        let by_token = server.wiki("docs", &request.clone().bearer(&reader));
        let by_viewer = viewer.send(
            &server,
            &dir.host("docs"),
            request.clone().header("Origin", format!("http://{}", dir.host("docs"))),
        );
        let by_nobody = server.wiki("docs", &request);
        for answer in [by_token, by_viewer, by_nobody] {
            let refused_by_tool = answer.status == 200 && Called::from_response(&answer).failed;
            assert!(
                refused_by_tool || matches!(answer.status, 303 | 401 | 403 | 404),
                "{request:?}: {} {}",
                answer.status,
                answer.text()
            );
            assert_eq!(tip(), before, "{request:?}");
        }
    }

    // Pushing is not there, for anyone.
    let push = Request::get("/repo.git/info/refs?service=git-receive-pack");
    for token in [&reader, &writer] {
        let answer = server.wiki("docs", &push.clone().header("Authorization", basic(token)));
        assert!(matches!(answer.status, 403 | 404), "{}", answer.status);
    }

    // Signing out on one host ends the session on all.
    let mut elsewhere = viewer.clone();
    let root = dir.domain();
    assert!(elsewhere.get(&server, &root, "/").text().contains(VIEWER));
    let out = viewer.post(&server, &dir.host("docs"), "/-/sign-out", &[("csrf", &csrf)]);
    assert!(matches!(out.status, 200 | 303), "{}", out.text());
    assert_ne!(elsewhere.get(&server, &dir.host("docs"), "/Vault/Plans").status, 200);
    assert!(!elsewhere.get(&server, &root, "/").text().contains(VIEWER));

    // Revoked means revoked, at once and everywhere.
    let listed = dir.cli_list(&["token", "list", "docs"]);
    let entry = listed.iter().find(|token| token["name"] == READER_TOKEN).unwrap();
    let id = entry["id"].as_str().map_or_else(|| entry["id"].to_string(), str::to_owned);
    assert_eq!(server.wiki("docs", &Request::get("/api/v1/pages").bearer(&reader)).status, 200);
    dir.cli_ok(&["token", "revoke", "docs", &id]);
    assert_eq!(server.wiki("docs", &Request::get("/api/v1/pages").bearer(&reader)).status, 401);
    assert_eq!(server.wiki("docs", &read_note.bearer(&reader)).status, 401);
    let refs = Request::get("/repo.git/info/refs?service=git-upload-pack");
    assert_eq!(server.wiki("docs", &refs.header("Authorization", basic(&reader))).status, 401);
}

/// One request for every way to change the wiki.
fn writes(revision: &str, csrf: &str) -> Vec<Request> {
    let page = "/api/v1/pages/Vault/Plans";
    vec![
        Request::new("PUT", "/api/v1/pages/New").json(&json!({"content": "x"})),
        Request::new("PUT", page).json(&json!({"content": "x", "revision": revision})),
        Request::new("PATCH", page).json(&json!({"revision": revision, "old_string": "qsecret7", "new_string": "x"})),
        Request::new("DELETE", page).json(&json!({"revision": revision})),
        call_tool("write_note", &json!({"path": "New", "content": "x"})),
        call_tool(
            "edit_note",
            &json!({"path": "Vault/Plans", "revision": revision, "old_string": "qsecret7", "new_string": "x"}),
        ),
        Request::new("POST", "/New/edit").form(&[("content", "x"), ("base", ""), ("message", ""), ("csrf", csrf)]),
        Request::new("POST", "/Vault/Plans/edit").form(&[
            ("content", "x"),
            ("base", revision),
            ("message", ""),
            ("csrf", csrf),
        ]),
    ]
}

/// `Authorization` as git sends it.
fn basic(password: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("git:{password}")))
}

#[test]
fn a_public_wiki_is_read_by_anybody_and_written_by_its_members() {
    let dir = DataDir::new();
    // The verbs work while no server runs, too.
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs", "--public"]);
    let server = dir.start();
    let listed = server.root(&Request::get("/")).unwrap();
    assert!(
        listed.status == 200 && listed.text().contains(&format!("http://{}", dir.host("docs"))),
        "{}",
        listed.text()
    );
    for page in ["", "Home", "Agent_Guide", "-/index", "-/search?q=wiki", "Home/history", "Home/source"] {
        let answer = server.wiki("docs", &Request::get(format!("/{page}")));
        assert_eq!(answer.status, 200, "/{page}: {}", answer.text());
    }
    let found = server.wiki("docs", &Request::get(format!("/api/v1/search?q={}", encode_query("wiki")))).expect(200);
    assert_ne!(found["total"], 0);
    let clone = dir.beside("clone");
    let resolve = format!("http.curloptResolve=docs.localhost:{}:127.0.0.1", dir.port());
    let url = format!("http://{}/.git", dir.host("docs"));
    git_ok(&dir.beside(""), &["-c", &resolve, "clone", "-q", &url, &clone.display().to_string()], b"");
    assert!(clone.join("Home.md").is_file());
    let before = git_ok(&clone, &["rev-parse", "HEAD"], b"");
    for request in writes(before.trim(), "x") {
        let answer = server.wiki("docs", &request);
        let refused_by_tool = answer.status == 200 && Called::from_response(&answer).failed;
        assert!(refused_by_tool || matches!(answer.status, 303 | 401 | 403 | 404), "{request:?}: {}", answer.status);
    }
    assert_eq!(git_ok(&dir.repository("docs"), &["rev-parse", "main"], b""), before);
    server.stop();
}
