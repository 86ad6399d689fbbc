use std::cell::Cell;
use std::fmt::{self, Write};

use comrak::html::{ChildRendering, Context, format_document_with_formatter, format_node_default};
use comrak::nodes::{Node, NodeValue};
use comrak::options::Plugins;
use serde_json::{Map, Value};

use super::abbreviations::Abbreviations;
use super::address::{self, FindPage};
use super::anchor::anchor;
use super::blocks::Block;
use super::code;
use super::document::{self, Document};
use super::front_matter::front_matter;
use super::headings::Heading;
use super::highlight::Highlighter;
use super::html;
use super::math::Formulas;
use super::properties;
use super::render_blocks;
use super::sanitize::{self, Seal};
use super::sources::Sources;
use super::wikilink::LinkOrder;
use crate::model::PagePath;

/// Largest HTML of a page, in bytes. Beyond it the page is shown as plain text.
const MAX_HTML: usize = 8 * 1024 * 1024;

/// What rendering needs to know of the wiki.
#[derive(Clone, Copy)]
pub struct RenderContext<'a> {
    /// The page the text belongs to: its relative links start there.
    pub page: &'a PagePath,
    pub order: LinkOrder,
    /// Finds a page by the path that a link names, from the wiki's root.
    pub find_page: &'a FindPage<'a>,
    /// What the page's embeddings show.
    pub sources: &'a dyn Sources,
}

/// A page as HTML.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendered {
    /// Safe to stand in a page of the wiki's own origin.
    pub html: String,
    /// The front matter's title, else the first heading.
    pub title: Option<String>,
    /// The headings that open sections; before them the front matter's title, without an anchor,
    /// where it is the page's only one.
    pub contents: Vec<Heading>,
}

/// Renders a page. Never fails: a text that is too hostile or too large comes out as the text
/// itself, with a notice.
#[must_use]
pub fn render(text: &str, context: &RenderContext<'_>) -> Rendered {
    let front = front_matter(text);
    document::read(text, context.order, |document| {
        let (mut contents, anchors) = document.headings();
        let title = front.title();
        // A page without a title of its own in the text has that of its front matter.
        let heading = title.clone().filter(|_| contents.iter().all(|heading| heading.level > 1));
        let extras = Extras {
            abbreviations: Abbreviations::take(document),
            heading: heading.as_deref(),
            properties: front.fields.as_ref(),
        };
        let html = [Admit::Tags, Admit::Nothing].into_iter().find_map(|admit| {
            let budget = Budget::default();
            let nesting = Nesting { above: Vec::new(), budget: &budget, prefix: String::new() };
            document.html(context, &anchors, &extras, admit, &nesting)
        });
        let title =
            title.or_else(|| contents.iter().map(|heading| heading.title.clone()).find(|title| !title.is_empty()));
        if let Some(title) = heading.filter(|_| html.is_some()) {
            contents.insert(0, Heading { level: 1, title, anchor: String::new(), line: 1, start: 0 });
        }
        Rendered { html: html.unwrap_or_else(|| as_text(text)), title, contents }
    })
    .unwrap_or_else(|| Rendered { html: as_text(text), title: front.title(), contents: Vec::new() })
}

/// As [`render`], within another page: the HTML alone.
pub(super) fn render_inside(text: &str, context: &RenderContext<'_>, nesting: &Nesting<'_>) -> String {
    document::read(text, context.order, |document| {
        let anchors = document.headings().1;
        let extras = Extras { abbreviations: Abbreviations::take(document), heading: None, properties: None };
        let mut admitted = [Admit::Tags, Admit::Nothing].into_iter();
        admitted.find_map(|admit| document.html(context, &anchors, &extras, admit, nesting))
    })
    .flatten()
    .unwrap_or_else(|| as_text(text))
}

/// Where a text stands that is part of another page.
pub(super) struct Nesting<'n> {
    /// The pages that it is part of, from the outermost.
    pub(super) above: Vec<PagePath>,
    pub(super) budget: &'n Budget,
    /// What its ids begin with, so that none is there twice.
    pub(super) prefix: String,
}

/// What a page's embeddings have used of what they may, all levels together.
#[derive(Default)]
pub(super) struct Budget {
    /// Embeddings that show data of the wiki.
    pub(super) data: Cell<u32>,
    /// Bytes of tables.
    pub(super) csv: Cell<usize>,
    pub(super) includes: Cell<u32>,
    /// Bytes of included texts.
    pub(super) included: Cell<usize>,
}

/// The text as it is written.
fn as_text(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<p class=\"notice\" role=\"note\">This page is too large or too complex to be formatted. \
         This is its text.</p>\n<pre>{escaped}</pre>\n"
    )
}

/// What a page shows besides its tree.
struct Extras<'e> {
    abbreviations: Abbreviations,
    /// A title that is not in the text.
    heading: Option<&'e str>,
    properties: Option<&'e Map<String, Value>>,
}

/// What becomes of HTML in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Admit {
    Tags,
    Nothing,
}

impl Document<'_> {
    /// The page's HTML; none when it would be too large or too costly to check.
    fn html(
        &self,
        context: &RenderContext<'_>,
        anchors: &[String],
        extras: &Extras<'_>,
        admit: Admit,
        nesting: &Nesting<'_>,
    ) -> Option<String> {
        let seal = Seal::new();
        let panel = extras.properties.and_then(|fields| properties::panel(fields, &seal));
        let first_is_title = self.root.first_child().is_some_and(is_title);
        let mut state = State {
            context,
            nesting,
            blocks: &self.blocks,
            seal: &seal,
            slots: Vec::new(),
            highlighter: Highlighter::default(),
            formulas: Formulas::default(),
            anchors: anchors.iter(),
            admit,
            admitted: 0,
            notes: 0,
            checkbox: None,
            abbreviations: &extras.abbreviations,
            panel,
        };
        let mut output = Limited(String::with_capacity(self.text.len() * 2));
        if let Some(heading) = extras.heading {
            output.0.push_str("<h1>");
            properties::push_escaped(heading, &mut output.0);
            output.0.push_str("</h1>\n");
        }
        if let Some(panel) = state.panel.take_if(|_| !first_is_title) {
            output.0.push_str(&panel);
        }
        let (options, plugins) = (document::options(), Plugins::default());
        let state = format_document_with_formatter(self.root, &options, &mut output, &plugins, node, state).ok()?;
        // A page may include many others.
        let share = if nesting.above.is_empty() { 1 } else { 10 };
        if !html::is_affordable(&output.0, share) {
            return None;
        }
        let html = sanitize::sanitize(&output.0, &seal, context.page, context.find_page);
        let html = sanitize::fill(html, &seal, &state.slots);
        (html.len() <= MAX_HTML).then_some(html)
    }
}

/// A text that refuses to grow beyond the limit.
struct Limited(String);

impl Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_HTML {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

pub(super) struct State<'s> {
    pub(super) context: &'s RenderContext<'s>,
    pub(super) nesting: &'s Nesting<'s>,
    pub(super) blocks: &'s [Block],
    pub(super) seal: &'s Seal,
    /// What the renderer made by itself, for [`sanitize::fill`].
    pub(super) slots: Vec<String>,
    pub(super) highlighter: Highlighter,
    pub(super) formulas: Formulas,
    /// The anchors of the headings to come.
    anchors: std::slice::Iter<'s, String>,
    admit: Admit,
    /// Tags of the author's that were let in.
    admitted: usize,
    /// Footnotes written.
    notes: usize,
    /// Whether the task is done whose paragraph comes next and holds its box.
    checkbox: Option<bool>,
    abbreviations: &'s Abbreviations,
    /// The front matter, which comes behind the title.
    panel: Option<String>,
}

impl State<'_> {
    /// Passes over the anchors of headings that are not shown.
    pub(super) fn skip_anchors(&mut self, headings: usize) {
        if headings > 0 {
            self.anchors.nth(headings - 1);
        }
    }
}

pub(super) type Out<'o, 'c, 's> = Context<'o, 'c, State<'s>>;

/// Writes a node's own tags where the product's HTML differs from comrak's.
fn node<'a>(out: &mut Out<'_, '_, '_>, node: Node<'a>, entering: bool) -> Result<ChildRendering, fmt::Error> {
    let seal = out.user.seal;
    let seal = seal.as_str();
    let prefix = out.user.nesting.prefix.as_str();
    match &node.data().value {
        NodeValue::Heading(heading) => {
            if entering {
                let anchor = out.user.anchors.next().map_or("", String::as_str);
                let anchor = format!("{prefix}{anchor}");
                out.current_anchorized_id = Some(anchor.clone());
                out.cr()?;
                write!(out, "<h{} id=\"{seal}{anchor}\">", heading.level)?;
            } else {
                let anchor = out.current_anchorized_id.take().unwrap_or_default();
                write!(
                    out,
                    "<a class=\"{seal}anchor\" href=\"#{anchor}\" aria-label=\"{seal}Link to this section\">#</a></h{}>",
                    heading.level
                )?;
                out.lf()?;
                if let Some(panel) = out.user.panel.take() {
                    out.write_str(&panel)?;
                }
            }
        }
        NodeValue::HtmlBlock(block) if entering => {
            out.cr()?;
            raw(out, &block.literal)?;
            out.cr()?;
        }
        NodeValue::HtmlInline(literal) if entering => raw(out, literal)?,
        NodeValue::HtmlBlock(_) | NodeValue::HtmlInline(_) => {}
        NodeValue::CodeBlock(block) => {
            if entering {
                code::block(out, block)?;
            }
        }
        NodeValue::Text(text) if !out.user.abbreviations.is_empty() => {
            if entering {
                for (piece, meaning) in out.user.abbreviations.pieces(text) {
                    if let Some(meaning) = meaning {
                        out.write_str("<abbr title=\"")?;
                        out.escape(meaning)?;
                        out.write_str("\">")?;
                    }
                    out.escape(piece)?;
                    out.write_str(if meaning.is_some() { "</abbr>" } else { "" })?;
                }
            }
        }
        NodeValue::Math(math) if entering => formula(out, &math.literal, math.display_math)?,
        NodeValue::Math(_) => {}
        NodeValue::Code(code) if entering && dollars(&code.literal).is_some() => {
            let (source, display) = dollars(&code.literal).unwrap_or_default();
            formula(out, source, display)?;
        }
        NodeValue::Code(code) if dollars(&code.literal).is_some() => {}
        NodeValue::WikiLink(link) => {
            if entering {
                let (missing, href) = wikilink(out.user.context, prefix, &link.url);
                let class = if missing { format!(" class=\"{seal}missing\"") } else { String::new() };
                write!(out, "<a href=\"{href}\"{class}>")?;
            } else {
                out.write_str("</a>")?;
            }
        }
        // Within another page, anchors have another name.
        NodeValue::Link(link) if entering && !prefix.is_empty() && link.url.starts_with('#') => {
            write!(out, "<a href=\"#{prefix}")?;
            out.escape_href(link.url.trim_start_matches('#'))?;
            if !link.title.is_empty() {
                out.write_str("\" title=\"")?;
                out.escape(&link.title)?;
            }
            out.write_str("\">")?;
        }
        NodeValue::Link(link) if !entering && node.first_child().is_none() => {
            out.escape(&link.url)?;
            out.write_str("</a>")?;
        }
        NodeValue::Table(_) => {
            if entering {
                out.cr()?;
                write!(
                    out,
                    "<div class=\"{seal}table-scroll\" role=\"{seal}group\" tabindex=\"{seal}0\" aria-label=\"{seal}Table\">"
                )?;
                format_node_default(out, node, entering)?;
            } else {
                format_node_default(out, node, entering)?;
                out.write_str("</div>\n")?;
            }
        }
        NodeValue::Alert(alert) => {
            if entering {
                let kind = alert.alert_type.default_title();
                out.cr()?;
                write!(out, "<div class=\"{seal}alert alert-{}\" role=\"{seal}note\">", kind.to_ascii_lowercase())?;
                write!(out, "<p class=\"{seal}alert-title\">")?;
                out.escape(alert.title.as_deref().unwrap_or(kind))?;
                out.write_str("</p>\n")?;
            } else {
                out.cr()?;
                out.write_str("</div>\n")?;
            }
        }
        NodeValue::BlockDirective(_) => return render_blocks::block(out, node, entering),
        NodeValue::Subtext => render_blocks::title(out, node, entering)?,
        NodeValue::TaskItem(item) => {
            if entering {
                out.cr()?;
                write!(out, "<li class=\"{seal}task-list-item\">")?;
                if is_loose(node) {
                    out.user.checkbox = Some(item.symbol.is_some());
                } else {
                    checkbox(out, item.symbol.is_some())?;
                }
            } else {
                out.write_str("</li>\n")?;
            }
        }
        NodeValue::Paragraph if entering && out.user.checkbox.is_some() => {
            let done = out.user.checkbox.take().unwrap_or_default();
            out.cr()?;
            out.write_str("<p>")?;
            checkbox(out, done)?;
        }
        NodeValue::Paragraph if !entering && ends_note(node).is_some() => {
            let mentions = ends_note(node).unwrap_or_default();
            back_links(out, mentions)?;
            out.write_str("</p>\n")?;
        }
        NodeValue::FootnoteReference(reference) => {
            if entering {
                let (note, nth) = (reference.ix, reference.ref_num);
                write!(
                    out,
                    "<sup class=\"{seal}footnote-ref\"><a href=\"#{prefix}fn:{note}\" id=\"{seal}{prefix}{}\">{note}</a></sup>",
                    reference_id(note as usize, nth)
                )?;
            }
        }
        NodeValue::FootnoteDefinition(note) => {
            if entering {
                if out.user.notes == 0 {
                    out.cr()?;
                    write!(out, "<section class=\"{seal}footnotes\" role=\"{seal}doc-endnotes\">\n<ol>\n")?;
                }
                out.user.notes += 1;
                let number = out.user.notes;
                write!(out, "<li id=\"{seal}{prefix}fn:{number}\">")?;
            } else {
                let after_text =
                    node.last_child().is_some_and(|last| matches!(last.data().value, NodeValue::Paragraph));
                if !after_text {
                    back_links(out, note.total_references)?;
                }
                out.write_str("</li>\n")?;
                if node.next_sibling().is_none() {
                    out.write_str("</ol>\n</section>\n")?;
                }
            }
        }
        _ => return format_node_default(out, node, entering),
    }
    Ok(ChildRendering::HTML)
}

/// A task's box.
fn checkbox(out: &mut Out<'_, '_, '_>, done: bool) -> fmt::Result {
    let seal = out.user.seal.as_str();
    let (state, label) = if done { (" checked", "Done") } else { ("", "To do") };
    write!(out, "<input type=\"checkbox\"{state} disabled aria-label=\"{seal}{label}\"> ")
}

/// Whether a node is a heading of the first level.
fn is_title(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::Heading(heading) if heading.level == 1)
}

/// Whether an item starts with a paragraph that is written as one: then the box belongs in it.
fn is_loose(item: Node<'_>) -> bool {
    let is_paragraph = item.first_child().is_some_and(|first| matches!(first.data().value, NodeValue::Paragraph));
    let list = item.parent();
    is_paragraph && list.is_some_and(|list| matches!(&list.data().value, NodeValue::List(list) if !list.tight))
}

/// How often a note is mentioned, if the node is its last paragraph.
fn ends_note(paragraph: Node<'_>) -> Option<u32> {
    if paragraph.next_sibling().is_some() {
        return None;
    }
    match &paragraph.parent()?.data().value {
        NodeValue::FootnoteDefinition(note) => Some(note.total_references),
        _ => None,
    }
}

/// Links from the note being written to where it is mentioned.
fn back_links(out: &mut Out<'_, '_, '_>, mentions: u32) -> fmt::Result {
    let (seal, note) = (out.user.seal.as_str(), out.user.notes);
    let prefix = out.user.nesting.prefix.as_str();
    for nth in 1..=mentions {
        write!(
            out,
            " <a class=\"{seal}footnote-back\" href=\"#{prefix}{}\" aria-label=\"{seal}Back to the text\">\u{21a9}</a>",
            reference_id(note, nth)
        )?;
    }
    Ok(())
}

/// The id of a note's n-th mention. A heading's anchor never has a colon.
fn reference_id(note: usize, nth: u32) -> String {
    if nth > 1 { format!("fnref:{note}:{nth}") } else { format!("fnref:{note}") }
}

/// HTML in the text.
fn raw(out: &mut Out<'_, '_, '_>, literal: &str) -> fmt::Result {
    match out.user.admit {
        Admit::Tags => {
            let mut html = String::with_capacity(literal.len());
            html::admit(literal, &mut out.user.admitted, &mut html);
            out.write_str(&html)
        }
        Admit::Nothing => out.escape(literal),
    }
}

fn formula(out: &mut Out<'_, '_, '_>, source: &str, display: bool) -> fmt::Result {
    let html = out.user.formulas.html(source, display);
    code::slot(out, html)
}

/// The formula of a code span `$...$`, and whether it is one of two dollars.
fn dollars(literal: &str) -> Option<(&str, bool)> {
    let inner = literal.strip_prefix('$')?.strip_suffix('$')?;
    let (inner, display) = match inner.strip_prefix('$').and_then(|inner| inner.strip_suffix('$')) {
        Some(inner) => (inner, true),
        None => (inner, false),
    };
    (!inner.trim().is_empty() && !inner.contains('$')).then_some((inner, display))
}

/// Whether the page is missing, and the address of a wikilink's `target#anchor`.
fn wikilink(context: &RenderContext<'_>, prefix: &str, url: &str) -> (bool, String) {
    let (target, heading) = address::wikilink_parts(url);
    let fragment = heading.map(|heading| format!("#{}", anchor(&heading))).unwrap_or_default();
    if target.is_empty() {
        return (false, fragment.replacen('#', &format!("#{prefix}"), 1));
    }
    match (context.find_page)(&target) {
        Some(page) => (false, format!("{}{fragment}", address::of_page(page.as_str()))),
        None => {
            let page = PagePath::parse(&target);
            let path = page.as_ref().map_or(target.as_str(), PagePath::as_str);
            (true, format!("{}{fragment}", address::of_page(path)))
        }
    }
}
