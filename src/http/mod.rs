//! The surfaces that answer HTTP: one folder each.
//!
//! Handlers are thin: authorize, one call into a lower layer, a typed answer.

pub mod git;
