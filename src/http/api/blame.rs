use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiError;
use super::answer::tagged;
use super::pages::{Call, as_typed};
use super::reading::{lines, moment};
use super::request::authorize;
use super::schema::Commit;
use crate::http::state::AppState;
use crate::model::PagePath;
use crate::wiki;

/// Who wrote which lines of a page.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct BlameAnswer {
    /// What the page is called, or was called then.
    path: String,
    /// The commit as of which this holds.
    revision: String,
    ranges: Vec<BlameRow>,
}

/// Lines next to each other that one commit wrote.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct BlameRow {
    /// First and last, counted from 1.
    line: usize,
    end_line: usize,
    #[serde(flatten)]
    commit: Commit,
    /// What the page was called at that commit.
    path: String,
    /// The search ended here, because the history is too long: the lines may be older.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    or_earlier: bool,
}

/// `GET /pages/{path}/blame?revision=&as_of=&lines=`: which commit wrote each line.
pub(super) async fn blame(state: &AppState, call: Call, typed: String) -> Result<Response, ApiError> {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Read>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let at = moment(&access, &call.query, &typed)?;
            let wanted = call.query.get("lines").map(|text| lines(text)).transpose()?;
            let (first, last) = wanted.map_or((1, usize::MAX), |(first, last)| (first, last.unwrap_or(usize::MAX)));
            let blame = wiki::blame(&access, &path, at.as_ref()).map_err(|error| as_typed(error, &typed))?;
            let ranges = blame
                .ranges
                .into_iter()
                .filter(|range| range.end_line >= first && range.line <= last)
                .map(|range| BlameRow {
                    line: range.line.max(first),
                    end_line: range.end_line.min(last),
                    commit: Commit::from(&range.change),
                    path: range.path.to_string(),
                    or_earlier: range.or_earlier,
                })
                .collect();
            let answer = BlameAnswer { path: blame.path.to_string(), revision: blame.revision.to_string(), ranges };
            tagged(&call.headers, &answer)
        })
        .await?
}
