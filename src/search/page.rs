use crate::markdown;
use crate::model::{PagePath, display_name};

/// What of a page is searched. This is the one place that decides how a file becomes that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct IndexedPage {
    pub(super) title: String,
    pub(super) headings: Vec<String>,
    pub(super) tags: Vec<String>,
    /// Plain text, without markup and front matter.
    pub(super) body: String,
}

impl IndexedPage {
    pub(super) fn read(path: &PagePath, text: &str) -> Self {
        let front = markdown::front_matter(text);
        Self {
            title: front.title().unwrap_or_else(|| display_name(path.leaf())),
            headings: markdown::headings(text).into_iter().map(|heading| heading.title).collect(),
            tags: front.tags(),
            body: markdown::plain_text(text),
        }
    }
}
