//! Structured logs through `tracing`. Messages read alone, fields are named by entity
//! (`wiki.slug`, `request.id`); secrets, tokens and page texts are never logged.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{LogConfig, LogFormat};

/// Sends logs to standard error, at the level and in the format of the configuration.
/// A second call has no effect.
///
/// # Errors
/// When `log.level` is no filter (`info`, `debug`, `robotwiki=debug,warn`, ...).
pub fn start(config: &LogConfig) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.level).map_err(|cause| format!("log.level {:?}: {cause}", config.level))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A logger that an embedding program installed first stays in place.
    let _installed = match config.format {
        LogFormat::Text => builder.with_ansi(false).finish().try_init(),
        LogFormat::Json => builder.json().finish().try_init(),
    };
    Ok(())
}
