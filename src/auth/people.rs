use super::{Auth, AuthError, Operator, sha256};
use crate::model::{Name, PersonId, UnixSeconds};
use crate::store::{AuditEvent, OneTimeRecord, PersonRecord, Purpose, WriteTx};

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
        self.store.write(|tx| Ok(self.add_person(tx, &tx.people()?, name, operator)?.id))
    }

    /// `people` are the accounts that the transaction sees: while it lasts, nobody else
    /// takes the name.
    fn add_person(
        &self,
        tx: &WriteTx,
        people: &[(PersonId, PersonRecord)],
        name: &Name,
        operator: bool,
    ) -> Result<PersonSummary, AuthError> {
        if is_taken(people, name.as_str()) {
            return Err(AuthError::NameTaken(name.to_string()));
        }
        let record = PersonRecord { name: name.clone(), handle: None, operator, created: self.clock.now() };
        let id = tx.add_person(&record)?;
        self.audit(tx, "operator", AuditEvent::PersonCreated { person: id.to_string() })?;
        Ok(PersonSummary::new(id, record))
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
    pub fn operator_account(&self, _proof: Operator) -> Result<PersonSummary, AuthError> {
        self.store.write(|tx| {
            let people = tx.people()?;
            if let Some((id, person)) = people.iter().find(|(_, person)| person.operator) {
                return Ok(PersonSummary::new(*id, person.clone()));
            }
            let mut name = FIRST_OPERATOR.to_owned();
            if is_taken(&people, &name) {
                name = format!("{FIRST_OPERATOR} {}", self.clock.now());
            }
            let name = Name::parse(&name).map_err(|cause| AuthError::NoSuchPerson(cause.to_string()))?;
            self.add_person(tx, &people, &name, true)
        })
    }

    fn people(&self) -> Result<Vec<PersonSummary>, AuthError> {
        let people = self.store.read(|tx| tx.people())?;
        Ok(people.into_iter().map(|(id, person)| PersonSummary::new(id, person)).collect())
    }
}

/// Whether an account has this name, whatever the case of either.
fn is_taken(people: &[(PersonId, PersonRecord)], name: &str) -> bool {
    let folded = name.to_lowercase();
    people.iter().any(|(_, person)| person.name.as_str().to_lowercase() == folded)
}

impl PersonSummary {
    fn new(id: PersonId, person: PersonRecord) -> Self {
        Self { id, name: person.name, operator: person.operator, created: person.created }
    }
}
