use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::command;
use super::http::{Request, Response};

/// How long a server may take to answer `/health`, and a verb to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A data directory that goes away with the test, and the port that its servers use: sessions, links and the
/// wikis' addresses contain the port, so that it has to survive a restart.
pub(crate) struct DataDir {
    temp: tempfile::TempDir,
    port: u16,
}

/// A running `robotwiki serve`. Killed when dropped.
pub(crate) struct Server<'d> {
    dir: &'d DataDir,
    child: Child,
}

impl DataDir {
    pub(crate) fn new() -> Self {
        let dir = Self { temp: tempfile::tempdir().unwrap(), port: free_port() };
        // In place of whatever this machine has in /etc.
        fs::write(dir.beside("robotwiki.toml"), "").unwrap();
        dir
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.temp.path().join("data")
    }

    /// A place beside the data directory, for clones and the like.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    pub(crate) fn repository(&self, slug: &str) -> PathBuf {
        self.path().join("wikis").join(slug).join("repo.git")
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The root's authority, `localhost:PORT`.
    pub(crate) fn domain(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// A wiki's authority, `SLUG.localhost:PORT`.
    pub(crate) fn host(&self, slug: &str) -> String {
        format!("{slug}.localhost:{}", self.port)
    }

    /// Starts a server and waits until it answers.
    pub(crate) fn start(&self) -> Server<'_> {
        let mut server = self.spawn();
        server.wait_until_ready();
        server
    }

    /// Starts a server without waiting for it.
    pub(crate) fn spawn(&self) -> Server<'_> {
        self.spawn_on(&format!("127.0.0.1:{}", self.port), &self.domain())
    }

    /// Starts a server on an address of the caller's choice, without waiting for it.
    pub(crate) fn spawn_on(&self, listen: &str, domain: &str) -> Server<'_> {
        let _ = fs::remove_file(self.path().join("listen"));
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let child = self
            .command(&["serve", "--listen", listen, "--domain", domain])
            .stdin(std::process::Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Server { dir: self, child }
    }

    /// The program on this data directory, without any setting of the caller's shell.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ROBOTWIKI_")) {
            command.env_remove(name);
        }
        command.args(arguments);
        command.arg("--data-dir").arg(self.path()).arg("--config").arg(self.beside("robotwiki.toml"));
        command
    }

    /// Runs a verb of the command line on this data directory.
    pub(crate) fn cli(&self, arguments: &[&str]) -> Output {
        command::run(&mut self.command(arguments), b"", PATIENCE)
    }

    /// Runs a verb that must succeed; returns what it printed, trimmed.
    pub(crate) fn cli_ok(&self, arguments: &[&str]) -> String {
        let output = self.cli(arguments);
        assert!(
            output.status.success(),
            "robotwiki {arguments:?}: {}\n{}",
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(&output.stdout)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Runs a listing verb with `--json`; the entries, whether they come bare or under one key.
    pub(crate) fn cli_list(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.cli_ok(&[arguments, &["--json"]].concat());
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {text}"));
        match value {
            Value::Array(entries) => entries,
            Value::Object(object) => {
                object.into_iter().find_map(|(_, v)| v.as_array().cloned()).unwrap_or_else(|| panic!("{text}"))
            }
            _ => panic!("{text}"),
        }
    }

    /// Creates a person; returns their id and their one-time sign-in link.
    pub(crate) fn person(&self, name: &str) -> (String, String) {
        let printed = self.cli_ok(&["user", "create", name]);
        let link = printed.split_whitespace().find(|word| word.contains("/auth/link?token=")).unwrap().to_owned();
        let people = self.cli_list(&["user", "list"]);
        let person = people.iter().find(|p| p["name"] == name).unwrap_or_else(|| panic!("{people:?}"));
        let id = person["id"].as_str().map_or_else(|| person["id"].to_string(), str::to_owned);
        (id, link)
    }

    /// Creates a token of a wiki; `role` is `read` or `write`.
    pub(crate) fn token(&self, slug: &str, name: &str, role: &str) -> String {
        let token = self.cli_ok(&["token", "create", slug, "--name", name, "--role", role]);
        assert!(token.starts_with("rw_") && token.len() == 46, "a token alone on a line: {token:?}");
        token
    }

    /// `git clone` of a wiki over HTTP, with a token as password.
    pub(crate) fn clone_command(&self, slug: &str, token: Option<&str>, version: &str, into: &Path) -> Command {
        let user = token.map(|token| format!("anybody:{token}@")).unwrap_or_default();
        let url = format!("http://{user}{}/repo.git", self.host(slug));
        let resolve = format!("http.curloptResolve={slug}.localhost:{}:127.0.0.1", self.port);
        let protocol = format!("protocol.version={version}");
        let into = into.display().to_string();
        command::git(self.temp.path(), &["-c", &resolve, "-c", &protocol, "clone", "-q", &url, &into])
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.temp.path().join("server.log")
    }

    /// The end of what the servers printed, for messages.
    pub(crate) fn log_tail(&self) -> String {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(40)..].iter().map(|line| format!("{line:.300}"));
        last.collect::<Vec<_>>().join("\n")
    }
}

impl Drop for DataDir {
    /// Leaves the directory for a look when the test failed and `ROBOTWIKI_KEEP` is set.
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the end of the server's log:\n{}", self.log_tail());
            if std::env::var_os("ROBOTWIKI_KEEP").is_some() {
                self.temp.disable_cleanup(true);
                eprintln!("kept {}", self.temp.path().display());
            }
        }
    }
}

impl Server<'_> {
    pub(crate) fn dir(&self) -> &DataDir {
        self.dir
    }

    /// Waits until `/health` answers 200, and checks the port that the server says it has.
    pub(crate) fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended ({status}) before it was ready");
            }
            let announced = read(&self.dir.path().join("listen"));
            if announced.trim() == format!("127.0.0.1:{}", self.dir.port)
                && self.root(&Request::get("/health")).is_ok_and(|r| r.status == 200)
            {
                return;
            }
            assert!(Instant::now() < deadline, "the server is not ready; DIR/listen says {announced:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends to the root host.
    pub(crate) fn root(&self, request: &Request) -> std::io::Result<Response> {
        request.send(self.dir.port, &self.dir.domain())
    }

    /// Sends to a wiki's host; panics when the connection breaks.
    pub(crate) fn wiki(&self, slug: &str, request: &Request) -> Response {
        request
            .send(self.dir.port, &self.dir.host(slug))
            .unwrap_or_else(|error| panic!("{request:.300?}: {error}\n{}", self.dir.log_tail()))
    }

    /// SIGKILL: nothing in the process gets to run.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; the server must end by itself, with status 0.
    pub(crate) fn stop(mut self) {
        let id = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM).unwrap();
        let status = command::wait(&mut self.child, PATIENCE).expect("the server ends after SIGTERM");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The program under test: the one that cargo built with the tests, or `ROBOTWIKI_TEST_BINARY`, so that a release
/// binary can be put to the same tests.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("ROBOTWIKI_TEST_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_robotwiki").into(), PathBuf::from)
}

/// A port that nothing listens on, outside the range from which clients get theirs.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 10_000) as u16;
    for _ in 0..10_000 {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port");
}
