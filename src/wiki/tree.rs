use std::collections::BTreeMap;

use super::list::fold_prefix;
use super::{Access, Read, WikiError};
use crate::model::PagePath;

/// A name in the tree of pages: a page, a folder, or both.
#[derive(Clone, Debug)]
pub struct TreeNode {
    /// The last component.
    pub name: String,
    pub path: String,
    pub is_page: bool,
    /// Pages at and below it, shown or not.
    pub pages: u64,
    /// What is directly below, ordered by name, as deep as was asked for.
    pub children: Vec<TreeNode>,
}

/// A part of the tree.
#[derive(Clone, Debug)]
pub struct Tree {
    pub nodes: Vec<TreeNode>,
    /// Pages that it stands for, shown or not.
    pub pages: u64,
    /// Whether names were left out because there are more than were asked for.
    pub truncated: bool,
}

#[derive(Default)]
struct Branch<'p> {
    path: &'p str,
    is_page: bool,
    pages: u64,
    children: BTreeMap<&'p str, Branch<'p>>,
}

/// The pages whose paths begin with `prefix` as a tree of at most `depth` levels below the
/// folder that the prefix names, and at most `most` names.
///
/// # Errors
/// On a storage failure.
pub fn tree(access: &Access<Read>, prefix: Option<&str>, depth: usize, most: usize) -> Result<Tree, WikiError> {
    let state = access.wiki().current()?;
    let prefix = prefix.map(fold_prefix).unwrap_or_default();
    // Levels of whole folders that all shown pages share.
    let above = prefix.matches('/').count();
    let mut root = Branch::default();
    for (path, _) in state.pages().filter(|(_, entry)| entry.key.as_str().starts_with(&prefix)) {
        root.add(path, above, depth);
    }
    let mut left = most;
    let nodes = root.nodes(&mut left);
    Ok(Tree { nodes, pages: root.pages, truncated: left == 0 && root.names() > most })
}

impl<'p> Branch<'p> {
    fn add(&mut self, path: &'p PagePath, above: usize, depth: usize) {
        let text = path.as_str();
        self.pages += 1;
        let mut here = self;
        let mut end = 0;
        for (level, component) in text.split('/').enumerate() {
            end += component.len() + usize::from(level > 0);
            if level < above {
                continue;
            }
            if level >= above + depth {
                return;
            }
            here = here.children.entry(component).or_default();
            here.path = text.get(..end).unwrap_or(text);
            here.pages += 1;
        }
        here.is_page = true;
    }

    fn names(&self) -> usize {
        self.children.values().map(|child| 1 + child.names()).sum()
    }

    /// The names below, the upper levels first to be shown.
    fn nodes(&self, left: &mut usize) -> Vec<TreeNode> {
        let shown: Vec<_> = self.children.iter().take(*left).collect();
        *left -= shown.len();
        let node = |(name, branch): (&&str, &Branch<'_>)| TreeNode {
            name: (*name).to_owned(),
            path: branch.path.to_owned(),
            is_page: branch.is_page,
            pages: branch.pages,
            children: branch.nodes(left),
        };
        shown.into_iter().map(node).collect()
    }
}
