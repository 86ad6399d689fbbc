use std::collections::{BTreeSet, HashMap};

use crate::model::{FoldKey, PagePath};

/// Which page links to which, keyed by what the link means rather than how it is spelled.
#[derive(Default)]
pub(super) struct LinkGraph {
    outgoing: HashMap<PagePath, Vec<FoldKey>>,
    incoming: HashMap<FoldKey, BTreeSet<PagePath>>,
}

impl LinkGraph {
    /// Replaces the links of a page; none removes it.
    pub(super) fn set(&mut self, page: &PagePath, targets: &[PagePath]) {
        for key in self.outgoing.remove(page).unwrap_or_default() {
            if let Some(pages) = self.incoming.get_mut(&key) {
                pages.remove(page);
                if pages.is_empty() {
                    self.incoming.remove(&key);
                }
            }
        }
        if targets.is_empty() {
            return;
        }
        let keys: Vec<FoldKey> = targets.iter().map(PagePath::fold).collect();
        for key in &keys {
            self.incoming.entry(key.clone()).or_default().insert(page.clone());
        }
        self.outgoing.insert(page.clone(), keys);
    }

    /// The pages that link to the name, ordered.
    pub(super) fn to(&self, key: &FoldKey) -> Vec<PagePath> {
        self.incoming.get(key).into_iter().flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> PagePath {
        PagePath::parse(text).unwrap()
    }

    #[test]
    fn links_follow_their_page() {
        let mut graph = LinkGraph::default();
        graph.set(&page("A"), &[page("New York"), page("B")]);
        graph.set(&page("C"), &[page("new_york")]);
        assert_eq!(graph.to(&page("New_York").fold()), [page("A"), page("C")]);
        graph.set(&page("A"), &[page("B")]);
        graph.set(&page("C"), &[]);
        assert!(graph.to(&page("New_York").fold()).is_empty());
        assert_eq!(graph.to(&page("b").fold()), [page("A")]);
    }
}
