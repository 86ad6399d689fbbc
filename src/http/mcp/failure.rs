use std::fmt::Display;

use axum::http::StatusCode;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, MetaObject};
use serde_json::json;

use crate::http::error::{kind_of, log_internal};
use crate::model::Revision;
use crate::wiki::WikiError;

/// Key of a failure's machine-readable half in the result's `_meta`. It is not structured
/// content, which clients hold against the schema of the tool's success.
const META_KEY: &str = "robotwiki/error";

/// Why a tool did not do what it was asked; the model reads the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Failure {
    code: &'static str,
    text: String,
    current: Option<Revision>,
}

impl Failure {
    pub(super) fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), current: None }
    }

    pub(super) fn invalid(detail: impl Display) -> Self {
        Self::new("invalid_request", invalid(detail))
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn into_result(self) -> CallToolResult {
        let mut error = json!({ "code": self.code });
        if let (Some(current), Some(error)) = (self.current, error.as_object_mut()) {
            error.insert("current_revision".to_owned(), json!(current));
        }
        let mut result = CallToolResult::error(vec![ContentBlock::text(self.text)]);
        result.meta = Some(MetaObject(JsonObject::from_iter([(META_KEY.to_owned(), error)])));
        result
    }
}

impl From<WikiError> for Failure {
    fn from(error: WikiError) -> Self {
        let kind = kind_of(&error);
        let mut current = None;
        let text = match &error {
            WikiError::NoSuchPage { path, near } => {
                let mut text = format!(
                    "Page not found: {path}. Use write_note to create it, or list_notes to see available pages."
                );
                if !near.is_empty() {
                    let near: Vec<_> = near.iter().map(ToString::to_string).collect();
                    text.push_str(&format!(" Similar names: {}.", near.join(", ")));
                }
                text
            }
            WikiError::NoSuchAttachment { name } => {
                format!("Attachment not found: {name}. Use list_attachments to see the page's files.")
            }
            WikiError::RevisionMismatch { current: revision } => {
                current = Some(*revision);
                format!("{} The current revision is {revision}.", conflict(&error))
            }
            WikiError::RevisionRequired | WikiError::PageDeleted { .. } => conflict(&error),
            WikiError::OldStringAmbiguous { lines, .. } => {
                let places: Vec<_> = lines.iter().take(20).map(ToString::to_string).collect();
                invalid(format_args!("{error} They begin on lines {}.", places.join(", ")))
            }
            WikiError::OldStringMissing => {
                invalid(format_args!("{error}. It must match exactly, spaces and line breaks included."))
            }
            WikiError::LimitReached { .. } => format!("Limit reached: {error}."),
            _ if kind.status == StatusCode::SERVICE_UNAVAILABLE => broken(kind.status, &error),
            _ if kind.status.is_server_error() => {
                // The details may name files of this machine.
                log_internal(&error);
                broken(kind.status, "internal error")
            }
            WikiError::Access(_) => format!("Wiki API error ({}): {error}", kind.status.as_u16()),
            _ => invalid(&error),
        };
        Self { code: kind.code, text, current }
    }
}

fn invalid(detail: impl Display) -> String {
    format!("Invalid request: {detail}")
}

fn conflict(detail: impl Display) -> String {
    format!("Conflict: {detail} Read the page again to get the current revision, then retry.")
}

fn broken(status: StatusCode, detail: impl Display) -> String {
    let status = status.as_u16();
    format!("Wiki API error ({status}): {detail}. The server may be restarting. Try again in a few seconds.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_broke_is_not_told_to_the_client() {
        let cause = std::io::Error::other("/var/lib/robotwiki/wikis/garden: no space left");
        let failure = Failure::from(WikiError::Io { what: "cannot write /secret", cause });
        assert_eq!(
            failure.text(),
            "Wiki API error (500): internal error. The server may be restarting. Try again in a few seconds."
        );
        let result = failure.into_result();
        assert_eq!(result.is_error, Some(true));
        assert_eq!(result.structured_content, None);
        assert!(Failure::from(WikiError::Busy).text().starts_with("Wiki API error (503): the wiki is being changed"));
    }

    #[test]
    fn similar_names_help_to_find_a_page() {
        let near = vec![crate::model::PagePath::parse("Home").unwrap()];
        assert_eq!(
            Failure::from(WikiError::NoSuchPage { path: "Hone".to_owned(), near }).text(),
            "Page not found: Hone. Use write_note to create it, or list_notes to see available pages. Similar names: Home."
        );
    }
}
