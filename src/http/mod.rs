//! Every address the server answers.

pub(crate) mod web;
