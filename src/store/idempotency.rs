use redb::ReadableTable as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::Record;
use super::tables::{FIRST_RESULTS, FIRST_RESULTS_BY_TIME};
use super::{ReadTx, StoreError, WriteTx};
use crate::model::{Revision, UnixSeconds, WikiId};

/// Expired records that one new record takes away, so that none of them waits long.
const PRUNED_AT_ONCE: usize = 64;

/// What the first request with an idempotency key came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FirstResult {
    /// SHA-256 of the request, hexadecimal: the key is for this request alone.
    pub request: String,
    pub at: UnixSeconds,
    /// The commit that it was about to publish; the result holds only if the branch
    /// reaches it. None when nothing had to be committed.
    pub revision: Option<Revision>,
    /// The use case's own outcome.
    pub outcome: Value,
}

impl Record for FirstResult {
    const TABLE: &'static str = "first_results";
    const VERSION: u8 = 1;
}

impl ReadTx {
    /// The first result under a key, which is the hash of principal and key.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn first_result(&self, wiki: WikiId, key: &[u8; 32]) -> Result<Option<FirstResult>, StoreError> {
        let table = self.tx.open_table(FIRST_RESULTS)?;
        table.get((wiki.0, key.as_slice()))?.map(|value| FirstResult::decode(value.value())).transpose()
    }
}

impl WriteTx {
    /// Stores a first result, in place of one under the same key, and removes some of those
    /// that are older than `kept_since`.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn set_first_result(
        &self,
        wiki: WikiId,
        key: &[u8; 32],
        result: &FirstResult,
        kept_since: UnixSeconds,
    ) -> Result<(), StoreError> {
        let mut results = self.tx.open_table(FIRST_RESULTS)?;
        let mut times = self.tx.open_table(FIRST_RESULTS_BY_TIME)?;
        let mut old = Vec::new();
        for row in times.range((i64::MIN, 0, [].as_slice())..(kept_since, 0, [].as_slice()))?.take(PRUNED_AT_ONCE) {
            let (row, ()) = row.map(|(key, _)| (key, ()))?;
            let (at, wiki, key) = row.value();
            old.push((at, wiki, key.to_vec()));
        }
        for (at, wiki, key) in old {
            times.remove((at, wiki, key.as_slice()))?;
            results.remove((wiki, key.as_slice()))?;
        }
        let before = results.insert((wiki.0, key.as_slice()), result.encode()?.as_slice())?;
        let before = before.map(|value| FirstResult::decode(value.value())).transpose()?;
        if let Some(before) = before {
            times.remove((before.at, wiki.0, key.as_slice()))?;
        }
        times.insert((result.at, wiki.0, key.as_slice()), ())?;
        Ok(())
    }

    pub(super) fn remove_first_results(&self, wiki: WikiId) -> Result<(), StoreError> {
        let mut results = self.tx.open_table(FIRST_RESULTS)?;
        results.retain_in((wiki.0, [].as_slice())..(wiki.0.saturating_add(1), [].as_slice()), |_, _| false)?;
        let mut times = self.tx.open_table(FIRST_RESULTS_BY_TIME)?;
        times.retain(|(_, of, _), ()| of != wiki.0)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::super::Store;
    use super::*;

    #[test]
    fn first_results_are_replaced_expire_and_go_with_their_wiki() {
        let store = Store::with_backend(InMemoryBackend::new()).unwrap();
        let result =
            |at, outcome: &str| FirstResult { request: "r".into(), at, revision: None, outcome: outcome.into() };
        let set = |wiki, key: u8, result: &FirstResult, since| {
            store.write(|tx| tx.set_first_result(WikiId(wiki), &[key; 32], result, since)).unwrap();
        };
        let get = |wiki, key: u8| store.read(|tx| tx.first_result(WikiId(wiki), &[key; 32])).unwrap();
        set(1, 1, &result(10, "a"), 0);
        set(1, 1, &result(30, "b"), 0);
        set(1, 2, &result(11, "c"), 0);
        set(2, 1, &result(12, "d"), 0);
        assert_eq!(get(1, 1), Some(result(30, "b")));
        // The replaced record's time is forgotten with it.
        set(1, 3, &result(40, "e"), 12);
        assert_eq!((get(1, 1), get(1, 2), get(2, 1)), (Some(result(30, "b")), None, Some(result(12, "d"))));
        store.write(|tx| tx.remove_first_results(WikiId(1))).unwrap();
        assert_eq!((get(1, 1), get(1, 3), get(2, 1)), (None, None, Some(result(12, "d"))));
    }
}
