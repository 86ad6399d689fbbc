use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use hmac::{Hmac, Mac as _};
use jsonwebtoken::{DecodingKey, EncodingKey};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use sha2::Sha256;

use super::AuthError;
use crate::clock::Clock;

/// The installation's own keys, in `keys/`, readable by its user alone.
pub(super) struct Keys {
    pub(super) signing: EncodingKey,
    pub(super) verifying: DecodingKey,
    secret: [u8; 32],
}

impl Keys {
    pub(super) fn open(dir: &Path, clock: &dyn Clock) -> Result<Self, AuthError> {
        let pem = load_or_create(dir, "signing.pem", || {
            let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).map_err(|e| e.to_string())?;
            let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|e| e.to_string())?;
            Ok(pem.as_bytes().to_vec())
        })?;
        let secret = load_or_create(dir, "secret", || {
            let mut bytes = vec![0u8; 32];
            clock.fill_random(&mut bytes).map_err(|e| e.to_string())?;
            Ok(bytes)
        })?;
        let broken = |cause: String| AuthError::Key { file: dir.join("signing.pem").display().to_string(), cause };
        let text = std::str::from_utf8(&pem).map_err(|e| broken(e.to_string()))?;
        let private = RsaPrivateKey::from_pkcs8_pem(text).map_err(|e| broken(e.to_string()))?;
        let public = private.to_public_key().to_pkcs1_der().map_err(|e| broken(e.to_string()))?;
        Ok(Self {
            signing: EncodingKey::from_rsa_pem(&pem)?,
            verifying: DecodingKey::from_rsa_der(public.as_bytes()),
            secret: secret.as_slice().try_into().map_err(|_length| AuthError::Key {
                file: dir.join("secret").display().to_string(),
                cause: "must be 32 bytes".to_owned(),
            })?,
        })
    }

    /// HMAC-SHA256 of `text` under the installation's secret; `purpose` keeps uses apart.
    pub(super) fn mac(&self, purpose: &str, text: &str) -> Option<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).ok()?;
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        Some(mac.finalize().into_bytes().into())
    }
}

/// Reads `dir/name`, or makes it: written aside, fsynced, renamed, mode 0600.
fn load_or_create(
    dir: &Path,
    name: &str,
    make: impl FnOnce() -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, AuthError> {
    let path = dir.join(name);
    let failed = |cause: String| AuthError::Key { file: path.display().to_string(), cause };
    match fs::read(&path) {
        Ok(bytes) => return Ok(bytes),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
        Err(cause) => return Err(failed(cause.to_string())),
    }
    let bytes = make().map_err(failed)?;
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(dir)?;
        let aside = dir.join(format!("{name}.new"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&aside, &path)?;
        File::open(dir)?.sync_all()
    };
    write().map_err(|cause| failed(cause.to_string()))?;
    Ok(bytes)
}
