use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::error_page::{Problem, page};
use super::frame::Surroundings;
use super::request::WebRequest;
use super::views::{Landing, WikiCard};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::model::{Principal, Role};

/// `GET /` of the platform: the wikis that the visitor may read.
pub(super) async fn landing(State(state): State<AppState>, request: WebRequest) -> Response {
    let asked = request.clone();
    let found = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        let wikis = state.wikis().readable(&principal)?;
        Ok::<_, Failure>((principal, wikis))
    });
    let (principal, wikis) = match found.await.map_err(Failure::from).and_then(|result| result) {
        Ok(found) => found,
        Err(failure) => {
            let principal = Principal::Nobody;
            return Problem { failure, principal: &principal, request: &request, typed: None }.into_response(&state);
        }
    };
    let config = state.config();
    let scheme = if config.https { "https" } else { "http" };
    let wikis = wikis
        .into_iter()
        .map(|wiki| {
            let host = format!("{}.{}", wiki.slug, config.domain);
            WikiCard {
                name: wiki.name.to_string(),
                slug: wiki.slug.to_string(),
                href: format!("{scheme}://{host}/"),
                host,
                public: wiki.public,
                role: wiki.role.map(|role| match role {
                    Role::Owner => "Owner",
                    Role::Editor => "Editor",
                    Role::Viewer => "Viewer",
                }),
            }
        })
        .collect();
    let surroundings = Surroundings::platform(&state, &principal);
    page(StatusCode::OK, &Landing { frame: surroundings.frame("robotwiki"), wikis })
}
