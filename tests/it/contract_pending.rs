//! The predecessor's contract (reference section 4.1), the second part: links, changelog, renaming, attachments.
//! As in [`super::contract`], paths are shown as they are stored.

mod attachments;
mod links;
mod rename;
