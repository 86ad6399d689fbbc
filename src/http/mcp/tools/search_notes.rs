use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, one_line, output_schema, reading_tool};
use crate::http::mcp::answer::Answer;
use crate::http::mcp::arguments::Count;
use crate::http::mcp::failure::Failure;
use crate::search::Mode;
use crate::wiki::{self, Hit, SearchQuery};

/// Results in an answer, unless asked otherwise, and at most.
const RESULTS: usize = 20;
const MOST_RESULTS: usize = 50;
/// Results that can be skipped.
const FARTHEST: usize = 1_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Words to look for; "a phrase" in double quotes, -word to exclude pages with it.
    query: String,
    /// Most results, 1 to 50; 20 if left out.
    #[serde(default)]
    limit: Count,
    /// Results to skip, to continue a list.
    #[serde(default)]
    offset: Count,
}

/// What a search found.
#[derive(Serialize, JsonSchema)]
pub(super) struct Found {
    query: String,
    /// How many pages match, listed or not.
    total: usize,
    /// The best first.
    results: Vec<Match>,
}

/// A page that matches.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Match {
    path: String,
    title: String,
    /// How well it matches, 0 to 1.
    score: f64,
    /// Text around the words that matched.
    snippet: String,
}

pub(super) fn tool() -> Tool {
    reading_tool::<Arguments>(
        "search_notes",
        "Search pages",
        "Find wiki pages by the words in their titles, headings, tags and text, best first, with a snippet of each.",
    )
    .with_raw_output_schema(output_schema::<Found>())
}

pub(super) fn run(call: &Call, arguments: &Arguments) -> Result<Answer, Failure> {
    let query = arguments.query.trim();
    if query.is_empty() {
        return Err(Failure::invalid("query must not be empty"));
    }
    let limit = arguments.limit.clamp(RESULTS, 1, MOST_RESULTS);
    let offset = arguments.offset.clamp(0, 0, FARTHEST);
    let asked = SearchQuery { text: query.to_owned(), mode: Mode::Text, limit, offset, ..SearchQuery::default() };
    let results = wiki::search(&call.wikis, &call.reading()?, &asked)?;
    let found = Found {
        query: query.to_owned(),
        total: results.total,
        results: results.hits.iter().map(Match::from).collect(),
    };
    Ok(Answer::structured(format(&found, offset), &found))
}

impl From<&Hit> for Match {
    fn from(hit: &Hit) -> Self {
        Self {
            path: hit.path.to_string(),
            title: one_line(&hit.title),
            score: (f64::from(hit.score) * 100.0).round() / 100.0,
            snippet: hit.snippet.trim().to_owned(),
        }
    }
}

fn format(found: &Found, offset: usize) -> String {
    let mut text = format!("{} results for \"{}\":", found.total, found.query);
    for (number, hit) in found.results.iter().enumerate() {
        text.push_str(&format!("\n\n{}. {} (score: {:.2})", offset + number + 1, hit.path, hit.score));
        if !hit.snippet.is_empty() {
            text.push_str(&format!("\n   {}", hit.snippet));
        }
    }
    let end = offset + found.results.len();
    if end < found.total && !found.results.is_empty() && end <= FARTHEST {
        text.push_str(&format!("\n\n{} more; continue with offset={end}.", found.total - end));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_numbered_with_score_and_snippet() {
        let hit = |path: &str, score, snippet: &str| Match {
            path: path.to_owned(),
            title: String::new(),
            score,
            snippet: snippet.to_owned(),
        };
        let results = vec![hit("Trends/Strategy", 0.5, "missile here"), hit("Home", 0.123, "")];
        let found = Found { query: "missile".to_owned(), total: 2, results };
        assert_eq!(
            format(&found, 0),
            "2 results for \"missile\":\n\n\
             1. Trends/Strategy (score: 0.50)\n   missile here\n\n\
             2. Home (score: 0.12)"
        );
        assert!(format(&Found { total: 9, ..found }, 2).ends_with("\n\n5 more; continue with offset=4."));
        let none = Found { query: "foo".to_owned(), total: 0, results: Vec::new() };
        assert_eq!(format(&none, 0), "0 results for \"foo\":");
    }
}
