use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Call, one_line, output_schema, reading_tool};
use crate::http::dates;
use crate::http::mcp::answer::Answer;
use crate::http::mcp::arguments::{Count, OptionalText};
use crate::http::mcp::failure::Failure;
use crate::wiki::{self, ListQuery, PageSummary};

/// Rows in an answer, unless asked otherwise, and at most.
const ROWS: usize = 500;
const MOST_ROWS: usize = 1_000;

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Only pages whose path begins with this, such as "Projects/".
    #[serde(default)]
    prefix: OptionalText,
    /// Only pages with this category in their front matter.
    #[serde(default)]
    category: OptionalText,
    /// Only pages with this tag in their front matter.
    #[serde(default)]
    tag: OptionalText,
    /// Only pages changed at or after this ISO 8601 date or time.
    #[serde(default)]
    updated_since: OptionalText,
    /// Most pages to list, 1 to 1000; 500 if left out.
    #[serde(default)]
    limit: Count,
    /// Pages to skip, to continue a list.
    #[serde(default)]
    offset: Count,
}

/// The pages that passed all filters.
#[derive(Serialize, JsonSchema)]
pub(super) struct Listing {
    /// How many pages passed the filters, listed or not.
    total: usize,
    /// The pages, ordered by path.
    notes: Vec<Row>,
    /// The offset at which the list continues, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "usize")]
    next_offset: Option<usize>,
}

/// A page.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Row {
    path: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    category: Option<String>,
    tags: Vec<String>,
    /// Date of the last change, YYYY-MM-DD.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    last_updated: Option<String>,
    /// Words of the page's body.
    words: usize,
}

pub(super) fn tool() -> Tool {
    reading_tool::<Arguments>(
        "list_notes",
        "List pages",
        "List wiki pages with category, tags, date of last change and length. All filters given must hold; without \
         any, all pages.",
    )
    .with_raw_output_schema(output_schema::<Listing>())
}

pub(super) fn run(call: &Call, arguments: &Arguments) -> Result<Answer, Failure> {
    let since = arguments
        .updated_since
        .get()
        .map(|text| dates::parse(text).ok_or_else(|| Failure::invalid("Invalid updated_since format. Use ISO 8601.")));
    let query = ListQuery {
        prefix: arguments.prefix.get().map(str::to_owned),
        category: arguments.category.get().map(str::to_owned),
        tag: arguments.tag.get().map(str::to_owned),
        updated_since: since.transpose()?,
    };
    let pages = wiki::list(&call.reading()?, &query)?;
    let offset = arguments.offset.clamp(0, 0, usize::MAX);
    let limit = arguments.limit.clamp(ROWS, 1, MOST_ROWS);
    let notes: Vec<Row> = pages.iter().skip(offset).take(limit).map(Row::from).collect();
    let end = offset.saturating_add(notes.len());
    let next_offset = (end < pages.len() && !notes.is_empty()).then_some(end);
    let listing = Listing { total: pages.len(), notes, next_offset };
    Ok(Answer::structured(format(&listing, arguments), &listing))
}

impl From<&PageSummary> for Row {
    fn from(page: &PageSummary) -> Self {
        let category = match &page.category {
            Value::Null => None,
            Value::String(text) => Some(one_line(text)),
            other => Some(other.to_string()),
        };
        Self {
            path: page.path.to_string(),
            title: one_line(&page.name),
            category: category.filter(|category| !category.is_empty()),
            tags: page.tags.iter().map(|tag| one_line(tag)).collect(),
            last_updated: page.updated.map(|(time, offset)| dates::date(time, offset)),
            words: page.words,
        }
    }
}

fn format(listing: &Listing, filters: &Arguments) -> String {
    let given = [
        ("prefix=", &filters.prefix),
        ("category=", &filters.category),
        ("tag=", &filters.tag),
        ("updated since ", &filters.updated_since),
    ];
    let given: Vec<String> =
        given.iter().filter_map(|(label, filter)| filter.get().map(|text| format!("{label}{text}"))).collect();
    let mut text = format!("Found {} notes", listing.total);
    if !given.is_empty() {
        text.push_str(&format!(" matching {}", given.join(", ")));
    }
    text.push(':');
    if !listing.notes.is_empty() {
        text.push('\n');
    }
    for row in &listing.notes {
        text.push_str(&format!("\n- {} ({}, {} words)", row.path, meta(row), row.words));
    }
    if let Some(next) = listing.next_offset {
        text.push_str(&format!("\n\n{} more; continue with offset={next}.", listing.total - next));
    }
    text
}

fn meta(row: &Row) -> String {
    let mut meta = Vec::new();
    meta.extend(row.category.as_ref().map(|category| format!("category: {category}")));
    meta.extend(row.last_updated.as_ref().map(|day| format!("last updated: {day}")));
    if !row.tags.is_empty() {
        meta.push(format!("tags: {}", row.tags.join(", ")));
    }
    if meta.is_empty() { "no metadata".to_owned() } else { meta.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(path: &str, category: Option<&str>, tags: &[&str], day: Option<&str>, words: usize) -> Row {
        Row {
            path: path.to_owned(),
            title: path.to_owned(),
            category: category.map(str::to_owned),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            last_updated: day.map(str::to_owned),
            words,
        }
    }

    #[test]
    fn rows_show_what_the_front_matter_says() {
        let listing = Listing {
            total: 3,
            notes: vec![
                row("Actors/Iran", Some("actor"), &["military", "oil"], Some("2026-11-20"), 16),
                row("Home", None, &[], Some("2026-11-20"), 203),
                row("New", None, &[], None, 1),
            ],
            next_offset: None,
        };
        assert_eq!(
            format(&listing, &Arguments::default()),
            "Found 3 notes:\n\n\
             - Actors/Iran (category: actor, last updated: 2026-11-20, tags: military, oil, 16 words)\n\
             - Home (last updated: 2026-11-20, 203 words)\n\
             - New (no metadata, 1 words)"
        );
    }

    #[test]
    fn the_header_names_the_filters_and_the_end_says_how_to_go_on() {
        let filters: Arguments = serde_json::from_value(
            json!({"tag": "oil", "prefix": "Actors/", "updated_since": "2026-01-01", "category": "actor"}),
        )
        .unwrap();
        let listing = Listing { total: 0, notes: Vec::new(), next_offset: None };
        assert_eq!(
            format(&listing, &filters),
            "Found 0 notes matching prefix=Actors/, category=actor, tag=oil, updated since 2026-01-01:"
        );
        let listing = Listing { total: 7, notes: vec![row("A", None, &[], None, 2)], next_offset: Some(1) };
        assert_eq!(
            format(&listing, &Arguments::default()),
            "Found 7 notes:\n\n- A (no metadata, 2 words)\n\n6 more; continue with offset=1."
        );
    }
}
