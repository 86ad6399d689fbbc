//! A server is killed with SIGKILL while it embeds a wiki, again and again. What it had embedded is kept, and the
//! next one completes it and finds every page by what it means.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use robotwiki::app::App;
use robotwiki::auth::Operator;
use robotwiki::config::Config;
use robotwiki::model::{Principal, Slug};
use robotwiki::search::Mode;
use robotwiki::wiki::{self, SearchQuery};

use crate::support::{DataDir, Random, Request, git_ok};

const PATIENCE: Duration = Duration::from_secs(180);
const ROUNDS: usize = 4;
/// Each is a page of its own, three times.
const SUBJECTS: [&str; 20] = [
    "Beekeeping on the roof of a hospital",
    "How glaciers carve valleys",
    "Repairing a mechanical wristwatch",
    "The grammar of Old Norse",
    "Tuning a grand piano",
    "Growing tomatoes in a greenhouse",
    "Landing an aircraft in crosswind",
    "The bankruptcy of a shipping company",
    "Vaccination of cattle",
    "Baking sourdough bread",
    "Encryption of messages on a telephone",
    "Training a puppy to sit",
    "Restoring a Gothic cathedral",
    "The chemistry of soap",
    "Rules of the game of chess",
    "Surviving an avalanche",
    "Taxation of inherited houses",
    "Painting portraits in oil",
    "Mining copper in the desert",
    "Writing a compiler for a small language",
];

#[test]
fn embedding_goes_on_where_sigkill_ended_it() {
    let seed = Random::seed();
    let _ = writeln!(std::io::stderr(), "embedding under SIGKILL: ROBOTWIKI_SEED={seed}");
    let mut random = Random::new(seed);
    let dir = DataDir::new();
    let source = dir.beside("source.git");
    generate(&source);
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs", "--public", "--from-git", source.to_str().unwrap()]);
    let vectors = dir.path().join("wikis/docs/index/vectors");
    let mut server = Some(server);
    let mut size = 0;
    for _ in 0..ROUNDS {
        let running = server.take().unwrap_or_else(|| dir.start());
        // Somebody uses the wiki, which makes it known to the worker.
        running.wiki("docs", &Request::get("/api/v1/pages")).expect(200);
        let begun = Instant::now();
        while bytes_of(&vectors) <= size && begun.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(2));
        }
        thread::sleep(Duration::from_millis(random.below(300)));
        running.kill();
        assert!(bytes_of(&vectors) >= size, "what was embedded before is still there");
        size = bytes_of(&vectors);
    }

    let mut config = Config::default();
    config.server.data_dir = dir.path();
    let app = App::open(config).unwrap();
    let (wikis, docs) = (app.parts().wikis, Slug::parse("docs").unwrap());
    let begun = Instant::now();
    let status = loop {
        let status = wikis.index_status(Operator::on_this_machine(), &docs).unwrap();
        let vectors = status.vectors.expect("the product has a model");
        if vectors.status.indexed == status.tip {
            break vectors.status;
        }
        assert!(begun.elapsed() < PATIENCE, "never complete: {vectors:?}");
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.pages, 3 * SUBJECTS.len());
    let access = wikis.authorize::<wiki::Read>(&Principal::Nobody, &docs).unwrap();
    for (number, subject) in SUBJECTS.iter().enumerate() {
        let (text, mode) = ((*subject).to_owned(), Mode::Semantic);
        let query = SearchQuery { text, mode, limit: 3, ..SearchQuery::default() };
        let found = wiki::search(&wikis, &access, &query).unwrap();
        let paths: BTreeSet<String> = found.hits.iter().map(|hit| hit.path.to_string()).collect();
        let expected: BTreeSet<String> = (0..3).map(|copy| format!("Page_{number}_{copy}")).collect();
        assert_eq!(paths, expected, "{subject}");
    }
    app.shutdown();
}

fn bytes_of(dir: &Path) -> u64 {
    let files = std::fs::read_dir(dir).into_iter().flatten();
    files.map(|file| file.unwrap().metadata().map_or(0, |metadata| metadata.len())).sum()
}

fn generate(repository: &Path) {
    std::fs::create_dir(repository).unwrap();
    git_ok(repository, &["init", "--quiet", "--bare", "--initial-branch=main"], b"");
    let mut stream = String::from("commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 1\nx\n");
    for (number, subject) in SUBJECTS.iter().enumerate() {
        for copy in 0..3 {
            let text = format!("---\ntitle: {subject}\n---\n{subject}, told for the time number {copy}.\n");
            stream += &format!("M 100644 inline Page_{number}_{copy}.md\ndata {}\n{text}\n", text.len());
        }
    }
    let mut git = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    git.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(git.wait().unwrap().success());
}
