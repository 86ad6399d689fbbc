//! A wiki as one file that leaves the server: its files now, everything with its history, or pages that
//! a browser shows without a server. All are written as they are made, from one commit, and of the
//! content one file at a time is in memory.

mod archive;
mod embedded;
mod names;
mod page;
mod site;

use std::io::{self, Write};

pub(super) use archive::COMMENT;

use super::open::Wiki;
use super::{Access, AccessError, Read, WikiError, Wikis};
use crate::auth::Operator;
use crate::model::{Name, Revision, Slug, UnixSeconds};
use crate::repo::PackError;

/// What an export is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// The Markdown files and attachments as they are, zipped.
    Zip,
    /// A git bundle: everything with its history.
    Bundle,
    /// HTML pages with links between them, zipped.
    Site,
}

impl ExportFormat {
    pub const ALL: [Self; 3] = [Self::Zip, Self::Bundle, Self::Site];

    /// The word that names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Bundle => "bundle",
            Self::Site => "site",
        }
    }

    /// # Errors
    /// With the words there are.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or("must be zip, bundle or site")
    }

    /// What a file of an export is called.
    #[must_use]
    pub fn file_name(self, slug: &Slug) -> String {
        match self {
            Self::Zip => format!("{slug}.zip"),
            Self::Bundle => format!("{slug}.bundle"),
            Self::Site => format!("{slug}-site.zip"),
        }
    }
}

/// What is exported: a wiki as of one commit.
struct Exported<'w> {
    wiki: &'w Wiki,
    name: &'w Name,
    tip: Revision,
    /// When that commit was made.
    time: UnixSeconds,
}

/// Why an export ended early: whatever was written until then is no whole export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Wiki(#[from] WikiError),
    #[error("the wiki is empty: there is nothing to export")]
    Empty,
    #[error("the history cannot be packed: {0}")]
    Pack(PackError),
    #[error("the export cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl From<crate::repo::Error> for ExportError {
    fn from(error: crate::repo::Error) -> Self {
        Self::Wiki(error.into())
    }
}

impl From<PackError> for ExportError {
    fn from(error: PackError) -> Self {
        match error {
            PackError::Io(error) => Self::Write(error),
            error => Self::Pack(error),
        }
    }
}

impl From<zip::result::ZipError> for ExportError {
    fn from(error: zip::result::ZipError) -> Self {
        match error {
            zip::result::ZipError::Io(error) => Self::Write(error),
            error => Self::Write(io::Error::other(error)),
        }
    }
}

/// Refuses what cannot be exported, before anything is written.
///
/// # Errors
/// [`ExportError::Empty`], or a storage failure.
pub fn check_export(access: &Access<Read>) -> Result<(), ExportError> {
    Exported::of(access.wiki(), access.name()).map(|_there| ())
}

/// Writes a wiki as one file. `progress` hears what takes long, in lines for people.
///
/// # Errors
/// [`ExportError`]; `out` then holds a part.
pub fn export(
    access: &Access<Read>,
    format: ExportFormat,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(&str),
) -> Result<(), ExportError> {
    Exported::of(access.wiki(), access.name())?.write(format, out, progress)
}

impl Wikis {
    /// As [`export`], for the operator of the machine.
    ///
    /// # Errors
    /// When there is no such wiki, or [`ExportError`].
    pub fn export(
        &self,
        proof: Operator,
        slug: &Slug,
        format: ExportFormat,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(&str),
    ) -> Result<(), ExportError> {
        let id = self.find(proof, slug)?;
        let missing = || WikiError::from(AccessError::NoSuchWiki(slug.to_string()));
        let record = self.store().read(|tx| tx.wiki(id)).map_err(WikiError::from)?.ok_or_else(missing)?;
        let wiki = self.open(id, slug)?;
        Exported::of(&wiki, &record.name)?.write(format, out, progress)
    }
}

impl<'w> Exported<'w> {
    fn of(wiki: &'w Wiki, name: &'w Name) -> Result<Self, ExportError> {
        let state = wiki.current()?;
        let tip = state.commit().ok_or(ExportError::Empty)?;
        let time = state.log().newest_first().next().map_or(0, |(_, commit)| commit.info.time);
        Ok(Self { wiki, name, tip, time })
    }

    fn write(
        &self,
        format: ExportFormat,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(&str),
    ) -> Result<(), ExportError> {
        match format {
            ExportFormat::Zip => archive::write(self, out, progress),
            ExportFormat::Site => site::write(self, out, progress),
            ExportFormat::Bundle => {
                let mut next = REPORTED;
                Ok(self.wiki.repo().bundle(self.tip, out, &mut |done| {
                    if done >= next {
                        progress(&format!("{done} objects"));
                        next = done + REPORTED;
                    }
                    Ok(())
                })?)
            }
        }
    }
}

/// Objects or files between two lines of progress.
const REPORTED: usize = 10_000;
