/// Why the database could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database is in use by another process")]
    InUse,
    #[error("the database has schema {found}, this version of robotwiki knows up to {known}; install a newer version")]
    TooNew { found: u64, known: u64 },
    #[error("a {table} record has version {found}, this version of robotwiki knows up to {known}")]
    RecordTooNew { table: &'static str, found: u8, known: u8 },
    #[error("a {table} record is damaged: {cause}")]
    Damaged { table: &'static str, cause: String },
    #[error("the database could not be created: {0}")]
    Create(std::io::Error),
    #[error("database: {0}")]
    Redb(#[from] redb::Error),
}

macro_rules! from_redb {
    ($($type:ty),+) => {
        $(impl From<$type> for StoreError {
            fn from(error: $type) -> Self {
                Self::Redb(error.into())
            }
        })+
    };
}

from_redb!(redb::TransactionError, redb::TableError, redb::StorageError, redb::CommitError);

impl From<redb::DatabaseError> for StoreError {
    fn from(error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            other => Self::Redb(other.into()),
        }
    }
}
