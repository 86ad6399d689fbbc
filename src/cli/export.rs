use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use super::{CliError, operate, print};
use crate::admin::Request;
use crate::config::Config;
use crate::model::Slug;
use crate::wiki::ExportFormat;

/// Writes an export to a file of the caller's, or to standard output for `-`. What a failure leaves of the
/// file is removed.
pub(super) fn export(config: Config, slug: Slug, out: &Path, format: ExportFormat) -> Result<ExitCode, CliError> {
    let request = Request::Export { slug, format };
    if out == Path::new("-") {
        let mut stdout = io::stdout().lock();
        operate::ask_for_content(config, request, &mut stdout)?;
        stdout.flush().map_err(|error| CliError::Failed(format!("cannot write: {error}")))?;
        return Ok(ExitCode::SUCCESS);
    }
    let failed = |error: io::Error| CliError::Failed(format!("cannot write {}: {error}", out.display()));
    let mut file = File::create_new(out).map_err(failed)?;
    let done = operate::ask_for_content(config, request, &mut file).and_then(|_done| file.sync_all().map_err(failed));
    match done {
        Ok(()) => {
            let bytes = file.metadata().map_err(failed)?.len();
            print::progress(&format!("{} bytes written to {}.", bytes, out.display()));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            let _already_failed = fs::remove_file(out);
            Err(error)
        }
    }
}
