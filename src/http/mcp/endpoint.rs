use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use super::gate;
use super::server::WikiServer;
use crate::http::state::AppState;

/// Largest request body, in bytes; a page at its limit fits in, escaped as JSON. More is
/// answered with 413.
const MAX_BODY: usize = 4 << 20;

/// The endpoint, with and without a final slash: clients drop their credentials when they
/// are redirected from one to the other.
pub(in crate::http) fn routes(state: &AppState) -> Router<AppState> {
    let server = WikiServer::new(state.clone());
    let config = StreamableHttpServerConfig::default()
        // Nothing is kept between requests: nothing to hijack, nothing lost by a restart.
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MAX_BODY)
        // rmcp's list of hosts is fixed when the service is made, while wikis come and go.
        // Rebinding (CVE-2026-42559) is prevented before rmcp is reached: the router takes
        // the tenant only from a Host at or below our domain, the gate asks the table of
        // wikis for it, and refuses every Origin but that host's.
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let service: StreamableHttpService<WikiServer, NeverSessionManager> =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config);
    Router::new()
        .route_service("/mcp", service.clone())
        .route_service("/mcp/", service)
        .layer(from_fn_with_state(state.clone(), gate::pass))
}
