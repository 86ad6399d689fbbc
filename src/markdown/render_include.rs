//! Another page's text within a page.

use std::fmt::{self, Write as _};

use super::address;
use super::embedding::Embedding;
use super::render::{Nesting, Out, RenderContext, render_inside};
use super::render_embeds::problem;
use super::wikilink::{LinkOrder, decoded};
use super::{code, find_section, headings};
use crate::model::PagePath;

/// Deepest nesting of pages in pages.
const MAX_DEPTH: usize = 5;
/// Most included texts of a page, all levels together.
const MAX_INCLUDES: u32 = 50;
/// Most bytes of included texts, all levels together.
const MAX_BYTES: usize = 1024 * 1024;

/// Shows the page that `src` names, or one of its sections. Links within it mean what they mean
/// there; its headings and notes get ids of their own.
pub(super) fn include(out: &mut Out<'_, '_, '_>, shown: &Embedding) -> fmt::Result {
    let Some(source) = shown.option(&["src"]) else {
        return problem(out, &shown.name, "needs a page: src=Page.");
    };
    let context = out.user.context;
    let wanted = decoded(source.trim_matches(|c: char| c == '/' || c.is_whitespace()));
    let Some(page) = (context.find_page)(&wanted) else { return missing(out, shown, &wanted) };
    let nesting = out.user.nesting;
    if nesting.above.contains(&page) || page == *context.page {
        return problem(out, &shown.name, &format!("would show {page} within itself."));
    }
    let budget = nesting.budget;
    let number = budget.includes.get() + 1;
    if nesting.above.len() + 1 >= MAX_DEPTH || number > MAX_INCLUDES {
        let limits = format!("at most {MAX_INCLUDES}, at most {} deep", MAX_DEPTH - 1);
        return problem(out, &shown.name, &format!("is not shown: a page may include others {limits}."));
    }
    budget.includes.set(number);
    let left = MAX_BYTES.saturating_sub(budget.included.get());
    let text = match context.sources.page(&page, left) {
        Ok(text) => text,
        Err(error) => return problem(out, &shown.name, &format!("cannot show {page}: the page {error}.")),
    };
    budget.included.set(budget.included.get() + text.len());
    let text = match part(&text, shown, out.user.context.order) {
        Ok(text) => text,
        Err(section) => return problem(out, &shown.name, &format!("finds no section {section} in {page}.")),
    };
    let inner = Nesting {
        above: nesting.above.iter().chain([context.page]).cloned().collect(),
        budget,
        prefix: format!("include-{number}-"),
    };
    let context = RenderContext { page: &page, ..*context };
    let html = render_inside(&text, &context, &inner);
    // Sanitized already.
    code::slot(out, html)?;
    let seal = out.user.seal.as_str();
    write!(out, "\n<p class=\"{seal}from\">From <a href=\"{}\">", address::of_page(page.as_str()))?;
    out.escape(&page.as_str().replace('_', " "))?;
    out.write_str("</a></p>\n")
}

/// A page that does not exist: a link that leads to where it can be made.
fn missing(out: &mut Out<'_, '_, '_>, shown: &Embedding, wanted: &str) -> fmt::Result {
    let seal = out.user.seal.as_str();
    let Ok(page) = PagePath::parse(wanted) else {
        return problem(out, &shown.name, &format!("finds no page {wanted}."));
    };
    write!(out, "<p class=\"{seal}embed-problem\" role=\"{seal}note\"><code>")?;
    out.escape(&shown.name)?;
    write!(out, "</code> finds no page <a class=\"{seal}missing\" href=\"{}\">", address::of_page(page.as_str()))?;
    out.escape(page.as_str())?;
    out.write_str("</a>.</p>\n")
}

/// The part of a page that is asked for: a section, without those below it, without its heading.
fn part(text: &str, shown: &Embedding, order: LinkOrder) -> Result<String, String> {
    let body = super::front_matter(text).body;
    let mut part = match shown.option(&["section"]) {
        Some(section) => {
            let found = find_section(text, order, section).map_err(|_error| section.to_owned())?;
            text.get(found.span).unwrap_or_default().to_owned()
        }
        None => body.to_owned(),
    };
    let found = headings(&part, order);
    let first = found.first().filter(|first| part.get(..first.start).is_some_and(|before| before.trim().is_empty()));
    if !shown.flag("children", true) {
        let next = found.get(usize::from(first.is_some())).map(|heading| heading.start);
        part.truncate(next.unwrap_or(part.len()));
    }
    if !shown.flag("heading", true)
        && let Some(first) = first
    {
        let rest = part.get(first.start..).unwrap_or_default();
        // Written with signs in front, or on two lines with another below.
        let lines = if rest.trim_start().starts_with('#') { 1 } else { 2 };
        let length: usize = rest.split_inclusive('\n').take(lines).map(str::len).sum();
        part = rest.get(length..).unwrap_or_default().to_owned();
    }
    Ok(part)
}
