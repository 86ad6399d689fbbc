//! An installation in a temporary directory, without a listener: requests go straight into
//! the router.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, header};
use http_body_util::BodyExt as _;
use robotwiki::admin::Parts;
use robotwiki::app::App;
use robotwiki::auth::Operator;
use robotwiki::config::Config;
use robotwiki::model::{Name, Principal, Slug, TokenRole};
use robotwiki::search::Mode;
use robotwiki::wiki::{self, Access, NewWiki, Read, SearchQuery, Wikis, Write};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::corpus::Corpus;

const HOST: &str = "docs.localhost:8080";
/// Commits that follow those which create the pages.
const EDITS: usize = 40;
const INDEXING_PATIENCE: Duration = Duration::from_secs(300);

pub(crate) struct Site {
    pub(crate) corpus: Corpus,
    pub(crate) wikis: Arc<Wikis>,
    app: App,
    runtime: Runtime,
    slug: Slug,
    /// Of a wiki token that may write, and its principal.
    secret: String,
    principal: Principal,
    _dir: TempDir,
}

impl Site {
    /// Imports the generated wiki and waits until it is indexed.
    pub(crate) fn build(pages: usize) -> Self {
        let dir = TempDir::new().unwrap();
        let corpus = Corpus::new(pages, 1);
        let source = dir.path().join("source.git");
        corpus.write_repository(&source, EDITS).unwrap();

        let mut config = Config::default();
        config.server.data_dir = dir.path().join("data");
        config.limits.pages_per_wiki = 0;
        config.limits.wiki_bytes = 0;
        let app = App::open(config).unwrap();
        let Parts { auth, wikis, .. } = app.parts();

        let proof = Operator::on_this_machine();
        let slug = Slug::parse("docs").unwrap();
        let new = NewWiki {
            slug: slug.clone(),
            name: Name::parse("Docs").unwrap(),
            owner: auth.operator_account(proof).unwrap().id,
            public: true,
            from_git: Some(source),
        };
        let begun = Instant::now();
        let wiki = wikis.create(proof, &new, &mut |_| ()).unwrap();
        let imported = begun.elapsed();
        assert_eq!(wiki.pages, pages as u64);
        let name = Name::parse("bench").unwrap();
        let secret = auth.create_token(proof, wiki.id, &name, TokenRole::Write, None).unwrap().secret;
        let principal = auth.principal_of_token(&secret).unwrap().unwrap();

        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let site = Self { corpus, wikis, app, runtime, slug, secret, principal, _dir: dir };
        site.wait_for_index();
        println!(
            "{pages} pages and {EDITS} commits that change them: imported in {:.1} s, searchable after {:.1} s",
            imported.as_secs_f64(),
            begun.elapsed().as_secs_f64()
        );
        site
    }

    fn wait_for_index(&self) {
        let begun = Instant::now();
        let query = SearchQuery { text: self.corpus.query(1), mode: Mode::Text, limit: 1, ..SearchQuery::default() };
        while wiki::search(&self.wikis, &self.reading(), &query).unwrap().total == 0 {
            assert!(begun.elapsed() < INDEXING_PATIENCE, "the wiki was not indexed in time");
        }
    }

    /// A router with empty caches over the running installation.
    pub(crate) fn router(&self) -> Router {
        self.app.router()
    }

    pub(crate) fn reading(&self) -> Access<Read> {
        self.wikis.authorize(&self.principal, &self.slug).unwrap()
    }

    pub(crate) fn writing(&self) -> Access<Write> {
        self.wikis.authorize(&self.principal, &self.slug).unwrap()
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

impl Drop for Site {
    fn drop(&mut self) {
        self.app.shutdown();
    }
}
