use std::sync::Arc;

use serde_json::Value;

use crate::markdown::{self, LinkOrder};
use crate::model::{FoldKey, PagePath};
use crate::repo::{self, BlobId, CommitInfo, Snapshot};

/// What is known of a page without reading it.
#[derive(Clone, Debug)]
pub struct PageEntry {
    pub blob: BlobId,
    /// What all spellings of the path fold to.
    pub key: FoldKey,
    /// The front matter's title, whatever its type, else the last component of the path.
    pub name: String,
    /// The front matter's category as it is written.
    pub category: Value,
    pub tags: Vec<String>,
    /// Whitespace-separated words of the body.
    pub words: usize,
    pub size: u64,
    /// The pages it links to, as paths; whether they exist is another question.
    pub links: Vec<PagePath>,
    /// The commit that last changed it.
    pub last: Option<Arc<CommitInfo>>,
}

/// What is known of an attached file.
#[derive(Clone, Debug)]
pub struct AttachmentEntry {
    pub blob: BlobId,
    pub size: u64,
    pub last: Option<Arc<CommitInfo>>,
}

impl PageEntry {
    pub(super) fn read(
        snapshot: &Snapshot,
        path: &PagePath,
        blob: BlobId,
        last: Option<Arc<CommitInfo>>,
        order: LinkOrder,
    ) -> Result<Self, repo::Error> {
        let bytes = match snapshot.blob(blob) {
            Ok(bytes) => bytes,
            // Too large to be a page: it is listed, but nothing is known of its inside.
            Err(repo::Error::TooLarge { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8_lossy(&bytes);
        let front = markdown::front_matter(&text);
        let mut links: Vec<PagePath> = markdown::wikilinks(&text, order)
            .into_iter()
            .filter_map(|link| PagePath::parse(&link.target).ok())
            .collect();
        links.sort();
        links.dedup();
        Ok(Self {
            blob,
            key: path.fold(),
            name: front.title().unwrap_or_else(|| path.leaf().to_owned()),
            category: front.fields.as_ref().and_then(|fields| fields.get("category")).cloned().unwrap_or(Value::Null),
            tags: front.tags(),
            words: markdown::word_count(front.body),
            size: snapshot.size(blob)?,
            links,
            last,
        })
    }
}
