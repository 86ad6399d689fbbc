use super::versions::{find, version};
use super::{Access, LastChange, Read, WikiError};
use crate::model::{PagePath, Revision, RevisionPrefix};
use crate::repo::BlameRange;

/// Who wrote which lines of a page.
#[derive(Clone, Debug)]
pub struct Blame {
    /// What the page was called then.
    pub path: PagePath,
    /// The commit as of which this holds.
    pub revision: Revision,
    pub ranges: Vec<BlamedLines>,
}

/// Lines next to each other that one commit wrote.
#[derive(Clone, Debug)]
pub struct BlamedLines {
    /// First and last, counted from 1.
    pub line: usize,
    pub end_line: usize,
    pub change: LastChange,
    /// What the page was called at that commit.
    pub path: PagePath,
    /// Whether the search ended there: the lines may be older.
    pub or_earlier: bool,
}

/// Which commit wrote each line of a page, at the tip or as of a revision; through renames.
///
/// # Errors
/// [`WikiError::NoSuchPage`], [`WikiError::NoSuchRevision`], or a storage failure.
pub fn blame(access: &Access<Read>, path: &PagePath, at: Option<&RevisionPrefix>) -> Result<Blame, WikiError> {
    let wiki = access.wiki();
    let state = wiki.current()?;
    let stored = state.resolve(path).unwrap_or(path).clone();
    let tip = state.commit();
    drop(state);
    let missing = || super::read::no_such_page(&wiki.known(), path);
    let tip = tip.ok_or_else(missing)?;
    let revision = at.map(|at| find(access, at)).transpose()?.unwrap_or(tip);
    let Some(path) = version(access, &stored, revision)?.path else { return Err(missing()) };
    let Some(ranges) = ranges(access, &path, revision)? else { return Err(missing()) };
    let ranges = ranges
        .iter()
        .map(|range| BlamedLines {
            line: range.line,
            end_line: range.end_line,
            change: LastChange::from(&range.commit),
            path: PagePath::from_file(&range.path).unwrap_or_else(|| path.clone()),
            or_earlier: range.or_earlier,
        })
        .collect();
    Ok(Blame { path, revision, ranges })
}

/// Of a commit that the wiki's newest one builds on, the catalog knows the versions of a page;
/// else git is walked through.
fn ranges(access: &Access<Read>, path: &PagePath, at: Revision) -> Result<Option<Vec<BlameRange>>, WikiError> {
    let wiki = access.wiki();
    let file = path.file();
    let state = wiki.current()?;
    let known = state.log().place(at).map(|_place| state.log().versions(file.as_str(), at));
    drop(state);
    Ok(match known {
        Some(versions) => wiki.repo().blame_versions(&versions)?,
        None => wiki.repo().blame(&file, at)?,
    })
}
