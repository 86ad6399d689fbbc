use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::Deserialize;

use super::write_note::Stored;
use super::{Call, output_schema, page_path, revision, writing_tool};
use crate::http::mcp::answer::Answer;
use crate::http::mcp::arguments::OptionalText;
use crate::http::mcp::failure::Failure;
use crate::wiki::{self, Edit, Origin, Recording, Replacement};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Path of the page.
    path: String,
    /// The revision that read_note gave, at least 7 digits.
    revision: String,
    /// The passage to replace, exactly as it stands in the page, where it occurs once.
    old_string: String,
    /// What to put in its place; empty to delete it.
    new_string: String,
    /// One line that tells people what changed and why.
    #[serde(default)]
    commit_message: OptionalText,
}

pub(super) fn tool() -> Tool {
    writing_tool::<Arguments>(
        "edit_note",
        "Edit a page",
        "Replace one passage of a wiki page and leave the rest as it is. Needs the revision from read_note and \
         fails if the page has changed since.",
    )
    .with_raw_output_schema(output_schema::<Stored>())
}

pub(super) fn run(call: &Call, arguments: &Arguments) -> Result<Answer, Failure> {
    let access = call.writing()?;
    let path = page_path(&arguments.path)?;
    let request = Edit {
        base: revision(&arguments.revision)?,
        edits: &[Replacement { old: &arguments.old_string, new: &arguments.new_string, all: false, expected: None }],
        recording: Recording {
            message: arguments.commit_message.get(),
            origin: Origin::Mcp,
            typed: path.as_str(),
            once: None,
        },
    };
    let saved = wiki::edit(&call.wikis, &access, &path, &request)?.value;
    let text = format!("Edited {} (revision: {})", saved.path, saved.revision.short());
    Ok(Answer::structured(text, &Stored::from(&saved)))
}
