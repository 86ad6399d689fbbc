//! The generated wiki in an installation, and requests that go straight into its router.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, header};
use http_body_util::BodyExt as _;
use robotwiki::auth::Operator;
use robotwiki::model::{Name, Principal, TokenRole};
use robotwiki::wiki::{Access, Read, Write};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::corpus::Corpus;
use crate::indexing::{self, Indexing};
use crate::installation::Installation;

const HOST: &str = "docs.localhost:8080";
/// Commits that follow those which create the pages.
const EDITS: usize = 40;

pub(crate) struct Site {
    pub(crate) corpus: Corpus,
    pub(crate) installation: Installation,
    runtime: Runtime,
    /// Of a wiki token that may write, and its principal.
    secret: String,
    principal: Principal,
    _dir: TempDir,
}

impl Site {
    /// Imports the generated wiki and looks on until all of it is found by words and by
    /// meaning.
    pub(crate) fn build(pages: usize) -> (Self, Indexing) {
        let dir = TempDir::new().unwrap();
        let corpus = Corpus::new(pages, 1);
        let source = dir.path().join("source.git");
        corpus.write_repository(&source, EDITS).unwrap();

        let installation = Installation::new(dir.path());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let memory = indexing::memory();
        let begun = Instant::now();
        assert_eq!(installation.import(source), pages as u64);
        let imported = begun.elapsed();

        let auth = installation.app.parts().auth;
        let (wiki, name) = (installation.reading().id(), Name::parse("bench").unwrap());
        let secret =
            auth.create_token(Operator::on_this_machine(), wiki, &name, TokenRole::Write, None).unwrap().secret;
        let principal = auth.principal_of_token(&secret).unwrap().unwrap();
        let site = Self { corpus, installation, runtime, secret, principal, _dir: dir };
        let indexing = indexing::watch(&site, begun, imported, memory);
        (site, indexing)
    }

    /// A router with empty caches over the running installation.
    pub(crate) fn router(&self) -> Router {
        self.installation.app.router()
    }

    pub(crate) fn reading(&self) -> Access<Read> {
        self.installation.wikis.authorize(&self.principal, &self.installation.slug).unwrap()
    }

    pub(crate) fn writing(&self) -> Access<Write> {
        self.installation.wikis.authorize(&self.principal, &self.installation.slug).unwrap()
    }

    /// The answer's body, and how long it took until all of it was there.
    pub(crate) fn get(&self, router: &Router, address: &str) -> (Duration, Bytes) {
        self.send(router, Method::GET, address, Body::empty())
    }

    pub(crate) fn put(&self, router: &Router, address: &str, body: &Value) -> (Duration, Bytes) {
        self.send(router, Method::PUT, address, Body::from(body.to_string()))
    }

    fn send(&self, router: &Router, method: Method, address: &str, body: Body) -> (Duration, Bytes) {
        let mut request = Request::builder()
            .method(method)
            .uri(address)
            .header(header::HOST, HOST)
            .header(header::CONTENT_TYPE, "application/json");
        if address.starts_with("/api/") {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.secret));
        }
        let (request, router) = (request.body(body).unwrap(), router.clone());
        let begun = Instant::now();
        let (status, body) = self.runtime.block_on(async {
            let answer = router.oneshot(request).await.unwrap();
            (answer.status(), answer.into_body().collect().await.unwrap().to_bytes())
        });
        let took = begun.elapsed();
        assert!(status.is_success(), "{address}: {status}: {}", String::from_utf8_lossy(&body));
        (took, body)
    }
}
