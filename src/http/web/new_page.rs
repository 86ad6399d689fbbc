use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::answer::ask;
use super::error_page::{page, sentence};
use super::frame::Surroundings;
use super::page_view::slug;
use super::request::{WebRequest, encode, page_href, path_for_people};
use super::views::{Link, NewPage};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{PagePath, Principal};
use crate::wiki;

struct Found {
    surroundings: Surroundings,
    problem: Option<String>,
    existing: Option<PagePath>,
    near: Vec<PagePath>,
    /// The page that the name would be.
    path: Option<PagePath>,
    places: Vec<PagePath>,
}

/// `GET /-/new`: asks for a name, or leads on to the page's form. `from` is the address of
/// the page that the visitor came from.
pub(super) async fn new_page(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let given = |name: &str| query.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let (name, from) = (given("name"), given("from"));
    let (wanted, origin) = (name.clone(), from.clone());
    let found =
        ask(&state, &request, move |state, request, principal| find(state, request, principal, &wanted, &origin));
    let found = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let edit = found.path.as_ref().map(|path| format!("{}/edit", page_href(path)));
    if let (Some(edit), true) = (&edit, found.near.is_empty() && found.existing.is_none()) {
        return Redirect::to(edit).into_response();
    }
    let link = |path: &PagePath| Link { text: path_for_people(path), href: page_href(path) };
    let place = |path: &PagePath| {
        let name = format!("{}/", path.as_str().replace('_', " "));
        Link { text: path_for_people(path), href: format!("/-/new?name={}&from={}", encode(&name), encode(&from)) }
    };
    let view = NewPage {
        frame: found.surroundings.frame("New page"),
        name: &name,
        from: &from,
        problem: found.problem.as_deref(),
        existing: found.existing.as_ref().map(link),
        near: found.near.iter().map(link).collect(),
        anyway_href: edit.as_deref().filter(|_| found.existing.is_none()),
        places: found.places.iter().map(place).collect(),
    };
    page(StatusCode::OK, &view)
}

fn find(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    name: &str,
    from: &str,
) -> Result<Found, Failure> {
    let access = state.wikis().authorize::<wiki::Write>(principal, slug(request)?)?;
    let reading = access.reading();
    let surroundings = Surroundings::wiki(state, &access, request);
    let mut found =
        Found { surroundings, problem: None, existing: None, near: Vec::new(), path: None, places: Vec::new() };
    if let Ok(from) = PagePath::parse(from)
        && let Some(page) = wiki::find_page(&reading, &from)?
    {
        found.places.extend(page.parent());
        found.places.push(page);
    }
    // A name that ends with a slash is the beginning of one.
    if name.is_empty() || name.ends_with('/') {
        return Ok(found);
    }
    match PagePath::parse(name).and_then(|path| path.for_new_page()) {
        Err(problem) => found.problem = Some(sentence(&format!("the name {problem}"))),
        Ok(path) => {
            found.existing = wiki::find_page(&reading, &path)?;
            if found.existing.is_none() {
                found.near = wiki::near_pages(&reading, &path)?;
            }
            found.path = Some(path);
        }
    }
    Ok(found)
}
