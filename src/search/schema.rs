//! What is stored of a page, and how a commit names the revision it reflects.

use tantivy::schema::{FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value};
use tantivy::{TantivyDocument, Term};
use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

use super::analyzer;
use super::page::IndexedPage;
use crate::model::{PagePath, Revision};

/// How much of a page's text is kept for snippets; all of it is searched. Bytes.
const EXCERPT: usize = 32 * 1024;

const PAYLOAD_VERSION: &str = "robotwiki-text-1";

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
    excerpt: Field,
    shown_title: Field,
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
        let excerpt = schema.add_text_field("excerpt", STORED);
        let shown_title = schema.add_text_field("shown_title", STORED);
        Self { schema: schema.build(), path, title, path_words, headings, tags, body, names, excerpt, shown_title }
    }

    /// The fields a word is looked for in, and what a match there weighs.
    pub(super) fn weighted(&self) -> [(Field, f32); 5] {
        [(self.title, 5.0), (self.path_words, 3.0), (self.tags, 3.0), (self.headings, 2.5), (self.body, 1.0)]
    }

    pub(super) fn key(&self, path: &PagePath) -> Term {
        Term::from_field_text(self.path, path.as_str())
    }

    pub(super) fn document(&self, path: &PagePath, page: &IndexedPage) -> TantivyDocument {
        let body = composed(&page.body);
        let mut document = TantivyDocument::default();
        document.add_text(self.path, path.as_str());
        document.add_text(self.shown_title, &page.title);
        document.add_text(self.excerpt, prefix(&body, EXCERPT));
        document.add_text(self.title, composed(&page.title));
        document.add_text(self.path_words, path.as_str());
        document.add_text(self.body, &body);
        document.add_text(self.names, composed(&page.title));
        document.add_text(self.names, path.as_str());
        for heading in &page.headings {
            document.add_text(self.headings, composed(heading));
            document.add_text(self.names, composed(heading));
        }
        for tag in &page.tags {
            document.add_text(self.tags, composed(tag));
            document.add_text(self.names, composed(tag));
        }
        document
    }

    /// Path, title and excerpt of a stored page; `None` when they are not what was stored.
    pub(super) fn stored(&self, document: &TantivyDocument) -> Option<(PagePath, String, String)> {
        let text = |field| document.get_first(field).and_then(|value| value.as_str()).map(str::to_owned);
        let path = PagePath::parse(&text(self.path)?).ok()?;
        Some((path, text(self.shown_title)?, text(self.excerpt)?))
    }
}

/// The commit payload for a revision. It leads with a version so that another release's
/// records are recognised and rebuilt.
pub(super) fn payload(reflects: Revision) -> String {
    format!("{PAYLOAD_VERSION} {reflects}")
}

pub(super) fn parse_payload(payload: &str) -> Option<Revision> {
    Revision::parse(payload.strip_prefix(PAYLOAD_VERSION)?.strip_prefix(' ')?).ok()
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
