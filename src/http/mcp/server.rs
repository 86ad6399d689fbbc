use std::sync::Arc;

use axum::http::request::Parts;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, DiscoverResult, Implementation, InitializeRequestParams,
    InitializeResult, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler};

use super::gate::Caller;
use super::tools::{Call, Entry};
use super::{instructions, tools};
use crate::http::state::AppState;

/// How long a client may keep the list of tools, in milliseconds. It changes only with the
/// program's version.
const TOOLS_FRESH: u64 = 3_600_000;

/// The handler of all requests; rmcp makes a copy for each.
#[derive(Clone)]
pub(super) struct WikiServer {
    state: AppState,
    tools: Arc<[Entry]>,
}

impl WikiServer {
    pub(super) fn new(state: AppState) -> Self {
        Self { state, tools: tools::all().into() }
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.tools.iter().find(|entry| entry.tool.name == name)
    }
}

/// Who is calling, from this very request.
fn caller(context: &RequestContext<RoleServer>) -> Result<&Caller, ErrorData> {
    let parts = context.extensions.get::<Parts>();
    let caller = parts.and_then(|parts| parts.extensions.get::<Caller>());
    caller.ok_or_else(|| ErrorData::internal_error("the request did not come through the gate", None))
}

impl ServerHandler for WikiServer {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("robotwiki", env!("CARGO_PKG_VERSION")).with_title("robotwiki"))
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let instructions = instructions::text(caller(&context)?);
        context.peer.set_peer_info(request.clone());
        Ok(self.negotiate_initialize(&request)?.with_instructions(instructions))
    }

    async fn discover(&self, context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let info = self.get_info().with_instructions(instructions::text(caller(&context)?));
        Ok(DiscoverResult::from_server_info(self.supported_protocol_versions().into_owned(), info))
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.tools.iter().map(|entry| entry.tool.clone()).collect();
        Ok(ListToolsResult::with_all_items(tools).with_ttl_ms(TOOLS_FRESH).with_cache_scope(CacheScope::Public))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.entry(name).map(|entry| entry.tool.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let entry = self
            .entry(&request.name)
            .ok_or_else(|| ErrorData::invalid_params(format!("Unknown tool: {}", request.name), None))?;
        let run = Arc::clone(&entry.run);
        let caller = caller(&context)?.clone();
        // Clients leave `arguments` out when a tool demands none.
        let arguments = request.arguments.unwrap_or_default();
        let work = move |state: &AppState| {
            let call = Call { wikis: Arc::clone(state.wikis()), caller };
            match run(&call, arguments) {
                Ok(answer) => answer.into_result(),
                Err(failure) => failure.into_result(),
            }
        };
        let result =
            self.state.run_blocking(work).await.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(result.into())
    }
}
