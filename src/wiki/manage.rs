//! What people do with their wikis as a whole: make and delete them, say who may come in.
//! What else their owners decide is in `settings`, what operators do in `lifecycle`.

use super::{Access, AccessError, Admin, NewWiki, Read, WikiError, WikiSummary, Wikis};
use crate::auth::Administers;
use crate::model::{Language, Name, PersonId, Principal, Role, Slug, UnixSeconds, WikiId};
use crate::store::{AuditEntry, AuditEvent, StoreError};

/// A wiki that a person makes for themself.
#[derive(Clone, Debug)]
pub struct NewOwnWiki {
    pub slug: Slug,
    pub name: Name,
    pub public: bool,
}

/// A wiki, and what somebody is there.
#[derive(Clone, Debug)]
pub struct MemberWiki {
    pub slug: Slug,
    pub name: Name,
    pub public: bool,
    pub created: UnixSeconds,
    pub language: Language,
    /// None for who only reads a public wiki.
    pub role: Option<Role>,
}

/// Somebody who is something on a wiki.
#[derive(Clone, Debug)]
pub struct Collaborator {
    pub person: PersonId,
    pub name: Name,
    pub role: Role,
}

/// What a wiki holds, and what it may hold; none for no limit.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    pub pages: u64,
    pub attachments: u64,
    pub bytes: u64,
    pub most_pages: Option<u64>,
    pub most_bytes: Option<u64>,
}

impl Administers for Access<Admin> {
    fn wiki(&self) -> WikiId {
        self.id()
    }

    fn actor(&self) -> String {
        Access::actor(self)
    }
}

impl Wikis {
    /// The wikis on which a person is something, by name.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn of_person(&self, person: PersonId) -> Result<Vec<MemberWiki>, WikiError> {
        let mut wikis = self.store().read(|tx| {
            let mut found = Vec::new();
            for (id, record) in tx.wikis()? {
                if let Some(role) = tx.role(id, person)? {
                    let (slug, name) = (record.slug, record.name);
                    found.push(MemberWiki {
                        slug,
                        name,
                        public: record.public,
                        created: record.created,
                        language: record.language,
                        role: Some(role),
                    });
                }
            }
            Ok::<_, StoreError>(found)
        })?;
        wikis.sort_by_key(|wiki| wiki.name.as_str().to_lowercase());
        Ok(wikis)
    }

    /// A wiki that somebody may read, and what they are there.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn membership(&self, access: &Access<Read>) -> Result<MemberWiki, WikiError> {
        let found = self.store().read(|tx| {
            let role = access.principal().person().map(|(person, _)| tx.role(access.id(), person)).transpose()?;
            Ok::<_, StoreError>(tx.wiki(access.id())?.map(|record| (record, role.flatten())))
        })?;
        let (record, role) = found.ok_or_else(|| AccessError::NoSuchWiki(access.slug().to_string()))?;
        Ok(MemberWiki {
            slug: record.slug,
            name: record.name,
            public: record.public,
            created: record.created,
            language: record.language,
            role,
        })
    }

    /// Makes a wiki that the person who asks owns.
    ///
    /// # Errors
    /// [`WikiError::TooManyWikis`], [`WikiError::SlugTaken`], or a storage failure.
    pub fn create_own(&self, principal: &Principal, new: &NewOwnWiki) -> Result<WikiSummary, WikiError> {
        let needed = || AccessError::SignInNeeded(crate::model::Permission::Admin);
        let (owner, _) = principal.person().ok_or_else(needed)?;
        let operator = self.store().read(|tx| tx.person(owner))?.is_some_and(|person| person.operator);
        let most = limit(self.limits().wikis_per_person).filter(|_| !operator);
        let new = NewWiki { slug: new.slug.clone(), name: new.name.clone(), owner, public: new.public, from_git: None };
        self.create_as(&owner.to_string(), most, &new, &mut |_| {})
    }

    /// Wikis that a person owns.
    pub(super) fn owned_by(&self, person: PersonId) -> Result<u64, WikiError> {
        let owned = self.of_person(person)?.into_iter().filter(|wiki| wiki.role == Some(Role::Owner));
        Ok(owned.count() as u64)
    }

    /// Deletes a wiki with everything in it.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn delete_own(&self, access: &Access<Admin>) -> Result<(), WikiError> {
        self.delete_as(&access.actor(), access.id(), access.slug())
    }

    /// Who is something on a wiki, in the order in which their accounts were made.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn collaborators(&self, access: &Access<Admin>) -> Result<Vec<Collaborator>, WikiError> {
        Ok(self.store().read(|tx| {
            let mut found = Vec::new();
            for (person, role) in tx.roles(access.id())? {
                if let Some(account) = tx.person(person)? {
                    found.push(Collaborator { person, name: account.name, role });
                }
            }
            Ok::<_, StoreError>(found)
        })?)
    }

    /// What a person is on a wiki.
    ///
    /// # Errors
    /// [`WikiError::NoSuchPerson`], [`WikiError::NotACollaborator`], or a storage failure.
    pub fn collaborator(&self, access: &Access<Admin>, person: &str) -> Result<Collaborator, WikiError> {
        let (id, name) = self.find_person(person)?;
        let role = self.store().read(|tx| tx.role(access.id(), id))?;
        let role = role.ok_or_else(|| WikiError::NotACollaborator(person.to_owned()))?;
        Ok(Collaborator { person: id, name, role })
    }

    /// Makes a person something on a wiki, or something else. `person` is an account's
    /// identifier (`p3`) or its name, case ignored.
    ///
    /// # Errors
    /// [`WikiError::NoSuchPerson`], [`WikiError::TooManyCollaborators`],
    /// [`WikiError::LastOwner`], or a storage failure.
    pub fn set_collaborator(
        &self,
        access: &Access<Admin>,
        person: &str,
        role: Role,
    ) -> Result<Collaborator, WikiError> {
        let (id, name) = self.find_person(person)?;
        let exempt = is_an_operators(self, access.id())?;
        let most = limit(self.limits().collaborators).filter(|_| !exempt);
        let event = AuditEvent::RoleGranted { person: id.to_string(), role: role.to_string() };
        let entry = AuditEntry { at: self.clock().now(), actor: access.actor(), wiki: Some(access.id()), event };
        self.store().write(|tx| {
            let roles = tx.roles(access.id())?;
            if role != Role::Owner && is_last_owner(&roles, id) {
                return Err(WikiError::LastOwner);
            }
            let known = roles.iter().any(|(person, _)| *person == id);
            // All but one of those who are there, who is an owner.
            let beside = roles.len().saturating_sub(1) as u64;
            if let Some(limit) = most.filter(|limit| !known && beside >= *limit) {
                return Err(WikiError::TooManyCollaborators { limit });
            }
            tx.set_role(access.id(), id, role)?;
            tx.audit(&entry)?;
            Ok(())
        })?;
        Ok(Collaborator { person: id, name, role })
    }

    /// Makes a person nothing on a wiki.
    ///
    /// # Errors
    /// [`WikiError::NoSuchPerson`], [`WikiError::NotACollaborator`],
    /// [`WikiError::LastOwner`], or a storage failure.
    pub fn remove_collaborator(&self, access: &Access<Admin>, person: &str) -> Result<Collaborator, WikiError> {
        let (id, name) = self.find_person(person)?;
        let event = AuditEvent::RoleRemoved { person: id.to_string() };
        let entry = AuditEntry { at: self.clock().now(), actor: access.actor(), wiki: Some(access.id()), event };
        let role = self.store().write(|tx| {
            let roles = tx.roles(access.id())?;
            let found = roles.iter().find(|(person, _)| *person == id);
            let (_, role) = found.ok_or_else(|| WikiError::NotACollaborator(person.to_owned()))?;
            if is_last_owner(&roles, id) {
                return Err(WikiError::LastOwner);
            }
            tx.remove_role(access.id(), id)?;
            tx.remove_drafts(access.id(), id)?;
            tx.audit(&entry)?;
            Ok(*role)
        })?;
        Ok(Collaborator { person: id, name, role })
    }

    /// What a wiki holds and may hold.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn usage(&self, access: &Access<Read>) -> Result<Usage, WikiError> {
        let held = super::open::counters(&*access.wiki().current()?);
        let exempt = is_an_operators(self, access.id())?;
        let limits = self.limits();
        Ok(Usage {
            pages: held.pages,
            attachments: held.attachments,
            bytes: held.bytes,
            most_pages: limit(limits.pages_per_wiki).filter(|_| !exempt),
            most_bytes: limit(limits.wiki_bytes).filter(|_| !exempt),
        })
    }

    fn find_person(&self, text: &str) -> Result<(PersonId, Name), WikiError> {
        let by_id = text.parse::<PersonId>().ok();
        let folded = text.trim().to_lowercase();
        let people = self.store().read(|tx| tx.people())?;
        let found = people
            .into_iter()
            .find(|(id, person)| Some(*id) == by_id || person.name.as_str().to_lowercase() == folded)
            .ok_or_else(|| WikiError::NoSuchPerson(text.to_owned()))?;
        Ok((found.0, found.1.name))
    }
}

/// Whether an operator owns the wiki, which exempts it from limits.
pub(super) fn is_an_operators(wikis: &Wikis, wiki: WikiId) -> Result<bool, WikiError> {
    Ok(wikis.store().read(|tx| {
        for (person, role) in tx.roles(wiki)? {
            if role == Role::Owner && tx.person(person)?.is_some_and(|person| person.operator) {
                return Ok::<_, StoreError>(true);
            }
        }
        Ok(false)
    })?)
}

fn is_last_owner(roles: &[(PersonId, Role)], person: PersonId) -> bool {
    let mut owners = roles.iter().filter(|(_, role)| *role == Role::Owner).map(|(owner, _)| *owner);
    owners.next() == Some(person) && owners.next().is_none()
}

/// A limit of the configuration, where 0 is none.
const fn limit(configured: u64) -> Option<u64> {
    if configured == 0 { None } else { Some(configured) }
}
