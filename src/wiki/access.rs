use std::marker::PhantomData;
use std::sync::Arc;

use super::open::{Wiki, Wikis};
use super::settings::Style;
use crate::model::{Author, Language, LinkOrder, Name, Permission, Preferences, Principal, Role, Slug, WikiId};
use crate::store::{StoreError, WikiRecord};

/// A right, as a type: what a use case demands of its caller.
pub trait Right: sealed::Sealed {
    const PERMISSION: Permission;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! right {
    ($($name:ident),+) => {
        $(
            #[derive(Clone, Copy, Debug)]
            pub struct $name;
            impl sealed::Sealed for $name {}
            impl Right for $name {
                const PERMISSION: Permission = Permission::$name;
            }
        )+
    };
}
right!(Read, Write, Upload, Admin);

/// Proof that a principal holds the right `R` on a wiki. Only [`Wikis::authorize`] makes
/// one, so that a use case cannot be reached without the check.
pub struct Access<R: Right> {
    wiki: Arc<Wiki>,
    record: Arc<WikiRecord>,
    preferences: Arc<Preferences>,
    principal: Principal,
    granted: Granted,
    right: PhantomData<R>,
}

/// A wiki that somebody may read.
#[derive(Clone, Debug)]
pub struct ReadableWiki {
    pub slug: Slug,
    pub name: Name,
    pub public: bool,
    /// What the principal is there; none for a public wiki's reader.
    pub role: Option<Role>,
}

/// Why a principal may not.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("no wiki '{0}'")]
    NoSuchWiki(String),
    #[error("sign in to {0} this wiki")]
    SignInNeeded(Permission),
    #[error("Bearer token does not match this wiki")]
    OtherWikisToken,
    #[error("you may not {0} this wiki")]
    Forbidden(Permission),
}

/// What a principal may do on one wiki.
#[derive(Clone, Copy)]
struct Granted {
    read: bool,
    write: bool,
    upload: bool,
    admin: bool,
}

impl Granted {
    const NOTHING: Self = Self { read: false, write: false, upload: false, admin: false };

    fn of(allows: impl Fn(Permission) -> bool) -> Self {
        Self {
            read: allows(Permission::Read),
            write: allows(Permission::Write),
            upload: allows(Permission::Upload),
            admin: allows(Permission::Admin),
        }
    }

    const fn includes(self, permission: Permission) -> bool {
        match permission {
            Permission::Read => self.read,
            Permission::Write => self.write,
            Permission::Upload => self.upload,
            Permission::Admin => self.admin,
        }
    }
}

impl Wikis {
    /// Checks, in the store as it is now, that `principal` holds `R` on the wiki.
    ///
    /// # Errors
    /// [`AccessError`] when it does not, or a storage failure.
    pub fn authorize<R: Right>(&self, principal: &Principal, slug: &Slug) -> Result<Access<R>, super::WikiError> {
        let (id, record, granted) = self.grants(principal, slug)?;
        if !granted.includes(R::PERMISSION) {
            return Err(match principal {
                Principal::Nobody => AccessError::SignInNeeded(R::PERMISSION),
                Principal::WikiToken { wiki, .. } if *wiki != id => AccessError::OtherWikisToken,
                _ => AccessError::Forbidden(R::PERMISSION),
            }
            .into());
        }
        let wiki = self.open(id, &record.slug)?;
        let (record, preferences) = (Arc::new(record), wiki.preferences());
        Ok(Access { wiki, record, preferences, principal: principal.clone(), granted, right: PhantomData })
    }

    /// The wikis that a principal may read, by name.
    ///
    /// # Errors
    /// On a storage failure.
    pub fn readable(&self, principal: &Principal) -> Result<Vec<ReadableWiki>, super::WikiError> {
        let mut wikis = self.store().read(|tx| {
            let mut readable = Vec::new();
            for (id, record) in tx.wikis()? {
                let role = match principal {
                    Principal::Person { id: person, .. } | Principal::PersonalToken { id: person, .. } => {
                        tx.role(id, *person)?
                    }
                    Principal::WikiToken { .. } | Principal::Nobody => None,
                };
                if record.public || role.is_some() {
                    readable.push(ReadableWiki { slug: record.slug, name: record.name, public: record.public, role });
                }
            }
            Ok::<_, StoreError>(readable)
        })?;
        wikis.sort_by_key(|wiki| wiki.name.as_str().to_lowercase());
        Ok(wikis)
    }

    /// The identifier of a wiki; that it exists is no secret, its host name says so.
    ///
    /// # Errors
    /// [`AccessError::NoSuchWiki`], or a storage failure.
    pub fn id_of(&self, slug: &Slug) -> Result<WikiId, super::WikiError> {
        let id = self.store().read(|tx| tx.wiki_by_slug(slug))?;
        id.ok_or_else(|| AccessError::NoSuchWiki(slug.to_string()).into())
    }

    fn grants(&self, principal: &Principal, slug: &Slug) -> Result<(WikiId, WikiRecord, Granted), super::WikiError> {
        self.store().read(|tx| {
            let missing = || super::WikiError::from(AccessError::NoSuchWiki(slug.to_string()));
            let id = tx.wiki_by_slug(slug)?.ok_or_else(missing)?;
            let record = tx.wiki(id)?.ok_or_else(missing)?;
            let own = match principal {
                Principal::Person { id: person, .. } | Principal::PersonalToken { id: person, .. } => {
                    tx.role(id, *person)?.map_or(Granted::NOTHING, |role: Role| Granted::of(|p| role.allows(p)))
                }
                Principal::WikiToken { wiki, role, .. } if *wiki == id => Granted::of(|p| role.allows(p)),
                // A token of another wiki gets nothing here, not even what anybody may read.
                Principal::WikiToken { .. } => return Ok((id, record, Granted::NOTHING)),
                Principal::Nobody => Granted::NOTHING,
            };
            let granted = Granted { read: own.read || record.public, ..own };
            Ok((id, record, granted))
        })
    }
}

impl<R: Right> Access<R> {
    pub(super) fn wiki(&self) -> &Wiki {
        &self.wiki
    }

    /// The wiki itself, for the git surface, which serves the repository as it is.
    #[must_use]
    pub fn repository(&self) -> Arc<Wiki> {
        Arc::clone(&self.wiki)
    }

    #[must_use]
    pub fn id(&self) -> WikiId {
        self.wiki.id()
    }

    #[must_use]
    pub fn slug(&self) -> &Slug {
        &self.record.slug
    }

    #[must_use]
    pub fn name(&self) -> &Name {
        &self.record.name
    }

    #[must_use]
    pub fn public(&self) -> bool {
        self.record.public
    }

    /// How its owner wants the wiki, as of when access was granted.
    #[must_use]
    pub fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// The wiki's own style sheet, if it has one.
    #[must_use]
    pub fn style(&self) -> Option<Arc<Style>> {
        self.wiki.style(&self.preferences)
    }

    /// How links in its pages are read: for a moment after its owner has decided on another
    /// order, still in the one that everything derived from them reflects.
    #[must_use]
    pub fn link_order(&self) -> LinkOrder {
        self.wiki.known().order()
    }

    /// The language that its pages are written in.
    #[must_use]
    pub fn language(&self) -> Language {
        self.record.language
    }

    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whether the same principal also holds another right; for what a page offers.
    #[must_use]
    pub const fn may(&self, permission: Permission) -> bool {
        self.granted.includes(permission)
    }

    /// The author of commits made with this access.
    pub(super) fn author(&self) -> Result<Author, super::WikiError> {
        let (name, id) = match &self.principal {
            Principal::Person { id, name, .. } | Principal::PersonalToken { id, name, .. } => {
                (name.clone(), id.to_string())
            }
            Principal::WikiToken { id, name, .. } => (name.clone(), id.to_string()),
            Principal::Nobody => return Err(AccessError::SignInNeeded(R::PERMISSION).into()),
        };
        Ok(Author { name, email: format!("{id}@robotwiki.invalid") })
    }

    /// Who acts, for the audit trail.
    pub(super) fn actor(&self) -> String {
        match &self.principal {
            Principal::Person { id, .. } | Principal::PersonalToken { id, .. } => id.to_string(),
            Principal::WikiToken { id, .. } => id.to_string(),
            Principal::Nobody => "nobody".to_owned(),
        }
    }
}

impl Access<Write> {
    /// Every role and token that writes also reads.
    #[must_use]
    pub fn reading(&self) -> Access<Read> {
        Access {
            wiki: Arc::clone(&self.wiki),
            record: Arc::clone(&self.record),
            preferences: Arc::clone(&self.preferences),
            principal: self.principal.clone(),
            granted: self.granted,
            right: PhantomData,
        }
    }
}
