use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiError;
use super::answer::tagged;
use super::pages::{Call, as_typed};
use super::reading::{number, switch};
use super::request::{authorize, revision};
use crate::http::state::AppState;
use crate::model::PagePath;
use crate::repo::{DiffLine, DiffWord, Side, TextHunk};
use crate::wiki::{self, DiffQuery};

/// Lines of hunks when nobody says how many, and at most.
const DEFAULT_LINES: usize = 5_000;
const MOST_LINES: usize = 100_000;

/// How a page differs between two of its versions.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct DiffAnswer {
    /// What the page was called in the newer version; in the older one, if it is not in the newer.
    path: String,
    /// The older revision; null when the page began with the newer one.
    from: Option<String>,
    to: String,
    /// What the page was called there; null where it was not there.
    from_path: Option<String>,
    to_path: Option<String>,
    /// Lines that were added, and removed, in all.
    added: usize,
    removed: usize,
    /// Whether hunks are left out or cut, because there are more than `max_lines` lines.
    truncated: bool,
    /// The same hunks as `diff -u` writes them; empty when nothing differs.
    unified: String,
    hunks: Vec<HunkRow>,
}

/// Changes that lie close together, with three lines around them.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct HunkRow {
    /// First line and number of lines in the older version. Where there are none, the line
    /// before, which may be 0.
    old_start: usize,
    old_lines: usize,
    new_start: usize,
    new_lines: usize,
    lines: Vec<LineRow>,
    /// With `words=true`: the text of the hunk word by word. Not there when a change is too long.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    words: Vec<WordRow>,
}

/// Where something is.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum ChangeKind {
    /// In both versions.
    Same,
    Removed,
    Added,
}

/// A line of a hunk.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct LineRow {
    change: ChangeKind,
    /// Its number in the older version, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_line: Option<usize>,
    /// Its number in the newer version.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_line: Option<usize>,
    /// Without its line feed.
    text: String,
    /// Whether the version ends here without a line feed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    no_line_feed: bool,
}

/// A run of words.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct WordRow {
    change: ChangeKind,
    text: String,
}

/// `GET /pages/{path}/diff?from=&to=&words=&max_lines=`: two versions of a page; without
/// `to`, the page as it is now; without `from`, the version before `to`.
pub(super) async fn diff(state: &AppState, call: Call, typed: String) -> Result<Response, ApiError> {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Read>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let given = |name: &str| call.query.get(name).map(String::as_str);
            let max_lines = given("max_lines").map(|text| number("max_lines", text, MOST_LINES)).transpose()?;
            let query = DiffQuery {
                from: revision(given("from"))?,
                to: revision(given("to"))?,
                words: switch(&call.query, "words")?,
                max_lines: max_lines.unwrap_or(DEFAULT_LINES),
            };
            let diff = wiki::diff(&access, &path, &query).map_err(|error| as_typed(error, &typed))?;
            let (from_path, to_path) =
                (diff.from_path.map(|path| path.to_string()), diff.to_path.map(|path| path.to_string()));
            let file = |path: &Option<String>| path.as_ref().map(|path| format!("{path}.md"));
            let unified = diff.text.unified(file(&from_path).as_deref(), file(&to_path).as_deref());
            tagged(
                &call.headers,
                &DiffAnswer {
                    path: to_path.clone().or_else(|| from_path.clone()).unwrap_or_default(),
                    from: diff.from.map(|revision| revision.to_string()),
                    to: diff.to.to_string(),
                    from_path,
                    to_path,
                    added: diff.text.added,
                    removed: diff.text.removed,
                    truncated: diff.text.truncated,
                    unified,
                    hunks: diff.text.hunks.into_iter().map(HunkRow::from).collect(),
                },
            )
        })
        .await?
}

impl From<TextHunk> for HunkRow {
    fn from(hunk: TextHunk) -> Self {
        Self {
            old_start: hunk.old_start,
            old_lines: hunk.old_lines,
            new_start: hunk.new_start,
            new_lines: hunk.new_lines,
            lines: hunk.lines.into_iter().map(LineRow::from).collect(),
            words: hunk.words.into_iter().map(WordRow::from).collect(),
        }
    }
}

impl From<DiffLine> for LineRow {
    fn from(line: DiffLine) -> Self {
        Self {
            change: line.side.into(),
            old_line: line.old,
            new_line: line.new,
            text: line.text,
            no_line_feed: !line.ended,
        }
    }
}

impl From<DiffWord> for WordRow {
    fn from(word: DiffWord) -> Self {
        Self { change: word.side.into(), text: word.text }
    }
}

impl From<Side> for ChangeKind {
    fn from(side: Side) -> Self {
        match side {
            Side::Both => Self::Same,
            Side::Removed => Self::Removed,
            Side::Added => Self::Added,
        }
    }
}
