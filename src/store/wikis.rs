use redb::ReadableTable as _;
use serde::{Deserialize, Serialize};

use super::record::Record;
use super::tables::{ACLS, COUNTERS, DRAFTS, PREFERENCES, SLUGS, TOKEN_HASHES, TOKENS, WIKIS};
use super::{ReadTx, StoreError, WriteTx};
use crate::model::{Language, Name, PersonId, Revision, Role, Slug, UnixSeconds, WikiId};

/// A wiki's standing facts; its content is in git.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WikiRecord {
    pub slug: Slug,
    pub name: Name,
    /// Readable by anybody.
    pub public: bool,
    pub created: UnixSeconds,
    /// What it is written in. Wikis made before there was a choice are English to searches.
    #[serde(default)]
    pub language: Language,
}

/// How much a wiki holds, as of a commit. Derived: recomputed from git when it lags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountersRecord {
    pub commit: Option<Revision>,
    pub pages: u64,
    pub attachments: u64,
    /// Bytes of all pages and attachments at that commit.
    pub bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct RoleRecord {
    role: Role,
}

impl Record for WikiRecord {
    const TABLE: &'static str = "wikis";
    const VERSION: u8 = 1;
}

impl Record for CountersRecord {
    const TABLE: &'static str = "counters";
    const VERSION: u8 = 1;
}

impl Record for RoleRecord {
    const TABLE: &'static str = "acls";
    const VERSION: u8 = 1;
}

impl ReadTx {
    /// # Errors
    /// On a storage failure.
    pub fn wiki_by_slug(&self, slug: &Slug) -> Result<Option<WikiId>, StoreError> {
        Ok(self.tx.open_table(SLUGS)?.get(slug.as_str())?.map(|id| WikiId(id.value())))
    }

    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn wiki(&self, id: WikiId) -> Result<Option<WikiRecord>, StoreError> {
        let table = self.tx.open_table(WIKIS)?;
        table.get(id.0)?.map(|value| WikiRecord::decode(value.value())).transpose()
    }

    /// All wikis, oldest first.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn wikis(&self) -> Result<Vec<(WikiId, WikiRecord)>, StoreError> {
        let table = self.tx.open_table(WIKIS)?;
        table
            .iter()?
            .map(|row| {
                let (id, value) = row?;
                Ok((WikiId(id.value()), WikiRecord::decode(value.value())?))
            })
            .collect()
    }

    /// What a person is on a wiki.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn role(&self, wiki: WikiId, person: PersonId) -> Result<Option<Role>, StoreError> {
        let table = self.tx.open_table(ACLS)?;
        let record = table.get((wiki.0, person.0))?.map(|value| RoleRecord::decode(value.value())).transpose()?;
        Ok(record.map(|record| record.role))
    }

    /// Everybody with a role on a wiki.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn roles(&self, wiki: WikiId) -> Result<Vec<(PersonId, Role)>, StoreError> {
        let table = self.tx.open_table(ACLS)?;
        table
            .range((wiki.0, 0)..=(wiki.0, u64::MAX))?
            .map(|row| {
                let (key, value) = row?;
                Ok((PersonId(key.value().1), RoleRecord::decode(value.value())?.role))
            })
            .collect()
    }

    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn counters(&self, wiki: WikiId) -> Result<Option<CountersRecord>, StoreError> {
        let table = self.tx.open_table(COUNTERS)?;
        table.get(wiki.0)?.map(|value| CountersRecord::decode(value.value())).transpose()
    }
}

impl WriteTx {
    /// Stores a new wiki; none when the slug is taken.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn add_wiki(&self, wiki: &WikiRecord) -> Result<Option<WikiId>, StoreError> {
        let mut slugs = self.tx.open_table(SLUGS)?;
        if slugs.get(wiki.slug.as_str())?.is_some() {
            return Ok(None);
        }
        let id = self.next("wikis")?;
        slugs.insert(wiki.slug.as_str(), id)?;
        self.tx.open_table(WIKIS)?.insert(id, wiki.encode()?.as_slice())?;
        Ok(Some(WikiId(id)))
    }

    /// Removes a wiki and everything bound to it: slug, roles, tokens, counters, preferences, drafts.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn remove_wiki(&self, id: WikiId) -> Result<(), StoreError> {
        let removed = {
            let mut wikis = self.tx.open_table(WIKIS)?;
            wikis.remove(id.0)?.map(|value| WikiRecord::decode(value.value())).transpose()?
        };
        if let Some(wiki) = removed {
            self.tx.open_table(SLUGS)?.remove(wiki.slug.as_str())?;
        }
        self.tx.open_table(ACLS)?.retain_in((id.0, 0)..=(id.0, u64::MAX), |_, _| false)?;
        self.tx.open_table(TOKENS)?.retain_in((id.0, 0)..=(id.0, u64::MAX), |_, _| false)?;
        self.tx.open_table(TOKEN_HASHES)?.retain(|_, (wiki, _)| wiki != id.0)?;
        self.tx.open_table(COUNTERS)?.remove(id.0)?;
        self.tx.open_table(PREFERENCES)?.remove(id.0)?;
        self.tx.open_table(DRAFTS)?.retain_in((id.0, 0, "")..(id.0 + 1, 0, ""), |_, _| false)?;
        self.remove_first_results(id)
    }

    /// # Errors
    /// On a storage failure.
    pub fn set_role(&self, wiki: WikiId, person: PersonId, role: Role) -> Result<(), StoreError> {
        let record = RoleRecord { role }.encode()?;
        self.tx.open_table(ACLS)?.insert((wiki.0, person.0), record.as_slice())?;
        Ok(())
    }

    /// Replaces a wiki's record; its slug stays what it was.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn set_wiki(&self, id: WikiId, wiki: &WikiRecord) -> Result<(), StoreError> {
        self.tx.open_table(WIKIS)?.insert(id.0, wiki.encode()?.as_slice())?;
        Ok(())
    }

    /// A wiki's record, as this transaction sees it.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn wiki(&self, id: WikiId) -> Result<Option<WikiRecord>, StoreError> {
        let table = self.tx.open_table(WIKIS)?;
        table.get(id.0)?.map(|value| WikiRecord::decode(value.value())).transpose()
    }

    /// The people who are something on a wiki, as this transaction sees them.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn roles(&self, wiki: WikiId) -> Result<Vec<(PersonId, Role)>, StoreError> {
        let table = self.tx.open_table(ACLS)?;
        table
            .range((wiki.0, 0)..=(wiki.0, u64::MAX))?
            .map(|row| {
                let (key, value) = row?;
                Ok((PersonId(key.value().1), RoleRecord::decode(value.value())?.role))
            })
            .collect()
    }

    /// Whether the person was something there.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn remove_role(&self, wiki: WikiId, person: PersonId) -> Result<bool, StoreError> {
        Ok(self.tx.open_table(ACLS)?.remove((wiki.0, person.0))?.is_some())
    }

    /// # Errors
    /// On a storage failure.
    pub fn set_counters(&self, wiki: WikiId, counters: &CountersRecord) -> Result<(), StoreError> {
        self.tx.open_table(COUNTERS)?.insert(wiki.0, counters.encode()?.as_slice())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wiki_of_before_there_was_a_choice_is_english() {
        let old = b"\x01{\"slug\":\"docs\",\"name\":\"Docs\",\"public\":true,\"created\":1}";
        let mut record = WikiRecord::decode(old).unwrap();
        assert_eq!(record.language, Language::English);
        record.language = Language::German;
        assert_eq!(WikiRecord::decode(&record.encode().unwrap()).unwrap(), record);
    }
}
