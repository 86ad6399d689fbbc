use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Longest component of a path, in bytes; leaves room for `.md` within a file system's 255.
const MAX_COMPONENT: usize = 200;
/// Longest path, in bytes.
const MAX_PATH: usize = 800;
/// Most components in a path.
const MAX_DEPTH: usize = 16;

/// Words that follow a page's path in the web UI and the REST API. A new page below
/// another may not end in one, so that the page and the verb never collide.
const VERBS: &[&str] = &[
    "attachment",
    "attachments",
    "blame",
    "delete",
    "diff",
    "draft",
    "edit",
    "frontmatter",
    "history",
    "preview",
    "rename",
    "revert",
    "save",
    "source",
    "view",
];

/// First components of a path below which other surfaces answer.
const SURFACES: &[&str] = &["-", "api", "repo.git", "static"];

/// A page: its file's path in the repository without `.md`, as it is stored.
///
/// Components are separated by single slashes, are in NFC, and are never empty, `.`, `..`,
/// `.git` in any spelling that a file system might fold to it, or hidden.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PagePath(String);

/// What all spellings of one page name have in common (design section 9): case, and
/// underscore or space, do not count.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FoldKey(String);

/// The name of an attached file, a single component that does not end in `.md`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AttachmentName(String);

/// An attached file: the page it belongs to and its name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AttachmentPath {
    pub page: PagePath,
    pub name: AttachmentName,
}

/// A file in a repository. Only a page or an attachment becomes one, so that every path
/// that reaches git has been checked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RepoPath(String);

/// Why a text is no path. The texts complete "path: ...".
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PathError {
    #[error("must not be empty")]
    Empty,
    #[error("must not contain '..' or '.' as a name")]
    Dots,
    #[error("must not contain '.git'")]
    Git,
    #[error("must not contain control characters")]
    Control,
    #[error("must not contain a backslash")]
    Backslash,
    #[error("must not contain percent-encoded dots or slashes")]
    Encoded,
    #[error("a name must not start with a dot")]
    Hidden,
    #[error("a name must not end with a dot")]
    TrailingDot,
    #[error("a name must not start or end with a space")]
    EdgeSpace,
    #[error("a name must be at most {MAX_COMPONENT} bytes")]
    ComponentTooLong,
    #[error("must be at most {MAX_PATH} bytes")]
    TooLong,
    #[error("must have at most {MAX_DEPTH} levels")]
    TooDeep,
    #[error("'{0}' is reserved here; choose another name")]
    Reserved(String),
    #[error("a name must not end in '.md'")]
    IsPage,
}

impl PagePath {
    /// Parses what a client names: repeated and outer slashes are dropped, a final `.md`
    /// is dropped, the rest is normalised to NFC and checked.
    ///
    /// # Errors
    /// The first rule that a component breaks.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let text = text.trim_end_matches('/');
        let text = text.strip_suffix(".md").unwrap_or(text);
        let mut path = String::with_capacity(text.len());
        let mut depth = 0;
        for component in text.split('/').filter(|c| !c.is_empty()) {
            let component: String = component.nfc().collect();
            check_component(&component)?;
            if component.len() > MAX_COMPONENT {
                return Err(PathError::ComponentTooLong);
            }
            depth += 1;
            if depth > 1 {
                path.push('/');
            }
            path.push_str(&component);
        }
        if depth == 0 {
            return Err(PathError::Empty);
        }
        if depth > MAX_DEPTH {
            return Err(PathError::TooDeep);
        }
        if path.len() > MAX_PATH {
            return Err(PathError::TooLong);
        }
        Ok(Self(path))
    }

    /// The page that a file of a repository holds; none when it is not Markdown or its
    /// name is one that this server refuses to serve.
    #[must_use]
    pub fn from_file(file: &str) -> Option<Self> {
        let stem = file.strip_suffix(".md")?;
        let path = Self::parse(file).ok()?;
        (path.0 == stem).then_some(path)
    }

    /// The spelling for a page that does not exist yet: spaces become underscores.
    ///
    /// # Errors
    /// When the name would collide with an address of the web UI or the API.
    pub fn for_new_page(&self) -> Result<Self, PathError> {
        let path = self.0.replace(' ', "_");
        let mut components = path.split('/');
        let first = components.next().unwrap_or_default();
        if SURFACES.contains(&first) || path == "mcp" || path == "health" {
            return Err(PathError::Reserved(first.to_owned()));
        }
        if path.rsplit('/').nth(1) == Some("attachments") && path.split('/').count() > 2 {
            return Err(PathError::Reserved("attachments".to_owned()));
        }
        if let Some(last) = components.next_back()
            && VERBS.contains(&last.to_lowercase().as_str())
        {
            return Err(PathError::Reserved(last.to_owned()));
        }
        Ok(Self(path))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component, as it is stored.
    #[must_use]
    pub fn leaf(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, leaf)| leaf)
    }

    /// The page above, if this is a sub-page.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    #[must_use]
    pub fn file(&self) -> RepoPath {
        RepoPath(format!("{}.md", self.0))
    }

    #[must_use]
    pub fn fold(&self) -> FoldKey {
        FoldKey(self.0.replace('_', " ").to_lowercase().nfc().collect())
    }
}

impl AttachmentName {
    /// # Errors
    /// When the text is more than one component, breaks a rule for components, or names a page.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let name: String = text.nfc().collect();
        if name.is_empty() {
            return Err(PathError::Empty);
        }
        if name.contains('/') {
            return Err(PathError::Encoded);
        }
        check_component(&name)?;
        if name.len() > MAX_COMPONENT {
            return Err(PathError::ComponentTooLong);
        }
        Ok(Self(name))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AttachmentPath {
    /// The attachment that a file of a repository is: any file that is not Markdown, in a
    /// directory that could belong to a page.
    #[must_use]
    pub fn from_file(file: &str) -> Option<Self> {
        let (page, name) = file.rsplit_once('/')?;
        let parsed = PagePath::parse(page).ok().filter(|p| p.as_str() == page)?;
        let name = AttachmentName::parse(name).ok().filter(|n| n.as_str() == name)?;
        Some(Self { page: parsed, name })
    }

    #[must_use]
    pub fn file(&self) -> RepoPath {
        RepoPath(format!("{}/{}", self.page, self.name))
    }
}

/// Hashes and compares as its text does.
impl std::borrow::Borrow<str> for FoldKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FoldKey {
    /// From what [`Self::as_str`] was.
    pub(crate) const fn of_folded(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RepoPath {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

/// A component as people read it: underscores are spaces.
#[must_use]
pub fn display_name(component: &str) -> String {
    component.replace('_', " ")
}

fn check_component(component: &str) -> Result<(), PathError> {
    if component == "." || component == ".." {
        return Err(PathError::Dots);
    }
    if component.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Err(PathError::Control);
    }
    if component.contains('\\') {
        return Err(PathError::Backslash);
    }
    let lower = component.to_lowercase();
    if lower == ".git" || lower == ".gitmodules" || lower.starts_with("git~") || lower.starts_with(".git:") {
        return Err(PathError::Git);
    }
    if ["%2e", "%2f", "%5c", "%00"].iter().any(|code| lower.contains(code)) {
        return Err(PathError::Encoded);
    }
    if component.starts_with(' ') || component.ends_with(' ') {
        return Err(PathError::EdgeSpace);
    }
    if component.starts_with('.') {
        return Err(PathError::Hidden);
    }
    if component.ends_with('.') {
        return Err(PathError::TrailingDot);
    }
    if component.ends_with(".md") {
        return Err(PathError::IsPage);
    }
    Ok(())
}

/// Characters that leave no mark or turn the text around them: a name with one could
/// pass for another, and some file systems drop them (git's `.git` protection lists them).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

macro_rules! text {
    ($type:ident) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
text!(PagePath);
text!(AttachmentName);
text!(RepoPath);
text!(FoldKey);

impl TryFrom<String> for PagePath {
    type Error = PathError;
    fn try_from(text: String) -> Result<Self, PathError> {
        Self::parse(&text)
    }
}

impl From<PagePath> for String {
    fn from(path: PagePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_names_are_refused() {
        for (text, error) in [
            ("", PathError::Empty),
            ("//", PathError::Empty),
            ("../secret", PathError::Dots),
            ("a/../b", PathError::Dots),
            ("a/./b", PathError::Dots),
            (".git/config", PathError::Git),
            ("a/.GIT/b", PathError::Git),
            ("git~1/x", PathError::Git),
            (".g\u{200c}it/x", PathError::Control),
            ("a\u{0}b", PathError::Control),
            ("a\nb", PathError::Control),
            ("a\u{7f}b", PathError::Control),
            ("a\\b", PathError::Backslash),
            ("%2e%2e/x", PathError::Encoded),
            ("a%2Fb", PathError::Encoded),
            (".hidden", PathError::Hidden),
            ("Page.", PathError::TrailingDot),
            (" a", PathError::EdgeSpace),
            ("a /b", PathError::EdgeSpace),
        ] {
            assert_eq!(PagePath::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(PagePath::parse(&"a".repeat(300)), Err(PathError::ComponentTooLong));
        assert_eq!(PagePath::parse(&vec!["a".repeat(90); 10].join("/")), Err(PathError::TooLong));
        assert_eq!(PagePath::parse(&["a"; 17].join("/")), Err(PathError::TooDeep));
        assert!(PagePath::parse(&["a"; 16].join("/")).is_ok());
    }

    #[test]
    fn friendly_names_are_kept_as_they_are() {
        for text in
            ["Home", "New_York", "caf\u{e9}/\u{1f600} notes", "What?", "a..b", "v1.0", "100%", "C#", "-rf", "a*"]
        {
            assert_eq!(PagePath::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(PagePath::parse("/a//b/").unwrap().as_str(), "a/b");
        assert_eq!(PagePath::parse("a/b.md").unwrap().as_str(), "a/b");
        assert_eq!(PagePath::parse("cafe\u{301}").unwrap().as_str(), "caf\u{e9}");
    }

    #[test]
    fn spellings_fold_to_one_page() {
        let keys = ["New York", "New_York", "new_york", "NEW york"].map(|t| PagePath::parse(t).unwrap().fold());
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(PagePath::parse("New York").unwrap().for_new_page().unwrap().as_str(), "New_York");
    }

    #[test]
    fn a_new_page_may_not_take_an_address_of_the_product() {
        for text in [
            "a/edit",
            "a/History",
            "a/b/attachments",
            "a/attachments/b",
            "-",
            "-/x",
            "mcp",
            "api",
            "api/v1/pages",
            "api/guide",
            "static/x",
            "health",
            "repo.git/info/refs",
        ] {
            let path = PagePath::parse(text).unwrap();
            assert!(matches!(path.for_new_page(), Err(PathError::Reserved(_))), "{text:?}");
        }
        for text in ["history", "edit", "MCP", "mcp/clients", "API/guide", "Health", "attachments/b", "a/api"] {
            assert!(PagePath::parse(text).unwrap().for_new_page().is_ok(), "{text:?}");
        }
    }

    #[test]
    fn attachments_are_single_files_that_are_no_pages() {
        assert!(AttachmentName::parse("my report (1).pdf").is_ok());
        assert_eq!(AttachmentName::parse("x.md"), Err(PathError::IsPage));
        assert_eq!(AttachmentName::parse(".."), Err(PathError::Dots));
        assert_eq!(AttachmentName::parse(""), Err(PathError::Empty));
        assert!(AttachmentName::parse("a/b").is_err());
        let path = AttachmentPath::from_file("guide/set up/a b.png").unwrap();
        assert_eq!((path.page.as_str(), path.name.as_str()), ("guide/set up", "a b.png"));
        assert_eq!(AttachmentPath::from_file("top.png"), None);
        assert_eq!(AttachmentPath::from_file("guide/page.md"), None);
    }

    proptest! {
        #[test]
        fn a_parsed_path_parses_to_itself_and_names_one_file_below_the_root(text in "\\PC{0,60}") {
            if let Ok(path) = PagePath::parse(&text) {
                prop_assert_eq!(PagePath::parse(path.as_str()), Ok(path.clone()));
                let file = path.file();
                prop_assert!(!file.as_str().starts_with('/'));
                prop_assert!(file.components().all(|c| !c.is_empty() && c != "." && c != ".."));
                prop_assert_eq!(PagePath::from_file(file.as_str()), Some(path));
            }
        }
    }
}
