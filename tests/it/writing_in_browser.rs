//! Writing pages in a real browser, with scripts and without: `tests/e2e/writing.mjs`.

use serde_json::json;

use crate::support::{DataDir, Node};

/// How often the person signs in.
const LINKS: usize = 6;

#[test]
fn what_people_write_is_kept_whatever_happens() {
    let node = Node::find();
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
    let link = || {
        let printed = dir.cli_ok(&["setup"]);
        printed.split_whitespace().find(|word| word.contains("/auth/link?token=")).unwrap().to_owned()
    };
    let links: Vec<String> = (0..LINKS).map(|_| link()).collect();
    node.script(
        "writing.mjs",
        &json!({
            "chromium": std::env::var("ROBOTWIKI_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()),
            "root": format!("http://{}", dir.domain()),
            "wiki": format!("http://{}", dir.host("docs")),
            "token": dir.token("docs", "Elsewhere", "write"),
            "links": links,
            "pictures": std::env::var("ROBOTWIKI_PICTURES").ok(),
        }),
    );
    server.stop();
}
