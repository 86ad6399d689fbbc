use super::page::size;
use super::site::{Place, Site};
use crate::markdown::{self, FileEntry, Part, SourceError, Sources};
use crate::model::PagePath;
use crate::repo::{self, BlobId, Snapshot};

/// The exported state of a wiki, as the embeddings of its pages ask about it.
pub(super) struct SiteSources<'a> {
    pub(super) site: &'a Site,
    pub(super) snapshot: &'a Snapshot,
}

impl SiteSources<'_> {
    fn read(&self, blob: BlobId, most: usize) -> Result<Vec<u8>, SourceError> {
        let size = self.snapshot.size(blob).map_err(|_error| SourceError::Failed)?;
        if usize::try_from(size).unwrap_or(usize::MAX) > most {
            return Err(SourceError::TooLarge);
        }
        self.snapshot.blob(blob).map_err(|error| match error {
            repo::Error::TooLarge { .. } => SourceError::TooLarge,
            _ => SourceError::Failed,
        })
    }
}

impl Sources for SiteSources<'_> {
    fn files(&self, page: &PagePath, most: usize) -> Option<Part<FileEntry>> {
        self.site.pages.get(page)?;
        let files: Vec<_> = self.site.files.get(page).into_iter().flatten().collect();
        let entry = |(name, place): (&String, &Place)| FileEntry {
            name: name.clone(),
            size: self.snapshot.size(place.blob).map_or_else(|_error| String::new(), size),
            changed: None,
        };
        let more = files.len() > most;
        Some(Part { entries: files.into_iter().take(most).map(entry).collect(), more })
    }

    fn is_file(&self, path: &str) -> bool {
        self.site.attachment(path).is_some()
    }

    fn file(&self, path: &str, most: usize) -> Result<Vec<u8>, SourceError> {
        self.read(self.site.attachment(path).ok_or(SourceError::Missing)?.blob, most)
    }

    fn pages(&self, wanted: &dyn Fn(&str) -> bool, most: usize) -> Part<PagePath> {
        let mut found: Vec<&PagePath> = self.site.pages.keys().filter(|path| wanted(path.fold().as_str())).collect();
        found.sort_by_cached_key(|path| path.fold());
        let more = found.len() > most;
        Part { entries: found.into_iter().take(most).cloned().collect(), more }
    }

    fn headings(&self, page: &PagePath) -> Vec<(String, String)> {
        let Ok(text) = self.page(page, usize::MAX) else { return Vec::new() };
        markdown::headings(&text, self.site.order).into_iter().map(|heading| (heading.title, heading.anchor)).collect()
    }

    fn page(&self, path: &PagePath, most: usize) -> Result<String, SourceError> {
        let place = self.site.pages.get(path).ok_or(SourceError::Missing)?;
        String::from_utf8(self.read(place.blob, most)?).map_err(|_invalid| SourceError::NotText)
    }
}
