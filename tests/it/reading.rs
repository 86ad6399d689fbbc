//! Reading in a browser, with scripts and without: the tree beside the text, search as one types, the index, shortcuts.

use serde_json::json;

use crate::support::{DataDir, Node, Request, encode_path};

const EDITOR: &str = "Edda Editor";
/// Enough that the index of the wiki does not list them all.
const WEEKS: usize = 450;

#[test]
fn a_person_finds_their_way_with_scripts_and_without() {
    let node = Node::find();
    let dir = DataDir::new();
    let server = dir.start();
    dir.cli_ok(&["wiki", "create", "docs", "--name", "Field Notes", "--public"]);
    let (editor, link) = dir.person(EDITOR);
    dir.cli_ok(&["wiki", "grant", "docs", &editor, "editor"]);
    let token = dir.token("docs", "Research agent", "write");
    let put = |path: &str, content: String| json!({"op": "put", "path": path, "content": content});
    let text = |name: &str| format!("# {name}\n\n## What it is\n\nSomething about {name}.\n\n## More\n\nAnd more.\n");
    let mut changes = vec![
        put("Guides/First_Steps", text("First Steps")),
        put("Guides/Drying/Presses", text("Presses")),
        put("Herbarium", "# Herbarium\n\nA saxifrage from the northern shore.\n".to_owned()),
        put("Trips/Lofoten", text("Lofoten")),
        put("Trips/Senja", text("Senja")),
    ];
    changes.extend((1..=WEEKS).map(|n| put(&format!("Reports/Week_{n:03}"), text(&format!("Week {n}")))));
    for part in changes.chunks(100) {
        let body = json!({"message": "Start", "changes": part});
        let request = Request::new("POST", "/api/v1/commit").bearer(&token).json(&body);
        let answer = server.wiki("docs", &request);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let found = server.wiki("docs", &Request::get(format!("/api/v1/pages/{}", encode_path("Trips/Senja"))));
    assert_eq!(found.status, 200);
    node.script(
        "reading.mjs",
        &json!({
            "chromium": std::env::var("ROBOTWIKI_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()),
            "wiki": format!("http://{}", dir.host("docs")),
            "signInLink": link,
            "person": EDITOR,
            "weeks": WEEKS,
        }),
    );
    server.stop();
}
