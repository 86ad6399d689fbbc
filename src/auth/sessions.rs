use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::{Auth, AuthError, sha256};
use crate::model::{Name, PersonId, Principal, SessionId, UnixSeconds, WikiId};
use crate::store::{AuditEvent, OneTimeRecord, Purpose, SessionRecord, StoreError};

/// Seconds in which a browser has to carry a session to a wiki's host.
const HANDOFF_SECONDS: i64 = 60;

/// A session's cookie value for one host, and how long it lasts.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// An RS256 JWT (RFC 7519). Alone it proves nothing: its `jti` must be in the store.
    pub jwt: String,
    pub seconds: i64,
    pub name: Name,
}

/// What carries a session from the platform's host to a wiki's, where cookies do not reach.
#[derive(Clone, Debug)]
pub struct Handoff {
    /// Works once, within a minute, in the browser that began.
    pub code: String,
}

/// RFC 7519 registered claims only.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    /// The host that the cookie belongs to: a cookie taken to another host is worthless.
    aud: String,
    sub: String,
    jti: String,
    iat: i64,
    exp: i64,
}

impl Auth {
    /// Whom a sign-in link is for, without using it up.
    ///
    /// # Errors
    /// [`AuthError::LinkEnded`], or a storage failure.
    pub fn peek_sign_in_link(&self, secret: &str) -> Result<Name, AuthError> {
        let record = self.store.read(|tx| tx.one_time(&sha256(secret)))?;
        match record {
            Some(OneTimeRecord { purpose: Purpose::SignIn { person }, expires }) if expires > self.clock.now() => {
                Ok(self.person(person)?.ok_or(AuthError::LinkEnded)?.0)
            }
            _ => Err(AuthError::LinkEnded),
        }
    }

    /// Uses up a sign-in link and begins a session on `host`.
    ///
    /// # Errors
    /// [`AuthError::LinkEnded`], or a storage failure.
    pub fn sign_in_with_link(&self, secret: &str, host: &str) -> Result<NewSession, AuthError> {
        let now = self.clock.now();
        let mut id = [0u8; 16];
        self.clock.fill_random(&mut id)?;
        let id = SessionId(id.iter().map(|byte| format!("{byte:02x}")).collect());
        let ends = now + i64::from(self.sessions.days) * 86_400;
        // All or nothing: a link is not used up without the session that it stands for.
        let signed_in = self.store.write(|tx| {
            tx.prune_expired(now)?;
            let taken = tx.take_one_time(&sha256(secret))?;
            let Some(OneTimeRecord { purpose: Purpose::SignIn { person }, expires }) = taken else { return Ok(None) };
            let Some((name, _)) = self.person(person)?.filter(|_| expires > now) else { return Ok(None) };
            tx.add_session(&id, &SessionRecord { person, created: now, expires: ends })?;
            self.audit(tx, &person.to_string(), AuditEvent::SignedIn { person: person.to_string() })?;
            Ok::<_, StoreError>(Some((person, name)))
        })?;
        let (person, name) = signed_in.ok_or(AuthError::LinkEnded)?;
        self.session_for(host, &id, person, name, ends)
    }

    /// The principal behind a session cookie that arrived at `host`; nobody when it is
    /// forged, for another host, expired or signed out.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn principal_of_session(&self, jwt: &str, host: &str) -> Result<Principal, AuthError> {
        let Some(claims) = self.verify(jwt, host) else {
            return Ok(Principal::Nobody);
        };
        let session = SessionId(claims.jti);
        let Some(record) = self.store.read(|tx| tx.session(&session))?.filter(|r| r.expires > self.clock.now()) else {
            return Ok(Principal::Nobody);
        };
        Ok(match self.person(record.person)? {
            Some((name, _)) => Principal::Person { id: record.person, name, session },
            None => Principal::Nobody,
        })
    }

    /// Ends a session on every host.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn sign_out(&self, principal: &Principal) -> Result<(), AuthError> {
        let Principal::Person { id, session, .. } = principal else { return Ok(()) };
        Ok(self.store.write(|tx| {
            tx.remove_session(session)?;
            self.audit(tx, &id.to_string(), AuditEvent::SignedOut { person: id.to_string() })
        })?)
    }

    /// Begins to carry the principal's session to a wiki's host. `state` is the SHA-256
    /// (hexadecimal) of a nonce that the wiki's host gave the browser. None for anybody
    /// who has no session.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn begin_handoff(
        &self,
        principal: &Principal,
        wiki: WikiId,
        state: &str,
    ) -> Result<Option<Handoff>, AuthError> {
        let Principal::Person { session, .. } = principal else { return Ok(None) };
        let code = self.clock.secret()?;
        let purpose = Purpose::Handoff { session: session.clone(), wiki, state: state.to_owned() };
        let record = OneTimeRecord { purpose, expires: self.clock.now() + HANDOFF_SECONDS };
        self.store.write(|tx| {
            // Codes that nobody came back with would pile up.
            tx.prune_expired(self.clock.now())?;
            tx.add_one_time(&sha256(&code), &record)
        })?;
        Ok(Some(Handoff { code }))
    }

    /// Completes what [`Auth::begin_handoff`] began, on the host of `wiki`, for the browser
    /// that holds `nonce`.
    ///
    /// # Errors
    /// [`AuthError::LinkEnded`], or a storage failure.
    pub fn complete_handoff(&self, code: &str, nonce: &str, wiki: WikiId, host: &str) -> Result<NewSession, AuthError> {
        let taken = self.store.write(|tx| tx.take_one_time(&sha256(code)))?;
        let now = self.clock.now();
        let session = match taken {
            Some(OneTimeRecord { purpose: Purpose::Handoff { session, wiki: bound, state }, expires })
                if expires > now && bound == wiki && same(&state, &Self::handoff_state(nonce)) =>
            {
                session
            }
            _ => return Err(AuthError::LinkEnded),
        };
        let record = self.store.read(|tx| tx.session(&session))?.filter(|record| record.expires > now);
        let Some(record) = record else { return Err(AuthError::LinkEnded) };
        let Some((name, _)) = self.person(record.person)? else { return Err(AuthError::LinkEnded) };
        self.session_for(host, &session, record.person, name, record.expires)
    }

    /// What [`Auth::begin_handoff`] takes for a nonce.
    #[must_use]
    pub fn handoff_state(nonce: &str) -> String {
        sha256(nonce).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A nonce for [`Auth::handoff_state`].
    ///
    /// # Errors
    /// When the operating system has no random bytes.
    pub fn nonce(&self) -> Result<String, AuthError> {
        Ok(self.clock.secret()?)
    }

    /// The token that a form of this session must carry (CSRF); empty for who has no session.
    #[must_use]
    pub fn csrf_token(&self, principal: &Principal) -> String {
        let Principal::Person { session, .. } = principal else { return String::new() };
        self.keys.mac("csrf", &session.0).map(|mac| URL_SAFE_NO_PAD.encode(mac)).unwrap_or_default()
    }

    /// Whether a form's token belongs to this session. False for who has no session.
    #[must_use]
    pub fn csrf_matches(&self, principal: &Principal, token: &str) -> bool {
        let expected = self.csrf_token(principal);
        !expected.is_empty() && same(&expected, token)
    }

    fn session_for(
        &self,
        host: &str,
        id: &SessionId,
        person: PersonId,
        name: Name,
        expires: UnixSeconds,
    ) -> Result<NewSession, AuthError> {
        let now = self.clock.now();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: host.to_owned(),
            sub: person.to_string(),
            jti: id.0.clone(),
            iat: now,
            exp: expires,
        };
        let jwt = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.keys.signing)?;
        Ok(NewSession { jwt, seconds: expires - now, name })
    }

    fn verify(&self, jwt: &str, host: &str) -> Option<Claims> {
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[host]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The injected clock decides, with the record in the store.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(jwt, &self.keys.verifying, &rules).ok()?.claims;
        (claims.exp > self.clock.now()).then_some(claims)
    }

    fn person(&self, id: PersonId) -> Result<Option<(Name, bool)>, StoreError> {
        Ok(self.store.read(|tx| tx.person(id))?.map(|person| (person.name, person.operator)))
    }
}

fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
