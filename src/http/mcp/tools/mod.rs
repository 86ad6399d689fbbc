//! The tools, one file each: what a tool is called and takes, what it does through
//! `wiki`, and how it words the result. Names, parameters and texts are those of the
//! predecessor's server, which agents and their prompts know.

mod download_attachment;
mod edit_note;
mod get_history;
mod list_attachments;
mod list_notes;
mod read_note;
mod search_notes;
mod semantic_search;
mod write_note;

use std::sync::Arc;

use rmcp::handler::server::tool::{schema_for_input, schema_for_output};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::Answer;
use super::arguments;
use super::failure::Failure;
use super::gate::Caller;
use crate::model::{PagePath, RevisionPrefix};
use crate::wiki::{Access, AccessError, Read, WikiError, Wikis, Write};

/// All tools, in the order in which clients see them: the same in every answer, because
/// clients cache prompts that contain it.
pub(super) fn all() -> Vec<Entry> {
    vec![
        entry(read_note::tool(), read_note::run),
        entry(list_notes::tool(), list_notes::run),
        entry(search_notes::tool(), search_notes::run),
        entry(semantic_search::tool(), semantic_search::run),
        entry(get_history::tool(), get_history::run),
        entry(write_note::tool(), write_note::run),
        entry(edit_note::tool(), edit_note::run),
        entry(list_attachments::tool(), list_attachments::run),
        entry(download_attachment::tool(), download_attachment::run),
    ]
}

/// A tool as it is announced, and what it does. It may block.
pub(super) struct Entry {
    pub(super) tool: Tool,
    pub(super) run: Run,
}

pub(super) type Run = Arc<dyn Fn(&Call, JsonObject) -> Result<Answer, Failure> + Send + Sync>;

/// One call of a tool.
pub(super) struct Call {
    pub(super) wikis: Arc<Wikis>,
    pub(super) caller: Caller,
}

impl Call {
    fn reading(&self) -> Result<Access<Read>, Failure> {
        Ok(self.wikis.authorize(&self.caller.principal, &self.caller.slug)?)
    }

    fn writing(&self) -> Result<Access<Write>, Failure> {
        self.wikis.authorize(&self.caller.principal, &self.caller.slug).map_err(|error| match error {
            WikiError::Access(AccessError::SignInNeeded(_)) => no_writing("this connection sends no token"),
            WikiError::Access(AccessError::Forbidden(_)) => no_writing("the token of this connection only reads"),
            error => error.into(),
        })
    }
}

fn no_writing(why: &str) -> Failure {
    let text = format!(
        "A write token is needed to change this wiki, and {why}. Ask the wiki's owner for a token with the role \
         write, sent as 'Authorization: Bearer'. The reading tools work without it."
    );
    Failure::new("write_token_needed", text)
}

fn entry<A: DeserializeOwned + JsonSchema + 'static>(
    tool: Tool,
    run: fn(&Call, &A) -> Result<Answer, Failure>,
) -> Entry {
    Entry { tool, run: Arc::new(move |call, given| run(call, &arguments::parse(given)?)) }
}

fn reading_tool<A: JsonSchema + 'static>(name: &'static str, title: &str, description: &'static str) -> Tool {
    let hints = ToolAnnotations::new().read_only(true).destructive(false).idempotent(true).open_world(false);
    Tool::new(name, description, input_schema::<A>()).with_title(title).with_annotations(hints)
}

/// Writing replaces text, which the protocol calls destructive, although every old
/// revision stays readable. A repeated call meets a newer revision and changes nothing.
fn writing_tool<A: JsonSchema + 'static>(name: &'static str, title: &str, description: &'static str) -> Tool {
    let hints = ToolAnnotations::new().read_only(false).destructive(true).idempotent(true).open_world(false);
    Tool::new(name, description, input_schema::<A>()).with_title(title).with_annotations(hints)
}

fn input_schema<A: JsonSchema + 'static>() -> JsonObject {
    // Arguments are structs, whose schema always is an object's.
    schema_for_input::<A>().map_or_else(|_never| JsonObject::new(), |schema| tidy(&schema))
}

fn output_schema<A: JsonSchema + 'static>() -> Arc<JsonObject> {
    Arc::new(tidy(&schema_for_output::<A>()))
}

/// Drops what only costs words in every prompt (`$schema` names the protocol's default
/// dialect) and the number formats of OpenAPI, which validators warn about.
fn tidy(schema: &JsonObject) -> JsonObject {
    fn tidied(value: &Value) -> Value {
        match value {
            Value::Object(fields) => Value::Object(tidy(fields)),
            Value::Array(items) => Value::Array(items.iter().map(tidied).collect()),
            other => other.clone(),
        }
    }
    let kept = schema.iter().filter(|(key, value)| *key != "$schema" && !(*key == "format" && value.is_string()));
    kept.map(|(key, value)| (key.clone(), tidied(value))).collect()
}

fn page_path(text: &str) -> Result<PagePath, Failure> {
    PagePath::parse(text).map_err(|error| WikiError::from(error).into())
}

fn revision(text: &str) -> Result<RevisionPrefix, Failure> {
    RevisionPrefix::parse(text.trim()).map_err(|error| WikiError::from(error).into())
}

/// One line of a text that is not known to be one: a title may hold line breaks, and what
/// follows them must not pass for a line of ours.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
