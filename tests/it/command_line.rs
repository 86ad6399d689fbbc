//! The verbs, beside a running server and without one.

use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{DataDir, Request, program, run};

const PATIENCE: Duration = Duration::from_secs(60);

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_second_server_on_one_data_directory_is_refused() {
    let dir = DataDir::new();
    let server = dir.start();
    let second = run(&mut dir.command(&["serve", "--listen", "127.0.0.1:0"]), b"", PATIENCE);
    assert!(!second.status.success());
    assert!(text(&second).contains(&dir.path().display().to_string()), "{}", text(&second));
    assert!(!text(&second).contains("panicked"), "{}", text(&second));
    assert_eq!(server.root(&Request::get("/health")).unwrap().status, 200);
    server.stop();
}

#[test]
fn every_verb_works_with_and_without_a_server() {
    let dir = DataDir::new();
    let mut server = None;
    for (slug, person) in [("stopped", "Stella"), ("running", "Rosa")] {
        let setup = dir.cli_ok(&["setup"]);
        assert!(setup.contains("/auth/link?token="), "{setup}");
        let (id, link) = dir.person(person);
        assert!(link.starts_with("http"));
        dir.cli_ok(&["wiki", "create", slug, "--name", person, "--owner", &id]);
        dir.cli_ok(&["wiki", "grant", slug, person, "viewer"]);
        let wikis = dir.cli_list(&["wiki", "list"]);
        let wiki = wikis.iter().find(|wiki| wiki["slug"] == slug).unwrap();
        assert!(wiki["name"] == person && wiki["public"] == false && wiki["pages"].as_u64().unwrap() >= 4, "{wiki}");
        let secret = dir.token(slug, "Short", "read");
        dir.cli_ok(&["token", "create", slug, "--name", "Long", "--role", "write", "--expires", "30"]);
        let tokens = dir.cli_list(&["token", "list", slug]);
        assert_eq!(tokens.len(), 2);
        assert!(!tokens.iter().any(|token| token.to_string().contains(&secret)), "a secret is shown once");
        dir.cli_ok(&["token", "revoke", slug, tokens[0]["id"].as_str().unwrap()]);
        assert_eq!(dir.cli_list(&["token", "list", slug]).len(), 1);
        let reindexed = dir.cli_ok(&["reindex", slug, "--wait"]);
        assert!(reindexed.starts_with(&format!("{slug}: ")) && reindexed.contains("pages indexed"), "{reindexed}");
        assert!(dir.cli_ok(&["reindex", "--all"]).contains(slug));
        let doctor = dir.cli(&["doctor"]);
        assert!(doctor.status.success(), "{}", text(&doctor));
        assert!(dir.cli_ok(&["config"]).contains("data_dir"));

        for (arguments, status) in [
            (&["wiki", "delete", slug][..], None),
            (&["wiki", "create", slug, "--name", "Again"], Some(1)),
            (&["wiki", "create", "No_Slug!", "--name", "No"], Some(2)),
            (&["wiki", "grant", slug, "Nobody at all", "viewer"], Some(1)),
            (&["wiki", "grant", slug, person, "emperor"], Some(2)),
            (&["reindex"], Some(2)),
            (&["reindex", "nowhere"], Some(1)),
            (&["token", "create", "nowhere", "--name", "X", "--role", "read"], Some(1)),
            (&["token", "revoke", slug, "nothing"], Some(1)),
            (&["explode"], Some(2)),
        ] {
            let output = dir.cli(arguments);
            let code = output.status.code();
            assert!(code != Some(0) && status.is_none_or(|status| code == Some(status)), "{arguments:?}: {code:?}");
            assert!(
                !output.stderr.is_empty() && !text(&output).contains("panicked"),
                "{arguments:?}: {}",
                text(&output)
            );
        }
        dir.cli_ok(&["wiki", "delete", slug, "--yes"]);
        assert!(!dir.repository(slug).exists());
        assert!(dir.cli_list(&["wiki", "list"]).iter().all(|wiki| wiki["slug"] != slug));
        if server.is_none() {
            server = Some(dir.start());
        }
    }
}

#[test]
fn port_zero_takes_a_free_port_and_says_which() {
    let dir = DataDir::new();
    let _server = dir.spawn_on("127.0.0.1:0", "localhost:0");
    let deadline = Instant::now() + PATIENCE;
    let port = loop {
        let said = std::fs::read_to_string(dir.path().join("listen")).unwrap_or_default();
        if let Some(port) = said.trim().strip_prefix("127.0.0.1:").and_then(|port| port.parse::<u16>().ok()) {
            break port;
        }
        assert!(Instant::now() < deadline, "DIR/listen says {said:?}");
        thread::sleep(Duration::from_millis(10));
    };
    let health = Request::get("/health").send(port, &format!("localhost:{port}")).map(|answer| answer.status);
    let created = dir.cli(&["user", "create", "Zora"]);
    assert_eq!(health.ok(), Some(200));
    assert!(text(&created).contains(&format!("http://localhost:{port}/auth/link?token=")), "{}", text(&created));
}

#[test]
fn a_configuration_with_an_unknown_key_names_the_nearest() {
    let dir = DataDir::new();
    std::fs::write(dir.beside("robotwiki.toml"), "[server]\nlissten = \"127.0.0.1:1\"\n").unwrap();
    let output = dir.cli(&["config"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("lissten") && text(&output).contains("listen"), "{}", text(&output));
    let help = run(Command::new(program()).arg("--help"), b"", PATIENCE);
    assert!(help.status.success() && text(&help).contains("serve"));
}
