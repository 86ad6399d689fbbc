use std::time::Duration;

use super::{Access, Read, WikiError, Wikis};
use crate::search::{Hit, TextQuery};

/// How long a search waits for the index to reach the commit that was the tip when it
/// began. Beyond it, the answer comes from the index as it is.
const PATIENCE: Duration = Duration::from_millis(400);

/// What a search found.
#[derive(Clone, Debug)]
pub struct SearchResults {
    /// Pages that match, however many were asked for.
    pub total: usize,
    pub hits: Vec<Hit>,
}

/// Finds pages by words, best first: `limit` of them after the first `offset`.
///
/// # Errors
/// When the index cannot be read.
pub fn search(
    wikis: &Wikis,
    access: &Access<Read>,
    query: &str,
    limit: usize,
    offset: usize,
) -> Result<SearchResults, WikiError> {
    let indexes = wikis.indexes();
    if let Some(tip) = access.wiki().tip()? {
        indexes.wait_until(access.id(), tip, PATIENCE);
    }
    let query = TextQuery { text: query.to_owned(), limit, offset, ..TextQuery::default() };
    let hits = indexes.search(access.id(), &query)?;
    Ok(SearchResults { total: hits.total, hits: hits.hits })
}
