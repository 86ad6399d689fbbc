use serde::{Deserialize, Serialize};

use super::record::Record;
use super::tables::{TOKEN_HASHES, TOKENS};
use super::{ReadTx, StoreError, WriteTx};
use crate::model::{Name, TokenId, TokenRole, UnixSeconds, WikiId};

/// A wiki token. The secret itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Shown, and the author of the commits made with the token.
    pub name: Name,
    pub role: TokenRole,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    pub created: UnixSeconds,
    /// Not accepted from this second on.
    pub expires: Option<UnixSeconds>,
}

impl Record for TokenRecord {
    const TABLE: &'static str = "tokens";
    const VERSION: u8 = 1;
}

impl ReadTx {
    /// The token whose secret has this SHA-256.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<(WikiId, TokenId, TokenRecord)>, StoreError> {
        let Some(key) = self.tx.open_table(TOKEN_HASHES)?.get(hash.as_slice())?.map(|key| key.value()) else {
            return Ok(None);
        };
        let table = self.tx.open_table(TOKENS)?;
        let record = table.get(key)?.map(|value| TokenRecord::decode(value.value())).transpose()?;
        Ok(record.map(|record| (WikiId(key.0), TokenId(key.1), record)))
    }

    /// The tokens of a wiki, oldest first.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn tokens(&self, wiki: WikiId) -> Result<Vec<(TokenId, TokenRecord)>, StoreError> {
        let table = self.tx.open_table(TOKENS)?;
        table
            .range((wiki.0, 0)..=(wiki.0, u64::MAX))?
            .map(|row| {
                let (key, value) = row?;
                Ok((TokenId(key.value().1), TokenRecord::decode(value.value())?))
            })
            .collect()
    }
}

impl WriteTx {
    /// # Errors
    /// On a storage failure.
    pub fn add_token(&self, wiki: WikiId, token: &TokenRecord) -> Result<TokenId, StoreError> {
        let id = self.next("tokens")?;
        self.tx.open_table(TOKENS)?.insert((wiki.0, id), token.encode()?.as_slice())?;
        self.tx.open_table(TOKEN_HASHES)?.insert(token.hash.as_slice(), (wiki.0, id))?;
        Ok(TokenId(id))
    }

    /// Removes a token; false when the wiki has none with this identifier.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn remove_token(&self, wiki: WikiId, token: TokenId) -> Result<bool, StoreError> {
        let removed = {
            let mut tokens = self.tx.open_table(TOKENS)?;
            tokens.remove((wiki.0, token.0))?.map(|value| TokenRecord::decode(value.value())).transpose()?
        };
        let Some(record) = removed else { return Ok(false) };
        self.tx.open_table(TOKEN_HASHES)?.remove(record.hash.as_slice())?;
        Ok(true)
    }
}
