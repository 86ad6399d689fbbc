//! The endpoint as a client meets it: over HTTP, before a real wiki in a temporary directory.

mod admission;
mod protocol;
mod tools;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use redb::backends::InMemoryBackend;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::auth::{Auth, Operator};
use crate::clock::SystemClock;
use crate::config::{Limits, SessionConfig};
use crate::http::{AppState, HttpConfig};
use crate::model::{AttachmentName, AttachmentPath, Author, Name, PagePath, Principal, Slug, TokenRole, WikiId};
use crate::repo::{Change, CommitMeta, RealDisk};
use crate::search::Models;
use crate::store::Store;
use crate::wiki::{NewWiki, Read, Wikis, WikisConfig};

/// Making the keys of an installation takes a second; all tests share one set.
static KEYS: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    open_auth(Arc::new(Store::with_backend(InMemoryBackend::new()).unwrap()), dir.path());
    dir
});

fn open_auth(store: Arc<Store>, keys: &Path) -> Auth {
    let issuer = "localhost:8080".to_owned();
    Auth::open(store, Arc::new(SystemClock), keys, SessionConfig::default(), issuer).unwrap()
}

pub(super) struct World {
    router: Router,
    auth: Arc<Auth>,
    wikis: Arc<Wikis>,
    wiki: WikiId,
    reader: String,
    writer: String,
    _dir: tempfile::TempDir,
}

/// An answer: status, headers, body as JSON (or as a JSON string, if it is none).
pub(super) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    /// The first text of a tool's result.
    pub(super) fn text(&self) -> &str {
        self.body["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {}", self.body))
    }

    pub(super) fn structured(&self) -> &Value {
        &self.body["result"]["structuredContent"]
    }

    pub(super) fn is_error(&self) -> bool {
        self.body["result"]["isError"] == json!(true)
    }
}

fn operator() -> Operator {
    Operator::on_this_machine()
}

fn slug() -> Slug {
    Slug::parse("garden").unwrap()
}

impl World {
    /// A wiki with the seed pages, public or not, and a token of each role.
    pub(super) fn new(public: bool) -> Self {
        Self::with_limits(public, Limits::default())
    }

    pub(super) fn with_limits(public: bool, limits: Limits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::with_backend(InMemoryBackend::new()).unwrap());
        let clock = Arc::new(SystemClock);
        let auth = Arc::new(open_auth(store.clone(), KEYS.path()));
        std::fs::create_dir_all(dir.path().join("wikis")).unwrap();
        let config = WikisConfig {
            store,
            clock: clock.clone(),
            disk: Arc::new(RealDisk),
            limits,
            data_dir: dir.path().to_owned(),
            models: Models::only(None),
        };
        let wikis = Wikis::start(config).unwrap();
        let owner = auth.create_person(operator(), &Name::parse("Ada").unwrap(), false).unwrap();
        let new = NewWiki { slug: slug(), name: Name::parse("Garden").unwrap(), owner, public, from_git: None };
        let wiki = wikis.create(operator(), &new, &mut |_| {}).unwrap().id;
        let token =
            |role, name| auth.create_token(operator(), wiki, &Name::parse(name).unwrap(), role, None).unwrap().secret;
        let (reader, writer) = (token(TokenRole::Read, "reader"), token(TokenRole::Write, "Claude"));
        let http = HttpConfig { domain: "localhost:8080".to_owned(), https: false, wiki_at_root: None };
        let router = crate::http::router(AppState::new(http, wikis.clone(), auth.clone(), clock));
        Self { router, auth, wikis, wiki, reader, writer, _dir: dir }
    }

    pub(super) fn attach(&self, page: &str, name: &str, bytes: &[u8]) {
        let principal = self.auth.principal_of_token(&self.writer).unwrap().unwrap();
        let access = self.wikis.authorize::<Read>(&principal, &slug()).unwrap();
        let (page, name) = (PagePath::parse(page).unwrap(), AttachmentName::parse(name).unwrap());
        let author = Author { name: Name::parse("Ada").unwrap(), email: "ada@example.invalid".to_owned() };
        let meta = CommitMeta { committer: author.clone(), author, message: "attach".to_owned(), time: 1_795_185_141 };
        let change = Change::Put { path: AttachmentPath { page, name }.file(), bytes: bytes.to_vec() };
        let wiki = access.repository();
        wiki.repo().commit(wiki.repo().tip().unwrap(), &[change], &meta).unwrap();
    }

    pub(super) async fn send(&self, method: Method, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        self.send_to("garden.localhost:8080", method, headers, body).await
    }

    pub(super) async fn send_to(
        &self,
        host: &str,
        method: Method,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri("/mcp").header("host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Posts a JSON-RPC message as a client of 2025 does.
    pub(super) async fn post(&self, token: Option<&str>, message: &Value) -> Reply {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2025-11-25"),
        ];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        self.send(Method::POST, &headers, message.to_string()).await
    }

    pub(super) async fn call_as(&self, token: Option<&str>, tool: &str, arguments: Value) -> Reply {
        let message = json!({
            "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": tool, "arguments": arguments}
        });
        let reply = self.post(token, &message).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply
    }

    /// Calls a tool with the token that may write.
    pub(super) async fn call(&self, tool: &str, arguments: Value) -> Reply {
        self.call_as(Some(&self.writer), tool, arguments).await
    }

    /// Creates a page; answers with its revision.
    pub(super) async fn create(&self, path: &str, content: &str) -> String {
        let reply = self.call("write_note", json!({"path": path, "content": content})).await;
        assert!(!reply.is_error(), "{}", reply.text());
        reply.structured()["revision"].as_str().unwrap().to_owned()
    }

    pub(super) fn principal(&self, token: &str) -> Option<Principal> {
        self.auth.principal_of_token(token).unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.wikis.shutdown();
    }
}
