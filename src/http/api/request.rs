use axum::http::HeaderMap;
use percent_encoding::percent_decode_str;

use super::ApiError;
use crate::http::authenticate::bearer;
use crate::http::state::AppState;
use crate::model::{PathError, RevisionPrefix, Slug};
use crate::wiki::{Access, Right};

/// What follows `/pages/` in an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Target {
    Page(String),
    History(String),
    Attachments(String),
    Attachment(String, String),
}

impl Target {
    /// Splits the raw, still encoded path. A verb is only a verb when its slash is not
    /// encoded: `a%2Fhistory` is the page `a/history`.
    ///
    /// # Errors
    /// When a part does not decode to UTF-8.
    pub(super) fn parse(raw: &str) -> Result<Self, PathError> {
        let parts: Vec<&str> = raw.split('/').collect();
        Ok(match parts.as_slice() {
            [page @ .., "history"] if !page.is_empty() => Self::History(decode(&page.join("/"))?),
            [page @ .., "attachments"] if !page.is_empty() => Self::Attachments(decode(&page.join("/"))?),
            [page @ .., "attachments", file] if !page.is_empty() && !file.is_empty() => {
                Self::Attachment(decode(&page.join("/"))?, decode(file)?)
            }
            _ => Self::Page(decode(raw)?),
        })
    }
}

/// Decodes once; what is still encoded then is part of the name.
fn decode(raw: &str) -> Result<String, PathError> {
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
        let parse = |raw| Target::parse(raw).unwrap();
        assert_eq!(parse("Home"), Target::Page("Home".into()));
        assert_eq!(parse("history"), Target::Page("history".into()));
        assert_eq!(parse("a/b/history"), Target::History("a/b".into()));
        assert_eq!(parse("a%2Fhistory"), Target::Page("a/history".into()));
        assert_eq!(parse("New%20York/attachments"), Target::Attachments("New York".into()));
        assert_eq!(parse("a/attachments/b%20c.png"), Target::Attachment("a".into(), "b c.png".into()));
        assert_eq!(parse("%252e%252e"), Target::Page("%2e%2e".into()));
        assert_eq!(Target::parse("%ff"), Err(PathError::Encoded));
    }
}
