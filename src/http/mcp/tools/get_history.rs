use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, one_line, output_schema, page_path, reading_tool};
use crate::http::dates;
use crate::http::mcp::answer::Answer;
use crate::http::mcp::arguments::Count;
use crate::http::mcp::failure::Failure;
use crate::model::Revision;
use crate::wiki::{self, HistoryItem};

/// Revisions in an answer, unless asked otherwise, and at most.
const REVISIONS: usize = 10;
const MOST_REVISIONS: usize = 200;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Path of the page.
    path: String,
    /// Most revisions to list, 1 to 200; 10 if left out.
    #[serde(default)]
    limit: Count,
}

/// The revisions of a page.
#[derive(Serialize, JsonSchema)]
pub(super) struct History {
    path: String,
    /// The newest first.
    history: Vec<Change>,
}

/// One change of a page.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Change {
    /// 40 hexadecimal digits; read_note shows the page as of it.
    #[schemars(with = "String")]
    revision: Revision,
    /// ISO 8601, with the author's offset.
    date: String,
    author: String,
    message: String,
    /// What the page was called then.
    path: String,
}

pub(super) fn tool() -> Tool {
    reading_tool::<Arguments>(
        "get_history",
        "History of a page",
        "List the changes of one wiki page, newest first, across renames: revision, date, author and message.",
    )
    .with_raw_output_schema(output_schema::<History>())
}

pub(super) fn run(call: &Call, arguments: &Arguments) -> Result<Answer, Failure> {
    let path = page_path(&arguments.path)?;
    let limit = arguments.limit.clamp(REVISIONS, 1, MOST_REVISIONS);
    let (path, items) = wiki::history(&call.reading()?, &path, Some(limit))?;
    let history = History { path: path.to_string(), history: items.iter().map(Change::from).collect() };
    Ok(Answer::structured(format(&history), &history))
}

impl From<&HistoryItem> for Change {
    fn from(item: &HistoryItem) -> Self {
        Self {
            revision: item.change.revision,
            date: dates::date_time(item.change.time, item.change.offset),
            author: one_line(&item.change.author),
            message: item.change.message.trim().to_owned(),
            path: item.path.to_string(),
        }
    }
}

fn format(history: &History) -> String {
    if history.history.is_empty() {
        return format!("No history for {}.", history.path);
    }
    let mut text = format!("History for {} ({} revisions):\n", history.path, history.history.len());
    for change in &history.history {
        text.push_str(&format!("\n- {} | {} | {}", change.revision.short(), change.date, change.author));
        for line in change.message.lines() {
            text.push_str(format!("\n  {line}").trim_end_matches(' '));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_listed_with_their_messages() {
        let change = |message: &str| Change {
            revision: Revision::parse("1dc7a618231105c2155a2c2dfeedf4f12e5dd4d5").unwrap(),
            date: "2026-11-20T14:32:21+00:00".to_owned(),
            author: "Ada".to_owned(),
            message: message.to_owned(),
            path: "A".to_owned(),
        };
        let history = History { path: "A".to_owned(), history: vec![change("[mcp] Edit: A"), change("")] };
        assert_eq!(
            format(&history),
            "History for A (2 revisions):\n\n\
             - 1dc7a618 | 2026-11-20T14:32:21+00:00 | Ada\n  [mcp] Edit: A\n\
             - 1dc7a618 | 2026-11-20T14:32:21+00:00 | Ada"
        );
        assert_eq!(format(&History { path: "A".to_owned(), history: Vec::new() }), "No history for A.");
    }
}
