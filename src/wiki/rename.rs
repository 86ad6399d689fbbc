use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::change::{Done, Plan, change};
use super::draft::Draft;
use super::message::message;
use super::my_drafts::follow;
use super::read::no_such_page;
use super::write::{Recording, check_address_is_free};
use super::{Access, Action, WikiError, Wikis, Write};
use crate::markdown::{FindPage, Moves, rewrite_links};
use crate::model::{AttachmentName, AttachmentPath, PagePath, Revision, RevisionPrefix};
use crate::repo;

/// Where a page is to go, and what goes with it.
#[derive(Clone, Debug)]
pub struct Rename<'a> {
    /// As it was given; spaces in it become underscores.
    pub to: &'a str,
    /// The revision that the writer read, if it matters.
    pub base: Option<RevisionPrefix>,
    pub subpages: bool,
    pub attachments: bool,
    /// Says what would change, and changes nothing.
    pub dry_run: bool,
    pub recording: Recording<'a>,
}

/// A page that was moved, or would be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Renamed {
    pub from: PagePath,
    pub to: PagePath,
    /// The commit; none for a dry run.
    pub revision: Option<Revision>,
    /// The pages whose links were rewritten, under their new names, in order.
    pub updated_pages: Vec<PagePath>,
    /// The sub-pages that moved along, old path and new.
    pub moved_pages: Vec<(PagePath, PagePath)>,
    /// The files that moved along, old path and new.
    pub moved_attachments: Vec<(String, String)>,
}

/// What a rename would concern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Pages and files that would move along.
    pub subpages: usize,
    pub files: usize,
    /// Other pages, with links to what moves or pictures of it.
    pub linked_from: usize,
}

/// What the rename of a page would concern, without a look into any page.
///
/// # Errors
/// [`WikiError::NoSuchPage`], or a storage failure.
pub fn extent_of_rename(access: &Access<Write>, path: &PagePath) -> Result<Extent, WikiError> {
    let state = access.wiki().current()?;
    let page = state.resolve(path).ok_or_else(|| no_such_page(&state, path))?;
    let below = format!("{page}/");
    let moved: BTreeSet<&PagePath> = std::iter::once(page)
        .chain(state.pages().map(|(path, _)| path).filter(|path| path.as_str().starts_with(&below)))
        .collect();
    let mut linking: BTreeSet<PagePath> = moved.iter().flat_map(|page| state.linked_from(page)).collect();
    let with_files = moved.iter().filter(|page| state.attachments(page).next().is_some());
    linking.extend(with_files.flat_map(|page| state.pages_naming_files_of(page)).cloned());
    Ok(Extent {
        subpages: moved.len() - 1,
        files: moved.iter().map(|page| state.attachments(page).count()).sum(),
        linked_from: linking.iter().filter(|page| !moved.contains(page)).count(),
    })
}

/// Moves a page with its sub-pages and attachments, and rewrites the links to them, in one
/// commit.
///
/// # Errors
/// The checks of reference 1.4 in its order, [`WikiError::RevisionMismatch`],
/// [`WikiError::FileExists`], or a storage failure; nothing has changed then.
pub fn rename(
    wikis: &Wikis,
    access: &Access<Write>,
    path: &PagePath,
    request: &Rename<'_>,
) -> Result<Done<Renamed>, WikiError> {
    let Recording { origin, message: given, typed, once } = request.recording;
    let done = change(wikis, access, once, |draft| {
        let renamed = rename_in(draft, path, request)?;
        let message = message(origin, Action::Rename, given, &format!("{typed} -> {}", request.to.trim()))?;
        Ok(Plan {
            message: (!request.dry_run).then_some(message),
            outcome: Box::new(|revision| Ok(Renamed { revision, ..renamed })),
        })
    })?;
    if done.value.revision.is_some() && !done.replayed {
        let page = (done.value.from.clone(), done.value.to.clone());
        let moves: Vec<_> = std::iter::once(page).chain(done.value.moved_pages.iter().cloned()).collect();
        follow(wikis, access, &moves);
    }
    Ok(done)
}

/// Moves a page in a draft.
pub(super) fn rename_in(draft: &mut Draft<'_>, path: &PagePath, request: &Rename<'_>) -> Result<Renamed, WikiError> {
    let invalid = |problem: &str| WikiError::Invalid { field: "new_path", problem: problem.to_owned() };
    let from = draft.page(path)?.path;
    if request.to.trim().is_empty() {
        return Err(invalid("must not be empty"));
    }
    let given = PagePath::parse(request.to.trim())?;
    let to = given.for_new_page()?;
    if given == from || to == from {
        return Err(invalid("is the same as the current path"));
    }
    draft.page_as_read(&from, request.base.as_ref())?;
    check_address_is_free(draft, &to)?;

    let before = draft.drafted().clone();
    let mut pages = BTreeMap::from([(from.clone(), to.clone())]);
    if request.subpages {
        for page in draft.pages_below(&from) {
            let below = page.as_str().get(from.as_str().len()..).unwrap_or_default();
            pages.insert(page.clone(), PagePath::parse(&format!("{to}{below}"))?);
        }
    }
    if let Some((_, taken)) = pages.iter().find_map(|(_, to)| {
        let found = draft.resolve(to).filter(|found| !pages.contains_key(found))?;
        Some((to, found))
    }) {
        let path = if draft.resolve(&to).is_some() { request.to.trim().to_owned() } else { taken.to_string() };
        return Err(WikiError::PageExists { path });
    }
    let mut files = BTreeMap::new();
    if request.attachments {
        for (from, to) in &pages {
            for file in draft.attachments(from) {
                let moved = AttachmentPath { page: to.clone(), name: file.name.clone() };
                files.insert(file, moved);
            }
        }
    }
    for to in files.values() {
        if draft.has(&to.file())? && !files.contains_key(to) {
            return Err(WikiError::FileExists { path: to.file().to_string() });
        }
    }
    draft.move_pages(&pages)?;
    draft.move_files(files.iter().map(|(from, to)| (from.file(), to.file())).collect())?;
    let updated_pages = rewrite_all(draft, &before, &pages, &files)?;
    pages.remove(&from);
    let text = |path: AttachmentPath| path.file().to_string();
    Ok(Renamed {
        from,
        to,
        revision: None,
        updated_pages,
        moved_pages: pages.into_iter().collect(),
        moved_attachments: files.into_iter().map(|(from, to)| (text(from), text(to))).collect(),
    })
}

/// Renames a file of a page and rewrites the links to it, in one commit. The pages whose
/// links were rewritten, in order.
///
/// # Errors
/// [`WikiError::NoSuchPage`], [`WikiError::NoSuchAttachment`], [`WikiError::FileExists`],
/// [`WikiError::Invalid`] when the name stays the same, or a storage failure.
pub fn rename_attachment(
    wikis: &Wikis,
    access: &Access<Write>,
    page: &PagePath,
    (from, to): (&AttachmentName, &AttachmentName),
    recording: &Recording<'_>,
) -> Result<Done<Vec<PagePath>>, WikiError> {
    change(wikis, access, recording.once, |draft| {
        let page = draft.page(page)?.path;
        let [old, new] = [from, to].map(|name| AttachmentPath { page: page.clone(), name: name.clone() });
        if !draft.has(&old.file())? {
            return Err(WikiError::NoSuchAttachment { name: from.to_string() });
        }
        if from == to {
            return Err(WikiError::Invalid { field: "to", problem: "is the same as the current name".to_owned() });
        }
        if draft.has(&new.file())? {
            return Err(WikiError::FileExists { path: new.file().to_string() });
        }
        let before = draft.drafted().clone();
        draft.move_files(vec![(old.file(), new.file())])?;
        let files = BTreeMap::from([(old, new)]);
        let updated = rewrite_all(draft, &before, &BTreeMap::new(), &files)?;
        let message = message(recording.origin, Action::Rename, recording.message, &format!("{from} -> {to}"))?;
        Ok(Plan { message: Some(message), outcome: Box::new(|_revision| Ok(updated)) })
    })
}

/// Rewrites the links of every page that the moves concern; the pages that changed.
/// `before` is what the draft had done to pages before the moves.
fn rewrite_all(
    draft: &mut Draft<'_>,
    before: &BTreeMap<PagePath, bool>,
    pages: &BTreeMap<PagePath, PagePath>,
    files: &BTreeMap<AttachmentPath, AttachmentPath>,
) -> Result<Vec<PagePath>, WikiError> {
    let old: HashMap<&PagePath, &PagePath> = pages.iter().map(|(from, to)| (to, from)).collect();
    let found_before = |path: &str| draft.resolve_with(before, &PagePath::parse(path).ok()?);
    let found_after = |path: &str| draft.resolve(&PagePath::parse(path).ok()?);
    let mut rewritten = Vec::new();
    for page in &concerned(draft, pages, files) {
        let before_path = old.get(page).copied().unwrap_or(page);
        let Some(text) = readable(draft, page)? else { continue };
        let file_before = |path: &str| {
            let file = attached(path, &found_before, |file| {
                files.contains_key(file) || draft.has(&file.file()).unwrap_or(false)
            })?;
            Some(files.get(&file).unwrap_or(&file).file().to_string())
        };
        let file_after = |path: &str| {
            attached(path, &found_after, |file| draft.has(&file.file()).unwrap_or(false))
                .map(|file| file.file().to_string())
        };
        let moves = Moves {
            page_before: &found_before,
            page_after: &found_after,
            moved: &|page| pages.get(page).unwrap_or(page).clone(),
            file: &file_before,
            file_after: &file_after,
        };
        if let Some(text) = rewrite_links(&text, draft.link_order(), before_path, page, &moves) {
            rewritten.push((page.clone(), text));
        }
    }
    let updated = rewritten.iter().map(|(page, _)| page.clone()).collect();
    for (page, text) in rewritten {
        draft.put_page(&page, text);
    }
    Ok(updated)
}

/// The pages whose links may have to change, as they are called after the moves: those that
/// moved, those that link to an old name or to a new one, and those that show a file that moved.
fn concerned(
    draft: &Draft<'_>,
    pages: &BTreeMap<PagePath, PagePath>,
    files: &BTreeMap<AttachmentPath, AttachmentPath>,
) -> BTreeSet<PagePath> {
    // What this draft has changed is not what the metadata knows.
    let drafted = draft.drafted();
    let mut concerned: BTreeSet<PagePath> =
        drafted.iter().filter(|(_, there)| **there).map(|(page, _)| page.clone()).collect();
    let state = draft.state();
    let linking = pages.iter().flat_map(|(from, to)| [from, to]).flat_map(|page| state.pages_naming(page));
    let owners: BTreeSet<&PagePath> = files.keys().map(|file| &file.page).collect();
    let linking = linking.chain(owners.into_iter().flat_map(|page| state.pages_naming_files_of(page)));
    let linking = linking.chain(state.pages_with_unknown_links());
    concerned.extend(linking.filter(|page| !drafted.contains_key(*page)).cloned());
    concerned
}

/// A page's text; none of one that cannot be read as a page, which has no links.
fn readable(draft: &Draft<'_>, page: &PagePath) -> Result<Option<String>, WikiError> {
    match draft.text(page) {
        Ok(text) => Ok(Some(text)),
        Err(WikiError::NotText { .. } | WikiError::Repo(repo::Error::TooLarge { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The attached file that a path means: as it is, or of the page that its directory folds to.
fn attached(
    path: &str,
    find_page: &FindPage<'_>,
    is_there: impl Fn(&AttachmentPath) -> bool,
) -> Option<AttachmentPath> {
    let exact = AttachmentPath::from_file(path)?;
    if is_there(&exact) {
        return Some(exact);
    }
    let page = find_page(exact.page.as_str())?;
    Some(AttachmentPath { page, ..exact }).filter(is_there)
}
