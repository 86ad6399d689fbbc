use serde::{Deserialize, Serialize};

use super::record::Record;
use super::tables::{ONE_TIME, SESSIONS};
use super::{ReadTx, StoreError, WriteTx};
use crate::model::{PersonId, SessionId, UnixSeconds, WikiId};

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    pub person: PersonId,
    pub created: UnixSeconds,
    pub expires: UnixSeconds,
}

/// A secret that works once: a sign-in link, or the code that carries a session from the
/// platform's host to a wiki's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeRecord {
    pub purpose: Purpose,
    pub expires: UnixSeconds,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Signs this person in.
    SignIn { person: PersonId },
    /// Continues `session` on the host of `wiki`, in the browser that holds the nonce
    /// whose SHA-256 (hexadecimal) is `state`.
    Handoff { session: SessionId, wiki: WikiId, state: String },
}

impl Record for SessionRecord {
    const TABLE: &'static str = "sessions";
    const VERSION: u8 = 1;
}

impl Record for OneTimeRecord {
    const TABLE: &'static str = "one_time";
    const VERSION: u8 = 1;
}

impl ReadTx {
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn session(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let table = self.tx.open_table(SESSIONS)?;
        table.get(id.0.as_str())?.map(|value| SessionRecord::decode(value.value())).transpose()
    }

    /// The record of a one-time secret, left in place.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn one_time(&self, hash: &[u8; 32]) -> Result<Option<OneTimeRecord>, StoreError> {
        let table = self.tx.open_table(ONE_TIME)?;
        table.get(hash.as_slice())?.map(|value| OneTimeRecord::decode(value.value())).transpose()
    }
}

impl WriteTx {
    /// # Errors
    /// On a storage failure.
    pub fn add_session(&self, id: &SessionId, session: &SessionRecord) -> Result<(), StoreError> {
        self.tx.open_table(SESSIONS)?.insert(id.0.as_str(), session.encode()?.as_slice())?;
        Ok(())
    }

    /// # Errors
    /// On a storage failure.
    pub fn remove_session(&self, id: &SessionId) -> Result<(), StoreError> {
        self.tx.open_table(SESSIONS)?.remove(id.0.as_str())?;
        Ok(())
    }

    /// # Errors
    /// On a storage failure.
    pub fn add_one_time(&self, hash: &[u8; 32], record: &OneTimeRecord) -> Result<(), StoreError> {
        self.tx.open_table(ONE_TIME)?.insert(hash.as_slice(), record.encode()?.as_slice())?;
        Ok(())
    }

    /// Removes and returns a one-time secret's record.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn take_one_time(&self, hash: &[u8; 32]) -> Result<Option<OneTimeRecord>, StoreError> {
        let mut table = self.tx.open_table(ONE_TIME)?;
        let taken = table.remove(hash.as_slice())?;
        taken.map(|value| OneTimeRecord::decode(value.value())).transpose()
    }

    /// Removes sessions and one-time secrets that ended before `now`.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn prune_expired(&self, now: UnixSeconds) -> Result<(), StoreError> {
        let alive = |expires: Result<UnixSeconds, StoreError>| expires.is_ok_and(|expires| expires > now);
        self.tx.open_table(SESSIONS)?.retain(|_, value| alive(SessionRecord::decode(value).map(|r| r.expires)))?;
        self.tx.open_table(ONE_TIME)?.retain(|_, value| alive(OneTimeRecord::decode(value).map(|r| r.expires)))?;
        Ok(())
    }
}
