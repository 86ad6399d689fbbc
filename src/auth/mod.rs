//! Who is asking: accounts, sessions, one-time links and wiki tokens become a
//! [`Principal`](crate::model::Principal).
//!
//! What a principal may do on a wiki is decided in `wiki::access`; cookies and headers are
//! read in `http`.

mod error;
mod keys;
mod people;
mod personal_tokens;
mod sessions;
mod tokens;

use std::path::Path;
use std::sync::Arc;

pub use error::AuthError;
pub use people::{PersonSummary, SignInLink};
pub use personal_tokens::{MOST_PERSONAL_TOKENS, NewPersonalToken, PersonalTokenSummary};
pub use sessions::{Handoff, NewSession};
pub use tokens::{Administers, NewToken, TokenSummary};

use crate::clock::Clock;
use crate::config::SessionConfig;
use crate::model::UnixSeconds;
use crate::store::{AuditEntry, AuditEvent, Store, StoreError, WriteTx};
use keys::Keys;

/// Proof that the request came from whoever runs the machine: through the command line or
/// the control socket, which file permissions protect. Operators' use cases demand it.
#[derive(Clone, Copy, Debug)]
pub struct Operator(());

impl Operator {
    /// To be called only where the operating system has already decided who may connect.
    #[must_use]
    pub const fn on_this_machine() -> Self {
        Self(())
    }
}

/// The authority over accounts, sessions and tokens.
pub struct Auth {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    keys: Keys,
    sessions: SessionConfig,
    /// The issuer of session tokens: the platform's domain.
    issuer: String,
}

impl Auth {
    /// Loads the keys in `keys_dir`, making them on the first start.
    ///
    /// # Errors
    /// When a key cannot be read, written or understood.
    pub fn open(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        keys_dir: &Path,
        sessions: SessionConfig,
        issuer: String,
    ) -> Result<Self, AuthError> {
        let keys = Keys::open(keys_dir, clock.as_ref())?;
        Ok(Self { store, clock, keys, sessions, issuer })
    }

    /// Forgets sessions and one-time secrets that have ended.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn prune_expired(&self) -> Result<(), AuthError> {
        let now = self.clock.now();
        Ok(self.store.write(|tx| tx.prune_expired(now))?)
    }

    fn audit(&self, tx: &WriteTx, actor: &str, event: AuditEvent) -> Result<(), StoreError> {
        tx.audit(&AuditEntry { at: self.clock.now(), actor: actor.to_owned(), wiki: None, event })
    }
}

/// When something that lives for `days` from `now` ends.
fn expiry(now: UnixSeconds, days: Option<u32>) -> Result<Option<UnixSeconds>, AuthError> {
    match days {
        Some(days) if !(1..=3650).contains(&days) => Err(AuthError::BadExpiry),
        days => Ok(days.map(|days| now + i64::from(days) * 86_400)),
    }
}

fn sha256(secret: &str) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests;
