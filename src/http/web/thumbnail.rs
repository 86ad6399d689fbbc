//! Small versions of pictures: `/{Page}/{file}?thumbnail`, `?thumbnail=N` and `?size=N`.

use std::collections::HashMap;

use axum::response::Response;

use super::answer::ask;
use super::page_view::{files_named, refuse, slug};
use super::request::{WebRequest, encode};
use crate::http::blocking::BlockingFailed;
use crate::http::error::Failure;
use crate::http::file_answer;
use crate::http::state::AppState;
use crate::model::RevisionPrefix;
use crate::wiki::{self, AttachmentSummary, Small, Thumbnail, ThumbnailSize, WikiError};

/// Both names of the parameter: Otterwiki has both.
const NAMES: [&str; 2] = ["thumbnail", "size"];

/// The address of a small version of a listed file, so many pixels wide or high; none for what is
/// no picture. `base` is the address of its page.
pub(super) fn href(base: &str, pixels: u32, file: &AttachmentSummary) -> Option<String> {
    let revision = file.last.as_ref().map(|last| format!("&revision={}", last.revision)).unwrap_or_default();
    let picture = wiki::has_thumbnail(&file.name);
    picture.then(|| format!("{base}/{}?thumbnail={pixels}{revision}", encode(&file.name)))
}

/// Whether a small version is asked for.
pub(super) fn is_asked(query: &HashMap<String, String>) -> bool {
    NAMES.iter().any(|name| query.contains_key(*name))
}

/// The size that is asked for: a number of pixels, of which those beyond the largest count as it.
fn size(query: &HashMap<String, String>) -> Result<ThumbnailSize, WikiError> {
    let Some((field, text)) = NAMES.iter().find_map(|name| query.get(*name).map(|text| (*name, text))) else {
        return Ok(ThumbnailSize::LISTED);
    };
    if text.is_empty() {
        return Ok(ThumbnailSize::LISTED);
    }
    let largest = ThumbnailSize::largest();
    let pixels = text.parse::<u32>().ok().and_then(|pixels| ThumbnailSize::at_least(pixels.min(largest)));
    pixels.ok_or_else(|| WikiError::Invalid { field, problem: format!("must be a number of pixels, 1 to {largest}") })
}

/// What the first look found.
enum Found {
    Kept(Thumbnail),
    /// It has to be made.
    Large,
    /// A file that is shown as it is: a drawing scales by itself.
    Whole(wiki::Attachment),
    NoFile,
}

/// The small version of the picture at an address; none when there is no file.
pub(super) async fn show(
    state: &AppState,
    request: &WebRequest,
    typed: &str,
    query: &HashMap<String, String>,
) -> Option<Response> {
    let size = match size(query) {
        Ok(size) => size,
        Err(error) => return Some(refuse(state, request, error.into())),
    };
    let asked = query.get("revision").filter(|text| !text.is_empty()).cloned();
    let (address, at) = (typed.to_owned(), asked.clone());
    let found = ask(state, request, move |state, request, principal| {
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let at = at.as_deref().map(RevisionPrefix::parse).transpose().map_err(WikiError::from)?;
        for (page, name) in files_named(&address) {
            let there = if name.as_str().to_ascii_lowercase().ends_with(".svg") {
                wiki::attachment(&access, &page, &name, at.as_ref()).map(Found::Whole)
            } else {
                let kept = wiki::kept_thumbnail(state.wikis(), &access, (&page, &name), at.as_ref(), size);
                kept.map(|kept| kept.map_or(Found::Large, Found::Kept))
            };
            match there {
                Err(WikiError::NoSuchAttachment { .. }) => {}
                other => return Ok(other?),
            }
        }
        Ok(Found::NoFile)
    });
    let answer = match found.await {
        Err(refused) => return Some(refused),
        Ok(Found::NoFile) => return None,
        Ok(Found::Kept(thumbnail)) => file_answer::serve_thumbnail(thumbnail, &request.headers),
        Ok(Found::Whole(file)) => file_answer::serve(file, &request.method, &request.headers),
        Ok(Found::Large) => make(state, request, typed.to_owned(), asked.clone(), size).await,
    };
    Some(if answer.status().is_success() || answer.status().is_redirection() {
        file_answer::lasting(answer, asked.as_deref())
    } else {
        answer
    })
}

/// Makes it, when it is this request's turn.
async fn make(
    state: &AppState,
    request: &WebRequest,
    typed: String,
    at: Option<String>,
    size: ThumbnailSize,
) -> Response {
    let Ok(turn) = state.pictures().clone().acquire_owned().await else {
        return refuse(state, request, Failure::from(BlockingFailed));
    };
    let made = ask(state, request, move |state, request, principal| {
        let _turn = turn;
        let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
        let at = at.as_deref().map(RevisionPrefix::parse).transpose().map_err(WikiError::from)?;
        let mut failure = WikiError::NoSuchAttachment { name: typed.clone() };
        for (page, name) in files_named(&typed) {
            match wiki::make_thumbnail(state.wikis(), &access, (&page, &name), at.as_ref(), size) {
                Err(error @ WikiError::NoSuchAttachment { .. }) => failure = error,
                other => return Ok(other?),
            }
        }
        Err(failure.into())
    });
    match made.await {
        Err(refused) => refused,
        Ok(Small::Thumbnail(thumbnail)) => file_answer::serve_thumbnail(thumbnail, &request.headers),
        Ok(Small::Original(file)) => file_answer::serve(file, &request.method, &request.headers),
    }
}
