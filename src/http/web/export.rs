use std::io::Write as _;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::answer::ask;
use super::error_page::{page as render_page, sentence, unknown_wiki_address};
use super::frame::Surroundings;
use super::page_view::{refuse, size_for_people, slug};
use super::request::WebRequest;
use super::views::ExportView;
use crate::http::blocking::BlockingFailed;
use crate::http::conditional::value;
use crate::http::error::Failure;
use crate::http::sink;
use crate::http::state::AppState;
use crate::model::Permission;
use crate::wiki::{self, ExportError, ExportFormat, WikiError};

/// `GET /-/export`: what can be taken away.
pub(super) async fn show(State(state): State<AppState>, request: WebRequest) -> Response {
    let found = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let usage = state.wikis().usage(&access)?;
        let may_administer = access.may(Permission::Admin);
        Ok((Surroundings::wiki(state, &access, request), access.slug().clone(), usage, may_administer))
    });
    let (surroundings, slug, usage, may_administer) = match found.await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let view = ExportView {
        frame: surroundings.frame("Export"),
        pages: usage.pages,
        files: usage.attachments,
        size: &size_for_people(usage.bytes),
        slug: slug.as_str(),
        may_administer,
    };
    render_page(StatusCode::OK, &view)
}

/// `GET /-/export/{format}`: the export, written while it is sent.
pub(super) async fn download(
    State(state): State<AppState>,
    Path(format): Path<String>,
    request: WebRequest,
) -> Response {
    let Ok(format) = ExportFormat::parse(&format) else { return unknown_wiki_address(State(state), request).await };
    let access = ask(&state, &request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        match wiki::check_export(&access) {
            Ok(()) => Ok(access),
            Err(ExportError::Wiki(error)) => Err(error.into()),
            Err(error) => Err(WikiError::Invalid { field: "the wiki", problem: sentence(&error.to_string()) }.into()),
        }
    });
    let access = match access.await {
        Ok(access) => access,
        Err(refused) => return refused,
    };
    let Ok(turn) = state.exports().clone().acquire_owned().await else {
        return refuse(&state, &request, Failure::from(BlockingFailed));
    };
    let name = format.file_name(access.slug());
    let (mut out, body) = sink::channel();
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let mut quiet = |text: &str| tracing::debug!(text, "exporting");
        let written = wiki::export(&access, format, &mut out, &mut quiet).and_then(|()| Ok(out.flush()?));
        if let Err(error) = written {
            if out.is_gone() {
                tracing::debug!(%error, "the reader of an export went away");
            } else {
                tracing::error!(wiki.slug = %access.slug(), %error, "an export could not be written");
                out.abort(std::io::Error::other(error.to_string()));
            }
        }
    });
    let kind = match format {
        ExportFormat::Zip | ExportFormat::Site => "application/zip",
        ExportFormat::Bundle => "application/x-git-bundle",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, value(&format!("attachment; filename=\"{name}\""))),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}
