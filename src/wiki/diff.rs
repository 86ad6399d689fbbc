use super::versions::{Version, find, history_of, version};
use super::{Access, Read, WikiError};
use crate::model::{PagePath, Revision, RevisionPrefix};
use crate::repo::TextDiff;

/// Which versions of a page are compared.
#[derive(Clone, Debug)]
pub struct DiffQuery {
    /// Else the page's revision before `to`.
    pub from: Option<RevisionPrefix>,
    /// Else the page as it is now.
    pub to: Option<RevisionPrefix>,
    /// Whether changes are also told word by word.
    pub words: bool,
    /// Most lines of hunks.
    pub max_lines: usize,
}

/// How a page differs between two commits.
#[derive(Clone, Debug)]
pub struct PageDiff {
    /// None when there was nothing before.
    pub from: Option<Revision>,
    pub to: Revision,
    /// What the page was called; none where it was not there.
    pub from_path: Option<PagePath>,
    pub to_path: Option<PagePath>,
    pub text: TextDiff,
}

/// Compares two versions of a page, through renames.
///
/// # Errors
/// [`WikiError::NoSuchPage`] when it is in neither, [`WikiError::NoSuchRevision`],
/// [`WikiError::NotText`], or a storage failure.
pub fn diff(access: &Access<Read>, path: &PagePath, query: &DiffQuery) -> Result<PageDiff, WikiError> {
    let wiki = access.wiki();
    let state = wiki.current()?;
    let stored = state.resolve(path).unwrap_or(path).clone();
    let tip = state.commit();
    drop(state);
    let missing = || super::read::no_such_page(&wiki.known(), path);
    let tip = tip.ok_or_else(missing)?;

    let at = query.to.as_ref().map(|to| find(access, to)).transpose()?;
    let mut to = version(access, &stored, at.unwrap_or(tip))?;
    let name = to.path.clone().unwrap_or_else(|| stored.clone());
    let commits = history_of(access, &name.file(), to.revision, 2)?;
    if let (None, Some(last)) = (at, commits.first()) {
        to.revision = last.commit.revision;
    }
    let from = match &query.from {
        Some(from) => Some(version(access, &name, find(access, from)?)?),
        None => match commits.get(1) {
            Some(entry) => {
                let former = PagePath::from_file(&entry.path).unwrap_or_else(|| name.clone());
                Some(version(access, &former, entry.commit.revision)?)
            }
            None => None,
        },
    };
    let old = from.as_ref().map(Version::text).transpose()?.flatten();
    let new = to.text()?;
    if old.is_none() && new.is_none() {
        return Err(missing());
    }
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    Ok(PageDiff {
        from: from.as_ref().map(|from| from.revision),
        to: to.revision,
        from_path: from.and_then(|from| from.path),
        to_path: to.path,
        text: TextDiff::between(&old, &new, query.words, query.max_lines),
    })
}
