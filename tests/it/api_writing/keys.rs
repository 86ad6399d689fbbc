use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{World, refusal};
use crate::support::{DataDir, Random, Request, Response, git_ok};

fn keyed(method: &str, below: &str, key: &str, body: &Value) -> Request {
    Request::new(method, format!("/api/v1/{below}")).header("Idempotency-Key", key).json(body)
}

#[test]
fn a_repeated_request_returns_its_first_result() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    let replayed = |response: &Response| response.header("idempotency-replayed").map(str::to_owned);
    let twice = |method: &str, below: &str, key: &str, body: &Value, status: u16| {
        let first = world.send(keyed(method, below, key, body));
        let tip = world.tip();
        assert_eq!((first.status, replayed(&first)), (status, None), "{below}: {}", first.text());
        let second = world.send(keyed(method, below, key, body));
        assert_eq!((second.status, replayed(&second)), (status, Some("true".to_owned())), "{below}: {}", second.text());
        assert_eq!((second.json(), world.tip()), (first.json(), tip), "{below}");
        first.json()
    };
    let created = twice("PUT", "pages/Page", "k1", &json!({"content": "one\n"}), 201);
    let edit = json!({"revision": created["revision"], "old_string": "one", "new_string": "two"});
    twice("PATCH", "pages/Page", "k2", &edit, 200);
    twice("POST", "pages/Page/append", "k3", &json!({"content": "three"}), 200);
}

#[test]
fn every_operation_that_writes_takes_a_key() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    let first = world.page("Page", "# Page\n\none\n");
    let upload = json!({"filename": "a.txt", "content": "aGk="});
    let calls = [
        ("POST", "pages/Page/sections", json!({"op": "append", "section": "Page", "content": "two"})),
        ("POST", "pages/Page/prepend", json!({"content": "zero"})),
        ("PATCH", "pages/Page/frontmatter", json!({"set": {"a": 1}})),
        ("POST", "pages/Page/restore", json!({"revision": first})),
        ("POST", "pages/Page/attachments", upload),
        ("DELETE", "pages/Page/attachments/a.txt", json!({})),
        ("POST", "commit", json!({"changes": [{"op": "append", "path": "Page", "content": "x"}]})),
        ("POST", "pages/Page/rename", json!({"new_path": "Other"})),
        ("DELETE", "pages/Other", json!({})),
    ];
    for (at, (method, below, body)) in calls.iter().enumerate() {
        let request = || world.send(keyed(method, below, &format!("key-{at}"), body));
        let (first, tip) = (request(), world.tip());
        assert!(first.status < 300, "{below}: {}", first.text());
        let second = request();
        assert_eq!(second.header("idempotency-replayed"), Some("true"), "{below}: {}", second.text());
        assert_eq!((second.status, second.json(), world.tip()), (first.status, first.json(), tip), "{below}");
    }
    world.page("Files", "x\n");
    let raw = || {
        let request = Request::new("PUT", "/api/v1/files/Files/a.bin").header("Idempotency-Key", "raw");
        world.send(request.body("application/octet-stream", vec![1, 2, 3]))
    };
    let (first, second) = (raw(), raw());
    assert_eq!((second.status, second.json()), (first.status, first.json()));
}

#[test]
fn a_key_is_for_one_request_of_one_principal() {
    let dir = DataDir::new();
    let world = World::new(&dir);
    let body = json!({"content": "one\n"});
    assert_eq!(world.send(keyed("PUT", "pages/Page", "k", &body)).status, 201);
    for (below, body) in [("pages/Page", json!({"content": "two\n"})), ("pages/Other", body.clone())] {
        let reused = world.send(keyed("PUT", below, "k", &body));
        assert_eq!(refusal(&reused).1, "idempotency_key_reused");
        assert_eq!(reused.status, 422);
    }
    // Another token's key is another key.
    let other = dir.token("docs", "Other", "write");
    let request = keyed("PUT", "pages/Other", "k", &body).bearer(&other);
    assert_eq!(world.server.wiki("docs", &request).status, 201);
    // A refusal is no result: the request may be sent again once it can succeed.
    let append = json!({"content": "x"});
    assert_eq!(world.send(keyed("POST", "pages/Late/append", "late", &append)).status, 404);
    world.page("Late", "a\n");
    assert_eq!(world.send(keyed("POST", "pages/Late/append", "late", &append)).status, 200);
    for key in [" ", "a b", &"x".repeat(201)] {
        assert_eq!(world.send(keyed("POST", "pages/Late/append", key, &append)).status, 422, "{key:?}");
    }
}

/// Twenty clients add lines to one page and send again whatever was not answered, while the server is killed again
/// and again: every line that was acknowledged is in the page, and in the history, once.
#[test]
fn twenty_clients_with_keys_write_each_line_once_over_sigkill() {
    const CLIENTS: usize = 20;
    const LINES: usize = 6;
    let dir = DataDir::new();
    let token = {
        let world = World::new(&dir);
        world.page("Log", "- begin\n");
        world.token
    };
    let (port, host) = (dir.port(), dir.host("docs"));
    let (finished, retries) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (token, host, finished, retries, over) = (&token, &host, &finished, &retries, &over);
            scope.spawn(move || {
                for line in 0..LINES {
                    let text = format!("- client {client} line {line}");
                    let request =
                        keyed("POST", "pages/Log/append", &format!("{client}-{line}"), &json!({"content": text}));
                    let request = request.bearer(token);
                    loop {
                        match request.send(port, host) {
                            Ok(answer) if answer.status == 200 => break,
                            Ok(answer) => assert!(answer.status >= 500, "{}: {}", answer.status, answer.text()),
                            Err(_gone) => thread::sleep(Duration::from_millis(20)),
                        }
                        retries.fetch_add(1, Ordering::Relaxed);
                        assert!(!over.load(Ordering::Relaxed), "the test ended");
                    }
                    // Now and then a client did not hear the answer.
                    if (client + line) % 3 == 0 {
                        let again = request.send(port, host);
                        assert!(again.is_err() || again.is_ok_and(|answer| answer.status == 200));
                    }
                }
                finished.fetch_add(1, Ordering::SeqCst);
            });
        }
        let mut random = Random::new(Random::seed());
        for _ in 0..12 {
            let server = dir.start();
            thread::sleep(Duration::from_millis(40 + random.below(400)));
            server.kill();
        }
        let server = dir.start();
        while finished.load(Ordering::SeqCst) < CLIENTS {
            thread::sleep(Duration::from_millis(20));
        }
        over.store(true, Ordering::SeqCst);
        server.stop();
    });
    let repository = dir.repository("docs");
    let text = git_ok(&repository, &["cat-file", "blob", "main:Log.md"], b"");
    let lines: Vec<&str> = text.lines().collect();
    let unique: BTreeSet<&str> = lines.iter().copied().collect();
    assert_eq!((lines.len(), unique.len()), (CLIENTS * LINES + 1, CLIENTS * LINES + 1), "{text}");
    let commits = git_ok(&repository, &["rev-list", "--count", "main", "--", "Log.md"], b"");
    assert_eq!(commits.trim(), (CLIENTS * LINES + 1).to_string(), "one commit a line");
    assert!(retries.load(Ordering::Relaxed) > 0, "nothing was sent again");
    git_ok(&repository, &["fsck", "--strict", "--no-progress"], b"");
}
