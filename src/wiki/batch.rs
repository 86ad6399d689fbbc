use serde::{Deserialize, Serialize};

use super::change::{Done, Plan, change};
use super::edit::{Replacement, replace};
use super::message::message;
use super::my_drafts::follow;
use super::rename::{Rename, rename_in};
use super::sections::{Passage, revised};
use super::write::{Recording, WriteMode, WritePage, check_content, check_edits, put, remove, rewrite};
use super::{Access, Action, WikiError, Wikis, Write};
use crate::model::{PagePath, Revision, RevisionPrefix};

/// Most changes in one commit.
pub const MOST_CHANGES: usize = 100;
/// Most renames among them: each one reads all pages that link to it.
const MOST_RENAMES: usize = 20;

/// One of several changes that are made together.
#[derive(Clone, Debug)]
pub struct BatchChange<'a> {
    pub path: PagePath,
    /// The revision that the writer read.
    pub base: Option<RevisionPrefix>,
    pub op: BatchOp<'a>,
}

/// What is done to a page.
#[derive(Clone, Debug)]
pub enum BatchOp<'a> {
    Put { content: &'a str, mode: WriteMode },
    Edit { edits: Vec<Replacement<'a>> },
    Append { content: &'a str },
    Rename { to: &'a str },
    Delete,
}

/// What several changes came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchDone {
    /// The commit; none for a dry run, or when nothing changed.
    pub revision: Option<Revision>,
    pub changes: Vec<BatchItem>,
}

/// What one of several changes came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchItem {
    /// The page as it is stored; for a rename, under its new name.
    pub path: PagePath,
    pub created: bool,
    /// The pages whose links a rename rewrote.
    pub updated_pages: Vec<PagePath>,
}

/// Makes several changes in one commit, in order, each on what the ones before it left: all
/// of them or none.
///
/// # Errors
/// [`WikiError::InBatch`] with the first change that cannot be made, a limit, or a storage
/// failure; nothing has changed then.
pub fn batch(
    wikis: &Wikis,
    access: &Access<Write>,
    changes: &[BatchChange<'_>],
    dry_run: bool,
    recording: &Recording<'_>,
) -> Result<Done<BatchDone>, WikiError> {
    let invalid = |problem: String| WikiError::Invalid { field: "changes", problem };
    if changes.is_empty() || changes.len() > MOST_CHANGES {
        return Err(invalid(format!("must be 1 to {MOST_CHANGES}")));
    }
    let renames = changes.iter().filter(|change| matches!(change.op, BatchOp::Rename { .. })).count();
    if renames > MOST_RENAMES {
        return Err(invalid(format!("must have at most {MOST_RENAMES} renames")));
    }
    let mut moves = Vec::new();
    let done = change(wikis, access, recording.once, |draft| {
        let mut items = Vec::with_capacity(changes.len());
        for (index, change) in changes.iter().enumerate() {
            let item = apply(wikis, access, draft, change, recording, &mut moves);
            items.push(item.map_err(|error| WikiError::InBatch { index, error: Box::new(error) })?);
        }
        let paths: Vec<&str> = items.iter().take(3).map(|item| item.path.as_str()).collect();
        let more = if items.len() > 3 { format!(" and {} more", items.len() - 3) } else { String::new() };
        let what = format!("{}{more}", paths.join(", "));
        let message = message(recording.origin, Action::Change, recording.message, &what)?;
        Ok(Plan {
            message: (!dry_run).then_some(message),
            outcome: Box::new(|revision| Ok(BatchDone { revision, changes: items })),
        })
    })?;
    if done.value.revision.is_some() && !done.replayed && !moves.is_empty() {
        follow(wikis, access, &moves);
    }
    Ok(done)
}

fn apply(
    wikis: &Wikis,
    access: &Access<Write>,
    draft: &mut super::draft::Draft<'_>,
    change: &BatchChange<'_>,
    recording: &Recording<'_>,
    moves: &mut Vec<(PagePath, PagePath)>,
) -> Result<BatchItem, WikiError> {
    let item = |path, created| BatchItem { path, created, updated_pages: Vec::new() };
    let (path, base) = (&change.path, change.base.as_ref());
    match &change.op {
        BatchOp::Put { content, mode } => {
            check_content(wikis, content)?;
            let (base, recording) = (change.base.clone(), recording.clone());
            let put = put(wikis, access, draft, path, &WritePage { content, base, mode: *mode, recording })?;
            Ok(item(put.path, put.created))
        }
        BatchOp::Edit { edits } => {
            check_edits(edits)?;
            let put = rewrite(wikis, draft, path, base, |text| replace(text, edits))?;
            Ok(item(put.path, false))
        }
        BatchOp::Append { content } => {
            let order = draft.link_order();
            let put = rewrite(wikis, draft, path, base, |text| revised(text, order, &Passage::End(content)))?;
            Ok(item(put.path, false))
        }
        BatchOp::Delete => remove(draft, path, base).map(|(path, _)| item(path, false)),
        BatchOp::Rename { to } => {
            let rename = Rename {
                to,
                base: change.base.clone(),
                subpages: true,
                attachments: true,
                dry_run: false,
                recording: recording.clone(),
            };
            let renamed = rename_in(draft, path, &rename)?;
            let (mut known, mut new) = (std::mem::take(moves), Vec::new());
            for (from, to) in std::iter::once((renamed.from, renamed.to.clone())).chain(renamed.moved_pages) {
                // What an earlier change brought there goes on from where it was.
                match known.iter().position(|(_, before)| *before == from) {
                    Some(at) => new.push((known.swap_remove(at).0, to)),
                    None => new.push((from, to)),
                }
            }
            known.append(&mut new);
            *moves = known;
            Ok(BatchItem { path: renamed.to, created: false, updated_pages: renamed.updated_pages })
        }
    }
}
