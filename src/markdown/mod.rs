//! Markdown as this wiki understands it: front matter, headings, links, plain text and HTML.
//! Everything is a pure function of the text; there is one parser, so that anchors, sections,
//! search and rendering agree. What a link resolves to is asked of the caller.

mod abbreviations;
mod address;
mod addresses;
mod anchor;
mod assemble;
mod blocks;
mod code;
mod csv;
mod custom_css;
mod document;
mod embedding;
mod embedding_marks;
mod front_matter;
mod front_matter_edit;
mod headings;
mod highlight;
mod html;
mod links;
mod math;
mod plain;
mod properties;
mod render;
mod render_blocks;
mod render_embeds;
mod render_include;
mod render_lists;
mod render_tables;
mod render_video;
mod rewrite;
mod sanitize;
mod sections;
mod sources;
mod summary;
mod tasks;
mod wikilink;

pub use address::FindPage;
pub use addresses::{Address, change_addresses};
pub use anchor::anchor;
pub use custom_css::{CustomStyle, StyleProblem, custom_css};
pub use front_matter::{FrontMatter, front_matter};
pub use front_matter_edit::{FrontMatterError, set_properties};
pub use headings::{Heading, headings};
pub use links::{Link, LinkKind, linked_file, linked_page, links};
pub use plain::{Plain, plain, plain_text, word_count};
pub use render::{RenderContext, Rendered, render};
pub use rewrite::{Moves, definitions as link_definitions, rewrite_links};
pub use sections::{OutlineEntry, Section, SectionError, find_section, outline, section_at};
pub use sources::{FileEntry, NoSources, Part, SourceError, Sources};
pub use summary::summary;
pub use tasks::set_task;
pub use wikilink::{LinkOrder, Wikilink, wikilinks};

#[cfg(test)]
mod tests;
