use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{DataDir, Request, Response, Server, encode_path};

/// The server that all tests of the contract share; it ends with them.
pub(crate) fn server() -> &'static Server<'static> {
    static SERVER: OnceLock<Server<'static>> = OnceLock::new();
    SERVER.get_or_init(|| {
        let dir: &'static DataDir = Box::leak(Box::new(DataDir::new()));
        let server = dir.start();
        server.end_with_this_process();
        server
    })
}

/// A wiki that one test has to itself, and a token that may write to it.
pub(crate) struct Wiki {
    pub(crate) slug: String,
    pub(crate) token: String,
}

impl Wiki {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let slug = format!("contract-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        server().dir().cli_ok(&["wiki", "create", &slug, "--name", "Contract"]);
        let token = server().dir().token(&slug, "Claude (MCP)", "write");
        Self { slug, token }
    }

    /// With pages that have the given content.
    pub(crate) fn with(pages: &[(&str, &str)]) -> Self {
        let wiki = Self::new();
        for (path, content) in pages {
            wiki.create(path, content);
        }
        wiki
    }

    /// Sends a request to the wiki without any credential.
    pub(crate) fn anonymous(&self, request: &Request) -> Response {
        server().wiki(&self.slug, request)
    }

    pub(crate) fn send(&self, request: Request) -> Response {
        self.anonymous(&request.bearer(&self.token))
    }

    /// A GET of an address below `/api/v1`.
    pub(crate) fn get(&self, target: &str) -> Response {
        self.send(Request::get(format!("/api/v1{target}")))
    }

    pub(crate) fn page(&self, path: &str) -> Response {
        self.get(&format!("/pages/{}", encode_path(path)))
    }

    pub(crate) fn page_with(&self, method: &str, path: &str, body: &Value) -> Response {
        self.send(Request::new(method, format!("/api/v1/pages/{}", encode_path(path))).json(body))
    }

    /// Creates a page; the answer.
    pub(crate) fn create(&self, path: &str, content: &str) -> Value {
        self.page_with("PUT", path, &json!({ "content": content })).expect(201)
    }

    /// Creates a page; its revision.
    pub(crate) fn revision_of_new(&self, path: &str, content: &str) -> String {
        text(&self.create(path, content)["revision"])
    }

    /// Replaces a page as of a revision; its new revision.
    pub(crate) fn update(&self, path: &str, content: &str, revision: &str) -> String {
        let answer = self.page_with("PUT", path, &json!({ "content": content, "revision": revision })).expect(200);
        text(&answer["revision"])
    }

    /// What a search answers once it finds `total` pages: it waits for the index a moment only, and this machine may
    /// be busy.
    pub(crate) fn found(&self, query: &str, total: usize) -> Value {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let answer = self.get(&format!("/search?q={query}")).expect(200);
            if answer["total"] == total {
                return answer;
            }
            assert!(Instant::now() < deadline, "{total} pages for {query:?}: {answer}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn content(&self, path: &str) -> String {
        text(&self.page(path).expect(200)["content"])
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The elements of a list of texts, or of one field of a list of objects.
pub(crate) fn texts(list: &Value, field: Option<&str>) -> Vec<String> {
    let items = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    items.iter().map(|item| text(field.map_or(item, |field| &item[field]))).collect()
}

/// That an answer is an error with this status, whose text contains `part`.
pub(crate) fn refused(answer: &Response, status: u16, part: &str) -> Value {
    let body = answer.expect(status);
    let error = text(&body["error"]);
    assert!(error.contains(part), "{error:?} contains {part:?}");
    body
}
