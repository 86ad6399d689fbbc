use std::{
    fmt::Write as _,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use axum::{
    Router,
    body::Body,
    extract::RawQuery,
    http::HeaderMap,
    routing::{get, post},
};
use robotwiki::http::git::{GitService, refuse_push};
use tempfile::TempDir;

/// A directory with a bare repository `served.git` and a server for it.
pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        git(dir.path(), &["init", "-q", "--bare", "-b", "main", "served.git"]);
        let served = dir.path().join("served.git");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { serve(listener, routes(served)).await });
        Self { dir, address, _runtime: runtime }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn served(&self) -> PathBuf {
        self.path("served.git")
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/repo.git", self.address)
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(self.dir.path(), arguments)
    }

    /// Clones over HTTP into `name`, checks the clone and returns its directory.
    pub(crate) fn clone(&self, version: u8, options: &[&str], name: &str) -> PathBuf {
        let protocol = format!("protocol.version={version}");
        let url = self.url();
        self.git(&[&["-c", &protocol, "clone", "-q"], options, &[&url, name]].concat());
        let clone = self.path(name);
        git(&clone, &["fsck", "--strict", "--full", "--no-dangling"]);
        clone
    }

    /// Asks for `commit`, reads the beginning of the pack and closes the connection.
    pub(crate) fn hang_up_on_a_pack(&self, commit: &str) {
        let body = format!("0032want {commit}\n00000009done\n");
        let mut stream = TcpStream::connect(self.address).unwrap();
        let head = "POST /repo.git/git-upload-pack HTTP/1.1\r\nhost: wiki\r\n\
                    content-type: application/x-git-upload-pack-request\r\n";
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        stream.read_exact(&mut [0; 1000]).unwrap();
    }

    /// Sends one raw request and returns status and body.
    pub(crate) fn raw(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let head = format!(
            "{method} /repo.git/{path} HTTP/1.1\r\nhost: wiki\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses early may close before it has read everything.
        let _refused = stream.write_all(body);
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer);
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a response");
        let status = String::from_utf8_lossy(&answer[9..12]).parse().unwrap();
        (status, answer[end + 4..].to_vec())
    }
}

fn routes(served: PathBuf) -> Router {
    let service = GitService::new(2);
    let open = move || gix::open_opts(&served, gix::open::Options::isolated()).unwrap();
    let (info, pack) = ((service.clone(), open.clone()), (service, open));
    Router::new()
        .route(
            "/repo.git/info/refs",
            get(|RawQuery(query): RawQuery, headers: HeaderMap| async move {
                info.0.info_refs(info.1, query.as_deref(), &headers).await
            }),
        )
        .route(
            "/repo.git/git-upload-pack",
            post(|headers: HeaderMap, body: Body| async move { pack.0.upload_pack(pack.1, &headers, body).await }),
        )
        .route("/repo.git/git-receive-pack", post(|| async { refuse_push() }))
}

async fn serve(listener: tokio::net::TcpListener, routes: Router) {
    while let Ok((stream, _)) = listener.accept().await {
        let service = hyper_util::service::TowerToHyperService::new(routes.clone());
        tokio::spawn(async move {
            let io = hyper_util::rt::TokioIo::new(stream);
            let _closed = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
        });
    }
}

fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.org")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.org");
    command
}

/// Runs git and returns its standard output; panics with its errors when it fails.
pub(crate) fn git(dir: &Path, arguments: &[&str]) -> String {
    let (ok, output, errors) = try_git(dir, arguments);
    assert!(ok, "git {arguments:?}: {errors}");
    output.trim_end().to_owned()
}

/// Runs git and returns success, standard output and standard error.
pub(crate) fn try_git(dir: &Path, arguments: &[&str]) -> (bool, String, String) {
    let output = command(dir, arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// Runs git with `input` and returns its standard output.
pub(crate) fn git_with(dir: &Path, arguments: &[&str], input: &[u8]) -> String {
    let mut child = command(dir, arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "git {arguments:?}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Adds commits `first..=last` to `refs/heads/main`, each changing one of `pages` pages.
pub(crate) fn history(repository: &Path, first: usize, last: usize, pages: usize) {
    let mut stream = String::new();
    for number in first..=last {
        let page = number * 7919 % pages;
        let mut text = format!("# Page {page}\n\nEdit {number}.\n");
        for line in 0..20 {
            writeln!(text, "Line {line} about {}.", (page * 31 + line * 17 + number / 3) % 997).unwrap();
        }
        let message = format!("Edit {number}");
        write!(
            stream,
            "commit refs/heads/main\ncommitter Ada <ada@example.org> {} +0000\ndata {}\n{message}\n",
            1_700_000_000 + number * 60,
            message.len()
        )
        .unwrap();
        if number == first && first > 1 {
            stream.push_str("from refs/heads/main^0\n");
        }
        write!(stream, "M 100644 inline Section{}/Page{page}.md\ndata {}\n{text}\n", page % 12, text.len()).unwrap();
    }
    git_with(repository, &["fast-import", "--quiet"], stream.as_bytes());
}

/// One commit on top of main, as loose objects.
pub(crate) fn commit_page(repository: &Path, path: &str, text: &str) -> String {
    let blob = git_with(repository, &["hash-object", "-w", "--stdin"], text.as_bytes());
    let listing = git(repository, &["ls-tree", "refs/heads/main"]);
    let kept: String =
        listing.lines().filter(|line| !line.ends_with(&format!("\t{path}"))).fold(String::new(), |mut all, line| {
            writeln!(all, "{line}").unwrap();
            all
        });
    let tree = git_with(repository, &["mktree"], format!("{kept}100644 blob {blob}\t{path}\n").as_bytes());
    let commit = git(repository, &["commit-tree", &tree, "-p", "refs/heads/main", "-m", path]);
    git(repository, &["update-ref", "refs/heads/main", &commit]);
    commit
}
