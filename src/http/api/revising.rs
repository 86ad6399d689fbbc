//! `POST /pages/{path}/VERB`: changes of a part of a page, of its name, of its past.

use axum::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ApiError;
use super::body::Fields;
use super::once::answer;
use super::pages::{Answer, Call, as_typed};
use super::request::{authorize, decode, revision};
use super::writing::{recording, saved_answer};
use crate::http::state::AppState;
use crate::model::{PagePath, RevisionPrefix};
use crate::wiki::{self, Passage, Rename, Renamed, SectionOp, WikiError};

/// What follows a page's path in an address and changes the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verb {
    Append,
    Prepend,
    Sections,
    FrontMatter,
    Restore,
    Rename,
}

/// What is done to a section: its heading and everything below it.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum SectionOpBody {
    /// The heading stays unless the new text begins with one.
    Replace,
    /// At its end.
    Append,
    /// Right below its heading.
    Prepend,
    InsertBefore,
    InsertAfter,
    Delete,
}

/// A change of one section.
#[derive(Deserialize, JsonSchema)]
pub(in crate::http) struct SectionBody {
    pub(super) op: SectionOpBody,
    /// Title, `Path > of > titles`, `Title#2`, or anchor.
    pub(super) section: String,
    /// Markdown; may be absent for `delete`.
    #[serde(default)]
    pub(super) content: Option<String>,
}

/// Properties to change in the front matter.
#[derive(Deserialize, JsonSchema)]
pub(in crate::http) struct FrontMatterBody {
    #[serde(default)]
    pub(super) set: Map<String, Value>,
    #[serde(default)]
    pub(super) unset: Vec<String>,
}

/// A page that was moved, or would be.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct RenamedAnswer {
    pub(super) old_path: String,
    pub(super) new_path: String,
    /// The commit; null for a dry run.
    pub(super) revision: Option<String>,
    /// Pages whose links were rewritten, under their new names, in order.
    pub(super) updated_pages: Vec<String>,
    /// Sub-pages that moved along.
    pub(super) moved_pages: Vec<MovedRow>,
    /// Attached files that moved along.
    pub(super) moved_attachments: Vec<MovedRow>,
}

/// One file's path before and after.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct MovedRow {
    pub(super) from: String,
    pub(super) to: String,
}

impl Verb {
    /// Splits the raw, still encoded path of a request that changes something; none when it
    /// is about the page itself.
    pub(super) fn split(method: &Method, raw: &str) -> Result<Option<(Self, String)>, ApiError> {
        let Some((page, verb)) = raw.rsplit_once('/').filter(|(page, _)| !page.is_empty()) else { return Ok(None) };
        let verb = match (method, verb) {
            (&Method::POST, "append") => Self::Append,
            (&Method::POST, "prepend") => Self::Prepend,
            (&Method::POST, "sections") => Self::Sections,
            (&Method::PATCH, "frontmatter") => Self::FrontMatter,
            (&Method::POST, "restore") => Self::Restore,
            (&Method::POST, "rename") => Self::Rename,
            _ => return Ok(None),
        };
        Ok(Some((verb, decode(page)?)))
    }
}

pub(super) async fn revise(state: &AppState, call: Call, verb: Verb, typed: String, fields: Fields) -> Answer {
    match verb {
        Verb::Rename => rename(state, call, typed, fields).await,
        Verb::Restore => restore(state, call, typed, fields).await,
        Verb::Append | Verb::Prepend | Verb::Sections | Verb::FrontMatter => {
            change_part(state, call, verb, typed, fields).await
        }
    }
}

async fn change_part(state: &AppState, call: Call, verb: Verb, typed: String, fields: Fields) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let base = revision(fields.text("revision")?)?;
            let content = || filled(fields.text("content")?);
            let (section, properties, text);
            let part = match verb {
                Verb::Sections => {
                    section = fields.parse::<SectionBody>()?;
                    let op = SectionOp::from(section.op);
                    text = if op == SectionOp::Delete { String::new() } else { filled(section.content.as_deref())? };
                    Passage::Section { section: &section.section, op, content: &text }
                }
                Verb::FrontMatter => {
                    properties = fields.parse::<FrontMatterBody>()?;
                    if properties.set.is_empty() && properties.unset.is_empty() {
                        return Err(ApiError::field("Request body must include 'set' or 'unset'"));
                    }
                    if let Some(key) = properties.unset.iter().find(|key| properties.set.contains_key(*key)) {
                        return Err(ApiError::field(format!("'{key}' is in both set and unset")));
                    }
                    Passage::Properties { set: &properties.set, unset: &properties.unset }
                }
                Verb::Prepend => {
                    text = content()?;
                    Passage::Beginning(&text)
                }
                Verb::Append | Verb::Restore | Verb::Rename => {
                    text = content()?;
                    Passage::End(&text)
                }
            };
            let once = call.once(fields.raw())?;
            let recording = recording(&fields, &typed, once.as_ref())?;
            let saved = wiki::revise(state.wikis(), &access, &path, base.as_ref(), &part, &recording);
            Ok(saved_answer(saved.map_err(|error| as_typed(error, &typed))?))
        })
        .await?
}

fn filled(content: Option<&str>) -> Result<String, ApiError> {
    match content {
        Some(content) if !content.trim().is_empty() => Ok(content.to_owned()),
        Some(_) => Err(ApiError::field("content must not be empty")),
        None => Err(ApiError::field("Missing required field: content")),
    }
}

async fn restore(state: &AppState, call: Call, typed: String, fields: Fields) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let at = fields.text("revision")?.ok_or_else(|| ApiError::field("Missing required field: revision"))?;
            let at = RevisionPrefix::parse(at)?;
            let base = revision(fields.text("current_revision")?)?;
            let once = call.once(fields.raw())?;
            let recording = recording(&fields, &typed, once.as_ref())?;
            let saved = wiki::restore(state.wikis(), &access, &path, (&at, base.as_ref()), &recording)?;
            Ok(saved_answer(saved))
        })
        .await?
}

/// Reference 1.4, in its order: that the page is missing is said before the body is looked at.
async fn rename(state: &AppState, call: Call, typed: String, fields: Fields) -> Answer {
    state
        .run_blocking(move |state| {
            let access = authorize::<wiki::Write>(state, &call.headers, &call.slug)?;
            let path = PagePath::parse(&typed)?;
            let once = call.once(fields.raw())?;
            // A repeated rename finds its page gone: its first result is looked up before.
            if once.is_none() && wiki::find_page(&access.reading(), &path)?.is_none() {
                let near = wiki::near_pages(&access.reading(), &path)?;
                return Err(WikiError::NoSuchPage { path: typed, near }.into());
            }
            if !fields.has("new_path") {
                return Err(ApiError::field("Request body must include 'new_path' field"));
            }
            let to = fields.text("new_path")?.unwrap_or_default();
            let request = Rename {
                to,
                base: revision(fields.text("revision")?)?,
                subpages: fields.flag("subpages")?.unwrap_or(true),
                attachments: fields.flag("attachments")?.unwrap_or(true),
                dry_run: fields.flag("dry_run")?.unwrap_or(false),
                recording: recording(&fields, &typed, once.as_ref())?,
            };
            let done =
                wiki::rename(state.wikis(), &access, &path, &request).map_err(|error| as_typed(error, &typed))?;
            Ok(answer(StatusCode::OK, RenamedAnswer::from(done.value), done.replayed))
        })
        .await?
}

impl From<Renamed> for RenamedAnswer {
    fn from(renamed: Renamed) -> Self {
        let moved = |(from, to): (String, String)| MovedRow { from, to };
        Self {
            old_path: renamed.from.to_string(),
            new_path: renamed.to.to_string(),
            revision: renamed.revision.map(|revision| revision.to_string()),
            updated_pages: renamed.updated_pages.iter().map(ToString::to_string).collect(),
            moved_pages: renamed.moved_pages.into_iter().map(|(a, b)| moved((a.into(), b.into()))).collect(),
            moved_attachments: renamed.moved_attachments.into_iter().map(moved).collect(),
        }
    }
}

impl From<SectionOpBody> for SectionOp {
    fn from(op: SectionOpBody) -> Self {
        match op {
            SectionOpBody::Replace => Self::Replace,
            SectionOpBody::Append => Self::Append,
            SectionOpBody::Prepend => Self::Prepend,
            SectionOpBody::InsertBefore => Self::InsertBefore,
            SectionOpBody::InsertAfter => Self::InsertAfter,
            SectionOpBody::Delete => Self::Delete,
        }
    }
}
