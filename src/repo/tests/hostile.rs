use gix::ObjectId;
use gix::objs::Kind;

use super::*;
use crate::repo::{objects, refs};

/// Writes objects that no well-meaning program would, and makes them the tip.
struct Forge<'s>(&'s Scene);

impl Forge<'_> {
    fn object(&self, kind: Kind, bytes: &[u8]) -> ObjectId {
        let object = objects::NewObject::new(kind, bytes.to_vec()).unwrap();
        let id = object.id;
        objects::write_all(&NoSync, &self.0.repo.gix(), &[object]).unwrap();
        id
    }

    fn tree(&self, entries: &[(&str, &[u8], ObjectId)]) -> ObjectId {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(mode.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(name);
            bytes.push(0);
            bytes.extend_from_slice(id.as_bytes());
        }
        self.object(Kind::Tree, &bytes)
    }

    fn tip(&self, tree: ObjectId) -> Revision {
        let repo = self.0.repo.gix();
        let before = refs::tip(&repo).unwrap();
        let parent = before.map(|id| format!("parent {id}\n")).unwrap_or_default();
        let text = format!("tree {tree}\n{parent}author x <x> 5 +0000\ncommitter x <x> 5 +0000\n\n");
        let commit = self.object(Kind::Commit, text.as_bytes());
        refs::move_tip(&NoSync, &repo, before, commit).unwrap();
        super::super::revision(commit)
    }
}

/// Every reading operation, of which none may panic.
fn read_everything(scene: &Scene) {
    let tip = scene.tip();
    let snapshot = scene.repo.at_tip().unwrap();
    if let Ok(files) = snapshot.files() {
        for file in files {
            let _ = snapshot.blob(file.blob);
            let _ = snapshot.size(file.blob);
        }
    }
    let _ = snapshot.read(&file("Home.md"));
    let _ = snapshot.read(&file("a/b/c/x.txt"));
    let _ = scene.repo.history(&file("Home.md"), tip, 100);
    let _ = scene.repo.history(&file("a/a/a.md"), tip, 100);
    let _ = scene.repo.changes(None, tip);
    let _ = scene.repo.last_commits(tip, None);
}

#[test]
fn names_that_are_no_text_or_no_component_are_passed_over() {
    let scene = Scene::new();
    let forge = Forge(&scene);
    let blob = forge.object(Kind::Blob, b"x");
    let inner = forge.tree(&[("100644", b"f.txt", blob)]);
    let names: &[&[u8]] = &[b"", b".", b"..", b".git", b"a/b", b"\xff\xfe", b"Home.md", b"Home.md", b"\n"];
    let entries: Vec<_> = names.iter().map(|name| ("100644", *name, blob)).collect();
    let mut all = entries.clone();
    all.extend(names.iter().map(|name| ("40000", *name, inner)));
    all.push(("777777", b"odd", blob));
    all.push(("0", b"zero", blob));
    forge.tip(forge.tree(&all));
    read_everything(&scene);
    assert_eq!(scene.read("Home.md").unwrap(), "x");
    assert!(scene.paths().iter().all(|path| !path.contains("a/b") && !path.starts_with('/')), "{:?}", scene.paths());
    scene.commit(&[put("New.md", "n")]).unwrap();
    assert_eq!(scene.read("New.md").unwrap(), "n");
}

#[test]
fn trees_of_any_depth_and_breadth_end() {
    let scene = Scene::new();
    let forge = Forge(&scene);
    let blob = forge.object(Kind::Blob, b"x");
    let mut deep = forge.tree(&[("100644", b"f.txt", blob)]);
    for _ in 0..2000 {
        deep = forge.tree(&[("40000", b"a", deep)]);
    }
    forge.tip(deep);
    read_everything(&scene);
    assert!(scene.paths().is_empty());

    // Ten names a level for forty levels: 10^40 files in forty small objects.
    let mut wide = forge.tree(&[("100644", b"f.txt", blob)]);
    for _ in 0..40 {
        let names: Vec<_> = (b'a'..=b'j').map(|c| [c]).collect();
        let entries: Vec<_> = names.iter().map(|name| ("40000", &name[..], wide)).collect();
        wide = forge.tree(&entries);
    }
    forge.tip(wide);
    let snapshot = scene.repo.at_tip().unwrap();
    assert!(matches!(snapshot.files(), Err(Error::TooManyEntries { .. })));
    assert!(matches!(scene.repo.changes(None, scene.tip()), Err(Error::TooManyEntries { .. })));
    assert!(matches!(scene.repo.last_commits(scene.tip(), None), Err(Error::TooManyEntries { .. })));
    scene.commit(&[put("New.md", "n")]).unwrap();
    assert_eq!(scene.read("New.md").unwrap(), "n");
}

#[test]
fn objects_that_break_their_format_are_errors() {
    let scene = Scene::new();
    let forge = Forge(&scene);
    let blob = forge.object(Kind::Blob, b"x");
    for bytes in [&b"100644 cut"[..], b"100644 cut\0short", b"99999999 x\0aaaaaaaaaaaaaaaaaaaa", b"\0", b"100644", b" "]
    {
        forge.tip(forge.object(Kind::Tree, bytes));
        read_everything(&scene);
        assert!(scene.repo.at_tip().unwrap().files().is_err());
        assert!(scene.commit(&[put("Home.md", "x")]).is_err());
    }
    forge.tip(blob);
    read_everything(&scene);
    // A directory that is a file, a file that is a directory, and objects that are missing.
    let absent = ObjectId::Sha1([9; 20]);
    let tree = forge.tree(&[("100644", b"x.txt", blob)]);
    forge.tip(forge.tree(&[("100644", b"Home.md", tree), ("40000", b"a", blob), ("100644", b"b.txt", absent)]));
    read_everything(&scene);
    forge.tip(absent);
    read_everything(&scene);

    for text in [
        "",
        "tree 1234\n",
        &format!("tree {tree}\n"),
        &format!("tree {tree}\nauthor x\ncommitter y\n\nm"),
        &format!("tree {tree}\nauthor x <x> 99999999999999999999999 +9999\ncommitter x <x> -5 -0000\n\nm"),
        &format!("tree {tree}\nparent {absent}\nauthor x <x> 1 +0000\ncommitter x <x> 1 +0000\n\nm"),
    ] {
        let commit = forge.object(Kind::Commit, text.as_bytes());
        let repo = scene.repo.gix();
        refs::move_tip(&NoSync, &repo, refs::tip(&repo).unwrap(), commit).unwrap();
        if let Ok(snapshot) = scene.repo.at_tip() {
            let _ = snapshot.files();
            read_everything(&scene);
        }
    }
}
