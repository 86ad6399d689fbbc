use std::fmt::Write as _;

use super::*;

fn lines(range: std::ops::Range<u32>) -> String {
    range.fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "this is line number {n}");
        text
    })
}

fn names(scene: &Scene, path: &str) -> Vec<String> {
    let history = scene.repo.history(&file(path), scene.tip(), 100).unwrap();
    history.into_iter().map(|entry| entry.path).collect()
}

fn revisions(scene: &Scene, path: &str) -> String {
    let history = scene.repo.history(&file(path), scene.tip(), 100).unwrap();
    history.into_iter().map(|entry| format!("{}\n", entry.commit.revision)).collect()
}

#[test]
fn history_follows_a_file_through_its_names() {
    let scene = Scene::new();
    scene.commit(&[put("Draft.md", &lines(0..20)), put("Twin.md", &lines(0..20))]).unwrap();
    scene.commit(&[put("Other.md", "other")]).unwrap();
    scene.commit(&[put("Draft.md", &lines(0..21))]).unwrap();
    scene.commit(&[rename("Draft.md", "guide/Draft.md"), rename("Other.md", "Another.md")]).unwrap();
    scene.commit(&[put("guide/Draft.md", &lines(1..21))]).unwrap();
    // Renamed and edited at once, while another file disappears too.
    scene
        .commit(&[rename("guide/Draft.md", "Final.md"), put("Final.md", &lines(5..22)), delete("Another.md")])
        .unwrap();
    scene.commit(&[put("Final.md", "all new")]).unwrap();
    assert_eq!(
        names(&scene, "Final.md"),
        ["Final.md", "Final.md", "guide/Draft.md", "guide/Draft.md", "Draft.md", "Draft.md"]
    );
    assert_eq!(revisions(&scene, "Final.md"), scene.git(&["log", "--follow", "--format=%H", "--", "Final.md"]));
    assert_eq!(revisions(&scene, "Twin.md"), scene.git(&["log", "--follow", "--format=%H", "--", "Twin.md"]));

    let history = scene.repo.history(&file("Final.md"), scene.tip(), 2).unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].commit.message, "a change");
    assert_eq!(history[0].blob, scene.repo.at_tip().unwrap().find(&file("Final.md")).unwrap());
    assert!(scene.repo.history(&file("Final.md"), scene.tip(), 0).unwrap().is_empty());
    assert!(scene.repo.history(&file("Never.md"), scene.tip(), 10).unwrap().is_empty());
    assert!(matches!(
        scene.repo.history(&file("Final.md"), Revision::from_bytes([3; 20]), 1),
        Err(Error::UnknownRevision(_))
    ));
}

#[test]
fn what_differs_too_much_is_not_a_rename() {
    let scene = Scene::new();
    scene.commit(&[put("Old.md", &lines(0..20))]).unwrap();
    scene.commit(&[delete("Old.md"), put("New.md", &(lines(0..9) + &lines(50..61)))]).unwrap();
    assert_eq!(names(&scene, "New.md"), ["New.md"]);
    assert_eq!(revisions(&scene, "New.md"), scene.git(&["log", "--follow", "--format=%H", "--", "New.md"]));
}

#[test]
fn history_goes_on_where_a_file_was_removed() {
    let scene = Scene::new();
    scene.commit(&[put("Home.md", "h"), put("Page.md", "first life")]).unwrap();
    scene.commit(&[delete("Page.md")]).unwrap();
    assert_eq!(names(&scene, "Page.md").len(), 2);
    let history = scene.repo.history(&file("Page.md"), scene.tip(), 10).unwrap();
    assert_eq!((history[0].blob.is_none(), history[1].blob.is_some()), (true, true));
    scene.commit(&[put("Page.md", "second life")]).unwrap();
    scene.commit(&[put("Home.md", "h2")]).unwrap();
    assert_eq!(names(&scene, "Page.md").len(), 3);
    assert_eq!(revisions(&scene, "Page.md"), scene.git(&["log", "--format=%H", "--", "Page.md"]));
}

#[test]
fn a_commit_builds_on_those_before_it_and_on_no_other() {
    let scene = Scene::new();
    let first = scene.commit(&[put("Home.md", "1")]).unwrap();
    let hidden = scene.commit(&[put("Home.md", "secret")]).unwrap();
    scene.git(&["update-ref", "refs/heads/main", &first.to_string()]);
    let second = scene.commit(&[put("Home.md", "2")]).unwrap();
    assert!(scene.repo.is_ancestor(first, second).unwrap() && scene.repo.is_ancestor(second, second).unwrap());
    assert!(!scene.repo.is_ancestor(second, first).unwrap() && !scene.repo.is_ancestor(hidden, second).unwrap());
}
