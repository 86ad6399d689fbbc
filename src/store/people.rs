use redb::ReadableTable;
use serde::{Deserialize, Serialize};

use super::record::Record;
use super::tables::{IDENTITIES, META, PEOPLE};
use super::{ReadTx, StoreError, WriteTx};
use crate::model::{Did, Handle, Name, PersonId, UnixSeconds};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    /// Shown, and the author of the person's commits. Unique, case folded.
    pub name: Name,
    /// The last handle seen at sign-in; never an identity.
    pub handle: Option<Handle>,
    /// May administer the installation.
    pub operator: bool,
    pub created: UnixSeconds,
}

impl Record for PersonRecord {
    const TABLE: &'static str = "people";
    const VERSION: u8 = 1;
}

impl ReadTx {
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn person(&self, id: PersonId) -> Result<Option<PersonRecord>, StoreError> {
        let table = self.tx.open_table(PEOPLE)?;
        table.get(id.0)?.map(|value| PersonRecord::decode(value.value())).transpose()
    }

    /// All accounts, oldest first.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn people(&self) -> Result<Vec<(PersonId, PersonRecord)>, StoreError> {
        all(&self.tx.open_table(PEOPLE)?)
    }

    /// The account behind an external identity.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn person_by_did(&self, did: &Did) -> Result<Option<PersonId>, StoreError> {
        Ok(self.tx.open_table(IDENTITIES)?.get(did.0.as_str())?.map(|id| PersonId(id.value())))
    }
}

fn all(table: &impl ReadableTable<u64, &'static [u8]>) -> Result<Vec<(PersonId, PersonRecord)>, StoreError> {
    table
        .iter()?
        .map(|row| {
            let (id, value) = row?;
            Ok((PersonId(id.value()), PersonRecord::decode(value.value())?))
        })
        .collect()
}

impl WriteTx {
    /// All accounts, oldest first, as this transaction leaves them: what a new name is
    /// compared with.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn people(&self) -> Result<Vec<(PersonId, PersonRecord)>, StoreError> {
        all(&self.tx.open_table(PEOPLE)?)
    }

    /// Stores a new account and returns its identifier, which is never used again. That
    /// its name is free is the caller's to know.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn add_person(&self, person: &PersonRecord) -> Result<PersonId, StoreError> {
        let id = self.next("people")?;
        self.tx.open_table(PEOPLE)?.insert(id, person.encode()?.as_slice())?;
        Ok(PersonId(id))
    }

    /// Links an external identity to an account; a second link of the same identity
    /// replaces the first.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn link_identity(&self, did: &Did, person: PersonId) -> Result<(), StoreError> {
        self.tx.open_table(IDENTITIES)?.insert(did.0.as_str(), person.0)?;
        Ok(())
    }

    /// The next number of a sequence, starting with 1.
    pub(super) fn next(&self, sequence: &str) -> Result<u64, StoreError> {
        let mut meta = self.tx.open_table(META)?;
        let key = format!("next.{sequence}");
        let number = meta.get(key.as_str())?.map_or(1, |value| value.value());
        meta.insert(key.as_str(), number + 1)?;
        Ok(number)
    }
}
