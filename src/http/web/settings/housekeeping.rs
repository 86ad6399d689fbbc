use std::collections::HashMap;

use axum::extract::{Query, RawForm, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use percent_encoding::percent_decode_str;

use super::super::answer::ask;
use super::super::error_page::page as render_page;
use super::super::frame::Surroundings;
use super::super::request::{WebRequest, link_to};
use super::super::views::{BrokenRow, SettingsHousekeeping, SettingsNav};
use super::{admin, admin_by_form};
use crate::http::state::AppState;
use crate::model::PagePath;
use crate::wiki::{self, WikiError};

const AT: &str = "housekeeping";
/// Rows of each list, and pages named in a row.
const SHOWN: usize = 200;
const NAMED: usize = 5;

/// `GET /-/settings/housekeeping`: what there is to tidy up.
pub(super) async fn list(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let found = ask(&state, &request, |state, request, principal| {
        let access = admin(state, request, principal)?;
        let reading = state.wikis().authorize::<wiki::Read>(principal, access.slug())?;
        let found = (wiki::empty_pages(&reading)?, wiki::broken_links(&reading)?, wiki::orphans(&reading)?);
        Ok((Surroundings::wiki(state, &access, request), found))
    });
    let (surroundings, (empty, broken, orphans)) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let row = |link: &wiki::BrokenLink| BrokenRow {
        target: link_to(&link.target),
        linked_from: link.linked_from.iter().take(NAMED).map(link_to).collect(),
        more: link.linked_from.len().saturating_sub(NAMED),
    };
    let shown = empty.iter().take(wiki::MOST_CHANGES);
    let view = SettingsHousekeeping {
        frame: surroundings.frame("Housekeeping"),
        nav: SettingsNav::at(AT),
        empty: shown.map(|path| (path.to_string(), link_to(path))).collect(),
        more_empty: empty.len().saturating_sub(wiki::MOST_CHANGES),
        broken: broken.iter().take(SHOWN).map(row).collect(),
        more_broken: broken.len().saturating_sub(SHOWN),
        orphans: orphans.iter().take(SHOWN).map(link_to).collect(),
        more_orphans: orphans.len().saturating_sub(SHOWN),
        deleted: query.get("deleted").and_then(|count| count.parse().ok()),
    };
    render_page(StatusCode::OK, &view)
}

/// `POST /-/settings/housekeeping`: deletes the empty pages that were ticked, in one commit.
pub(super) async fn clear(State(state): State<AppState>, request: WebRequest, RawForm(body): RawForm) -> Response {
    let fields = fields(&body);
    let done = ask(&state, &request, move |state, request, principal| {
        let csrf = fields.iter().find(|(name, _)| name == "csrf").map_or("", |(_, value)| value);
        let access = admin_by_form(state, request, principal, csrf)?;
        let pages = fields.iter().filter(|(name, _)| name == "page").map(|(_, page)| PagePath::parse(page));
        let pages = pages.collect::<Result<Vec<_>, _>>().map_err(WikiError::from)?;
        let writing = state.wikis().authorize::<wiki::Write>(principal, access.slug())?;
        Ok(wiki::delete_empty_pages(state.wikis(), &writing, &pages)?)
    });
    match done.await {
        Ok(count) => Redirect::to(&format!("/-/settings/housekeeping?deleted={count}")).into_response(),
        Err(refused) => refused,
    }
}

/// The fields of a form in which a name may come more than once.
fn fields(body: &[u8]) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let body = String::from_utf8_lossy(body);
    let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_come_more_than_once() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [pair("csrf", "a"), pair("page", "x y"), pair("page", "\u{e9}/&"), pair("page", "")];
        assert_eq!(fields(b"csrf=a&page=x+y&page=%C3%A9%2F%26&page="), expected);
    }
}
