use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::archive::Archive;
use super::embedded::SiteSources;
use super::names::SafeNames;
use super::page::{SiteFrame, SitePage, html, list};
use super::{ExportError, Exported, REPORTED};
use crate::markdown::{self, Address, LinkOrder, RenderContext};
use crate::model::{AttachmentPath, FoldKey, PagePath, StartPage, display_name};
use crate::repo::{self, BlobId, Snapshot};

/// The style of the wiki itself, whose classes the pages use.
const STYLE: &str =
    concat!(include_str!("../../../web/assets/app.css"), "\n", include_str!("../../../web/assets/embeds.css"));
/// The site's own files; no page gets one of these.
const STYLE_FILE: &str = "_site/style.css";
const ALL_FILE: &str = "_site/pages.html";
const INDEX_FILE: &str = "index.html";

const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// The pages and files of the wiki, and where each goes.
pub(super) struct Site {
    /// How links are read.
    pub(super) order: LinkOrder,
    pub(super) pages: BTreeMap<PagePath, Place>,
    /// The page that a spelling means.
    folded: HashMap<FoldKey, PagePath>,
    /// By page and name.
    pub(super) files: BTreeMap<PagePath, BTreeMap<String, Place>>,
}

pub(super) struct Place {
    pub(super) blob: BlobId,
    file: String,
}

/// Pages as HTML, their attachments, a list of all, and the style: nothing needs a server or a script.
pub(super) fn write(
    exported: &Exported<'_>,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(&str),
) -> Result<(), ExportError> {
    let snapshot = exported.wiki.repo().at(exported.tip)?.ok_or(ExportError::Empty)?;
    let site = Site::of(&snapshot, exported.wiki.known().order())?;
    let day = jiff::Timestamp::from_second(exported.time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let exported_as = format!("{} at {}", day.strftime("%-d %B %Y"), exported.tip.short());
    let frame = SiteFrame { wiki: exported.name.as_str(), exported: exported_as };
    let mut archive = Archive::begin(out, exported.time);
    archive.add(STYLE_FILE, STYLE.as_bytes())?;
    archive.add(ALL_FILE, site.all(&frame).as_bytes())?;
    let home = match &exported.wiki.preferences().start {
        StartPage::Page(page) => site.find(page).cloned(),
        StartPage::Changelog | StartPage::Index => None,
    };
    let index = match &home {
        Some(home) => site.page(&snapshot, &frame, home, INDEX_FILE)?,
        None => site.list(&frame, INDEX_FILE, frame.wiki),
    };
    archive.add(INDEX_FILE, index.as_bytes())?;
    for (done, (page, place)) in site.pages.iter().enumerate() {
        if done > 0 && done.is_multiple_of(REPORTED / 10) {
            progress(&format!("{done} of {} pages", site.pages.len()));
        }
        archive.add(&place.file, site.page(&snapshot, &frame, page, &place.file)?.as_bytes())?;
    }
    for place in site.files.values().flat_map(BTreeMap::values) {
        match snapshot.blob(place.blob) {
            Ok(bytes) => archive.add(&place.file, &bytes)?,
            Err(repo::Error::TooLarge { .. }) => progress(&format!("left out, too large: {}", place.file)),
            Err(error) => return Err(error.into()),
        }
    }
    archive.finish(&format!("{} at {}", exported.name, exported.tip))
}

impl Site {
    fn of(snapshot: &Snapshot, order: LinkOrder) -> Result<Self, ExportError> {
        let mut names = SafeNames::default();
        for own in [INDEX_FILE, "_site", STYLE_FILE, ALL_FILE] {
            names.reserve(own);
        }
        let mut site = Self { order, pages: BTreeMap::new(), folded: HashMap::new(), files: BTreeMap::new() };
        for file in snapshot.files()? {
            if let Some(page) = PagePath::from_file(&file.path) {
                let place = Place { blob: file.blob, file: names.give(&format!("{page}.html")) };
                site.folded.entry(page.fold()).or_insert_with(|| page.clone());
                site.pages.insert(page, place);
            } else if let Some(path) = AttachmentPath::from_file(&file.path) {
                let place = Place { blob: file.blob, file: names.give(&file.path) };
                site.files.entry(path.page).or_default().insert(path.name.to_string(), place);
            }
        }
        Ok(site)
    }

    fn find(&self, path: &PagePath) -> Option<&PagePath> {
        self.pages.get_key_value(path).map(|(page, _)| page).or_else(|| self.folded.get(&path.fold()))
    }

    /// A page as it stands in the file `at`.
    fn page(
        &self,
        snapshot: &Snapshot,
        frame: &SiteFrame<'_>,
        path: &PagePath,
        at: &str,
    ) -> Result<String, ExportError> {
        let Some(place) = self.pages.get(path) else { return Err(ExportError::Empty) };
        let bytes = match snapshot.blob(place.blob) {
            Err(repo::Error::TooLarge { .. }) => b"This page was too large to export.".to_vec(),
            other => other?,
        };
        let text = String::from_utf8_lossy(&bytes);
        let find_page = |target: &str| self.find(&PagePath::parse(target).ok()?).cloned();
        let sources = SiteSources { site: self, snapshot };
        let context = RenderContext { page: path, order: self.order, find_page: &find_page, sources: &sources };
        let rendered = markdown::render(&text, &context);
        let body = markdown::change_addresses(&rendered.html, &|address| self.address(address, at));
        let name = display_name(path.leaf());
        let opens_with_title = rendered.contents.first().is_some_and(|heading| heading.level == 1);
        let mut above = Vec::new();
        let mut parent = path.parent();
        while let Some(page) = parent {
            let href = self.pages.get(&page).map(|place| relative(at, &place.file));
            above.push((display_name(page.leaf()), href));
            parent = page.parent();
        }
        above.reverse();
        let mut files = Vec::new();
        for (name, place) in self.files.get(path).into_iter().flatten() {
            files.push((name.clone(), relative(at, &place.file), snapshot.size(place.blob)?));
        }
        Ok(html(
            frame,
            &SitePage {
                title: rendered.title.as_deref().unwrap_or(&name),
                heading: (!opens_with_title).then_some(name.as_str()),
                above,
                body: &body,
                files,
                ..Self::own(at)
            },
        ))
    }

    /// The list of all pages.
    fn all(&self, frame: &SiteFrame<'_>) -> String {
        self.list(frame, ALL_FILE, "All pages")
    }

    fn list(&self, frame: &SiteFrame<'_>, at: &str, title: &str) -> String {
        let pages: Vec<(&str, String)> =
            self.pages.iter().map(|(page, place)| (page.as_str(), relative(at, &place.file))).collect();
        html(frame, &SitePage { title, heading: Some(title), body: &list(&pages), ..Self::own(at) })
    }

    /// What pages have in common, seen from the file `at`.
    fn own<'a>(at: &str) -> SitePage<'a> {
        SitePage {
            title: "",
            heading: None,
            style_href: relative(at, STYLE_FILE),
            home_href: relative(at, INDEX_FILE),
            all_href: relative(at, ALL_FILE),
            above: Vec::new(),
            body: "",
            files: Vec::new(),
        }
    }

    /// What an address of the wiki is on the site, seen from the file `at`.
    fn address(&self, address: &str, at: &str) -> Address {
        let Some(path) = address.strip_prefix('/').filter(|rest| !rest.starts_with(['/', '\\'])) else {
            return Address::Kept;
        };
        let (path, rest) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
        let fragment = rest.find('#').and_then(|at| rest.get(at..)).unwrap_or_default();
        let Ok(path) = percent_decode_str(path).decode_utf8() else { return Address::Gone };
        match self.file_of(&path) {
            Some(file) => Address::Changed(format!("{}{fragment}", relative(at, file))),
            None => Address::Gone,
        }
    }

    /// The file of the site that a path of the wiki means: an attachment, or else a page.
    fn file_of(&self, path: &str) -> Option<&str> {
        if path.is_empty() {
            return Some(INDEX_FILE);
        }
        let page = || self.pages.get(self.find(&PagePath::parse(path).ok()?)?);
        self.attachment(path).or_else(page).map(|place| place.file.as_str())
    }

    /// The attachment that a path of the wiki means.
    pub(super) fn attachment(&self, path: &str) -> Option<&Place> {
        let named = AttachmentPath::from_file(path)?;
        // Pages that come from Otterwiki name their files `/Page/a/file`.
        let short = named.page.as_str().strip_suffix("/a").and_then(|page| PagePath::parse(page).ok());
        [Some(&named.page), short.as_ref()].into_iter().flatten().find_map(|page| {
            let pages = [Some(page), self.find(page)];
            pages.into_iter().flatten().find_map(|page| self.files.get(page)?.get(named.name.as_str()))
        })
    }
}

/// The address of a file of the site, seen from another.
fn relative(from: &str, to: &str) -> String {
    let from: Vec<&str> = from.split('/').collect();
    let target: Vec<&str> = to.split('/').collect();
    let most = from.len().min(target.len()).saturating_sub(1);
    let shared = from.iter().zip(&target).take(most).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(from.len() - 1 - shared);
    let down = target.get(shared..).unwrap_or_default().join("/");
    format!("{up}{}", utf8_percent_encode(&down, PATH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_from_file_to_file() {
        for (from, to, expected) in [
            ("index.html", "A.html", "A.html"),
            ("A/B.html", "A/C d.html", "C%20d.html"),
            ("A/B.html", "A.html", "../A.html"),
            ("A/B.html", "A/B/x.png", "B/x.png"),
            ("A/B/C.html", "D/E.html", "../../D/E.html"),
            ("_site/pages.html", "index.html", "../index.html"),
        ] {
            assert_eq!(relative(from, to), expected, "{from} -> {to}");
        }
    }
}
