use axum::http::HeaderMap;
use percent_encoding::percent_decode_str;

use super::ApiError;
use crate::http::authenticate::bearer;
use crate::http::state::AppState;
use crate::model::{PathError, RevisionPrefix, Slug};
use crate::wiki::{Access, Right};

/// What follows `/pages/` in an address: a page, and what of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Target {
    /// The page as it was typed, decoded.
    pub(super) page: String,
    pub(super) part: Part,
}

/// What of a page is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Page,
    History,
    Neighbours,
    Attachments,
    Attachment(String),
    Outline,
    Diff,
    Blame,
}

impl Target {
    /// Splits the raw, still encoded path. A verb is only a verb when its slash is not
    /// encoded: `a%2Fhistory` is the page `a/history`.
    ///
    /// # Errors
    /// When a part does not decode to UTF-8.
    pub(super) fn parse(raw: &str) -> Result<Self, PathError> {
        let parts: Vec<&str> = raw.split('/').collect();
        let (page, part) = match parts.as_slice() {
            [page @ .., "history"] if !page.is_empty() => (page, Part::History),
            [page @ .., "outline"] if !page.is_empty() => (page, Part::Outline),
            [page @ .., "diff"] if !page.is_empty() => (page, Part::Diff),
            [page @ .., "blame"] if !page.is_empty() => (page, Part::Blame),
            [page @ .., "neighbours"] if !page.is_empty() => (page, Part::Neighbours),
            [page @ .., "attachments"] if !page.is_empty() => (page, Part::Attachments),
            [page @ .., "attachments", file] if !page.is_empty() && !file.is_empty() => {
                (page, Part::Attachment(decode(file)?))
            }
            page => (page, Part::Page),
        };
        Ok(Self { page: decode(&page.join("/"))?, part })
    }
}

/// Decodes once; what is still encoded then is part of the name.
///
/// # Errors
/// When the text is not UTF-8 then.
pub(super) fn decode(raw: &str) -> Result<String, PathError> {
    let text = percent_decode_str(raw).decode_utf8().map_err(|_not_utf8| PathError::Encoded)?;
    Ok(text.into_owned())
}

/// Establishes the caller and checks the right. Blocks.
///
/// # Errors
/// 401, 403 or 404 as [`ApiError`].
pub(super) fn authorize<R: Right>(state: &AppState, headers: &HeaderMap, slug: &Slug) -> Result<Access<R>, ApiError> {
    let principal = bearer(state, headers)?;
    Ok(state.wikis().authorize(&principal, slug)?)
}

/// A revision that may be absent or empty.
///
/// # Errors
/// 422 when it is no prefix of a revision.
pub(super) fn revision(text: Option<&str>) -> Result<Option<RevisionPrefix>, ApiError> {
    Ok(text.filter(|text| !text.is_empty()).map(RevisionPrefix::parse).transpose()?)
}

/// A count that may be absent; anything that is no positive number counts as absent, as
/// the predecessor had it (reference 1.5).
pub(super) fn count(text: Option<&str>) -> Option<usize> {
    text.and_then(|text| text.trim().parse().ok()).filter(|count| *count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_told_from_pages_by_their_slash() {
        let parse = |raw| Target::parse(raw).map(|target| (target.page, target.part)).unwrap();
        assert_eq!(parse("Home"), ("Home".into(), Part::Page));
        assert_eq!(parse("history"), ("history".into(), Part::Page));
        assert_eq!(parse("a/b/history"), ("a/b".into(), Part::History));
        assert_eq!(parse("a%2Fhistory"), ("a/history".into(), Part::Page));
        assert_eq!(parse("New%20York/attachments"), ("New York".into(), Part::Attachments));
        assert_eq!(parse("a/attachments/b%20c.png"), ("a".into(), Part::Attachment("b c.png".into())));
        assert_eq!(parse("%252e%252e"), ("%2e%2e".into(), Part::Page));
        assert_eq!(Target::parse("%ff"), Err(PathError::Encoded));
    }
}
