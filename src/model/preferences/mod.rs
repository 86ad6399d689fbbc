//! How the owner of a wiki wants it. Every value has been checked; the texts of
//! [`PreferenceError`] say which field breaks which rule.

mod destination;
mod menu;
mod messages;
mod redirects;
mod sidebar;
mod texts;

use serde::{Deserialize, Serialize};

pub use destination::{Destination, WebAddress};
pub use menu::{Menu, MenuEntry, MenuItem};
pub use messages::{MessageDemand, MessagePolicy, MessageTemplate};
pub use redirects::{Redirect, RedirectTarget, Redirects};
pub use sidebar::{Sidebar, TreeDepth, TreeFocus, TreeMode};
pub use texts::{CustomCss, Description, StartPage};

/// Everything about a wiki that its owner can choose, beside its name, who may read it and
/// its language. A wiki that nobody has set anything on has the default of each.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// What the wiki is about, for search engines, feeds and previews of links.
    pub description: Description,
    /// What the bare address of the wiki shows.
    pub start: StartPage,
    /// Whether search engines may list what everybody may read.
    pub indexed: bool,
    pub link_order: LinkOrder,
    pub sidebar: Sidebar,
    pub menu: Menu,
    pub messages: MessagePolicy,
    pub css: CustomCss,
    pub redirects: Redirects,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            description: Description::default(),
            start: StartPage::default(),
            indexed: true,
            link_order: LinkOrder::default(),
            sidebar: Sidebar::default(),
            menu: Menu::default(),
            messages: MessagePolicy::default(),
            css: CustomCss::default(),
            redirects: Redirects::default(),
        }
    }
}

/// Which side of the bar in `[[one|other]]` is the page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkOrder {
    /// `[[Label|Target]]`, as Otterwiki has it.
    #[default]
    LabelFirst,
    /// `[[Target|Label]]`, as MediaWiki and Obsidian have it.
    TargetFirst,
}

/// Why a text is no such preference.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field} {problem}")]
pub struct PreferenceError {
    /// As the management API names it; the forms find theirs by it.
    pub field: &'static str,
    pub problem: String,
}

impl PreferenceError {
    fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }

    fn too_long(field: &'static str, most: usize) -> Self {
        Self::new(field, format!("must be at most {most} characters"))
    }
}

/// An enumeration whose values have names: in records, in the management API and in forms.
macro_rules! named {
    ($type:ident, $field:literal, $($variant:ident = $name:literal),+) => {
        impl $type {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Finds a value by its name.
            ///
            /// # Errors
            /// With the names that there are.
            pub fn parse(name: &str) -> Result<Self, crate::model::PreferenceError> {
                Self::ALL.iter().copied().find(|known| known.as_str() == name.trim()).ok_or_else(|| {
                    let problem = format!("must be one of {}", [$($name),+].join(", "));
                    crate::model::PreferenceError { field: $field, problem }
                })
            }
        }
    };
}
use named;

named!(LinkOrder, "link_order", LabelFirst = "label_first", TargetFirst = "target_first");

/// Serde by the text of a value, through its `parse`.
macro_rules! by_text {
    ($type:ident) => {
        impl TryFrom<String> for $type {
            type Error = crate::model::PreferenceError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    };
}
use by_text;

#[cfg(test)]
mod tests;
