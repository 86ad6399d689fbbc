use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use axum::extract::multipart::{Field, MultipartRejection};
use axum::extract::{Form, Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::answer::{ask, either, genuine};
use super::error_page::{page as render_page, sentence, unknown_wiki_address};
use super::frame::Surroundings;
use super::page_view::{refuse, size_for_people, slug};
use super::request::{WebRequest, page_href};
use super::views::{FateRow, FatesView, ImportForm, ImportJob, ImportStage, ImportView, Link};
use crate::http::error::Failure;
use crate::http::state::AppState;
use crate::jobs::{JobId, JobState};
use crate::model::{AttachmentPath, PagePath, Permission};
use crate::wiki::{
    self, Access, Fate, Fates, ImportDone, ImportKind, ImportOptions, ImportReport, OnConflict, SentFile, WikiError,
};

/// Largest file when the configuration sets no limit to a wiki, in bytes. Larger ones are for the
/// command line.
const LARGEST: u64 = 1 << 30;
/// Bytes that are collected before they are written.
const PIECE: usize = 1 << 20;
/// Longest text field of the form, in bytes.
const LONGEST_FIELD: usize = 1_000;

/// The most bytes that a file may have: what is packed is smaller than the wiki may be, as a rule.
fn largest(state: &AppState) -> u64 {
    match state.wikis().limits().wiki_bytes {
        0 => LARGEST,
        limit => limit.saturating_mul(2).min(LARGEST),
    }
}

/// The most bytes that the form may have.
pub(super) fn most(state: &AppState) -> usize {
    usize::try_from(largest(state)).unwrap_or(usize::MAX).saturating_add(64 << 10)
}

/// `GET /-/settings/import`: the form, and the imports that are known.
pub(super) async fn form(State(state): State<AppState>, request: WebRequest) -> Response {
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Admin>(principal, slug(request)?)?;
        Ok((Surroundings::wiki(state, &access, request), state.wikis().imports(&access)))
    });
    let (surroundings, jobs) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let view = ImportForm {
        frame: surroundings.frame("Import"),
        limit: &size_for_people(largest(&state)),
        jobs: jobs.iter().map(|(id, job)| link_to(*id, job)).collect(),
    };
    render_page(StatusCode::OK, &view)
}

fn link_to(id: JobId, job: &JobState<ImportDone>) -> Link {
    let text = match job {
        JobState::Waiting => "Waiting".to_owned(),
        JobState::Running(_) => "At work".to_owned(),
        JobState::Failed(text) => format!("Failed: {text}"),
        JobState::Done(done) if done.options.dry_run => format!("{}: ready to import", done.file.name),
        JobState::Done(done) => format!("{}: imported", done.file.name),
    };
    Link { text, href: format!("/-/settings/import/{}", id.0) }
}

/// `POST /-/settings/import`: takes a file (`file`, after `csrf`, `kind` and `on_conflict`) and looks at it.
pub(super) async fn send(
    State(state): State<AppState>,
    request: WebRequest,
    posted: Result<Multipart, MultipartRejection>,
) -> Response {
    let Ok(form) = posted else { return refuse(&state, &request, invalid("the form", "could not be read").into()) };
    match take(&state, &request, form).await {
        Ok(job) => Redirect::to(&format!("/-/settings/import/{}", job.0)).into_response(),
        Err(Stop::Page(page)) => *page,
        Err(Stop::Failure(error)) => refuse(&state, &request, (*error).into()),
    }
}

enum Stop {
    Page(Box<Response>),
    Failure(Box<WikiError>),
}

impl From<Response> for Stop {
    fn from(page: Response) -> Self {
        Self::Page(Box::new(page))
    }
}

impl From<WikiError> for Stop {
    fn from(error: WikiError) -> Self {
        Self::Failure(Box::new(error))
    }
}

fn invalid(field: &'static str, problem: &str) -> WikiError {
    WikiError::Invalid { field, problem: problem.to_owned() }
}

async fn take(state: &AppState, request: &WebRequest, mut form: Multipart) -> Result<JobId, Stop> {
    let broken = |_error| Stop::from(invalid("the form", "ended too early, or is larger than it may be"));
    let (mut csrf, mut kind, mut on_conflict) = (String::new(), ImportKind::Auto, OnConflict::Skip);
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            let text = text(&mut field).await?;
            match name.as_str() {
                "csrf" => csrf = text,
                "kind" => kind = ImportKind::parse(&text).map_err(|problem| invalid("kind", problem))?,
                "on_conflict" => {
                    on_conflict = OnConflict::parse(&text).map_err(|problem| invalid("on_conflict", problem))?;
                }
                _ => {}
            }
            continue;
        }
        let given = field.file_name().unwrap_or_default().to_owned();
        if given.is_empty() {
            break;
        }
        let token = csrf.clone();
        let place = ask(state, request, move |state, request, principal| {
            genuine(state, request, principal, &token, Permission::Admin)?;
            let access = state.wikis().authorize::<wiki::Admin>(principal, slug(request)?)?;
            Ok(state.wikis().place_for_import(&access)?)
        });
        let path = place.await?;
        if let Err(stop) = keep(state, &mut field, path.clone(), largest(state)).await {
            remove(state, path).await;
            return Err(stop);
        }
        let file = SentFile { path: path.clone(), name: given.chars().filter(|c| !c.is_control()).take(100).collect() };
        let options = ImportOptions { kind, on_conflict, dry_run: true };
        let started = ask(state, request, move |state, request, principal| {
            let access = state.wikis().authorize::<wiki::Admin>(principal, slug(request)?)?;
            Ok(state.wikis().start_import(access, file, options)?)
        });
        let started = started.await;
        if started.is_err() {
            remove(state, path).await;
        }
        return Ok(started?);
    }
    Err(invalid("file", "is missing: choose a zip file first").into())
}

async fn text(field: &mut Field<'_>) -> Result<String, Stop> {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = field.chunk().await {
        if bytes.len() + chunk.len() > LONGEST_FIELD {
            return Err(invalid("the form", "has a field that is too long").into());
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_invalid| invalid("the form", "is not UTF-8").into())
}

/// Writes what arrives to a file, some at a time.
async fn keep(state: &AppState, field: &mut Field<'_>, path: PathBuf, most: u64) -> Result<(), Stop> {
    let failed = |cause| WikiError::Io { what: "the file cannot be kept", cause };
    let blocked = |_failed| Stop::from(WikiError::Busy);
    let mut file = state.run_blocking(move |_| File::create_new(path)).await.map_err(blocked)?.map_err(failed)?;
    let (mut waiting, mut total) = (Vec::with_capacity(PIECE), 0u64);
    loop {
        let chunk = field.chunk().await.map_err(|_broken| invalid("file", "ended too early, or is too large"))?;
        let is_last = chunk.is_none();
        waiting.extend_from_slice(&chunk.unwrap_or_default());
        if waiting.len() < PIECE && !is_last {
            continue;
        }
        total += waiting.len() as u64;
        if total > most {
            return Err(WikiError::TooLarge { field: "file", limit: most }.into());
        }
        let written = state.run_blocking(move |_| file.write_all(&waiting).map(|()| (file, waiting)));
        (file, waiting) = written.await.map_err(blocked)?.map_err(failed)?;
        waiting.clear();
        if is_last {
            return Ok(());
        }
    }
}

async fn remove(state: &AppState, path: PathBuf) {
    let _swept_later = state.run_blocking(move |_| std::fs::remove_file(path)).await;
}

/// `GET /-/settings/import/{job}`: how far it is, what would happen, or what happened.
pub(super) async fn show(State(state): State<AppState>, Path(job): Path<u64>, request: WebRequest) -> Response {
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Admin>(principal, slug(request)?)?;
        Ok((Surroundings::wiki(state, &access, request), state.wikis().import_state(&access, JobId(job))))
    });
    let (surroundings, found) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let stage = match &found {
        None => return unknown_wiki_address(State(state), request).await,
        Some(JobState::Waiting) => ImportStage::Working("Waiting for its turn".to_owned()),
        Some(JobState::Running(line)) => ImportStage::Working(sentence(line)),
        Some(JobState::Failed(text)) => ImportStage::Failed(sentence(text)),
        Some(JobState::Done(done)) => ImportStage::Report(Box::new(report(done))),
    };
    let view = ImportView { frame: surroundings.frame("Import"), job, stage };
    render_page(StatusCode::OK, &view)
}

/// What the buttons below a report post.
#[derive(Deserialize)]
pub(super) struct Decision {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
}

/// `POST /-/settings/import/{job}`: imports what was looked at (`action=import`), or throws it away.
pub(super) async fn decide(
    State(state): State<AppState>,
    Path(job): Path<u64>,
    request: WebRequest,
    Form(posted): Form<Decision>,
) -> Response {
    let done = ask(&state, &request, move |state, request, principal| {
        genuine(state, request, principal, &posted.csrf, Permission::Admin)?;
        let access = state.wikis().authorize::<wiki::Admin>(principal, slug(request)?)?;
        next(state, access, JobId(job), posted.action == "import")
    });
    let href = |next: Option<JobId>| match next {
        Some(job) => format!("/-/settings/import/{}", job.0),
        None => "/-/settings/import".to_owned(),
    };
    either(done.await.map(|next| Redirect::to(&href(next)).into_response()))
}

fn next(state: &AppState, access: Access<wiki::Admin>, job: JobId, wanted: bool) -> Result<Option<JobId>, Failure> {
    let found = state.wikis().import_state(&access, job);
    if !wanted {
        state.wikis().discard_import(&access, job);
        return Ok(None);
    }
    match found {
        Some(JobState::Done(done)) if done.options.dry_run => {
            let options = ImportOptions { dry_run: false, ..done.options };
            Ok(Some(state.wikis().start_import(access, done.file.clone(), options)?))
        }
        Some(_) => Ok(Some(job)),
        None => Err(invalid("the import", "is not known any more: send the file again").into()),
    }
}

fn report(done: &ImportDone) -> ImportJob {
    let ImportReport { pages, files, refused, broken, .. } = &done.report;
    ImportJob {
        file: done.file.name.clone(),
        kind: done.report.kind.name(),
        done: !done.options.dry_run,
        commit_href: done.report.revision.map(|revision| format!("/-/commit/{revision}")),
        overwrites: pages.overwritten + files.overwritten > 0,
        something: done.report.changes() > 0,
        pages: fates(pages),
        files: fates(files),
        refused: refused.iter().map(|refused| (refused.path.clone(), sentence(&refused.reason))).collect(),
        more_refused: done.report.more_refused,
        ignored: done.report.ignored,
        broken: broken.iter().map(|broken| (broken.page.clone(), broken.target.clone())).collect(),
        more_broken: done.report.more_broken,
        notes: done.report.notes.clone(),
        size: size_for_people(done.report.bytes),
    }
}

fn fates(fates: &Fates) -> FatesView {
    let row = |row: &wiki::Row| FateRow {
        from: row.from.clone(),
        href: PagePath::from_file(&row.to).map(|page| page_href(&page)).or_else(|| {
            AttachmentPath::from_file(&row.to).map(|file| format!("{}/attachments", page_href(&file.page)))
        }),
        to: row.to.strip_suffix(".md").unwrap_or(&row.to).to_owned(),
        fate: match row.fate {
            Fate::New => "new",
            Fate::Overwritten => "overwritten",
            Fate::Renamed => "renamed",
            Fate::Skipped => "skipped",
            Fate::Unchanged => "unchanged",
        },
    };
    let counts = [
        (fates.new, "new"),
        (fates.overwritten, "overwritten"),
        (fates.renamed, "under another name"),
        (fates.skipped, "skipped, because the name is taken"),
        (fates.unchanged, "the same already"),
    ];
    FatesView {
        counts: counts.into_iter().filter(|(count, _)| *count > 0).collect(),
        rows: fates.rows.iter().map(row).collect(),
        more: (fates.changes() + fates.skipped + fates.unchanged).saturating_sub(fates.rows.len()),
    }
}
