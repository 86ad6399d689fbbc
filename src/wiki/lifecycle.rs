use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::change::robot;
use super::{AccessError, WikiError, Wikis, seed};
use crate::auth::Operator;
use crate::model::{Language, Name, PersonId, Role, Slug, UnixSeconds, WikiId};
use crate::repo::{CommitMeta, Repo};
use crate::store::{AuditEntry, AuditEvent, WikiRecord};

/// How often, and how far apart, it is looked whether the last reader of a deleted wiki
/// has gone.
const LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// A wiki to make.
#[derive(Clone, Debug)]
pub struct NewWiki {
    pub slug: Slug,
    pub name: Name,
    pub owner: PersonId,
    pub public: bool,
    /// A git repository on this machine to take content and history from; else the wiki
    /// begins with the seed pages.
    pub from_git: Option<PathBuf>,
}

/// A wiki, for listings.
#[derive(Clone, Debug)]
pub struct WikiSummary {
    pub id: WikiId,
    pub slug: Slug,
    pub name: Name,
    pub public: bool,
    pub created: UnixSeconds,
    pub language: Language,
    pub pages: u64,
    pub attachments: u64,
    pub bytes: u64,
}

impl Wikis {
    /// Makes a wiki, durably. `progress` hears what takes long.
    ///
    /// # Errors
    /// [`WikiError::SlugTaken`], [`WikiError::Busy`] while a deleted wiki of that slug is
    /// still being read, [`WikiError::Import`], or a storage failure; nothing is left then.
    pub fn create(
        &self,
        _proof: Operator,
        new: &NewWiki,
        progress: &mut dyn FnMut(&str),
    ) -> Result<WikiSummary, WikiError> {
        self.create_as("operator", None, new, progress)
    }

    /// Makes a wiki in the name of `actor`, whose owner may have `most` wikis afterwards.
    pub(super) fn create_as(
        &self,
        actor: &str,
        most: Option<u64>,
        new: &NewWiki,
        progress: &mut dyn FnMut(&str),
    ) -> Result<WikiSummary, WikiError> {
        let _alone = self.lifecycle.lock();
        if let Some(limit) = most
            && self.owned_by(new.owner)? >= limit
        {
            return Err(WikiError::TooManyWikis { limit });
        }
        if self.store().read(|tx| tx.wiki_by_slug(&new.slug))?.is_some() {
            return Err(WikiError::SlugTaken(new.slug.to_string()));
        }
        self.wait_until_unused(&new.slug)?;
        let dir = self.wiki_dir(&new.slug);
        self.set_aside(&dir)?;
        let created = self.create_repository(new, &dir, progress).and_then(|()| self.record(actor, new));
        if created.is_err() && self.store().read(|tx| tx.wiki_by_slug(&new.slug))?.is_none() {
            remove_rest(&dir);
        }
        created
    }

    fn wait_until_unused(&self, slug: &Slug) -> Result<(), WikiError> {
        for _ in 0..LOOKS {
            if !self.is_still_used(slug) {
                return Ok(());
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Err(WikiError::Busy)
    }

    /// Makes the wiki known, unless it cannot be used: then nobody ever saw it.
    fn record(&self, actor: &str, new: &NewWiki) -> Result<WikiSummary, WikiError> {
        let now = self.clock().now();
        let record = WikiRecord {
            slug: new.slug.clone(),
            name: new.name.clone(),
            public: new.public,
            created: now,
            language: Language::default(),
        };
        let id = self.store().write(|tx| {
            let id = tx.add_wiki(&record)?.ok_or_else(|| WikiError::SlugTaken(new.slug.to_string()))?;
            tx.set_role(id, new.owner, Role::Owner)?;
            let event = AuditEvent::WikiCreated { slug: new.slug.to_string() };
            tx.audit(&AuditEntry { at: now, actor: actor.to_owned(), wiki: Some(id), event })?;
            Ok::<_, WikiError>(id)
        })?;
        // Opening computes the counters and starts the index.
        let opened = self.open(id, &new.slug).and_then(|wiki| wiki.current().map(|_state| ()));
        if let Err(error) = opened {
            self.store().write(|tx| tx.remove_wiki(id))?;
            self.forget(id, &new.slug);
            self.forget_indexes(id);
            return Err(error);
        }
        self.summary(id, record)
    }

    fn create_repository(&self, new: &NewWiki, dir: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), WikiError> {
        let failed = |cause| WikiError::Io { what: "cannot create the wiki's directory", cause };
        std::fs::create_dir_all(dir).map_err(failed)?;
        let git_dir = dir.join("repo.git");
        match &new.from_git {
            Some(source) => {
                let repo = Repo::create(self.disk(), &git_dir)?;
                let report = crate::repo::import(repo.disk().as_ref(), source, &git_dir, progress)
                    .map_err(|cause| WikiError::Import(cause.to_string()))?;
                repo.move_tip(None, report.tip)?;
            }
            None => {
                let repo = Repo::create(self.disk(), &git_dir)?;
                let author = robot()?;
                let message = format!("Start {}", new.name);
                let meta = CommitMeta { committer: author.clone(), author, message, time: self.clock().now() };
                repo.commit(None, &seed::changes(&new.name)?, &meta)?;
            }
        }
        for parent in [dir, self.wikis_dir().as_path()] {
            std::fs::File::open(parent).and_then(|dir| dir.sync_all()).map_err(failed)?;
        }
        Ok(())
    }

    /// A directory that no record speaks of is the rest of an attempt that did not finish,
    /// or somebody's restored files: kept, under another name.
    fn set_aside(&self, dir: &Path) -> Result<(), WikiError> {
        if !dir.exists() {
            return Ok(());
        }
        let aside = dir.with_extension(format!("unused-{}", self.clock().now()));
        tracing::warn!(from = %dir.display(), to = %aside.display(), "a directory without a wiki was set aside");
        std::fs::rename(dir, aside)
            .map_err(|cause| WikiError::Io { what: "cannot set an unused directory aside", cause })
    }

    /// All wikis with their sizes, oldest first.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn list(&self, _proof: Operator) -> Result<Vec<WikiSummary>, WikiError> {
        let wikis = self.store().read(|tx| tx.wikis())?;
        let mut summaries = Vec::with_capacity(wikis.len());
        for (id, record) in wikis {
            // Opening repairs counters that a crash left behind the tip. A wiki that cannot
            // be opened is listed all the same: how else would it be found and deleted?
            if let Err(error) = self.open(id, &record.slug) {
                tracing::error!(wiki.slug = %record.slug, %error, "a wiki cannot be opened");
            }
            summaries.push(self.summary(id, record)?);
        }
        Ok(summaries)
    }

    /// The identifier of the wiki with this slug.
    ///
    /// # Errors
    /// When there is none, or on a storage failure.
    pub fn find(&self, _proof: Operator, slug: &Slug) -> Result<WikiId, WikiError> {
        self.id_of(slug)
    }

    /// Makes a person something on a wiki.
    ///
    /// # Errors
    /// When there is no such wiki, or on a storage failure.
    pub fn grant(&self, proof: Operator, slug: &Slug, person: PersonId, role: Role) -> Result<(), WikiError> {
        let wiki = self.find(proof, slug)?;
        let event = AuditEvent::RoleGranted { person: person.to_string(), role: role.to_string() };
        let entry = AuditEntry { at: self.clock().now(), actor: "operator".to_owned(), wiki: Some(wiki), event };
        Ok(self.store().write(|tx| {
            tx.set_role(wiki, person, role)?;
            tx.audit(&entry)
        })?)
    }

    /// Says what a wiki is written in. Searches go by it once all pages are indexed anew, in
    /// the background.
    ///
    /// # Errors
    /// When there is no such wiki, or on a storage failure.
    pub fn set_language(&self, proof: Operator, slug: &Slug, language: Language) -> Result<(), WikiError> {
        let wiki = self.find(proof, slug)?;
        let at = self.clock().now();
        self.store().write(|tx| {
            let mut record = tx.wiki(wiki)?.ok_or_else(|| AccessError::NoSuchWiki(slug.to_string()))?;
            record.language = language;
            tx.set_wiki(wiki, &record)?;
            let event = AuditEvent::SettingsChanged { name: record.name.to_string(), public: record.public };
            tx.audit(&AuditEntry { at, actor: "operator".to_owned(), wiki: Some(wiki), event })?;
            Ok::<_, WikiError>(())
        })?;
        self.indexes().notify(wiki);
        Ok(())
    }

    /// Deletes a wiki: its record, roles, tokens, index and repository.
    ///
    /// # Errors
    /// When there is no such wiki, or on a storage failure.
    pub fn delete(&self, proof: Operator, slug: &Slug) -> Result<(), WikiError> {
        let id = self.find(proof, slug)?;
        self.delete_as("operator", id, slug)
    }

    pub(super) fn delete_as(&self, actor: &str, id: WikiId, slug: &Slug) -> Result<(), WikiError> {
        let _alone = self.lifecycle.lock();
        if self.id_of(slug)? != id {
            return Err(AccessError::NoSuchWiki(slug.to_string()).into());
        }
        match self.open(id, slug) {
            Ok(wiki) => wiki.close_for_writing(),
            Err(error) => tracing::warn!(wiki.slug = %slug, %error, "deleting a wiki that cannot be opened"),
        }
        let event = AuditEvent::WikiDeleted { slug: slug.to_string() };
        let entry = AuditEntry { at: self.clock().now(), actor: actor.to_owned(), wiki: Some(id), event };
        self.store().write(|tx| {
            tx.remove_wiki(id)?;
            tx.audit(&entry)
        })?;
        self.forget(id, slug);
        self.forget_indexes(id);
        // From here on nobody finds it; a crash leaves a directory without a record.
        let dir = self.wiki_dir(slug);
        let doomed = dir.with_extension(format!("deleted-{id}"));
        match std::fs::rename(&dir, &doomed).and_then(|()| std::fs::remove_dir_all(&doomed)) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                Err(WikiError::Io { what: "the wiki is deleted, but its files could not be removed", cause })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn summary(&self, id: WikiId, record: WikiRecord) -> Result<WikiSummary, WikiError> {
        let counters = self.counters_of(id)?;
        Ok(WikiSummary {
            id,
            slug: record.slug,
            name: record.name,
            public: record.public,
            created: record.created,
            language: record.language,
            pages: counters.map_or(0, |c| c.pages),
            attachments: counters.map_or(0, |c| c.attachments),
            bytes: counters.map_or(0, |c| c.bytes),
        })
    }
}

fn remove_rest(dir: &Path) {
    match std::fs::remove_dir_all(dir) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => {
            tracing::warn!(dir = %dir.display(), %cause, "what a failed attempt left could not be removed");
        }
        _ => {}
    }
}

/// What an examination of a wiki saw.
#[derive(Clone, Copy, Debug)]
pub struct WikiState {
    /// Files at the tip, every one of which could be read.
    pub files: usize,
    /// Whether the search index does not reflect the tip yet.
    pub index_behind: bool,
}

impl Wikis {
    /// Reads every file at the tip, and compares the index with it.
    ///
    /// # Errors
    /// With the first file that cannot be read.
    pub fn examine(&self, _proof: Operator, id: WikiId, slug: &Slug) -> Result<WikiState, WikiError> {
        let wiki = self.open(id, slug)?;
        let snapshot = wiki.repo().at_tip()?;
        let files = snapshot.files()?;
        for file in &files {
            match snapshot.blob(file.blob) {
                Ok(_) | Err(crate::repo::Error::TooLarge { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let indexed = self.indexes().status(id)?.indexed;
        Ok(WikiState { files: files.len(), index_behind: indexed != snapshot.revision() })
    }
}
