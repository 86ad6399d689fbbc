use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// A value of a table: one version byte, then JSON. A field may be added with a serde
/// default under the same version; any other change takes the next version and an arm in
/// [`Record::upgrade`].
pub(super) trait Record: Serialize + DeserializeOwned {
    const TABLE: &'static str;
    const VERSION: u8;

    /// Reads a record of an older version.
    fn upgrade(version: u8, _json: &[u8]) -> Result<Self, StoreError> {
        Err(StoreError::RecordTooNew { table: Self::TABLE, found: version, known: Self::VERSION })
    }

    fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![Self::VERSION];
        serde_json::to_writer(&mut bytes, self).map_err(|cause| damaged::<Self>(&cause))?;
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        match bytes.split_first() {
            Some((&version, json)) if version == Self::VERSION => {
                serde_json::from_slice(json).map_err(|cause| damaged::<Self>(&cause))
            }
            Some((&version, json)) => Self::upgrade(version, json),
            None => Err(StoreError::Damaged { table: Self::TABLE, cause: "empty".to_owned() }),
        }
    }
}

fn damaged<R: Record>(cause: &serde_json::Error) -> StoreError {
    StoreError::Damaged { table: R::TABLE, cause: cause.to_string() }
}
