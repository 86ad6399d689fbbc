//! Every kind of page in a real browser: axe finds nothing, at two widths, light and dark. With `ROBOTWIKI_SCREENSHOTS`
//! set to a directory, pictures of all of them are there afterwards (`make screenshots`).

use std::time::Duration;

use serde_json::json;

use crate::support::{DataDir, Node};

#[test]
fn every_kind_of_page_is_accessible_and_fits_its_screen() {
    let node = Node::find();
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Field notes", "--public"]);
    dir.cli_ok(&["wiki", "create", "secret", "--name", "Board of the society"]);
    let (owner, owner_link) = dir.person("Ada Lovelace");
    let (_, other_link) = dir.person("Otto Other");
    let (_, other_link2) = dir.person("Grace Hopper");
    let (_, fresh_link) = dir.person("Barbara Liskov");
    for wiki in ["docs", "secret"] {
        dir.cli_ok(&["wiki", "grant", wiki, &owner, "owner"]);
    }
    let input = json!({
        "chromium": std::env::var("ROBOTWIKI_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()),
        "root": format!("http://{}", dir.domain()),
        "wiki": format!("http://{}", dir.host("docs")),
        "secret": format!("http://{}", dir.host("secret")),
        "token": dir.token("docs", "Research agent", "write"),
        "ownerLink": owner_link,
        "otherLink": other_link,
        "otherLink2": other_link2,
        "freshLink": fresh_link,
        "out": std::env::var("ROBOTWIKI_SCREENSHOTS").ok(),
    });
    node.script_within("kinds_run.mjs", &input, Duration::from_secs(900));
    server.stop();
}
