//! What programs write over REST: pages, parts of pages, several pages, attachments; conflicts and bad input; and
//! requests that are sent again.

mod attachments;
mod form;
mod keys;
mod pages;
mod parts;
mod rename;
mod several;

use serde_json::{Value, json};

use crate::support::{DataDir, Request, Response, Server, encode_path};

/// A running server with one wiki `docs` and a token that writes.
struct World<'d> {
    server: Server<'d>,
    token: String,
}

impl<'d> World<'d> {
    fn new(dir: &'d DataDir) -> Self {
        let server = dir.start();
        dir.cli_ok(&["wiki", "create", "docs", "--name", "Docs"]);
        let token = dir.token("docs", "Writer", "write");
        Self { server, token }
    }

    fn send(&self, request: Request) -> Response {
        self.server.wiki("docs", &request.bearer(&self.token))
    }

    fn call(&self, method: &str, below: &str, body: &Value) -> Response {
        self.send(Request::new(method, format!("/api/v1/{below}")).json(body))
    }

    /// Creates a page; returns its revision.
    fn page(&self, path: &str, content: &str) -> String {
        let below = format!("pages/{}", encode_path(path));
        revision(&self.call("PUT", &below, &json!({"content": content})).expect(201))
    }

    fn text(&self, path: &str) -> String {
        let read = self.send(Request::get(format!("/api/v1/pages/{}", encode_path(path)))).expect(200);
        read["content"].as_str().unwrap().to_owned()
    }

    fn revision(&self, path: &str) -> String {
        revision(&self.send(Request::get(format!("/api/v1/pages/{}", encode_path(path)))).expect(200))
    }

    fn tip(&self) -> String {
        let repository = self.server.dir().repository("docs");
        crate::support::git_ok(&repository, &["rev-parse", "refs/heads/main"], b"").trim().to_owned()
    }
}

fn revision(answer: &Value) -> String {
    answer["revision"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// Status, code and text of a refusal.
fn refusal(response: &Response) -> (u16, String, String) {
    let body = response.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (response.status, text("code"), text("error"))
}

fn refused(status: u16, code: &str, text: &str) -> (u16, String, String) {
    (status, code.to_owned(), text.to_owned())
}
