use super::{Auth, AuthError, expiry, sha256};
use crate::model::{Name, PersonId, PersonalTokenId, Principal, UnixSeconds};
use crate::store::{AuditEvent, PersonalTokenRecord};

const PREFIX: &str = "rwp_";
const LONGEST: usize = 128;
/// Tokens that one person may have.
pub const MOST_PERSONAL_TOKENS: usize = 50;
/// How old the note of a token's last use may be: not every request shall write.
const COARSE_SECONDS: i64 = 3_600;

/// A personal access token that was just made.
#[derive(Clone, Debug)]
pub struct NewPersonalToken {
    pub id: PersonalTokenId,
    /// `rwp_` and 43 characters; shown once, stored as a hash.
    pub secret: String,
    pub created: UnixSeconds,
    pub expires: Option<UnixSeconds>,
}

/// A personal access token, for listings.
#[derive(Clone, Debug)]
pub struct PersonalTokenSummary {
    pub id: PersonalTokenId,
    pub name: Name,
    pub created: UnixSeconds,
    pub expires: Option<UnixSeconds>,
    /// To the hour or so.
    pub last_used: Option<UnixSeconds>,
}

impl Auth {
    /// Makes a token for a person who is signed in. `days` of life, 1 to 3650; none for no
    /// end. A personal token makes none: whoever finds one could outlive its revocation.
    ///
    /// # Errors
    /// [`AuthError::SessionNeeded`], [`AuthError::TooManyTokens`], [`AuthError::BadExpiry`],
    /// or a storage failure.
    pub fn create_personal_token(
        &self,
        principal: &Principal,
        name: &Name,
        days: Option<u32>,
    ) -> Result<NewPersonalToken, AuthError> {
        let Principal::Person { id: person, .. } = principal else { return Err(AuthError::SessionNeeded) };
        let created = self.clock.now();
        let expires = expiry(created, days)?;
        if self.store.read(|tx| tx.personal_tokens(*person))?.len() >= MOST_PERSONAL_TOKENS {
            return Err(AuthError::TooManyTokens(MOST_PERSONAL_TOKENS));
        }
        let secret = format!("{PREFIX}{}", self.clock.secret()?);
        let record =
            PersonalTokenRecord { name: name.clone(), hash: sha256(&secret), created, expires, last_used: None };
        let id = self.store.write(|tx| {
            let id = tx.add_personal_token(*person, &record)?;
            self.audit(tx, &person.to_string(), AuditEvent::PersonalTokenCreated { token: id.to_string() })?;
            Ok::<_, AuthError>(id)
        })?;
        Ok(NewPersonalToken { id, secret, created, expires })
    }

    /// A person's tokens, oldest first.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn personal_tokens(&self, person: PersonId) -> Result<Vec<PersonalTokenSummary>, AuthError> {
        let tokens = self.store.read(|tx| tx.personal_tokens(person))?;
        Ok(tokens
            .into_iter()
            .map(|(id, token)| PersonalTokenSummary {
                id,
                name: token.name,
                created: token.created,
                expires: token.expires,
                last_used: token.last_used,
            })
            .collect())
    }

    /// Makes a person's token useless from the next request on.
    ///
    /// # Errors
    /// [`AuthError::NoSuchPersonalToken`], or a storage failure.
    pub fn revoke_personal_token(&self, person: PersonId, token: PersonalTokenId) -> Result<(), AuthError> {
        self.store.write(|tx| {
            if !tx.remove_personal_token(person, token)? {
                return Err(AuthError::NoSuchPersonalToken(token.to_string()));
            }
            self.audit(tx, &person.to_string(), AuditEvent::PersonalTokenRevoked { token: token.to_string() })?;
            Ok(())
        })
    }

    /// The person behind a personal access token; none when it is unknown, revoked or
    /// expired.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn principal_of_personal_token(&self, secret: &str) -> Result<Option<Principal>, AuthError> {
        if secret.len() > LONGEST || !secret.starts_with(PREFIX) {
            return Ok(None);
        }
        let now = self.clock.now();
        let found = self.store.read(|tx| tx.personal_token_by_hash(&sha256(secret)))?;
        let Some((person, token, record)) = found.filter(|(_, _, token)| token.expires.is_none_or(|e| e > now)) else {
            return Ok(None);
        };
        if record.last_used.is_none_or(|last| now - last >= COARSE_SECONDS) {
            self.store.write(|tx| tx.personal_token_used(person, token, now))?;
        }
        let account = self.store.read(|tx| tx.person(person))?;
        Ok(account.map(|account| Principal::PersonalToken { id: person, name: account.name, token }))
    }
}
