use std::collections::HashMap;

use crate::model::{FoldKey, PagePath};

/// Which pages mention which name, keyed by what the name means rather than how it is
/// spelled.
#[derive(Default)]
pub(super) struct LinkGraph {
    incoming: HashMap<FoldKey, Vec<PagePath>>,
}

impl LinkGraph {
    pub(super) fn add(&mut self, page: &PagePath, names: impl Iterator<Item = FoldKey>) {
        for key in names {
            let pages = self.incoming.entry(key).or_default();
            if let Err(at) = pages.binary_search(page) {
                pages.insert(at, page.clone());
            }
        }
    }

    pub(super) fn remove(&mut self, page: &PagePath, names: impl Iterator<Item = FoldKey>) {
        for key in names {
            if let Some(pages) = self.incoming.get_mut(&key) {
                if let Ok(at) = pages.binary_search(page) {
                    pages.remove(at);
                }
                if pages.is_empty() {
                    self.incoming.remove(&key);
                }
            }
        }
    }

    /// The pages that may link to the name, ordered.
    pub(super) fn to(&self, key: &FoldKey) -> &[PagePath] {
        self.incoming.get(key).map_or(&[], Vec::as_slice)
    }

    /// Every name that is mentioned, and by which pages.
    pub(super) fn names(&self) -> impl Iterator<Item = (&FoldKey, &[PagePath])> {
        self.incoming.iter().map(|(key, pages)| (key, pages.as_slice()))
    }
}
