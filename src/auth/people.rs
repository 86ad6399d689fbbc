use super::{Auth, AuthError, Operator, sha256};
use crate::model::{Name, PersonId, UnixSeconds};
use crate::store::{AuditEvent, OneTimeRecord, PersonRecord, Purpose, StoreError};

/// An account, for listings.
#[derive(Clone, Debug)]
pub struct PersonSummary {
    pub id: PersonId,
    pub name: Name,
    pub operator: bool,
    pub created: UnixSeconds,
}

/// A link that signs one person in, once.
#[derive(Clone, Debug)]
pub struct SignInLink {
    pub person: PersonId,
    pub name: Name,
    /// The secret part; shown once, stored as a hash.
    pub secret: String,
    pub expires: UnixSeconds,
}

/// The name that the first operator's account gets.
const FIRST_OPERATOR: &str = "Operator";

impl Auth {
    /// Makes an account. Names are unique without regard to case.
    ///
    /// # Errors
    /// [`AuthError::NameTaken`], or a storage failure.
    pub fn create_person(&self, _proof: Operator, name: &Name, operator: bool) -> Result<PersonId, AuthError> {
        let created = self.clock.now();
        self.check_name_is_free(name)?;
        let record = PersonRecord { name: name.clone(), handle: None, operator, created };
        Ok(self.store.write(|tx| {
            let id = tx.add_person(&record)?;
            self.audit(tx, "operator", AuditEvent::PersonCreated { person: id.to_string() })?;
            Ok::<_, StoreError>(id)
        })?)
    }

    fn check_name_is_free(&self, name: &Name) -> Result<(), AuthError> {
        let folded = name.as_str().to_lowercase();
        let taken = self.people()?.into_iter().any(|person| person.name.as_str().to_lowercase() == folded);
        if taken { Err(AuthError::NameTaken(name.to_string())) } else { Ok(()) }
    }

    /// All accounts, oldest first.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn list_people(&self, _proof: Operator) -> Result<Vec<PersonSummary>, AuthError> {
        self.people()
    }

    /// Finds an account by identifier (`p3`) or by name, case folded.
    ///
    /// # Errors
    /// [`AuthError::NoSuchPerson`], or a storage failure.
    pub fn find_person(&self, _proof: Operator, text: &str) -> Result<PersonSummary, AuthError> {
        let by_id = text.parse::<PersonId>().ok();
        let folded = text.trim().to_lowercase();
        let mut people = self.people()?.into_iter();
        people
            .find(|person| Some(person.id) == by_id || person.name.as_str().to_lowercase() == folded)
            .ok_or_else(|| AuthError::NoSuchPerson(text.to_owned()))
    }

    /// Makes a one-time sign-in link for an account.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn create_sign_in_link(&self, _proof: Operator, person: &PersonSummary) -> Result<SignInLink, AuthError> {
        let secret = self.clock.secret()?;
        let expires = self.clock.now() + i64::from(self.sessions.link_minutes) * 60;
        let record = OneTimeRecord { purpose: Purpose::SignIn { person: person.id }, expires };
        self.store.write(|tx| {
            tx.add_one_time(&sha256(&secret), &record)?;
            self.audit(tx, "operator", AuditEvent::SignInLinkCreated { person: person.id.to_string() })
        })?;
        Ok(SignInLink { person: person.id, name: person.name.clone(), secret, expires })
    }

    /// The operator's account, made on first use.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn operator_account(&self, proof: Operator) -> Result<PersonSummary, AuthError> {
        if let Some(person) = self.people()?.into_iter().find(|person| person.operator) {
            return Ok(person);
        }
        let mut name = Name::parse(FIRST_OPERATOR).map_err(|cause| AuthError::NoSuchPerson(cause.to_string()))?;
        if self.check_name_is_free(&name).is_err() {
            let other = format!("{FIRST_OPERATOR} {}", self.clock.now());
            name = Name::parse(&other).map_err(|cause| AuthError::NoSuchPerson(cause.to_string()))?;
        }
        let id = self.create_person(proof, &name, true)?;
        Ok(PersonSummary { id, name, operator: true, created: self.clock.now() })
    }

    /// The account of somebody who has been let in.
    ///
    /// # Errors
    /// [`AuthError::NoSuchPerson`] when it is gone meanwhile, or a storage failure.
    pub fn account(&self, id: PersonId) -> Result<PersonSummary, AuthError> {
        let found = self.store.read(|tx| tx.person(id))?.ok_or_else(|| AuthError::NoSuchPerson(id.to_string()))?;
        Ok(PersonSummary { id, name: found.name, operator: found.operator, created: found.created })
    }

    fn people(&self) -> Result<Vec<PersonSummary>, AuthError> {
        let people = self.store.read(|tx| tx.people())?;
        Ok(people
            .into_iter()
            .map(|(id, person)| PersonSummary {
                id,
                name: person.name,
                operator: person.operator,
                created: person.created,
            })
            .collect())
    }
}
