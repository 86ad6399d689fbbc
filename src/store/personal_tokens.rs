use redb::ReadableTable as _;
use serde::{Deserialize, Serialize};

use super::record::Record;
use super::tables::{PERSONAL_TOKEN_HASHES, PERSONAL_TOKENS};
use super::{ReadTx, StoreError, WriteTx};
use crate::model::{Name, PersonId, PersonalTokenId, UnixSeconds};

/// A personal access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalTokenRecord {
    pub name: Name,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    pub created: UnixSeconds,
    pub expires: Option<UnixSeconds>,
    /// When it was used last, to the hour or so.
    pub last_used: Option<UnixSeconds>,
}

impl Record for PersonalTokenRecord {
    const TABLE: &'static str = "personal_tokens";
    const VERSION: u8 = 1;
}

impl ReadTx {
    /// Finds a token by the SHA-256 of its secret.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn personal_token_by_hash(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<(PersonId, PersonalTokenId, PersonalTokenRecord)>, StoreError> {
        let hashes = self.tx.open_table(PERSONAL_TOKEN_HASHES)?;
        let Some(key) = hashes.get(hash.as_slice())?.map(|key| key.value()) else { return Ok(None) };
        let table = self.tx.open_table(PERSONAL_TOKENS)?;
        let record = table.get(key)?.map(|value| PersonalTokenRecord::decode(value.value())).transpose()?;
        Ok(record.map(|record| (PersonId(key.0), PersonalTokenId(key.1), record)))
    }

    /// A person's tokens, oldest first.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn personal_tokens(&self, person: PersonId) -> Result<Vec<(PersonalTokenId, PersonalTokenRecord)>, StoreError> {
        let table = self.tx.open_table(PERSONAL_TOKENS)?;
        table
            .range((person.0, 0)..=(person.0, u64::MAX))?
            .map(|row| {
                let (key, value) = row?;
                Ok((PersonalTokenId(key.value().1), PersonalTokenRecord::decode(value.value())?))
            })
            .collect()
    }
}

impl WriteTx {
    /// # Errors
    /// On a storage failure.
    pub fn add_personal_token(
        &self,
        person: PersonId,
        token: &PersonalTokenRecord,
    ) -> Result<PersonalTokenId, StoreError> {
        let id = self.next("personal_tokens")?;
        self.tx.open_table(PERSONAL_TOKENS)?.insert((person.0, id), token.encode()?.as_slice())?;
        self.tx.open_table(PERSONAL_TOKEN_HASHES)?.insert(token.hash.as_slice(), (person.0, id))?;
        Ok(PersonalTokenId(id))
    }

    /// Notes that a token was used. One that is gone meanwhile stays gone.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn personal_token_used(
        &self,
        person: PersonId,
        token: PersonalTokenId,
        at: UnixSeconds,
    ) -> Result<(), StoreError> {
        let mut table = self.tx.open_table(PERSONAL_TOKENS)?;
        let key = (person.0, token.0);
        let found = table.get(key)?.map(|value| PersonalTokenRecord::decode(value.value())).transpose()?;
        if let Some(record) = found {
            table.insert(key, PersonalTokenRecord { last_used: Some(at), ..record }.encode()?.as_slice())?;
        }
        Ok(())
    }

    /// Whether there was such a token.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn remove_personal_token(&self, person: PersonId, token: PersonalTokenId) -> Result<bool, StoreError> {
        let mut tokens = self.tx.open_table(PERSONAL_TOKENS)?;
        let removed = tokens.remove((person.0, token.0))?;
        let removed = removed.map(|value| PersonalTokenRecord::decode(value.value())).transpose()?;
        let Some(record) = removed else { return Ok(false) };
        self.tx.open_table(PERSONAL_TOKEN_HASHES)?.remove(record.hash.as_slice())?;
        Ok(true)
    }
}
