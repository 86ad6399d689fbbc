//! Every table of the database. A key that belongs to a wiki begins with the wiki's id.

use redb::TableDefinition;

/// `"schema"` -> version; the next number of each sequence.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// person -> record.
pub(super) const PEOPLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("people");
/// external identity (a DID) -> person.
pub(super) const IDENTITIES: TableDefinition<'_, &str, u64> = TableDefinition::new("identities");
/// wiki -> record.
pub(super) const WIKIS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("wikis");
/// slug -> wiki.
pub(super) const SLUGS: TableDefinition<'_, &str, u64> = TableDefinition::new("slugs");
/// (wiki, person) -> role.
pub(super) const ACLS: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("acls");
/// (wiki, token) -> record.
pub(super) const TOKENS: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("tokens");
/// SHA-256 of a token -> (wiki, token).
pub(super) const TOKEN_HASHES: TableDefinition<'_, &[u8], (u64, u64)> = TableDefinition::new("token_hashes");
/// (person, token) -> record.
pub(super) const PERSONAL_TOKENS: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("personal_tokens");
/// SHA-256 of a personal token -> (person, token).
pub(super) const PERSONAL_TOKEN_HASHES: TableDefinition<'_, &[u8], (u64, u64)> =
    TableDefinition::new("personal_token_hashes");
/// session -> record.
pub(super) const SESSIONS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("sessions");
/// SHA-256 of a one-time secret -> record.
pub(super) const ONE_TIME: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("one_time");
/// wiki -> counters.
pub(super) const COUNTERS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("counters");
/// sequence -> record.
pub(super) const AUDIT: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("audit");
/// (wiki, SHA-256 of principal and idempotency key) -> first result.
pub(super) const FIRST_RESULTS: TableDefinition<'_, (u64, &[u8]), &[u8]> = TableDefinition::new("first_results");
/// (time, wiki, SHA-256 as above), to find what has expired.
pub(super) const FIRST_RESULTS_BY_TIME: TableDefinition<'_, (i64, u64, &[u8]), ()> =
    TableDefinition::new("first_results_by_time");
/// wiki -> how its owner wants it.
pub(super) const PREFERENCES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("preferences");
/// (wiki, person, page as it folds, then a line break and the section if it is one) -> what the person has typed
/// and not saved.
pub(super) const DRAFTS: TableDefinition<'_, (u64, u64, &str), &[u8]> = TableDefinition::new("drafts");
