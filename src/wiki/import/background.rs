//! Imports that a browser asks for: a file is sent, looked at, and imported once its sender has read what
//! would happen.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::super::{Access, Admin, WikiError, Wikis};
use super::{ImportOptions, ImportReport};
use crate::jobs::{JobId, JobState};

/// Files that were sent and are not needed any more stay at most this long.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A file that was sent.
#[derive(Clone, Debug)]
pub struct SentFile {
    pub path: PathBuf,
    /// As its sender called it.
    pub name: String,
}

/// What was found, or done.
#[derive(Clone, Debug)]
pub struct ImportDone {
    pub report: ImportReport,
    pub options: ImportOptions,
    pub file: SentFile,
}

impl Wikis {
    /// The path of a file that is yet to be written, for what a browser sends. It is below the wiki's
    /// `index/`, where nothing is missed.
    ///
    /// # Errors
    /// When its directory cannot be made, or there is no randomness for a name.
    pub fn place_for_import(&self, access: &Access<Admin>) -> Result<PathBuf, WikiError> {
        let failed = |cause| WikiError::Io { what: "the file cannot be kept", cause };
        let dir = self.wiki_dir(access.slug()).join("index").join("import");
        match std::fs::create_dir(&dir) {
            Err(cause) if cause.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(cause)),
            _ => {}
        }
        sweep(&dir);
        let mut name = [0u8; 8];
        self.clock().fill_random(&mut name).map_err(|_no_randomness| failed(std::io::ErrorKind::Other.into()))?;
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(dir.join(format!("{name}.zip")))
    }

    /// Starts looking at a file, or importing it, in the background.
    ///
    /// # Errors
    /// [`WikiError::Busy`] when too much waits.
    pub fn start_import(
        self: &Arc<Self>,
        access: Access<Admin>,
        file: SentFile,
        options: ImportOptions,
    ) -> Result<JobId, WikiError> {
        let (wiki, wikis) = (access.id(), Arc::downgrade(self));
        let job = self.jobs().submit(wiki, move |watch| {
            let Some(wikis) = wikis.upgrade() else { return Err("the server ends".to_owned()) };
            let source = (file.path.as_path(), file.name.as_str());
            let done = super::import(&wikis, &access, source, options, &mut |line| watch.say(line));
            if !options.dry_run || done.is_err() {
                let _gone_already = std::fs::remove_file(&file.path);
            }
            done.map(|report| ImportDone { report, options, file }).map_err(|error| error.to_string())
        });
        job.map_err(|_too_many| WikiError::Busy)
    }

    /// How far an import is; none when there is no such.
    #[must_use]
    pub fn import_state(&self, access: &Access<Admin>, job: JobId) -> Option<JobState<ImportDone>> {
        self.jobs().state(access.id(), job)
    }

    /// The imports of a wiki that are known, the newest first.
    #[must_use]
    pub fn imports(&self, access: &Access<Admin>) -> Vec<(JobId, JobState<ImportDone>)> {
        self.jobs().of_wiki(access.id())
    }

    /// Stops an import, or throws away what was sent for it.
    pub fn discard_import(&self, access: &Access<Admin>, job: JobId) {
        if let Some(JobState::Done(done)) = self.jobs().state(access.id(), job) {
            let _gone_already = std::fs::remove_file(&done.file.path);
        }
        self.jobs().discard(access.id(), job);
    }
}

/// Removes what nobody came back for.
fn sweep(dir: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|age| age > KEPT) {
            let _another_time = std::fs::remove_file(entry.path());
        }
    }
}
