use std::{fs, path::Path};

use robotwiki::repo::{ImportError, ImportReport, RealDisk, Repo, import};

use super::world::{World, commit_page, git, git_with, history, try_git};

/// Imports `source` into a new repository and makes it visible there.
fn imported(source: &Path, destination: &Path) -> Result<ImportReport, ImportError> {
    let repo = Repo::create(std::sync::Arc::new(RealDisk), destination).unwrap();
    let report = import(repo.disk().as_ref(), source, repo.dir(), &mut |_| {})?;
    repo.move_tip(None, report.tip).unwrap();
    Ok(report)
}

/// Imports what must be refused and returns the words of the refusal.
fn refusal(world: &World, source: &Path) -> String {
    let destination = world.path("refused.git");
    let error = imported(source, &destination).expect_err("a refusal").to_string();
    assert_eq!(fs::read_dir(destination.join("objects/pack")).unwrap().count(), 0, "nothing is left behind");
    assert_eq!(git(&destination, &["count-objects"]), "0 objects, 0 kilobytes");
    fs::remove_dir_all(destination).unwrap();
    error
}

#[test]
fn an_imported_repository_is_the_same_and_passes_fsck() {
    let world = World::new();
    let source = world.served();
    history(&source, 1, 400, 50);
    let packed_and_loose = commit_page(&source, "Home.md", "loose\n");
    git(&source, &["update-ref", "refs/heads/other", "main~5"]);
    git(&source, &["repack", "-q", "-d"]);
    commit_page(&source, "Home.md", "loose again\n");
    let report = imported(&source, &world.path("wiki.git")).unwrap();
    assert_eq!(report.commits, 402);
    assert_ne!(report.tip.to_string(), packed_and_loose);
    assert_eq!(git(&world.path("wiki.git"), &["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
    let list = |dir: &Path| git(dir, &["rev-list", "--objects", "main"]);
    assert_eq!(list(&world.path("wiki.git")), list(&source));
    git(&world.path("wiki.git"), &["fsck", "--strict", "--full"]);
    git(&world.path("wiki.git"), &["verify-pack", &pack_of(&world.path("wiki.git"))]);
}

fn pack_of(repository: &Path) -> String {
    let files = fs::read_dir(repository.join("objects/pack")).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().unwrap() == "idx").map(|path| path.display().to_string()).next().unwrap()
}

#[test]
fn an_imported_pack_is_sent_as_it_is_with_newer_edits_after_it() {
    let world = World::new();
    let source = world.path("source.git");
    world.git(&["init", "-q", "--bare", "-b", "main", "source.git"]);
    history(&source, 1, 300, 40);
    fs::remove_dir_all(world.served()).unwrap();
    imported(&source, &world.served()).unwrap();
    let list = |dir: &Path, tip: &str| git(dir, &["rev-list", "--objects", tip]);
    for version in [0, 2] {
        let clone = world.clone(version, &[], &format!("as-is{version}"));
        assert_eq!(list(&clone, "origin/main"), list(&world.served(), "main"));
        commit_page(&world.served(), "Home.md", &format!("edited {version}\n"));
        let clone = world.clone(version, &[], &format!("edited{version}"));
        assert_eq!(list(&clone, "origin/main"), list(&world.served(), "main"));
        let shallow = world.clone(version, &["--depth", "3"], &format!("shallow{version}"));
        assert_eq!(git(&shallow, &["rev-list", "--count", "HEAD"]), "3");
    }
    // A pack whose tip is no longer published must not be sent.
    let orphan = git(&world.served(), &["commit-tree", "main^{tree}", "-m", "start over"]);
    git(&world.served(), &["update-ref", "refs/heads/main", &orphan]);
    let clone = world.clone(2, &[], "orphan");
    assert_eq!(git(&clone, &["rev-list", "--all", "--count"]), "1");
    assert!(!try_git(&clone, &["cat-file", "-e", &git(&source, &["rev-parse", "main"])]).0);
}

#[test]
fn work_trees_alternates_and_submodules_import() {
    let world = World::new();
    history(&world.served(), 1, 20, 5);
    world.git(&["clone", "-q", "--shared", "served.git", "work"]);
    let work = world.path("work");
    fs::write(work.join("Home.md"), "home\n").unwrap();
    fs::write(
        work.join(".gitmodules"),
        "[submodule \"theme\"]\n\tpath = theme\n\turl = https://example.org/theme.git\n",
    )
    .unwrap();
    git(&work, &["add", "."]);
    let gitlink = format!("160000,{},theme", git(&work, &["rev-parse", "HEAD~1"]));
    git(&work, &["update-index", "--add", "--cacheinfo", &gitlink]);
    git(&work, &["commit", "-q", "-m", "theme"]);
    imported(&work, &world.path("wiki.git")).unwrap();
    git(&world.path("wiki.git"), &["fsck", "--strict", "--full"]);
    assert_eq!(git(&world.path("wiki.git"), &["show", "main:Home.md"]), "home");
}

#[test]
fn what_is_no_complete_repository_is_refused() {
    let world = World::new();
    assert!(refusal(&world, &world.path("nowhere")).contains("not a git repository"));
    fs::create_dir(world.path("plain")).unwrap();
    assert!(refusal(&world, &world.path("plain")).contains("not a git repository"));
    assert!(refusal(&world, &world.served()).contains("no commit"));
    world.git(&["init", "-q", "--bare", "--object-format=sha256", "long.git"]);
    let reason = refusal(&world, &world.path("long.git"));
    assert!(reason.to_lowercase().contains("sha-256"), "{reason}");

    history(&world.served(), 1, 10, 5);
    let url = format!("file://{}", world.served().display());
    world.git(&["clone", "-q", "--depth", "2", &url, "shallow"]);
    assert!(refusal(&world, &world.path("shallow")).contains("shallow"));

    let blob = commit_page(&world.served(), "Home.md", "lost\n");
    let blob = git(&world.served(), &["rev-parse", &format!("{blob}:Home.md")]);
    let file = world.served().join("objects").join(&blob[..2]).join(&blob[2..]);
    let whole = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let reason = refusal(&world, &world.served());
    assert!(reason.contains(&blob) && reason.contains("file Home.md in commit"), "{reason}");
    fs::write(&file, &whole[..10]).unwrap();
    let reason = refusal(&world, &world.served());
    assert!(reason.contains(&blob) && reason.contains("file Home.md"), "{reason}");
    // Another object's bytes under this name.
    fs::remove_file(&file).unwrap();
    let other = git_with(&world.served(), &["hash-object", "-w", "--stdin"], b"other\n");
    fs::copy(world.served().join("objects").join(&other[..2]).join(&other[2..]), &file).unwrap();
    let reason = refusal(&world, &world.served());
    assert!(reason.contains(&blob) && reason.contains("does not match"), "{reason}");
}

#[test]
fn what_fsck_refuses_is_refused_and_named() {
    let world = World::new();
    let source = world.served();
    history(&source, 1, 3, 3);
    let blob = git_with(&source, &["hash-object", "-w", "--stdin"], b"text\n");
    let empty = git_with(&source, &["hash-object", "-w", "-t", "tree", "--stdin"], b"");
    git(&source, &["update-ref", "refs/keep/blob", &blob]);
    git(&source, &["update-ref", "refs/keep/tree", &empty]);
    let raw: Vec<u8> = (0..20).map(|at| u8::from_str_radix(&blob[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let sub: Vec<u8> = (0..20).map(|at| u8::from_str_radix(&empty[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let entry = |mode: &str, name: &str| {
        let id = if mode.ends_with("40000") { &sub } else { &raw };
        [mode.as_bytes(), b" ", name.as_bytes(), b"\0", id].concat()
    };
    let file = |name: &str| entry("100644", name);
    let trees: Vec<(&str, Vec<u8>, bool)> = vec![
        ("plain", [file("A.md"), file("B.md"), entry("40000", "B"), file("C")].concat(), true),
        ("odd but allowed names", [file("a:b\\c"), file("con"), file("git~2"), file(&"é".repeat(90))].concat(), true),
        ("old mode", entry("100664", "A.md"), true),
        (".git", file(".git"), false),
        (".GIT", entry("40000", ".GIT"), false),
        ("git~1", file("git~1"), false),
        ("hidden by ignorable characters", file(".g\u{200c}it"), false),
        ("after a backslash", file("a\\.git"), false),
        ("dots", entry("40000", ".."), false),
        ("dot", file("."), false),
        ("empty", file(""), false),
        ("slash", file("a/b"), false),
        ("long", file(&"x".repeat(5000)), false),
        ("twice", [file("A"), file("A")].concat(), false),
        ("file and directory", [file("A"), file("A.md"), entry("40000", "A")].concat(), false),
        ("unsorted", [file("B"), file("A")].concat(), false),
        ("directory sorted as file", [entry("40000", "A"), file("A.md")].concat(), false),
        ("padded", entry("0100644", "A"), false),
        ("linked modules", entry("120000", ".gitmodules"), false),
        ("null", [b"100644 A\0".as_slice(), &[0; 20]].concat(), false),
    ];
    for (what, tree, allowed) in trees {
        let id = git_with(&source, &["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], &tree);
        let commit = git(&source, &["commit-tree", &id, "-p", "main", "-m", what]);
        judge(&world, &source, &commit, what, allowed);
    }
    let who = "Ada <ada@example.org> 1700000000 +0000";
    let commits: Vec<(&str, String, bool)> = vec![
        ("plain", format!("author {who}\ncommitter {who}\n\ntext\n"), true),
        ("no message", format!("author {who}\ncommitter {who}\n\n"), true),
        ("extra header", format!("author {who}\ncommitter {who}\nencoding latin1\n\ntext\n"), true),
        ("blank name", format!("author  <a@b> 1 +0000\ncommitter {who}\n\ntext\n"), true),
        ("no name", format!("author <a@b> 1 +0000\ncommitter {who}\n\ntext\n"), false),
        ("no space", format!("author Ada<a@b> 1 +0000\ncommitter {who}\n\ntext\n"), false),
        ("no address", format!("author Ada 1 +0000\ncommitter {who}\n\ntext\n"), false),
        ("open address", format!("author Ada <a@b 1 +0000\ncommitter {who}\n\ntext\n"), false),
        ("bracket in name", format!("author A>da <a@b> 1 +0000\ncommitter {who}\n\ntext\n"), false),
        ("padded date", format!("author Ada <a@b> 01 +0000\ncommitter {who}\n\ntext\n"), false),
        ("no date", format!("author Ada <a@b>\ncommitter {who}\n\ntext\n"), false),
        ("huge date", format!("author Ada <a@b> 99999999999999999999 +0000\ncommitter {who}\n\ntext\n"), false),
        ("zone", format!("author Ada <a@b> 1 0000\ncommitter {who}\n\ntext\n"), false),
        ("two authors", format!("author {who}\nauthor {who}\ncommitter {who}\n\ntext\n"), false),
        ("no committer", format!("author {who}\n\ntext\n"), false),
        ("NUL", format!("author {who}\ncommitter {who}\n\nte\0xt\n"), false),
    ];
    let tree = git(&source, &["rev-parse", "main^{tree}"]);
    for (what, rest, allowed) in commits {
        let bytes = format!("tree {tree}\n{rest}");
        let id = git_with(&source, &["hash-object", "-w", "-t", "commit", "--literally", "--stdin"], bytes.as_bytes());
        judge(&world, &source, &id, what, allowed);
    }
}

/// Compares our verdict on the history of `commit` with git's; leaves the source as it was.
fn judge(world: &World, source: &Path, commit: &str, what: &str, allowed: bool) {
    let before = git(source, &["rev-parse", "main"]);
    git(source, &["update-ref", "refs/heads/main", commit]);
    let (passes, _, complaint) = try_git(source, &["fsck", "--strict", "--full", "--no-dangling"]);
    assert_eq!(passes, allowed, "{what}: git says {complaint}");
    if allowed {
        let destination = world.path("allowed.git");
        imported(source, &destination).unwrap_or_else(|error| panic!("{what}: {error}"));
        git(&destination, &["fsck", "--strict", "--full"]);
        fs::remove_dir_all(destination).unwrap();
    } else {
        let reason = refusal(world, source);
        assert!(reason.contains("commit "), "{what}: {reason}");
    }
    git(source, &["update-ref", "refs/heads/main", &before]);
    git(source, &["prune", "--expire=now"]);
}
