use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::http::authenticate;
use crate::http::error::Failure;
use crate::http::middleware::RequestId;
use crate::http::state::AppState;
use crate::http::tenant::{HostName, WikiSlug};
use crate::model::{PagePath, PathError, Principal, Slug};

/// What every page of the web UI needs to know of the request.
#[derive(Clone, Debug)]
pub(super) struct WebRequest {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) host: HostName,
    /// None on the platform's pages.
    pub(super) slug: Option<Slug>,
    pub(super) id: String,
    /// Path and query, to come back to after signing in.
    pub(super) address: String,
    /// The path, still encoded.
    pub(super) raw_path: String,
}

impl<S: Send + Sync> FromRequestParts<S> for WebRequest {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let uri = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |original| &original.0);
        Ok(Self {
            method: parts.method.clone(),
            headers: parts.headers.clone(),
            host: parts.extensions.get::<HostName>().cloned().unwrap_or_else(|| HostName(String::new())),
            slug: parts.extensions.get::<WikiSlug>().map(|slug| slug.0.clone()),
            id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
            address: uri.path_and_query().map_or("/", |address| address.as_str()).to_owned(),
            raw_path: uri.path().to_owned(),
        })
    }
}

impl WebRequest {
    /// The person who is signed in, or nobody. Blocks.
    pub(super) fn principal(&self, state: &AppState) -> Result<Principal, Failure> {
        Ok(authenticate::session(state, &self.headers, &self.host)?)
    }

    /// Whether an authority of an address, host and port, is the one that was asked.
    pub(super) fn is_own(&self, authority: &str) -> bool {
        let host = self.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let bare = |text: &str| {
            let text = text.to_ascii_lowercase();
            text.strip_suffix(":443")
                .or_else(|| text.strip_suffix(":80"))
                .unwrap_or(&text)
                .trim_end_matches('.')
                .to_owned()
        };
        bare(host) == bare(authority)
    }

    /// Whether a form was posted from a page of this very host. Browsers send `Origin` with
    /// every POST; a request without one comes from no page.
    pub(super) fn same_origin(&self, state: &AppState) -> bool {
        let Some(origin) = self.headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()) else {
            return false;
        };
        let host = self.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let scheme = if state.config().https { "https" } else { "http" };
        origin.eq_ignore_ascii_case(&format!("{scheme}://{host}"))
    }
}

/// Whether an address stays on this host: a path, and none that a browser would read as
/// another host (`//host`, `/\host`).
pub(super) fn is_local(address: &str) -> bool {
    let mut bytes = address.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && !address.bytes().any(|byte| byte.is_ascii_control())
}

const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text as one component of a path or query.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// The address of a page.
pub(super) fn page_href(path: &PagePath) -> String {
    path.as_str().split('/').map(encode).fold(String::new(), |href, part| href + "/" + &part)
}

/// A link to a page, with its path for people.
pub(super) fn link_to(path: &PagePath) -> super::views::Link {
    super::views::Link { text: path_for_people(path), href: page_href(path) }
}

/// A page's path for people: `Guides / First Steps`.
pub(super) fn path_for_people(path: &PagePath) -> String {
    crate::model::display_name(&path.as_str().replace('/', " / "))
}

/// Decodes a raw path once.
///
/// # Errors
/// When it is not UTF-8.
pub(super) fn decode(raw: &str) -> Result<String, PathError> {
    let text = percent_decode_str(raw).decode_utf8().map_err(|_not_utf8| PathError::Encoded)?;
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_host_are_local() {
        for address in ["/", "/Home?revision=1#x", "/a//b"] {
            assert!(is_local(address), "{address}");
        }
        for address in ["", "//evil", "/\\evil", "https://evil", "Home", "/a\r\nSet-Cookie: x"] {
            assert!(!is_local(address), "{address}");
        }
    }

    #[test]
    fn addresses_are_encoded() {
        let path = PagePath::parse("caf\u{e9}/What? 100%").unwrap();
        assert_eq!(page_href(&path), "/caf%C3%A9/What%3F%20100%25");
        assert_eq!(decode(&page_href(&path)[1..]).unwrap(), path.as_str());
    }
}
