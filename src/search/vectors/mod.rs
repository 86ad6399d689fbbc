//! Finding passages by their meaning: the vectors of each wiki's passages, on disk and in
//! memory, and the worker that keeps them at the wiki's tip. Not here: the model
//! (`crate::embed`), and how what was found is joined with what words found (`fusion`).

mod bytes;
mod graph;
mod log;
mod nearest;
mod packed;
mod record;
mod store;
mod table;

pub use record::Passage;
