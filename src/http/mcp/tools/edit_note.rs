use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::answer::Answer;
use super::super::arguments::{OptionalText, Text};
use super::super::failure::Failure;
use super::write_note::Stored;
use super::{Call, output_schema, page_path, revision, writing_tool};
use crate::wiki::{self, Edit, Origin};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Path of the page.
    path: Text,
    /// The revision that read_note gave, at least 7 digits.
    revision: Text,
    /// The passage to replace, exactly as it stands in the page, where it occurs once.
    old_string: Text,
    /// What to put in its place; empty to delete it.
    new_string: Text,
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
    let path = page_path(&arguments.path.0)?;
    let request = Edit {
        base: revision(&arguments.revision.0)?,
        old: &arguments.old_string.0,
        new: &arguments.new_string.0,
        message: arguments.commit_message.get(),
        origin: Origin::Mcp,
        typed: path.as_str(),
    };
    let saved = wiki::edit(&call.wikis, &access, &path, &request)?;
    let text = format!("Edited {} (revision: {})", saved.path, saved.revision.short());
    Ok(Answer::structured(text, &Stored::from(&saved)))
}
