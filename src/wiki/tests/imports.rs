//! Imports from archives and folders as other programs make them.

use std::io::Write as _;
use std::path::PathBuf;

use zip::write::SimpleFileOptions;

use super::*;

const PNG: &[u8] = b"\x89PNG not really";

/// A zip file of these files, in the world's own directory.
fn zipped(world: &World, files: &[(&str, &[u8])]) -> PathBuf {
    let path = world.dir.path().join("import.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
    path
}

fn options(kind: ImportKind, on_conflict: OnConflict, dry_run: bool) -> ImportOptions {
    ImportOptions { kind, on_conflict, dry_run }
}

fn run(world: &World, path: &std::path::Path, options: ImportOptions) -> Result<ImportReport, WikiError> {
    let access: Access<Admin> = world.wikis.authorize(&ada(), &slug()).unwrap();
    import(&world.wikis, &access, (path, "import.zip"), options, &mut |_| true)
}

fn imported(world: &World, files: &[(&str, &[u8])], kind: ImportKind) -> ImportReport {
    let path = zipped(world, files);
    let wanted = run(world, &path, options(kind, OnConflict::Skip, true)).unwrap();
    let before = tip(&world.writing().reading()).unwrap();
    let done = run(world, &path, options(kind, OnConflict::Skip, false)).unwrap();
    assert_eq!((wanted.pages.rows, wanted.files.rows), (done.pages.rows.clone(), done.files.rows.clone()));
    assert_ne!(tip(&world.writing().reading()).unwrap(), before);
    done
}

fn bytes(world: &World, page_path: &str, name: &str) -> Option<Vec<u8>> {
    let name = AttachmentName::parse(name).unwrap();
    attachment(&world.writing().reading(), &page(page_path), &name, None).ok().map(|file| file.bytes)
}

#[test]
fn a_vault_becomes_a_wiki() {
    let world = World::new();
    let note = "---\naliases: [The other]\ntags: [a]\n---\n# Note\n\n> [!info] Look\n> here\n\n\
        ![[pasted image.png|300]] and ![[pasted image.png|A sunset]] #tag\n\
        [[Deep note]] [[Deep note|deep]] [[Deep note#Part two|part]] [[Deep note#^abc]] [[missing note|gone]]\n\
        ![[Deep note]] `[[Deep note]]` [md](Folder/Deep%20note.md) ![r][pic] [[#Note|up]]\n\n\
        | a |\n|---|\n| [[Deep note\\|cell]] |\n\n[pic]: assets/other.png\n";
    let report = imported(
        &world,
        &[
            ("vault/.obsidian/app.json", b"{}"),
            ("vault/Note.md", note.as_bytes()),
            ("vault/Folder/Deep note.md", b"[[The Other]] [[note]] ![x](../assets/other.png)\n"),
            ("vault/assets/pasted image.png", PNG),
            ("vault/assets/other.png", b"other"),
            ("vault/assets/unused.pdf", b"%PDF"),
        ],
        ImportKind::Auto,
    );
    assert_eq!(report.kind, ImportKind::Obsidian);
    assert_eq!((report.pages.new, report.files.new, report.ignored, report.refused.len()), (3, 3, 1, 0));
    let text = world.read("Note");
    for expected in [
        "> [!NOTE] Look\n",
        "![pasted image.png](./pasted%20image.png) and ![A sunset](./pasted%20image.png) #tag\n",
        "[[Deep note|Folder/Deep_note]] [[deep|Folder/Deep_note]] [[part|Folder/Deep_note#Part two]]",
        "[[gone|missing note]]",
        "`[[Deep note]]` [md](Folder/Deep%20note.md) ![r][pic] [[up|#Note]]",
        "| [[cell\\|Folder/Deep_note]] |",
        "[pic]: /Folder/Deep_note/other.png",
        "aliases: [The other]",
    ] {
        assert!(text.contains(expected), "{expected}\n\n{text}");
    }
    assert!(!text.contains("![["), "{text}");
    let deep = world.read("Folder/Deep_note");
    assert!(deep.starts_with("[[The Other|Note]] [[note]] ![x](./other.png)"), "{deep}");
    assert_eq!(bytes(&world, "Note", "pasted image.png").as_deref(), Some(PNG));
    assert_eq!(bytes(&world, "Imported_files", "unused.pdf").as_deref(), Some(&b"%PDF"[..]));
    assert!(world.read("Imported_files").contains("[assets/unused.pdf](./unused%2Epdf)"));
    let broken: Vec<(&str, &str)> =
        report.broken.iter().map(|broken| (broken.page.as_str(), broken.target.as_str())).collect();
    assert_eq!(broken, [("Note", "missing note")]);
    assert_eq!(report.notes.len(), 4, "{:?}", report.notes);
}

#[test]
fn an_otterwiki_keeps_its_layout_and_both_addresses_of_its_files() {
    let world = World::new();
    let report = imported(
        &world,
        &[
            ("home.md", b"[[Label|Some Page]] ![p](/Some%20Page/a/x.png) ![q](</Some Page/x.png>) [[Label|Nowhere]]\n"),
            ("some page.md", b"![x](./x.png?thumbnail=400) [h](/Home) [[Home]]\n"),
            ("some page/x.png", PNG),
        ],
        ImportKind::Auto,
    );
    assert_eq!(report.kind, ImportKind::Otterwiki);
    // Home is taken by the page that the wiki began with, and stays.
    assert_eq!((report.pages.new, report.pages.skipped, report.files.new), (1, 1, 1));
    assert_eq!(world.read("some_page"), "![x](./x.png?thumbnail=400) [h](/Home) [[Home]]\n");
    assert_eq!(bytes(&world, "some_page", "x.png").as_deref(), Some(PNG));
    let path = world.dir.path().join("import.zip");
    let again = run(&world, &path, options(ImportKind::Auto, OnConflict::Overwrite, false)).unwrap();
    assert_eq!((again.pages.overwritten, again.pages.unchanged, again.files.unchanged), (1, 1, 1));
    let home = world.read("Home");
    assert!(
        home.contains("[[Label|Some Page]]") && home.contains("](/some_page/x.png) ![q](</Some Page/x.png>)"),
        "{home}"
    );
    let unchanged = run(&world, &path, options(ImportKind::Auto, OnConflict::Overwrite, false)).unwrap();
    assert_eq!((unchanged.revision, unchanged.changes()), (None, 0));
}

#[test]
fn links_of_markdown_files_lead_from_file_to_file() {
    let world = World::new();
    imported(
        &world,
        &[
            (
                "docs/guide/start.md",
                b"[next](next.md#part) [up](../about.md) ![i](../img/i.png) [[about|The page]] [d](./)\n",
            ),
            ("docs/guide/next.md", b"[s](start.md) [e](edit.md)\n"),
            ("docs/guide/edit.md", b"x\n"),
            ("docs/about.md", b"![i](img/i.png) [x](https://example.org/a.md)\n"),
            ("docs/img/i.png", PNG),
        ],
        ImportKind::Auto,
    );
    // The order of its wikilinks is seen from what they find.
    let start = world.read("guide/start");
    assert!(
        start.starts_with("[next](next.md#part) [up](../about.md) ![i](/about/i.png) [[The page|about]]"),
        "{start}"
    );
    assert_eq!(world.read("guide/next"), "[s](start.md) [e](/guide/edit_)\n");
    assert_eq!(world.read("about"), "![i](./i.png) [x](https://example.org/a.md)\n");
}

#[test]
fn what_is_there_is_kept_or_both_or_replaced_as_was_asked_for() {
    let world = World::new();
    let saved = world.write("Plan", "mine\n", None).unwrap();
    let path = zipped(&world, &[("Plan.md", b"theirs\n"), ("Other.md", b"[[plan]] [[Plan]]\n")]);
    let with = |on_conflict| run(&world, &path, options(ImportKind::Markdown, on_conflict, false)).unwrap();
    assert_eq!(with(OnConflict::Skip).pages.skipped, 1);
    assert_eq!(world.read("Plan"), "mine\n");
    let renamed = with(OnConflict::Rename);
    assert!(renamed.pages.rows.iter().any(|row| row.to == "Plan_2.md" && row.fate == Fate::Renamed), "{renamed:?}");
    assert_eq!((world.read("Plan"), world.read("Plan_2")), ("mine\n".to_owned(), "theirs\n".to_owned()));
    let overwritten = with(OnConflict::Overwrite).pages;
    assert_eq!((overwritten.overwritten, overwritten.unchanged), (1, 1));
    assert_eq!(world.read("Plan"), "theirs\n");
    let old = read(&world.writing().reading(), &page("Plan"), Some(&saved.revision.into())).unwrap();
    assert_eq!(old.content, "mine\n");
}

#[test]
fn hostile_archives_are_refused_file_by_file_or_as_a_whole() {
    let world = World::new();
    let path = world.dir.path().join("import.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let plain = SimpleFileOptions::default();
    for name in ["../../etc/evil.md", "/abs.md", "C:\\x.md", "Good.md", "nul\u{0}.md", "Binary.md"] {
        zip.start_file(name, plain).unwrap();
        zip.write_all(if name == "Binary.md" { b"\xff\xfe" } else { b"text\n" }).unwrap();
    }
    zip.add_symlink("Link.md", "/etc/passwd", plain).unwrap();
    // A thousand times as large as it is packed.
    zip.start_file("Bomb.md", plain).unwrap();
    let zeros = vec![b'a'; 1 << 20];
    (0..20).for_each(|_| zip.write_all(&zeros).unwrap());
    zip.start_file("Good/bomb.bin", plain).unwrap();
    (0..40).for_each(|_| zip.write_all(&zeros).unwrap());
    zip.finish().unwrap();
    let report = run(&world, &path, options(ImportKind::Markdown, OnConflict::Skip, false)).unwrap();
    assert_eq!((report.pages.new, report.files.new), (1, 0), "{report:?}");
    assert_eq!(report.refused.len(), 8, "{:#?}", report.refused);
    assert_eq!(world.read("Good"), "text\n");

    for (content, reason) in [(&b"no zip at all"[..], "no zip file"), (b"# v2 git bundle\n", "git bundle")] {
        std::fs::write(&path, content).unwrap();
        let refused = run(&world, &path, options(ImportKind::Auto, OnConflict::Skip, false)).unwrap_err();
        assert!(matches!(&refused, WikiError::Import(text) if text.contains(reason)), "{refused}");
    }
}

#[test]
fn an_import_keeps_to_the_limits_of_the_wiki_and_stops_when_told() {
    let world = World::new();
    let most = world.wikis.limits().pages_per_wiki;
    let names: Vec<String> = (0..=most).map(|number| format!("Page_{number}.md")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let path = zipped(&world, &files);
    let before = tip(&world.writing().reading()).unwrap();
    let refused = run(&world, &path, options(ImportKind::Auto, OnConflict::Skip, false)).unwrap_err();
    assert!(matches!(refused, WikiError::LimitReached { what: "pages", .. }), "{refused}");
    let access: Access<Admin> = world.wikis.authorize(&ada(), &slug()).unwrap();
    let wanted = options(ImportKind::Auto, OnConflict::Skip, false);
    let stopped = import(&world.wikis, &access, (&path, "x"), wanted, &mut |_| false).unwrap_err();
    assert!(matches!(&stopped, WikiError::Import(text) if text.contains("stopped")), "{stopped}");
    assert_eq!(tip(&world.writing().reading()).unwrap(), before);
}

#[test]
fn a_folder_is_imported_without_its_links_and_an_export_comes_back_whole() {
    let world = World::new();
    let dir = world.dir.path().join("notes");
    std::fs::create_dir_all(dir.join("sub/.hidden")).unwrap();
    std::fs::write(dir.join("sub/One two.md"), "[[three]]\n").unwrap();
    std::fs::write(dir.join("three.md"), "x\n").unwrap();
    std::os::unix::fs::symlink("/etc/hostname", dir.join("leak.md")).unwrap();
    let report = run(&world, &dir, options(ImportKind::Auto, OnConflict::Skip, false)).unwrap();
    assert_eq!((report.pages.new, report.refused.len(), report.ignored), (2, 1, 1));
    assert_eq!(world.read("sub/One_two"), "[[three]]\n");

    let mut bytes = Vec::new();
    export(&world.writing().reading(), ExportFormat::Zip, &mut bytes, &mut |_| {}).unwrap();
    let path = world.dir.path().join("export.zip");
    std::fs::write(&path, bytes).unwrap();
    let back = run(&world, &path, options(ImportKind::Auto, OnConflict::Overwrite, false)).unwrap();
    assert_eq!((back.kind, back.changes(), back.refused.len()), (ImportKind::Robotwiki, 0, 0), "{back:?}");
}
