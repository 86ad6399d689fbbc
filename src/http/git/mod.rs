//! Git over smart HTTP (gitprotocol-http(5)): reading only.
//!
//! Thin: bodies, headers and streaming. The protocol itself is `repo::upload_pack`; who may read
//! is decided before these functions are called.

mod routes;

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::sync::Semaphore;

use super::sink;
use crate::repo::upload_pack::{self, Answer, Protocol};

pub(super) use routes::{info_refs, receive_pack, upload_pack};

/// The longest request, before and after decompression: 65,536 haves fit.
const MAX_REQUEST: usize = 8 << 20;

const NO_PUSH: &str = "this wiki does not accept pushes; edit pages in the browser, over REST or MCP\n";

/// Serves repositories to git clients, so many packs at a time.
#[derive(Clone)]
pub struct GitService {
    slots: Arc<Semaphore>,
}

impl GitService {
    /// `at_once` requests are worked on together; others wait their turn.
    #[must_use]
    pub fn new(at_once: usize) -> Self {
        Self { slots: Arc::new(Semaphore::new(at_once)) }
    }

    /// Answers `GET {repository}/info/refs?service=…`. `open` is called on a blocking
    /// thread, and dropped when the repository is not read any more.
    pub async fn info_refs(
        &self,
        open: impl Fn() -> gix::Repository + Send + 'static,
        query: Option<&str>,
        headers: &HeaderMap,
    ) -> Response {
        match service(query) {
            Some("git-upload-pack") => {}
            Some("git-receive-pack") => return refuse_push(),
            _ => return plain(StatusCode::FORBIDDEN, "this wiki needs a git that speaks smart HTTP\n"),
        }
        let protocol = protocol(headers);
        let answer = tokio::task::spawn_blocking(move || {
            let mut out = Vec::new();
            upload_pack::advertise(&open(), protocol, &mut out).map(|()| out)
        });
        match answer.await {
            Ok(Ok(out)) => git_response("application/x-git-upload-pack-advertisement", Body::from(out)),
            Ok(Err(error)) => failed(&error),
            Err(error) => failed(&error),
        }
    }

    /// Answers `POST {repository}/git-upload-pack`. `open` is called on a
    /// blocking thread, and dropped when the repository is not read any more.
    ///
    /// The pack is streamed as it is made; work stops when the client goes away or stops reading.
    pub async fn upload_pack(
        &self,
        open: impl Fn() -> gix::Repository + Send + 'static,
        headers: &HeaderMap,
        body: Body,
    ) -> Response {
        if headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes)
            != Some(b"application/x-git-upload-pack-request")
        {
            return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not a git upload-pack request\n");
        }
        let encoding = headers.get(header::CONTENT_ENCODING).map_or(&b"identity"[..], HeaderValue::as_bytes);
        let gzip = match encoding {
            b"gzip" | b"x-gzip" => true,
            b"identity" => false,
            _ => return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported content encoding\n"),
        };
        let protocol = protocol(headers);
        let Ok(body) = to_bytes(body, MAX_REQUEST).await else { return too_large() };
        let Ok(permit) = self.slots.clone().acquire_owned().await else {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "shutting down\n");
        };
        let request = if gzip {
            match tokio::task::spawn_blocking(move || decompress(&body)).await {
                Ok(Ok(Some(request))) => request,
                Ok(Ok(None)) => return too_large(),
                Ok(Err(_)) => return plain(StatusCode::BAD_REQUEST, "the request is not valid gzip\n"),
                Err(error) => return failed(&error),
            }
        } else {
            body
        };
        let (mut sink, answer) = sink::channel();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let gone = sink.gone();
            let result = upload_pack::serve(&open(), protocol, &request, &mut sink, &move || !gone());
            let result = result.map_err(io::Error::other).and_then(|answer| sink.flush().map(|()| answer));
            match result {
                Ok(Answer::Talk) => {}
                Ok(Answer::Pack { objects, bytes }) => tracing::debug!(objects, bytes, "sent a pack"),
                Ok(Answer::Failed(error)) => tracing::error!(%error, "a repository could not be read"),
                Ok(Answer::Refused(reason)) => tracing::info!(reason, "refused a git request"),
                Err(error) if sink.is_gone() => tracing::debug!(%error, "a git client went away"),
                Err(error) => {
                    tracing::error!(%error, "a pack could not be sent");
                    sink.abort(error);
                }
            }
        });
        git_response("application/x-git-upload-pack-result", answer)
    }
}

/// Answers whatever a client tries in order to push.
#[must_use]
pub fn refuse_push() -> Response {
    plain(StatusCode::FORBIDDEN, NO_PUSH)
}

fn service(query: Option<&str>) -> Option<&str> {
    query?.split('&').find_map(|pair| pair.strip_prefix("service="))
}

fn protocol(headers: &HeaderMap) -> Protocol {
    Protocol::from_header(headers.get("git-protocol").and_then(|value| value.to_str().ok()))
}

/// `None` when the request is too large.
fn decompress(body: &[u8]) -> io::Result<Option<Bytes>> {
    let mut request = Vec::new();
    let limit = MAX_REQUEST as u64 + 1;
    flate2::read::GzDecoder::new(body).take(limit).read_to_end(&mut request)?;
    Ok((request.len() <= MAX_REQUEST).then(|| request.into()))
}

fn git_response(content_type: &'static str, body: Body) -> Response {
    // No stored answer may ever stand for the present state of a repository (gitprotocol-http(5)).
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache, max-age=0, must-revalidate"),
        (header::PRAGMA, "no-cache"),
        (header::EXPIRES, "Fri, 01 Jan 1980 00:00:00 GMT"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, body).into_response()
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, text).into_response()
}

fn too_large() -> Response {
    plain(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large\n")
}

fn failed(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a git request failed");
    plain(StatusCode::INTERNAL_SERVER_ERROR, "the repository could not be read\n")
}
