use std::fmt;

use serde::{Deserialize, Serialize};

use super::destination::shortened;
use super::{Destination, PreferenceError};
use crate::model::display_name;

/// An owner's own entries of the sidebar: at most 50, in their order.
///
/// As text it is one entry a line: `Title | where it leads`, a place alone, or `---`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<MenuEntry>", into = "Vec<MenuEntry>")]
pub struct Menu(Vec<MenuEntry>);

/// One line of a menu.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MenuEntry {
    Item(MenuItem),
    Separator,
}

/// A link of a menu.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MenuItem {
    /// 1 to 100 characters.
    pub title: String,
    pub to: Destination,
}

impl Menu {
    pub const MOST: usize = 50;
    const LONGEST_TITLE: usize = 100;
    const FIELD: &'static str = "menu";

    /// # Errors
    /// When there are too many.
    pub fn new(entries: Vec<MenuEntry>) -> Result<Self, PreferenceError> {
        if entries.len() > Self::MOST {
            return Err(PreferenceError::new(Self::FIELD, format!("must have at most {} entries", Self::MOST)));
        }
        Ok(Self(entries))
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// With the line that is wrong.
    pub fn parse(text: &str) -> Result<Self, PreferenceError> {
        let mut entries = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let refused = |problem: String| PreferenceError::new(Self::FIELD, format!("line {number}: {problem}"));
            entries.push(if line.bytes().all(|b| b == b'-') && line.len() >= 3 {
                MenuEntry::Separator
            } else {
                let (title, to) = line.split_once('|').unwrap_or(("", line));
                MenuEntry::Item(MenuItem::new(title, to).map_err(|error| refused(named(&error)))?)
            });
        }
        Self::new(entries)
    }

    #[must_use]
    pub fn entries(&self) -> &[MenuEntry] {
        &self.0
    }
}

/// What is wrong with an entry: what leads nowhere is quoted, and needs no name beside.
fn named(error: &PreferenceError) -> String {
    if error.field == "link" { error.problem.clone() } else { error.to_string() }
}

impl MenuItem {
    /// Without a title it takes the page's name, or the address.
    ///
    /// # Errors
    /// When the title is too long or the place is none.
    pub fn new(title: &str, to: &str) -> Result<Self, PreferenceError> {
        let to = Destination::parse(to)?;
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let title = match (one_line(title), &to) {
            (given, _) if !given.is_empty() => given,
            (_, Destination::Page(page)) => one_line(&display_name(page.leaf())),
            (_, other) => shortened(&other.to_string()),
        };
        // A page may be named by underscores alone.
        let title = if title.is_empty() { to.to_string() } else { title };
        if title.chars().count() > Menu::LONGEST_TITLE {
            return Err(PreferenceError::new("a title", format!("must be at most {} characters", Menu::LONGEST_TITLE)));
        }
        if title.contains('|') || title.chars().any(char::is_control) {
            return Err(PreferenceError::new("a title", "must not contain '|' or control characters"));
        }
        Ok(Self { title, to })
    }
}

impl fmt::Display for Menu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.0 {
            match entry {
                MenuEntry::Separator => writeln!(f, "---")?,
                MenuEntry::Item(item) => writeln!(f, "{} | {}", item.title, item.to)?,
            }
        }
        Ok(())
    }
}

impl TryFrom<Vec<MenuEntry>> for Menu {
    type Error = PreferenceError;
    fn try_from(entries: Vec<MenuEntry>) -> Result<Self, PreferenceError> {
        Self::new(entries)
    }
}

impl From<Menu> for Vec<MenuEntry> {
    fn from(menu: Menu) -> Self {
        menu.0
    }
}
