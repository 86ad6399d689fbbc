//! Pages of files, export and import.

use super::super::*;
use super::{change, link, page_frame, visitor, wiki_frame};

fn draw(view: &impl Template) -> String {
    view.render().unwrap()
}

fn file(name: &str, thumbnail: Option<&str>) -> FileRow {
    FileRow {
        name: name.to_owned(),
        kind: "PDF".to_owned(),
        href: format!("/Guides/{name}"),
        thumbnail: thumbnail.map(str::to_owned),
        about_href: format!("/Guides/attachments?file={name}"),
        markdown: format!("[{name}](./{name})"),
        size: "84 KB".to_owned(),
        changed: Some(change(1_795_189_680, "Ada Lindqvist")),
        message: "A <better> one".to_owned(),
    }
}

fn fates(rows: usize) -> FatesView {
    let row = |number| FateRow {
        from: format!("Notes/Note {number}.md"),
        to: format!("Notes/Note_{number}"),
        href: Some(format!("/Notes/Note_{number}")),
        fate: "new",
    };
    let counts = if rows == 0 { Vec::new() } else { vec![(rows, "new"), (2, "overwritten")] };
    FatesView { counts, rows: (0..rows).map(row).collect(), more: 3 }
}

fn job(done: bool) -> ImportStage {
    ImportStage::Report(Box::new(ImportJob {
        file: "vault.zip".to_owned(),
        kind: "an Obsidian vault",
        done,
        commit_href: done.then(|| "/-/commit/4f6c0b1d2e".to_owned()),
        overwrites: true,
        something: true,
        pages: fates(12),
        files: fates(0),
        refused: vec![("../<evil>.md".to_owned(), "Its path leads upwards.".to_owned())],
        more_refused: 0,
        ignored: 4,
        broken: vec![("Notes/Note_1".to_owned(), "Nowhere".to_owned())],
        more_broken: 7,
        notes: vec!["3 sizes of pictures were left out.".to_owned()],
        size: "1.2 MB".to_owned(),
    }))
}

pub(super) fn pages() -> Vec<(&'static str, String)> {
    let files = vec![file("plan.pdf", None), file("otter.png", Some("/Guides/otter.png?thumbnail=128"))];
    let version = |current: bool, href: Option<&str>| FileVersion {
        revision: "4f6c0b1d2e9a8c7f6b5a4d3c2b1a0f9e8d7c6b5a".to_owned(),
        href: href.map(str::to_owned),
        thumbnail: href.map(|href| format!("{href}&thumbnail=128")),
        size: "84 KB".to_owned(),
        change: change(1_795_189_680, "Ada Lindqvist"),
        message: "A better one".to_owned(),
        former_name: (!current).then(|| "Guides/old.png".to_owned()),
        current,
    };
    let about = |frame, present: bool| FileView {
        frame,
        file: present.then(|| file("otter.png", Some("/Guides/otter.png?thumbnail=128"))),
        name: "otter.png",
        picture: present.then_some("/Guides/otter.png?thumbnail=1024"),
        limit: "10 MB",
        versions: vec![version(present, Some("/Guides/otter.png?revision=4f")), version(false, None)],
        more: true,
        may_upload: true,
        may_write: true,
    };
    let import = |stage| draw(&ImportView { frame: wiki_frame("Import"), job: 7, stage });
    vec![
        ("files", draw(&PageFiles { frame: page_frame("Files"), files, limit: "10 MB", most: 20, may_upload: true })),
        (
            "files-none",
            draw(&PageFiles {
                frame: visitor(page_frame("Files")),
                files: Vec::new(),
                limit: "10 MB",
                most: 20,
                may_upload: false,
            }),
        ),
        ("file", draw(&about(page_frame("otter.png"), true))),
        ("file-deleted", draw(&about(page_frame("otter.png"), false))),
        (
            "export",
            draw(&ExportView {
                frame: wiki_frame("Export"),
                slug: "docs",
                pages: 120,
                files: 30,
                size: "4.2 MB",
                may_administer: true,
            }),
        ),
        (
            "import",
            draw(&ImportForm {
                frame: wiki_frame("Import"),
                limit: "100 MB",
                jobs: vec![link("vault.zip: ready to import", "/-/settings/import/7")],
            }),
        ),
        ("import-working", import(ImportStage::Working("120 of 400 files.".to_owned()))),
        ("import-failed", import(ImportStage::Failed("It is no zip file.".to_owned()))),
        ("import-report", import(job(false))),
        ("import-done", import(job(true))),
    ]
}
