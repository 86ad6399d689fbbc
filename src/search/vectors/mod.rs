//! Finding passages by their meaning: the vectors of each wiki's passages, on disk and in
//! memory, and the worker that keeps them at the wiki's tip. Not here: the model
//! (`crate::embed`), and how what was found is joined with what words found (`fusion`).

mod bytes;
mod graph;
mod log;
mod nearest;
mod packed;
mod passages;
mod plan;
mod queue;
mod record;
mod service;
mod store;
mod table;
mod worker;

#[cfg(test)]
mod tests;

pub use queue::{Progress, VectorStatus};
pub use record::Passage;
pub use service::{FormerModels, Found, Models, NearPage, NearPassage, Nearest, VectorLimits, Vectors};
