use super::page_view::size_for_people;
use super::views::Moment;
use crate::markdown::{FileEntry, Part, SourceError, Sources};
use crate::model::{AttachmentName, PagePath};
use crate::wiki::{self, Access, WikiError};

/// A wiki, as the embeddings of its pages ask about it.
pub(super) struct WikiSources<'a> {
    pub(super) access: &'a Access<wiki::Read>,
}

impl WikiSources<'_> {
    /// The page and the name in a path from the wiki's root.
    fn split(path: &str) -> Option<(PagePath, AttachmentName)> {
        let (page, name) = path.rsplit_once('/')?;
        // Pages that come from Otterwiki name their files `/Page/a/file`.
        let page = page.strip_suffix("/a").unwrap_or(page);
        Some((PagePath::parse(page).ok()?, AttachmentName::parse(name).ok()?))
    }

    fn size(&self, path: &str) -> Option<u64> {
        let (page, name) = Self::split(path)?;
        wiki::attachment_size(self.access, &page, &name).ok().flatten()
    }
}

impl Sources for WikiSources<'_> {
    fn files(&self, page: &PagePath, most: usize) -> Option<Part<FileEntry>> {
        let (_, files) = wiki::attachments(self.access, page).ok()?;
        let more = files.len() > most;
        let entry = |file: wiki::AttachmentSummary| FileEntry {
            name: file.name,
            size: size_for_people(file.size),
            changed: file.last.map(|last| Moment::from_unix(last.time).day()),
        };
        Some(Part { entries: files.into_iter().take(most).map(entry).collect(), more })
    }

    fn is_file(&self, path: &str) -> bool {
        self.size(path).is_some()
    }

    fn file(&self, path: &str, most: usize) -> Result<Vec<u8>, SourceError> {
        let (page, name) = Self::split(path).ok_or(SourceError::Missing)?;
        let size = self.size(path).ok_or(SourceError::Missing)?;
        if usize::try_from(size).unwrap_or(usize::MAX) > most {
            return Err(SourceError::TooLarge);
        }
        Ok(wiki::attachment(self.access, &page, &name, None).map_err(|error| failed(&error))?.bytes)
    }

    fn pages(&self, wanted: &dyn Fn(&str) -> bool, most: usize) -> Part<PagePath> {
        // What cannot be read now is not listed; the log has the reason.
        let found = wiki::index_part(self.access, wanted, most).unwrap_or_else(|error| {
            tracing::error!(%error, "the pages of an index could not be listed");
            (Vec::new(), false)
        });
        Part { entries: found.0, more: found.1 }
    }

    fn headings(&self, page: &PagePath) -> Vec<(String, String)> {
        wiki::page_headings(self.access, page).unwrap_or_default()
    }

    fn page(&self, path: &PagePath, most: usize) -> Result<String, SourceError> {
        let page = wiki::read(self.access, path, None).map_err(|error| failed(&error))?;
        if page.content.len() > most { Err(SourceError::TooLarge) } else { Ok(page.content) }
    }
}

fn failed(error: &WikiError) -> SourceError {
    match error {
        WikiError::NoSuchPage { .. } | WikiError::NoSuchAttachment { .. } => SourceError::Missing,
        WikiError::NotText { .. } => SourceError::NotText,
        other => {
            tracing::error!(error = %other, "what a page embeds could not be read");
            SourceError::Failed
        }
    }
}
