use super::{Auth, AuthError, Operator, expiry, sha256};
use crate::model::{Name, Principal, TokenId, TokenRole, UnixSeconds, WikiId};
use crate::store::{AuditEntry, AuditEvent, StoreError, TokenRecord};

/// Begins every wiki token, so that secret scanners and people recognise one.
const PREFIX: &str = "rw_";
/// Nothing longer is looked up.
const LONGEST: usize = 128;

/// A fresh token.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub id: TokenId,
    /// `rw_` and 43 characters; shown once, stored as a hash.
    pub secret: String,
    pub created: UnixSeconds,
    pub expires: Option<UnixSeconds>,
}

/// A token, for listings; never the secret.
#[derive(Clone, Debug)]
pub struct TokenSummary {
    pub id: TokenId,
    pub name: Name,
    pub role: TokenRole,
    pub created: UnixSeconds,
    pub expires: Option<UnixSeconds>,
}

/// Proof that somebody administers a wiki: an `Access<Admin>` of `wiki`.
pub trait Administers {
    /// The wiki.
    fn wiki(&self) -> WikiId;
    /// Who, for the audit trail.
    fn actor(&self) -> String;
}

/// An operator administers every wiki.
struct OperatorOf(WikiId);

impl Administers for OperatorOf {
    fn wiki(&self) -> WikiId {
        self.0
    }

    fn actor(&self) -> String {
        "operator".to_owned()
    }
}

/// Tokens that one wiki may have when its owners make them.
const MOST_TOKENS: usize = 100;

impl Auth {
    /// Makes a token for a wiki. `days` of life, 1 to 3650; none for no end.
    ///
    /// # Errors
    /// [`AuthError::BadExpiry`], or a storage failure.
    pub fn create_token(
        &self,
        _proof: Operator,
        wiki: WikiId,
        name: &Name,
        role: TokenRole,
        days: Option<u32>,
    ) -> Result<NewToken, AuthError> {
        self.add_token(&OperatorOf(wiki), name, role, days)
    }

    /// As [`Auth::create_token`], for who administers the wiki.
    ///
    /// # Errors
    /// [`AuthError::BadExpiry`], [`AuthError::TooManyTokens`], or a storage failure.
    pub fn create_wiki_token(
        &self,
        admin: &impl Administers,
        name: &Name,
        role: TokenRole,
        days: Option<u32>,
    ) -> Result<NewToken, AuthError> {
        if self.store.read(|tx| tx.tokens(admin.wiki()))?.len() >= MOST_TOKENS {
            return Err(AuthError::TooManyTokens(MOST_TOKENS));
        }
        self.add_token(admin, name, role, days)
    }

    fn add_token(
        &self,
        admin: &impl Administers,
        name: &Name,
        role: TokenRole,
        days: Option<u32>,
    ) -> Result<NewToken, AuthError> {
        let (wiki, now) = (admin.wiki(), self.clock.now());
        let expires = expiry(now, days)?;
        let secret = format!("{PREFIX}{}", self.clock.secret()?);
        let record = TokenRecord { name: name.clone(), role, hash: sha256(&secret), created: now, expires };
        let id = self.store.write(|tx| {
            let id = tx.add_token(wiki, &record)?;
            let event = AuditEvent::TokenCreated { token: id.to_string(), role: role.to_string() };
            tx.audit(&AuditEntry { at: now, actor: admin.actor(), wiki: Some(wiki), event })?;
            Ok::<_, StoreError>(id)
        })?;
        Ok(NewToken { id, secret, created: now, expires })
    }

    /// The tokens of a wiki, oldest first.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn list_tokens(&self, _proof: Operator, wiki: WikiId) -> Result<Vec<TokenSummary>, AuthError> {
        self.list_wiki_tokens(&OperatorOf(wiki))
    }

    /// As [`Auth::list_tokens`], for who administers the wiki.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn list_wiki_tokens(&self, admin: &impl Administers) -> Result<Vec<TokenSummary>, AuthError> {
        let tokens = self.store.read(|tx| tx.tokens(admin.wiki()))?;
        Ok(tokens
            .into_iter()
            .map(|(id, token)| TokenSummary {
                id,
                name: token.name,
                role: token.role,
                created: token.created,
                expires: token.expires,
            })
            .collect())
    }

    /// Makes a token useless from the next request on.
    ///
    /// # Errors
    /// [`AuthError::NoSuchToken`], or a storage failure.
    pub fn revoke_token(&self, _proof: Operator, wiki: WikiId, token: TokenId) -> Result<(), AuthError> {
        self.revoke_wiki_token(&OperatorOf(wiki), token)
    }

    /// As [`Auth::revoke_token`], for who administers the wiki.
    ///
    /// # Errors
    /// [`AuthError::NoSuchToken`], or a storage failure.
    pub fn revoke_wiki_token(&self, admin: &impl Administers, token: TokenId) -> Result<(), AuthError> {
        let (wiki, now) = (admin.wiki(), self.clock.now());
        let removed = self.store.write(|tx| {
            let removed = tx.remove_token(wiki, token)?;
            if removed {
                let event = AuditEvent::TokenRevoked { token: token.to_string() };
                tx.audit(&AuditEntry { at: now, actor: admin.actor(), wiki: Some(wiki), event })?;
            }
            Ok::<_, StoreError>(removed)
        })?;
        if removed { Ok(()) } else { Err(AuthError::NoSuchToken(token.to_string())) }
    }

    /// The principal behind a bearer token; none when it is unknown, revoked or expired.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn principal_of_token(&self, secret: &str) -> Result<Option<Principal>, AuthError> {
        if secret.len() > LONGEST || !secret.starts_with(PREFIX) {
            return Ok(None);
        }
        let found = self.store.read(|tx| tx.token_by_hash(&sha256(secret)))?;
        Ok(found
            .filter(|(_, _, token)| token.expires.is_none_or(|expires| expires > self.clock.now()))
            .map(|(wiki, id, token)| Principal::WikiToken { id, wiki, name: token.name, role: token.role }))
    }
}
