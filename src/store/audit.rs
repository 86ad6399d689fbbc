use redb::ReadableTable as _;
use serde::{Deserialize, Serialize};

use super::record::Record;
use super::tables::AUDIT;
use super::{ReadTx, StoreError, WriteTx};
use crate::model::{Revision, UnixSeconds, WikiId};

/// Entries kept; the oldest give way.
const KEPT: u64 = 100_000;

/// One thing that happened, for the operator. Never holds a secret or a page's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub at: UnixSeconds,
    /// Who did it: `p1`, `t4`, `operator` (the command line), `nobody`.
    pub actor: String,
    pub wiki: Option<WikiId>,
    pub event: AuditEvent,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum AuditEvent {
    PersonCreated {
        person: String,
    },
    SignInLinkCreated {
        person: String,
    },
    SignedIn {
        person: String,
    },
    SignedOut {
        person: String,
    },
    WikiCreated {
        slug: String,
    },
    WikiDeleted {
        slug: String,
    },
    RoleGranted {
        person: String,
        role: String,
    },
    TokenCreated {
        token: String,
        role: String,
    },
    TokenRevoked {
        token: String,
    },
    Committed {
        revision: Revision,
    },
    RoleRemoved {
        person: String,
    },
    SettingsChanged {
        name: String,
        public: bool,
    },
    /// Names of what was changed, without their values.
    PreferencesChanged {
        fields: String,
    },
    PersonalTokenCreated {
        token: String,
    },
    PersonalTokenRevoked {
        token: String,
    },
}

impl Record for AuditEntry {
    const TABLE: &'static str = "audit";
    const VERSION: u8 = 1;
}

impl ReadTx {
    /// The newest entries, newest first.
    ///
    /// # Errors
    /// On a storage failure or a damaged record.
    pub fn audit(&self, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let table = self.tx.open_table(AUDIT)?;
        table
            .iter()?
            .rev()
            .take(limit)
            .map(|row| {
                let (_, value) = row?;
                AuditEntry::decode(value.value())
            })
            .collect()
    }
}

impl WriteTx {
    /// # Errors
    /// On a storage failure.
    pub fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let id = self.next("audit")?;
        let mut table = self.tx.open_table(AUDIT)?;
        table.insert(id, entry.encode()?.as_slice())?;
        if let Some(old) = id.checked_sub(KEPT) {
            table.remove(old)?;
        }
        Ok(())
    }
}
