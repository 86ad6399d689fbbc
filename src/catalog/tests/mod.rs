//! The metadata against the real `git`, and its copy on disk.

mod continued;
mod histories;
