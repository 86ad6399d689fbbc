//! What is stored of a page, and how a commit names the revision it reflects.

use tantivy::schema::{FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value};
use tantivy::{TantivyDocument, Term};
use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

use super::analyzer;
use super::page::IndexedPage;
use super::page_map::PageMap;
use crate::model::{Language, LinkOrder, PagePath, Revision};

const PAYLOAD_VERSION: &str = "robotwiki-text-3";

/// The name of the column that breaks ties between equal scores.
pub(super) const PATH_COLUMN: &str = "path";

#[derive(Clone)]
pub(super) struct Fields {
    pub(super) schema: Schema,
    /// The exact path: the key, and the order of equal scores.
    pub(super) path: Field,
    pub(super) title: Field,
    pub(super) path_words: Field,
    pub(super) headings: Field,
    pub(super) tags: Field,
    pub(super) body: Field,
    /// Title, path, headings and tags unstemmed, for prefixes.
    pub(super) names: Field,
    /// What filters compare: the folded path, each tag and the category in small letters.
    pub(super) key: Field,
    pub(super) tag: Field,
    pub(super) category: Field,
    text: Field,
    map: Field,
    shown_title: Field,
}

/// What an excerpt is made of.
pub(super) struct Stored {
    pub(super) path: PagePath,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) map: PageMap,
}

impl Fields {
    pub(super) fn new() -> Self {
        let words = |analyzer: &str| {
            TextOptions::default().set_indexing_options(
                TextFieldIndexing::default()
                    .set_tokenizer(analyzer)
                    .set_index_option(IndexRecordOption::WithFreqsAndPositions),
            )
        };
        let mut schema = Schema::builder();
        let path = schema.add_text_field(PATH_COLUMN, STRING | STORED | FAST);
        let title = schema.add_text_field("title", words(analyzer::PROSE));
        let path_words = schema.add_text_field("path_words", words(analyzer::PROSE));
        let headings = schema.add_text_field("headings", words(analyzer::PROSE));
        let tags = schema.add_text_field("tags", words(analyzer::PROSE));
        let body = schema.add_text_field("body", words(analyzer::PROSE));
        let names = schema.add_text_field("names", words(analyzer::NAMES));
        let key = schema.add_text_field("key", STRING | FAST);
        let tag = schema.add_text_field("tag", STRING);
        let category = schema.add_text_field("category", STRING);
        let text = schema.add_text_field("text", STORED);
        let map = schema.add_bytes_field("map", STORED);
        let shown_title = schema.add_text_field("shown_title", STORED);
        let schema = schema.build();
        Self {
            schema,
            path,
            title,
            path_words,
            headings,
            tags,
            body,
            names,
            key,
            tag,
            category,
            text,
            map,
            shown_title,
        }
    }

    /// The fields a word is looked for in, and what a match there weighs.
    pub(super) fn weighted(&self) -> [(Field, f32); 5] {
        [(self.title, 5.0), (self.path_words, 3.0), (self.tags, 3.0), (self.headings, 2.5), (self.body, 1.0)]
    }

    pub(super) fn term(&self, path: &PagePath) -> Term {
        Term::from_field_text(self.path, path.as_str())
    }

    pub(super) fn document(&self, path: &PagePath, page: &IndexedPage) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(self.path, path.as_str());
        document.add_text(self.key, path.fold().as_str());
        document.add_text(self.shown_title, &page.title);
        document.add_text(self.text, &page.body);
        document.add_bytes(self.map, &page.map.encode());
        document.add_text(self.title, composed(&page.title));
        document.add_text(self.path_words, path.as_str());
        document.add_text(self.body, &page.body);
        document.add_text(self.names, composed(&page.title));
        document.add_text(self.names, path.as_str());
        if let Some(category) = &page.category {
            document.add_text(self.category, folded(category));
        }
        for heading in &page.headings {
            document.add_text(self.headings, composed(heading));
            document.add_text(self.names, composed(heading));
        }
        for tag in &page.tags {
            document.add_text(self.tags, composed(tag));
            document.add_text(self.names, composed(tag));
            document.add_text(self.tag, folded(tag));
        }
        document
    }

    /// A stored page; `None` when that is not what was stored.
    pub(super) fn stored(&self, document: &TantivyDocument) -> Option<Stored> {
        let text = |field| document.get_first(field).and_then(|value| value.as_str()).map(str::to_owned);
        let map = PageMap::decode(document.get_first(self.map)?.as_bytes()?)?;
        let path = PagePath::parse(&text(self.path)?).ok()?;
        Some(Stored { path, title: text(self.shown_title)?, text: text(self.text)?, map })
    }
}

/// The commit payload for a revision. It leads with a version so that another release's
/// records are recognised and rebuilt.
pub(super) fn payload(reflects: Revision, language: Language, order: LinkOrder) -> String {
    let order = match order {
        LinkOrder::LabelFirst => "",
        LinkOrder::TargetFirst => TARGET_FIRST,
    };
    format!("{PAYLOAD_VERSION} {language}{order} {reflects}")
}

pub(super) fn parse_payload(payload: &str) -> Option<(Revision, Language, LinkOrder)> {
    let (language, revision) = payload.strip_prefix(PAYLOAD_VERSION)?.strip_prefix(' ')?.split_once(' ')?;
    let (language, order) = match language.strip_suffix(TARGET_FIRST) {
        Some(language) => (language, LinkOrder::TargetFirst),
        None => (language, LinkOrder::LabelFirst),
    };
    Some((Revision::parse(revision).ok()?, Language::parse(language).ok()?, order))
}

/// Follows the language in the payload where links are read in this order.
const TARGET_FIRST: &str = "+target_first";

/// As filters compare a tag or a category.
pub(super) fn folded(text: &str) -> String {
    composed(&text.trim().to_lowercase())
}

/// The text with letters and their accents composed, as word borders expect.
pub(super) fn composed(text: &str) -> String {
    match is_nfc_quick(text.chars()) {
        unicode_normalization::IsNormalized::Yes => text.to_owned(),
        _ => text.nfc().collect(),
    }
}

/// The longest beginning of at most `limit` bytes that ends between characters.
pub(super) fn prefix(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}
