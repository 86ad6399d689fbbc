//! The web UI as a browser meets it, before a real wiki in a temporary directory.

mod handlers_read;
mod handlers_write;
mod settings;

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{Request, StatusCode};
use hyper::body::Frame;
use redb::backends::InMemoryBackend;
use tower::ServiceExt as _;

use super::page_view;
use crate::auth::{Auth, Operator};
use crate::clock::SystemClock;
use crate::config::{Limits, SessionConfig};
use crate::http::{AppState, HttpConfig};
use crate::model::{Name, PagePath, Principal, RevisionPrefix, Slug};
use crate::repo::RealDisk;
use crate::search::Models;
use crate::store::Store;
use crate::wiki::{self, NewWiki, Origin, Wikis, WikisConfig, WritePage};

const HOST: &str = "docs.localhost";

/// Making the keys of an installation takes a second; all tests share one set.
static KEYS: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    open_auth(Arc::new(Store::with_backend(InMemoryBackend::new()).unwrap()), dir.path());
    dir
});

fn open_auth(store: Arc<Store>, keys: &Path) -> Auth {
    Auth::open(store, Arc::new(SystemClock), keys, SessionConfig::default(), "http://localhost".to_owned()).unwrap()
}

fn slug() -> Slug {
    Slug::parse("docs").unwrap()
}

struct World {
    state: AppState,
    router: Router,
    auth: Arc<Auth>,
    wikis: Arc<Wikis>,
    cookie: String,
    owner: Principal,
    _dir: tempfile::TempDir,
}

impl World {
    /// A private wiki and its owner, signed in.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::with_backend(InMemoryBackend::new()).unwrap());
        let clock = Arc::new(SystemClock);
        let auth = Arc::new(open_auth(Arc::clone(&store), KEYS.path()));
        let wikis = Wikis::start(WikisConfig {
            store,
            clock: clock.clone(),
            disk: Arc::new(RealDisk),
            limits: Limits::default(),
            data_dir: dir.path().to_owned(),
            models: Models::only(None),
        })
        .unwrap();
        let operator = Operator::on_this_machine();
        let person = auth.operator_account(operator).unwrap();
        let name = Name::parse("Docs").unwrap();
        let new = NewWiki { slug: slug(), name, owner: person.id, public: false, from_git: None };
        wikis.create(operator, &new, &mut |_| {}).unwrap();
        let link = auth.create_sign_in_link(operator, &person).unwrap();
        let session = auth.sign_in_with_link(&link.secret, HOST).unwrap();
        let owner = auth.principal_of_session(&session.jwt, HOST).unwrap();
        let http = HttpConfig { domain: "localhost".to_owned(), https: false, wiki_at_root: None };
        let state = AppState::new(http, Arc::clone(&wikis), Arc::clone(&auth), clock);
        let router = crate::http::router(state.clone());
        Self { state, router, auth, wikis, cookie: format!("robotwiki={}", session.jwt), owner, _dir: dir }
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> (StatusCode, String) {
        let request = request.header("host", HOST).body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn get(&self, address: &str) -> (StatusCode, String) {
        self.send(Request::get(address).header("cookie", &self.cookie), Body::empty()).await
    }

    /// Posts a form as a page of this host does.
    async fn post(&self, address: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let csrf = self.auth.csrf_token(&self.owner);
        let pairs = fields.iter().copied().chain([("csrf", csrf.as_str())]);
        let body = pairs.map(|(name, value)| format!("{name}={}", super::request::encode(value)));
        let request = Request::post(address)
            .header("cookie", &self.cookie)
            .header("origin", format!("http://{HOST}"))
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request, Body::from(body.collect::<Vec<_>>().join("&"))).await
    }

    /// Posts the form of a page's files: names of fields, of files, and what they hold.
    async fn upload(&self, page: &PagePath, parts: &[(&str, Option<&str>, &str)]) -> (StatusCode, String) {
        let csrf = self.auth.csrf_token(&self.owner);
        let mut body = String::new();
        for (name, file, value) in std::iter::once(&("csrf", None, csrf.as_str())).chain(parts) {
            let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
            let head = format!("Content-Disposition: form-data; name=\"{name}\"{file}");
            body += &format!("--bound\r\n{head}\r\n\r\n{value}\r\n");
        }
        let request = Request::post(format!("{}/attachments", super::request::page_href(page)))
            .header("cookie", &self.cookie)
            .header("origin", format!("http://{HOST}"))
            .header("content-type", "multipart/form-data; boundary=bound");
        self.send(request, Body::from(body + "--bound--\r\n")).await
    }

    fn save(&self, path: &str, content: &str, base: Option<RevisionPrefix>) -> wiki::Saved {
        self.save_as(path, content, base, "")
    }

    /// As [`World::save`], with a message.
    fn save_as(&self, path: &str, content: &str, base: Option<RevisionPrefix>, message: &str) -> wiki::Saved {
        let access = self.wikis.authorize(&self.owner, &slug()).unwrap();
        let message = Some(message).filter(|message| !message.is_empty());
        let recording = wiki::Recording { message, origin: Origin::Web, typed: path, once: None };
        let request = WritePage { content, base, mode: wiki::WriteMode::Strict, recording };
        wiki::write(&self.wikis, &access, &PagePath::parse(path).unwrap(), &request).unwrap().value
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.wikis.shutdown();
    }
}

mod writing;

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_was_read_before_a_save_is_not_shown_after_it() {
    let world = World::new();
    let first = world.save("Page", "the old text", None);
    let access = world.wikis.authorize::<wiki::Read>(&world.owner, &slug()).unwrap();
    let slow = wiki::read(&access, &first.path, None).unwrap();
    world.save("Page", "the new text", Some(first.revision.into()));
    // The slow reader renders what it has read only now.
    assert!(page_view::rendered(&world.state, &access, &slow, false).html.contains("the old text"));
    let (status, html) = world.get("/Page").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("the new text") && !html.contains("the old text"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_comes_back_from_an_address_that_is_none() {
    let world = World::new();
    let csrf = world.auth.csrf_token(&world.owner);
    let request = Request::post("/%ff/edit")
        .header("cookie", &world.cookie)
        .header("origin", format!("http://{HOST}"))
        .header("content-type", "application/x-www-form-urlencoded");
    let (status, html) = world.send(request, Body::from(format!("csrf={csrf}&content=long+thoughts"))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("long thoughts"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn similar_names_are_offered_for_a_missing_page() {
    let world = World::new();
    let (status, html) = world.get("/Getting_Startet").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(html.contains("/Getting_Started"), "{html}");
}

struct Never;

impl HttpBody for Never {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Pending
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_is_waited_for_from_who_may_not_write() {
    let world = World::new();
    for method in ["PUT", "PATCH", "DELETE"] {
        let request = Request::builder().method(method).uri("/api/v1/pages/Home");
        let answer = tokio::time::timeout(std::time::Duration::from_secs(20), world.send(request, Body::new(Never)));
        assert_eq!(answer.await.expect(method).0, StatusCode::UNAUTHORIZED);
    }
}

mod reading;
