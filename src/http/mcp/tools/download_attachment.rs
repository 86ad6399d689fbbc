use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::Tool;
use schemars::JsonSchema;
use serde::Deserialize;

use super::list_attachments::mime_type;
use super::{Call, page_path, reading_tool};
use crate::http::mcp::answer::Answer;
use crate::http::mcp::failure::Failure;
use crate::model::AttachmentName;
use crate::wiki::{self, WikiError};

/// What models can look at.
const IMAGES: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Path of the page.
    path: String,
    /// Name of the file, exactly as list_attachments shows it.
    filename: String,
}

pub(super) fn tool() -> Tool {
    // No structured content: clients that prefer it would drop the image.
    reading_tool::<Arguments>(
        "download_attachment",
        "Download a page's file",
        "Get a file attached to a wiki page in base64; a picture also as an image. Look at its size in \
         list_attachments first.",
    )
}

pub(super) fn run(call: &Call, arguments: &Arguments) -> Result<Answer, Failure> {
    let path = page_path(&arguments.path)?;
    let name = AttachmentName::parse(&arguments.filename)
        .map_err(|error| Failure::invalid(format_args!("filename: {error}")))?;
    let access = call.reading()?;
    let (path, files) = wiki::attachments(&access, &path)?;
    let file = files.iter().find(|file| file.name == name.as_str());
    let file = file.ok_or_else(|| WikiError::NoSuchAttachment { name: name.to_string() })?;
    // Refused before it is read: a repository from elsewhere may hold files of any size.
    let limit = call.wikis.limits().attachment_bytes;
    if limit > 0 && file.size > limit {
        let text = format!(
            "Attachment too large: {name} has {} bytes, and at most {limit} can be downloaded here. It can be fetched \
             with git.",
            file.size
        );
        return Err(Failure::new("too_large", text));
    }
    let attachment = wiki::attachment(&access, &path, &name, None)?;
    let mime = mime_type(&attachment.name);
    let data = STANDARD.encode(&attachment.bytes);
    let answer = Answer::text(format(&attachment.name, attachment.bytes.len(), &mime, &data));
    Ok(if IMAGES.contains(&mime.as_str()) { answer.with_image(data, mime) } else { answer })
}

fn format(name: &str, size: usize, mime: &str, data: &str) -> String {
    format!("Downloaded {name} ({size} bytes, {mime})\nContent (base64):\n{data}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_given_in_base64() {
        assert_eq!(
            format("my_rep.pdf", 5, "application/pdf", &STANDARD.encode("hello")),
            "Downloaded my_rep.pdf (5 bytes, application/pdf)\nContent (base64):\naGVsbG8="
        );
    }
}
