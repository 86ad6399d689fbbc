use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::error_page::{Problem, page};
use super::frame::Surroundings;
use super::page_view::{Stopped, refuse, slug};
use super::request::{WebRequest, page_href};
use super::views::{IndexEntry, IndexGroup, PageIndex};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{PagePath, Principal, display_name};
use crate::wiki;

/// `GET /-/index`: all pages, by their first letter.
pub(super) async fn page_index(State(state): State<AppState>, request: WebRequest) -> Response {
    let asked = request.clone();
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        find(state, &asked, &principal).map_err(|failure| Stopped::new(failure, principal))
    });
    match work.await {
        Ok(Ok((surroundings, paths))) => {
            let total = paths.len();
            let view = PageIndex { frame: surroundings.frame("All pages"), total, groups: groups(&paths) };
            page(StatusCode::OK, &view)
        }
        Ok(Err(Stopped(failure, principal))) => {
            Problem { failure: *failure, principal: &principal, request: &request, typed: None }.into_response(&state)
        }
        Err(failed) => refuse(&state, &request, failed.into()),
    }
}

fn find(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
) -> Result<(Surroundings, Vec<PagePath>), Failure> {
    let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
    Ok((Surroundings::wiki(state, &access, request), wiki::page_index(&access)?))
}

/// Groups paths, which arrive in reading order, by letter, and names each folder once.
fn groups(paths: &[PagePath]) -> Vec<IndexGroup> {
    let mut groups: Vec<IndexGroup> = Vec::new();
    let mut folders: Vec<String> = Vec::new();
    for path in paths {
        let letter = letter(path);
        let at = match groups.iter().position(|group| group.letter == letter) {
            Some(at) => at,
            None => {
                groups.push(IndexGroup { letter, entries: Vec::new() });
                groups.len() - 1
            }
        };
        let Some(group) = groups.get_mut(at) else { continue };
        let components: Vec<&str> = path.as_str().split('/').collect();
        let parents = components.len().saturating_sub(1);
        let shared = folders
            .iter()
            .zip(components.iter().take(parents))
            .take_while(|(folder, component)| fold(folder) == fold(component))
            .count();
        folders.truncate(shared);
        for (depth, folder) in components.iter().take(parents).enumerate().skip(shared) {
            group.entries.push(IndexEntry { depth, name: display_name(folder), href: None });
            folders.push((*folder).to_owned());
        }
        group.entries.push(IndexEntry { depth: parents, name: display_name(path.leaf()), href: Some(page_href(path)) });
        // A page's sub-pages follow it and need no second line for the folder.
        folders.push(path.leaf().to_owned());
    }
    groups.sort_by_key(|group| (group.letter == '#', group.letter));
    groups
}

fn letter(path: &PagePath) -> char {
    let first = path.as_str().chars().next().unwrap_or('#');
    if first.is_alphabetic() { first.to_uppercase().next().unwrap_or(first) } else { '#' }
}

fn fold(component: &str) -> String {
    component.replace('_', " ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_once_and_pages_with_subpages_are_their_folder() {
        let paths: Vec<PagePath> = ["Alpha", "alpha/One", "Alpha/two/Deep", "beta/x", "beta/y", "1st"]
            .iter()
            .map(|text| PagePath::parse(text).unwrap())
            .collect();
        let lines: Vec<String> = groups(&paths)
            .into_iter()
            .flat_map(|group| {
                group.entries.into_iter().map(move |entry| {
                    let page = if entry.href.is_some() { "page" } else { "folder" };
                    format!("{} {}{} {page}", group.letter, "-".repeat(entry.depth), entry.name)
                })
            })
            .collect();
        let expected = [
            "A Alpha page",
            "A -One page",
            "A -two folder",
            "A --Deep page",
            "B beta folder",
            "B -x page",
            "B -y page",
            "# 1st page",
        ];
        assert_eq!(lines, expected);
    }
}
