use std::fmt;

use serde::{Deserialize, Serialize};

use super::{PreferenceError, by_text};
use crate::model::PagePath;

/// What a wiki is about: one line of at most 300 characters, or nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Description(String);

impl Description {
    pub const LONGEST: usize = 300;

    /// White space in a row becomes one space.
    ///
    /// # Errors
    /// When it is too long or holds control characters.
    pub fn parse(text: &str) -> Result<Self, PreferenceError> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().count() > Self::LONGEST {
            return Err(PreferenceError::too_long("description", Self::LONGEST));
        }
        if text.chars().any(char::is_control) {
            return Err(PreferenceError::new("description", "must not contain control characters"));
        }
        Ok(Self(text))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The style sheet that an owner wrote for the pages' texts, as it was typed. What of it is
/// served is decided by `markdown::custom_css`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomCss(String);

impl CustomCss {
    /// Bytes.
    pub const LONGEST: usize = 32 << 10;

    /// # Errors
    /// When it is too long or holds a NUL character.
    pub fn parse(text: &str) -> Result<Self, PreferenceError> {
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        if text.len() > Self::LONGEST {
            let problem = format!("is too large: the limit is {} bytes", Self::LONGEST);
            return Err(PreferenceError::new("css", problem));
        }
        if text.contains('\0') {
            return Err(PreferenceError::new("css", "must not contain NUL characters"));
        }
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What the bare address of a wiki shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum StartPage {
    Page(PagePath),
    Changelog,
    Index,
}

impl StartPage {
    const CHANGELOG: &'static str = "/-/changelog";
    const INDEX: &'static str = "/-/index";
    const DEFAULT: &'static str = "Home";

    /// Reads a page's path, `/-/changelog` or `/-/index`; nothing is the page `Home`.
    ///
    /// # Errors
    /// When it is no path.
    pub fn parse(text: &str) -> Result<Self, PreferenceError> {
        let refused = |problem: String| PreferenceError::new("home_page", problem);
        match text.trim() {
            Self::CHANGELOG => Ok(Self::Changelog),
            Self::INDEX => Ok(Self::Index),
            text if text.starts_with("/-/") => {
                Err(refused(format!("must be a page, {} or {}", Self::CHANGELOG, Self::INDEX)))
            }
            text => {
                let text = if text.is_empty() { Self::DEFAULT } else { text };
                PagePath::parse(text).map(Self::Page).map_err(|cause| refused(format!("is no name of a page: {cause}")))
            }
        }
    }
}

impl Default for StartPage {
    fn default() -> Self {
        // The name is one, as a test says.
        Self::parse(Self::DEFAULT).unwrap_or(Self::Index)
    }
}

impl fmt::Display for StartPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(page) => page.fmt(f),
            Self::Changelog => f.write_str(Self::CHANGELOG),
            Self::Index => f.write_str(Self::INDEX),
        }
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for CustomCss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

by_text!(Description);
by_text!(CustomCss);
by_text!(StartPage);
