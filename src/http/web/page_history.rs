use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::Response;

use super::error_page::{Problem, page};
use super::frame::Surroundings;
use super::page_view::{Stopped, change, refuse, slug};
use super::request::{WebRequest, page_href};
use super::views::{Deleted, History, Version};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{PagePath, Principal, display_name};
use crate::wiki::{self, DeletedPage, HistoryItem, WikiError};

/// Versions on one page.
const SHOWN: usize = 100;

struct Found {
    surroundings: Surroundings,
    path: PagePath,
    items: Vec<HistoryItem>,
    skipped: usize,
    more: bool,
    /// Set when the page was deleted.
    gone: Option<DeletedPage>,
}

/// `GET /{path}/history`: the versions of a page, also of a deleted one; `skip` leads on to
/// older ones.
pub(super) async fn show(
    state: &AppState,
    request: WebRequest,
    typed: String,
    query: HashMap<String, String>,
) -> Response {
    let asked = request.clone();
    let skip = query.get("skip").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0).min(100_000);
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        find(state, &asked, &principal, &typed, skip).map_err(|failure| Stopped::new(failure, principal))
    });
    let found = match work.await {
        Ok(Ok(found)) => found,
        Ok(Err(Stopped(failure, principal))) => {
            return Problem { failure: *failure, principal: &principal, request: &request, typed: None }
                .into_response(state);
        }
        Err(failed) => return refuse(state, &request, failed.into()),
    };
    let name = display_name(found.path.leaf());
    let title = format!("History of {name}");
    let older = format!("{}/history?skip={}", page_href(&found.path), found.skipped + SHOWN);
    let versions = found.items.iter().enumerate().map(|(at, item)| version(&found, at, item)).collect();
    let restore = format!("{}/revert", page_href(&found.path));
    let gone = found.gone.as_ref().map(|gone| Deleted {
        change: change(&gone.deleted),
        commit_href: format!("/-/commit/{}", gone.deleted.revision),
        restore_action: &restore,
        revision: gone.before.to_string(),
    });
    let frame = found.surroundings.frame(&title);
    let view = History { frame, versions, older_href: found.more.then_some(older.as_str()), gone };
    page(StatusCode::OK, &view)
}

fn version(found: &Found, at: usize, item: &HistoryItem) -> Version {
    Version {
        href: format!("{}?revision={}", page_href(&item.path), item.change.revision),
        revision: item.change.revision.short(),
        diff_href: format!("{}/diff?to={}", page_href(&found.path), item.change.revision),
        change: change(&item.change),
        message: item.change.message.clone(),
        former_path: (item.path != found.path).then(|| item.path.to_string()),
        current: at == 0 && found.skipped == 0 && found.gone.is_none(),
    }
}

fn find(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    typed: &str,
    skip: usize,
) -> Result<Found, Failure> {
    let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
    let path = PagePath::parse(typed).map_err(WikiError::from)?;
    let wanted = skip + SHOWN + 1;
    let (path, mut items, gone) = match wiki::history(&access, &path, Some(wanted)) {
        Ok((path, items)) => (path, items, None),
        Err(error @ WikiError::NoSuchPage { .. }) => match wiki::deleted_history(&access, &path, wanted)? {
            Some((gone, items)) => (gone.path.clone(), items, Some(gone)),
            None => return Err(error.into()),
        },
        Err(error) => return Err(error.into()),
    };
    items.drain(..skip.min(items.len()));
    let more = items.len() > SHOWN;
    items.truncate(SHOWN);
    let surroundings = Surroundings::wiki(state, &access, request).about(&path);
    Ok(Found { surroundings, path, items, skipped: skip, more, gone })
}
