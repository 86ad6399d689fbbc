use super::request::{WebRequest, encode};
use super::side::Beside;
use super::views::{Frame, PageNav};
use crate::http::state::AppState;
use crate::model::{PagePath, Permission, Principal, display_name};
use crate::wiki::{Access, Right};

/// What surrounds a page, as owned values; [`Surroundings::frame`] lends them to a view.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    site: String,
    slug: Option<String>,
    person: Option<String>,
    may_write: bool,
    may_administer: bool,
    style_href: Option<String>,
    sign_in_href: Option<String>,
    platform_href: String,
    csrf: String,
    page: Option<(String, String)>,
    beside: Option<Beside>,
    indexed: bool,
}

impl Surroundings {
    /// On the platform's own pages.
    pub(super) fn platform(state: &AppState, principal: &Principal) -> Self {
        let signed_in = matches!(principal, Principal::Person { .. });
        Self {
            site: "robotwiki".to_owned(),
            slug: None,
            person: person(principal),
            may_write: false,
            may_administer: false,
            style_href: None,
            sign_in_href: (!signed_in).then(|| "/auth/sign-in".to_owned()),
            platform_href: "/".to_owned(),
            csrf: state.auth().csrf_token(principal),
            page: None,
            beside: None,
            indexed: true,
        }
    }

    /// On a page of a wiki that the visitor may read.
    pub(super) fn wiki<R: Right>(state: &AppState, access: &Access<R>, request: &WebRequest) -> Self {
        let principal = access.principal();
        Self {
            site: access.name().to_string(),
            slug: Some(access.slug().to_string()),
            may_write: access.may(Permission::Write),
            may_administer: access.may(Permission::Admin),
            style_href: access.style().map(|style| format!("/-/style/{}", style.name)),
            beside: Some(Beside::new(access, request)),
            indexed: access.public() && access.preferences().indexed,
            ..Self::outside(state, principal, request)
        }
    }

    /// On a wiki's host, for who may not know the wiki's name.
    pub(super) fn outside(state: &AppState, principal: &Principal, request: &WebRequest) -> Self {
        let signed_in = matches!(principal, Principal::Person { .. });
        let sign_in = format!("/-/sign-in?return={}", encode(&request.address));
        let config = state.config();
        Self {
            site: config.domain.clone(),
            slug: request.slug.as_ref().map(ToString::to_string),
            person: person(principal),
            may_write: false,
            may_administer: false,
            style_href: None,
            sign_in_href: (!signed_in).then_some(sign_in),
            platform_href: platform_address(state),
            csrf: state.auth().csrf_token(principal),
            page: None,
            beside: None,
            indexed: false,
        }
    }

    /// The same, about a page. Blocks.
    pub(super) fn about(mut self, path: &PagePath) -> Self {
        self.page = Some((display_name(path.leaf()), super::request::page_href(path)));
        self.in_folder(path)
    }

    /// The same, in a folder that is no page. Blocks.
    pub(super) fn in_folder(mut self, path: &PagePath) -> Self {
        self.beside = self.beside.map(|beside| beside.at(Some(path)));
        self
    }

    pub(super) fn frame<'a>(&'a self, title: &'a str) -> Frame<'a> {
        Frame {
            title,
            site: &self.site,
            slug: self.slug.as_deref(),
            page: self.page.as_ref().map(|(name, base)| PageNav { name, base }),
            person: self.person.as_deref(),
            may_write: self.may_write,
            may_administer: self.may_administer,
            style_href: self.style_href.as_deref(),
            sign_in_href: self.sign_in_href.as_deref(),
            platform_href: &self.platform_href,
            csrf: &self.csrf,
            side: self.beside.as_ref().and_then(Beside::side),
            indexed: self.indexed,
        }
    }

    pub(super) fn may_write(&self) -> bool {
        self.may_write
    }
}

/// The platform's address: `https://wiki.example.org/`.
pub(super) fn platform_address(state: &AppState) -> String {
    let config = state.config();
    let scheme = if config.https { "https" } else { "http" };
    format!("{scheme}://{}/", config.domain)
}

fn person(principal: &Principal) -> Option<String> {
    match principal {
        Principal::Person { name, .. } => Some(name.to_string()),
        _ => None,
    }
}
