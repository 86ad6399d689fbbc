//! Attached files: several at once, their versions, small versions of pictures.

use image::{ImageFormat, Rgb, RgbImage};

use super::*;

fn uploading(world: &World) -> Access<Upload> {
    world.wikis.authorize(&ada(), &slug()).unwrap()
}

fn reading(world: &World) -> Access<Read> {
    world.wikis.authorize(&ada(), &slug()).unwrap()
}

fn name(text: &str) -> AttachmentName {
    AttachmentName::parse(text).unwrap()
}

fn staged(world: &World, files: &[(&str, &[u8])]) -> Vec<StagedFile> {
    let stage = |(file, bytes): &(&str, &[u8])| stage(&world.wikis, &uploading(world), name(file), bytes).unwrap();
    files.iter().map(stage).collect()
}

fn put(world: &World, files: &[(&str, &[u8])], message: Option<&str>) -> Vec<Attached> {
    let recording = Recording { message, origin: Origin::Web, typed: "Home", once: None };
    let files = staged(world, files);
    attach_staged(&world.wikis, &uploading(world), &page("Home"), files, &recording).unwrap().value
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, 9]));
    picture.write_to(&mut io::Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

#[test]
fn several_files_are_one_commit_and_equal_names_get_numbers() {
    let world = World::new();
    let before = tip(&reading(&world)).unwrap();
    let done = put(&world, &[("image.jpg", b"1"), ("image.jpg", b"2"), ("a.txt", b"3")], None);
    let names: Vec<&str> = done.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["image.jpg", "image_2.jpg", "a.txt"]);
    assert!(done.iter().all(|file| file.revision == done[0].revision && !file.replaced));
    let (_, files) = attachments(&reading(&world), &page("home")).unwrap();
    let last = files[0].last.clone().unwrap();
    assert_eq!((last.author.as_str(), last.message.as_str()), ("Ada", "Attach image.jpg, image_2.jpg, a.txt"));
    let log = changelog(&reading(&world), &ChangelogQuery { limit: 2, ..ChangelogQuery::default() }).unwrap();
    assert_eq!(log.entries.get(1).map(|entry| entry.change.revision), before, "one commit for all");
    put(&world, &[("a.txt", b"4")], Some("a better one"));
    let (_, files) = attachments(&reading(&world), &page("Home")).unwrap();
    assert_eq!(files[0].last.clone().unwrap().message, "a better one");
}

#[test]
fn a_file_has_a_history_through_renames_and_any_version_comes_back() {
    let world = World::new();
    put(&world, &[("old.txt", b"first\nsame\nsame\nsame\n")], None);
    put(&world, &[("old.txt", b"second\nsame\nsame\nsame\n")], None);
    let renamed = (&name("old.txt"), &name("new.txt"));
    rename_attachment(&world.wikis, &world.writing(), &page("Home"), renamed, &recorded("Home")).unwrap();
    let history = |file: &str| attachment_history(&reading(&world), &page("Home"), &name(file), 100).unwrap();
    let versions = history("new.txt").versions;
    let names: Vec<&str> = versions.iter().map(|version| version.path.name.as_str()).collect();
    assert_eq!(names, ["new.txt", "old.txt", "old.txt"]);
    assert_eq!(history("new.txt").current, Some(versions[0].change.revision));
    let first = RevisionPrefix::from(versions[2].change.revision);
    let old = attachment(&reading(&world), &page("Home"), &name("old.txt"), Some(&first)).unwrap();
    assert_eq!(old.bytes, b"first\nsame\nsame\nsame\n");

    let file = (&page("Home"), &name("new.txt"));
    let restore = |at: &RevisionPrefix| {
        restore_attachment(&world.wikis, &uploading(&world), file, at, &recorded("Home")).map(|done| done.value)
    };
    assert!(restore(&first).unwrap().replaced);
    let now = attachment(&reading(&world), file.0, file.1, None).unwrap();
    assert_eq!(now.bytes, old.bytes);
    let elsewhere = RevisionPrefix::parse("ffffffff").unwrap();
    assert!(matches!(restore(&elsewhere), Err(WikiError::NotAtRevision { .. })));

    detach(&world.wikis, &uploading(&world), &page("Home"), "new.txt", None, &recorded("Home")).unwrap();
    let gone = history("new.txt");
    assert_eq!((gone.current, gone.versions[0].size), (None, None));
    assert!(!restore(&first).unwrap().replaced, "a deleted file comes back, too");
    assert!(matches!(
        attachment_history(&reading(&world), &page("Home"), &name("never.txt"), 9),
        Err(WikiError::NoSuchAttachment { .. })
    ));
}

#[test]
fn a_small_picture_is_made_once_and_kept() {
    let world = World::new();
    put(&world, &[("large.png", &png(600, 300)), ("small.png", &png(20, 10)), ("no.png", b"GIF89a")], None);
    let size = ThumbnailSize::LISTED;
    let home = page("Home");
    let kept = |file: &str| kept_thumbnail(&world.wikis, &reading(&world), (&home, &name(file)), None, size).unwrap();
    let make = |file: &str| make_thumbnail(&world.wikis, &reading(&world), (&home, &name(file)), None, size);
    assert!(kept("large.png").is_none());
    let Small::Thumbnail(made) = make("large.png").unwrap() else { panic!("not made smaller") };
    assert_eq!(kept("large.png").unwrap().bytes, made.bytes);
    assert_eq!(image::load_from_memory(&made.bytes).unwrap().width(), 128);
    assert!(matches!(make("small.png").unwrap(), Small::Original(file) if file.name == "small.png"));
    assert!(matches!(make("no.png"), Err(WikiError::NoThumbnail { .. })));
    assert!(matches!(make("gone.png"), Err(WikiError::NoSuchAttachment { .. })));

    // Derived: without the directory it is made again; with other bytes under the name, too.
    std::fs::remove_dir_all(world.dir.path().join("wikis/docs/index/thumbnails")).unwrap();
    assert!(kept("large.png").is_none());
    assert!(matches!(make("large.png").unwrap(), Small::Thumbnail(again) if again.bytes == made.bytes));
    put(&world, &[("large.png", &png(300, 600))], None);
    assert!(kept("large.png").is_none());
}

#[test]
fn what_is_too_large_is_refused_before_anything_is_stored() {
    let world = World::new();
    let limit = usize::try_from(world.wikis.limits().attachment_bytes).unwrap();
    let refused = stage(&world.wikis, &uploading(&world), name("x.bin"), &vec![0; limit + 1]);
    assert!(matches!(refused, Err(WikiError::AttachmentTooLarge { .. })));
}
