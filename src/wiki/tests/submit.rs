//! What people send from a form that they opened some time ago.

use super::*;
use crate::repo::MergePart;

impl World {
    fn send(
        &self,
        path: &str,
        section: Option<&str>,
        content: &str,
        base: Option<crate::model::Revision>,
    ) -> Submitted {
        let recording = Recording { message: None, origin: Origin::Web, typed: path, once: None };
        let given = Submission { content, base: base.map(RevisionPrefix::from), section, recording };
        submit(&self.wikis, &self.writing(), &page(path), &given).unwrap()
    }
}

fn saved(submitted: Submitted) -> (Saved, Option<String>) {
    match submitted {
        Submitted::Saved { page, near } => (page, near),
        Submitted::Contested(contested) => panic!("{contested:?}"),
    }
}

fn contested(submitted: Submitted) -> Contested {
    match submitted {
        Submitted::Contested(contested) => *contested,
        Submitted::Saved { page, .. } => panic!("{page:?}"),
    }
}

const PAGE: &str = "# Top\n\nintro\n\n## One\n\nfirst\n\n## Two\n\nsecond\n";

#[test]
fn a_section_is_saved_without_the_rest_of_its_page() {
    let world = World::new();
    let first = world.write("Page", PAGE, None).unwrap();
    let (page, near) = saved(world.send("Page", Some("one"), "## One\r\n\r\nFIRST\r\n", Some(first.revision)));
    assert_eq!((page.merged, near.as_deref()), (false, Some("one")));
    assert_eq!(world.read("Page"), PAGE.replace("first", "FIRST"));
    // Somebody else's change of another section stays.
    let (page, near) = saved(world.send("Page", Some("two"), "## Zwei\n\nsecond", Some(first.revision)));
    assert_eq!((page.merged, near.as_deref()), (true, Some("zwei")));
    assert_eq!(world.read("Page"), PAGE.replace("first", "FIRST").replace("## Two", "## Zwei"));
}

#[test]
fn a_section_that_somebody_removed_comes_back_with_both_texts() {
    let world = World::new();
    let first = world.write("Page", PAGE, None).unwrap();
    world.write("Page", "# Top\n\nintro\n", Some(first.revision)).unwrap();
    let found = contested(world.send("Page", Some("two"), "## Two\n\nSECOND", Some(first.revision)));
    assert_eq!(found.mine, PAGE.replace("second", "SECOND"));
    assert_eq!(found.theirs.unwrap().content, "# Top\n\nintro\n");
    assert_eq!(found.parts.iter().filter(|part| matches!(part, MergePart::Clash(_))).count(), 1);
    assert_eq!(world.read("Page"), "# Top\n\nintro\n");
}

#[test]
fn a_section_that_never_was_is_refused() {
    let world = World::new();
    let first = world.write("Page", PAGE, None).unwrap();
    let recording = Recording { message: None, origin: Origin::Web, typed: "Page", once: None };
    let given = Submission { content: "x", base: Some(first.revision.into()), section: Some("three"), recording };
    let refused = submit(&world.wikis, &world.writing(), &page("Page"), &given).unwrap_err();
    assert!(matches!(refused, WikiError::NoSuchSection { .. }), "{refused}");
}

#[test]
fn a_text_goes_to_the_page_under_its_new_name() {
    let world = World::new();
    let first = world.write("Old", PAGE, None).unwrap();
    world.rename_to("Old", "New");
    let (moved, _) = saved(world.send("Old", None, &PAGE.replace("first", "FIRST"), Some(first.revision)));
    assert_eq!((moved.path.as_str(), moved.merged), ("New", true));
    assert_eq!(world.read("New"), PAGE.replace("first", "FIRST"));
    assert!(!world.has("Old"));
    let (moved, near) = saved(world.send("Old", Some("two"), "## Two\n\nSECOND", Some(first.revision)));
    assert_eq!((moved.path.as_str(), near.as_deref()), ("New", Some("two")));
    let found = contested(world.send("Old", None, &PAGE.replace("first", "other"), Some(first.revision)));
    assert_eq!(found.path.as_str(), "New");
}

#[test]
fn a_deleted_page_and_one_that_others_created_come_back_beside_the_text() {
    let world = World::new();
    let first = world.write("Page", PAGE, None).unwrap();
    world.delete_page("Page");
    let found = contested(world.send("Page", None, "mine", Some(first.revision)));
    assert!(found.theirs.is_none() && found.parts.is_empty());
    world.write("New", "same\ntheirs\n", None).unwrap();
    let found = contested(world.send("New", None, "same\nmine\n", None));
    let [MergePart::Agreed(same), MergePart::Clash(clash)] = found.parts.as_slice() else { panic!("{found:?}") };
    assert_eq!((same.as_str(), clash.ours.as_str(), clash.theirs.as_str()), ("same\n", "mine\n", "theirs\n"));
}

#[test]
fn choices_make_one_text_of_two() {
    let world = World::new();
    let first = world.write("Page", PAGE, None).unwrap();
    let theirs = world
        .write("Page", &PAGE.replace("first", "theirs").replace("second", "theirs too"), Some(first.revision))
        .unwrap();
    let mine = PAGE.replace("first", "mine").replace("second", "mine too").replace("intro", "INTRO");
    let (origin, at): (RevisionPrefix, RevisionPrefix) = (first.revision.into(), theirs.revision.into());
    let text = |choices: &[Choice]| {
        settle(&world.writing().reading(), &page("Page"), &mine, (Some(&origin), &at), choices).unwrap()
    };
    let expected = PAGE.replace("intro", "INTRO").replace("first", "theirs").replace("second", "mine too\ntheirs too");
    assert_eq!(text(&[Choice::Theirs, Choice::Both]), Some(expected));
    assert_eq!(text(&[Choice::Theirs]), None);
}

#[test]
fn the_owner_decides_what_a_change_is_called() {
    use crate::model::{MessageDemand, MessagePolicy, MessageTemplate};
    let world = World::new();
    let admin: Access<Admin> = world.wikis.authorize(&ada(), &slug()).unwrap();
    let want = |demand, template: &str| {
        let messages = MessagePolicy { demand, template: MessageTemplate::parse(template).unwrap() };
        world.wikis.change_settings(&admin, &Settings { messages: Some(messages), ..Settings::default() }).unwrap();
    };
    let write = |content: &str, typed: &str| {
        let base = read(&world.writing().reading(), &page("My_Page"), None).ok().and_then(|page| page.last);
        let recording = Recording { message: Some(typed), origin: Origin::Web, typed: "My_Page", once: None };
        let base = base.map(|last| last.revision.into());
        let given = Submission { content, base, section: None, recording };
        submit(&world.wikis, &world.writing(), &page("My_Page"), &given)?;
        let page = read(&world.writing().reading(), &page("My_Page"), None)?;
        Ok::<_, WikiError>(page.last.unwrap().message)
    };
    assert_eq!(write("1", " ").unwrap(), "Create My_Page");
    want(MessageDemand::Optional, "On %P");
    assert_eq!(write("2", "").unwrap(), "On My Page");
    assert_eq!(write("3", "typed").unwrap(), "typed");
    want(MessageDemand::Hidden, "On %P");
    assert_eq!(write("4", "typed").unwrap(), "On My Page");
    want(MessageDemand::Required, "On %P");
    let refused = write("5", " ").unwrap_err();
    assert!(matches!(refused, WikiError::Invalid { field: "a summary", .. }), "{refused}");
    assert_eq!(world.read("My_Page"), "4");
    assert_eq!(write("5", "typed").unwrap(), "typed");
}
