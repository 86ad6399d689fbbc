use std::collections::HashMap;

use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiError;
use super::answer::{Wanted, tagged};
use super::pages::{Call, as_typed};
use super::request::{authorize, revision};
use super::schema::{Commit, PageAnswer};
use crate::http::dates;
use crate::http::state::AppState;
use crate::model::{PagePath, RevisionPrefix};
use crate::wiki::{self, Access, Part, Read, Selection, WikiError};

/// Most characters that can be asked for; more than any page has.
pub(super) const MOST_CHARS: usize = 16 << 20;

/// What `fields` can name.
pub(super) const PAGE_FIELDS: &[&str] = &[
    "name",
    "path",
    "content",
    "frontmatter",
    "links_to",
    "linked_from",
    "revision",
    "last_commit",
    "section",
    "line",
    "end_line",
    "total_lines",
    "truncated",
    "next_line",
    "cut",
];

/// A page, or the part of one that was asked for with `section`, `lines` or `max_chars`.
/// With `fields`, only those.
#[derive(Serialize, JsonSchema)]
#[schemars(transform = nothing_required)]
pub(in crate::http) struct ReadAnswer {
    #[serde(flatten)]
    page: PageAnswer,
    #[serde(flatten)]
    part: Option<PartAnswer>,
}

/// Of an answer of which the request says what is there.
pub(super) fn nothing_required(schema: &mut schemars::Schema) {
    schema.remove("required");
}

/// Where the part of a page in `content` is; only there when a part was asked for.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct PartAnswer {
    /// The section that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<SectionAnswer>,
    /// The first line of `content` in the file, counted from 1.
    line: usize,
    /// The last line of `content` in the file.
    end_line: usize,
    /// Lines of the whole file.
    total_lines: usize,
    /// Whether `max_chars` left something out.
    truncated: bool,
    /// Where to read on: the first line that was left out, for `lines=N-`.
    next_line: Option<usize>,
    /// Whether the last line is cut, because it alone is longer than `max_chars`.
    cut: bool,
}

/// A section of a page.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct SectionAnswer {
    /// The titles from the top, joined with ` > `; what `section` takes.
    path: String,
    title: String,
    /// The fragment of the section's address.
    anchor: String,
    /// 1 to 6.
    level: u8,
}

/// What a page is made of.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct OutlineAnswer {
    name: String,
    /// The path as it is stored.
    path: String,
    /// The last commit that changed the page.
    revision: String,
    /// Words of the text, without front matter.
    words: usize,
    /// Lines of the file, front matter included.
    total_lines: usize,
    sections: Vec<OutlineRow>,
}

/// A section in an outline.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct OutlineRow {
    /// 1 to 6.
    level: u8,
    title: String,
    /// The titles from the top, joined with ` > `; what `section` takes.
    path: String,
    /// The fragment of the section's address.
    anchor: String,
    /// The line of the heading, counted from 1.
    line: usize,
    /// The last line of the section and those below it.
    end_line: usize,
    /// Words of the section and those below it.
    words: usize,
}

/// `GET /pages/{path}`: a page (reference 1.5) or a part of it, now, as of `revision`, or as
/// of `as_of`.
pub(super) async fn read(state: &AppState, call: Call, typed: String) -> Result<Response, ApiError> {
    state
        .run_blocking(move |state| {
            let access = authorize::<Read>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let at = moment(&access, &call.query, &typed)?;
            let wanted = Wanted::parse(call.query.get("fields").map(String::as_str), PAGE_FIELDS)?;
            let selection = selection(&call.query)?;
            let page = wiki::read(&access, &path, at.as_ref()).map_err(|error| as_typed(error, &typed))?;
            tagged(&call.headers, &wanted.select(&answer(&access, page, &selection)?)?)
        })
        .await?
}

/// `GET /pages/{path}/outline`: the sections of a page.
pub(super) async fn outline(state: &AppState, call: Call, typed: String) -> Result<Response, ApiError> {
    state
        .run_blocking(move |state| {
            let access = authorize::<Read>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let at = moment(&access, &call.query, &typed)?;
            let outline = wiki::outline(&access, &path, at.as_ref()).map_err(|error| as_typed(error, &typed))?;
            tagged(
                &call.headers,
                &OutlineAnswer {
                    name: outline.name,
                    path: outline.path.to_string(),
                    revision: outline.last.map(|last| Commit::from(&last).revision).unwrap_or_default(),
                    words: outline.words,
                    total_lines: outline.lines,
                    sections: outline
                        .entries
                        .into_iter()
                        .map(|entry| OutlineRow {
                            level: entry.level,
                            title: entry.title,
                            path: entry.path,
                            anchor: entry.anchor,
                            line: entry.line,
                            end_line: entry.end_line,
                            words: entry.words,
                        })
                        .collect(),
                },
            )
        })
        .await?
}

/// A page as it is answered, cut to the part that is wanted.
pub(super) fn answer(
    access: &Access<Read>,
    mut page: wiki::Page,
    selection: &Selection<'_>,
) -> Result<ReadAnswer, WikiError> {
    if selection.is_everything() {
        return Ok(ReadAnswer { page: page.into(), part: None });
    }
    let mut part = selection.of(&page.content, access.link_order())?;
    page.content = std::mem::take(&mut part.content);
    Ok(ReadAnswer { page: page.into(), part: Some(part.into()) })
}

impl From<Part> for PartAnswer {
    fn from(part: Part) -> Self {
        Self {
            truncated: part.truncated(),
            line: part.line,
            end_line: part.end_line,
            total_lines: part.total_lines,
            next_line: part.next_line,
            cut: part.cut,
            section: part.section.map(|section| SectionAnswer {
                path: section.path,
                title: section.title,
                anchor: section.anchor,
                level: section.level,
            }),
        }
    }
}

/// As of when a page is wanted: `revision`, or the last commit at `as_of` or before; now
/// when neither is there.
///
/// # Errors
/// 422 for what cannot be read, 404 when there was nothing yet.
pub(super) fn moment(
    access: &Access<Read>,
    query: &HashMap<String, String>,
    typed: &str,
) -> Result<Option<RevisionPrefix>, ApiError> {
    let named = revision(query.get("revision").map(String::as_str))?;
    let Some(text) = query.get("as_of").map(|text| text.trim()).filter(|text| !text.is_empty()) else {
        return Ok(named);
    };
    if named.is_some() {
        return Err(ApiError::field("as_of and revision exclude each other"));
    }
    let time = dates::parse_end(text)
        .ok_or_else(|| ApiError::field("as_of must be an ISO 8601 date or time, such as 2026-11-20T14:00:00Z"))?;
    let found = wiki::revision_at(access, time)?;
    let found = found.ok_or_else(|| WikiError::NoSuchPage { path: typed.to_owned(), near: Vec::new() })?;
    Ok(Some(found.into()))
}

fn selection(query: &HashMap<String, String>) -> Result<Selection<'_>, ApiError> {
    let given = |name: &str| query.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    Ok(Selection {
        section: given("section"),
        lines: given("lines").map(lines).transpose()?,
        max_chars: given("max_chars").map(|text| number("max_chars", text, MOST_CHARS)).transpose()?,
    })
}

/// `12`, `12-` or `12-40`, counted from 1.
pub(super) fn lines(text: &str) -> Result<(usize, Option<usize>), ApiError> {
    let line = |text: &str| text.trim().parse::<usize>().ok().filter(|line| *line > 0);
    let lines = match text.split_once('-') {
        None => line(text).map(|line| (line, Some(line))),
        Some((first, last)) if last.trim().is_empty() => line(first).map(|first| (first, None)),
        Some((first, last)) => line(first).zip(line(last)).map(|(first, last)| (first, Some(last))),
    };
    lines
        .filter(|(first, last)| last.is_none_or(|last| *first <= last))
        .ok_or_else(|| ApiError::field("lines must be like 12-40 or 12-, counted from 1"))
}

/// A number from 1 to `most`.
///
/// # Errors
/// 422 naming both.
pub(super) fn number(name: &str, text: &str, most: usize) -> Result<usize, ApiError> {
    let number = text.trim().parse::<usize>().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| ApiError::field(format!("{name} must be a number from 1 to {most}")))
}

/// A switch of a query: absent, `true` or `false`.
///
/// # Errors
/// 422 for anything else.
pub(super) fn switch(query: &HashMap<String, String>, name: &str) -> Result<bool, ApiError> {
    match query.get(name).map(String::as_str) {
        None | Some("" | "false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(ApiError::field(format!("{name} must be true or false"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!(lines("12").unwrap(), (12, Some(12)));
        assert_eq!(lines("12-").unwrap(), (12, None));
        assert_eq!(lines(" 3 - 4 ").unwrap(), (3, Some(4)));
        for text in ["0-3", "-3", "4-3", "a-b", "1-2-3", "99999999999999999999"] {
            assert!(lines(text).is_err(), "{text}");
        }
        assert!(number("max_chars", "0", 10).is_err() && number("max_chars", "11", 10).is_err());
    }
}
