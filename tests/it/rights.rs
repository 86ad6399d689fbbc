//! Every route as every principal, compared with one table: `rights/rights.txt`.

mod routes;
mod table;
mod world;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{DataDir, Request, Server};
use table::{Table, WHO, WIKIS};
use world::{SECRETS, World, class};

/// Who may not even know what a private wiki is called.
const STRANGERS: [&str; 4] = ["nobody", "other", "operator", "foreign"];

#[test]
fn every_route_does_for_every_principal_what_the_table_says() {
    let table = Table::read();
    let dir = DataDir::new();
    std::fs::write(dir.beside("robotwiki.toml"), "[limits]\nwikis_per_person = 0\ncollaborators = 0\n").unwrap();
    let server = dir.start();
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        let worlds = World::all(&server);
        let table = &table;
        let walk = |(world, name)| scope.spawn(move || walked(table, world, name));
        let walks: Vec<_> = worlds.into_iter().zip(WIKIS).map(walk).collect();
        wrong.extend(differences(table, &server, &dir.token("public", "lister", "write")));
        wrong.extend(walks.into_iter().flat_map(|walk| walk.join().unwrap()));
    });
    assert!(wrong.is_empty(), "{} differences from rights.txt:\n{}", wrong.len(), wrong.join("\n"));
    server.stop();
}

/// Sends every row as every principal; what differs from the table.
fn walked(table: &Table, mut world: World<'_>, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in &table.rows {
        let mut before = world.state(row);
        for (at, who) in WHO.into_iter().enumerate() {
            let answer = world.send(row, at);
            let (expected, answered) = (table.expected(row, name, at), class(row, &answer));
            let said = format!("{name}: {} as {who}", row.key());
            let text = answer.text();
            if answered != expected {
                wrong.push(format!("{said}: {answered} instead of {expected}\n    {text:.200}"));
            }
            let after = world.state(row);
            let must_change = row.changes && expected == "ok";
            if (after != before) != must_change {
                wrong.push(format!("{said}: {}", if must_change { "changed nothing" } else { "made a change" }));
            }
            if name == "private" && STRANGERS.contains(&who) && SECRETS.iter().any(|word| text.contains(word)) {
                wrong.push(format!("{said}: tells a stranger what is inside\n    {text:.400}"));
            }
            if after != before {
                world.renew(row);
                before = world.state(row);
            }
        }
    }
    wrong
}

/// Routes without a row, rows without a route.
fn differences(table: &Table, server: &Server<'_>, token: &str) -> Vec<String> {
    let of_wiki = server.wiki("public", &Request::get("/api/v1/openapi.json")).expect(200);
    let of_platform = server.root(&Request::get("/api/openapi.json")).unwrap().expect(200);
    let list = Request::new("POST", "/mcp")
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2025-11-25")
        .bearer(token)
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}));
    let tools = server.wiki("public", &list).expect(200);
    let tools = tools["result"]["tools"].as_array().unwrap().iter().map(|tool| text(&tool["name"])).collect::<Vec<_>>();
    let routes = routes::all(&of_wiki, &of_platform, &tools);
    let rows: BTreeSet<String> = table.rows.iter().map(table::Row::key).collect();

    let any = |route: &str| route.split_once(" ANY ").map(|(host, path)| (host.to_owned(), path.to_owned()));
    let serves = |route: &str, row: &str| {
        let mut words = row.splitn(3, ' ');
        let (host, path) = (words.next().unwrap(), words.nth(1).unwrap());
        row == route || any(route).is_some_and(|any| any == (host.to_owned(), path.to_owned()))
    };
    let mut wrong = Vec::new();
    for route in routes.iter().filter(|route| !rows.iter().any(|row| serves(route, row))) {
        wrong.push(format!("{route}: has no row in tests/it/rights/rights.txt"));
    }
    for row in rows.iter().filter(|row| !routes.iter().any(|route| serves(route, row))) {
        wrong.push(format!("{row}: is no route"));
    }
    wrong
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
