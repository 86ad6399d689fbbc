use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::Value;

/// What a tool gives back.
///
/// Several clients (Claude Code, VS Code) show their model the structured content alone
/// when there is any, and drop text and images. So a tool either answers with text only,
/// or its structured content says everything that its text says.
#[derive(Debug)]
pub(super) struct Answer {
    content: Vec<ContentBlock>,
    structured: Option<Value>,
}

impl Answer {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { content: vec![ContentBlock::text(text)], structured: None }
    }

    /// Text for people, and the same as an object of the tool's output schema.
    pub(super) fn structured(text: impl Into<String>, value: &impl Serialize) -> Self {
        Self { structured: serde_json::to_value(value).ok(), ..Self::text(text) }
    }

    /// Adds an image. `data` is base64.
    pub(super) fn with_image(mut self, data: String, mime: String) -> Self {
        self.content.push(ContentBlock::image(data, mime));
        self
    }

    pub(super) fn into_result(self) -> CallToolResult {
        let mut result = CallToolResult::success(self.content);
        result.structured_content = self.structured;
        result
    }
}
