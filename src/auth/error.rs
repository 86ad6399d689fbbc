use crate::clock::NoRandomness;
use crate::store::StoreError;

/// Why an account, session or token could not be made or accepted.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("there is already an account named '{0}'")]
    NameTaken(String),
    #[error("no account '{0}'; `robotwiki user list` shows them")]
    NoSuchPerson(String),
    #[error("this wiki has no token '{0}'")]
    NoSuchToken(String),
    #[error("this link has been used or has expired; ask for a new one")]
    LinkEnded,
    #[error("you have no token '{0}'")]
    NoSuchPersonalToken(String),
    #[error("sign in with a browser to do this; a personal access token may not")]
    SessionNeeded,
    #[error("there are already {0} tokens; revoke one first")]
    TooManyTokens(usize),
    #[error("expires must be between 1 and 3650 days")]
    BadExpiry,
    #[error("key {file}: {cause}")]
    Key { file: String, cause: String },
    #[error("session token: {0}")]
    Jwt(#[from] jsonwebtoken::errors::Error),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error(transparent)]
    Store(#[from] StoreError),
}
