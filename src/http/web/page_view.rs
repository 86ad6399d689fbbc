use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::embed_sources::WikiSources;
use super::error_page::{Problem, page as render_page};
use super::feeds::origin;
use super::frame::Surroundings;
use super::request::{WebRequest, decode, encode, page_href};
use super::section_links::{SectionPlace, section_places, with_section_links};
use super::views::{AttachmentRow, Change, ContentsEntry, Crumb, Extras, Link, Moment, NotFound, OldVersion, PageView};
use super::{
    page_blame, page_delete, page_diff, page_edit, page_files, page_history, page_index, page_rename, page_source,
    thumbnail,
};
use crate::http::error::Failure;
use crate::http::file_answer;
use crate::http::state::{AppState, RenderedKey};
use crate::markdown::{self, RenderContext};
use crate::model::{AttachmentName, PagePath, Principal, RevisionPrefix, Slug, StartPage, display_name};
use crate::wiki::{self, Access, AttachmentSummary, By, FolderQuery, LastChange, LeadsTo, WikiError};

/// Words that most people read in a minute.
const WORDS_A_MINUTE: usize = 220;

/// A page's text as HTML; kept as long as the wiki does not change.
pub(in crate::http) struct RenderedPage {
    pub(in crate::http) html: String,
    title: Option<String>,
    contents: Vec<ContentsEntry>,
    opens_with_title: bool,
    has: Extras,
    /// The first words, for previews of links.
    summary: String,
    words: usize,
    sections: Vec<SectionPlace>,
}

/// What an address below a wiki's host is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verb {
    View,
    Edit,
    History,
    Source,
    Diff,
    Blame,
    Files,
    Rename,
    Delete,
    /// The rest are posted only.
    Restore,
    Preview,
}

/// The verbs by name.
const VERBS: [(&str, Verb); 10] = [
    ("edit", Verb::Edit),
    ("history", Verb::History),
    ("source", Verb::Source),
    ("diff", Verb::Diff),
    ("blame", Verb::Blame),
    ("attachments", Verb::Files),
    ("rename", Verb::Rename),
    ("delete", Verb::Delete),
    ("revert", Verb::Restore),
    ("preview", Verb::Preview),
];

/// What an address names.
#[derive(Clone)]
enum Asked {
    /// The bare address, which shows what the wiki's owner has chosen.
    Start,
    /// A page or a file, as it was typed.
    Name(String),
}

/// `GET /`: the wiki's first page.
pub(super) async fn home(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    view(&state, request, Asked::Start, query).await
}

/// `GET /{path}`: a page, its verb, or a file.
pub(super) async fn by_path(
    State(state): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
    request: WebRequest,
) -> Response {
    let raw = request.raw_path.trim_start_matches('/').to_owned();
    let (verb, rest) = split_verb(&raw);
    match decode(rest) {
        Err(error) => refuse(&state, &request, WikiError::Path(error).into()),
        Ok(path) => match verb {
            Verb::View | Verb::Restore | Verb::Preview => view(&state, request, Asked::Name(path), query).await,
            Verb::Edit => page_edit::form(&state, request, path, query).await,
            Verb::History => page_history::show(&state, request, path, query).await,
            Verb::Source => page_source::show(&state, request, path, query).await,
            Verb::Diff => page_diff::show(&state, request, path, query).await,
            Verb::Blame => page_blame::show(&state, request, path, query).await,
            Verb::Files => page_files::show(&state, request, path, query).await,
            Verb::Rename => page_rename::form(&state, request, path).await,
            Verb::Delete => page_delete::form(&state, request, path).await,
        },
    }
}

/// Splits a raw path into page and verb. A verb is only one when its slash is not encoded.
pub(super) fn split_verb(raw: &str) -> (Verb, &str) {
    let split = raw.trim_end_matches('/').rsplit_once('/');
    let found =
        split.and_then(|(page, word)| VERBS.iter().find(|(name, _)| *name == word).map(|(_, verb)| (*verb, page)));
    found.unwrap_or((Verb::View, raw))
}

pub(super) fn refuse(state: &AppState, request: &WebRequest, failure: Failure) -> Response {
    Problem { failure, principal: &Principal::Nobody, request, typed: None }.into_response(state)
}

/// What the blocking part found.
enum Found {
    Page(Box<Shown>),
    File(wiki::Attachment),
    /// Another spelling is stored.
    Elsewhere(PagePath),
    /// Another address is meant: of this wiki, or of another site by the owner's choice.
    Address(String),
    /// No page, but pages are below it.
    Folder(Box<page_index::Listed>),
    Missing(Box<Lack>),
}

struct Shown {
    surroundings: Surroundings,
    path: PagePath,
    /// Its own address, with the host.
    canonical: String,
    description: String,
    rendered: Arc<RenderedPage>,
    last: Option<LastChange>,
    attachments: Vec<AttachmentSummary>,
    crumbs: Vec<Crumb>,
    tags: Vec<String>,
    category: Option<String>,
    /// Set for an old version: where the current one is, if there is one.
    old: Option<Option<String>>,
}

struct Lack {
    surroundings: Surroundings,
    path: PagePath,
    near: Vec<PagePath>,
    /// Whether there was such a page once.
    gone: bool,
}

async fn view(state: &AppState, request: WebRequest, name: Asked, query: HashMap<String, String>) -> Response {
    if thumbnail::is_asked(&query)
        && let Asked::Name(typed) = &name
        && let Some(answer) = thumbnail::show(state, &request, typed, &query).await
    {
        return answer;
    }
    let asked = request.clone();
    let at = query.get("revision").filter(|text| !text.is_empty()).cloned();
    let at_tip = at.is_none();
    let work = state.run_blocking(move |state| {
        let principal = asked.principal(state)?;
        find(state, &asked, &principal, &name, at.as_deref()).map_err(|failure| Stopped::new(failure, principal))
    });
    let found = match work.await {
        Ok(Ok(found)) => found,
        Ok(Err(Stopped(failure, principal))) => {
            return Problem { failure: *failure, principal: &principal, request: &request, typed: None }
                .into_response(state);
        }
        Err(failed) => return refuse(state, &request, failed.into()),
    };
    match found {
        Found::Page(shown) => show(&shown, at_tip && query.contains_key("merged")),
        Found::File(file) => {
            let answer = file_answer::serve(file, &request.method, &request.headers);
            file_answer::lasting(answer, query.get("revision").map(String::as_str))
        }
        Found::Elsewhere(path) => found_at(&page_href(&path), query.get("revision").map(String::as_str)),
        Found::Address(address) => found_at(&address, None),
        Found::Folder(listed) => page_index::show(&listed),
        Found::Missing(lack) => missing(&lack),
    }
}

/// A failure, and who met it.
pub(super) struct Stopped(pub(super) Box<Failure>, pub(super) Principal);

impl Stopped {
    pub(super) fn new(failure: Failure, principal: Principal) -> Self {
        Self(Box::new(failure), principal)
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::new(failure, Principal::Nobody)
    }
}

/// The wiki that the request came to.
pub(super) fn slug(request: &WebRequest) -> Result<&Slug, Failure> {
    let none = || Failure::from(WikiError::from(wiki::AccessError::NoSuchWiki(request.host.0.clone())));
    request.slug.as_ref().ok_or_else(none)
}

fn find(
    state: &AppState,
    request: &WebRequest,
    principal: &Principal,
    name: &Asked,
    at: Option<&str>,
) -> Result<Found, Failure> {
    let access = state.wikis().authorize::<wiki::Read>(principal, slug(request)?)?;
    let at = at.map(RevisionPrefix::parse).transpose().map_err(WikiError::from)?;
    let (path, stored) = match name {
        Asked::Start => match &access.preferences().start {
            StartPage::Page(page) => (page.clone(), wiki::find_page(&access, page)?),
            start @ (StartPage::Changelog | StartPage::Index) => return Ok(Found::Address(start.to_string())),
        },
        Asked::Name(typed) => {
            if let Some(file) = file(&access, typed, at.as_ref())? {
                return Ok(Found::File(file));
            }
            let path = PagePath::parse(typed).map_err(WikiError::from)?;
            let stored = wiki::find_page(&access, &path)?;
            if let Some(stored) = &stored
                && stored.as_str() != typed
            {
                return Ok(Found::Elsewhere(stored.clone()));
            }
            (path, stored)
        }
    };
    let surroundings = Surroundings::wiki(state, &access, request);
    let page = match wiki::read(&access, &path, at.as_ref()) {
        Ok(page) => page,
        Err(WikiError::NoSuchPage { near, .. }) => {
            // An address that has been given away keeps leading to its page.
            match if at.is_none() { wiki::leads_to(&access, &path)? } else { None } {
                Some(LeadsTo::Page(page)) => return Ok(Found::Elsewhere(page)),
                // An address of this very host that leads nowhere would be asked for again and again.
                Some(LeadsTo::Web(address)) if !request.is_own(&address.authority()) => {
                    return Ok(Found::Address(address.to_string()));
                }
                Some(LeadsTo::Web(_)) | None => {}
            }
            let gone = wiki::deleted_history(&access, &path, 1)?.is_some();
            // An address with pages below it lists them, unless it had a page that can come back.
            let query = FolderQuery { folder: Some(path.clone()), ..FolderQuery::default() };
            if at.is_none()
                && !gone
                && let Some(listed) = page_index::listed(&access, surroundings.clone(), &query, None)?
            {
                return Ok(match listed.folder() {
                    Some(folder) if matches!(name, Asked::Name(typed) if folder.as_str() != typed) => {
                        Found::Elsewhere(folder.clone())
                    }
                    _ => Found::Folder(Box::new(listed)),
                });
            }
            let near = if at.is_some() { wiki::near_pages(&access, &path)? } else { near };
            return Ok(Found::Missing(Box::new(Lack { surroundings, path, near, gone })));
        }
        Err(error) => return Err(error.into()),
    };
    let rendered = rendered(state, &access, &page, at.is_some());
    let attachments = match &stored {
        Some(stored) if at.is_none() => wiki::attachments(&access, stored)?.1,
        _ => Vec::new(),
    };
    let surroundings = if stored.is_some() { surroundings.about(&page.path) } else { surroundings };
    let old = at.is_some().then(|| stored.as_ref().map(page_href));
    let crumbs = crumbs(&page.path);
    let front = markdown::front_matter(&page.content);
    let preferences = access.preferences();
    let is_start = matches!(&preferences.start, StartPage::Page(start) if start.fold() == page.path.fold());
    // The start page speaks for the wiki, others for themselves as far as they say anything.
    let of_wiki = preferences.description.as_str();
    let of_page = rendered.summary.as_str();
    let description = if of_page.is_empty() || (is_start && !of_wiki.is_empty()) { of_wiki } else { of_page };
    Ok(Found::Page(Box::new(Shown {
        surroundings,
        tags: front.tags(),
        category: front.category(),
        canonical: format!(
            "{}{}",
            origin(state, request),
            if is_start { "/".to_owned() } else { page_href(&page.path) }
        ),
        description: description.to_owned(),
        path: page.path,
        rendered,
        last: page.last,
        attachments,
        crumbs,
        old,
    })))
}

/// The files that an address may name.
pub(super) fn files_named(typed: &str) -> Vec<(PagePath, AttachmentName)> {
    let Some((page, name)) = typed.rsplit_once('/') else { return Vec::new() };
    let Ok(name) = AttachmentName::parse(name) else { return Vec::new() };
    // Pages that come from Otterwiki name their files `/Page/a/file`.
    let pages = [Some(page), page.strip_suffix("/a")].into_iter().flatten();
    pages.filter_map(|page| PagePath::parse(page).ok()).map(|page| (page, name.clone())).collect()
}

/// The file that an address names, if it names one: a page's folder and a name.
fn file(
    access: &Access<wiki::Read>,
    typed: &str,
    at: Option<&RevisionPrefix>,
) -> Result<Option<wiki::Attachment>, Failure> {
    for (page, name) in files_named(typed) {
        match wiki::attachment(access, &page, &name, at) {
            Ok(file) => return Ok(Some(file)),
            Err(WikiError::NoSuchAttachment { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

pub(super) fn rendered(
    state: &AppState,
    access: &Access<wiki::Read>,
    page: &wiki::Page,
    old: bool,
) -> Arc<RenderedPage> {
    // The commit that the text was read at, not the tip, which may have moved since.
    let last = page.last.as_ref().map(|last| last.revision);
    let order = access.link_order();
    let key =
        RenderedKey { wiki: access.id(), tip: page.as_of, page: page.path.clone(), at: last.filter(|_| old), order };
    if let Some(kept) = state.rendered(&key) {
        return kept;
    }
    let find_page = wiki::link_targets(access);
    let sources = WikiSources { access };
    let context = RenderContext { page: &page.path, order, find_page: &find_page, sources: &sources };
    let output = markdown::render(&page.content, &context);
    let words = markdown::word_count(markdown::front_matter(&page.content).body);
    let anchors = output.contents.iter().map(|heading| heading.anchor.as_str());
    let sections = if old { Vec::new() } else { section_places(&output.html, anchors) };
    let opens_with_title = output.contents.first().is_some_and(|heading| heading.level == 1);
    let contents = output
        .contents
        .into_iter()
        .filter(|heading| heading.level > 1)
        .map(|heading| ContentsEntry { level: heading.level, title: heading.title, anchor: heading.anchor })
        .collect();
    let has = Extras::of(&output.html);
    let rendered = Arc::new(RenderedPage {
        html: output.html,
        title: output.title,
        contents,
        opens_with_title,
        has,
        summary: markdown::summary(&page.content, order),
        words,
        sections,
    });
    state.keep_rendered(key, Arc::clone(&rendered));
    rendered
}

/// The pages above; where there is none, its address lists what is below.
fn crumbs(path: &PagePath) -> Vec<Crumb> {
    let above = std::iter::successors(path.parent(), PagePath::parent);
    let mut crumbs: Vec<Crumb> =
        above.map(|parent| Crumb { name: display_name(parent.leaf()), href: Some(page_href(&parent)) }).collect();
    crumbs.reverse();
    crumbs
}

fn show(shown: &Shown, merged: bool) -> Response {
    let name = display_name(shown.path.leaf());
    let title = shown.rendered.title.as_deref().unwrap_or(&name);
    let base = page_href(&shown.path);
    let html = &shown.rendered.html;
    let editable = shown.surroundings.may_write() && shown.old.is_none() && !shown.rendered.sections.is_empty();
    let with_links = editable.then(|| with_section_links(html, &shown.rendered.sections, &base));
    let view = PageView {
        frame: shown.surroundings.frame(title),
        crumbs: shown.crumbs.clone(),
        heading: (!shown.rendered.opens_with_title).then_some(name.as_str()),
        html: with_links.as_deref().unwrap_or(html),
        has: shown.rendered.has,
        contents: shown.rendered.contents.clone(),
        attachments: shown
            .attachments
            .iter()
            .map(|file| AttachmentRow {
                name: file.name.clone(),
                thumbnail: thumbnail::href(&base, 128, file),
                href: format!("{base}/{}", encode(&file.name)),
                size: size_for_people(file.size),
            })
            .collect(),
        changed: shown.last.as_ref().map(change),
        revision: &shown.last.as_ref().map(|last| last.revision.to_string()).unwrap_or_default(),
        merged,
        old: shown.old.as_ref().map(|current| OldVersion { current_href: current.as_deref(), base: &base }),
        words: &words_for_people(shown.rendered.words),
        description: &shown.description,
        canonical: &shown.canonical,
        tags: shown.tags.iter().map(|tag| sorted_by("tags", tag)).collect(),
        category: shown.category.as_deref().map(|category| sorted_by("categories", category)),
    };
    render_page(StatusCode::OK, &view)
}

/// `1,240 words, 6 minutes`; the minutes of a page that takes some.
fn words_for_people(words: usize) -> String {
    let digits = words.to_string();
    let (head, tail) = digits.split_at(digits.len().saturating_sub(3));
    let number = if head.is_empty() { tail.to_owned() } else { format!("{head},{tail}") };
    match (words, words.div_ceil(WORDS_A_MINUTE)) {
        (0, _) => String::new(),
        (1, _) => "1 word".to_owned(),
        (_, 1) => format!("{number} words"),
        (_, minutes) => format!("{number} words, {minutes} minutes"),
    }
}

/// The list of what has the same tag or category.
fn sorted_by(kind: &str, name: &str) -> Link {
    Link { text: name.to_owned(), href: format!("/-/{kind}/{}", encode(name)) }
}

pub(super) fn change(last: &LastChange) -> Change {
    Change { at: Moment::from_unix(last.time), author: last.author.clone(), agent: last.by == By::Agent }
}

fn missing(lack: &Lack) -> Response {
    let name = display_name(lack.path.as_str());
    // A name that no page may have is not offered for creation.
    let create = lack.path.for_new_page().ok().filter(|_| lack.surroundings.may_write());
    let create = create.map(|path| format!("{}/edit", page_href(&path)));
    let history = lack.gone.then(|| format!("{}/history", page_href(&lack.path)));
    let view = NotFound {
        frame: lack.surroundings.frame("Page not found"),
        name: &name,
        create_href: create.as_deref(),
        near: lack
            .near
            .iter()
            .map(|path| Link { text: super::request::path_for_people(path), href: page_href(path) })
            .collect(),
        history_href: history.as_deref(),
    };
    render_page(StatusCode::NOT_FOUND, &view)
}

fn found_at(href: &str, revision: Option<&str>) -> Response {
    let query = revision.map(|text| format!("?revision={}", encode(text))).unwrap_or_default();
    match HeaderValue::from_str(&format!("{href}{query}")) {
        Ok(value) => (StatusCode::FOUND, [(header::LOCATION, value)]).into_response(),
        Err(_invalid) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `12 KB`: powers of 1000, as file managers show them.
pub(super) fn size_for_people(bytes: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)];
    for (unit, one) in units {
        if bytes >= one {
            let tenths = bytes / (one / 10);
            return if tenths >= 100 {
                format!("{} {unit}", tenths / 10)
            } else {
                format!("{}.{} {unit}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!(size_for_people(999), "999 bytes");
        assert_eq!(size_for_people(1_500), "1.5 KB");
        assert_eq!(size_for_people(12_345_678), "12 MB");
    }

    #[test]
    fn long_pages_say_how_long_they_take() {
        let texts = [0, 1, 200, 1_240, 40_000].map(words_for_people);
        assert_eq!(texts, ["", "1 word", "200 words", "1,240 words, 6 minutes", "40,000 words, 182 minutes"]);
    }

    #[test]
    fn a_verb_needs_a_page_before_it() {
        assert!(matches!(split_verb("edit"), (Verb::View, "edit")));
        assert!(matches!(split_verb("a/b/edit"), (Verb::Edit, "a/b")));
        assert!(matches!(split_verb("a/history/"), (Verb::History, "a")));
        assert!(matches!(split_verb("a%2Fhistory"), (Verb::View, _)));
    }
}
