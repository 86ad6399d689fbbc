use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::mpsc;

use super::ApiError;
use super::reading::{number, switch};
use super::request::authorize;
use super::schema::Commit;
use crate::http::channel_body::channel_body;
use crate::http::feed::{Follower, Stopping};
use crate::http::state::AppState;
use crate::http::tenant::WikiSlug;
use crate::model::{Revision, RevisionPrefix, Slug};
use crate::wiki::{self, Access, Became, FeedEvent, Read, Since};

/// Events of one answer in JSON, when nobody says how many, and at most.
const DEFAULT: usize = 100;
const MOST: usize = 1000;
/// Events that are looked up together for a follower.
const TOGETHER: usize = 50;
/// Events that may wait for the network.
const WAITING: usize = 64;
/// A comment goes out this often when nothing happens, and the follower's access is checked.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A follower that takes nothing for this long is given up.
const STALLED: Duration = Duration::from_secs(60);

/// What happened after a cursor.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct EventsAnswer {
    /// Oldest first.
    events: Vec<EventRow>,
    /// What to send as `cursor` to read on; null while the wiki has no commit.
    cursor: Option<String>,
    /// Whether there are more events already.
    more: bool,
}

/// One commit; a merge tells of all that it merged.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct EventRow {
    #[serde(flatten)]
    commit: Commit,
    pages: Vec<ChangedPageRow>,
    attachments: Vec<ChangedAttachmentRow>,
    /// Whether the commit changed more files than are named here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more_files: bool,
}

/// A page that a commit changed.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct ChangedPageRow {
    path: String,
    change: FileChangeKind,
    /// Where the page was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
}

/// An attachment that a commit changed.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct ChangedAttachmentRow {
    /// The page that it is attached to.
    page: String,
    filename: String,
    change: FileChangeKind,
}

/// What became of a file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum FileChangeKind {
    Created,
    Modified,
    Deleted,
    /// Moved, and not changed otherwise.
    Renamed,
}

/// `GET /events?cursor=&once=&limit=`: what happens to the wiki, as Server-Sent Events (HTML
/// standard, section 9.2): one `commit` event a commit after `cursor` or `Last-Event-ID`, and
/// then as they happen. With `once=true`, what there is, as JSON.
///
/// A cursor is a revision, or `start` for the beginning; without one only what happens from
/// now on is told.
pub(super) async fn events(
    State(state): State<AppState>,
    Extension(WikiSlug(slug)): Extension<WikiSlug>,
    stopping: Option<Extension<Stopping>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let once = switch(&query, "once")?;
    let limit = query.get("limit").map(|text| number("limit", text, MOST)).transpose()?.unwrap_or(DEFAULT);
    // What a client repeats after a broken connection is newer than its address.
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).filter(|id| !id.is_empty());
    let since = match last.or_else(|| query.get("cursor").map(String::as_str)).map(str::trim) {
        None | Some("") => Since::Now,
        Some("start") => Since::Beginning,
        Some(text) => {
            let prefix = RevisionPrefix::parse(text);
            Since::Commit(
                prefix.map_err(|error| ApiError::field(format!("cursor must be start or a revision: {error}")))?,
            )
        }
    };
    if once {
        let answer = state.run_blocking(move |state| {
            let access = authorize::<Read>(state, &headers, &slug)?;
            Ok::<_, ApiError>(Json(poll(&access, &since, limit)?).into_response())
        });
        return answer.await?;
    }
    let caller = Caller { slug, headers };
    let asking = caller.clone();
    let begun = state.run_blocking(move |state| {
        let access = asking.access(state)?;
        // A place first: what happens between this and the first look is then not missed.
        let follower = state.feed().follow(access.id()).ok_or_else(too_many)?;
        let cursor = wiki::feed_cursor(&access, &since)?;
        let pending = wiki::feed_after(&access, cursor)?.into();
        Ok::<_, ApiError>(Follow { caller: asking, follower, cursor, pending })
    });
    let follow = begun.await??;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(follow.run(state, sender, stopping.map(|Extension(stopping)| stopping)));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // For proxies that collect what passes through them.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, channel_body(receiver)).into_response())
}

fn poll(access: &Access<Read>, since: &Since, limit: usize) -> Result<EventsAnswer, ApiError> {
    let cursor = wiki::feed_cursor(access, since)?;
    let mut commits = wiki::feed_after(access, cursor)?;
    let more = commits.len() > limit;
    commits.truncate(limit);
    let cursor = commits.last().copied().or(cursor);
    let events = wiki::feed_events(access, &commits)?.into_iter().map(EventRow::from).collect();
    Ok(EventsAnswer { events, cursor: cursor.map(|revision| revision.to_string()), more })
}

fn too_many() -> ApiError {
    let text = "Too many clients follow this wiki. Try again later, or ask with once=true.";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_followers", text)
}

/// Who follows which wiki; asked again and again, because a token can be revoked meanwhile.
#[derive(Clone)]
struct Caller {
    slug: Slug,
    headers: HeaderMap,
}

impl Caller {
    fn access(&self, state: &AppState) -> Result<Access<Read>, ApiError> {
        authorize(state, &self.headers, &self.slug)
    }
}

struct Follow {
    caller: Caller,
    follower: Follower,
    /// The last commit that is sent or pending.
    cursor: Option<Revision>,
    pending: VecDeque<Revision>,
}

type Sender = mpsc::Sender<io::Result<Bytes>>;

/// The client is gone, or will be.
struct Ended;

impl Follow {
    async fn run(mut self, state: AppState, sender: Sender, stopping: Option<Stopping>) {
        let mut stopping = stopping;
        let stopped = async {
            match &mut stopping {
                Some(stopping) => stopping.wait().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ended = self.tell(&state, &sender) => {}
            () = sender.closed() => {}
            () = stopped => {}
        }
    }

    async fn tell(&mut self, state: &AppState, sender: &Sender) -> Result<(), Ended> {
        self.cursor = self.pending.back().copied().or(self.cursor);
        send(sender, "retry: 3000\n\n".to_owned()).await?;
        loop {
            match self.look(state).await {
                Ok(events) => {
                    for event in events {
                        send(sender, event).await?;
                    }
                }
                Err(error) => {
                    let body = serde_json::Value::Object(error.into_body());
                    return send(sender, format!("event: closed\ndata: {body}\n\n")).await;
                }
            }
            if !self.pending.is_empty() {
                continue;
            }
            tokio::select! {
                () = self.follower.changed() => {}
                () = tokio::time::sleep(KEEP_ALIVE) => send(sender, ": still here\n\n".to_owned()).await?,
            }
        }
    }

    /// The next events as text, if access still stands.
    async fn look(&mut self, state: &AppState) -> Result<Vec<String>, ApiError> {
        let (caller, cursor) = (self.caller.clone(), self.cursor);
        let mut pending = std::mem::take(&mut self.pending);
        let work = state.run_blocking(move |state| {
            let access = caller.access(state)?;
            if pending.is_empty() {
                pending = wiki::feed_after(&access, cursor)?.into();
            }
            let last = pending.back().copied().or(cursor);
            let now: Vec<Revision> = pending.drain(..pending.len().min(TOGETHER)).collect();
            let events = wiki::feed_events(&access, &now)?.into_iter().map(EventRow::from);
            let texts: Vec<String> = events.map(|event| event.as_text()).collect::<Result<_, _>>()?;
            Ok::<_, ApiError>((texts, pending, last))
        });
        let (texts, pending, last) = work.await??;
        (self.pending, self.cursor) = (pending, last);
        Ok(texts)
    }
}

async fn send(sender: &Sender, text: String) -> Result<(), Ended> {
    match tokio::time::timeout(STALLED, sender.send(Ok(text.into()))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Ended),
    }
}

impl EventRow {
    fn as_text(&self) -> Result<String, ApiError> {
        // JSON has no line breaks of its own, so that one `data` line holds it.
        let data = serde_json::to_string(self).map_err(|error| ApiError::internal(&error))?;
        Ok(format!("id: {}\nevent: commit\ndata: {data}\n\n", self.commit.revision))
    }
}

impl From<FeedEvent> for EventRow {
    fn from(event: FeedEvent) -> Self {
        let pages = event.pages.into_iter().map(|page| {
            let from = match &page.became {
                Became::Renamed(from) => Some(from.to_string()),
                _ => None,
            };
            ChangedPageRow { path: page.path.to_string(), change: page.became.into(), from }
        });
        let attachments = event.attachments.into_iter().map(|file| ChangedAttachmentRow {
            page: file.path.page.to_string(),
            filename: file.path.name.to_string(),
            change: file.became.into(),
        });
        Self {
            commit: Commit::from(&event.change),
            pages: pages.collect(),
            attachments: attachments.collect(),
            more_files: event.more,
        }
    }
}

impl<P> From<Became<P>> for FileChangeKind {
    fn from(became: Became<P>) -> Self {
        match became {
            Became::Created => Self::Created,
            Became::Modified => Self::Modified,
            Became::Deleted => Self::Deleted,
            Became::Renamed(_) => Self::Renamed,
        }
    }
}
