use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::ApiError;
use super::request::authorize;
use crate::http::dates;
use crate::http::state::AppState;
use crate::model::{Slug, UnixSeconds};
use crate::wiki::{self, Access};

/// Most items of one part of a list.
pub(super) const MOST: usize = 1000;

/// The parameters of an address, some of which may be given more than once.
pub(super) struct Parameters(pub(super) Vec<(String, String)>);

impl Parameters {
    /// The last value given, without outer space; an empty one counts as absent.
    pub(super) fn get<'p>(&'p self, name: &str) -> Option<&'p str> {
        let (_, text) = self.0.iter().rfind(|(key, text)| key == name && !text.trim().is_empty())?;
        Some(text.trim())
    }

    /// All values given under a name.
    pub(super) fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, text)| text.trim()).filter(|text| !text.is_empty())
    }

    /// A number between 1 and `most`.
    ///
    /// # Errors
    /// 422 for anything else.
    pub(super) fn number(&self, name: &str, most: usize) -> Result<Option<usize>, ApiError> {
        let parse = |text: &str| {
            let number = text.parse().ok().filter(|number| (1..=most).contains(number));
            number.ok_or_else(|| ApiError::field(format!("{name} must be a number between 1 and {most}")))
        };
        self.get(name).map(parse).transpose()
    }

    /// How many items are wanted.
    ///
    /// # Errors
    /// 422 for anything but a number between 1 and 1000.
    pub(super) fn limit(&self) -> Result<Option<usize>, ApiError> {
        self.number("limit", MOST)
    }

    /// A date, or a date and time.
    ///
    /// # Errors
    /// 422 for anything else.
    pub(super) fn time(&self, name: &str) -> Result<Option<UnixSeconds>, ApiError> {
        self.time_by(name, dates::parse)
    }

    /// As [`Parameters::time`]; a day alone means its last second.
    ///
    /// # Errors
    /// As [`Parameters::time`].
    pub(super) fn end(&self, name: &str) -> Result<Option<UnixSeconds>, ApiError> {
        self.time_by(name, dates::parse_end)
    }

    fn time_by(&self, name: &str, read: fn(&str) -> Option<UnixSeconds>) -> Result<Option<UnixSeconds>, ApiError> {
        let parse =
            |text: &str| read(text).ok_or_else(|| ApiError::field(format!("Invalid {name} format. Use ISO 8601.")));
        self.get(name).map(parse).transpose()
    }

    /// What [`cursor`] was made of.
    ///
    /// # Errors
    /// 422 when it was made by somebody else.
    pub(super) fn cursor(&self) -> Result<Option<String>, ApiError> {
        let parse = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok();
            bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad_cursor)
        };
        self.get("cursor").map(parse).transpose()
    }
}

pub(super) fn bad_cursor() -> ApiError {
    ApiError::field("cursor is none of this list; begin again without it")
}

/// An opaque place in a list.
pub(super) fn cursor(place: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

/// One part of a whole list.
pub(super) struct Part<T> {
    pub(super) items: Vec<T>,
    pub(super) total: usize,
    pub(super) next_cursor: Option<String>,
}

/// Cuts the part out of a list that `query` asks for. `key` is different for each item.
///
/// # Errors
/// 422 for a limit or cursor that is none.
pub(super) fn part<T>(mut items: Vec<T>, query: &Parameters, key: impl Fn(&T) -> String) -> Result<Part<T>, ApiError> {
    let (limit, after) = (query.limit()?, query.cursor()?);
    let total = items.len();
    if let Some(after) = after {
        let at = items.iter().position(|item| key(item) == after).ok_or_else(bad_cursor)?;
        items.drain(..=at);
    }
    let limit = limit.unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| more).map(|item| cursor(key(item)));
    Ok(Part { items, total, next_cursor })
}

/// Authorizes a reader, and answers with what `work` makes of the parameters.
pub(super) async fn answer<T: Serialize>(
    state: &AppState,
    slug: Slug,
    headers: HeaderMap,
    query: Vec<(String, String)>,
    work: impl FnOnce(&Access<wiki::Read>, &Parameters) -> Result<T, ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Read>(state, &headers, &slug)?;
            Ok(Json(work(&access, &Parameters(query))?).into_response())
        })
        .await?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        Parameters(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn parts_follow_each_other_and_end() {
        let items = vec!["a", "b", "c"];
        let key = |item: &&str| (*item).to_owned();
        let first = part(items.clone(), &parameters(&[("limit", "2")]), key).unwrap();
        assert_eq!((first.items, first.total), (vec!["a", "b"], 3));
        let cursor = first.next_cursor.unwrap();
        let second = part(items.clone(), &parameters(&[("limit", "2"), ("cursor", &cursor)]), key).unwrap();
        assert_eq!((second.items, second.total, second.next_cursor), (vec!["c"], 3, None));
        assert_eq!(part(items.clone(), &parameters(&[("limit", "")]), key).unwrap().items, items);
        for bad in [("limit", "0"), ("limit", "1001"), ("limit", "x"), ("cursor", "!"), ("cursor", "Zg")] {
            assert!(part(items.clone(), &parameters(&[bad]), key).is_err(), "{bad:?}");
        }
    }
}
