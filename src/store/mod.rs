//! What is not content: accounts, wikis, access, tokens, sessions, counters and the audit
//! trail, in one redb file.
//!
//! Here are typed tables, versioned records, transactions and migrations. Who may do what,
//! and what a value means, is decided above.

mod audit;
mod drafts;
mod error;
mod idempotency;
mod migrations;
mod people;
mod personal_tokens;
mod preferences;
mod record;
mod sessions;
mod tables;
mod tokens;
mod wikis;

use std::fs::File;
use std::path::Path;

use redb::{Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase as _, StorageBackend, WriteTransaction};

pub use audit::{AuditEntry, AuditEvent};
pub use drafts::DraftRecord;
pub use error::StoreError;
pub use idempotency::FirstResult;
pub use migrations::SCHEMA;
pub use people::PersonRecord;
pub use personal_tokens::PersonalTokenRecord;
pub use sessions::{OneTimeRecord, Purpose, SessionRecord};
pub use tokens::TokenRecord;
pub use wikis::{CountersRecord, WikiRecord};

/// The database. Cheap to share behind an `Arc`; readers never wait for a writer.
pub struct Store {
    db: Database,
}

/// A consistent view of the database.
pub struct ReadTx {
    tx: ReadTransaction,
}

/// A change to the database: all of it happens, durably, or none.
pub struct WriteTx {
    tx: WriteTransaction,
}

impl Store {
    /// Opens the file, creating it if it is absent, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file is in use, damaged, or written by a newer version. A newer version's
    /// file keeps every byte if it was closed in order; after a crash redb repairs it
    /// before its schema can be read, and that is all that changes.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            Self::create(path)?;
        }
        // What cannot be opened for reading alone (closed by a crash) is judged below, where
        // it can be repaired.
        if let Ok(db) = ReadOnlyDatabase::open(path) {
            migrations::check(&db.begin_read()?)?;
        }
        Self::migrated(Database::builder().set_cache_size(16 << 20).open(path)?)
    }

    /// Makes an empty database under another name and renames it: a power cut during the
    /// first writes would otherwise leave a file that redb does not recognise as its own.
    fn create(path: &Path) -> Result<(), StoreError> {
        let aside = path.with_extension("redb.new");
        let make = || -> std::io::Result<()> {
            File::open(&aside)?.sync_all()?;
            std::fs::rename(&aside, path)?;
            File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
        };
        match std::fs::remove_file(&aside) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(StoreError::Create(cause)),
            _ => {}
        }
        drop(Self::migrated(Database::builder().create(&aside)?)?);
        make().map_err(StoreError::Create)
    }

    /// The same over any storage; tests cut its power.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn with_backend(backend: impl StorageBackend) -> Result<Self, StoreError> {
        Self::migrated(Database::builder().create_with_backend(backend)?)
    }

    fn migrated(db: Database) -> Result<Self, StoreError> {
        let store = Self { db };
        store.write(migrations::run)?;
        Ok(store)
    }

    /// Runs `body` on a snapshot.
    ///
    /// # Errors
    /// What `body` returns, or a storage failure.
    pub fn read<T, E: From<StoreError>>(&self, body: impl FnOnce(&ReadTx) -> Result<T, E>) -> Result<T, E> {
        let tx = self.db.begin_read().map_err(StoreError::from)?;
        body(&ReadTx { tx })
    }

    /// Runs `body` as the only writer and commits when it succeeds; durable on return
    /// (two-phase commit, design section 4.4). Nothing changes when it fails.
    ///
    /// # Errors
    /// What `body` returns, or a storage failure.
    pub fn write<T, E: From<StoreError>>(&self, body: impl FnOnce(&WriteTx) -> Result<T, E>) -> Result<T, E> {
        let mut tx = self.db.begin_write().map_err(StoreError::from)?;
        // Implies two-phase commit, and makes opening after a crash immediate.
        tx.set_quick_repair(true);
        let tx = WriteTx { tx };
        let value = body(&tx)?;
        tx.tx.commit().map_err(StoreError::from)?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;
    use crate::model::{Language, Name, PersonId, Role, Slug, TokenRole, WikiId};

    fn store() -> Store {
        Store::with_backend(InMemoryBackend::new()).unwrap()
    }

    fn wiki(slug: &str) -> WikiRecord {
        WikiRecord {
            slug: Slug::parse(slug).unwrap(),
            name: Name::parse("Docs").unwrap(),
            public: false,
            created: 1,
            language: Language::default(),
        }
    }

    #[test]
    fn a_failed_transaction_changes_nothing() {
        let store = store();
        let result: Result<(), StoreError> = store.write(|tx| {
            tx.add_wiki(&wiki("docs"))?;
            Err(StoreError::InUse)
        });
        assert!(result.is_err());
        assert!(store.read(|tx| tx.wikis()).unwrap().is_empty());
    }

    #[test]
    fn nothing_bound_to_a_deleted_wiki_reaches_a_later_one_with_its_slug() {
        let store = store();
        let token = TokenRecord {
            name: Name::parse("bot").unwrap(),
            role: TokenRole::Write,
            hash: [7; 32],
            created: 1,
            expires: None,
        };
        let first = store.write(|tx| tx.add_wiki(&wiki("docs"))).unwrap().unwrap();
        store
            .write(|tx| {
                tx.set_role(first, PersonId(1), Role::Owner)?;
                tx.add_token(first, &token)?;
                tx.remove_wiki(first)
            })
            .unwrap();
        let second = store.write(|tx| tx.add_wiki(&wiki("docs"))).unwrap().unwrap();
        assert_ne!(first, second);
        store
            .read(|tx| {
                assert_eq!(tx.role(first, PersonId(1))?, None);
                assert_eq!(tx.role(second, PersonId(1))?, None);
                assert_eq!(tx.token_by_hash(&[7; 32])?, None);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }

    #[test]
    fn a_slug_is_given_once() {
        let store = store();
        assert_eq!(store.write(|tx| tx.add_wiki(&wiki("docs"))).unwrap(), Some(WikiId(1)));
        assert_eq!(store.write(|tx| tx.add_wiki(&wiki("docs"))).unwrap(), None);
    }

    #[test]
    fn expired_secrets_are_pruned_and_one_time_secrets_are_taken_once() {
        let store = store();
        let record = OneTimeRecord { purpose: Purpose::SignIn { person: PersonId(1) }, expires: 10 };
        store.write(|tx| tx.add_one_time(&[1; 32], &record)).unwrap();
        store.write(|tx| tx.add_one_time(&[2; 32], &record)).unwrap();
        assert_eq!(store.write(|tx| tx.take_one_time(&[1; 32])).unwrap(), Some(record));
        assert_eq!(store.write(|tx| tx.take_one_time(&[1; 32])).unwrap(), None);
        store.write(|tx| tx.prune_expired(10)).unwrap();
        assert_eq!(store.read(|tx| tx.one_time(&[2; 32])).unwrap(), None);
    }
}
