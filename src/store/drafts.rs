use redb::ReadableTable as _;
use serde::{Deserialize, Serialize};

use super::record::Record;
use super::tables::DRAFTS;
use super::{ReadTx, StoreError, WriteTx};
use crate::model::{PagePath, PersonId, Revision, UnixSeconds, WikiId};

/// What a person has typed on a page and not saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftRecord {
    pub path: PagePath,
    /// The anchor of the section that is written; none for the whole page.
    pub section: Option<String>,
    /// The revision that the text started from; none for a new page.
    pub base: Option<Revision>,
    pub content: String,
    pub saved: UnixSeconds,
    /// The window that sent it, and the how-manieth text of that window it is.
    pub writer: String,
    pub seq: u64,
}

impl Record for DraftRecord {
    const TABLE: &'static str = "drafts";
    const VERSION: u8 = 1;
}

/// All drafts of one person on one wiki.
fn of(wiki: WikiId, person: PersonId) -> std::ops::Range<(u64, u64, &'static str)> {
    (wiki.0, person.0, "")..(wiki.0, person.0.saturating_add(1), "")
}

impl ReadTx {
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn draft(&self, wiki: WikiId, person: PersonId, key: &str) -> Result<Option<DraftRecord>, StoreError> {
        let table = self.tx.open_table(DRAFTS)?;
        table.get((wiki.0, person.0, key))?.map(|value| DraftRecord::decode(value.value())).transpose()
    }

    /// A person's drafts on a wiki, by page.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn drafts(&self, wiki: WikiId, person: PersonId) -> Result<Vec<DraftRecord>, StoreError> {
        let table = self.tx.open_table(DRAFTS)?;
        table.range(of(wiki, person))?.map(|row| DraftRecord::decode(row?.1.value())).collect()
    }

    /// Whether anybody has a draft that was last saved before `time`.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn has_drafts_before(&self, time: UnixSeconds) -> Result<bool, StoreError> {
        let table = self.tx.open_table(DRAFTS)?;
        for row in table.range::<(u64, u64, &str)>(..)? {
            if DraftRecord::decode(row?.1.value())?.saved < time {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl WriteTx {
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn draft(&self, wiki: WikiId, person: PersonId, key: &str) -> Result<Option<DraftRecord>, StoreError> {
        let table = self.tx.open_table(DRAFTS)?;
        let found = table.get((wiki.0, person.0, key))?;
        found.map(|value| DraftRecord::decode(value.value())).transpose()
    }

    /// A person's drafts of one page, which begins their keys: of the whole and of its sections.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn drafts_of_page(
        &self,
        wiki: WikiId,
        person: PersonId,
        page: &str,
    ) -> Result<Vec<(String, DraftRecord)>, StoreError> {
        let table = self.tx.open_table(DRAFTS)?;
        let last = format!("{page}\n\u{10ffff}");
        table
            .range((wiki.0, person.0, page)..(wiki.0, person.0, last.as_str()))?
            .map(|row| {
                let (key, value) = row?;
                Ok((key.value().2.to_owned(), DraftRecord::decode(value.value())?))
            })
            .collect()
    }

    /// Stores a draft in place of one under the same key. When the person has `most` others,
    /// the oldest of them is given up and returned.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn set_draft(
        &self,
        wiki: WikiId,
        person: PersonId,
        (key, draft): (&str, &DraftRecord),
        most: usize,
    ) -> Result<Option<DraftRecord>, StoreError> {
        let mut table = self.tx.open_table(DRAFTS)?;
        let is_new = table.insert((wiki.0, person.0, key), draft.encode()?.as_slice())?.is_none();
        if !is_new || table.range(of(wiki, person))?.count() <= most {
            return Ok(None);
        }
        let mut oldest: Option<(String, DraftRecord)> = None;
        for row in table.range(of(wiki, person))? {
            let (found, value) = row?;
            let record = DraftRecord::decode(value.value())?;
            let found = found.value().2;
            if found != key && oldest.as_ref().is_none_or(|(_, oldest)| record.saved < oldest.saved) {
                oldest = Some((found.to_owned(), record));
            }
        }
        if let Some((found, _)) = &oldest {
            table.remove((wiki.0, person.0, found.as_str()))?;
        }
        Ok(oldest.map(|(_, record)| record))
    }

    /// Whether there was such a draft.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn remove_draft(&self, wiki: WikiId, person: PersonId, key: &str) -> Result<bool, StoreError> {
        Ok(self.tx.open_table(DRAFTS)?.remove((wiki.0, person.0, key))?.is_some())
    }

    /// Removes what a person has typed on a wiki.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn remove_drafts(&self, wiki: WikiId, person: PersonId) -> Result<(), StoreError> {
        self.tx.open_table(DRAFTS)?.retain_in(of(wiki, person), |_, _| false)?;
        Ok(())
    }

    /// Everybody's drafts on a wiki under other keys: `rename` says what becomes of a key and
    /// its draft; none leaves it. A draft that is there already stays.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn rename_drafts(
        &self,
        wiki: WikiId,
        rename: impl Fn(&DraftRecord) -> Option<(String, DraftRecord)>,
    ) -> Result<(), StoreError> {
        let mut table = self.tx.open_table(DRAFTS)?;
        let mut moved = Vec::new();
        for row in table.range((wiki.0, 0, "")..(wiki.0.saturating_add(1), 0, ""))? {
            let (key, value) = row?;
            let (_, person, key) = key.value();
            if let Some(to) = rename(&DraftRecord::decode(value.value())?) {
                moved.push((person, key.to_owned(), to));
            }
        }
        // All leave before the first arrives: pages may have changed places.
        let mut arriving = Vec::with_capacity(moved.len());
        for (person, key, to) in moved {
            if let Some(record) = table.remove((wiki.0, person, key.as_str()))? {
                arriving.push((person, key, record.value().to_owned(), to));
            }
        }
        // Whoever finds a place taken stays, and may be in another's way by that.
        loop {
            let (mut free, mut blocked) = (Vec::new(), Vec::new());
            for draft in arriving {
                let (person, _, _, (to, _)) = &draft;
                let taken = table.get((wiki.0, *person, to.as_str()))?.is_some();
                (if taken { &mut blocked } else { &mut free }).push(draft);
            }
            arriving = free;
            if blocked.is_empty() {
                break;
            }
            for (person, key, old, _) in blocked {
                table.insert((wiki.0, person, key.as_str()), old.as_slice())?;
            }
        }
        for (person, key, old, (to, record)) in arriving {
            let (key, value) = match table.get((wiki.0, person, to.as_str()))? {
                None => (to, record.encode()?),
                Some(_) => (key, old),
            };
            table.insert((wiki.0, person, key.as_str()), value.as_slice())?;
        }
        Ok(())
    }

    /// Removes the drafts that were last saved before `time`.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn remove_drafts_before(&self, time: UnixSeconds) -> Result<(), StoreError> {
        let young = |value: &[u8]| DraftRecord::decode(value).map_or(true, |draft| draft.saved >= time);
        self.tx.open_table(DRAFTS)?.retain(|_, value| young(value))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::super::Store;
    use super::*;

    const WIKI: WikiId = WikiId(1);
    const ADA: PersonId = PersonId(1);

    fn draft(path: &str, saved: UnixSeconds) -> DraftRecord {
        let path = PagePath::parse(path).unwrap();
        let (content, writer) = ("text".to_owned(), "w".to_owned());
        DraftRecord { path, section: None, base: None, content, saved, writer, seq: 1 }
    }

    fn paths(store: &Store, wiki: WikiId, person: PersonId) -> Vec<String> {
        let drafts = store.read(|tx| tx.drafts(wiki, person)).unwrap();
        drafts.iter().map(|draft| draft.path.to_string()).collect()
    }

    #[test]
    fn the_oldest_draft_is_given_up_for_a_new_one() {
        let store = Store::with_backend(InMemoryBackend::new()).unwrap();
        let set = |key: &str, saved| {
            store.write(|tx| tx.set_draft(WIKI, ADA, (key, &draft(key, saved)), 2)).unwrap().map(|gone| gone.saved)
        };
        assert_eq!([set("a", 20), set("b", 10), set("b", 11)], [None; 3]);
        assert_eq!(set("c", 5), Some(11));
        assert_eq!(paths(&store, WIKI, ADA), ["a", "c"]);
    }

    #[test]
    fn drafts_go_with_their_age_their_role_and_their_wiki() {
        let store = Store::with_backend(InMemoryBackend::new()).unwrap();
        for (wiki, person, saved) in [(1, 1, 10), (1, 2, 20), (2, 1, 30), (2, 2, 40)] {
            let draft = draft("a", saved);
            store.write(|tx| tx.set_draft(WikiId(wiki), PersonId(person), ("a", &draft), 9)).unwrap();
        }
        let left = || {
            let of = |wiki, person| !paths(&store, WikiId(wiki), PersonId(person)).is_empty();
            [of(1, 1), of(1, 2), of(2, 1), of(2, 2)]
        };
        assert!(store.read(|tx| tx.has_drafts_before(11)).unwrap());
        store.write(|tx| tx.remove_drafts_before(11)).unwrap();
        assert_eq!(left(), [false, true, true, true]);
        assert!(!store.read(|tx| tx.has_drafts_before(11)).unwrap());
        store.write(|tx| tx.remove_drafts(WikiId(2), PersonId(1))).unwrap();
        assert_eq!(left(), [false, true, false, true]);
        store.write(|tx| tx.remove_wiki(WikiId(2))).unwrap();
        assert_eq!(left(), [false, true, false, false]);
    }

    #[test]
    fn a_draft_follows_its_page_unless_there_is_one_already() {
        let store = Store::with_backend(InMemoryBackend::new()).unwrap();
        for (key, person) in [("a", 1), ("b", 1), ("a", 2)] {
            store.write(|tx| tx.set_draft(WIKI, PersonId(person), (key, &draft(key, 1)), 9)).unwrap();
        }
        let to_b = |found: &DraftRecord| (found.path.as_str() == "a").then(|| ("b".to_owned(), draft("b", 1)));
        store.write(|tx| tx.rename_drafts(WIKI, to_b)).unwrap();
        let change_places = |found: &DraftRecord| {
            let to = if found.path.as_str() == "a" { "b" } else { "a" };
            Some((to.to_owned(), DraftRecord { path: PagePath::parse(to).unwrap(), ..found.clone() }))
        };
        store.write(|tx| tx.rename_drafts(WIKI, change_places)).unwrap();
        assert_eq!(paths(&store, WIKI, PersonId(2)), ["a"]);
        store.write(|tx| tx.rename_drafts(WIKI, change_places)).unwrap();
        assert_eq!(paths(&store, WIKI, PersonId(1)), ["a", "b"]);
        assert_eq!(paths(&store, WIKI, PersonId(2)), ["b"]);
    }
}
