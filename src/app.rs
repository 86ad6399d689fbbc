//! The composition root: builds every part from the configuration, owns it, and takes it
//! down in order.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::fcntl::{Flock, FlockArg};
use parking_lot::Mutex;

use crate::admin::Parts;
use crate::auth::{Auth, AuthError};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, EmbeddingConfig};
use crate::embed::{self, Embedder, Model};
use crate::http::{AppState, HttpConfig};
use crate::model::Slug;
use crate::repo::RealDisk;
use crate::search::{Embed, FormerModels, Models};
use crate::store::{Store, StoreError};
use crate::wiki::{WikiError, Wikis, WikisConfig};

/// All parts of an installation, with the only right to its data directory.
pub struct App {
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
    auth: Arc<Auth>,
    wikis: Arc<Wikis>,
    /// Held as long as anything here may write.
    _lock: Flock<File>,
}

/// Why an installation cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("another robotwiki is using the data directory {}; stop it first, or choose another with --data-dir", .0.display())]
    InUse(PathBuf),
    #[error("cannot use the data directory {}: {cause}", dir.display())]
    DataDir { dir: PathBuf, cause: io::Error },
    #[error("cannot use embedding.model: {0}")]
    Model(embed::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error(transparent)]
    Wiki(#[from] WikiError),
}

impl App {
    /// Opens the data directory, creating what is missing.
    ///
    /// # Errors
    /// [`AppError::InUse`] when another process has it open; else what is damaged.
    pub fn open(config: Config) -> Result<Self, AppError> {
        let dir = &config.server.data_dir;
        let unusable = |cause| AppError::DataDir { dir: dir.clone(), cause };
        DirBuilder::new().recursive(true).mode(0o750).create(dir).map_err(unusable)?;
        let lock = lock(dir)?.ok_or_else(|| AppError::InUse(dir.clone()))?;
        DirBuilder::new().recursive(true).mode(0o750).create(dir.join("wikis")).map_err(unusable)?;
        DirBuilder::new().recursive(true).mode(0o700).create(dir.join("keys")).map_err(unusable)?;

        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Arc::new(Store::open(&dir.join("robotwiki.redb"))?);
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(unusable)?;
        let issuer = format!("{}://{}", config.scheme(), config.server.domain);
        let auth =
            Auth::open(Arc::clone(&store), Arc::clone(&clock), &dir.join("keys"), config.sessions.clone(), issuer)?;
        let embedder = embedder(&config.embedding).map_err(AppError::Model)?;
        let wikis = Wikis::start(WikisConfig {
            store,
            clock: Arc::clone(&clock),
            disk: Arc::new(RealDisk),
            limits: config.limits.clone(),
            data_dir: dir.clone(),
            models: Models {
                current: embedder.map(|embedder| embedder as Arc<dyn Embed>),
                former: former(&config.embedding),
            },
        })?;
        auth.prune_expired()?;
        Ok(Self { config: Arc::new(config), clock, auth: Arc::new(auth), wikis, _lock: lock })
    }

    /// What the operator's verbs work on.
    #[must_use]
    pub fn parts(&self) -> Parts {
        Parts { config: Arc::clone(&self.config), auth: Arc::clone(&self.auth), wikis: Arc::clone(&self.wikis) }
    }

    /// Everything that answers over HTTP.
    pub fn router(&self) -> axum::Router {
        let config = HttpConfig {
            domain: self.config.server.domain.clone(),
            https: self.config.server.https,
            wiki_at_root: Slug::parse(&self.config.server.wiki_at_root).ok(),
        };
        let state = AppState::new(config, Arc::clone(&self.wikis), Arc::clone(&self.auth), Arc::clone(&self.clock));
        crate::http::router(state)
    }

    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Ends the background work. The data directory is free once this is dropped.
    pub fn shutdown(&self) {
        self.wikis.shutdown();
    }
}

/// The threads that embed; none when no model is set in a build that has none inside.
fn embedder(config: &EmbeddingConfig) -> Result<Option<Arc<Embedder>>, embed::Error> {
    let model = if config.model.as_os_str().is_empty() {
        Model::builtin().transpose()?
    } else {
        Some(Model::open(&config.model)?)
    };
    let Some(model) = model else {
        tracing::warn!("no search by meaning: this program was built without a model; set embedding.model");
        return Ok(None);
    };
    let embedder = Embedder::start(model, config.threads)?;
    let info = embedder.info();
    tracing::info!(
        model = info.name,
        id = info.id,
        dimensions = info.dimensions,
        max_tokens = info.max_tokens,
        kernels = embedder.kernels(),
        "search by meaning is ready"
    );
    Ok(Some(Arc::new(embedder)))
}

/// After a change from the model inside the binary to another, that one still reads queries
/// until all pages are embedded anew. It is started when a wiki needs it.
fn former(config: &EmbeddingConfig) -> FormerModels {
    let changed = !config.model.as_os_str().is_empty();
    let builtin: Mutex<Option<Arc<dyn Embed>>> = Mutex::default();
    Box::new(move |id| {
        if !changed {
            return None;
        }
        let mut builtin = builtin.lock();
        if builtin.is_none() {
            let embedder = Embedder::start(Model::builtin()?.ok()?, 1).ok()?;
            *builtin = Some(Arc::new(embedder));
        }
        builtin.clone().filter(|embedder| embedder.info().id == id)
    })
}

/// Takes the data directory's lock; none when another process holds it.
fn lock(dir: &Path) -> Result<Option<Flock<File>>, AppError> {
    let path = dir.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|cause| AppError::DataDir { dir: dir.to_owned(), cause })?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(Some(lock)),
        Err((_, nix::errno::Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, errno)) => Err(AppError::DataDir { dir: dir.to_owned(), cause: errno.into() }),
    }
}
