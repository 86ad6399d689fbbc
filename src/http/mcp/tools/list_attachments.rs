use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, output_schema, page_path, reading_tool};
use crate::http::dates;
use crate::http::mcp::answer::Answer;
use crate::http::mcp::failure::Failure;
use crate::wiki::{self, AttachmentSummary};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Path of the page.
    path: String,
}

/// The files attached to a page.
#[derive(Serialize, JsonSchema)]
pub(super) struct Attachments {
    path: String,
    total: usize,
    attachments: Vec<File>,
}

/// An attached file.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct File {
    filename: String,
    /// Bytes.
    size: u64,
    mime_type: String,
    /// Time of the last change, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    modified: Option<String>,
}

pub(super) fn tool() -> Tool {
    reading_tool::<Arguments>(
        "list_attachments",
        "List a page's files",
        "List the files attached to a wiki page: name, size, type and time of last change.",
    )
    .with_raw_output_schema(output_schema::<Attachments>())
}

pub(super) fn run(call: &Call, arguments: &Arguments) -> Result<Answer, Failure> {
    let path = page_path(&arguments.path)?;
    let (path, files) = wiki::attachments(&call.reading()?, &path)?;
    let attachments: Vec<File> = files.iter().map(File::from).collect();
    let listing = Attachments { path: path.to_string(), total: attachments.len(), attachments };
    Ok(Answer::structured(format(&listing), &listing))
}

impl From<&AttachmentSummary> for File {
    fn from(file: &AttachmentSummary) -> Self {
        Self {
            filename: file.name.clone(),
            size: file.size,
            mime_type: mime_type(&file.name),
            modified: file.last.as_ref().map(|last| dates::date_time(last.time, last.offset)),
        }
    }
}

/// What a file holds, going by its name.
pub(super) fn mime_type(filename: &str) -> String {
    mime_guess::from_path(filename).first_or_octet_stream().to_string()
}

fn format(listing: &Attachments) -> String {
    let mut text = format!("Attachments for {} ({}):\n", listing.path, listing.total);
    for file in &listing.attachments {
        text.push_str(&format!("\n- {} ({} bytes, {}", file.filename, file.size, file.mime_type));
        if let Some(modified) = &file.modified {
            text.push_str(&format!(", modified {modified}"));
        }
        text.push(')');
    }
    if listing.attachments.is_empty() {
        text.push_str("\n  (no attachments)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Revision;
    use crate::wiki::LastChange;

    #[test]
    fn files_are_listed_with_size_type_and_time() {
        let last = LastChange {
            by: crate::wiki::By::Person,
            revision: Revision::from_bytes([7; 20]),
            author: "Ada".to_owned(),
            time: 1_795_185_141,
            offset: 0,
            message: String::new(),
        };
        let file = AttachmentSummary { name: "my rep.pdf".to_owned(), size: 5, last: Some(last) };
        let new = AttachmentSummary { name: "x.png".to_owned(), size: 7, last: None };
        let attachments = vec![File::from(&file), File::from(&new)];
        let listing = Attachments { path: "A".to_owned(), total: 2, attachments };
        assert_eq!(
            format(&listing),
            "Attachments for A (2):\n\n\
             - my rep.pdf (5 bytes, application/pdf, modified 2026-11-20T14:32:21+00:00)\n\
             - x.png (7 bytes, image/png)"
        );
        let none = Attachments { path: "A".to_owned(), total: 0, attachments: Vec::new() };
        assert_eq!(format(&none), "Attachments for A (0):\n\n  (no attachments)");
    }
}
