use super::{Access, LastChange, Read, WikiError, read};
use crate::markdown::{self, OutlineEntry};
use crate::model::{PagePath, RevisionPrefix};

/// What a page is made of, without its text.
#[derive(Clone, Debug)]
pub struct Outline {
    /// As it is stored.
    pub path: PagePath,
    pub name: String,
    pub last: Option<LastChange>,
    /// Words of the body, without front matter.
    pub words: usize,
    /// Lines of the file.
    pub lines: usize,
    pub entries: Vec<OutlineEntry>,
}

/// The sections of a page, at the tip or as of a revision.
///
/// # Errors
/// As [`read`].
pub fn outline(access: &Access<Read>, path: &PagePath, at: Option<&RevisionPrefix>) -> Result<Outline, WikiError> {
    let page = read(access, path, at)?;
    Ok(Outline {
        words: markdown::word_count(markdown::front_matter(&page.content).body),
        lines: page.content.split_inclusive('\n').count(),
        entries: markdown::outline(&page.content, access.link_order()),
        path: page.path,
        name: page.name,
        last: page.last,
    })
}
