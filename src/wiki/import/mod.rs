//! Pages and attachments from elsewhere, as one commit: from a zip file, a folder or a git repository, as
//! Markdown editors, Obsidian, Otterwiki or this program wrote them. What is to happen is decided from
//! names and links first and can be looked at before anything is written.
//!
//! Git's own history is imported when a wiki is made (`lifecycle`); here only files count.

mod background;
mod convert;
mod obsidian;
mod places;
mod report;
mod resolve;
mod run;
mod source;

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Access, AccessError, Admin, WikiError, Wikis};
use crate::auth::Operator;
use crate::model::{Principal, Role, SessionId, Slug};

pub use source::is_repository;

pub use background::{ImportDone, SentFile};
pub use report::{Broken, Fate, Fates, ImportReport, Refused, Row};

/// What wrote a source: it decides what its links mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// To be seen from the files.
    Auto,
    /// Any Markdown files: links lead from file to file.
    Markdown,
    /// As [`ImportKind::Markdown`], from the newest commit of a repository.
    Git,
    Obsidian,
    Otterwiki,
    /// An export of this program.
    Robotwiki,
}

impl ImportKind {
    /// Those that can be asked for.
    pub const ALL: [Self; 6] =
        [Self::Auto, Self::Markdown, Self::Git, Self::Obsidian, Self::Otterwiki, Self::Robotwiki];

    /// The word that names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Markdown => "markdown",
            Self::Git => "git",
            Self::Obsidian => "obsidian",
            Self::Otterwiki => "otterwiki",
            Self::Robotwiki => "robotwiki",
        }
    }

    /// Takes `zip` for Markdown, too.
    ///
    /// # Errors
    /// With the words there are.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = if text == "zip" { "markdown" } else { text };
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or("must be auto, markdown, git, obsidian, otterwiki or robotwiki")
    }

    /// What it is called for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "whatever it is",
            Self::Markdown => "Markdown files",
            Self::Git => "a git repository",
            Self::Obsidian => "an Obsidian vault",
            Self::Otterwiki => "an Otterwiki",
            Self::Robotwiki => "an export of robotwiki",
        }
    }

    /// Whether a page's files lie in the folder of its name, as here.
    const fn keeps_our_layout(self) -> bool {
        matches!(self, Self::Otterwiki | Self::Robotwiki)
    }
}

/// What happens to a page or file whose name is taken by another content.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// What is there stays.
    #[default]
    Skip,
    /// The new one gets a number.
    Rename,
    /// What is there is replaced; it stays in the history.
    Overwrite,
}

impl OnConflict {
    /// # Errors
    /// With the words there are.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "skip" => Ok(Self::Skip),
            "rename" => Ok(Self::Rename),
            "overwrite" => Ok(Self::Overwrite),
            _ => Err("must be skip, rename or overwrite"),
        }
    }
}

/// How something is imported.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ImportOptions {
    pub kind: ImportKind,
    pub on_conflict: OnConflict,
    /// Says what would happen, and changes nothing.
    pub dry_run: bool,
}

/// Hears how far an import is; false ends it.
pub type Hear<'h> = dyn FnMut(&str) -> bool + 'h;

/// Imports what is at `path` on this machine. `name` is what the commit calls it.
///
/// # Errors
/// [`WikiError::Import`] when it cannot be read, a limit, or a storage failure; nothing has changed then.
pub fn import(
    wikis: &Wikis,
    access: &Access<Admin>,
    (path, name): (&Path, &str),
    options: ImportOptions,
    hear: &mut Hear<'_>,
) -> Result<ImportReport, WikiError> {
    run::import(wikis, access, (path, name), options, run::Before::Kept, hear)
}

impl Wikis {
    /// As [`import`], for the operator of the machine, in the name of the wiki's owner.
    ///
    /// # Errors
    /// When there is no such wiki or it has no owner, or as [`import`].
    pub fn import(
        &self,
        proof: Operator,
        slug: &Slug,
        source: (&Path, &str),
        options: ImportOptions,
        hear: &mut Hear<'_>,
    ) -> Result<ImportReport, WikiError> {
        let access = self.as_owner(proof, slug)?;
        run::import(self, &access, source, options, run::Before::Kept, hear)
    }

    /// As [`Wikis::import`], into a wiki that was made for it: the pages that a new wiki begins with go,
    /// and of a history that came along all files take the places that an import gives them.
    ///
    /// # Errors
    /// As [`Wikis::import`].
    pub fn import_first(
        &self,
        proof: Operator,
        slug: &Slug,
        source: (&Path, &str),
        kind: ImportKind,
        hear: &mut Hear<'_>,
    ) -> Result<ImportReport, WikiError> {
        let access = self.as_owner(proof, slug)?;
        let options = ImportOptions { kind, on_conflict: OnConflict::Overwrite, dry_run: false };
        run::import(self, &access, source, options, run::Before::Cleared, hear)
    }

    /// What the wiki's first owner may do there.
    fn as_owner(&self, proof: Operator, slug: &Slug) -> Result<Access<Admin>, WikiError> {
        let id = self.find(proof, slug)?;
        let owner = self.store().read(|tx| {
            for (person, role) in tx.roles(id)? {
                if role == Role::Owner
                    && let Some(account) = tx.person(person)?
                {
                    return Ok::<_, crate::store::StoreError>(Some((person, account.name)));
                }
            }
            Ok(None)
        })?;
        let (id, name) = owner.ok_or_else(|| AccessError::NoSuchWiki(slug.to_string()))?;
        self.authorize(&Principal::Person { id, name, session: SessionId(String::new()) }, slug)
    }
}
