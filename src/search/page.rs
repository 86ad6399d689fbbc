use super::analyzer;
use super::page_map::{PageMap, StoredSection};
use super::schema::composed;
use crate::markdown;
use crate::model::{LinkOrder, PagePath, display_name};

/// Headings of a page that are known to excerpts.
const MOST_SECTIONS: usize = 2_000;

/// What of a page is searched. This is the one place that decides how a file becomes that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct IndexedPage {
    pub(super) title: String,
    pub(super) headings: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) category: Option<String>,
    /// Plain text, without markup and front matter, its letters composed.
    pub(super) body: String,
    pub(super) map: PageMap,
}

impl IndexedPage {
    pub(super) fn read(path: &PagePath, text: &str, order: LinkOrder) -> Self {
        let front = markdown::front_matter(text);
        let plain = markdown::plain(text, order);
        let mut sections: Vec<StoredSection> = Vec::new();
        let mut places = Vec::new();
        let mut body = composed(&plain.text);
        // Composing shortens: then the parts between the headings are composed one by one.
        let moved = body.len() != plain.text.len();
        if moved {
            body.clear();
        }
        let mut done = 0;
        for (heading, place) in &plain.headings {
            if moved {
                body.push_str(&composed(plain.text.get(done..place.start).unwrap_or_default()));
            }
            done = place.start;
            places.push(if moved { body.len() } else { place.start });
            if sections.len() < MOST_SECTIONS {
                sections.push(StoredSection {
                    level: heading.level,
                    title: composed(&heading.title),
                    anchor: heading.anchor.clone(),
                    line: heading.line,
                    word: 0,
                });
            }
        }
        if moved {
            body.push_str(&composed(plain.text.get(done..).unwrap_or_default()));
        }
        let map = PageMap::new(&body, sections, &places, plain.line_count(text), &mut analyzer::words());
        Self {
            title: front.title().unwrap_or_else(|| display_name(path.leaf())),
            headings: plain.headings.into_iter().map(|(heading, _)| heading.title).collect(),
            tags: front.tags(),
            category: front.category(),
            body,
            map,
        }
    }
}
