//! Tests that take the module as its users see it.

mod bounds;
mod embeds;
mod front_matter;
mod links;
mod properties;
mod snapshots;
mod structure;
mod xss;

use super::{LinkOrder, NoSources, RenderContext, render};
use crate::model::PagePath;

/// A wiki with these pages; names fold.
const PAGES: &[&str] = &["Home", "Guide", "Guide/Install", "Guide/Use", "New_York", "A|B", "C#"];

fn find_page(name: &str) -> Option<PagePath> {
    let key = PagePath::parse(name).ok()?.fold();
    PAGES.iter().map(|page| PagePath::parse(page).unwrap()).find(|page| page.fold() == key)
}

/// The HTML of a page `Guide` of that wiki.
fn html(text: &str) -> String {
    html_on("Guide", text)
}

fn html_on(page: &str, text: &str) -> String {
    let page = PagePath::parse(page).unwrap();
    render(
        text,
        &RenderContext { page: &page, order: LinkOrder::LabelFirst, find_page: &find_page, sources: &NoSources },
    )
    .html
}
