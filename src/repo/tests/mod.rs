//! The repository against the real `git`: what one writes, the other reads. Needs the
//! `git` program, as the whole test suite does; the product does not.

mod bundles;
mod commits;
mod damage;
mod generated;
mod histories;
mod hostile;
mod speed;
mod texts;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::{Change, CommitMeta, Disk, DiskFile, Error, RealDisk, Repo};
use crate::model::{AttachmentPath, Author, Name, PagePath, RepoPath, Revision};

/// The real disk without its waiting: `tests/it/power_loss.rs` is about durability.
struct NoSync;

impl Disk for NoSync {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        RealDisk.create_dir(dir)
    }

    fn create_file(&self, file: &Path) -> io::Result<Box<dyn DiskFile>> {
        RealDisk.create_file(file).map(|file| Box::new(NoSyncFile(file)) as Box<dyn DiskFile>)
    }

    fn sync_file(&self, file: &Path) -> io::Result<()> {
        file.metadata().map(drop)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        dir.metadata().map(drop)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        RealDisk.remove_file(file)
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        RealDisk.remove_dir_all(dir)
    }
}

struct NoSyncFile(Box<dyn DiskFile>);

impl Write for NoSyncFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl DiskFile for NoSyncFile {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// In memory where there is such a file system: repositories have many directories.
fn scratch_dir() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

struct Scene {
    _home: tempfile::TempDir,
    dir: PathBuf,
    repo: Repo,
}

impl Scene {
    fn new() -> Self {
        let home = scratch_dir();
        let dir = home.path().join("wikis/docs/repo.git");
        let repo = Repo::create(Arc::new(NoSync), &dir).unwrap();
        Self { _home: home, dir, repo }
    }

    /// A repository of git's own making that `git fast-import` fills from `stream`.
    fn imported(stream: &str) -> Self {
        let home = scratch_dir();
        let dir = home.path().join("repo.git");
        std::fs::create_dir(&dir).unwrap();
        git_with_input(&dir, &["init", "--quiet", "--bare", "--template=", "--initial-branch=main"], b"");
        git_with_input(&dir, &["fast-import", "--quiet", "--force"], stream.as_bytes());
        let repo = Repo::open(Arc::new(NoSync), &dir).unwrap();
        Self { _home: home, dir, repo }
    }

    fn reopen(self) -> Self {
        let repo = Repo::open(Arc::new(NoSync), &self.dir).unwrap();
        Self { repo, ..self }
    }

    fn git(&self, args: &[&str]) -> String {
        git_with_input(&self.dir, args, b"")
    }

    fn fsck(&self) {
        let said = self.git(&["fsck", "--strict", "--full", "--no-dangling"]);
        assert_eq!(said, "", "git fsck");
    }

    fn tip(&self) -> Revision {
        self.repo.tip().unwrap().unwrap()
    }

    fn commit(&self, changes: &[Change]) -> Result<Revision, Error> {
        self.repo.commit(self.repo.tip().unwrap(), changes, &meta("a change"))
    }

    fn read(&self, path: &str) -> Option<String> {
        let bytes = self.repo.at_tip().unwrap().read(&file(path)).unwrap();
        bytes.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn paths(&self) -> Vec<String> {
        self.repo.at_tip().unwrap().files().unwrap().into_iter().map(|file| file.path).collect()
    }
}

fn git_with_input(dir: &Path, args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("git")
        .args(args)
        .current_dir(dir)
        .env("GIT_DIR", dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "git {args:?}: {out}{err}");
    format!("{out}{err}")
}

fn meta(message: &str) -> CommitMeta {
    let author = Author { name: Name::parse("Ada Lovelace").unwrap(), email: "p1@people.invalid".into() };
    CommitMeta { author: author.clone(), committer: author, message: message.into(), time: 1_700_000_000 }
}

/// A page when the name ends in `.md`, else an attachment.
fn file(path: &str) -> RepoPath {
    match PagePath::from_file(path) {
        Some(page) => page.file(),
        None => AttachmentPath::from_file(path).unwrap().file(),
    }
}

fn put(path: &str, text: &str) -> Change {
    Change::Put { path: file(path), bytes: text.as_bytes().to_vec() }
}

fn delete(path: &str) -> Change {
    Change::Delete { path: file(path) }
}

fn rename(from: &str, to: &str) -> Change {
    Change::Rename { from: file(from), to: file(to) }
}
