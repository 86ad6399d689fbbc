use serde_json::Value;

use crate::support::{Called, Request, Response};

/// Who sends a row's request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Who {
    /// The bearer of a write token.
    Token,
    /// An editor's browser, with its session.
    Person,
    Nobody,
}

/// In what form the refusal comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// An object with a text `error`.
    Json,
    /// A page.
    Html,
    /// A tool's text, or a JSON-RPC error.
    Tool,
    /// Written by the HTTP library before our code sees the request.
    Bare,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) who: Who,
    pub(super) request: Request,
    status: &'static [u16],
    shape: Shape,
    /// A part of the answer.
    says: &'static str,
}

pub(super) fn row(
    what: impl Into<String>,
    who: Who,
    request: Request,
    status: &'static [u16],
    shape: Shape,
    says: &'static str,
) -> Row {
    Row { what: what.into(), who, request, status, shape, says }
}

impl Row {
    /// What is not as it should be.
    pub(super) fn objections(&self, answer: &Response) -> Vec<String> {
        let text = answer.text();
        let kind = answer.header("content-type").unwrap_or_default();
        let mut wrong = Vec::new();
        if !self.status.contains(&answer.status) {
            wrong.push(format!("status {} instead of {:?}", answer.status, self.status));
        }
        match self.shape {
            Shape::Json => {
                let error =
                    serde_json::from_str::<Value>(&text).ok().and_then(|v| Some(v["error"].as_str()?.to_owned()));
                if error.is_none_or(|error| error.is_empty() || !error.contains(self.says)) {
                    wrong.push(format!("no error text with {:?}", self.says));
                }
            }
            Shape::Html => {
                if !kind.starts_with("text/html") || !text.contains("<h1") || !text.contains(self.says) {
                    wrong.push(format!("no page ({kind}) with {:?}", self.says));
                }
            }
            Shape::Tool => {
                let called = Called::from_response(answer);
                let refused = called.failed
                    || ["Page not found", "Invalid request", "Conflict"].iter().any(|t| called.text.starts_with(t));
                if !refused || !called.text.contains(self.says) {
                    wrong.push(format!("no refusal with {:?}", self.says));
                }
            }
            Shape::Bare => {}
        }
        if text.contains("panicked") || text.contains("/wikis/") {
            wrong.push("an inner detail".to_owned());
        }
        wrong.iter().map(|w| format!("  {}: {w}: {} {:.200}", self.what, answer.status, text)).collect()
    }
}
