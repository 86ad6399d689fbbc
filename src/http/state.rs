use std::sync::Arc;

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Weighter};
use tokio::sync::Semaphore;

use super::feed::Feed;
use super::git::GitService;
use super::web::RenderedPage;
use crate::auth::Auth;
use crate::clock::Clock;
use crate::model::{LinkOrder, PagePath, Revision, Slug, WikiId};
use crate::wiki::Wikis;

/// Blocking calls that run at the same time; more wait their turn.
const BLOCKING_AT_ONCE: usize = 64;
/// Packs that are made at the same time.
const PACKS_AT_ONCE: usize = 4;
/// Small pictures that are made at the same time: each takes a processor, and memory.
const PICTURES_AT_ONCE: usize = 2;
/// Exports that are written at the same time.
const EXPORTS_AT_ONCE: usize = 2;
/// Rendered HTML that is kept, in bytes.
const RENDERED_BYTES: u64 = 32 << 20;

/// What the surfaces need to know of the configuration.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Host name, with its port if unusual, that visitors use.
    pub domain: String,
    /// Whether visitors arrive over HTTPS.
    pub https: bool,
    /// The wiki that the bare domain serves as well.
    pub wiki_at_root: Option<Slug>,
}

/// The long-lived parts that handlers use. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    inner: Arc<Inner>,
}

struct Inner {
    config: HttpConfig,
    wikis: Arc<Wikis>,
    auth: Arc<Auth>,
    clock: Arc<dyn Clock>,
    blocking: Arc<Semaphore>,
    pictures: Arc<Semaphore>,
    exports: Arc<Semaphore>,
    git: GitService,
    feed: Arc<Feed>,
    rendered: Cache<RenderedKey, Arc<RenderedPage>, ByLength>,
}

/// A page's HTML depends on its text and on which other pages exist: on the wiki's tip.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct RenderedKey {
    pub(super) wiki: WikiId,
    /// At which the text was read.
    pub(super) tip: Option<Revision>,
    pub(super) page: PagePath,
    /// The old version that was asked for.
    pub(super) at: Option<Revision>,
    /// How links are read.
    pub(super) order: LinkOrder,
}

#[derive(Clone)]
struct ByLength;

impl Weighter<RenderedKey, Arc<RenderedPage>> for ByLength {
    fn weight(&self, _key: &RenderedKey, page: &Arc<RenderedPage>) -> u64 {
        page.html.len() as u64 + 512
    }
}

impl AppState {
    #[must_use]
    pub fn new(config: HttpConfig, wikis: Arc<Wikis>, auth: Arc<Auth>, clock: Arc<dyn Clock>) -> Self {
        let feed = Arc::new(Feed::new());
        let told = Arc::clone(&feed);
        wikis.on_change(move |wiki| told.tell(wiki));
        let rendered = Cache::with(2048, RENDERED_BYTES, ByLength, DefaultHashBuilder::default(), Default::default());
        Self {
            inner: Arc::new(Inner {
                config,
                wikis,
                auth,
                clock,
                blocking: Arc::new(Semaphore::new(BLOCKING_AT_ONCE)),
                pictures: Arc::new(Semaphore::new(PICTURES_AT_ONCE)),
                exports: Arc::new(Semaphore::new(EXPORTS_AT_ONCE)),
                git: GitService::new(PACKS_AT_ONCE),
                feed,
                rendered,
            }),
        }
    }

    pub(super) fn config(&self) -> &HttpConfig {
        &self.inner.config
    }

    pub(super) fn wikis(&self) -> &Arc<Wikis> {
        &self.inner.wikis
    }

    pub(super) fn auth(&self) -> &Arc<Auth> {
        &self.inner.auth
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.inner.clock.as_ref()
    }

    pub(super) fn blocking(&self) -> &Arc<Semaphore> {
        &self.inner.blocking
    }

    /// Turns at making small pictures.
    pub(super) fn pictures(&self) -> &Arc<Semaphore> {
        &self.inner.pictures
    }

    /// Turns at writing exports.
    pub(super) fn exports(&self) -> &Arc<Semaphore> {
        &self.inner.exports
    }

    pub(super) fn git(&self) -> &GitService {
        &self.inner.git
    }

    pub(super) fn feed(&self) -> &Feed {
        &self.inner.feed
    }

    pub(super) fn rendered(&self, key: &RenderedKey) -> Option<Arc<RenderedPage>> {
        self.inner.rendered.get(key)
    }

    pub(super) fn keep_rendered(&self, key: RenderedKey, page: Arc<RenderedPage>) {
        self.inner.rendered.insert(key, page);
    }
}
