use std::fs;

use super::*;

fn loose(scene: &Scene, id: &str) -> PathBuf {
    scene.dir.join("objects").join(&id[..2]).join(&id[2..])
}

#[test]
fn an_object_that_a_crash_left_broken_is_written_again() {
    let whole = {
        let scene = Scene::new();
        scene.commit(&[put("Home.md", "text of the page")]).unwrap();
        let id = scene.git(&["rev-parse", "main:Home.md"]).trim().to_owned();
        (fs::read(loose(&scene, &id)).unwrap(), id)
    };
    let (bytes, id) = whole;
    let mut with_tail = bytes.clone();
    with_tail.push(0);
    for broken in [vec![], bytes[..5].to_vec(), bytes[..bytes.len() - 1].to_vec(), b"not zlib".to_vec(), with_tail] {
        let scene = Scene::new();
        fs::write(loose(&scene, &id), &broken).unwrap();
        scene.commit(&[put("Home.md", "text of the page")]).unwrap();
        assert_eq!(scene.read("Home.md").unwrap(), "text of the page");
        assert_eq!(fs::read(loose(&scene, &id)).unwrap(), bytes);
        scene.fsck();
    }
}

#[test]
fn opening_clears_what_a_crash_left() {
    let scene = Scene::new();
    scene.commit(&[put("Home.md", "1")]).unwrap();
    let lock = scene.dir.join("refs/heads/main.lock");
    let temporary = ["objects/tmp_obj_0123", "objects/pack/tmp_pack_0", "objects/pack/tmp_pack_1"];
    let temporary = temporary.map(|name| scene.dir.join(name));
    fs::write(&lock, "half").unwrap();
    for file in &temporary {
        fs::write(file, "half").unwrap();
    }
    assert!(matches!(scene.commit(&[put("Home.md", "2")]), Err(Error::Locked { .. })));
    let scene = scene.reopen();
    assert!(!lock.exists() && !temporary.iter().any(|file| file.exists()));
    scene.commit(&[put("Home.md", "2")]).unwrap();
    scene.fsck();
}

#[test]
fn opening_after_an_import_keeps_its_pack_and_does_without_a_directory_of_packs() {
    let source = Scene::new();
    source.commit(&[put("Home.md", "1")]).unwrap();
    let scene = Scene::new();
    let report = crate::repo::import(&NoSync, &source.dir, &scene.dir, &mut |_| {}).unwrap();
    scene.repo.move_tip(None, report.tip).unwrap();
    let left = scene.dir.join("objects/pack/tmp_pack_0");
    fs::write(&left, "half").unwrap();
    let scene = scene.reopen();
    assert!(!left.exists());
    assert_eq!(scene.read("Home.md").unwrap(), "1");

    fs::remove_dir_all(source.dir.join("objects/pack")).unwrap();
    assert_eq!(source.reopen().read("Home.md").unwrap(), "1");
}

#[test]
fn a_creation_that_died_does_not_hinder_the_next() {
    let home = scratch_dir();
    let dir = home.path().join("docs/repo.git");
    fs::create_dir_all(home.path().join("docs/repo.git.new/objects/00")).unwrap();
    Repo::create(Arc::new(RealDisk), &dir).unwrap();
    assert!(!home.path().join("docs/repo.git.new").exists());
}

#[test]
fn git_may_pack_and_collect_underneath() {
    let scene = Scene::new();
    let first = scene.commit(&[put("Home.md", "1"), put("a/B.md", "b")]).unwrap();
    scene.commit(&[put("Home.md", "2")]).unwrap();
    let before = scene.repo.at_tip().unwrap();
    scene.git(&["gc", "--prune=now", "--quiet"]);
    assert!(!scene.dir.join("refs/heads/main").exists(), "the ref is packed");
    assert_eq!(before.read(&file("Home.md")).unwrap().unwrap(), b"2");
    scene.commit(&[put("Home.md", "3")]).unwrap();
    // An object that is in the pack is not written again.
    scene.commit(&[put("Home.md", "1")]).unwrap();
    assert_eq!(scene.read("Home.md").unwrap(), "1");
    let scene = scene.reopen();
    assert!(scene.repo.at(first).unwrap().is_some());
    assert_eq!(scene.git(&["rev-list", "--count", "main"]), "4\n");
    scene.fsck();
}

#[test]
fn an_error_while_writing_leaves_the_tip_and_no_litter() {
    let scene = Scene::new();
    let tip = scene.commit(&[put("Home.md", "1")]).unwrap();
    let objects = scene.dir.join("objects");
    // A file where a directory must be makes the rename fail, as a full disk would.
    for byte in 0..=255u8 {
        let dir = objects.join(format!("{byte:02x}"));
        if fs::remove_dir(&dir).is_ok() {
            fs::write(&dir, "").unwrap();
        }
    }
    assert!(matches!(scene.commit(&[put("Home.md", "2")]), Err(Error::Io { .. })));
    assert_eq!(scene.tip(), tip);
    assert!(!scene.dir.join("refs/heads/main.lock").exists());
    let left = fs::read_dir(&objects)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("tmp_obj_"));
    assert_eq!(left.count(), 0);
}
