//! Reading over REST: parts of pages, versions and what differs between them, files, and the feed of changes.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{DataDir, Request, Response, Server, Source, encode_path, git_ok};

const PAGE: &str = "---\ntitle: Otters\ntags: [a]\n---\nIntro.\n\n# History\n\nOld.\n\n## Notes\n\none\n\n# Habitat\n\n## Notes\n\ntwo\n";

struct Api<'s> {
    server: &'s Server<'s>,
    token: String,
}

impl<'s> Api<'s> {
    fn new(server: &'s Server<'s>, dir: &DataDir) -> Self {
        dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
        Self { server, token: dir.token("docs", "Program", "write") }
    }

    fn send(&self, request: Request) -> Response {
        self.server.wiki("docs", &request.bearer(&self.token))
    }

    fn get(&self, target: &str) -> Response {
        self.send(Request::get(format!("/api/v1{target}")))
    }

    fn read(&self, target: &str) -> Value {
        self.get(target).expect(200)
    }

    /// Writes a page; its revision.
    fn put(&self, page: &str, content: &str, base: Option<&str>) -> String {
        let body = json!({"content": content, "revision": base});
        let answer = self.send(Request::new("PUT", format!("/api/v1/pages/{}", encode_path(page))).json(&body));
        assert!([200, 201].contains(&answer.status), "{}", answer.text());
        answer.json()["revision"].as_str().unwrap().to_owned()
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

#[test]
fn a_page_is_read_in_parts() {
    let dir = DataDir::new();
    let server = dir.start();
    let api = Api::new(&server, &dir);
    api.put("Otters", PAGE, None);
    api.put("Sea/Kelp", "[[Otters]]", None);

    let whole = api.read("/pages/Otters");
    assert_eq!(whole["content"], PAGE);
    assert!(whole.get("truncated").is_none() && whole.get("line").is_none(), "the shape without options is as it was");
    assert_eq!(whole["linked_from"], json!(["Sea/Kelp"]));

    let section = api.read("/pages/Otters?section=history%20%3E%20notes");
    assert_eq!(section["content"], "## Notes\n\none\n\n");
    assert_eq!(section["section"], json!({"path": "History > Notes", "title": "Notes", "anchor": "notes", "level": 2}));
    assert_eq!((&section["line"], &section["end_line"]), (&json!(11), &json!(14)));
    let ambiguous = api.get("/pages/Otters?section=Notes").expect(422);
    assert_eq!(
        (text(&ambiguous, "code"), &ambiguous["sections"]),
        ("section_ambiguous", &json!(["History > Notes", "Habitat > Notes"]))
    );
    let missing = api.get("/pages/Otters?section=Food").expect(404);
    assert_eq!((text(&missing, "code"), missing["sections"].as_array().unwrap().len()), ("section_not_found", 4));

    assert_eq!(api.read("/pages/Otters?lines=5-7")["content"], "Intro.\n\n# History\n");
    let (mut read, mut next) = (String::new(), json!(1));
    while let Some(line) = next.as_u64() {
        let part = api.read(&format!("/pages/Otters?lines={line}-&max_chars=20"));
        read.push_str(text(&part, "content"));
        assert_eq!(part["truncated"], !part["next_line"].is_null());
        next = part["next_line"].clone();
    }
    assert_eq!(read, PAGE);

    let some = api.read("/pages/Otters?fields=revision,content&max_chars=3");
    assert_eq!(some, json!({"revision": whole["revision"], "content": "---"}));
    for wrong in ["lines=0-2", "lines=99-", "lines=x", "max_chars=0", "max_chars=-1", "fields=contents", "as_of=soon"] {
        let refused = api.get(&format!("/pages/Otters?{wrong}")).expect(422);
        let field = wrong.split('=').next().unwrap();
        assert!(text(&refused, "error").contains(field), "{refused}");
    }

    let outline = api.read("/pages/Otters/outline");
    assert_eq!(
        (&outline["name"], &outline["total_lines"], &outline["revision"]),
        (&json!("Otters"), &json!(19), &whole["revision"])
    );
    let paths: Vec<&str> =
        outline["sections"].as_array().unwrap().iter().map(|section| text(section, "path")).collect();
    assert_eq!(paths, ["History", "History > Notes", "Habitat", "Habitat > Notes"]);
    assert_eq!(outline["sections"][0]["end_line"], 14);
    assert_eq!(api.get("/pages/Never/outline").status, 404);
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let dir = DataDir::new();
    let server = dir.start();
    let api = Api::new(&server, &dir);
    let revision = api.put("Otters", PAGE, None);
    for target in ["/pages/Otters", "/pages/Otters?section=History", "/pages/Otters/outline", "/pages/Otters/blame"] {
        let first = api.get(target);
        let tag = first.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"'));
        let again = |tag: &str| api.send(Request::get(format!("/api/v1{target}")).header("If-None-Match", tag));
        let known = again(&format!("\"other\", W/{tag}"));
        assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, Some(tag.as_str())), "{target}");
        assert_eq!(again("\"other\"").status, 200);
    }
    let tag = |target: &str| api.get(target).header("etag").unwrap().to_owned();
    assert_ne!(tag("/pages/Otters"), tag("/pages/Otters?section=History"));
    let before = tag("/pages/Otters");
    api.put("Kelp", "[[Otters]]", None);
    let linked = tag("/pages/Otters");
    assert_ne!(linked, before, "who links here is part of the answer");
    api.put("Otters", "new", Some(&revision));
    assert_ne!(tag("/pages/Otters"), linked);
}

#[test]
fn several_pages_are_read_at_once_and_one_that_fails_spoils_nothing() {
    let dir = DataDir::new();
    let server = dir.start();
    let api = Api::new(&server, &dir);
    api.put("Otters", PAGE, None);
    api.put("Kelp", "Kelp is long.\nVery.\n", None);
    let batch = |body: Value| api.send(Request::new("POST", "/api/v1/batch/read").json(&body));

    let answer = batch(json!({"paths": ["otters", "Oters", "../x", "Kelp"]})).expect(200);
    assert_eq!((&answer["found"], &answer["failed"]), (&json!(2), &json!(2)));
    let results = answer["results"].as_array().unwrap();
    assert_eq!(
        (&results[0]["requested"], &results[0]["path"], &results[0]["content"]),
        (&json!("otters"), &json!("Otters"), &json!(PAGE))
    );
    assert_eq!((&results[1]["code"], &results[1]["near"]), (&json!("page_not_found"), &json!(["Otters"])));
    assert_eq!(results[2]["code"], "invalid_path");
    let some =
        batch(json!({"paths": ["Kelp"], "fields": ["content", "truncated", "next_line"], "max_chars": 15})).expect(200);
    assert_eq!(
        some["results"],
        json!([{"requested": "Kelp", "content": "Kelp is long.\n", "truncated": true, "next_line": 2}])
    );

    let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    for wrong in [
        json!({"paths": []}),
        json!({"paths": many}),
        json!({"paths": "Kelp"}),
        json!({}),
        json!([]),
        json!({"paths": ["Kelp"], "fields": ["x"]}),
        json!({"paths": ["Kelp"], "max_chars": 0}),
        json!({"paths": ["Kelp"], "other": 1}),
    ] {
        assert_eq!(batch(wrong.clone()).status, 422, "{wrong}");
    }
    let anonymous = server.wiki("docs", &Request::new("POST", "/api/v1/batch/read").json(&json!({"paths": ["Kelp"]})));
    assert_eq!(anonymous.status, 401);
}

/// A wiki imported from a repository, and that repository as the real git sees it.
#[test]
fn diff_and_blame_and_dates_are_what_git_says() {
    let dir = DataDir::new();
    let source = Source::generate(&dir.beside("source.git"));
    let server = dir.start();
    let path = source.path.display().to_string();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs", "--from-git", &path]);
    let api = Api { server: &server, token: dir.token("docs", "Program", "read") };
    let git = |arguments: &[&str]| git_ok(&source.path, arguments, b"");

    let renamed = source.pages.iter().filter(|(_, page)| page.former_name.is_some()).take(4);
    let edited = source.pages.iter().filter(|(_, page)| page.revisions > 1).step_by(20).take(8);
    let mut compared = 0;
    for (name, page) in renamed.chain(edited) {
        let target = format!("/pages/{}", encode_path(name));
        let file = format!("{name}.md");
        let history = api.read(&format!("{target}/history"));
        let revisions: Vec<&str> =
            history["history"].as_array().unwrap().iter().map(|entry| text(entry, "revision")).collect();

        let newest = api.read(&format!("{target}/diff"));
        assert_eq!(
            (newest["to"].as_str(), newest["from"].as_str()),
            (revisions.first().copied(), revisions.get(1).copied())
        );
        let (last, first) = (revisions[0], revisions[revisions.len() - 1]);
        let all = api.read(&format!("{target}/diff?from={first}&to={last}&words=true"));
        let old = page.former_name.as_ref().map_or_else(|| file.clone(), |name| format!("{name}.md"));
        let sides = [format!("{first}:{old}"), format!("{last}:{file}")];
        let said = git(&["diff", "--no-color", &sides[0], &sides[1]]);
        let hunks = said.find("@@").map_or("", |at| &said[at..]);
        let hunks: String = hunks.split_inclusive('\n').map(without_section).collect();
        let ours = text(&all, "unified");
        assert_eq!(ours.find("@@").map_or("", |at| &ours[at..]), hunks, "{name}");
        assert_eq!(all["truncated"], false);
        assert_eq!(all["from_path"], old.trim_end_matches(".md"));
        compared += usize::from(!hunks.is_empty());

        let blame = api.read(&format!("{target}/blame"));
        let mut blamed = Vec::new();
        for range in blame["ranges"].as_array().unwrap() {
            let (line, end) = (range["line"].as_u64().unwrap(), range["end_line"].as_u64().unwrap());
            blamed.extend((line..=end).map(|_| text(range, "revision").to_owned()));
            assert!(!text(range, "author").is_empty() && !text(range, "date").is_empty());
        }
        let said = git(&["blame", "-l", "-s", "--root", "main", "--", &file]);
        let theirs: Vec<String> = said.lines().map(|line| line[..40].to_owned()).collect();
        assert_eq!(blamed, theirs, "{name}");
    }
    assert!(compared >= 5, "{compared}");

    // As of the middle of the history, every page is as it was then.
    let middle = git(&["rev-list", "--first-parent", "--skip=200", "-1", "main"]).trim().to_owned();
    let time = git(&["show", "-s", "--format=%cI", &middle]);
    let then = git(&["rev-list", "--first-parent", "-1", &format!("--before={}", time.trim()), "main"]);
    let files = git(&["ls-tree", "-r", "--name-only", then.trim()]);
    let name = files
        .lines()
        .filter_map(|file| file.strip_suffix(".md"))
        .find(|name| source.pages.contains_key(*name))
        .unwrap();
    let page = api.read(&format!("/pages/{}?as_of={}", encode_path(name), time.trim().replace('+', "%2B")));
    assert_eq!(page["content"], git(&["show", &format!("{}:{name}.md", then.trim())]));
    assert_eq!(api.get(&format!("/pages/{}?as_of=1999-12-31", encode_path(name))).status, 404);
    assert_eq!(api.get(&format!("/pages/{}?as_of=2026-11-20&revision={middle}", encode_path(name))).status, 422);
    for wrong in ["from=abc", "to=--x", "words=maybe", "max_lines=0"] {
        assert_eq!(api.get(&format!("/pages/{}/diff?{wrong}", encode_path(name))).status, 422, "{wrong}");
    }
    let unknown = api.get(&format!("/pages/{}/diff?from={}", encode_path(name), "ab".repeat(20))).expect(404);
    assert_eq!(unknown["code"], "revision_not_found");
}

/// git names the section that a hunk is in after its place.
fn without_section(line: &str) -> String {
    match line.strip_prefix("@@").and_then(|rest| rest.split_once("@@")) {
        Some((place, _section)) => format!("@@{place}@@\n"),
        None => line.to_owned(),
    }
}

#[test]
fn files_are_fetched_whole_and_in_ranges() {
    let dir = DataDir::new();
    let source = Source::generate(&dir.beside("source.git"));
    let server = dir.start();
    let path = source.path.display().to_string();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs", "--public", "--from-git", &path]);
    let (file, bytes) = source.attachments.iter().next().unwrap();
    for target in [format!("/api/v1/files/{}", encode_path(file)), format!("/{}", encode_path(file))] {
        let ask = |method: &str, headers: &[(&str, &str)]| {
            let request = Request::new(method, target.as_str());
            server.wiki("docs", &headers.iter().fold(request, |request, (name, value)| request.header(name, *value)))
        };
        let whole = ask("GET", &[]);
        assert_eq!((whole.status, &whole.body), (200, bytes), "{target}");
        assert_eq!(whole.header("content-length"), Some(bytes.len().to_string().as_str()));
        assert_eq!((whole.header("content-type"), whole.header("accept-ranges")), (Some("image/png"), Some("bytes")));
        let tag = whole.header("etag").unwrap().to_owned();
        assert_eq!(ask("GET", &[("If-None-Match", &tag)]).status, 304);

        let part = ask("GET", &[("Range", "bytes=10-19"), ("If-Range", &tag)]);
        assert_eq!((part.status, part.body.as_slice()), (206, &bytes[10..20]));
        assert_eq!(part.header("content-range"), Some(format!("bytes 10-19/{}", bytes.len()).as_str()));
        assert_eq!(ask("GET", &[("Range", "bytes=-5")]).body, bytes[bytes.len() - 5..]);
        assert_eq!(ask("GET", &[("Range", "bytes=10-19"), ("If-Range", "\"old\"")]).body.len(), bytes.len());
        let outside = ask("GET", &[("Range", "bytes=99999999-")]);
        assert_eq!(
            (outside.status, outside.header("content-range")),
            (416, Some(format!("bytes */{}", bytes.len()).as_str()))
        );
        // The answer to HEAD has no body, whatever its length says.
        let head = head_of(&dir, &target);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.to_ascii_lowercase().contains(&format!("content-length: {}\r\n", bytes.len())), "{head}");
        assert!(head.ends_with("\r\n\r\n"));
    }
    let (page, _) = file.rsplit_once('/').unwrap();
    for (target, status) in [
        (format!("/api/v1/files/{}/never.png", encode_path(page)), 404),
        ("/api/v1/files/x".to_owned(), 422),
        (format!("/api/v1/files/{}?revision=zz", encode_path(file)), 422),
        (format!("/api/v1/files/{}?revision={}", encode_path(file), source.tip), 200),
    ] {
        assert_eq!(server.wiki("docs", &Request::get(target.as_str())).status, status, "{target}");
    }
}

fn head_of(dir: &DataDir, target: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, dir.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "HEAD {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", dir.host("docs")).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Somebody who reads an event stream as it comes.
struct Following {
    stream: TcpStream,
    seen: String,
}

impl Following {
    fn begin(dir: &DataDir, token: &str, target: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, dir.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let host = dir.host("docs");
        write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n{headers}\r\n")
            .unwrap();
        let mut following = Self { stream, seen: String::new() };
        following.until("retry: 3000");
        following
    }

    /// Reads until `text` has come.
    fn until(&mut self, text: &str) {
        assert!(self.read_until(|seen| seen.contains(text)), "no {text} in {}", self.seen);
    }

    /// Reads until the server has ended the stream.
    fn end(&mut self) -> bool {
        self.read_until(|seen| seen.ends_with("0\r\n\r\n"))
    }

    fn read_until(&mut self, done: impl Fn(&str) -> bool) -> bool {
        let deadline = Instant::now() + Duration::from_secs(40);
        let mut buffer = [0; 4096];
        while !done(&self.seen) {
            match self.stream.read(&mut buffer) {
                Ok(0) => return done(&self.seen),
                Ok(read) => self.seen.push_str(&String::from_utf8_lossy(&buffer[..read])),
                Err(_) if Instant::now() < deadline => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// The identities of the events so far.
    fn ids(&self) -> Vec<&str> {
        self.seen.lines().filter_map(|line| line.strip_prefix("id: ")).collect()
    }
}

#[test]
fn changes_are_followed_as_they_happen() {
    let dir = DataDir::new();
    let server = dir.start();
    let api = Api::new(&server, &dir);
    let first = api.put("Otters", PAGE, None);
    let reader = dir.token("docs", "Follower", "read");

    let mut now = Following::begin(&dir, &reader, "/api/v1/events", "");
    assert!(now.seen.contains("text/event-stream"), "{}", now.seen);
    let mut all = Following::begin(&dir, &reader, "/api/v1/events?cursor=start", "");
    all.until(&first);
    assert!(now.ids().is_empty());

    let second = api.put("Sea/Kelp", "kelp", None);
    for following in [&mut now, &mut all] {
        following.until(&format!("id: {second}\nevent: commit\ndata: "));
        following.until("\"change\":\"created\"");
    }
    // After a broken connection, only what came after the last event.
    let third = api.put("Otters", "new", Some(&first));
    let mut again =
        Following::begin(&dir, &reader, "/api/v1/events?cursor=start", &format!("Last-Event-ID: {second}\r\n"));
    again.until(&third);
    assert_eq!(again.ids(), [third.as_str()]);
    all.until(&third);
    assert_eq!(all.ids()[1..], [first.as_str(), &second, &third]);

    // Whoever loses access hears no more.
    let tokens = dir.cli_list(&["token", "list", "docs"]);
    let id = tokens.iter().find(|token| token["name"] == "Follower").map(|token| text(token, "id").to_owned()).unwrap();
    dir.cli_ok(&["token", "revoke", "docs", &id]);
    let fourth = api.put("Secret", "secret", None);
    now.until("event: closed");
    assert!(now.seen.contains("invalid_token") && !now.seen.contains(&fourth), "{}", now.seen);
    assert!(now.end());

    // A follower does not keep the server from ending.
    let mut last = Following::begin(&dir, &api.token, "/api/v1/events", "");
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert!(last.end());
}

#[test]
fn changes_are_asked_for_page_by_page() {
    let dir = DataDir::new();
    let server = dir.start();
    let api = Api::new(&server, &dir);
    let base = api.put("Otters", "1", None);
    let mut written = vec![base];
    for n in 2..=7 {
        let revision = api.put("Otters", &n.to_string(), written.last().map(String::as_str));
        written.push(revision);
    }
    let deleted = api.send(Request::new("DELETE", "/api/v1/pages/Otters").json(&json!({})));
    assert_eq!(deleted.status, 200, "{}", deleted.text());

    let (mut seen, mut cursor, mut rounds) = (Vec::new(), "start".to_owned(), 0);
    loop {
        let answer = api.read(&format!("/events?once=true&limit=3&cursor={cursor}"));
        seen.extend(answer["events"].as_array().unwrap().iter().cloned());
        cursor = text(&answer, "cursor").to_owned();
        rounds += 1;
        if answer["more"] == false {
            break;
        }
    }
    // The first commit is the wiki's own.
    assert_eq!((seen.len(), rounds), (written.len() + 2, 3));
    let revisions: Vec<&str> = seen.iter().map(|event| text(event, "revision")).collect();
    assert_eq!(revisions[1..=written.len()], written);
    assert_eq!(seen[1]["pages"], json!([{"path": "Otters", "change": "created"}]));
    assert_eq!(seen[2]["pages"], json!([{"path": "Otters", "change": "modified"}]));
    assert_eq!(seen.last().unwrap()["pages"], json!([{"path": "Otters", "change": "deleted"}]));
    assert_eq!(seen[1]["author"], "Program");

    let now = api.read("/events?once=true");
    assert_eq!((&now["events"], text(&now, "cursor")), (&json!([]), cursor.as_str()));
    for wrong in ["cursor=zz", "limit=0", "limit=1001"] {
        assert_eq!(api.get(&format!("/events?once=true&{wrong}")).status, 422, "{wrong}");
    }
    let unknown = api.get(&format!("/events?once=true&cursor={}", "ab".repeat(20))).expect(422);
    assert!(text(&unknown, "error").contains("cursor"), "{unknown}");
    assert_eq!(server.wiki("docs", &Request::get("/api/v1/events")).status, 401);
}
