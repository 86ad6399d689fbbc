use std::process::ExitCode;

use super::{CliError, print};
use crate::admin::{self, Answer, Request, Unheard};
use crate::app::App;
use crate::auth::Operator;
use crate::config::Config;
use crate::server::Listening;
use crate::telemetry;

/// Runs the server.
pub(super) fn serve(mut config: Config) -> Result<ExitCode, CliError> {
    telemetry::start(&config.log).map_err(CliError::Usage)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| CliError::Failed(format!("cannot start: {cause}")))?;
    runtime.block_on(async {
        let listening = Listening::bind(config.server.listen).await.map_err(failed)?;
        config.server.listen = listening.address;
        if let Some(host) = config.server.domain.strip_suffix(":0") {
            config.server.domain = format!("{host}:{}", listening.address.port());
        }
        let data_dir = config.server.data_dir.clone();
        let app = App::open(config).map_err(failed)?;
        greet(&app);
        let served = listening.serve(app.router(), app.parts(), &data_dir).await;
        tokio::task::block_in_place(|| app.shutdown());
        served.map_err(failed)
    })?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn failed(error: impl std::error::Error) -> CliError {
    CliError::Failed(error.to_string())
}

/// On the first start there is nobody yet: says how to become the operator.
fn greet(app: &App) {
    let (parts, proof) = (app.parts(), Operator::on_this_machine());
    let nobody = parts.auth.list_people(proof).is_ok_and(|people| people.is_empty());
    if !nobody {
        return;
    }
    match admin::run(&parts, proof, Request::Setup, &mut Unheard) {
        Ok(Answer::SignInLink { link, expires, .. }) => {
            let until = print::time(expires);
            print::progress(&format!(
                "First start. Sign in as the operator with this link, once, until {until}:\n{link}"
            ));
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "no sign-in link could be made; run `robotwiki setup`"),
    }
}
