use rmcp::model::{CallToolResult, ContentBlock, JsonObject, MetaObject};
use serde_json::json;

use crate::model::Revision;
use crate::wiki::{AccessError, WikiError};

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

    pub(super) fn invalid(detail: impl std::fmt::Display) -> Self {
        Self::new("invalid_request", format!("Invalid request: {detail}"))
    }

    fn conflict(detail: &WikiError, current: Option<Revision>) -> Self {
        let mut text = format!("Conflict: {detail} Read the page again to get the current revision, then retry.");
        if let Some(current) = current {
            text.push_str(&format!(" The current revision is {current}."));
        }
        Self { code: "conflict", text, current }
    }

    /// The details of what broke go to the log; they may name files of this machine.
    fn broken(status: u16, detail: &str) -> Self {
        let text =
            format!("Wiki API error ({status}): {detail}. The server may be restarting. Try again in a few seconds.");
        Self::new("server_error", text)
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
        match error {
            WikiError::NoSuchPage { path, near } => {
                let mut text = format!(
                    "Page not found: {path}. Use write_note to create it, or list_notes to see available pages."
                );
                if !near.is_empty() {
                    let near: Vec<_> = near.iter().map(ToString::to_string).collect();
                    text.push_str(&format!(" Similar names: {}.", near.join(", ")));
                }
                Self::new("page_not_found", text)
            }
            WikiError::NoSuchAttachment { name } => Self::new(
                "attachment_not_found",
                format!("Attachment not found: {name}. Use list_attachments to see the page's files."),
            ),
            WikiError::RevisionMismatch { current } => Self::conflict(&error, Some(current)),
            WikiError::RevisionRequired | WikiError::PageDeleted { .. } => Self::conflict(&error, None),
            WikiError::OldStringAmbiguous { ref lines } => {
                let places: Vec<_> = lines.iter().take(20).map(ToString::to_string).collect();
                Self::invalid(format_args!("{error} They begin on lines {}.", places.join(", ")))
            }
            WikiError::OldStringMissing => {
                Self::invalid(format_args!("{error}. It must match exactly, spaces and line breaks included."))
            }
            WikiError::Access(AccessError::NoSuchWiki(_)) => Self::new("wiki_not_found", error.to_string()),
            WikiError::Access(_) => Self::new("forbidden", format!("Wiki API error (403): {error}")),
            WikiError::LimitReached { .. } => Self::new("limit_reached", format!("Limit reached: {error}.")),
            WikiError::Path(_)
            | WikiError::Revision(_)
            | WikiError::Invalid { .. }
            | WikiError::TooLarge { .. }
            | WikiError::NotText { .. }
            | WikiError::SlugTaken(_)
            | WikiError::PathTaken { .. }
            | WikiError::Import(_) => Self::invalid(error),
            WikiError::Busy => Self::broken(503, &error.to_string()),
            WikiError::Store(_) | WikiError::Repo(_) | WikiError::Search(_) | WikiError::Io { .. } => {
                tracing::error!(%error, "an MCP tool failed");
                Self::broken(500, "internal error")
            }
        }
    }
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
