use std::fs;

use super::world::{World, commit_page, git, history, try_git};

const VERSIONS: [u8; 3] = [0, 1, 2];

#[test]
fn an_empty_repository_clones() {
    let world = World::new();
    for version in VERSIONS {
        let clone = world.clone(version, &[], &format!("empty{version}"));
        if version == 2 {
            assert_eq!(git(&clone, &["symbolic-ref", "HEAD"]), "refs/heads/main");
        }
        assert_eq!(git(&clone, &["count-objects"]), "0 objects, 0 kilobytes");
    }
}

#[test]
fn a_clone_is_complete_and_a_fetch_brings_only_what_is_new() {
    let world = World::new();
    history(&world.served(), 1, 300, 60);
    for version in VERSIONS {
        let clone = world.clone(version, &[], &format!("clone{version}"));
        assert_same(&world, &clone);

        let before = objects(&clone);
        commit_page(&world.served(), &format!("Fresh{version}.md"), &format!("new {version}\n"));
        let tip = commit_page(&world.served(), "Home.md", &format!("home {version}\n"));
        let protocol = format!("protocol.version={version}");
        git(&clone, &["-c", &protocol, "pull", "-q", "--ff-only"]);
        assert_eq!(git(&clone, &["rev-parse", "HEAD"]), tip);
        assert_eq!(fs::read_to_string(clone.join("Home.md")).unwrap(), format!("home {version}\n"));
        assert_eq!(objects(&clone) - before, 6, "two commits, two trees, two blobs");
        git(&clone, &["fsck", "--strict", "--full"]);
        assert_same(&world, &clone);
        git(&clone, &["-c", &protocol, "fetch", "-q"]);
    }
}

#[test]
fn three_thousand_commits_clone_from_packs_and_from_loose_objects() {
    let world = World::new();
    history(&world.served(), 1, 3_000, 400);
    let clone = world.clone(2, &[], "packed");
    assert_same(&world, &clone);

    git(&world.served(), &["repack", "-q", "-a", "-d", "-f", "--depth=50"]);
    let clone = world.clone(2, &[], "repacked");
    assert_same(&world, &clone);
    assert!(size(&clone) < 2 * size(&world.served()), "deltas are reused");

    let pack = fs::read_dir(world.served().join("objects/pack")).unwrap();
    let pack = pack.map(|file| file.unwrap().path()).find(|path| path.extension().unwrap() == "pack").unwrap();
    fs::rename(&pack, world.path("away.pack")).unwrap();
    fs::remove_file(pack.with_extension("idx")).unwrap();
    super::world::git_with(&world.served(), &["unpack-objects", "-q"], &fs::read(world.path("away.pack")).unwrap());
    let clone = world.clone(0, &[], "loose");
    assert_same(&world, &clone);
}

#[test]
fn a_diverged_clone_negotiates_over_several_rounds() {
    let world = World::new();
    history(&world.served(), 1, 200, 40);
    for version in [0, 2] {
        let clone = world.clone(version, &[], &format!("diverged{version}"));
        git(&clone, &["config", "gc.auto", "0"]);
        // Enough commits of its own that the first rounds name nothing in common.
        for number in 0..150 {
            git(&clone, &["commit", "-q", "--allow-empty", "-m", &number.to_string()]);
        }
        commit_page(&world.served(), "Home.md", &format!("theirs {version}\n"));
        let before = objects(&clone);
        git(&clone, &["-c", &format!("protocol.version={version}"), "fetch", "-q"]);
        assert_same(&world, &clone);
        assert!(objects(&clone) - before < 10, "only the new commit came");
        git(&clone, &["fsck", "--strict", "--full"]);
    }
}

#[test]
fn a_shallow_clone_deepens_and_becomes_whole() {
    let world = World::new();
    history(&world.served(), 1, 50, 20);
    for version in VERSIONS {
        let clone = world.clone(version, &["--depth", "1"], &format!("shallow{version}"));
        let git =
            |arguments: &[&str]| git(&clone, &[&["-c", &format!("protocol.version={version}")], arguments].concat());
        let count = || git(&["rev-list", "--count", "origin/main"]).parse::<usize>().unwrap();
        assert_eq!(count(), 1);
        let home = world.git(&["-C", "served.git", "rev-list", "--count", "main"]).parse::<usize>().unwrap();

        commit_page(&world.served(), "Home.md", &format!("shallow {version}\n"));
        git(&["fetch", "-q"]);
        assert_eq!(count(), 2, "a plain fetch keeps the boundary");
        git(&["fetch", "-q", "--depth", "5"]);
        assert_eq!(count(), 5);
        git(&["fetch", "-q", "--deepen", "3"]);
        assert_eq!(count(), 8);
        git(&["fsck", "--strict", "--full"]);
        git(&["fetch", "-q", "--shallow-since", "1700001200"]);
        assert_eq!(count(), home + 1 - 19);
        git(&["fetch", "-q", "--unshallow"]);
        assert_eq!(count(), home + 1);
        assert!(!clone.join(".git/shallow").exists());
        git(&["fsck", "--strict", "--full"]);
        assert_same(&world, &clone);
    }
}

#[test]
fn merges_and_side_branches_arrive_whole() {
    let world = World::new();
    history(&world.served(), 1, 30, 10);
    let served = world.served();
    let side = git(&served, &["commit-tree", "main~20^{tree}", "-p", "main~20", "-m", "side"]);
    let tree = git(&served, &["rev-parse", "main~3^{tree}"]);
    let merge = git(&served, &["commit-tree", &tree, "-p", &side, "-p", "main", "-m", "merge"]);
    git(&served, &["update-ref", "refs/heads/main", &merge]);
    for version in VERSIONS {
        let clone = world.clone(version, &[], &format!("merge{version}"));
        assert_same(&world, &clone);
        let clone = world.clone(version, &["--depth", "2"], &format!("merge-shallow{version}"));
        git(&clone, &["fetch", "-q", "--depth", "12"]);
        git(&clone, &["fsck", "--strict", "--full"]);
        git(&clone, &["fetch", "-q", "--unshallow"]);
        assert_same(&world, &clone);
    }
}

#[test]
fn annotated_tags_come_along() {
    let world = World::new();
    history(&world.served(), 1, 10, 5);
    git(&world.served(), &["tag", "-a", "v1", "-m", "first", "main~4"]);
    git(&world.served(), &["tag", "light", "main~2"]);
    git(&world.served(), &["update-ref", "refs/private/drafts", "main~6"]);
    for version in VERSIONS {
        let clone = world.clone(version, &[], &format!("tags{version}"));
        assert_eq!(git(&clone, &["tag"]), "light\nv1");
        assert_eq!(git(&clone, &["cat-file", "-t", "v1"]), "tag");
        let refs = git(&clone, &["-c", &format!("protocol.version={version}"), "ls-remote"]);
        assert!(refs.contains("refs/tags/v1^{}") && !refs.contains("private"), "{refs}");
    }
}

#[test]
fn pushing_is_refused_with_a_reason() {
    let world = World::new();
    history(&world.served(), 1, 3, 3);
    let clone = world.clone(2, &[], "pusher");
    git(&clone, &["commit", "-q", "--allow-empty", "-m", "mine"]);
    let (pushed, _, errors) = try_git(&clone, &["push", "-q"]);
    assert!(!pushed && errors.contains("403"), "{errors}");
    for (method, path) in [("GET", "info/refs?service=git-receive-pack"), ("POST", "git-receive-pack")] {
        let (status, body) = world.raw(method, path, "", b"");
        assert_eq!(status, 403);
        assert!(String::from_utf8_lossy(&body).contains("does not accept pushes"));
    }
}

#[test]
fn work_stops_when_the_client_goes_away() {
    let world = World::new();
    // Incompressible and larger than what the sockets and the channel hold.
    let mut seed = 7u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        seed.to_be_bytes()[1]
    })
    .take(24 << 20)
    .collect();
    let blob = super::world::git_with(&world.served(), &["hash-object", "-w", "--stdin"], &noise);
    let tree = super::world::git_with(&world.served(), &["mktree"], format!("100644 blob {blob}\tnoise\n").as_bytes());
    let commit = git(&world.served(), &["commit-tree", &tree, "-m", "noise"]);
    git(&world.served(), &["update-ref", "refs/heads/main", &commit]);
    // More clients that hang up than the service has slots.
    for _ in 0..6 {
        world.hang_up_on_a_pack(&commit);
    }
    world.clone(2, &[], "after");
}

#[test]
fn a_damaged_repository_ends_the_clone_with_an_error() {
    let world = World::new();
    history(&world.served(), 1, 3, 3);
    let tip = commit_page(&world.served(), "Home.md", "lost\n");
    let blob = git(&world.served(), &["rev-parse", "main:Home.md"]);
    fs::remove_file(world.served().join("objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    for version in VERSIONS {
        let arguments = ["-c", &format!("protocol.version={version}"), "clone", "-q", &world.url(), "damaged"];
        let (cloned, _, errors) = try_git(world.dir.path(), &arguments);
        assert!(!cloned && errors.contains("could not be read"), "{tip}: {errors}");
    }
}

fn assert_same(world: &World, clone: &std::path::Path) {
    let list = |dir: &std::path::Path, tip: &str| git(dir, &["rev-list", "--objects", tip]);
    assert_eq!(list(clone, "origin/main"), list(&world.served(), "main"));
}

fn objects(repository: &std::path::Path) -> usize {
    git(repository, &["cat-file", "--batch-all-objects", "--batch-check=x"]).lines().count()
}

fn size(repository: &std::path::Path) -> usize {
    let counts = git(repository, &["count-objects", "-v"]);
    let line = counts.lines().find_map(|line| line.strip_prefix("size-pack: ")).unwrap();
    line.parse().unwrap()
}

/// 20,000 commits when measuring (CONTRIBUTING.md, "Measure"), else a few.
fn commits() -> usize {
    if std::env::var_os("ROBOTWIKI_MEASURE").is_some_and(|value| value == "1") { 20_000 } else { 200 }
}

#[test]
#[expect(clippy::print_stdout, reason = "the times are what one measures")]
fn a_clone_is_what_gits_own_server_gives_before_and_after_an_import() {
    let world = World::new();
    let large = world.path("large.git");
    git(world.dir.path(), &["init", "-q", "--bare", "-b", "main", "large.git"]);
    history(&large, 1, commits(), commits() / 10);
    let everything = git(&large, &["rev-list", "--objects", "main"]);
    fs::remove_dir_all(world.served()).unwrap();
    let clocked = |what: &str, work: &dyn Fn()| {
        let (before, start) = (cpu_ticks(), std::time::Instant::now());
        work();
        let after = cpu_ticks();
        println!(
            "{what}: {:.2} s, of which {:.2} s of processor time in this process",
            start.elapsed().as_secs_f64(),
            (after - before) as f64 / 100.0
        );
    };
    let clone = |url: &str| {
        world.git(&["-c", "protocol.version=2", "clone", "-q", "--bare", url, "measured.git"]);
    };
    let same = || {
        let measured = world.path("measured.git");
        git(&measured, &["fsck", "--strict", "--full"]);
        assert_eq!(git(&measured, &["rev-list", "--objects", "main"]), everything);
        fs::remove_dir_all(measured).unwrap();
    };
    std::os::unix::fs::symlink(&large, world.served()).unwrap();
    clocked("git upload-pack", &|| clone(&format!("file://{}", large.display())));
    same();
    clocked("ours, the same packs", &|| clone(&world.url()));
    same();
    fs::remove_file(world.served()).unwrap();
    clocked("import", &|| {
        let repo =
            robotwiki::repo::Repo::create(std::sync::Arc::new(robotwiki::repo::RealDisk), &world.served()).unwrap();
        let report =
            robotwiki::repo::import(repo.disk().as_ref(), &large, repo.dir(), &mut |text| println!("  {text}"));
        repo.move_tip(None, report.unwrap().tip).unwrap();
    });
    clocked("git upload-pack, imported", &|| clone(&format!("file://{}", world.served().display())));
    same();
    clocked("ours, imported", &|| clone(&world.url()));
    same();
}

/// User and system time of this process in hundredths of a second (proc_pid_stat(5)).
fn cpu_ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
