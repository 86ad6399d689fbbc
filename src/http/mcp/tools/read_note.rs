use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Call, one_line, page_path, reading_tool, revision};
use crate::http::mcp::answer::Answer;
use crate::http::mcp::arguments::OptionalText;
use crate::http::mcp::failure::Failure;
use crate::http::mcp::sections;
use crate::markdown;
use crate::model::PagePath;
use crate::wiki::{self, Page, WikiError};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Path of the page, such as "Home" or "Projects/Garden_Plan".
    path: String,
    /// Read the page as of this revision (7 to 40 hexadecimal digits) instead of now.
    #[serde(default)]
    revision: OptionalText,
    /// Read one section: its title, its path "History > Background", or "Notes#2" for the second so named.
    #[serde(default)]
    section: OptionalText,
}

pub(super) fn tool() -> Tool {
    // Text only, without structured content: the page must reach the model, most clients
    // hand on only one of the two, and a page should not cross the wire twice.
    reading_tool::<Arguments>(
        "read_note",
        "Read a page",
        "Read a wiki page: title, path, revision, front matter, links to and from it, then the Markdown as stored. \
         The revision is needed to change the page.",
    )
}

pub(super) fn run(call: &Call, arguments: &Arguments) -> Result<Answer, Failure> {
    let path = page_path(&arguments.path)?;
    let at = arguments.revision.get().map(revision).transpose()?;
    let access = call.reading()?;
    let page = wiki::read(&access, &path, at.as_ref()).map_err(|error| match (error, &at) {
        (WikiError::NoSuchPage { path, .. }, Some(at)) => Failure::new(
            "revision_not_found",
            format!(
                "Page not found: {path} at revision {at}. Use get_history to see its revisions, or leave the \
                 revision out to read the page as it is now."
            ),
        ),
        (error, _) => error.into(),
    })?;
    let Some(query) = arguments.section.get() else { return Ok(Answer::text(format(&page, None))) };
    match markdown::find_section(&page.content, access.link_order(), query) {
        Ok(section) => {
            let text = page.content.get(section.span).unwrap_or_default();
            Ok(Answer::text(format(&page, Some((&section.path, text)))))
        }
        Err(error) => Err(Failure::new("section_not_found", sections::not_found(query, &error.candidates))),
    }
}

/// The page, or one section of it (its path and text), as a model reads it.
fn format(page: &Page, section: Option<(&str, &str)>) -> String {
    let mut text = format!("# {}\nPath: {}\n", one_line(&page.name), page.path);
    if let Some(last) = &page.last {
        text.push_str(&format!("Revision: {}\n", last.revision));
    }
    if let Some((path, _)) = section {
        text.push_str(&format!("Section: {}\n", one_line(path)));
    }
    if let Some(line) = page.front_matter.as_ref().map(front_matter_line).filter(|line| !line.is_empty()) {
        text.push_str(&format!("{line}\n"));
    }
    if section.is_none() {
        for (label, pages) in [("Links to", &page.links_to), ("Linked from", &page.linked_from)] {
            if !pages.is_empty() {
                let names: Vec<&str> = pages.iter().map(PagePath::as_str).collect();
                text.push_str(&format!("{label}: {}\n", names.join(", ")));
            }
        }
    }
    text.push_str("\n---\n");
    text.push_str(section.map_or(page.content.as_str(), |(_, text)| text));
    text
}

/// `Category: actor | Tags: a, b`: by key, without the title and what is empty.
fn front_matter_line(fields: &Map<String, Value>) -> String {
    let mut fields: Vec<(&String, &Value)> = fields.iter().filter(|(key, _)| *key != "title").collect();
    fields.sort_by_key(|(key, _)| *key);
    let shown = fields.into_iter().filter_map(|(key, value)| Some(format!("{}: {}", title_case(key), shown(value)?)));
    shown.collect::<Vec<_>>().join(" | ")
}

fn shown(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null | Value::Bool(false) => return None,
        Value::Number(number) if number.as_f64() == Some(0.0) => return None,
        Value::String(text) => one_line(text),
        Value::Array(items) => {
            let item = |item: &Value| item.as_str().map_or_else(|| item.to_string(), one_line);
            items.iter().map(item).collect::<Vec<_>>().join(", ")
        }
        Value::Object(fields) if fields.is_empty() => return None,
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

fn title_case(key: &str) -> String {
    let mut begins = true;
    let letters = key.replace('_', " ");
    let mut title = String::with_capacity(letters.len());
    for letter in one_line(&letters).chars() {
        if begins {
            title.extend(letter.to_uppercase());
        } else {
            title.extend(letter.to_lowercase());
        }
        begins = !letter.is_alphabetic();
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Revision;
    use crate::wiki::LastChange;
    use serde_json::json;

    fn page() -> Page {
        let path = |text| PagePath::parse(text).unwrap();
        Page {
            path: path("Actors/Iran"),
            name: "Iran (country)".to_owned(),
            content: "---\ntitle: Iran (country)\n---\n# Iran\n".to_owned(),
            front_matter: json!({
                "title": "Iran (country)", "tags": ["military", "oil"], "category": "actor", "confidence": "high",
                "last_updated": "2026-03-08", "nested": {"a": 1}, "draft": false, "weight": 0, "note": "", "links": []
            })
            .as_object()
            .cloned(),
            last: Some(LastChange {
                by: crate::wiki::By::Agent,
                revision: Revision::parse("1dc7a618231105c2155a2c2dfeedf4f12e5dd4d5").unwrap(),
                author: "A".to_owned(),
                time: 0,
                offset: 0,
                message: String::new(),
            }),
            links_to: vec![path("Places/Hormuz"), path("Trends/Strategy")],
            linked_from: vec![path("Trends/Strategy")],
            as_of: None,
        }
    }

    #[test]
    fn a_page_is_told_with_what_is_known_of_it() {
        assert_eq!(
            format(&page(), None),
            "# Iran (country)\n\
             Path: Actors/Iran\n\
             Revision: 1dc7a618231105c2155a2c2dfeedf4f12e5dd4d5\n\
             Category: actor | Confidence: high | Last Updated: 2026-03-08 | Nested: {\"a\":1} | Tags: military, oil\n\
             Links to: Places/Hormuz, Trends/Strategy\n\
             Linked from: Trends/Strategy\n\
             \n---\n---\ntitle: Iran (country)\n---\n# Iran\n"
        );
    }

    #[test]
    fn a_section_shows_its_path_and_neither_links_nor_the_rest() {
        assert_eq!(
            format(&page(), Some(("History > Background", "## Background\n\nDeep.\n"))),
            "# Iran (country)\n\
             Path: Actors/Iran\n\
             Revision: 1dc7a618231105c2155a2c2dfeedf4f12e5dd4d5\n\
             Section: History > Background\n\
             Category: actor | Confidence: high | Last Updated: 2026-03-08 | Nested: {\"a\":1} | Tags: military, oil\n\
             \n---\n## Background\n\nDeep.\n"
        );
    }

    #[test]
    fn lines_without_content_are_left_out() {
        let bare = Page {
            name: "Two\nLines".to_owned(),
            content: "x".to_owned(),
            front_matter: None,
            last: None,
            links_to: Vec::new(),
            linked_from: Vec::new(),
            ..page()
        };
        assert_eq!(format(&bare, None), "# Two Lines\nPath: Actors/Iran\n\n---\nx");
    }
}
