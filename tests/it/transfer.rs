//! Files of pages, exports and imports, by command, over HTTP and in a browser.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use crate::support::{DataDir, Form, Node, Request, Visitor, git_ok};

fn zipped(path: &Path, files: &[(&str, &[u8])]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
}

fn names_in(path: &Path) -> Vec<String> {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    (0..zip.len()).map(|at| zip.by_index(at).unwrap().name().unwrap().into_owned()).collect()
}

fn picture(blue: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let colour = |x, y| image::Rgb([(x % 256) as u8, (y % 256) as u8, blue]);
    let picture = image::RgbImage::from_fn(900, 600, colour);
    picture.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}

/// A vault as Obsidian's users zip it.
fn vault(dir: &DataDir) -> PathBuf {
    let path = dir.beside("vault.zip");
    zipped(
        &path,
        &[
            ("vault/.obsidian/app.json", b"{}"),
            (
                "vault/Start here.md",
                b"# Start\n\n![[otter.png]]\n\nOn to [[Second note|the next]].\n\n> [!tip] Water\n> Drink it.\n",
            ),
            ("vault/Notes/Second note.md", b"Back to [[Start here]]. [[Nowhere]]\n"),
            ("vault/files/otter.png", &picture(9)),
            ("../evil.md", b"no\n"),
        ],
    );
    path
}

#[test]
fn commands_import_and_export_while_the_server_runs_and_while_it_does_not() {
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let repository = dir.repository("docs");
    let vault = vault(&dir).display().to_string();
    let before = git_ok(&repository, &["rev-parse", "main"], b"");
    let report: Value = serde_json::from_str(&dir.cli_ok(&["import", "docs", &vault, "--dry-run", "--json"])).unwrap();
    assert_eq!(report["kind"], "obsidian");
    assert_eq!((&report["pages"]["new"], &report["files"]["new"]), (&json!(2), &json!(1)));
    assert_eq!(report["refused"][0]["reason"], "its path leads upwards");
    assert_eq!(report["broken"][0]["target"], "Nowhere");
    assert_eq!(git_ok(&repository, &["rev-parse", "main"], b""), before, "a trial changes nothing");
    let printed = dir.cli_ok(&["import", "docs", &vault]);
    assert!(printed.contains("new          page  Start_here.md  from Start here.md"), "{printed}");
    assert_eq!(git_ok(&repository, &["rev-list", "--count", "main"], b"").trim(), "2", "one commit");
    let text = git_ok(&repository, &["show", "main:Start_here.md"], b"");
    assert!(text.contains("![otter.png](./otter.png)") && text.contains("[[the next|Notes/Second_note]]"), "{text}");
    assert!(text.contains("> [!TIP] Water"), "{text}");

    let zip = dir.beside("docs.zip");
    dir.cli_ok(&["export", "docs", zip.to_str().unwrap()]);
    assert!(names_in(&zip).contains(&"Start_here/otter.png".to_owned()), "{:?}", names_in(&zip));
    server.stop();
    let site = dir.beside("site.zip");
    dir.cli_ok(&["export", "docs", site.to_str().unwrap(), "--format", "site"]);
    let names = names_in(&site);
    for wanted in ["index.html", "_site/style.css", "Start_here.html", "Notes/Second_note.html", "Start_here/otter.png"]
    {
        assert!(names.contains(&wanted.to_owned()), "{wanted} in {names:?}");
    }
    let bundle = dir.cli(&["export", "docs", "-", "--format", "bundle"]);
    assert!(bundle.status.success());
    let (file, clone) = (dir.beside("docs.bundle"), dir.beside("clone"));
    std::fs::write(&file, &bundle.stdout).unwrap();
    git_ok(&repository, &["bundle", "verify", "--quiet", file.to_str().unwrap()], b"");
    let status = Command::new("git").args(["clone", "--quiet"]).args([&file, &clone]).status().unwrap();
    assert!(status.success() && clone.join("Start_here/otter.png").is_file());

    let again = dir.cli(&["export", "docs", site.to_str().unwrap()]);
    assert!(!again.status.success(), "a file that exists is not overwritten");
    let nowhere = dir.cli(&["export", "nowhere", dir.beside("no.zip").to_str().unwrap()]);
    assert!(!nowhere.status.success() && !dir.beside("no.zip").exists(), "nothing is left of it");
    // A wiki of its own, with the history of the clone.
    let clone = clone.display().to_string();
    dir.cli_ok(&["import", "copy", &clone, "--create", "--name", "Copy"]);
    let copy = dir.repository("copy");
    assert_eq!(git_ok(&copy, &["show", "main:Start_here.md"], b""), text);
    assert_eq!(git_ok(&copy, &["rev-list", "--count", "main"], b"").trim(), "2", "nothing had to be moved");
    git_ok(&copy, &["fsck", "--strict", "--no-progress"], b"");
}

#[test]
fn an_otterwiki_moves_in_with_its_history() {
    let dir = DataDir::new();
    let source = dir.beside("otterwiki");
    std::fs::create_dir_all(source.join("my page")).unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(&source).args(["-c", "user.name=O", "-c", "user.email=o@example.invalid"]).args(arguments);
        assert!(git.status().unwrap().success(), "{arguments:?}");
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    std::fs::write(source.join("home.md"), "[[My Page]] ![x](/My Page/a/x.txt)\n").unwrap();
    std::fs::write(source.join("my page.md"), "first, and long enough to be known again\n").unwrap();
    std::fs::write(source.join("my page/x.txt"), "x").unwrap();
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "first"]);
    std::fs::write(source.join("my page.md"), "second, and long enough to be known again\n").unwrap();
    git(&["commit", "--quiet", "-am", "second"]);
    dir.cli_ok(&["import", "otter", source.to_str().unwrap(), "--create", "--name", "Otter", "--public"]);
    let repository = dir.repository("otter");
    let files = git_ok(&repository, &["ls-tree", "-r", "--name-only", "main"], b"");
    assert_eq!(files.lines().collect::<Vec<_>>(), ["home.md", "my_page.md", "my_page/x.txt"]);
    let log = git_ok(&repository, &["log", "--follow", "--format=%s", "main", "--", "my_page.md"], b"");
    assert_eq!(log.lines().skip(1).collect::<Vec<_>>(), ["second", "first"]);
    let server = dir.start();
    let page = server.wiki("otter", &Request::get("/"));
    assert!(page.text().contains("href=\"/my_page\""), "{}", page.text());
}

#[test]
fn small_pictures_are_cached_and_drawings_cannot_run() {
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let writer = dir.token("docs", "Agent", "write");
    let put = |name: &str, bytes: Vec<u8>| {
        let request = Request::new("PUT", format!("/api/v1/files/Home/{name}")).bearer(&writer);
        server.wiki("docs", &request.body("application/octet-stream", bytes)).expect(201)["revision"].clone()
    };
    let revision = put("otter.png", picture(9));
    put("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec());
    put("broken.png", picture(9)[..200].to_vec());
    let (person, link) = dir.person("Ada");
    dir.cli_ok(&["wiki", "grant", "docs", &person, "editor"]);
    let mut ada = Visitor::sign_in(&server, &link, "docs");
    let host = dir.host("docs");
    let mut get = |target: &str| ada.get(&server, &host, target);

    let address = format!("/Home/otter.png?thumbnail=300&revision={}", revision.as_str().unwrap());
    let small = get(&address);
    assert_eq!((small.status, small.header("content-type")), (200, Some("image/jpeg")));
    assert!(small.header("cache-control").unwrap().contains("immutable"));
    let tag = small.header("etag").unwrap().to_owned();
    let picture = image::load_from_memory(&small.body).unwrap();
    assert_eq!((picture.width(), picture.height()), (512, 341), "rounded up to a step");
    assert!(!get("/Home/otter.png?size=64").header("cache-control").unwrap().contains("immutable"));
    for (target, status) in [
        ("/Home/otter.png?thumbnail", 200),
        ("/Home/otter.png?thumbnail=0", 422),
        ("/Home/otter.png?size=many", 422),
        ("/Home/otter.png?thumbnail=999999", 200),
        ("/Home/broken.png?thumbnail", 422),
        ("/Home/drawing.svg?thumbnail", 200),
        ("/Home/nothing.png?thumbnail", 404),
        ("/Home?thumbnail", 200),
    ] {
        assert_eq!(get(target).status, status, "{target}");
    }
    let drawing = get("/Home/drawing.svg");
    assert_eq!(drawing.header("content-type"), Some("image/svg+xml"));
    let policy = drawing.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox") && !policy.contains("allow-scripts"));
    assert!(dir.path().join("wikis/docs/index/thumbnails").read_dir().unwrap().count() >= 2);
    let known = Request::get(&address).header("If-None-Match", tag);
    assert_eq!(ada.send(&server, &host, known).status, 304);
    assert_ne!(server.wiki("docs", &Request::get(&address)).status, 200, "not for strangers");
}

#[test]
fn more_than_the_limit_is_not_read() {
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let (person, link) = dir.person("Ada");
    dir.cli_ok(&["wiki", "grant", "docs", &person, "owner"]);
    let mut ada = Visitor::sign_in(&server, &link, "docs");
    let host = dir.host("docs");
    let csrf = |page: &str| Form::posts(page)[0].field("csrf").unwrap().to_owned();
    let token = csrf(&ada.get(&server, &host, "/Home/attachments").text());
    let multipart = |file: &[u8]| {
        let mut body =
            format!("--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--x\r\n").into_bytes();
        body.extend(b"Content-Disposition: form-data; name=\"file\"; filename=\"big.bin\"\r\n\r\n");
        body.extend(file);
        body.extend(b"\r\n--x--\r\n");
        Request::new("POST", "/Home/attachments")
            .header("Origin", format!("http://{host}"))
            .header("Accept", "application/json")
            .body("multipart/form-data; boundary=x", body)
    };
    let refused = ada.send(&server, &host, multipart(&vec![7; (10 << 20) + 1]));
    assert_eq!((refused.status, refused.json()["code"].as_str()), (422, Some("too_large")), "{}", refused.text());
    assert_eq!(ada.send(&server, &host, multipart(b"small")).status, 201);
}

#[test]
fn exports_are_for_readers_and_imports_for_owners() {
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let host = dir.host("docs");
    for target in ["/-/export", "/-/export/zip", "/-/export/bundle", "/-/export/site", "/-/settings/import"] {
        assert_eq!(server.wiki("docs", &Request::get(target)).status, 401, "{target}");
    }
    let (person, link) = dir.person("Vera");
    dir.cli_ok(&["wiki", "grant", "docs", &person, "viewer"]);
    let mut vera = Visitor::sign_in(&server, &link, "docs");
    let zip = vera.get(&server, &host, "/-/export/zip");
    assert_eq!((zip.status, zip.header("content-type")), (200, Some("application/zip")));
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip.body)).unwrap();
    let mut home = String::new();
    archive.by_name("Home.md").unwrap().read_to_string(&mut home).unwrap();
    assert!(home.starts_with("# Welcome"), "{home}");
    assert_eq!(vera.get(&server, &host, "/-/export/tar").status, 404);
    assert_eq!(vera.get(&server, &host, "/-/settings/import").status, 403);
}

#[test]
fn files_exports_and_imports_in_the_browser() {
    let node = Node::find();
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let (person, link) = dir.person("Ada");
    dir.cli_ok(&["wiki", "grant", "docs", &person, "owner"]);
    let pictures = ["one.png", "two.png"].map(|name| dir.beside(name));
    pictures.iter().zip([20, 200]).for_each(|(path, blue)| std::fs::write(path, picture(blue)).unwrap());
    let site = dir.beside("site");
    node.script(
        "files.mjs",
        &json!({
            "chromium": std::env::var("ROBOTWIKI_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()),
            "root": format!("http://{}", dir.domain()),
            "wiki": format!("http://{}", dir.host("docs")),
            "signInLink": link,
            "pictures": pictures,
            "vault": vault(&dir),
            "site": site,
            "screenshots": std::env::var("ROBOTWIKI_SCREENSHOTS").ok(),
        }),
    );
    let log = git_ok(&dir.repository("docs"), &["log", "--format=%s", "main"], b"");
    for message in ["Import 2 pages and 1 files from vault.zip", "Two pictures", "A better one"] {
        assert!(log.lines().any(|line| line == message), "{message} in {log}");
    }
    server.stop();
}
