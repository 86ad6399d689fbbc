//! Finding pages by their words: the text index of each wiki, the query language, snippets,
//! and the worker that keeps every index at its wiki's tip. Belongs here: what is derived
//! from content in order to be searched. Not here: reading git, permissions, surfaces.

mod admission;
mod analyzer;
mod chunk;
mod chunk_atoms;
mod collect;
mod corrections;
mod derived_directory;
mod embedding;
mod error;
mod excerpt;
mod fusion;
mod indexes;
mod page;
mod page_map;
mod page_set;
mod past;
mod pending;
mod plan;
mod query;
mod ranking;
mod request;
mod schema;
mod snippet;
mod source;
mod text_index;
mod vectors;
mod worker;

#[cfg(test)]
mod tests;

pub use admission::{Admission, words_of};
pub use chunk::{Chunk, chunks};
pub use embedding::Embed;
pub use error::{BoxError, Error};
pub use fusion::{CORRECTED, FLOOR, Fused, fuse, meaning_score};
pub use indexes::{Indexes, Limits};
pub use ranking::{Hit, Hits, Ranking};
pub use request::{Filter, Mode, SectionRef, TextQuery};
pub use snippet::excerpt;
pub use source::{Place, Places, Source, SourceChange};
pub use text_index::{Opened, TextIndex};
pub use vectors::{
    FormerModels, Found, Models, NearPage, NearPassage, Nearest, Passage, Progress, VectorLimits, VectorStatus, Vectors,
};
pub use worker::Status;
