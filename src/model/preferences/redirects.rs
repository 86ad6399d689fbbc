use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::destination::shortened;
use super::{PreferenceError, WebAddress, by_text};
use crate::model::{FoldKey, PagePath};

/// Where the addresses of pages that are not there lead: at most 500.
///
/// As text it is one a line: `Old page -> New page` or `Old page -> https://…`. No name is
/// given twice in any spelling, and following them from name to name comes to an end.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Redirect>", into = "Vec<Redirect>")]
pub struct Redirects(Vec<Redirect>);

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Redirect {
    pub from: PagePath,
    pub to: RedirectTarget,
}

/// Where a redirect leads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RedirectTarget {
    Page(PagePath),
    Web(WebAddress),
}

impl Redirects {
    pub const MOST: usize = 500;
    const FIELD: &'static str = "redirects";

    /// # Errors
    /// When there are too many, a name is given twice, or they lead in a circle.
    pub fn new(redirects: Vec<Redirect>) -> Result<Self, PreferenceError> {
        let refused = |problem: String| Err(PreferenceError::new(Self::FIELD, problem));
        if redirects.len() > Self::MOST {
            return refused(format!("must be at most {}", Self::MOST));
        }
        let mut by_name: HashMap<FoldKey, &Redirect> = HashMap::with_capacity(redirects.len());
        for redirect in &redirects {
            if redirect.from.as_str().contains("->") {
                return refused("cannot begin at a name with '->' in it".to_owned());
            }
            if by_name.insert(redirect.from.fold(), redirect).is_some() {
                return refused(format!("name '{}' twice", shortened(redirect.from.as_str())));
            }
        }
        for redirect in &redirects {
            let mut seen = HashSet::from([redirect.from.fold()]);
            let mut at = redirect;
            while let RedirectTarget::Page(page) = &at.to {
                let key = page.fold();
                if seen.contains(&key) {
                    return refused(format!("lead in a circle from '{}'", shortened(redirect.from.as_str())));
                }
                let Some(next) = by_name.get(&key) else { break };
                at = next;
                seen.insert(key);
            }
        }
        Ok(Self(redirects))
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// With the line that is wrong.
    pub fn parse(text: &str) -> Result<Self, PreferenceError> {
        let mut redirects = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            let refused = |problem: String| PreferenceError::new(Self::FIELD, format!("line {number}: {problem}"));
            let (from, to) = line
                .split_once("->")
                .ok_or_else(|| refused(format!("'{}' has no '->' in it", shortened(line.trim()))))?;
            redirects.push(Redirect::new(from, to).map_err(|error| refused(error.problem))?);
        }
        Self::new(redirects)
    }

    /// Where a name leads, by any of its spellings.
    #[must_use]
    pub fn get(&self, page: &PagePath) -> Option<&RedirectTarget> {
        if self.0.is_empty() {
            return None;
        }
        let key = page.fold();
        self.0.iter().find(|redirect| redirect.from.fold() == key).map(|redirect| &redirect.to)
    }

    #[must_use]
    pub fn all(&self) -> &[Redirect] {
        &self.0
    }
}

impl Redirect {
    /// # Errors
    /// When one of them is no place.
    pub fn new(from: &str, to: &str) -> Result<Self, PreferenceError> {
        let from = PagePath::parse(from.trim()).map_err(|cause| {
            PreferenceError::new(
                Redirects::FIELD,
                format!("'{}' is no name of a page: {cause}", shortened(from.trim())),
            )
        })?;
        Ok(Self { from, to: RedirectTarget::parse(to)? })
    }
}

impl RedirectTarget {
    /// # Errors
    /// When it is neither a page nor an address that begins with `http://` or `https://`.
    pub fn parse(text: &str) -> Result<Self, PreferenceError> {
        let text = text.trim();
        let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        if lower.starts_with("http:") || lower.starts_with("https:") {
            return WebAddress::parse(text).map(Self::Web);
        }
        let refused =
            |problem: String| PreferenceError::new(Redirects::FIELD, format!("'{}' {problem}", shortened(text)));
        if text.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//")) {
            return Err(refused("must be a page, http://… or https://…".to_owned()));
        }
        PagePath::parse(text).map(Self::Page).map_err(|cause| refused(format!("is no name of a page: {cause}")))
    }
}

impl fmt::Display for RedirectTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(page) => page.fmt(f),
            Self::Web(address) => address.fmt(f),
        }
    }
}

impl fmt::Display for Redirects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|redirect| writeln!(f, "{} -> {}", redirect.from, redirect.to))
    }
}

by_text!(RedirectTarget);

impl TryFrom<Vec<Redirect>> for Redirects {
    type Error = PreferenceError;
    fn try_from(redirects: Vec<Redirect>) -> Result<Self, PreferenceError> {
        Self::new(redirects)
    }
}

impl From<Redirects> for Vec<Redirect> {
    fn from(redirects: Redirects) -> Self {
        redirects.0
    }
}
