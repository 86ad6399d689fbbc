use std::collections::BTreeMap;

use super::{Catalog, PageEntry};
use crate::model::{PagePath, Revision};
use crate::repo::{self, Repo};

/// The pages as of a commit of the past.
#[derive(Default)]
pub struct Past {
    pages: BTreeMap<PagePath, PageEntry>,
}

/// Why the pages of the past are not there.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    #[error("there is no such commit")]
    NoSuchCommit,
    /// Pages that differ from those of the present have to be read one by one.
    #[error("more than {most} pages were different then")]
    TooDifferent { most: usize },
    #[error(transparent)]
    Repo(#[from] repo::Error),
}

impl Catalog {
    /// What was known of the pages as of a commit. Pages that are the same today cost
    /// nothing; of the others at most `most` are read.
    ///
    /// # Errors
    /// See [`PastError`].
    pub fn at(&self, repo: &Repo, revision: Revision, most: usize) -> Result<Past, PastError> {
        let snapshot = repo.at(revision)?.ok_or(PastError::NoSuchCommit)?;
        let mut pages = BTreeMap::new();
        let mut different = Vec::new();
        let files = snapshot.files()?;
        let state = self.read();
        let before = state.log.ancestors(revision).ok_or(PastError::NoSuchCommit)?;
        let counts = |place: u32| before.get(place as usize) == Some(&true);
        for file in files {
            let Some(path) = PagePath::from_file(&file.path) else { continue };
            let last = state.log.last(&file.path, file.blob, &counts).cloned();
            match state.page(&path).filter(|entry| entry.blob == file.blob) {
                Some(entry) => drop(pages.insert(path, PageEntry { last, ..entry.clone() })),
                None if different.len() >= most => return Err(PastError::TooDifferent { most }),
                None => different.push((path, file.blob, last)),
            }
        }
        let order = state.order();
        drop(state);
        for (path, blob, last) in different {
            let entry = PageEntry::read(&snapshot, &path, blob, order)?;
            pages.insert(path, PageEntry { last, ..entry });
        }
        Ok(Past { pages })
    }
}

impl Past {
    /// All pages, ordered by path.
    pub fn pages(&self) -> impl Iterator<Item = (&PagePath, &PageEntry)> {
        self.pages.iter()
    }
}
