//! What must be true of every text, whoever wrote it. Each function is one fuzz target.

#[path = "../../../src/markdown/mod.rs"]
#[allow(dead_code, unused_imports)]
mod markdown;
#[path = "../../../src/model/mod.rs"]
#[allow(dead_code, unused_imports)]
mod model;

mod front_matter;
mod links;
mod page;
mod paths;
mod safe;

pub use front_matter::front_matter;
pub use links::links;
pub use page::markdown;
pub use paths::paths;

use crate::markdown::LinkOrder;
use crate::model::PagePath;

/// The pages of the wiki that a text is thought to be in.
const PAGES: &[&str] = &["Home", "Guide", "Guide/Install", "Guide/Use", "New_York", "A|B", "C#", "100%"];

/// The order of wikilinks' parts, either for half of all texts.
fn order(text: &str) -> LinkOrder {
    if text.len().is_multiple_of(2) { LinkOrder::LabelFirst } else { LinkOrder::TargetFirst }
}

fn page(path: &str) -> PagePath {
    PagePath::parse(path).expect("a page's path")
}

/// A wiki with [`PAGES`]; names fold.
fn find_page(name: &str) -> Option<PagePath> {
    let key = PagePath::parse(name).ok()?.fold();
    PAGES.iter().map(|path| page(path)).find(|page| page.fold() == key)
}
