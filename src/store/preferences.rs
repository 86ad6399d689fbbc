use redb::ReadableTable as _;

use super::record::Record;
use super::tables::PREFERENCES;
use super::{ReadTx, StoreError, WriteTx};
use crate::model::{Preferences, WikiId};

impl Record for Preferences {
    const TABLE: &'static str = "preferences";
    const VERSION: u8 = 1;
}

impl ReadTx {
    /// How a wiki is wanted; defaults for one that nobody has set anything on.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn preferences(&self, wiki: WikiId) -> Result<Preferences, StoreError> {
        let table = self.tx.open_table(PREFERENCES)?;
        let found = table.get(wiki.0)?.map(|value| Preferences::decode(value.value())).transpose()?;
        Ok(found.unwrap_or_default())
    }
}

impl WriteTx {
    /// As this transaction sees them.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn preferences(&self, wiki: WikiId) -> Result<Preferences, StoreError> {
        let table = self.tx.open_table(PREFERENCES)?;
        let found = table.get(wiki.0)?.map(|value| Preferences::decode(value.value())).transpose()?;
        Ok(found.unwrap_or_default())
    }

    /// # Errors
    /// On a storage failure.
    pub fn set_preferences(&self, wiki: WikiId, preferences: &Preferences) -> Result<(), StoreError> {
        self.tx.open_table(PREFERENCES)?.insert(wiki.0, preferences.encode()?.as_slice())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_later_fields_is_read_with_their_defaults() {
        let old = b"\x01{\"description\":\"Boats\"}";
        let read = Preferences::decode(old).unwrap();
        assert_eq!(read.description.as_str(), "Boats");
        assert!(read.indexed);
        assert_eq!(Preferences::decode(&read.encode().unwrap()).unwrap(), read);
    }
}
