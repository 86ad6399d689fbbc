//! Serving git to the real `git`, over loopback, and importing what it made.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod hostile;
mod importing;
mod serving;
mod world;
