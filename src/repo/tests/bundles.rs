use super::*;

#[test]
fn a_bundle_is_a_clone_with_all_history() {
    let scene = Scene::new();
    let mut tip = None;
    for number in 0..5 {
        let change = put(&format!("Page_{number}.md"), &format!("text {number}\n"));
        tip = Some(scene.repo.commit(tip, &[change], &meta("more")).unwrap());
    }
    bundle_is_whole(&scene, tip.unwrap(), 5);
}

#[test]
fn a_bundle_holds_what_came_after_an_import_too() {
    let source = Scene::new();
    let mut tip = None;
    for number in 0..3 {
        let change = put("Page.md", &format!("text {number}\n"));
        tip = Some(source.repo.commit(tip, &[change], &meta("more")).unwrap());
    }
    let scene = Scene::new();
    let report = crate::repo::import(&NoSync, &source.dir, &scene.dir, &mut |_| {}).unwrap();
    scene.repo.move_tip(None, report.tip).unwrap();
    let repo = Repo::open(Arc::new(NoSync), &scene.dir).unwrap();
    let scene = Scene { repo, ..scene };
    bundle_is_whole(&scene, report.tip, 3);
    let tip = scene.repo.commit(Some(report.tip), &[put("Other.md", "new\n")], &meta("after")).unwrap();
    bundle_is_whole(&scene, tip, 4);
}

/// What git thinks of it.
fn bundle_is_whole(scene: &Scene, tip: Revision, commits: usize) {
    let mut bytes = Vec::new();
    scene.repo.bundle(tip, &mut bytes, &mut |_| Ok(())).unwrap();
    let home = scratch_dir();
    let file = home.path().join("wiki.bundle");
    std::fs::write(&file, &bytes).unwrap();
    let file = file.to_str().unwrap();
    git_with_input(&scene.dir, &["bundle", "verify", "--quiet", file], b"");
    let clone = home.path().join("clone");
    let cloned = Command::new("git").args(["clone", "--quiet", "--bare", file]).arg(&clone).status().unwrap();
    assert!(cloned.success());
    let count = git_with_input(&clone, &["rev-list", "--count", "HEAD"], b"");
    assert_eq!(count.trim(), commits.to_string());
    assert_eq!(git_with_input(&clone, &["rev-parse", "main"], b"").trim(), tip.to_string());
    git_with_input(&clone, &["fsck", "--strict", "--no-progress"], b"");
}

#[test]
fn a_reader_that_has_gone_ends_the_work() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let scene = Scene::new();
    let tip = scene.repo.commit(None, &[put("Page.md", "text\n")], &meta("first")).unwrap();
    assert!(scene.repo.bundle(tip, &mut Gone, &mut |_| Ok(())).is_err());
    let mut stop = |_| Err(io::ErrorKind::Interrupted.into());
    assert!(scene.repo.bundle(Revision::from_bytes([9; 20]), &mut Vec::new(), &mut stop).is_err());
}

#[test]
fn content_is_stored_before_a_commit_names_it() {
    let scene = Scene::new();
    let blobs = scene.repo.store(&[b"one", b"two", b"one"]).unwrap();
    assert_eq!(blobs[0], blobs[2]);
    let links: Vec<Change> = ["A/one.bin", "A/two.bin"]
        .into_iter()
        .zip(&blobs)
        .map(|(path, blob)| Change::Link { path: file(path), blob: *blob })
        .collect();
    scene.repo.commit(None, &links, &meta("both")).unwrap();
    assert_eq!(git_with_input(&scene.dir, &["show", "main:A/two.bin"], b""), "two");
    git_with_input(&scene.dir, &["fsck", "--strict", "--no-progress"], b"");
    let nowhere = Change::Link { path: file("A/three.bin"), blob: crate::repo::BlobId::from_bytes([3; 20]) };
    let tip = scene.repo.tip().unwrap();
    assert!(scene.repo.commit(tip, &[nowhere], &meta("no")).is_err());
    assert_eq!(scene.repo.tip().unwrap(), tip);
}
