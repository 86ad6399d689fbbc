use askama::Template;

use super::{Change, DiffRow, Frame, Link, Moment};

/// The form in which a page, or a section of one, is written. Posts to `/{Page}/edit`.
#[derive(Template)]
#[template(path = "edit.html")]
pub(crate) struct EditForm<'a> {
    /// `frame.page` is the page that is edited.
    pub(crate) frame: Frame<'a>,
    /// The page's path as it is stored, `Guides/First_Steps`; the draft is kept under it.
    pub(crate) path: &'a str,
    pub(crate) content: &'a str,
    /// The page's revision that `content` started from; empty for a new page.
    pub(crate) base: &'a str,
    /// What the field for the summary of the change holds.
    pub(crate) message: &'a str,
    /// Why the last attempt was not saved, in plain words: `The text is longer than 1 MB.`
    pub(crate) problem: Option<&'a str>,
    /// What to know before writing on: `You are signed in again.`
    pub(crate) note: Option<&'a str>,
    /// Whether the text was sent and not saved, and is nowhere but here.
    pub(crate) unsaved: bool,
    /// The section that `content` is; none for the whole page.
    pub(crate) section: Option<&'a Section<'a>>,
    pub(crate) drafting: &'a Drafting,
    /// A draft that is not what the form holds.
    pub(crate) offer: Option<DraftOffer>,
}

/// A section of a page.
#[derive(Clone, Debug)]
pub(crate) struct Section<'a> {
    pub(crate) anchor: &'a str,
    /// The anchor as a part of an address.
    pub(crate) encoded: &'a str,
    pub(crate) title: &'a str,
}

/// What a window of the editor needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Drafting {
    /// The window's name.
    pub(crate) window: String,
    /// The draft that the form goes on with; empty when none.
    pub(crate) seen: String,
    /// Most bytes of a text.
    pub(crate) limit: u64,
    pub(crate) summary: SummaryField,
}

/// Whether a note on the change is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SummaryField {
    Optional,
    Required,
    Hidden,
}

impl SummaryField {
    fn is_required(self) -> bool {
        self == Self::Required
    }

    fn is_hidden(self) -> bool {
        self == Self::Hidden
    }
}

/// A draft of this page, and what can be done with it.
#[derive(Clone, Debug)]
pub(crate) struct DraftOffer {
    pub(crate) at: Moment,
    /// Whether the page has changed since it was begun.
    pub(crate) outdated: bool,
    /// Whether the form holds it already.
    pub(crate) taken: bool,
    /// The form with the draft in it, and the draft beside the page.
    pub(crate) continue_href: String,
    pub(crate) compare_href: String,
    /// The page's path, and the anchor of the section or nothing.
    pub(crate) path: String,
    pub(crate) section: String,
    /// Where to go when it is thrown away.
    pub(crate) return_to: String,
}

impl EditForm<'_> {
    /// What follows `/edit` in the form's own address.
    fn query(&self) -> String {
        self.section.map(|section| format!("?section={}", section.encoded)).unwrap_or_default()
    }

    fn section_anchor(&self) -> &str {
        self.section.map_or("", |section| section.anchor)
    }

    /// Where Cancel leads.
    fn back_href(&self) -> String {
        match self.section {
            Some(section) => format!("{}#{}", self.frame.page_base(), section.encoded),
            None if self.base.is_empty() => "/".to_owned(),
            None => self.frame.page_base().to_owned(),
        }
    }
}

/// The form again, when someone else saved the page in the meantime.
#[derive(Template)]
#[template(path = "conflict.html")]
pub(crate) struct EditConflict<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) path: &'a str,
    /// What this person wrote: the whole page.
    pub(crate) mine: &'a str,
    /// What is stored now; none when the page was deleted in the meantime.
    pub(crate) theirs: Option<&'a str>,
    /// Who stored it, and when.
    pub(crate) their_change: Option<Change>,
    /// The revision that `mine` began with; empty when none.
    pub(crate) origin: &'a str,
    /// The revision of `theirs`, with which the next attempt will pass; empty when deleted.
    pub(crate) base: &'a str,
    pub(crate) message: &'a str,
    /// The places that somebody has to decide on; none when there are too many to show.
    pub(crate) clashes: Vec<ClashView>,
    /// Why the choices were not taken.
    pub(crate) problem: Option<&'a str>,
    pub(crate) drafting: &'a Drafting,
}

/// A place where two changes clash.
#[derive(Clone, Debug)]
pub(crate) struct ClashView {
    /// The name of its choice: `choice-0`.
    pub(crate) field: String,
    /// Counted from 1.
    pub(crate) number: usize,
    /// What stood there before; none when the texts have no common origin.
    pub(crate) before: Option<String>,
    /// Mine on the left, theirs on the right.
    pub(crate) rows: Vec<DiffRow>,
    pub(crate) mine_empty: bool,
    pub(crate) theirs_empty: bool,
    /// Which choice is marked: `mine`, `theirs`, `both` or nothing.
    pub(crate) chosen: String,
}

impl EditConflict<'_> {
    /// `Both of you changed 2 places`.
    fn places(&self) -> String {
        match self.clashes.len() {
            1 => "One place was changed by both of you".to_owned(),
            count => format!("{count} places were changed by both of you"),
        }
    }
}

/// A text that could not be saved because of who sent it: it stays here, to be sent again.
#[derive(Template)]
#[template(path = "held.html")]
pub(crate) struct Held<'a> {
    pub(crate) frame: Frame<'a>,
    /// The form's own address, to post to again.
    pub(crate) action: &'a str,
    pub(crate) path: &'a str,
    pub(crate) content: &'a str,
    pub(crate) base: &'a str,
    /// The section's anchor, or nothing.
    pub(crate) section: &'a str,
    pub(crate) message: &'a str,
    pub(crate) writer: &'a str,
    pub(crate) seen: &'a str,
}

/// A draft beside the page as it is.
#[derive(Template)]
#[template(path = "draft_compare.html")]
pub(crate) struct DraftCompare<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) name: &'a str,
    pub(crate) offer: DraftOffer,
    pub(crate) hunks: Vec<Vec<DiffRow>>,
    pub(crate) truncated: bool,
}

/// A person's drafts on a wiki.
#[derive(Template)]
#[template(path = "drafts.html")]
pub(crate) struct Drafts<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) rows: Vec<DraftRow>,
    /// Days after which one is given up, and how many one may have.
    pub(crate) days: i64,
    pub(crate) most: usize,
    /// The page whose draft had to go for a new one.
    pub(crate) given_up: Option<&'a str>,
}

/// A draft in a list.
#[derive(Clone, Debug)]
pub(crate) struct DraftRow {
    pub(crate) page: Link,
    /// The anchor of the section it is of.
    pub(crate) section: Option<String>,
    /// Whether the page is not there.
    pub(crate) missing: bool,
    pub(crate) size: String,
    pub(crate) offer: DraftOffer,
}
