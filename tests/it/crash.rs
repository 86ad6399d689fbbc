//! A server under writes from every surface is killed with SIGKILL, again and again. What it acknowledged must be
//! there, exactly; what it had not yet answered may be there; nothing else may.
//!
//! `ROBOTWIKI_CRASH_ROUNDS` sets how often (default 50), `ROBOTWIKI_SEED` repeats a run's decisions.

mod ledger;
mod writer;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Called, DataDir, Random, Request, Server, Source, Visitor, call_tool, encode_path, git_ok, run};
use ledger::{Ledger, Text};
use writer::{Credentials, Surface, World, Writer};

const DEFAULT_ROUNDS: u64 = 50;
const SURFACES: [Surface; 5] = [Surface::Rest, Surface::Web, Surface::Mcp, Surface::Rest, Surface::Mcp];
const PAGES: [&str; 12] = [
    "Home",
    "Alpha",
    "Beta",
    "Gamma",
    "Notes/Delta",
    "Notes/Epsilon",
    "Notes/Deep/Zeta",
    "Notes/Deep/Eta",
    "Größe",
    "Trends/2026",
    "Trends/2027",
    "Notes",
];
/// A round is killed at most this many milliseconds after its last awaited acknowledgement,
const LONGEST: u64 = 400;
/// of which it awaits fewer than this.
const AWAITED: u64 = 12;
/// How long a round waits for acknowledgements, before it is killed all the same.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many of all revisions are read once more at the end.
const MOST_READ_AGAIN: usize = 400;
/// How far the full text index may be behind once the server is up; the product promises 300 ms, a debug build on a
/// busy machine gets more.
const FRESHNESS: Duration = Duration::from_secs(5);

#[test]
fn nothing_acknowledged_is_lost_over_sigkill() {
    let rounds = std::env::var("ROBOTWIKI_CRASH_ROUNDS").map_or(DEFAULT_ROUNDS, |n| n.parse().unwrap());
    let seed = Random::seed();
    // Not `eprintln`, which the test harness keeps to itself when all is well.
    let _ = writeln!(std::io::stderr(), "crash test: {rounds} rounds, ROBOTWIKI_SEED={seed}");
    let mut random = Random::new(seed);
    let dir = DataDir::new();
    let credentials = set_up(&dir);
    let repository = dir.repository("docs");
    let mut ledger = Ledger::new(&repository);
    for round in 0..rounds {
        if round % 5 == 4 {
            // Dying while recovering must not make it worse.
            let server = dir.spawn();
            thread::sleep(Duration::from_millis(random.below(120)));
            server.kill();
        }
        if round % 10 == 7 {
            // What is derived may be lost at any time.
            std::fs::remove_dir_all(dir.path().join("wikis/docs/index")).unwrap();
        }
        let server = dir.start();
        let touched = ledger.check(&repository, round);
        check_surfaces(&server, &credentials, &ledger, &touched, &mut random);
        let written = write_until_killed(server, &credentials, &ledger, &mut random);
        ledger.expect(written);
        if round % 50 == 49 {
            let _ = writeln!(std::io::stderr(), "crash test: {} rounds", round + 1);
        }
    }
    let server = dir.start();
    let touched = ledger.check(&repository, rounds);
    check_surfaces(&server, &credentials, &ledger, &touched, &mut random);
    // Each was read once when it came; reading them again from the end of a long history is what takes time.
    let texts: Vec<&Text> = ledger.texts().collect();
    let step = texts.len().div_ceil(MOST_READ_AGAIN).max(1);
    for text in texts.iter().step_by(step) {
        check_revision(&server, &credentials, text);
    }
    server.stop();
    let ledger::Counts { acknowledged, in_flight, unanswered, refused } = ledger.counts();
    let _ = writeln!(
        std::io::stderr(),
        "crash test: {acknowledged} acknowledged writes are there; so are {in_flight} of the {unanswered} \
         that were in flight; none of the {refused} refused"
    );
    assert!(acknowledged > rounds / 2, "the rounds wrote too little to show anything: {acknowledged}");
}

#[test]
fn a_wiki_that_was_being_created_is_whole_or_absent() {
    let seed = Random::seed();
    let _ = writeln!(std::io::stderr(), "creation under SIGKILL: ROBOTWIKI_SEED={seed}");
    let mut random = Random::new(seed);
    let dir = DataDir::new();
    let source = Source::generate(&dir.beside("source.git"));
    let path = source.path.display().to_string();
    let (mut whole, mut absent) = (0, 0);
    let begun = Instant::now();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "undisturbed", "--name", "Docs", "--from-git", &path]);
    server.stop();
    let longest = begun.elapsed().as_millis() as u64;
    for round in 0..12 {
        let server = dir.start();
        let slug = format!("docs-{round}");
        let create = ["wiki", "create", &slug, "--name", "Docs", "--from-git", &path];
        let mut creating = dir.command(&create);
        let creating = thread::spawn(move || run(&mut creating, b"", Duration::from_secs(60)));
        thread::sleep(Duration::from_millis(random.below(longest)));
        server.kill();
        let confirmed = creating.join().unwrap().status.success();
        let server = dir.start();
        let listed = dir.cli_list(&["wiki", "list"]);
        match listed.iter().find(|wiki| wiki["slug"] == slug) {
            Some(wiki) => {
                whole += 1;
                assert_eq!(wiki["pages"], source.pages.len(), "round {round}");
            }
            None => {
                absent += 1;
                assert!(!confirmed, "round {round}: it was created, and is not there");
                dir.cli_ok(&create);
            }
        }
        let repository = dir.repository(&slug);
        assert_eq!(git_ok(&repository, &["rev-parse", "refs/heads/main"], b"").trim(), source.tip);
        git_ok(&repository, &["fsck", "--strict", "--no-progress"], b"");
        let token = dir.token(&slug, "Reader", "read");
        let pages = server.wiki(&slug, &Request::get("/api/v1/pages").bearer(&token)).expect(200);
        assert_eq!(pages["total"], source.pages.len(), "round {round}");
        dir.cli_ok(&["wiki", "delete", &slug, "--yes"]);
        server.stop();
    }
    let _ = writeln!(std::io::stderr(), "creation under SIGKILL: {whole} whole, {absent} absent");
    // What a dead server left is set aside under a name that no wiki can have.
    let entries = std::fs::read_dir(dir.path().join("wikis")).unwrap();
    let names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| name == "undisturbed" || name.contains(".unused-")), "{names:?}");
}

fn set_up(dir: &DataDir) -> Credentials {
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let (person, link) = dir.person(writer::PERSON);
    dir.cli_ok(&["wiki", "grant", "docs", &person, "editor"]);
    let credentials = Credentials {
        port: dir.port(),
        host: dir.host("docs"),
        token: dir.token("docs", writer::TOKEN, "write"),
        visitor: Visitor::sign_in(&server, &link, "docs"),
    };
    server.stop();
    credentials
}

/// Lets a thread for each surface write until the server is gone. Returns what they tried.
fn write_until_killed(
    server: Server<'_>,
    credentials: &Credentials,
    ledger: &Ledger,
    random: &mut Random,
) -> Vec<ledger::Attempt> {
    let known: Mutex<BTreeMap<String, Text>> = Mutex::new(ledger.current().clone());
    let dying = AtomicBool::new(false);
    let acknowledged = AtomicU64::new(0);
    let writers: Vec<Writer<'_>> = SURFACES
        .iter()
        .map(|surface| {
            let world = World { credentials, known: &known, dying: &dying, acknowledged: &acknowledged };
            Writer::new(*surface, world, Random::new(random.next()))
        })
        .collect();
    // A server that is told to stop keeps its word as well.
    let gently = random.below(10) == 0;
    let awaited = random.below(AWAITED);
    let moment = Duration::from_millis(random.below(LONGEST));
    thread::scope(|scope| {
        let threads: Vec<_> = writers.into_iter().map(|writer| scope.spawn(move || writer.run(&PAGES))).collect();
        let deadline = Instant::now() + PATIENCE;
        while acknowledged.load(Ordering::Relaxed) < awaited && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(moment);
        dying.store(true, Ordering::SeqCst);
        if gently {
            server.stop();
        } else {
            server.kill();
        }
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// What the surfaces and the indexes say must be what git says.
fn check_surfaces(
    server: &Server<'_>,
    credentials: &Credentials,
    ledger: &Ledger,
    touched: &[Text],
    random: &mut Random,
) {
    let get = |target: String| server.wiki("docs", &Request::get(target).bearer(&credentials.token));
    let dir = server.dir();
    let repository = dir.repository("docs");
    git_ok(&repository, &["fsck", "--strict", "--no-progress", "--no-dangling"], b"");

    let files = markdown_files(&repository);
    let listed = get("/api/v1/pages".to_owned()).expect(200);
    let mut paths: Vec<String> =
        listed["pages"].as_array().unwrap().iter().map(|page| page["path"].as_str().unwrap().to_owned()).collect();
    paths.sort();
    assert_eq!(paths, files, "the list agrees with the tree");
    assert_eq!(listed["total"], files.len());
    let wikis = dir.cli_list(&["wiki", "list"]);
    assert_eq!(wikis[0]["pages"], files.len(), "the counter agrees with the tree");

    let current = ledger.current();
    for page in PAGES {
        let read = get(format!("/api/v1/pages/{}", encode_path(page)));
        let Some(text) = current.get(page) else {
            assert_eq!(read.status, 404, "{page} is deleted or was never there");
            continue;
        };
        let read = read.expect(200);
        assert_eq!(read["content"], text.content, "{page}");
        assert_eq!(read["revision"], text.revision, "{page}");
    }
    if let Some((page, text)) = current.iter().nth(random.below(current.len() as u64) as usize) {
        let source = get_as_person(server, credentials, &format!("/{}/source?raw", encode_path(page)));
        assert_eq!(source, text.content, "{page} in the browser");
        let call = call_tool("read_note", &json!({"path": page})).bearer(&credentials.token);
        let note = Called::from_response(&server.wiki("docs", &call));
        assert!(note.text.ends_with(text.content.trim_end()) || note.text.contains(&text.content), "{page}: {note:?}");
    }
    for text in touched {
        check_revision(server, credentials, text);
        let is_current = current.get(&text.page).is_some_and(|now| now.revision == text.revision);
        check_search(server, credentials, text, is_current);
    }
    let all: Vec<&Text> = ledger.texts().collect();
    for _ in 0..all.len().min(10) {
        check_revision(server, credentials, all[random.below(all.len() as u64) as usize]);
    }
}

/// A revision, once written, reads the same for ever.
fn check_revision(server: &Server<'_>, credentials: &Credentials, text: &Text) {
    let target = format!("/api/v1/pages/{}?revision={}", encode_path(&text.page), text.revision);
    let read = server.wiki("docs", &Request::get(target).bearer(&credentials.token));
    assert_eq!(read.status, 200, "{} at {}: {}", text.page, text.revision, read.text());
    assert_eq!(read.json()["content"], text.content, "{} at {}", text.page, text.revision);
}

/// Search finds the word of a page's current text, and no word that was overwritten.
fn check_search(server: &Server<'_>, credentials: &Credentials, text: &Text, is_current: bool) {
    let Some(word) = &text.word else { return };
    let deadline = Instant::now() + FRESHNESS;
    loop {
        let request = Request::get(format!("/api/v1/search?q={word}")).bearer(&credentials.token);
        let found = server.wiki("docs", &request).expect(200);
        let right = if is_current {
            found["total"] == 1 && found["results"][0]["path"] == text.page
        } else {
            found["total"] == 0
        };
        if right {
            return;
        }
        assert!(Instant::now() < deadline, "search for {word} ({}, current: {is_current}): {found}", text.page);
        thread::sleep(Duration::from_millis(20));
    }
}

fn get_as_person(server: &Server<'_>, credentials: &Credentials, target: &str) -> String {
    let answer = credentials.visitor.clone().get(server, &credentials.host, target);
    assert_eq!(answer.status, 200, "the session outlives the server: {target}: {}", answer.text());
    answer.text()
}

fn markdown_files(repository: &Path) -> Vec<String> {
    let files = git_ok(repository, &["ls-tree", "-r", "-z", "--name-only", "refs/heads/main"], b"");
    let mut pages: Vec<String> =
        files.split('\0').filter_map(|file| file.strip_suffix(".md")).map(str::to_owned).collect();
    pages.sort();
    pages
}
