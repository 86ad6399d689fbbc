//! The settings of a wiki.

use askama::Template;

use super::{BrokenRow, Frame, Link, Moment};

/// The pages of the settings: last part of the address, and what it is called.
const PAGES: [(&str, &str); 9] = [
    ("general", "General"),
    ("reading", "Reading"),
    ("writing", "Writing"),
    ("appearance", "Appearance"),
    ("redirects", "Redirects"),
    ("people", "People"),
    ("tokens", "Tokens"),
    ("housekeeping", "Housekeeping"),
    ("danger", "Danger zone"),
];

/// Which page of the settings is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SettingsNav {
    at: &'static str,
}

impl SettingsNav {
    pub(crate) const fn at(at: &'static str) -> Self {
        Self { at }
    }

    /// Where the forms of the page post to.
    fn action(&self) -> String {
        format!("/-/settings/{}", self.at)
    }

    /// Address, name, and whether it is shown now.
    fn pages(&self) -> impl Iterator<Item = (String, &'static str, bool)> {
        let at = self.at;
        PAGES.iter().map(move |(page, name)| (format!("/-/settings/{page}"), *name, *page == at))
    }
}

/// Settings that are one form. Posts to its own address.
#[derive(Template)]
#[template(path = "settings_form.html")]
pub(crate) struct SettingsForm<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) nav: SettingsNav,
    pub(crate) fields: Vec<SettingsField>,
    /// Whether it was just saved.
    pub(crate) saved: bool,
    /// What to know beside: that something is still going on.
    pub(crate) note: Option<&'a str>,
    /// Why nothing was saved.
    pub(crate) problem: Option<&'a str>,
}

/// A field of a form, with what was stored or typed.
#[derive(Clone, Debug)]
pub(crate) struct SettingsField {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// Possibly empty.
    pub(crate) help: &'static str,
    pub(crate) value: String,
    pub(crate) kind: FieldKind,
    /// What is wrong with the value.
    pub(crate) problem: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum FieldKind {
    Line {
        longest: usize,
    },
    Area {
        rows: u8,
        code: bool,
    },
    Choice(Vec<FieldOption>),
    Select(Vec<FieldOption>),
    /// Ticked, its value is `yes`.
    Tick,
}

/// One of several values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldOption {
    pub(crate) value: &'static str,
    pub(crate) label: &'static str,
    /// Possibly empty.
    pub(crate) help: &'static str,
}

impl SettingsField {
    /// The elements that describe the field, for `aria-describedby`; empty for none.
    fn described_by(&self) -> String {
        let help = (!self.help.is_empty()).then(|| format!("{}-help", self.name));
        let problem = self.problem.is_some().then(|| format!("{}-problem", self.name));
        [problem, help].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Who is something on a wiki.
#[derive(Template)]
#[template(path = "settings_people.html")]
pub(crate) struct SettingsPeople<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) nav: SettingsNav,
    pub(crate) people: Vec<PersonRow>,
    /// What the fields to add somebody hold.
    pub(crate) typed: &'a str,
    pub(crate) role: &'a str,
    pub(crate) saved: bool,
    pub(crate) problem: Option<&'a str>,
}

#[derive(Clone, Debug)]
pub(crate) struct PersonRow {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `viewer`, `editor`, `owner`.
    pub(crate) role: String,
    /// Cannot be removed or made something else.
    pub(crate) last_owner: bool,
}

/// The roles by name, and what they mean.
const ROLES: [(&str, &str); 3] = [("viewer", "Viewer"), ("editor", "Editor"), ("owner", "Owner")];

/// The tokens of a wiki.
#[derive(Template)]
#[template(path = "settings_tokens.html")]
pub(crate) struct SettingsTokens<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) nav: SettingsNav,
    pub(crate) tokens: Vec<TokenRow>,
    pub(crate) made: Option<NewTokenShown<'a>>,
    /// What the fields for a new one hold.
    pub(crate) name: &'a str,
    pub(crate) writes: bool,
    pub(crate) days: &'a str,
    pub(crate) revoked: bool,
    pub(crate) problem: Option<&'a str>,
}

#[derive(Clone, Debug)]
pub(crate) struct TokenRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) writes: bool,
    pub(crate) created: Moment,
    pub(crate) expires: Option<Moment>,
    /// Whether it is of no use any more.
    pub(crate) ended: bool,
}

/// A token that was just made, this once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewTokenShown<'a> {
    pub(crate) secret: &'a str,
    /// The wiki's address without a final slash.
    pub(crate) base: &'a str,
}

/// What there is to tidy up.
#[derive(Template)]
#[template(path = "settings_housekeeping.html")]
pub(crate) struct SettingsHousekeeping<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) nav: SettingsNav,
    /// Path, and link.
    pub(crate) empty: Vec<(String, Link)>,
    pub(crate) more_empty: usize,
    pub(crate) broken: Vec<BrokenRow>,
    pub(crate) more_broken: usize,
    pub(crate) orphans: Vec<Link>,
    pub(crate) more_orphans: usize,
    /// How many pages were just deleted.
    pub(crate) deleted: Option<usize>,
}

/// Where a wiki ends.
#[derive(Template)]
#[template(path = "settings_danger.html")]
pub(crate) struct SettingsDanger<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) nav: SettingsNav,
    pub(crate) slug: &'a str,
    pub(crate) pages: u64,
    /// For people.
    pub(crate) size: &'a str,
    pub(crate) typed: &'a str,
    pub(crate) problem: Option<&'a str>,
}
