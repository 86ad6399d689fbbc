//! Drafts: what is kept, for whom, and when it goes.

use super::*;

fn stamp(text: &str) -> DraftStamp {
    DraftStamp::parse(text).unwrap()
}

fn bob() -> Principal {
    Principal::Person { id: PersonId(2), name: Name::parse("Bob").unwrap(), session: SessionId(String::new()) }
}

impl World {
    fn keep(&self, path: &str, section: Option<&str>, content: &str, sent: &str) -> Result<KeptDraft, WikiError> {
        self.keep_seen(path, (section, content), sent, None)
    }

    fn keep_seen(
        &self,
        path: &str,
        (section, content): (Option<&str>, &str),
        sent: &str,
        seen: Option<&str>,
    ) -> Result<KeptDraft, WikiError> {
        let base = read(&self.writing().reading(), &page(path), None).ok().and_then(|page| page.last);
        let new = NewDraft {
            section,
            base: base.map(|last| last.revision),
            content,
            stamp: stamp(sent),
            seen: seen.map(stamp),
        };
        keep_draft(&self.wikis, &self.writing(), &page(path), &new)
    }

    fn draft(&self, path: &str, section: Option<&str>) -> Option<MyDraft> {
        my_draft(&self.wikis, &self.writing().reading(), &page(path), section).unwrap()
    }

    fn text(&self, path: &str, section: Option<&str>) -> Option<String> {
        self.draft(path, section).map(|draft| draft.content)
    }
}

#[test]
fn a_draft_is_found_by_every_spelling_and_by_its_writer_alone() {
    let world = World::new();
    world.write("New_York", "page", None).unwrap();
    world.keep("new york", None, "typed", "w.1").unwrap();
    assert_eq!(world.text("New_York", None).as_deref(), Some("typed"));
    assert_eq!(world.text("New_York", Some("history")), None);
    world.wikis.grant(operator(), &slug(), PersonId(2), crate::model::Role::Editor).unwrap();
    let bobs: Access<Write> = world.wikis.authorize(&bob(), &slug()).unwrap();
    assert!(my_draft(&world.wikis, &bobs.reading(), &page("New_York"), None).unwrap().is_none());
    assert!(my_drafts(&world.wikis, &bobs.reading()).unwrap().is_empty());
    assert!(!discard_draft(&world.wikis, &bobs.reading(), &page("New_York"), None).unwrap());
    assert!(discard_draft(&world.wikis, &world.writing().reading(), &page("New York"), None).unwrap());
    assert_eq!(world.text("New_York", None), None);
}

#[test]
fn a_window_replaces_its_own_text_and_no_other_unseen() {
    let world = World::new();
    world.keep("Page", None, "one", "w.1").unwrap();
    world.keep("Page", None, "three", "w.3").unwrap();
    // Sent before, arrived after.
    world.keep("Page", None, "two", "w.2").unwrap();
    assert_eq!(world.text("Page", None).as_deref(), Some("three"));
    let refused = world.keep("Page", None, "other", "v.1").unwrap_err();
    assert!(matches!(refused, WikiError::DraftElsewhere), "{refused}");
    world.keep_seen("Page", (None, "other"), "v.1", Some("w.3")).unwrap();
    assert_eq!(world.text("Page", None).as_deref(), Some("other"));
}

#[test]
fn a_draft_tells_that_its_page_has_changed() {
    let world = World::new();
    let saved = world.write("Page", "# A\n\none\n", None).unwrap();
    world.keep("Page", Some("a"), "# A\n\ntwo\n", "w.1").unwrap();
    let draft = world.draft("Page", Some("a")).unwrap();
    assert_eq!((draft.base, draft.outdated), (Some(saved.revision), false));
    world.write("Page", "# A\n\nthree\n", Some(saved.revision)).unwrap();
    assert!(world.draft("Page", Some("a")).unwrap().outdated);
    assert_eq!(my_drafts(&world.wikis, &world.writing().reading()).unwrap().len(), 1);
}

#[test]
fn a_draft_goes_where_its_page_goes() {
    let world = World::new();
    world.write("Old", "page", None).unwrap();
    world.write("Old/Below", "page", None).unwrap();
    world.keep("Old", None, "typed", "w.1").unwrap();
    world.keep("Old/Below", None, "typed below", "w.1").unwrap();
    let rename =
        Rename { to: "New", base: None, subpages: true, attachments: true, dry_run: false, recording: recorded("Old") };
    super::rename(&world.wikis, &world.writing(), &page("Old"), &rename).unwrap();
    assert_eq!(world.text("New", None).as_deref(), Some("typed"));
    assert_eq!(world.text("New/Below", None).as_deref(), Some("typed below"));
    // A window that is still open under the old name writes on the same draft.
    let base = Some(read(&world.writing().reading(), &page("New"), None).unwrap().last.unwrap().revision);
    let new = NewDraft { section: None, base, content: "more", stamp: stamp("w.2"), seen: None };
    assert_eq!(keep_draft(&world.wikis, &world.writing(), &page("Old"), &new).unwrap().path, page("New"));
    assert_eq!(world.text("New", None).as_deref(), Some("more"));
}

#[test]
fn a_draft_follows_the_renames_of_one_commit() {
    let world = World::new();
    world.write("Old", "page", None).unwrap();
    world.write("Old/Below", "page", None).unwrap();
    world.keep("Old", None, "typed", "w.1").unwrap();
    world.keep("Old/Below", None, "typed below", "w.1").unwrap();
    let rename = |from: &str, to| BatchChange { path: page(from), base: None, op: BatchOp::Rename { to } };
    let go = |changes: &[BatchChange<'_>]| {
        batch(&world.wikis, &world.writing(), changes, false, &recorded("Old")).unwrap();
    };
    go(&[rename("Old", "Between"), rename("Between", "New")]);
    assert_eq!(world.text("New", None).as_deref(), Some("typed"));
    assert_eq!(world.text("New/Below", None).as_deref(), Some("typed below"));
    // Below itself, where another page makes room for it.
    go(&[rename("New", "New/Below")]);
    assert_eq!(world.text("New/Below", None).as_deref(), Some("typed"));
    assert_eq!(world.text("New/Below/Below", None).as_deref(), Some("typed below"));
    world.write("One", "page one", None).unwrap();
    world.write("Two", "page two", None).unwrap();
    world.keep("One", None, "of one", "w.1").unwrap();
    world.keep("Two", None, "of two", "w.1").unwrap();
    go(&[rename("One", "Aside"), rename("Two", "One"), rename("Aside", "Two")]);
    assert_eq!(world.text("One", None).as_deref(), Some("of two"));
    assert_eq!(world.text("Two", None).as_deref(), Some("of one"));
}

#[test]
fn what_was_saved_is_no_draft_any_more_but_another_windows_text_is() {
    let world = World::new();
    let own = |writer: &str, seen: Option<&str>| {
        let seen = seen.map(stamp);
        let access = world.writing().reading();
        discard_own_draft(&world.wikis, &access, &page("Page"), (writer, seen.as_ref())).unwrap();
        world.text("Page", None)
    };
    world.keep("Page", None, "typed", "w.1").unwrap();
    assert_eq!(own("v", None).as_deref(), Some("typed"));
    assert_eq!(own("v", Some("w.0")).as_deref(), Some("typed"));
    assert_eq!(own("v", Some("w.1")), None);
    world.keep("Page", None, "typed", "w.2").unwrap();
    world.keep("Page", Some("a"), "typed", "w.2").unwrap();
    world.keep("Page 2", None, "typed", "w.2").unwrap();
    assert_eq!(own("w", None), None);
    assert_eq!(world.text("Page", Some("a")), None);
    assert!(world.text("Page 2", None).is_some());
}

#[test]
fn the_number_and_the_size_of_drafts_are_bounded() {
    let world = World::new();
    for n in 0..MOST_DRAFTS {
        assert!(world.keep(&format!("Page {n:03}"), None, "x", "w.1").unwrap().given_up.is_none());
    }
    assert!(world.keep("One more", None, "x", "w.1").unwrap().given_up.is_some());
    assert_eq!(my_drafts(&world.wikis, &world.writing().reading()).unwrap().len(), MOST_DRAFTS);
    let large = "x".repeat(usize::try_from(world.wikis.limits().page_bytes).unwrap() + 1);
    let refused = world.keep("Large", None, &large, "w.1").unwrap_err();
    assert!(matches!(refused, WikiError::TooLarge { field: "content", .. }), "{refused}");
    let refused = world.keep("Page", Some(&"x".repeat(1_001)), "x", "w.1").unwrap_err();
    assert!(matches!(refused, WikiError::Invalid { field: "section", .. }), "{refused}");
}

#[test]
fn who_is_nothing_on_a_wiki_any_more_has_no_drafts_there() {
    let world = World::new();
    world.wikis.store().write(|tx| tx.add_person(&person_record("Ada"))).unwrap();
    world.wikis.store().write(|tx| tx.add_person(&person_record("Bob"))).unwrap();
    world.wikis.grant(operator(), &slug(), PersonId(2), crate::model::Role::Editor).unwrap();
    let bobs: Access<Write> = world.wikis.authorize(&bob(), &slug()).unwrap();
    let new = NewDraft { section: None, base: None, content: "typed", stamp: stamp("w.1"), seen: None };
    keep_draft(&world.wikis, &bobs, &page("Page"), &new).unwrap();
    let admin: Access<Admin> = world.wikis.authorize(&ada(), &slug()).unwrap();
    world.wikis.remove_collaborator(&admin, "Bob").unwrap();
    world.wikis.grant(operator(), &slug(), PersonId(2), crate::model::Role::Editor).unwrap();
    assert!(my_drafts(&world.wikis, &bobs.reading()).unwrap().is_empty());
}

fn person_record(name: &str) -> crate::store::PersonRecord {
    crate::store::PersonRecord { name: Name::parse(name).unwrap(), handle: None, operator: false, created: 1 }
}

#[test]
fn old_drafts_are_removed_by_the_housekeeping() {
    let world = World::new();
    world.keep("Page", None, "typed", "w.1").unwrap();
    let later = Later(DRAFT_DAYS * 86_400 + 60);
    super::super::my_drafts::prune_drafts(world.wikis.store(), world.wikis.clock()).unwrap();
    assert!(world.draft("Page", None).is_some());
    super::super::my_drafts::prune_drafts(world.wikis.store(), &later).unwrap();
    assert!(world.draft("Page", None).is_none());
}

#[derive(Debug)]
struct Later(i64);

impl crate::clock::Clock for Later {
    fn now(&self) -> i64 {
        SystemClock.now() + self.0
    }
    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), crate::clock::NoRandomness> {
        SystemClock.fill_random(bytes)
    }
}
