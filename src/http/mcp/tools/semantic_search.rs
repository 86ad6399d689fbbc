use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, one_line, output_schema, reading_tool};
use crate::http::mcp::answer::Answer;
use crate::http::mcp::arguments::{Count, OptionalText};
use crate::http::mcp::failure::Failure;
use crate::search::Filter;
use crate::wiki::{self, ChunkHit};

/// Passages in an answer, unless asked otherwise, and at most; passages of one page.
const PASSAGES: usize = 5;
const MOST_PASSAGES: usize = 50;
const PER_PAGE: usize = 2;
const MOST_PER_PAGE: usize = 5;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// What to look for, in words of your own: a question or a topic.
    query: String,
    /// Most passages, 1 to 50; 5 if left out.
    #[serde(default)]
    n: Count,
    /// Most passages of one page, 1 to 5; 2 if left out.
    #[serde(default)]
    max_chunks_per_page: Count,
    /// Only pages whose path begins with this.
    #[serde(default)]
    prefix: OptionalText,
    /// Only pages with this tag.
    #[serde(default)]
    tag: OptionalText,
}

/// What a search found.
#[derive(Serialize, JsonSchema)]
pub(super) struct Found {
    query: String,
    /// How many passages are listed.
    total: usize,
    /// The nearest first.
    results: Vec<Passage>,
}

/// A passage of a page.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Passage {
    path: String,
    title: String,
    /// 0 for the same, 2 for the opposite.
    distance: f64,
    /// The page's title and the headings that lead to the passage.
    section_path: String,
    /// First and last line in the page.
    lines: (usize, usize),
    /// The passage's place among its page's, from 0, and how many there are.
    chunk_index: usize,
    total_chunks: usize,
    page_word_count: usize,
    text: String,
}

pub(super) fn tool() -> Tool {
    reading_tool::<Arguments>(
        "semantic_search",
        "Search by meaning",
        "Find the passages of wiki pages that mean something like a question or topic, also in other words, nearest first. \
         Use search_notes for exact words and names.",
    )
    .with_raw_output_schema(output_schema::<Found>())
}

pub(super) fn run(call: &Call, arguments: &Arguments) -> Result<Answer, Failure> {
    let query = arguments.query.trim();
    if query.is_empty() {
        return Err(Failure::invalid("query must not be empty"));
    }
    let n = arguments.n.clamp(PASSAGES, 1, MOST_PASSAGES);
    let per_page = arguments.max_chunks_per_page.clamp(PER_PAGE, 1, MOST_PER_PAGE);
    let filter = Filter {
        prefix: arguments.prefix.get().map(str::to_owned),
        tags: arguments.tag.get().map(str::to_owned).into_iter().collect(),
        category: None,
    };
    let hits = wiki::semantic_chunks(&call.wikis, &call.reading()?, query, &filter, n, per_page)?;
    let found =
        Found { query: query.to_owned(), total: hits.len(), results: hits.into_iter().map(Passage::from).collect() };
    Ok(Answer::structured(format(&found), &found))
}

impl From<ChunkHit> for Passage {
    fn from(hit: ChunkHit) -> Self {
        let lines = hit.section.lines;
        let section_path = one_line(&hit.section_path);
        Self {
            path: hit.path.to_string(),
            title: one_line(&hit.title),
            distance: ((1.0 - f64::from(hit.similarity)) * 1000.0).round() / 1000.0,
            lines: (lines.start, lines.end.saturating_sub(1).max(lines.start)),
            chunk_index: hit.index,
            total_chunks: hit.total,
            page_word_count: hit.page_words,
            text: format!("[{section_path}] {}", hit.text.trim()),
            section_path,
        }
    }
}

/// Reference 2.5.
fn format(found: &Found) -> String {
    let mut text = format!("{} results for \"{}\":", found.total, found.query);
    for (number, hit) in found.results.iter().enumerate() {
        text.push_str(&format!(
            "\n\n{}. {} (distance: {:.2}) [{}/{}] \u{2014} {} words\n   Section: {}\n   {}",
            number + 1,
            hit.path,
            hit.distance,
            hit.chunk_index + 1,
            hit.total_chunks,
            hit.page_word_count,
            hit.section_path,
            hit.text
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_are_numbered_with_distance_and_section() {
        let passage = Passage {
            path: "Trends/Strategy".to_owned(),
            title: "Strategy".to_owned(),
            distance: 0.68,
            section_path: "Trends/Strategy > Strategy".to_owned(),
            lines: (1, 2),
            chunk_index: 0,
            total_chunks: 1,
            page_word_count: 6,
            text: "[Trends/Strategy > Strategy] Back to missile".to_owned(),
        };
        let found = Found { query: "missile".to_owned(), total: 1, results: vec![passage] };
        assert_eq!(
            format(&found),
            "1 results for \"missile\":\n\n\
             1. Trends/Strategy (distance: 0.68) [1/1] \u{2014} 6 words\n\
             \u{20}  Section: Trends/Strategy > Strategy\n\
             \u{20}  [Trends/Strategy > Strategy] Back to missile"
        );
    }
}
