use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};

use crate::http::api::ApiError;
use crate::http::authenticate;
use crate::http::state::AppState;
use crate::http::tenant::HostName;
use crate::model::{PersonId, Principal, Slug};
use crate::wiki::{Access, AccessError, Right, WikiError};

/// What of a request says who asks.
pub(super) struct Caller {
    headers: HeaderMap,
    host: HostName,
    method: Method,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &AppState) -> Result<Self, Self::Rejection> {
        Ok(Self {
            headers: parts.headers.clone(),
            host: parts.extensions.get::<HostName>().cloned().unwrap_or_else(|| HostName(String::new())),
            method: parts.method.clone(),
        })
    }
}

impl Caller {
    /// The person who asks. A personal access token goes before a session. Blocks.
    ///
    /// # Errors
    /// 401 without a credential or with a wrong one, 403 for a request that another site
    /// may have made a browser send.
    pub(super) fn principal(&self, state: &AppState) -> Result<(Principal, PersonId), ApiError> {
        let principal = match self.headers.get(header::AUTHORIZATION) {
            Some(value) => {
                let secret = value.to_str().ok().and_then(|text| text.split_once(' '));
                let secret = secret.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
                let (_, secret) = secret.ok_or_else(|| unauthorized("sign_in_needed"))?;
                let found = state.auth().principal_of_personal_token(secret.trim())?;
                found.ok_or_else(|| unauthorized("invalid_token"))?
            }
            None => {
                let principal = authenticate::session(state, &self.headers, &self.host)?;
                if principal != Principal::Nobody && !self.method.is_safe() {
                    self.check_origin(state, &principal)?;
                }
                principal
            }
        };
        let (person, _) = principal.person().ok_or_else(|| unauthorized("sign_in_needed"))?;
        Ok((principal, person))
    }

    /// Whether the person who asks holds `R` on a wiki. Blocks.
    ///
    /// # Errors
    /// As [`Caller::principal`]; 403 or 404 when they do not.
    pub(super) fn authorize<R: Right>(&self, state: &AppState, slug: &str) -> Result<Access<R>, ApiError> {
        let (principal, _) = self.principal(state)?;
        let no_such_wiki = |_not_a_slug| WikiError::from(AccessError::NoSuchWiki(slug.to_owned()));
        let slug = Slug::parse(slug).map_err(no_such_wiki)?;
        Ok(state.wikis().authorize(&principal, &slug)?)
    }

    /// A cookie comes with every request of the browser, whichever site caused it. So an
    /// unsafe one must come from a page of this very host, which browsers say in `Origin`
    /// and no page can forge; and it must have what no foreign form can send: the
    /// session's token, or a type of body for which browsers ask us first, and we never
    /// agree. Either would do; both must fail for a forgery to pass.
    fn check_origin(&self, state: &AppState, principal: &Principal) -> Result<(), ApiError> {
        let text = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let scheme = if state.config().https { "https" } else { "http" };
        let same_origin = text("origin").eq_ignore_ascii_case(&format!("{scheme}://{}", text("host")));
        let essence = text("content-type").split(';').next().unwrap_or_default().trim();
        let deliberate = essence.eq_ignore_ascii_case("application/json")
            || state.auth().csrf_matches(principal, text("x-csrf-token"));
        if same_origin && deliberate {
            return Ok(());
        }
        let text = "A request with a session must come from a page of this host, with X-CSRF-Token or a body of \
            type application/json. Programs use a personal access token.";
        Err(ApiError::new(StatusCode::FORBIDDEN, "cross_origin", text))
    }
}

fn unauthorized(code: &'static str) -> ApiError {
    let text = if code == "invalid_token" {
        "This personal access token is unknown, revoked or expired."
    } else {
        "Sign in with a browser, or send a personal access token as bearer."
    };
    ApiError::new(StatusCode::UNAUTHORIZED, code, text)
}
