//! A page's text with its links as this wiki means them.

use std::ops::Range;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::ImportKind;
use super::obsidian;
use super::resolve::{Tree, fold};
use crate::markdown::{self, Link, LinkKind, LinkOrder, Wikilink};
use crate::model::{AttachmentPath, PagePath};

const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');
/// What would end a wikilink's target or be misread in it.
const WIKILINK: &AsciiSet =
    &CONTROLS.add(b'#').add(b'%').add(b'|').add(b'[').add(b']').add(b'\\').add(b'<').add(b'>').add(b'`');

/// Where a file of the source is in the wiki.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Destination {
    Page(PagePath),
    File(AttachmentPath),
    /// It is not imported.
    Nowhere,
}

/// What is needed to convert pages of one source.
pub(super) struct Conversion<'c> {
    pub(super) kind: ImportKind,
    pub(super) tree: &'c Tree,
    /// By file of the source.
    pub(super) destinations: &'c [Destination],
    /// How wikilinks are written in the source, and how in the wiki.
    pub(super) from: LinkOrder,
    pub(super) to: LinkOrder,
    /// The page that a path from the top finds in the wiki afterwards.
    pub(super) finds: &'c dyn Fn(&str) -> Option<PagePath>,
}

/// What was met that does not carry over as it was.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Losses {
    /// Notes shown within another, which became links.
    pub(super) embedded: usize,
    /// Sizes of pictures.
    pub(super) sizes: usize,
    /// Links to a paragraph within a note.
    pub(super) blocks: usize,
}

/// The links of a page in the source, as files of the source: whatever it leads to.
pub(super) fn targets(tree: &Tree, at: usize, text: &str, order: LinkOrder) -> Vec<usize> {
    let mut found: Vec<usize> =
        wikilinks(text, order).iter().filter_map(|link| tree.wikilink(&link.target, at)).collect();
    let others = markdown::links(text, order).into_iter().filter(|link| link.kind != LinkKind::Wikilink);
    found.extend(others.filter(|link| !link.target.is_empty()).filter_map(|link| tree.link(&link.target, at)));
    found
}

/// How many links with a label find something when the page is read in this order.
pub(super) fn labelled_hits(tree: &Tree, at: usize, text: &str, order: LinkOrder) -> usize {
    let links = wikilinks(text, order);
    links.iter().filter(|link| link.label.is_some() && tree.wikilink(&link.target, at).is_some()).count()
}

/// The wikilinks of a text and those that embed something: a parser takes the mark before those for
/// the beginning of a picture.
fn wikilinks(text: &str, order: LinkOrder) -> Vec<Wikilink> {
    markdown::wikilinks(&text.replace("![[", ".[["), order)
}

impl Conversion<'_> {
    /// The text of the page `at`, which goes to `page`.
    pub(super) fn convert(&self, at: usize, page: &PagePath, text: &str, losses: &mut Losses) -> String {
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for link in wikilinks(text, self.from) {
            edits.extend(self.wikilink(at, page, text, &link, losses));
        }
        for link in markdown::links(text, self.from) {
            if link.kind == LinkKind::Wikilink || link.target.is_empty() {
                continue;
            }
            let Some(address) = self.address(at, page, &link) else { continue };
            match link.destination {
                Some(place) => edits.push((place, address)),
                None => {
                    edits.extend(markdown::link_definitions(text, &link.target).map(|place| (place, address.clone())));
                }
            }
        }
        if self.kind == ImportKind::Obsidian {
            edits.extend(obsidian::edits(text));
        }
        applied(text, edits)
    }

    /// What a wikilink becomes; none when it may stay.
    fn wikilink(
        &self,
        at: usize,
        page: &PagePath,
        text: &str,
        link: &Wikilink,
        losses: &mut Losses,
    ) -> Option<(Range<usize>, String)> {
        let embeds = link.span.start > 0 && text.get(link.span.start - 1..link.span.start) == Some("!");
        let span = link.span.start - usize::from(embeds)..link.span.end;
        let written = text.get(link.span.clone())?;
        let bar = if written.contains("\\|") { "\\|" } else { "|" };
        let found = self.tree.wikilink(&link.target, at);
        let destination = found.and_then(|found| self.destinations.get(found));
        let anchor = link.anchor.as_deref().filter(|anchor| !anchor.starts_with('^'));
        losses.blocks += usize::from(link.anchor.is_some() && anchor.is_none());
        let is_size = |label: &&str| label.chars().all(|c| c.is_ascii_digit() || c == 'x');
        match destination {
            Some(Destination::File(file)) => {
                let size = link.label.as_deref().filter(is_size);
                losses.sizes += usize::from(size.is_some());
                let label = link.label.as_deref().filter(|label| !is_size(label)).unwrap_or(file.name.as_str());
                let label = label.replace(['[', ']'], "");
                let mark = if embeds && is_picture(file.name.as_str()) { "!" } else { "" };
                Some((span, format!("{mark}[{label}]({})", file_address(file, page))))
            }
            Some(Destination::Page(target)) => {
                losses.embedded += usize::from(embeds && self.kind == ImportKind::Obsidian);
                let reordered = self.from != self.to && link.label.is_some();
                let finds_it = fold(&link.target) == fold(target.as_str());
                if finds_it && !reordered && anchor.is_some() == link.anchor.is_some() {
                    return embeds.then(|| (span.start..span.start + 1, String::new()));
                }
                let shown = || match anchor {
                    Some(anchor) => format!("{} > {anchor}", link.target),
                    None => link.target.clone(),
                };
                // What was not labelled was shown by its name.
                let label = link.label.clone().or_else(|| (!finds_it).then(shown));
                Some((span, self.written(target.as_str(), anchor, label.as_deref(), bar)))
            }
            Some(Destination::Nowhere) | None => {
                let here = link.target.is_empty() && anchor.is_none() && link.anchor.is_some();
                if here {
                    // To a paragraph of the same page: what it says stays.
                    return Some((span, link.label.clone().unwrap_or_default()));
                }
                let label = link.label.as_deref().filter(|_| self.from != self.to)?;
                Some((span, self.written(&link.target, anchor, Some(label), bar)))
            }
        }
    }

    /// A wikilink as this wiki writes it.
    fn written(&self, target: &str, anchor: Option<&str>, label: Option<&str>, bar: &str) -> String {
        let anchor = anchor.map(|anchor| format!("#{}", utf8_percent_encode(anchor, WIKILINK))).unwrap_or_default();
        let target = format!("{}{anchor}", utf8_percent_encode(target, WIKILINK));
        let label = label.map(|label| label.replace('|', "/").replace(['[', ']'], ""));
        match (label, self.to) {
            (None, _) => format!("[[{target}]]"),
            (Some(label), LinkOrder::LabelFirst) => format!("[[{label}{bar}{target}]]"),
            (Some(label), LinkOrder::TargetFirst) => format!("[[{target}{bar}{label}]]"),
        }
    }

    /// The path that a Markdown link has to have; none when it may stay.
    fn address(&self, at: usize, page: &PagePath, link: &Link) -> Option<String> {
        let found = self.tree.link(&link.target, at)?;
        match self.destinations.get(found)? {
            Destination::Nowhere => None,
            Destination::Page(to) => {
                let leads_there = markdown::linked_page(link, page, self.finds).is_some_and(|found| found == *to);
                (!leads_there).then(|| format!("/{}", utf8_percent_encode(to.as_str(), PATH)))
            }
            Destination::File(file) => {
                let path = match link.target.strip_prefix('/') {
                    Some(path) => path.to_owned(),
                    None => format!("{page}/{}", link.target.trim_start_matches("./")),
                };
                let leads_there = AttachmentPath::from_file(&path)
                    .is_some_and(|named| named.name == file.name && named.page.fold() == file.page.fold());
                (!leads_there).then(|| file_address(file, page))
            }
        }
    }
}

/// The address of a file, seen from a page.
fn file_address(file: &AttachmentPath, page: &PagePath) -> String {
    let name = utf8_percent_encode(file.name.as_str(), PATH);
    if file.page == *page {
        format!("./{name}")
    } else {
        format!("/{}/{name}", utf8_percent_encode(file.page.as_str(), PATH))
    }
}

fn is_picture(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    ["png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "bmp"].contains(&ending.as_str())
}

/// The text with its edits; of those that overlap the first counts.
fn applied(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(place, _)| (place.start, place.end));
    let mut out = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for (place, new) in edits {
        if place.start < done {
            continue;
        }
        out.push_str(text.get(done..place.start).unwrap_or_default());
        out.push_str(&new);
        done = place.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}
