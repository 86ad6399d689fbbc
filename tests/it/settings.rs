//! An owner changes everything about a wiki in a browser, with scripts and without.

use serde_json::json;

use crate::support::{DataDir, Node, Request};

const OWNER: &str = "Olga Owner";
const OTHER: &str = "Otto Other";

#[test]
fn an_owner_changes_a_wiki_with_scripts() {
    goes_through(true);
}

#[test]
fn an_owner_changes_a_wiki_without_scripts() {
    goes_through(false);
}

fn goes_through(scripts: bool) {
    let node = Node::find();
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let (owner, link) = dir.person(OWNER);
    dir.person(OTHER);
    dir.cli_ok(&["wiki", "grant", "docs", &owner, "owner"]);
    let token = dir.token("docs", "Seed", "write");
    for (page, content) in [
        ("Boats", "the boats"),
        ("Ships", "the ships"),
        ("Reader", "# Reader\n\nsee [[Boats|Ships]]\n"),
        ("Nothing_here", ""),
    ] {
        let body = json!({"content": content});
        server
            .wiki("docs", &Request::new("PUT", format!("/api/v1/pages/{page}")).bearer(&token).json(&body))
            .expect(201);
    }
    node.script(
        "settings.mjs",
        &json!({
            "chromium": std::env::var("ROBOTWIKI_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()),
            "root": format!("http://{}", server.dir().domain()),
            "wiki": format!("http://{}", server.dir().host("docs")),
            "slug": "docs",
            "signInLink": link,
            "person": OWNER,
            "other": OTHER,
            "scripts": scripts,
            "shots": if scripts { std::env::var("ROBOTWIKI_SHOTS").unwrap_or_default() } else { String::new() },
        }),
    );
    assert!(dir.cli_list(&["wiki", "list"]).is_empty());
    server.stop();
}
