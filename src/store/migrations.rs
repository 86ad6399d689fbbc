//! Schema versions, forward only. A released version's file stays a fixture under
//! `tests/fixtures/`, and opening it stays a test.

use redb::{ReadTransaction, ReadableTable, TableError};

use super::tables::{
    ACLS, AUDIT, COUNTERS, DRAFTS, FIRST_RESULTS, FIRST_RESULTS_BY_TIME, IDENTITIES, META, ONE_TIME, PEOPLE,
    PERSONAL_TOKEN_HASHES, PERSONAL_TOKENS, PREFERENCES, SESSIONS, SLUGS, TOKEN_HASHES, TOKENS, WIKIS,
};
use super::{StoreError, WriteTx};

/// The schema that this version writes.
pub const SCHEMA: u64 = 3;

type Step = fn(&WriteTx) -> Result<(), StoreError>;

/// `STEPS[n]` brings schema n to schema n + 1.
const STEPS: [Step; SCHEMA as usize] = [create_tables, to_2, to_3];

/// Refuses the database of a newer version.
pub(super) fn check(tx: &ReadTransaction) -> Result<(), StoreError> {
    match tx.open_table(META) {
        Ok(meta) => known_schema(&meta).map(drop),
        Err(TableError::TableDoesNotExist(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn known_schema(meta: &impl ReadableTable<&'static str, u64>) -> Result<u64, StoreError> {
    let found = meta.get("schema")?.map_or(0, |version| version.value());
    if found > SCHEMA { Err(StoreError::TooNew { found, known: SCHEMA }) } else { Ok(found) }
}

pub(super) fn run(tx: &WriteTx) -> Result<(), StoreError> {
    let mut meta = tx.tx.open_table(META)?;
    let found = known_schema(&meta)?;
    for (from, step) in (0u64..).zip(STEPS).skip_while(|(from, _)| *from < found) {
        step(tx)?;
        tracing::info!(schema.from = from, schema.to = from + 1, "database schema migrated");
    }
    if found < SCHEMA {
        meta.insert("schema", SCHEMA)?;
    }
    Ok(())
}

/// Opening a table in a write transaction creates it, so that readers always find it.
fn create_tables(tx: &WriteTx) -> Result<(), StoreError> {
    let tx = &tx.tx;
    tx.open_table(PEOPLE)?;
    tx.open_table(IDENTITIES)?;
    tx.open_table(WIKIS)?;
    tx.open_table(SLUGS)?;
    tx.open_table(ACLS)?;
    tx.open_table(TOKENS)?;
    tx.open_table(TOKEN_HASHES)?;
    tx.open_table(SESSIONS)?;
    tx.open_table(ONE_TIME)?;
    tx.open_table(COUNTERS)?;
    tx.open_table(AUDIT)?;
    Ok(())
}

/// Personal tokens and idempotency keys. Also the version from which the audit trail may
/// hold what schema 1 does not know.
fn to_2(tx: &WriteTx) -> Result<(), StoreError> {
    let tx = &tx.tx;
    tx.open_table(PERSONAL_TOKENS)?;
    tx.open_table(PERSONAL_TOKEN_HASHES)?;
    tx.open_table(FIRST_RESULTS)?;
    tx.open_table(FIRST_RESULTS_BY_TIME)?;
    Ok(())
}

/// Preferences of wikis, and drafts.
fn to_3(tx: &WriteTx) -> Result<(), StoreError> {
    let tx = &tx.tx;
    tx.open_table(PREFERENCES)?;
    tx.open_table(DRAFTS)?;
    Ok(())
}
