//! Undoing commits.

use super::*;

impl World {
    fn undo(&self, revision: crate::model::Revision) -> Result<Reverted, WikiError> {
        let recording = Recording { message: None, origin: Origin::Web, typed: "", once: None };
        revert(&self.wikis, &self.writing(), &revision.into(), false, &recording).map(|done| done.value)
    }

    fn try_undo(&self, revision: crate::model::Revision) -> Result<Reverted, WikiError> {
        let recording = Recording { message: None, origin: Origin::Web, typed: "", once: None };
        revert(&self.wikis, &self.writing(), &revision.into(), true, &recording).map(|done| done.value)
    }

    pub(super) fn rename_to(&self, from: &str, to: &str) -> Renamed {
        let recording = recorded(from);
        let rename = Rename { to, base: None, subpages: true, attachments: true, dry_run: false, recording };
        super::rename(&self.wikis, &self.writing(), &page(from), &rename).unwrap().value
    }

    fn attach(&self, to: &str, name: &str, bytes: &[u8]) -> crate::model::Revision {
        let access: Access<Upload> = self.wikis.authorize(&ada(), &slug()).unwrap();
        let new = NewAttachment {
            name: AttachmentName::parse(name).unwrap(),
            bytes: bytes.to_vec(),
            overwrite: true,
            base: None,
            recording: recorded(name),
        };
        attach(&self.wikis, &access, &page(to), new).unwrap().value.revision.unwrap()
    }

    pub(super) fn delete_page(&self, path: &str) -> crate::model::Revision {
        let done = delete(&self.wikis, &self.writing(), &page(path), None, false, &recorded(path)).unwrap();
        done.value.revision.unwrap()
    }

    pub(super) fn has(&self, path: &str) -> bool {
        find_page(&self.writing().reading(), &page(path)).unwrap().is_some()
    }

    fn tip(&self) -> crate::model::Revision {
        super::tip(&self.writing().reading()).unwrap().unwrap()
    }
}

fn obstacles(error: WikiError) -> Vec<(String, ObstacleKind)> {
    match error {
        WikiError::RevertObstacles(found) => found.into_iter().map(|found| (found.path, found.why)).collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_change_is_undone_and_what_came_after_stays() {
    let world = World::new();
    let first = world.write("Page", "one\n\ntwo\n\nthree\n", None).unwrap();
    let second = world.write("Page", "ONE\n\ntwo\n\nthree\n", Some(first.revision)).unwrap();
    world.write("Page", "ONE\n\ntwo\n\nTHREE\n", Some(second.revision)).unwrap();
    let planned = world.try_undo(second.revision).unwrap();
    assert_eq!((planned.revision, planned.files.len()), (None, 1));
    let undone = world.undo(second.revision).unwrap();
    assert_eq!(world.read("Page"), "one\n\ntwo\n\nTHREE\n");
    let undoing = commit(&world.writing().reading(), &undone.revision.unwrap().into()).unwrap();
    assert!(undoing.change.message.starts_with("Revert \""), "{}", undoing.change.message);
    assert_eq!(undoing.change.author, "Ada");
    // Undoing that brings the change back; undoing the first change twice does nothing.
    let again = world.undo(second.revision).unwrap_err();
    assert!(matches!(again, WikiError::Invalid { field: "revision", .. }), "{again}");
    world.undo(undone.revision.unwrap()).unwrap();
    assert_eq!(world.read("Page"), "ONE\n\ntwo\n\nTHREE\n");
}

#[test]
fn a_change_that_was_written_over_is_not_undone_at_all() {
    let world = World::new();
    let first = world.write("Page", "one\n", None).unwrap();
    let other = world.write("Other", "a\n", None).unwrap();
    let changes = [("Page", "two\n", first.revision), ("Other", "b\n", other.revision)].map(|(path, content, base)| {
        BatchChange { path: page(path), base: Some(base.into()), op: BatchOp::Put { content, mode: WriteMode::Strict } }
    });
    let both = batch(&world.wikis, &world.writing(), &changes, false, &recorded("")).unwrap().value.revision.unwrap();
    let now = read(&world.writing().reading(), &page("Page"), None).unwrap().last.unwrap().revision;
    world.write("Page", "three\n", Some(now)).unwrap();
    let tip = world.tip();
    let found = obstacles(world.undo(both).unwrap_err());
    let [(path, ObstacleKind::Changed(clashes))] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((path.as_str(), clashes.len()), ("Page", 1));
    assert_eq!((clashes[0].ours.as_str(), clashes[0].theirs.as_str()), ("three\n", "one\n"));
    assert_eq!((world.tip(), world.read("Other").as_str()), (tip, "b\n"));
}

#[test]
fn a_deleted_page_comes_back_with_its_files() {
    let world = World::new();
    world.write("Page", "text", None).unwrap();
    world.attach("Page", "a.bin", &[0, 255, 1]);
    let gone = world.delete_page("Page");
    let undone = world.undo(gone).unwrap();
    assert_eq!(undone.files.iter().map(|file| &file.fate).collect::<Vec<_>>(), [&Undoing::Restored; 2]);
    assert_eq!(world.read("Page"), "text");
    let name = AttachmentName::parse("a.bin").unwrap();
    assert_eq!(attachment(&world.writing().reading(), &page("Page"), &name, None).unwrap().bytes, [0, 255, 1]);
    // Not over what somebody wrote there since.
    world.delete_page("Page");
    let gone = world.tip();
    world.write("page", "new", None).unwrap();
    assert!(matches!(obstacles(world.undo(gone).unwrap_err())[0].1, ObstacleKind::Taken));
}

#[test]
fn what_was_added_is_removed_unless_it_has_changed() {
    let world = World::new();
    let first = world.write("Page", "text", None).unwrap();
    let added = world.attach("Page", "a.bin", b"one");
    world.undo(added).unwrap();
    assert_eq!(attachments(&world.writing().reading(), &page("Page")).unwrap().1.len(), 0);
    world.write("Page", "more text", Some(first.revision)).unwrap();
    let found = obstacles(world.undo(first.revision).unwrap_err());
    assert!(matches!(&found[0].1, ObstacleKind::Changed(clashes) if clashes.is_empty()), "{found:?}");
    assert!(world.has("Page"));
}

#[test]
fn a_renamed_page_gets_its_name_back_with_its_links_and_what_was_written_since() {
    let world = World::new();
    let text = "one\n\ntwo\n\nthree\n\nfour\n\nfive\n";
    world.write("Old", text, None).unwrap();
    world.write("Other", "see [[Old]]", None).unwrap();
    let renamed = world.rename_to("Old", "New");
    assert_eq!(world.read("Other"), "see [[New]]");
    let now = read(&world.writing().reading(), &page("New"), None).unwrap().last.unwrap().revision;
    world.write("New", &text.replace("five", "six"), Some(now)).unwrap();
    world.undo(renamed.revision.unwrap()).unwrap();
    assert_eq!(world.read("Old"), text.replace("five", "six"));
    assert_eq!(world.read("Other"), "see [[Old]]");
    assert!(!world.has("New"));
}

#[test]
fn a_change_of_a_page_is_undone_where_the_page_is_now() {
    let world = World::new();
    let text = "one\n\ntwo\n\nthree\n\nfour\n\nfive\n";
    let first = world.write("Old", text, None).unwrap();
    let second = world.write("Old", &text.replace("one", "1"), Some(first.revision)).unwrap();
    world.rename_to("Old", "New");
    world.undo(second.revision).unwrap();
    assert_eq!(world.read("New"), text);
    world.delete_page("New");
    assert!(matches!(obstacles(world.undo(second.revision).unwrap_err())[0].1, ObstacleKind::Gone));
}

#[test]
fn only_commits_of_the_wiki_are_undone() {
    let world = World::new();
    let unknown = crate::model::Revision::parse(&"1".repeat(40)).unwrap();
    assert!(matches!(world.undo(unknown), Err(WikiError::NoSuchRevision { .. })));
}
