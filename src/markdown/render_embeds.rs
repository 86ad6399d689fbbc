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
use super::{csv, render_include, render_lists};

/// Most embeddings of a page that show data of the wiki.
const MAX_DATA: u32 = 100;
/// Largest table that is read, in bytes, all tables of a page together.
const MAX_CSV: usize = 1024 * 1024;

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
            video(out, node, shown)?;
        }
        Kind::DataTable => open(out, "div", "data-table", &[table_options(shown)])?,
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
                Kind::DataTable => table_of_file(out, shown)?,
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
                    "<div class=\"{seal}embed-body h-{height}\" role=\"{seal}region\" tabindex=\"{seal}0\" aria-label=\"{seal}Figure\">"
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
enum Target {
    /// Another site.
    Site(String),
    /// A file of the wiki: its address and its path from the root.
    File { href: String, path: String },
}

/// What a source means; else why it cannot be shown.
fn target(out: &Out<'_, '_, '_>, source: &str) -> Result<Target, String> {
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
    let is_caption = |inside: &Node<'_>| block_of(out.user.blocks, inside) == Some(&Block::Piece(Piece::Caption));
    let caption = node.children().find(is_caption).map(|caption| caption.collect_text());
    let alt = shown.option(&["alt"]).or(caption.as_deref()).unwrap_or(&name);
    out.write_str("<a href=\"")?;
    out.escape_href(&href)?;
    out.write_str("\"><img src=\"")?;
    out.escape_href(&href)?;
    out.write_str("\" alt=\"")?;
    out.escape(alt)?;
    out.write_str("\"></a>\n")
}

/// The videos that are given as `src`, or a line or link each in the content.
fn video<'a>(out: &mut Out<'_, '_, '_>, node: Node<'a>, shown: &Embedding) -> fmt::Result {
    let given = shown.options.iter().filter(|setting| setting.key.eq_ignore_ascii_case("src"));
    let mut sources: Vec<String> = given.map(|setting| setting.value.clone()).filter(|src| !src.is_empty()).collect();
    for inside in node.descendants().filter(|inside| in_body(out, *inside)) {
        match &inside.data().value {
            NodeValue::Link(link) | NodeValue::Image(link) => sources.push(link.url.clone()),
            NodeValue::Text(text) if !in_link(inside) => {
                sources.extend(text.split_whitespace().filter(|word| word.contains('.')).map(str::to_owned));
            }
            _ => {}
        }
    }
    sources.truncate(20);
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

/// What the script of data tables reads.
fn table_options(shown: &Embedding) -> String {
    let mut classes = String::new();
    for (name, class) in [("sortable", " sortable"), ("searchable", " searchable")] {
        if shown.flag(name, true) {
            classes.push_str(class);
        }
    }
    if shown.flag("paging", true) {
        let part = shown.option(&["perpage", "per_page"]).and_then(|number| number.parse().ok()).unwrap_or(25);
        classes.push_str(&format!(" paged-{}", u16::clamp(part, 1, 1000)));
    }
    if shown.flag("fixedheight", false) {
        classes.push_str(" tall");
    }
    classes
}

fn table_of_file(out: &mut Out<'_, '_, '_>, shown: &Embedding) -> fmt::Result {
    let Some(source) = shown.option(&["src"]) else { return Ok(()) };
    let path = match target(out, source) {
        Ok(Target::File { path, .. }) => path,
        Ok(Target::Site(_)) => return problem(out, &shown.name, "shows files of this wiki only."),
        Err(text) => return problem(out, &shown.name, &text),
    };
    let left = MAX_CSV.saturating_sub(out.user.nesting.budget.csv.get());
    let bytes = match out.user.context.sources.file(&path, left) {
        Ok(bytes) => bytes,
        Err(error) => return problem(out, &shown.name, &format!("cannot show {source}: the file {error}.")),
    };
    let budget = &out.user.nesting.budget.csv;
    budget.set(budget.get() + bytes.len());
    let Ok(text) = String::from_utf8(bytes) else {
        return problem(out, &shown.name, &format!("cannot show {source}: the file is not text in UTF-8."));
    };
    let one =
        |names: &[&str]| shown.option(names).map(|value| if value == "\\t" { "\t" } else { value })?.chars().next();
    let delimiter = one(&["delimiter"]).unwrap_or_else(|| csv::delimiter(&text));
    let table = csv::read(&text, delimiter, one(&["quotechar"]).unwrap_or('"'));
    write_table(out, shown, table)
}

fn write_table(out: &mut Out<'_, '_, '_>, shown: &Embedding, table: csv::Table) -> fmt::Result {
    let seal = out.user.seal.as_str();
    let mut rows = table.rows.into_iter();
    let first = if shown.flag("header", true) { rows.next() } else { None };
    let given = shown.option(&["headers"]).map(|names| names.split(',').map(|name| name.trim().to_owned()).collect());
    let rows: Vec<Vec<String>> = rows.collect();
    let wide = rows.iter().map(Vec::len).max().unwrap_or_default();
    let head: Vec<String> = match given.or(first) {
        Some(head) => head,
        None => (1..=wide).map(|n| format!("Column {n}")).collect(),
    };
    let chosen = columns(shown, &head, wide.max(head.len()));
    write!(
        out,
        "<div class=\"{seal}table-scroll\" role=\"{seal}region\" tabindex=\"{seal}0\" aria-label=\"{seal}Table\">\n<table>\n<thead><tr>"
    )?;
    let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
    for at in &chosen {
        out.write_str("<th scope=\"col\">")?;
        out.escape(&cell(&head, *at))?;
        out.write_str("</th>")?;
    }
    out.write_str("</tr></thead>\n<tbody>\n")?;
    for row in &rows {
        out.write_str("<tr>")?;
        for at in &chosen {
            out.write_str("<td>")?;
            out.escape(&cell(row, *at))?;
            out.write_str("</td>")?;
        }
        out.write_str("</tr>\n")?;
    }
    out.write_str("</tbody>\n</table>\n</div>\n")?;
    if table.cut {
        problem(out, &shown.name, &format!("shows the first {} rows; the file has more.", rows.len()))?;
    }
    Ok(())
}

/// The columns to show: `columns=1,Name` counts from 1 and knows names, `column0=0,1` from 0.
fn columns(shown: &Embedding, head: &[String], wide: usize) -> Vec<usize> {
    let named = |name: &str| head.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
    let chosen: Vec<usize> = if let Some(list) = shown.option(&["columns"]) {
        let one = |word: &str| named(word).or_else(|| word.parse::<usize>().ok()?.checked_sub(1));
        list.split(',').filter_map(|word| one(word.trim())).filter(|at| *at < wide).collect()
    } else if let Some(list) = shown.option(&["column0", "columns0"]) {
        list.split(',').filter_map(|word| word.trim().parse().ok()).filter(|at| *at < wide).collect()
    } else {
        Vec::new()
    };
    let all = (0..wide).collect();
    if chosen.is_empty() || chosen.len() > wide { all } else { chosen }
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
