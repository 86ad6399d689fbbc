//! Structured logs through `tracing`. Messages read alone, fields are named by entity
//! (`wiki.slug`, `request.id`); secrets, tokens and page texts are never logged.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{LogConfig, LogFormat};

/// Libraries that tell at `info` what every request does: heard from `warn` on, unless the
/// configured filter names them.
const TALKATIVE: [&str; 1] = ["rmcp"];

/// Sends logs to standard error, at the level and in the format of the configuration.
/// A second call has no effect.
///
/// # Errors
/// When `log.level` is no filter (`info`, `debug`, `robotwiki=debug,warn`, ...).
pub fn start(config: &LogConfig) -> Result<(), String> {
    let filter = filter(&config.level)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A logger that an embedding program installed first stays in place.
    let _installed = match config.format {
        LogFormat::Text => builder.with_ansi(false).finish().try_init(),
        LogFormat::Json => builder.json().finish().try_init(),
    };
    Ok(())
}

fn filter(level: &str) -> Result<EnvFilter, String> {
    let refused = |cause: &dyn std::fmt::Display| format!("log.level {level:?}: {cause}");
    let mut filter = EnvFilter::try_new(level).map_err(|cause| refused(&cause))?;
    let for_all = level.split(',').filter_map(|directive| directive.trim().parse::<LevelFilter>().ok()).max();
    let talking = for_all > Some(LevelFilter::WARN);
    for library in TALKATIVE.iter().filter(|library| talking && !names(level, library)) {
        let directive = format!("{library}=warn").parse().map_err(|cause| refused(&cause))?;
        filter = filter.add_directive(directive);
    }
    Ok(filter)
}

/// Whether a directive of the filter begins with a module of the library.
fn names(level: &str, library: &str) -> bool {
    level.split(',').any(|directive| {
        directive.trim().strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with(['=', ':', '[']))
    })
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged at a level when we and rmcp each say something at every level.
    fn heard(level: &str) -> String {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter(level).unwrap())
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .without_time()
            .with_level(false)
            .with_target(false)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!("e");
            tracing::warn!("w");
            tracing::info!("i");
            tracing::error!(target: "rmcp::service", "E");
            tracing::warn!(target: "rmcp::service", "W");
            tracing::info!(target: "rmcp::service", "I");
            tracing::debug!(target: "rmcp::service", "D");
        });
        String::from_utf8(written.0.lock().clone()).unwrap().split_whitespace().collect()
    }

    #[test]
    fn libraries_that_report_every_request_are_heard_from_warnings_on() {
        assert_eq!(heard("info"), "ewiEW");
        assert_eq!(heard("debug"), "ewiEW");
        assert_eq!(heard("warn"), "ewEW");
        assert_eq!(heard("error"), "eE");
        assert_eq!(heard("off"), "");
        assert_eq!(heard("robotwiki=debug,error"), "ewiE");
    }

    #[test]
    fn a_filter_that_names_them_decides() {
        assert_eq!(heard("info,rmcp=info"), "ewiEWI");
        assert_eq!(heard("error,rmcp::service=debug"), "eEWID");
        assert_eq!(heard("rmcp=off,warn"), "ew");
    }

    #[test]
    fn what_is_no_filter_is_refused_by_name() {
        assert!(filter("robotwiki=loud").unwrap_err().starts_with("log.level \"robotwiki=loud\""));
    }
}
