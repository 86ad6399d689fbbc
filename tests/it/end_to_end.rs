//! One wiki through every surface: imported from git, edited in a browser, by agents and by programs, read and
//! cloned everywhere.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Called, DataDir, Node, Request, Server, Source, SourcePage, call_tool, encode_path, git_ok, run};

const EDITOR: &str = "Edda Editor";
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
            dir.clone_command("docs", Some(&self.reader), version, &clone).env("GIT_TRACE_PACKET", &trace),
            b"",
            Duration::from_secs(120),
        );
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let trace = std::fs::read_to_string(&trace).unwrap();
        assert_eq!(trace.contains("git< version 2"), version == "2", "the protocol version that was asked for");

        git_ok(&clone, &["fsck", "--strict", "--no-progress"], b"");
        let commits: usize = git_ok(&clone, &["rev-list", "--count", "HEAD"], b"").trim().parse().unwrap();
        // The SDK's page and the contested one took two writes each; the browser's page of its own was created, got a
        // file and a link to it, had its task ticked, was restored, moved with its file, and deleted.
        assert_eq!(commits, self.source.commits + edits.len() + 2 + 8);
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
