//! Exports, read back.

use std::collections::BTreeMap;
use std::io::Read as _;

use super::*;

fn exported(world: &World, format: ExportFormat) -> Vec<u8> {
    let access: Access<Read> = world.wikis.authorize(&ada(), &slug()).unwrap();
    let mut bytes = Vec::new();
    export(&access, format, &mut bytes, &mut |_| {}).unwrap();
    bytes
}

fn unzipped(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        files.insert(file.name().unwrap().into_owned(), content);
    }
    files
}

fn a_wiki() -> World {
    let world = World::new();
    let revision = read(&world.writing().reading(), &page("Home"), None).unwrap().last.unwrap().revision;
    world.write("Home", "# Welcome\n\n[[Guides/First steps]] [[Nowhere]] <b>raw</b>\n", Some(revision)).unwrap();
    world
        .write(
            "Guides/First_steps",
            "---\ntitle: First & last\n---\n![p](./a%20b.png) [h](/Home#welcome) [w](/What%3F)\n",
            None,
        )
        .unwrap();
    world.write("What?", "[up](https://example.org/?a=1&b=2) [[guides/first_steps]]\n", None).unwrap();
    let attached = AttachmentPath { page: page("Guides/First_steps"), name: AttachmentName::parse("a b.png").unwrap() };
    world.commit(Change::Put { path: attached.file(), bytes: b"png".to_vec() });
    world
}

#[test]
fn a_zip_holds_the_files_as_they_are_under_names_that_every_system_takes() {
    let world = a_wiki();
    let bytes = exported(&world, ExportFormat::Zip);
    assert_eq!(bytes, exported(&world, ExportFormat::Zip), "the same commit, the same bytes");
    let files = unzipped(&bytes);
    assert_eq!(files["Guides/First_steps/a b.png"], b"png");
    assert!(files["Home.md"].starts_with(b"# Welcome"));
    assert!(files.contains_key("What_.md") && !files.contains_key("What?.md"), "{:?}", files.keys());
}

#[test]
fn a_site_needs_no_server() {
    let world = a_wiki();
    let files = unzipped(&exported(&world, ExportFormat::Site));
    let text = |path: &str| String::from_utf8(files[path].clone()).unwrap();
    let index = text("index.html");
    assert!(index.contains("href=\"Guides/First_steps.html\""), "{index}");
    assert!(index.contains("<a class=\"missing\">Nowhere</a>"), "{index}");
    let steps = text("Guides/First_steps.html");
    assert!(steps.contains("<title>First &amp; last · Docs</title>"), "{steps}");
    assert!(steps.contains("src=\"First_steps/a%20b.png\""), "{steps}");
    assert!(steps.contains("href=\"../Home.html#welcome\"") && steps.contains("href=\"../What_.html\""), "{steps}");
    assert!(
        steps.contains("href=\"../_site/style.css\"") && steps.contains("<span class=\"file-name\">a b.png</span>")
    );
    assert!(text("What_.html").contains("href=\"https://example.org/?a=1&amp;b=2\""));
    assert!(text("_site/pages.html").contains("href=\"../What_.html\">What?</a>"));
    for (path, content) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        let html = String::from_utf8_lossy(content);
        assert!(!html.contains("<script") && !html.contains("href=\"/") && !html.contains("src=\"/"), "{path}: {html}");
    }
}

#[test]
fn a_bundle_of_a_wiki_begins_as_git_expects() {
    let bytes = exported(&a_wiki(), ExportFormat::Bundle);
    assert!(bytes.starts_with(b"# v2 git bundle\n"));
}

#[test]
fn only_readers_export() {
    let world = World::new();
    let refused: Result<Access<Read>, WikiError> = world.wikis.authorize(&Principal::Nobody, &slug());
    assert!(matches!(refused, Err(WikiError::Access(AccessError::SignInNeeded(_)))));
}
