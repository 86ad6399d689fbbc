//! Time and randomness, injected so that nothing below the composition root asks the
//! machine for them and tests decide both.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::model::UnixSeconds;

/// Where the time and unguessable bytes come from.
pub trait Clock: Send + Sync {
    /// Seconds since the Unix epoch.
    fn now(&self) -> UnixSeconds;

    /// Fills `bytes` from a cryptographic source.
    ///
    /// # Errors
    /// When the operating system has none to give.
    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;

    /// 32 random bytes as 43 characters of URL-safe base64.
    ///
    /// # Errors
    /// As [`Clock::fill_random`].
    fn secret(&self) -> Result<String, NoRandomness> {
        let mut bytes = [0u8; 32];
        self.fill_random(&mut bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness;

/// The machine's clock and randomness.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixSeconds {
        SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| d.as_secs().try_into().ok()).unwrap_or(0)
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|_cause| NoRandomness)
    }
}
