//! What an owner decides about a wiki, as the management API reads and answers it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::SettingsBody;
use crate::http::api::ApiError;
use crate::model::{
    self, CustomCss, Description, MenuEntry, MenuItem, MessageTemplate, PreferenceError, Preferences, StartPage,
    TreeDepth,
};
use crate::wiki::{Settings, WikiError};

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident of $of:path { $($(#[$says:meta])* $variant:ident),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub(in crate::http) enum $name { $($(#[$says])* $variant),+ }

        impl From<$of> for $name {
            fn from(value: $of) -> Self {
                match value { $(<$of>::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $of {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => Self::$variant),+ }
            }
        }
    };
}

choice! {
    /// Which side of the bar in `[[one|other]]` is the page.
    LinkOrder of model::LinkOrder { LabelFirst, TargetFirst }
}
choice! {
    /// What the tree of pages beside a page holds, and in which order.
    TreeMode of model::TreeMode { Off, Sorted, FoldersFirst, FoldersOnly }
}
choice! {
    /// How much of the tree is open: the page's own branch and nothing else, everything folded
    /// up but for the way to the page, or everything.
    TreeFocus of model::TreeFocus { Branch, Folded, Open }
}
choice! {
    /// Whether a summary is asked for.
    MessagePolicy of model::MessageDemand { Optional, Required, Hidden }
}

/// The tree of pages beside a page.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Sidebar {
    tree: TreeMode,
    focus: TreeFocus,
    /// Levels that are shown at most, 1 to 10; null for all.
    depth: Option<u8>,
}

/// An entry of the menu; one without `to` is a divider.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct MenuRow {
    /// At most 100 characters; without one the name of the page, or the address.
    title: Option<String>,
    /// A page, an address that begins with `https://`, `http://` or `mailto:`, or one of the
    /// wiki that begins with `/-/`.
    to: Option<String>,
}

/// Where the name of a page that is not there leads.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RedirectRow {
    /// The name of a page, whose spellings all count.
    from: String,
    /// A page, or an address that begins with `https://` or `http://`.
    to: String,
}

/// What the owner of a wiki has decided about it.
#[derive(Serialize, JsonSchema)]
pub(in crate::http) struct WikiSettings {
    description: String,
    home_page: String,
    indexed: bool,
    link_order: LinkOrder,
    sidebar: Sidebar,
    menu: Vec<MenuRow>,
    message_policy: MessagePolicy,
    message_template: String,
    css: String,
    redirects: Vec<RedirectRow>,
}

impl From<&Preferences> for WikiSettings {
    fn from(preferences: &Preferences) -> Self {
        let entry = |entry: &MenuEntry| match entry {
            MenuEntry::Separator => MenuRow { title: None, to: None },
            MenuEntry::Item(item) => MenuRow { title: Some(item.title.clone()), to: Some(item.to.to_string()) },
        };
        let redirect =
            |redirect: &model::Redirect| RedirectRow { from: redirect.from.to_string(), to: redirect.to.to_string() };
        let sidebar = preferences.sidebar;
        Self {
            description: preferences.description.to_string(),
            home_page: preferences.start.to_string(),
            indexed: preferences.indexed,
            link_order: preferences.link_order.into(),
            sidebar: Sidebar {
                tree: sidebar.tree.into(),
                focus: sidebar.focus.into(),
                depth: sidebar.depth.map(TreeDepth::levels),
            },
            menu: preferences.menu.entries().iter().map(entry).collect(),
            message_policy: preferences.messages.demand.into(),
            message_template: preferences.messages.template.to_string(),
            css: preferences.css.to_string(),
            redirects: preferences.redirects.all().iter().map(redirect).collect(),
        }
    }
}

/// What a body asks for beside name, visibility and language; what is absent stays as it is in
/// `before`.
///
/// # Errors
/// 422 with the field that is wrong.
pub(super) fn wanted(body: SettingsBody, before: &Preferences) -> Result<Settings, ApiError> {
    parsed(body, before).map_err(|error| WikiError::from(error).into())
}

fn parsed(body: SettingsBody, before: &Preferences) -> Result<Settings, PreferenceError> {
    let sidebar = |sidebar: Sidebar| {
        let depth = sidebar.depth.map(TreeDepth::new).transpose()?;
        Ok(model::Sidebar { tree: sidebar.tree.into(), focus: sidebar.focus.into(), depth })
    };
    let mut messages = before.messages.clone();
    if let Some(demand) = body.message_policy {
        messages.demand = demand.into();
    }
    if let Some(template) = &body.message_template {
        messages.template = MessageTemplate::parse(template)?;
    }
    Ok(Settings {
        description: body.description.as_deref().map(Description::parse).transpose()?,
        start: body.home_page.as_deref().map(StartPage::parse).transpose()?,
        indexed: body.indexed,
        link_order: body.link_order.map(Into::into),
        sidebar: body.sidebar.map(sidebar).transpose()?,
        menu: body.menu.map(menu).transpose()?,
        messages: Some(messages),
        css: body.css.as_deref().map(CustomCss::parse).transpose()?,
        redirects: body.redirects.map(redirects).transpose()?,
        ..Settings::default()
    })
}

fn menu(rows: Vec<MenuRow>) -> Result<model::Menu, PreferenceError> {
    let entries = (1..).zip(rows).map(|(number, row)| match (row.title, row.to) {
        (None, None) => Ok(MenuEntry::Separator),
        (title, to) => {
            let item = MenuItem::new(title.as_deref().unwrap_or_default(), to.as_deref().unwrap_or_default());
            item.map(MenuEntry::Item).map_err(|error| numbered("menu", number, &error))
        }
    });
    model::Menu::new(entries.collect::<Result<_, _>>()?)
}

fn redirects(rows: Vec<RedirectRow>) -> Result<model::Redirects, PreferenceError> {
    let rows = (1..).zip(rows).map(|(number, row)| {
        model::Redirect::new(&row.from, &row.to).map_err(|error| numbered("redirects", number, &error))
    });
    model::Redirects::new(rows.collect::<Result<_, _>>()?)
}

fn numbered(field: &'static str, number: usize, error: &PreferenceError) -> PreferenceError {
    PreferenceError { field, problem: format!("entry {number}: {}", error.problem) }
}
