//! Videos, for embeddings.

use std::fmt::{self, Write as _};

use comrak::nodes::{Node, NodeValue};

use super::assemble::block_of;
use super::blocks::{Block, Piece};
use super::embedding::Embedding;
use super::render::Out;
use super::render_embeds::{Target, problem, target};

/// Most sources of one embedding.
const MAX_SOURCES: usize = 20;

/// The videos that are given as `src`, or a line or link each in the content.
pub(super) fn videos<'a>(out: &mut Out<'_, '_, '_>, node: Node<'a>, shown: &Embedding) -> fmt::Result {
    let given = shown.options.iter().filter(|setting| setting.key.eq_ignore_ascii_case("src"));
    let mut sources: Vec<String> = given.map(|setting| setting.value.clone()).filter(|src| !src.is_empty()).collect();
    for inside in node.descendants().filter(|inside| in_body(out, inside)) {
        match &inside.data().value {
            NodeValue::Link(link) | NodeValue::Image(link) => sources.push(link.url.clone()),
            NodeValue::Text(text) if !in_link(inside) => {
                sources.extend(text.split_whitespace().filter(|word| word.contains('.')).map(str::to_owned));
            }
            _ => {}
        }
    }
    sources.truncate(MAX_SOURCES);
    if sources.is_empty() {
        return problem(out, &shown.name, "has no source: give it src=file.mp4, or a line with an address.");
    }
    let mut files = Vec::new();
    for source in sources {
        match target(out, &source) {
            Ok(Target::Site(href)) => card(out, &href)?,
            Ok(Target::File { href, .. }) => files.push(href),
            Err(text) => problem(out, &shown.name, &text)?,
        }
    }
    if files.is_empty() {
        return Ok(());
    }
    let seal = out.user.seal.as_str();
    out.write_str("<video")?;
    for (name, default) in [("controls", true), ("loop", true), ("muted", true)] {
        if shown.flag(name, default) {
            write!(out, " {name}")?;
        }
    }
    if shown.flag("autoplay", false) {
        write!(out, " autoplay=\"{seal}\"")?;
    }
    out.write_str(">\n")?;
    for href in files {
        write!(out, "<source src=\"{href}\"")?;
        if let Some(kind) = kind_of_video(&href) {
            write!(out, " type=\"{kind}\"")?;
        }
        out.write_str(">\n")?;
    }
    out.write_str("</video>\n")
}

/// Whether a node stands in the content, not in the caption.
fn in_body(out: &Out<'_, '_, '_>, node: Node<'_>) -> bool {
    node.ancestors().any(|above| block_of(out.user.blocks, above) == Some(&Block::Piece(Piece::Body)))
}

fn in_link(node: Node<'_>) -> bool {
    node.ancestors().any(|above| matches!(above.data().value, NodeValue::Link(_) | NodeValue::Image(_)))
}

fn kind_of_video(href: &str) -> Option<&'static str> {
    match href.rsplit('.').next()?.to_ascii_lowercase().as_str() {
        "mp4" | "m4v" => Some("video/mp4"),
        "webm" => Some("video/webm"),
        "ogg" | "ogv" => Some("video/ogg"),
        _ => None,
    }
}

/// A video of another site: a link that leads there. The page itself asks nobody for anything.
fn card(out: &mut Out<'_, '_, '_>, href: &str) -> fmt::Result {
    let seal = out.user.seal.as_str();
    let host = href.split("//").nth(1).unwrap_or_default().split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default().trim_start_matches("www.");
    let lower = host.to_ascii_lowercase();
    let youtube = ["youtube.com", "m.youtube.com", "youtu.be", "youtube-nocookie.com"].contains(&lower.as_str());
    let watch = if youtube { youtube_id(href).map(|id| format!("https://www.youtube.com/watch?v={id}")) } else { None };
    write!(out, "<a class=\"{seal}video-card\" rel=\"{seal}noopener noreferrer nofollow\" href=\"")?;
    out.escape_href(watch.as_deref().unwrap_or(href))?;
    out.write_str("\">Watch this video on ")?;
    out.escape(if youtube { "YouTube" } else { host })?;
    out.write_str("</a>\n")
}

fn youtube_id(href: &str) -> Option<String> {
    let marks = ["watch?v=", "&v=", "youtu.be/", "/embed/", "/e/", "/shorts/", "/live/"];
    let after = marks.iter().find_map(|mark| href.split_once(mark).map(|(_, after)| after))?;
    let id: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    (5..=20).contains(&id.len()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::youtube_id;

    #[test]
    fn videos_of_youtube_are_known_by_their_number() {
        for href in [
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=1",
            "https://www.youtube.com/watch?t=1&v=dQw4w9WgXcQ",
            "https://youtu.be/dQw4w9WgXcQ?si=x",
            "https://m.youtube.com/embed/dQw4w9WgXcQ",
            "https://youtube.com/e/dQw4w9WgXcQ\" onload=\"x",
        ] {
            assert_eq!(youtube_id(href).as_deref(), Some("dQw4w9WgXcQ"), "{href}");
        }
        assert_eq!(youtube_id("https://youtube.com/"), None);
    }
}
