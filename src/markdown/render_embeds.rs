//! The HTML of embeddings. What they show of the wiki is in `render_lists` and
//! `render_include`; all of it passes the sanitizer like the author's own.

use std::fmt::{self, Write as _};

use comrak::html::ChildRendering;
use comrak::nodes::{Node, NodeValue};

use super::address;
use super::assemble::block_of;
use super::blocks::{Block, Piece};
use super::embedding::{Embedding, Kind};
use super::render::Out;
use super::wikilink::decoded;
use super::{render_include, render_lists, render_tables, render_video};

/// Most embeddings of a page that show data of the wiki.
const MAX_DATA: u32 = 100;

/// Begins or ends an embedding.
pub(super) fn embedding<'a>(
    out: &mut Out<'_, '_, '_>,
    node: Node<'a>,
    shown: &Embedding,
    entering: bool,
) -> Result<ChildRendering, fmt::Error> {
    out.cr()?;
    if entering { begin(out, node, shown) } else { end(out, shown).map(|()| ChildRendering::HTML) }
}

fn begin<'a>(out: &mut Out<'_, '_, '_>, node: Node<'a>, shown: &Embedding) -> Result<ChildRendering, fmt::Error> {
    match shown.kind {
        Kind::InfoBox => open(out, "div", "infobox", &[side(shown, " at-right"), width(shown, " w-35"), text(shown)])?,
        Kind::ImageFrame => {
            open(out, "figure", "image-frame", &[side(shown, " at-right"), width(shown, " w-30"), text(shown)])?;
            if let Some(source) = shown.option(&["src"]) {
                image(out, node, shown, source)?;
            }
        }
        Kind::Figure => open(out, "figure", "figure", &[margins(shown), width(shown, "")])?,
        Kind::Video => {
            open(out, "figure", "video", &[width(shown, "")])?;
            render_video::videos(out, node, shown)?;
        }
        Kind::DataTable => open(out, "div", "data-table", &[render_tables::options(shown)])?,
        Kind::AttachmentList => open(out, "div", "file-table", &[])?,
        Kind::PageIndex => {
            let columns = if render_lists::is_flat(shown) { "" } else { " embed-columns" };
            open(out, "div", "embed-index", &[columns.to_owned()])?;
        }
        Kind::Include => open(out, "div", "included", &[])?,
        Kind::Unknown => {
            problem(out, &shown.name, "is no embedding that this wiki knows.")?;
            return skip(out, node);
        }
    }
    Ok(ChildRendering::HTML)
}

fn end(out: &mut Out<'_, '_, '_>, shown: &Embedding) -> fmt::Result {
    let needs_data = matches!(shown.kind, Kind::AttachmentList | Kind::PageIndex | Kind::Include)
        || (shown.kind == Kind::DataTable && shown.option(&["src"]).is_some());
    if needs_data {
        let count = &out.user.nesting.budget.data;
        count.set(count.get() + 1);
        if count.get() > MAX_DATA {
            problem(out, &shown.name, &format!("is not shown: a page may have {MAX_DATA} embeddings of this kind."))?;
        } else {
            match shown.kind {
                Kind::DataTable => render_tables::file(out, shown)?,
                Kind::AttachmentList => render_lists::files(out, shown)?,
                Kind::PageIndex => render_lists::pages(out, shown)?,
                _ => render_include::include(out, shown)?,
            }
        }
    }
    match shown.kind {
        Kind::ImageFrame | Kind::Figure | Kind::Video => out.write_str("</figure>\n"),
        Kind::Unknown => Ok(()),
        _ => out.write_str("</div>\n"),
    }
}

/// Begins or ends a part of an embedding.
pub(super) fn piece<'a>(
    out: &mut Out<'_, '_, '_>,
    node: Node<'a>,
    piece: Piece,
    entering: bool,
) -> Result<ChildRendering, fmt::Error> {
    let seal = out.user.seal.as_str();
    let blocks = out.user.blocks;
    let shown = node.ancestors().skip(1).find_map(|above| match block_of(blocks, above) {
        Some(Block::Embedding(shown)) => Some(shown.as_ref()),
        _ => None,
    });
    let Some(shown) = shown else { return Ok(ChildRendering::HTML) };
    // The content of a video are its sources.
    if piece == Piece::Body && shown.kind == Kind::Video {
        return if entering { skip(out, node) } else { Ok(ChildRendering::HTML) };
    }
    let in_figure = matches!(shown.kind, Kind::ImageFrame | Kind::Figure | Kind::Video);
    if entering || matches!(piece, Piece::Rows | Piece::Body) {
        out.cr()?;
    }
    match (piece, entering) {
        (Piece::Caption, true) => match shown.kind {
            Kind::InfoBox => write!(out, "<p class=\"{seal}infobox-title\">"),
            _ if in_figure => write!(out, "<figcaption class=\"{seal}embed-caption\">"),
            _ => write!(out, "<p class=\"{seal}embed-caption\">"),
        }?,
        (Piece::Caption, false) => out.write_str(if in_figure { "</figcaption>\n" } else { "</p>\n" })?,
        (Piece::Rows, true) => writeln!(out, "<dl class=\"{seal}infobox-rows\">")?,
        (Piece::Rows, false) => out.write_str("</dl>\n")?,
        (Piece::Row, true) => out.write_str("<div>")?,
        (Piece::Row, false) => out.write_str("</div>\n")?,
        (Piece::Key, true) => out.write_str("<dt>")?,
        (Piece::Key, false) => out.write_str("</dt>")?,
        (Piece::Value, true) => out.write_str("<dd>")?,
        (Piece::Value, false) => out.write_str("</dd>")?,
        (Piece::Body, true) => {
            let height = shown.option(&["height"]).filter(|_| shown.kind == Kind::Figure).and_then(height);
            match height {
                // What scrolls must be reachable by keyboard.
                Some(height) => writeln!(
                    out,
                    "<div class=\"{seal}embed-body h-{height}\" role=\"{seal}group\" tabindex=\"{seal}0\" aria-label=\"{seal}Figure\">"
                ),
                None => writeln!(out, "<div class=\"{seal}embed-body\">"),
            }?;
        }
        (Piece::Body, false) => out.write_str("</div>\n")?,
    }
    Ok(ChildRendering::HTML)
}

/// Leaves out what is inside a node, without losing count of the headings.
pub(super) fn skip<'a>(out: &mut Out<'_, '_, '_>, node: Node<'a>) -> Result<ChildRendering, fmt::Error> {
    let headings = node.descendants().filter(|inside| matches!(inside.data().value, NodeValue::Heading(_))).count();
    out.user.skip_anchors(headings);
    Ok(ChildRendering::Skip)
}

/// A short note in the place of what cannot be shown. `text` completes "Name ...".
pub(super) fn problem(out: &mut Out<'_, '_, '_>, name: &str, text: &str) -> fmt::Result {
    let seal = out.user.seal.as_str();
    write!(out, "<p class=\"{seal}embed-problem\" role=\"{seal}note\"><code>")?;
    out.escape(name)?;
    out.write_str("</code> ")?;
    out.escape(text)?;
    out.write_str("</p>\n")
}

fn open(out: &mut Out<'_, '_, '_>, tag: &str, name: &str, classes: &[String]) -> fmt::Result {
    let seal = out.user.seal.as_str();
    writeln!(out, "<{tag} class=\"{seal}embed {name}{}\">", classes.concat())
}

fn side(shown: &Embedding, default: &str) -> String {
    match shown.option(&["position", "pos", "float"]).map(str::to_ascii_lowercase).as_deref() {
        Some("left") => " at-left",
        Some("right") => " at-right",
        _ => default,
    }
    .to_owned()
}

fn text(shown: &Embedding) -> String {
    match shown.option(&["text-align", "align", "text_align"]).map(str::to_ascii_lowercase).as_deref() {
        Some("left") => " text-left",
        Some("center") => " text-center",
        Some("right") => " text-right",
        _ => "",
    }
    .to_owned()
}

fn margins(shown: &Embedding) -> String {
    match shown.option(&["align"]).map(str::to_ascii_lowercase).as_deref() {
        Some("left") => "",
        Some("right") => " at-end",
        _ => " at-center",
    }
    .to_owned()
}

fn width(shown: &Embedding, default: &str) -> String {
    let class = shown.option(&["width"]).and_then(|value| match length(value)? {
        (number, "%") => Some((stepped(number, 5, 100), "w")),
        (number, _) => Some((stepped(number, 50, 800), "px")),
    });
    match class {
        Some((100, "w")) => String::new(),
        Some((number, unit)) => format!(" {unit}-{number}"),
        None => default.to_owned(),
    }
}

fn height(value: &str) -> Option<u16> {
    match length(value)? {
        (_, "%") => None,
        (number, _) => Some(stepped(number, 100, 1000)),
    }
}

/// Number and unit, `%` or `px`: `20em` are 320 pixels, and so is `320`.
fn length(value: &str) -> Option<(f32, &'static str)> {
    let value = value.trim();
    let end = value.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(value.len());
    let (number, unit) = value.split_at_checked(end)?;
    let number: f32 = number.parse().ok()?;
    match unit.trim().to_ascii_lowercase().as_str() {
        "%" => Some((number, "%")),
        "" | "px" => Some((number, "px")),
        "em" | "rem" => Some((number * 16.0, "px")),
        _ => None,
    }
}

/// The style sheet has classes for these steps only.
fn stepped(number: f32, step: u16, most: u16) -> u16 {
    let steps = (number / f32::from(step)).round().clamp(1.0, f32::from(most / step));
    (1..=most / step).rev().find(|n| f32::from(*n) <= steps).unwrap_or(1) * step
}

/// Where a source leads.
pub(super) enum Target {
    /// Another site.
    Site(String),
    /// A file of the wiki: its address and its path from the root.
    File { href: String, path: String },
}

/// What a source means; else why it cannot be shown.
pub(super) fn target(out: &Out<'_, '_, '_>, source: &str) -> Result<Target, String> {
    let source = source.trim();
    if address::is_external(source) {
        let lower = source.to_ascii_lowercase();
        let is_web = (lower.starts_with("https://") || lower.starts_with("http://"))
            && !source.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`' | '\\'));
        return if is_web { Ok(Target::Site(source.to_owned())) } else { Err(refused(source)) };
    }
    let path = decoded(address::split(source).0);
    if path.split(['/', '\\']).any(|component| component == "..") {
        return Err(format!("may not leave its page with \"..\": {source} (path traversal)"));
    }
    let path = address::from_root(&path, out.user.context.page);
    if out.user.context.sources.is_file(&path) {
        Ok(Target::File { href: address::of_page(&path), path })
    } else {
        Err(format!("finds no file {source}."))
    }
}

fn refused(source: &str) -> String {
    format!("cannot use this address: {source}")
}

fn image(out: &mut Out<'_, '_, '_>, node: Node<'_>, shown: &Embedding, source: &str) -> fmt::Result {
    let (href, name) = match target(out, source) {
        Ok(Target::Site(href)) => (href.clone(), href),
        Ok(Target::File { href, path }) => (href, path.rsplit('/').next().unwrap_or_default().to_owned()),
        Err(text) => return problem(out, &shown.name, &text),
    };
    let blocks = out.user.blocks;
    let mut pieces = node.children().filter(|inside| block_of(blocks, inside) == Some(&Block::Piece(Piece::Caption)));
    let caption = pieces.next().map(|caption| caption.collect_text());
    let alt = shown.option(&["alt"]).or(caption.as_deref()).unwrap_or(&name);
    out.write_str("<a href=\"")?;
    out.escape_href(&href)?;
    out.write_str("\"><img src=\"")?;
    out.escape_href(&href)?;
    out.write_str("\" alt=\"")?;
    out.escape(alt)?;
    out.write_str("\"></a>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_bounded_and_come_in_steps() {
        for (value, expected) in [
            ("35%", " w-35"),
            ("33.4 %", " w-35"),
            ("0%", " w-5"),
            ("9999%", ""),
            ("320", " px-300"),
            ("20em", " px-300"),
            ("1px", " px-50"),
            ("99999999999px", " px-800"),
            ("100\" onmouseover=\"alert(1)", " w-30"),
            ("expression(1)", " w-30"),
            ("-5px", " w-30"),
            ("5vw", " w-30"),
        ] {
            let setting =
                super::super::embedding::Setting { key: "width".to_owned(), value: value.to_owned(), place: 0..0 };
            let shown = Embedding { kind: Kind::ImageFrame, name: String::new(), options: vec![setting] };
            assert_eq!(width(&shown, " w-30"), expected, "{value}");
        }
    }
}
