//! What pages embed, in a browser: diagrams, tables of data, boxes and lists.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use crate::support::{DataDir, Node, Request, encode_path};

const PAGES: &[(&str, &str)] = &[
    ("Diagrams", include_str!("embeds/Diagrams.md")),
    ("Hostile", include_str!("embeds/Hostile.md")),
    ("Embeds", include_str!("embeds/Embeds.md")),
    ("Embeds/Shared", include_str!("embeds/Shared.md")),
    ("Embeds/Folder/Deep", "# Deep\n\n## One\n\n## Two\n"),
];

/// A picture of one grey point.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGOoBwAAgQCBuIxW7AAAAABJRU5ErkJggg==";

/// Names, numbers and what a browser must not take for markup; one has a harbour.
fn towns() -> String {
    let note = |n: usize| if n == 7 { "harbour" } else { ["north", "south", "east"][n % 3] };
    let rows = (1..=60).map(|n| format!("Town {n};{};<b>{}</b>\n", n * 37 % 61, note(n)));
    format!("Name;People;Note\n{}", rows.collect::<String>())
}

#[test]
fn what_pages_embed_works_in_a_browser_and_can_do_no_harm() {
    let node = Node::find();
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let (person, link) = dir.person("Edda Editor");
    dir.cli_ok(&["wiki", "grant", "docs", &person, "editor"]);
    let token = dir.token("docs", "Writer", "write");
    for (path, text) in PAGES {
        let put = Request::new("PUT", format!("/api/v1/pages/{}", encode_path(path))).bearer(&token);
        server.wiki("docs", &put.json(&json!({"content": text}))).expect(201);
    }
    let files =
        [("map.png", PICTURE.to_owned()), ("clip.mp4", BASE64.encode("none")), ("towns.csv", BASE64.encode(towns()))];
    for (name, content) in files {
        let post = Request::new("POST", "/api/v1/pages/Embeds/attachments").bearer(&token);
        server.wiki("docs", &post.json(&json!({"filename": name, "content": content}))).expect(201);
    }
    node.script(
        "embeds.mjs",
        &json!({
            "chromium": std::env::var("ROBOTWIKI_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()),
            "root": format!("http://{}", dir.domain()),
            "wiki": format!("http://{}", dir.host("docs")),
            "signInLink": link,
            "person": "Edda Editor",
            "pictures": std::env::var("ROBOTWIKI_PICTURES").ok(),
        }),
    );
    server.stop();
}
