//! The whole URL space. The host decides between platform and wiki (`tenant`), then one of
//! two routers answers. design.md section 5 is the table that this implements.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

use super::state::AppState;
use super::tenant::{Tenant, WikiSlug, tenant};
use super::{api, git, manage, mcp, middleware, platform, web};

/// Everything the server answers.
pub fn router(state: AppState) -> Router {
    let hosts = Hosts { platform: platform_router(&state), wiki: wiki_router(&state), state: state.clone() };
    Router::new()
        .fallback(by_host)
        .with_state(hosts)
        .layer(CatchPanicLayer::custom(middleware::panicked))
        .layer(from_fn(move |request, next| middleware::surround(state.clone(), request, next)))
}

/// `{domain}`: landing page, sign-in, management, assets.
fn platform_router(state: &AppState) -> Router {
    Router::new().nest("/api", manage::routes()).merge(web::platform_routes()).with_state(state.clone())
}

/// `{slug}.{domain}`: one wiki, for people, programs, agents and git.
fn wiki_router(state: &AppState) -> Router {
    Router::new()
        .nest("/api/v1", api::routes(state))
        .route("/api/{*rest}", any(api::unknown_address))
        .nest("/repo.git", repository_routes())
        .nest("/.git", repository_routes())
        .merge(mcp::routes(state))
        .merge(web::wiki_routes(state))
        .with_state(state.clone())
}

/// A wiki's repository, as git clients ask for it.
fn repository_routes() -> Router<AppState> {
    Router::new()
        .route("/info/refs", get(git::info_refs))
        .route("/git-upload-pack", post(git::upload_pack))
        .route("/git-receive-pack", post(git::receive_pack))
}

#[derive(Clone)]
struct Hosts {
    state: AppState,
    platform: Router,
    wiki: Router,
}

/// Sends a request to the router of its tenant. Whoever is no tenant of ours gets nothing,
/// so that a foreign name pointed at this server cannot use it (DNS rebinding).
async fn by_host(State(hosts): State<Hosts>, mut request: Request) -> Response {
    if request.uri().path() == "/health" && matches!(*request.method(), Method::GET | Method::HEAD) {
        return platform::health(&hosts.state).await;
    }
    let Some((tenant, host)) = tenant(hosts.state.config(), request.headers()) else {
        return (StatusCode::MISDIRECTED_REQUEST, "There is no wiki at this host name.\n").into_response();
    };
    request.extensions_mut().insert(host);
    let wiki = match tenant {
        Tenant::Platform => None,
        Tenant::Wiki(slug) => Some(slug),
        Tenant::PlatformWithWiki(slug) => Some(slug).filter(|_| !is_platform_path(request.uri().path())),
    };
    let router = match wiki {
        None => hosts.platform,
        Some(slug) => {
            request.extensions_mut().insert(WikiSlug(slug));
            hosts.wiki
        }
    };
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Paths that the platform keeps when a wiki is served on its host.
fn is_platform_path(path: &str) -> bool {
    let mut parts = path.trim_start_matches('/').split('/');
    match parts.next() {
        Some("app" | "auth" | "static") => true,
        // `/api/v1` is the wiki's; the rest of `/api` manages the installation.
        Some("api") => parts.next() != Some("v1"),
        _ => false,
    }
}
