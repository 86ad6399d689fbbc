use std::sync::Arc;
use std::thread;

use super::*;
use crate::repo::BlobId;

#[test]
fn a_new_repository_is_one_that_git_takes() {
    let scene = Scene::new();
    assert_eq!(scene.git(&["symbolic-ref", "HEAD"]), "refs/heads/main\n");
    assert_eq!(scene.git(&["rev-parse", "--is-bare-repository"]), "true\n");
    assert_eq!(scene.repo.tip().unwrap(), None);
    assert!(scene.repo.at_tip().unwrap().files().unwrap().is_empty());
    assert!(matches!(Repo::create(Arc::new(RealDisk), &scene.dir), Err(Error::Exists { .. })));
    scene.git(&["fsck", "--strict"]);
}

#[test]
fn a_commit_is_what_git_reads() {
    let scene = Scene::new();
    let revision = scene.commit(&[put("Home.md", "# Home\n"), put("guide/Setup.md", "Do it.\n")]).unwrap();
    assert_eq!(scene.tip(), revision);
    assert_eq!(scene.git(&["cat-file", "blob", "main:guide/Setup.md"]), "Do it.\n");
    assert_eq!(
        scene.git(&["log", "--format=%H|%an|%ae|%at|%cn|%B"]),
        format!("{revision}|Ada Lovelace|p1@people.invalid|1700000000|Ada Lovelace|a change\n\n")
    );
    scene.fsck();

    let snapshot = scene.repo.at(revision).unwrap().unwrap();
    assert_eq!(snapshot.revision(), Some(revision));
    let blob = snapshot.find(&file("Home.md")).unwrap().unwrap();
    assert_eq!(blob.to_string(), scene.git(&["rev-parse", "main:Home.md"]).trim());
    assert_eq!(snapshot.blob(blob).unwrap(), b"# Home\n");
    assert_eq!(snapshot.size(blob).unwrap(), 7);
    assert_eq!(snapshot.find(&file("guide.md")).unwrap(), None);
    assert_eq!(scene.repo.at(Revision::from_bytes([7; 20])).unwrap().map(|_| ()), None);
    assert_eq!(scene.repo.at(Revision::from_bytes(*blob.as_bytes())).unwrap().map(|_| ()), None);
}

#[test]
fn a_snapshot_does_not_follow_the_tip() {
    let scene = Scene::new();
    scene.commit(&[put("Home.md", "1")]).unwrap();
    let before = scene.repo.at_tip().unwrap();
    scene.commit(&[put("Home.md", "2"), put("New.md", "n")]).unwrap();
    assert_eq!(before.read(&file("Home.md")).unwrap().unwrap(), b"1");
    assert_eq!(before.read(&file("New.md")).unwrap(), None);
    assert_eq!(scene.read("Home.md").unwrap(), "2");
}

#[test]
fn a_commit_on_another_tip_is_refused_and_names_the_tip() {
    let scene = Scene::new();
    let first = scene.commit(&[put("Home.md", "1")]).unwrap();
    let second = scene.commit(&[put("Home.md", "2")]).unwrap();
    for expected in [None, Some(first)] {
        match scene.repo.commit(expected, &[put("Home.md", "3")], &meta("late")) {
            Err(Error::TipMoved { actual }) => assert_eq!(actual, Some(second)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(scene.tip(), second);
}

#[test]
fn what_changes_nothing_is_no_commit() {
    let scene = Scene::new();
    assert!(matches!(scene.commit(&[]), Err(Error::NothingChanged)));
    assert!(matches!(scene.commit(&[put("A.md", ""), delete("A.md")]), Err(Error::NothingChanged)));
    let tip = scene.commit(&[put("Home.md", "1"), put("a/B.md", "2")]).unwrap();
    for changes in [
        vec![],
        vec![put("Home.md", "1")],
        vec![put("Home.md", "x"), put("Home.md", "1")],
        vec![rename("Home.md", "Home.md")],
        vec![rename("a/B.md", "a/C.md"), rename("a/C.md", "a/B.md")],
    ] {
        assert!(matches!(scene.commit(&changes), Err(Error::NothingChanged)), "{changes:?}");
    }
    assert_eq!(scene.tip(), tip);
}

#[test]
fn changes_of_one_commit_build_on_each_other() {
    let scene = Scene::new();
    scene.commit(&[put("Home.md", "h"), put("a/b/c/Deep.md", "d"), put("a/Top.md", "t")]).unwrap();
    scene
        .commit(&[
            rename("a/b/c/Deep.md", "z/Moved.md"),
            put("z/Moved.md", "edited"),
            delete("Home.md"),
            put("Home.md", "again"),
            put("a/b/file.txt", "a directory that was emptied is there again"),
            put("a/b/c", "a file of the name of a directory that is gone"),
            put("new/x.png", "\u{0}"),
        ])
        .unwrap();
    assert_eq!(scene.paths(), ["Home.md", "a/Top.md", "a/b/c", "a/b/file.txt", "new/x.png", "z/Moved.md"]);
    assert_eq!(scene.git(&["ls-tree", "-r", "--name-only", "main"]), scene.paths().join("\n") + "\n");
    scene.fsck();
    scene.commit(&[delete("a/b/c"), delete("a/b/file.txt")]).unwrap();
    assert_eq!(scene.git(&["ls-tree", "main", "a/"]).lines().count(), 1, "empty directories are gone");

    scene.commit(&[delete("Home.md"), delete("a/Top.md"), delete("new/x.png"), delete("z/Moved.md")]).unwrap();
    assert!(scene.paths().is_empty());
    scene.fsck();
    scene.commit(&[put("Home.md", "again")]).unwrap();
    scene.fsck();
}

#[test]
fn changes_that_do_not_fit_are_refused_and_leave_nothing() {
    let scene = Scene::new();
    let tip = scene
        .commit(&[put("Home.md", "h"), put("a/Page.md", "p"), put("a/x/inner.txt", "i"), put("a/plain", "f")])
        .unwrap();
    let missing = |result| matches!(result, Err(Error::Missing { .. }));
    let not_a_file = |result| matches!(result, Err(Error::NotAFile { .. }));
    assert!(missing(scene.commit(&[delete("None.md")])));
    assert!(missing(scene.commit(&[delete("a/b/None.md")])));
    assert!(missing(scene.commit(&[delete("a/plain/x.txt")])));
    assert!(missing(scene.commit(&[delete("a/x")])), "a directory is not a file to delete");
    assert!(missing(scene.commit(&[rename("None.md", "New.md")])));
    assert!(missing(scene.commit(&[delete("Home.md"), delete("Home.md")])));
    assert!(matches!(scene.commit(&[rename("Home.md", "a/Page.md")]), Err(Error::Exists { .. })));
    assert!(not_a_file(scene.commit(&[put("a/x", "x")])));
    assert!(not_a_file(scene.commit(&[put("a/plain/x.txt", "x")])));
    assert!(not_a_file(scene.commit(&[rename("Home.md", "a/x")])));
    assert!(not_a_file(scene.commit(&[rename("a/Page.md", "a/plain/Page.md")])));
    assert_eq!(scene.tip(), tip);
    scene.fsck();
}

#[test]
fn entries_that_are_no_plain_files_stay_as_they_are() {
    let scene = Scene::imported(
        "commit refs/heads/main\ncommitter A <a> 1 +0000\ndata 0\n\
         M 100755 inline d/run.txt\ndata 1\nx\nM 120000 inline d/link.txt\ndata 4\nHomeM 160000 1234567890123456789012345678901234567890 d/sub.txt\n",
    );
    assert_eq!(scene.paths(), ["d/run.txt"]);
    scene.commit(&[put("d/run.txt", "y"), put("d/New.md", "n")]).unwrap();
    let listing = scene.git(&["ls-tree", "-r", "main"]);
    let modes: Vec<_> = listing.lines().map(|line| (&line[..6], line.rsplit('/').next().unwrap())).collect();
    assert_eq!(modes, [("100644", "New.md"), ("120000", "link.txt"), ("100755", "run.txt"), ("160000", "sub.txt")]);
    for path in ["d/link.txt", "d/sub.txt"] {
        assert!(matches!(scene.commit(&[put(path, "z")]), Err(Error::NotAFile { .. })));
        assert!(matches!(scene.commit(&[delete(path)]), Err(Error::Missing { .. })));
        assert_eq!(scene.read(path), None);
    }
    scene.commit(&[rename("d/run.txt", "e/run.txt")]).unwrap();
    assert!(scene.git(&["ls-tree", "main", "e/"]).starts_with("100755"));
    scene.fsck();
}

#[test]
fn no_author_message_or_clock_makes_git_complain() {
    let scene = Scene::new();
    let mut n = 0;
    for name in ["Ada", "...", "'\"\\", "a.b, c;", "\u{1f600} \u{202e}name", "Bj\u{f6}rn", "a  b"] {
        for email in ["", "a@b.c", "<x> y\n", "a\u{0}b", " , "] {
            for (message, time) in [("", i64::MIN), ("a\u{0}b\n\n\n", -1), ("\n\ntext\r\n", i64::MAX), (" \n ", 0)] {
                n += 1;
                let author = Author { name: Name::parse(name).unwrap(), email: email.into() };
                let meta = CommitMeta { author: author.clone(), committer: author, message: message.into(), time };
                let change = put("Home.md", &n.to_string());
                scene.repo.commit(scene.repo.tip().unwrap(), &[change], &meta).unwrap();
            }
        }
    }
    scene.fsck();
    let history = scene.repo.history(&file("Home.md"), scene.tip(), 1000).unwrap();
    assert_eq!(history.len(), n);
    assert!(history.iter().all(|entry| !entry.commit.author.is_empty() && entry.commit.time >= 0));
}

#[test]
fn of_writers_at_the_same_time_each_gets_its_commit() {
    let scene = Scene::new();
    // A second handle on the same directory shares no mutex: the lock file decides.
    let other = Repo::open(Arc::new(RealDisk), &scene.dir).unwrap();
    thread::scope(|threads| {
        for writer in 0..4 {
            let repo = if writer % 2 == 0 { &scene.repo } else { &other };
            threads.spawn(move || {
                for round in 0..5 {
                    let change = [put(&format!("w{writer}/p{round}.md"), "text")];
                    let mut tip = repo.tip().unwrap();
                    loop {
                        match repo.commit(tip, &change, &meta("race")) {
                            Ok(_) => break,
                            Err(Error::TipMoved { actual }) => tip = actual,
                            Err(error) => panic!("{error:?}"),
                        }
                    }
                }
            });
        }
        threads.spawn(|| {
            for _ in 0..50 {
                scene.repo.at_tip().unwrap().files().unwrap();
            }
        });
    });
    assert_eq!(scene.paths().len(), 20);
    assert_eq!(scene.git(&["rev-list", "--count", "main"]), "20\n");
    assert_eq!(scene.git(&["rev-list", "--merges", "main"]), "");
    scene.fsck();
}

#[test]
fn blobs_over_the_limit_are_refused() {
    let scene = Scene::new();
    scene.commit(&[put("Home.md", &"x".repeat(101)), put("Small.md", &"x".repeat(100))]).unwrap();
    for pack in [false, true] {
        if pack {
            scene.git(&["repack", "-adq"]);
        }
        let snapshot = scene.repo.at_tip().unwrap().with_limit(100);
        assert!(matches!(snapshot.read(&file("Home.md")), Err(Error::TooLarge { size: 101, limit: 100 })));
        assert_eq!(snapshot.read(&file("Small.md")).unwrap().unwrap().len(), 100);
    }
}

#[test]
fn changes_are_the_files_that_differ() {
    let scene = Scene::new();
    let first = scene.commit(&[put("Home.md", "1"), put("a/B.md", "2"), put("a/c/D.md", "3")]).unwrap();
    let second = scene.commit(&[put("Home.md", "x"), rename("a/c/D.md", "E.md"), put("a/c.md", "new")]).unwrap();
    let blob = |path: &str, revision| scene.repo.at(revision).unwrap().unwrap().find(&file(path)).unwrap();
    let list = |from, to| -> Vec<(String, Option<BlobId>, Option<BlobId>)> {
        let changes = scene.repo.changes(from, to).unwrap();
        changes.into_iter().map(|change| (change.path, change.old, change.new)).collect()
    };
    assert_eq!(
        list(Some(first), second),
        [
            ("E.md".into(), None, blob("E.md", second)),
            ("Home.md".into(), blob("Home.md", first), blob("Home.md", second)),
            ("a/c.md".into(), None, blob("a/c.md", second)),
            ("a/c/D.md".into(), blob("a/c/D.md", first), None),
        ]
    );
    assert!(list(Some(second), second).is_empty());
    let all: Vec<_> = list(None, second).into_iter().map(|(path, ..)| path).collect();
    assert_eq!(all, scene.paths());
    assert!(matches!(scene.repo.changes(None, Revision::from_bytes([1; 20])), Err(Error::UnknownRevision(_))));
}

#[test]
fn many_new_objects_become_a_pack() {
    let scene = Scene::new();
    scene.commit(&[put("Home.md", "1")]).unwrap();
    let many: Vec<Change> = (0..100).map(|n| put(&format!("d/{n}.md"), &n.to_string())).collect();
    let reader = scene.repo.at_tip().unwrap();
    scene.commit(&many).unwrap();
    let packs = || std::fs::read_dir(scene.dir.join("objects/pack")).unwrap().count();
    assert_eq!((packs(), scene.read("d/99.md").unwrap().as_str()), (2, "99"));
    assert_eq!(reader.files().unwrap().len(), 1);
    scene.fsck();
    // What a pack holds is not written again.
    scene.commit(&[Change::Delete { path: file("d/1.md") }]).unwrap();
    scene.commit(&[put("d/1.md", "1")]).unwrap();
    scene.commit(&(0..100).map(|n| rename(&format!("d/{n}.md"), &format!("e/{n}.md"))).collect::<Vec<_>>()).unwrap();
    assert_eq!(packs(), 2);
    let scene = scene.reopen();
    assert_eq!(scene.read("e/99.md").unwrap(), "99");
    scene.fsck();
    scene.git(&["gc", "--prune=now", "--quiet"]);
    scene.commit(&[put("Home.md", "2")]).unwrap();
    scene.fsck();
}
