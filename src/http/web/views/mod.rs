//! What each page of the web UI shows: one struct a page kind, plain data only.
//!
//! A handler fills a struct and renders it; nothing here reads a store or decides a
//! permission. Every text is escaped by the template, except the one field that holds
//! HTML which `markdown::render` has sanitized ([`PageView::html`]).
//!
//! Fields named `href`, `base` or ending in `_href` are addresses that are ready to use:
//! percent-encoded by the caller.

mod api;
mod changes;
mod files;
mod forms;
mod lists;
mod settings;
mod side;
mod transfer;
mod writing;

use askama::Template;

pub(crate) use api::{ApiField, ApiGroup, ApiOperation, ApiReference, ApiText};
pub(crate) use changes::{
    BlameView, BlamedLine, BlamedPart, ChangelogView, CommitFile, CommitRow, CommitView, DiffRow, DiffView, Half,
    ObstacleRow, RevertRow, RevertView,
};
pub(crate) use files::{FileRow, FileVersion, FileView, PageFiles};
pub(crate) use forms::{DeletePage, RenamePage};
pub(crate) use lists::{
    BrokenRow, Folder, IndexEntry, IndexGroup, Letter, LinksOverview, NameCount, Names, NamesFound, PageIndex,
    PageLinksView, PagesWith, SourceView,
};
pub(crate) use settings::{
    FieldKind, FieldOption, NewTokenShown, PersonRow, SettingsDanger, SettingsField, SettingsForm,
    SettingsHousekeeping, SettingsNav, SettingsPeople, SettingsTokens, TokenRow,
};
pub(crate) use side::{Side, TreeName, TreePart, TreeRow};
pub(crate) use transfer::{ExportView, FateRow, FatesView, ImportForm, ImportJob, ImportStage, ImportView};
pub(crate) use writing::{
    ClashView, DraftCompare, DraftOffer, DraftRow, Drafting, Drafts, EditConflict, EditForm, Held, Section,
    SummaryField,
};

use super::asset;
use crate::model::UnixSeconds;

/// How many accent colours the style sheet knows (`.hue-0` and up).
const HUES: u32 = 8;

/// What surrounds every page: the document's title, the header and its menu.
#[derive(Clone, Debug)]
pub(crate) struct Frame<'a> {
    /// The document's title, without the wiki's name.
    pub(crate) title: &'a str,
    /// The wiki's name; on the platform's own pages the platform's name.
    pub(crate) site: &'a str,
    /// The wiki; none on the platform's own pages, which then have no search and no index.
    pub(crate) slug: Option<&'a str>,
    /// The page that Edit and History in the header are about.
    pub(crate) page: Option<PageNav<'a>>,
    /// The name of the person who is signed in.
    pub(crate) person: Option<&'a str>,
    /// Whether this visitor may change the wiki; shows Edit and New page.
    pub(crate) may_write: bool,
    /// Whether this visitor may change the wiki's settings.
    pub(crate) may_administer: bool,
    /// The wiki's own style sheet for the text of pages; none when it has none.
    pub(crate) style_href: Option<&'a str>,
    /// Where to sign in and come back here; none when nobody can, or someone has.
    pub(crate) sign_in_href: Option<&'a str>,
    /// The platform's page, which lists the wikis.
    pub(crate) platform_href: &'a str,
    /// Goes into every form that posts, as the field `csrf`.
    pub(crate) csrf: &'a str,
    /// What stands beside the pages of a wiki.
    pub(crate) side: Option<&'a Side>,
    /// Whether search engines may list the wiki's pages.
    pub(crate) indexed: bool,
}

/// The page that a request is about.
#[derive(Clone, Debug)]
pub(crate) struct PageNav<'a> {
    /// Its name for people: the last component, spaces instead of underscores.
    pub(crate) name: &'a str,
    /// Its address, `/Guides/First_Steps`, also for Home; `/edit`, `/history` and `/source` are appended.
    pub(crate) base: &'a str,
}

impl Frame<'_> {
    /// The number of the wiki's accent colour, the same at every visit.
    pub(crate) fn hue(&self) -> u32 {
        hue_of(self.slug)
    }

    /// The address of the page that the request is about; the wiki's home when there is none.
    pub(crate) fn page_base(&self) -> &str {
        self.page.as_ref().map_or("", |page| page.base)
    }

    /// Whether an address is that of the page that the request is about.
    pub(crate) fn is_here(&self, href: &str) -> bool {
        self.page.as_ref().is_some_and(|page| page.base == href)
    }

    /// Whether there is a sidebar and the visitor has put it away.
    pub(crate) fn side_is_hidden(&self) -> bool {
        self.side.is_some_and(|side| side.hidden)
    }

    /// Where the Sign out button posts to.
    pub(crate) fn sign_out_action(&self) -> &'static str {
        if self.slug.is_some() { "/-/sign-out" } else { "/auth/sign-out" }
    }
}

fn hue_of(slug: Option<&str>) -> u32 {
    let fold = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    slug.map_or(0, |slug| (slug.bytes().fold(0x811c_9dc5, fold) >> 8) % HUES)
}

/// A point in time, for `<time datetime>`.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// RFC 3339.
    pub(crate) iso: String,
    /// For people, in UTC: `20 November 2026, 15:48 UTC`.
    pub(crate) text: String,
}

impl Moment {
    /// Takes seconds since the epoch; a time that no calendar holds becomes the epoch.
    pub(crate) fn from_unix(seconds: UnixSeconds) -> Self {
        let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Self { iso: time.to_string(), text: time.strftime("%-d %B %Y, %H:%M UTC").to_string() }
    }

    /// The day alone: `2026-11-20`.
    pub(crate) fn day(&self) -> String {
        self.iso.chars().take(10).collect()
    }
}

/// A link with its text.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) text: String,
    pub(crate) href: String,
}

/// The platform's first page: the wikis that this visitor may read.
#[derive(Template)]
#[template(path = "landing.html")]
pub(crate) struct Landing<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) wikis: Vec<WikiCard>,
}

/// A wiki in the list on the landing page.
#[derive(Clone, Debug)]
pub(crate) struct WikiCard {
    pub(crate) name: String,
    pub(crate) slug: String,
    /// Its host name, shown under the name: `docs.example.org`.
    pub(crate) host: String,
    pub(crate) href: String,
    pub(crate) public: bool,
    /// What the visitor is there: `Owner`, `Editor`, `Viewer`.
    pub(crate) role: Option<&'static str>,
}

impl WikiCard {
    pub(crate) fn hue(&self) -> u32 {
        hue_of(Some(&self.slug))
    }
}

/// A page, now or as it was.
#[derive(Template)]
#[template(path = "page.html")]
pub(crate) struct PageView<'a> {
    pub(crate) frame: Frame<'a>,
    /// The pages above this one, from the top; without Home and without the page itself.
    pub(crate) crumbs: Vec<Crumb>,
    /// The title to show above the text; none when the text opens with a heading of level 1.
    pub(crate) heading: Option<&'a str>,
    /// The page as HTML: the output of `markdown::render`, the only field that is not escaped.
    pub(crate) html: &'a str,
    /// What the text needs beyond what every page loads.
    pub(crate) has: Extras,
    /// Headings for "On this page", those of level 1 left out.
    pub(crate) contents: Vec<ContentsEntry>,
    /// From the front matter, with the pages that list others like it.
    pub(crate) tags: Vec<Link>,
    pub(crate) category: Option<Link>,
    pub(crate) attachments: Vec<AttachmentRow>,
    /// The last change of the text shown.
    pub(crate) changed: Option<Change>,
    /// The revision of the text shown, in hex.
    pub(crate) revision: &'a str,
    /// How long it is: `1,240 words, 6 minutes`.
    pub(crate) words: &'a str,
    /// Its first words; empty when there are none.
    pub(crate) description: &'a str,
    /// Its own address, with the host.
    pub(crate) canonical: &'a str,
    /// Set when the text shown is not the current one.
    pub(crate) old: Option<OldVersion<'a>>,
    /// Whether it was just saved together with somebody else's change.
    pub(crate) merged: bool,
}

/// What a page's text has that needs style or script of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Extras {
    /// Boxes, frames, tables and diagrams.
    pub(crate) embeds: bool,
    /// Mermaid's, drawn in the browser.
    pub(crate) diagrams: bool,
    /// Tables that are sorted and filtered in the browser.
    pub(crate) data_tables: bool,
}

impl Extras {
    /// Finds them in sanitized HTML, where only the renderer sets classes.
    pub(crate) fn of(html: &str) -> Self {
        let diagrams = html.contains("<pre class=\"mermaid\"");
        let data_tables = html.contains("<div class=\"embed data-table");
        Self { embeds: diagrams || html.contains("class=\"embed"), diagrams, data_tables }
    }
}

/// A page above the one shown.
#[derive(Clone, Debug)]
pub(crate) struct Crumb {
    pub(crate) name: String,
    /// None when there is only a folder.
    pub(crate) href: Option<String>,
}

/// A heading of the page shown.
#[derive(Clone, Debug)]
pub(crate) struct ContentsEntry {
    /// 2 to 6.
    pub(crate) level: u8,
    pub(crate) title: String,
    /// The heading's id, not encoded.
    pub(crate) anchor: String,
}

/// A file that belongs to a page.
#[derive(Clone, Debug)]
pub(crate) struct AttachmentRow {
    pub(crate) name: String,
    pub(crate) href: String,
    /// The address of a small version, for a picture.
    pub(crate) thumbnail: Option<String>,
    /// For people: `12 KB`.
    pub(crate) size: String,
}

/// When a page was changed, and by whom.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) at: Moment,
    pub(crate) author: String,
    /// Whether a program made it, rather than a person.
    pub(crate) agent: bool,
}

/// Says that the text shown is not the current one; date and author are in [`PageView::changed`].
#[derive(Clone, Debug)]
pub(crate) struct OldVersion<'a> {
    /// Where the current version is; none when the page has been deleted since.
    pub(crate) current_href: Option<&'a str>,
    /// The page's address, to which `/revert` is appended.
    pub(crate) base: &'a str,
}

/// Asks for the name of a page to create. A GET form to `/-/new`, field `name`, which
/// leads on to that page's `/edit`.
#[derive(Template)]
#[template(path = "new.html")]
pub(crate) struct NewPage<'a> {
    pub(crate) frame: Frame<'a>,
    /// What the field holds.
    pub(crate) name: &'a str,
    /// The page's address that the visitor came from, or nothing.
    pub(crate) from: &'a str,
    /// Why the name is refused.
    pub(crate) problem: Option<&'a str>,
    /// A page that has this name already.
    pub(crate) existing: Option<Link>,
    /// Pages with similar names, and where to write the new one all the same.
    pub(crate) near: Vec<Link>,
    pub(crate) anyway_href: Option<&'a str>,
    /// This form with the beginning of a name filled in: below the page that the visitor came
    /// from, and beside it.
    pub(crate) places: Vec<Link>,
}

/// A page's versions, newest first.
#[derive(Template)]
#[template(path = "history.html")]
pub(crate) struct History<'a> {
    /// `frame.page` is the page whose history this is.
    pub(crate) frame: Frame<'a>,
    pub(crate) versions: Vec<Version>,
    /// Where the versions before these are.
    pub(crate) older_href: Option<&'a str>,
    /// Set when the page was deleted.
    pub(crate) gone: Option<Deleted<'a>>,
}

/// When a page was deleted, and how it comes back.
#[derive(Clone, Debug)]
pub(crate) struct Deleted<'a> {
    pub(crate) change: Change,
    pub(crate) commit_href: String,
    /// Restores `revision`, posted to this address.
    pub(crate) restore_action: &'a str,
    pub(crate) revision: String,
}

/// A version of a page.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) href: String,
    /// The first characters of the revision.
    pub(crate) revision: String,
    pub(crate) change: Change,
    /// The summary that the author gave, possibly empty.
    pub(crate) message: String,
    /// What it changed.
    pub(crate) diff_href: String,
    /// The page's path at that time, when it was another.
    pub(crate) former_path: Option<String>,
    pub(crate) current: bool,
}

/// What a search found, or the empty search form.
#[derive(Template)]
#[template(path = "search.html")]
pub(crate) struct SearchResults<'a> {
    pub(crate) frame: Frame<'a>,
    /// Empty when nothing was asked.
    pub(crate) query: &'a str,
    /// What is asked for beside the query.
    pub(crate) prefix: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) category: &'a str,
    /// Whether a filter leaves pages out, and the same search without.
    pub(crate) filtered: bool,
    pub(crate) unfiltered_href: &'a str,
    /// Whether only words count.
    pub(crate) words_only: bool,
    /// Whether there is a model, and so a choice.
    pub(crate) has_model: bool,
    /// What to know of this answer: that pages are still being indexed, or what is wrong.
    pub(crate) note: Option<&'a str>,
    /// How many pages match, of which `hits` are some.
    pub(crate) total: usize,
    pub(crate) hits: Vec<SearchHit>,
    /// Where to create the page of this name; none when it exists or the visitor may not.
    pub(crate) create_href: Option<&'a str>,
    pub(crate) previous_href: Option<&'a str>,
    pub(crate) next_href: Option<&'a str>,
}

/// A page that matches.
#[derive(Clone, Debug)]
pub(crate) struct SearchHit {
    pub(crate) title: String,
    /// The page's path for people: `Guides / First Steps`.
    pub(crate) path: String,
    pub(crate) href: String,
    /// The section that the snippet is from.
    pub(crate) section: Option<Link>,
    pub(crate) snippet: Vec<SnippetPart>,
    /// Further sections of the page that match.
    pub(crate) also: Vec<Link>,
    /// Whether it was found by its meaning alone.
    pub(crate) meaning_only: bool,
}

/// How far the indexes of a wiki are.
#[derive(Template)]
#[template(path = "index_status.html")]
pub(crate) struct IndexStatusView<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) words: IndexRow,
    /// None without an embedding model.
    pub(crate) meaning: Option<IndexRow>,
    /// The model's name.
    pub(crate) model: &'a str,
    /// Whether reindexing has just been asked for.
    pub(crate) started: bool,
}

/// One index, for people.
#[derive(Clone, Debug)]
pub(crate) struct IndexRow {
    /// `Up to date`, `3 changes behind`, `Indexing: 120 of 5,000 pages`.
    pub(crate) state: String,
    /// 0 to 100, while work is being done.
    pub(crate) percent: Option<usize>,
    /// `4,998 pages, 25,310 passages, 12 MB`.
    pub(crate) holds: String,
    pub(crate) problem: Option<String>,
}

/// A piece of a snippet.
#[derive(Clone, Debug)]
pub(crate) struct SnippetPart {
    pub(crate) text: String,
    /// Whether it is a word that was searched for.
    pub(crate) hit: bool,
}

/// No page has this name.
#[derive(Template)]
#[template(path = "not_found.html")]
pub(crate) struct NotFound<'a> {
    pub(crate) frame: Frame<'a>,
    /// The name that was asked for, for people.
    pub(crate) name: &'a str,
    /// Where to create it; none when the visitor may not.
    pub(crate) create_href: Option<&'a str>,
    /// Pages with similar names.
    pub(crate) near: Vec<Link>,
    /// Set when the page existed once.
    pub(crate) history_href: Option<&'a str>,
}

/// Explains how to sign in: with a one-time link from the operator.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignIn<'a> {
    pub(crate) frame: Frame<'a>,
    /// What was wrong with the link that was opened: `This link has been used already.`
    pub(crate) problem: Option<&'a str>,
}

/// Asks before a one-time link is used up. Posts `token`, `return` and `csrf` to `/auth/link`.
#[derive(Template)]
#[template(path = "sign_in_confirm.html")]
pub(crate) struct SignInConfirm<'a> {
    pub(crate) frame: Frame<'a>,
    /// Whom the link signs in.
    pub(crate) name: &'a str,
    pub(crate) token: &'a str,
    /// Where to go afterwards; empty for the landing page.
    pub(crate) return_to: &'a str,
    /// Who is signed in now, when it is someone else.
    pub(crate) instead_of: Option<&'a str>,
}

/// Says that nobody is signed in any more.
#[derive(Template)]
#[template(path = "signed_out.html")]
pub(crate) struct SignedOut<'a> {
    pub(crate) frame: Frame<'a>,
    /// Where to go on.
    pub(crate) home_href: &'a str,
}

/// The visitor may not do this.
#[derive(Template)]
#[template(path = "forbidden.html")]
pub(crate) struct Forbidden<'a> {
    /// `frame.person` decides between "sign in" and "ask an owner".
    pub(crate) frame: Frame<'a>,
    /// What was refused, completing "You cannot ...": `edit this page`, `read this wiki`.
    pub(crate) action: &'a str,
    /// A text that was posted, so that it is not lost.
    pub(crate) typed: Option<&'a str>,
}

/// Anything else that went wrong.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) status: u16,
    /// What happened, in a few plain words: `The text is too long`.
    pub(crate) heading: &'a str,
    /// Why, and what to do next, in sentences.
    pub(crate) advice: &'a str,
    /// Where to go on, the best first.
    pub(crate) links: Vec<Link>,
    pub(crate) request_id: &'a str,
    /// A text that was posted, so that it is not lost.
    pub(crate) typed: Option<&'a str>,
}

#[cfg(test)]
mod tests;
