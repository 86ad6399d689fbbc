//! Each round plays a random life of a wiki on a [`ForgetfulDisk`]: commits, some of
//! which die half-way and are tried again by the next process. Then the power fails at
//! random moments of that life, several times over with different things forgotten, and
//! what is left must be a repository that holds everything it ever promised.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use robotwiki::model::{Author, Name, PagePath, Revision};
use robotwiki::repo::{Change, CommitMeta, Disk, Error, Repo, Snapshot};

use tempfile::TempDir;

use super::{Random, first_seed};
use crate::forgetful_disk::{Care, ForgetfulDisk};

const LIVES: u64 = 16;
const CUTS_A_LIFE: usize = 16;
const FSCK_EVERY: usize = 8;

type Files = BTreeMap<String, Vec<u8>>;

/// What a process has told somebody, and when: from then on it must stay true.
struct Promise {
    moment: usize,
    /// None: that there is a repository.
    commit: Option<(Revision, Files)>,
}

#[test]
fn an_acknowledged_commit_survives_a_power_cut() {
    let first = first_seed();
    for seed in first..first + LIVES {
        if let Err(violation) = live_and_cut(seed, Care::Full) {
            panic!("seed {seed}: {violation}");
        }
    }
}

#[test]
fn a_disk_that_skips_a_sync_is_caught() {
    for care in [Care::NoFileSync, Care::NoDirSync] {
        let first = first_seed();
        let caught = (first..first + LIVES).any(|seed| live_and_cut(seed, care).is_err());
        assert!(caught, "{care:?} went unnoticed, first seed {first}");
    }
}

fn live_and_cut(seed: u64, care: Care) -> Result<(), String> {
    let mut random = Random(seed);
    let home = scratch_dir();
    let disk = ForgetfulDisk::new(home.path(), care);
    let promises = live(&disk, home.path(), &mut random);
    let end = disk.now();
    let created = promises[0].moment;
    for cut in 0..CUTS_A_LIFE {
        // The creation has half of the operations, and deserves few of the cuts.
        let moment = match cut {
            0 => end,
            1 | 2 => random.below(created),
            _ => created + random.below(end - created + 1),
        };
        let left = scratch_dir();
        disk.cut(moment, left.path(), &mut |n| random.below(n));
        let promised: Vec<&Promise> = promises.iter().filter(|promise| promise.moment <= moment).collect();
        check(left.path(), &promised, cut % FSCK_EVERY == 0)
            .map_err(|violation| format!("power cut after {moment} of {end} operations: {violation}"))?;
    }
    Ok(())
}

/// Creates a wiki and commits to it, now and then in a process that is killed half-way.
fn live(disk: &ForgetfulDisk, home: &Path, random: &mut Random) -> Vec<Promise> {
    let dir = home.join("docs/repo.git");
    let mut repo = Repo::create(Arc::new(disk.clone()), &dir).unwrap();
    let mut promises = vec![Promise { moment: disk.now(), commit: None }];
    let (collected, large) = (random.below(8), random.below(12));
    for commit in 0..12 {
        if commit == collected {
            remove_empty_directories(disk, &dir.join("objects"));
        }
        let mut changes = random_changes(&repo.at_tip().unwrap(), random);
        if commit == large {
            changes.extend(many_changes(random));
        }
        let killed = random.below(2) == 0;
        if killed {
            disk.kill_after(Some(random.below(24)));
        }
        let mut outcome = repo.commit(repo.tip().unwrap(), &changes, &meta());
        disk.kill_after(None);
        if killed {
            drop(repo);
            repo = Repo::open(Arc::new(disk.clone()), &dir).unwrap();
            // What the next process shows counts as promised too.
            note(&mut promises, disk, &repo);
            if outcome.is_err() && random.below(3) > 0 {
                outcome = repo.commit(repo.tip().unwrap(), &changes, &meta());
            }
        }
        match outcome {
            Ok(_) => note(&mut promises, disk, &repo),
            Err(Error::Io { .. } | Error::NothingChanged | Error::Missing { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    promises
}

/// As git's housekeeping does.
fn remove_empty_directories(disk: &ForgetfulDisk, objects: &Path) {
    for entry in fs::read_dir(objects).unwrap() {
        let path = entry.unwrap().path();
        if fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_none()) {
            disk.remove_dir_all(&path).unwrap();
        }
    }
}

fn note(promises: &mut Vec<Promise>, disk: &ForgetfulDisk, repo: &Repo) {
    let snapshot = repo.at_tip().unwrap();
    if let Some(revision) = snapshot.revision() {
        promises.push(Promise { moment: disk.now(), commit: Some((revision, contents(&snapshot).unwrap())) });
    }
}

fn random_changes(now: &Snapshot, random: &mut Random) -> Vec<Change> {
    let files = now.files().unwrap();
    let mut changes = vec![Change::Put { path: page(random), bytes: text(random) }];
    if random.below(3) == 0 {
        changes.push(Change::Put { path: page(random), bytes: text(random) });
    }
    if random.below(4) == 0 && !files.is_empty() {
        let path = &files[random.below(files.len())].path;
        changes.push(Change::Delete { path: PagePath::from_file(path).unwrap().file() });
    }
    changes
}

/// As many as become a pack of their own.
fn many_changes(random: &mut Random) -> Vec<Change> {
    let of = random.below(2);
    let page = |number: usize| PagePath::parse(&format!("many/{number}")).unwrap().file();
    (0..300).map(|number| Change::Put { path: page(number), bytes: format!("{of} {number}").into_bytes() }).collect()
}

fn page(random: &mut Random) -> robotwiki::model::RepoPath {
    let names = ["Home", "a/One", "a/Two", "b/c/Three"];
    PagePath::parse(names[random.below(names.len())]).unwrap().file()
}

/// Seldom new, so that objects of a commit that died are met again.
fn text(random: &mut Random) -> Vec<u8> {
    let length = [0, 10, 3000][random.below(3)];
    let letter = b'a' + u8::try_from(random.below(3)).unwrap();
    vec![letter; length]
}

fn meta() -> CommitMeta {
    let author = Author { name: Name::parse("Ada").unwrap(), email: "p1@people.invalid".into() };
    CommitMeta { author: author.clone(), committer: author, message: String::new(), time: 1_700_000_000 }
}

fn contents(snapshot: &Snapshot) -> Result<Files, Error> {
    snapshot.files()?.into_iter().map(|file| Ok((file.path, snapshot.blob(file.blob)?))).collect()
}

/// What must hold of a directory after a power cut.
fn check(home: &Path, promised: &[&Promise], fsck: bool) -> Result<(), String> {
    let dir = home.join("docs/repo.git");
    // From here on durability is not in question, and waiting for a real disk is not needed.
    let disk = Arc::new(ForgetfulDisk::new(home, Care::Full));
    if promised.is_empty() && !dir.exists() {
        return Repo::create(disk, &dir).map(drop).map_err(|error| format!("cannot create: {error:?}"));
    }
    let repo = Repo::open(disk, &dir).map_err(|error| format!("cannot open: {error:?}"))?;
    let tip = repo.tip().map_err(|error| format!("no tip: {error:?}"))?;
    let snapshot = repo.at_tip().map_err(|error| format!("the tip cannot be read: {error:?}"))?;
    contents(&snapshot).map_err(|error| format!("files of the tip cannot be read: {error:?}"))?;
    for (revision, files) in promised.iter().filter_map(|promise| promise.commit.as_ref()) {
        let reachable = tip.is_some_and(|tip| repo.is_ancestor(*revision, tip).unwrap_or(false));
        if !reachable {
            return Err(format!("commit {revision} is lost"));
        }
        let found = repo.at(*revision).ok().flatten().and_then(|snapshot| contents(&snapshot).ok());
        if found.as_ref() != Some(files) {
            return Err(format!("files of {revision} differ"));
        }
    }
    let path = PagePath::parse("After").unwrap().file();
    let change = Change::Put { path: path.clone(), bytes: b"after the power cut".to_vec() };
    repo.commit(tip, &[change], &meta()).map_err(|error| format!("cannot commit: {error:?}"))?;
    let read = repo.at_tip().and_then(|snapshot| snapshot.read(&path));
    if !matches!(read, Ok(Some(_))) {
        return Err(format!("the next commit reads {read:?}"));
    }
    if fsck { git_fsck(&dir) } else { Ok(()) }
}

fn git_fsck(dir: &Path) -> Result<(), String> {
    let output = Command::new("git")
        .args(["fsck", "--strict", "--full", "--no-dangling"])
        .env("GIT_DIR", dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() && said.is_empty() { Ok(()) } else { Err(format!("git fsck: {said}")) }
}

/// In memory where there is such a file system: the directories are many, and what the
/// real disk does is not in question.
fn scratch_dir() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}
