//! An installation in a temporary directory with one public wiki, without a listener.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use robotwiki::admin::Parts;
use robotwiki::app::App;
use robotwiki::auth::Operator;
use robotwiki::config::Config;
use robotwiki::model::{Name, Principal, Slug};
use robotwiki::wiki::{self, Access, IndexStatus, NewWiki, Read, Wikis};

pub(crate) struct Installation {
    pub(crate) app: App,
    pub(crate) wikis: Arc<Wikis>,
    pub(crate) slug: Slug,
}

impl Installation {
    /// An empty one, under `dir`.
    pub(crate) fn new(dir: &Path) -> Self {
        let mut config = Config::default();
        config.server.data_dir = dir.join("data");
        config.limits.pages_per_wiki = 0;
        config.limits.wiki_bytes = 0;
        let app = App::open(config).unwrap();
        let wikis = app.parts().wikis;
        Self { app, wikis, slug: Slug::parse("docs").unwrap() }
    }

    /// Makes the wiki of a repository; it is indexed in the background. Returns its pages.
    pub(crate) fn import(&self, repository: PathBuf) -> u64 {
        let Parts { auth, wikis, .. } = self.app.parts();
        let proof = Operator::on_this_machine();
        let new = NewWiki {
            slug: self.slug.clone(),
            name: Name::parse("Docs").unwrap(),
            owner: auth.operator_account(proof).unwrap().id,
            public: true,
            from_git: Some(repository),
        };
        wikis.create(proof, &new, &mut |_| ()).unwrap().pages
    }

    pub(crate) fn reading(&self) -> Access<Read> {
        self.wikis.authorize(&Principal::Nobody, &self.slug).unwrap()
    }

    /// Whether the newest commit is found by words, and by meaning.
    pub(crate) fn searchable(&self) -> (bool, bool) {
        let IndexStatus { tip, text, vectors } = wiki::index_status(&self.wikis, &self.reading()).unwrap();
        let vectors = vectors.expect("the benchmark needs the feature `model`");
        (text.status.indexed == tip, vectors.status.indexed == tip)
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.app.shutdown();
    }
}
