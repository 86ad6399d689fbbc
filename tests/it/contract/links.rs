//! Links and the changelog.

use serde_json::{Value, json};

use super::world::{Wiki, text, texts};
use crate::support::Request;

fn linked() -> Wiki {
    Wiki::with(&[
        ("Actors/Iran", "See [[Trends/Strategy]] and [[Places/Hormuz]].\n"),
        ("Trends/Strategy", "Back to [[Actors/Iran]].\n"),
    ])
}

fn links(wiki: &Wiki, path: &str) -> Value {
    wiki.get(&format!("/links/{path}")).expect(200)
}

#[test]
fn outgoing_links_are_shown_as_they_are_stored() {
    let answer = links(&linked(), "Actors/Iran");
    assert_eq!(answer["path"], "Actors/Iran");
    let mut outgoing = texts(&answer["links_to"], None);
    outgoing.sort();
    assert_eq!(outgoing, ["Places/Hormuz", "Trends/Strategy"]);
}

#[test]
fn incoming_links_are_shown() {
    assert_eq!(texts(&links(&linked(), "Trends/Strategy")["linked_from"], None), ["Actors/Iran"]);
}

#[test]
fn the_graph_has_nodes_and_edges() {
    let answer = linked().get("/links").expect(200);
    let nodes = texts(&answer["nodes"], None);
    for node in ["Actors/Iran", "Trends/Strategy", "Places/Hormuz"] {
        assert!(nodes.iter().any(|n| n == node), "{node} in {nodes:?}");
    }
    let edges = answer["edges"].as_array().unwrap();
    assert!(edges.len() >= 2);
    assert!(edges.contains(&json!({ "source": "Trends/Strategy", "target": "Actors/Iran" })), "{edges:?}");
}

#[test]
fn a_page_carries_its_links() {
    let page = linked().page("Actors/Iran").expect(200);
    assert_eq!(texts(&page["links_to"], None), ["Places/Hormuz", "Trends/Strategy"]);
    assert_eq!(texts(&page["linked_from"], None), ["Trends/Strategy"]);
}

#[test]
fn links_follow_an_update() {
    let wiki = Wiki::new();
    let revision = wiki.revision_of_new("Page", "[[OldTarget]]\n");
    wiki.update("Page", "[[NewTarget]]\n", &revision);
    // The predecessor's default showed `Newtarget`.
    assert_eq!(texts(&links(&wiki, "Page")["links_to"], None), ["NewTarget"]);
}

#[test]
fn a_deleted_page_links_to_nothing() {
    let wiki = linked();
    wiki.send(Request::new("DELETE", "/api/v1/pages/Actors/Iran")).expect(200);
    assert_eq!(links(&wiki, "Actors/Iran")["links_to"], json!([]));
    assert_eq!(links(&wiki, "Trends/Strategy")["linked_from"], json!([]));
}

#[test]
fn the_changelog_describes_commits() {
    let answer = linked().get("/changelog").expect(200);
    let entries = answer["entries"].as_array().unwrap();
    assert!(answer["total"].as_u64().unwrap() >= 2);
    for field in ["revision", "date", "author", "message"] {
        assert!(!text(&entries[0][field]).is_empty(), "{field}");
    }
    assert_eq!(texts(&entries[0]["pages_affected"], None), ["Trends/Strategy"]);
    assert_eq!(texts(&entries[1]["pages_affected"], None), ["Actors/Iran"]);
}

#[test]
fn the_changelog_is_limited() {
    let answer = linked().get("/changelog?limit=2").expect(200);
    assert_eq!(answer["entries"].as_array().unwrap().len(), 2);
}
