use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, output_schema, page_path, revision, writing_tool};
use crate::http::mcp::answer::Answer;
use crate::http::mcp::arguments::OptionalText;
use crate::http::mcp::failure::Failure;
use crate::model::Revision;
use crate::wiki::{self, Origin, Recording, Saved, WriteMode, WritePage};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Path of the page, such as "Projects/Garden_Plan".
    path: String,
    /// The whole page in Markdown, with its front matter if it has any.
    content: String,
    /// The revision that read_note gave, to replace an existing page. Leave out to create one.
    #[serde(default)]
    revision: OptionalText,
    /// One line that tells people what changed and why.
    #[serde(default)]
    commit_message: OptionalText,
}

/// A page that was stored.
#[derive(Serialize, JsonSchema)]
pub(super) struct Stored {
    /// Path under which the page is stored.
    path: String,
    /// Title of the page.
    title: String,
    /// Its revision now, 40 hexadecimal digits; what the next change of it needs.
    #[schemars(with = "String")]
    revision: Revision,
    /// Whether the page is new.
    created: bool,
}

impl From<&Saved> for Stored {
    fn from(saved: &Saved) -> Self {
        Self {
            path: saved.path.to_string(),
            title: saved.name.clone(),
            revision: saved.revision,
            created: saved.created,
        }
    }
}

pub(super) fn tool() -> Tool {
    writing_tool::<Arguments>(
        "write_note",
        "Write a page",
        "Create a wiki page, or replace the whole text of one. Replacing needs the revision from read_note and \
         fails if the page has changed since. To change part of a page use edit_note.",
    )
    .with_raw_output_schema(output_schema::<Stored>())
}

pub(super) fn run(call: &Call, arguments: &Arguments) -> Result<Answer, Failure> {
    let access = call.writing()?;
    let path = page_path(&arguments.path)?;
    let content = &arguments.content;
    let limit = call.wikis.limits().page_bytes;
    if content.len() as u64 > limit {
        let text = format!("Content too large ({} bytes). Maximum size is {limit} bytes.", content.len());
        return Err(Failure::new("too_large", text));
    }
    let request = WritePage {
        content,
        base: arguments.revision.get().map(revision).transpose()?,
        mode: WriteMode::Strict,
        recording: Recording {
            message: arguments.commit_message.get(),
            origin: Origin::Mcp,
            typed: path.as_str(),
            once: None,
        },
    };
    let saved = wiki::write(&call.wikis, &access, &path, &request)?.value;
    Ok(Answer::structured(format(&saved), &Stored::from(&saved)))
}

fn format(saved: &Saved) -> String {
    let verb = if saved.created { "Created" } else { "Updated" };
    format!("{verb} {} (revision: {})", saved.path, saved.revision.short())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PagePath;

    #[test]
    fn the_answer_says_created_or_updated() {
        let mut saved = Saved {
            path: PagePath::parse("A/B").unwrap(),
            name: "B".to_owned(),
            revision: Revision::parse("1dc7a618231105c2155a2c2dfeedf4f12e5dd4d5").unwrap(),
            created: true,
            merged: false,
        };
        assert_eq!(format(&saved), "Created A/B (revision: 1dc7a618)");
        saved.created = false;
        assert_eq!(format(&saved), "Updated A/B (revision: 1dc7a618)");
    }
}
