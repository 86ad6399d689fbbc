use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::super::change::{Plan, change, check_room};
use super::super::draft::Growth;
use super::super::write::check_content;
use super::super::{Access, Admin, WikiError, Wikis, check_attachment_size};
use super::convert::{Conversion, Destination, Losses, labelled_hits, targets};
use super::places::{Existing, Placed, Places};
use super::report::{Fate, ImportReport, Refused};
use super::resolve::{Tree, stem};
use super::source::{Source, Unread};
use super::{Hear, ImportKind, ImportOptions};
use crate::markdown::{self, LinkKind, LinkOrder};
use crate::model::{AttachmentPath, PagePath, RepoPath};
use crate::repo::{self, BlobId};

/// Files between two lines of progress.
const REPORTED: usize = 200;
/// Contents that are stored together: files and bytes.
const BATCH: usize = 1024;
const BATCH_BYTES: usize = 8 << 20;
/// How often it is begun anew when somebody else writes meanwhile.
const ATTEMPTS: usize = 3;

/// What of the wiki there was before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Kept,
    /// Files that the import does not bring are removed.
    Cleared,
}

/// A content that is to be at a path.
struct Put {
    path: RepoPath,
    blob: BlobId,
    size: u64,
}

pub(super) fn import(
    wikis: &Wikis,
    access: &Access<Admin>,
    (path, name): (&Path, &str),
    options: ImportOptions,
    before: Before,
    hear: &mut Hear<'_>,
) -> Result<ImportReport, WikiError> {
    for _ in 0..ATTEMPTS {
        let bytes = access.wiki().current()?.bytes();
        let existing = Existing::of(&access.wiki().repo().at_tip()?, bytes)?;
        let mut source = Source::open(path, options.kind)?;
        say(hear, &format!("{} files, taken for {}", source.files.len(), source.kind.name()))?;
        let work = Work { wikis, access, options, existing: &existing, before };
        let (mut report, puts) = work.prepare(&mut source, hear)?;
        if options.dry_run || (puts.is_empty() && before == Before::Kept) {
            return Ok(report);
        }
        say(hear, "writing the commit")?;
        let message =
            format!("Import {} pages and {} files from {name}", report.pages.changes(), report.files.changes());
        let done = change(wikis, access, None, |draft| {
            if draft.tip() != existing.tip {
                return Err(WikiError::Busy);
            }
            if before == Before::Cleared {
                existing.pages.keys().for_each(|page| draft.delete_page(page));
                for file in existing.files.keys() {
                    draft.delete(file.file());
                }
            }
            for put in puts {
                draft.link(put.path, put.blob, put.size);
            }
            Ok(Plan { message: Some(message), outcome: Box::new(Ok) })
        });
        match done {
            Ok(done) => {
                report.revision = done.value;
                return Ok(report);
            }
            Err(WikiError::Busy) => {}
            Err(error) => return Err(error),
        }
    }
    Err(WikiError::Busy)
}

fn say(hear: &mut Hear<'_>, text: &str) -> Result<(), WikiError> {
    if hear(text) { Ok(()) } else { Err(WikiError::Import("it was stopped; nothing has changed".to_owned())) }
}

struct Work<'w> {
    wikis: &'w Wikis,
    access: &'w Access<Admin>,
    options: ImportOptions,
    existing: &'w Existing,
    before: Before,
}

/// What the first look at the pages found.
struct Read {
    /// By file: the first page that uses it.
    users: HashMap<usize, usize>,
    order: LinkOrder,
    unreadable: BTreeMap<usize, &'static str>,
}

impl Work<'_> {
    /// Decides what becomes of everything. Unless it is a trial, contents are stored already when this
    /// returns; nothing refers to them yet.
    fn prepare(&self, source: &mut Source, hear: &mut Hear<'_>) -> Result<(ImportReport, Vec<Put>), WikiError> {
        let kind = source.kind;
        let wiki_order = self.access.link_order();
        let mut tree = Tree::new(kind, &source.files);
        let read = self.read(source, &mut tree, wiki_order, hear)?;
        let cleared = (self.before == Before::Cleared).then(|| self.existing.cleared());
        let existing = cleared.as_ref().unwrap_or(self.existing);
        let mut places = Places::new(existing, self.options.on_conflict, source.files.len());
        for at in 0..source.files.len() {
            let name = source.files.get(at).and_then(|file| stem(&file.path)).map(str::to_owned);
            match (name, read.unreadable.get(&at)) {
                (_, Some(&reason)) => places.refuse(at, reason),
                (Some(name), None) => places.page(at, &name),
                (None, None) => {}
            }
        }
        let rest = places.files(&source.files, &read.users);
        let placed = places.placed;
        let destinations: Vec<Destination> = placed.iter().map(|placed| placed.destination.clone()).collect();

        let mut report = ImportReport::new(kind);
        report.ignored = source.ignored;
        source.refused.drain(..).for_each(|refused| report.refuse(refused));
        let after = After::new(existing, &destinations);
        let finds = |path: &str| after.page(path);
        let conversion = Conversion {
            kind,
            tree: &tree,
            destinations: &destinations,
            from: read.order,
            to: wiki_order,
            finds: &finds,
        };
        let mut store =
            Store { access: self.access, dry_run: self.options.dry_run, waiting: Vec::new(), puts: Vec::new() };
        let mut growth = Growth {
            pages_before: self.existing.pages.len() as u64,
            pages_after: existing.pages.len() as u64,
            bytes_before: self.existing.bytes,
            bytes_after: existing.bytes,
        };
        let snapshot = self.access.wiki().repo().at_tip()?;
        let mut losses = Losses::default();
        for (at, Placed { destination, fate, refused }) in placed.iter().enumerate() {
            if at > 0 && at.is_multiple_of(REPORTED) {
                say(hear, &format!("{at} of {} files", placed.len()))?;
            }
            let path = source.files.get(at).map(|file| file.path.clone()).unwrap_or_default();
            let (fates, to, there) = match destination {
                Destination::Nowhere => {
                    let reason = refused.unwrap_or("it cannot be read").to_owned();
                    report.refuse(Refused { path, reason });
                    continue;
                }
                Destination::Page(page) => (&mut report.pages, page.file(), existing.pages.get(page)),
                Destination::File(file) => (&mut report.files, file.file(), existing.files.get(file)),
            };
            if *fate == Fate::Skipped {
                fates.add(&path, to.as_str(), Fate::Skipped);
                continue;
            }
            let bytes = match self.content(source, at, destination) {
                Ok(bytes) => bytes,
                Err(reason) => {
                    report.refuse(Refused { path, reason });
                    continue;
                }
            };
            let bytes = match destination {
                Destination::Page(page) => {
                    let text = String::from_utf8_lossy(&bytes);
                    let text = conversion.convert(at, page, &text, &mut losses);
                    for target in after.broken(page, &text, wiki_order) {
                        report.broken(page.as_str(), &target);
                    }
                    text.into_bytes()
                }
                _ => bytes,
            };
            let blob = BlobId::of(&bytes)?;
            let fates = if matches!(destination, Destination::Page(_)) { &mut report.pages } else { &mut report.files };
            if there == Some(&blob) {
                fates.add(&path, to.as_str(), Fate::Unchanged);
                if self.before == Before::Kept {
                    continue;
                }
            } else {
                fates.add(&path, to.as_str(), *fate);
                if there.is_none() && matches!(destination, Destination::Page(_)) {
                    growth.pages_after += 1;
                }
                let replaced = there.map(|blob| snapshot.size(*blob)).transpose()?.unwrap_or(0);
                growth.bytes_after = (growth.bytes_after + bytes.len() as u64).saturating_sub(replaced);
                check_room(self.wikis, self.access, growth)?;
            }
            store.put(to, blob, bytes)?;
        }
        if let Some(page) = rest.filter(|page| !existing.pages.contains_key(page)) {
            let text = list_of_the_rest(
                &page,
                &source.files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(),
                &destinations,
            );
            growth.pages_after += 1;
            check_room(self.wikis, self.access, growth)?;
            report.pages.add("", page.file().as_str(), Fate::New);
            report.notes.push(format!("Files that no page uses are on a page of their own, {page}."));
            store.put(page.file(), BlobId::of(text.as_bytes())?, text.into_bytes())?;
        }
        note_losses(&mut report, losses);
        report.bytes = growth.bytes_after.saturating_sub(growth.bytes_before);
        Ok((report, store.finish()?))
    }

    /// Reads every page once: whether it can be one, which files it uses, how its links are written.
    fn read(
        &self,
        source: &mut Source,
        tree: &mut Tree,
        wiki_order: LinkOrder,
        hear: &mut Hear<'_>,
    ) -> Result<Read, WikiError> {
        let pages: Vec<usize> =
            source.files.iter().enumerate().filter(|(_, file)| stem(&file.path).is_some()).map(|(at, _)| at).collect();
        let mut unreadable = BTreeMap::new();
        if source.kind == ImportKind::Obsidian {
            for at in &pages {
                let Ok(text) = self.text(source, *at) else { continue };
                aliases(&text).iter().for_each(|alias| tree.alias(alias, *at));
            }
        }
        let mut users = HashMap::new();
        let mut hits = [0, 0];
        let orders = [LinkOrder::LabelFirst, LinkOrder::TargetFirst];
        for (done, at) in pages.iter().enumerate() {
            if done > 0 && done.is_multiple_of(REPORTED) {
                say(hear, &format!("{done} of {} pages read", pages.len()))?;
            }
            match self.text(source, *at) {
                Err(reason) => drop(unreadable.insert(*at, reason)),
                Ok(text) => {
                    for (hits, order) in hits.iter_mut().zip(orders) {
                        *hits += labelled_hits(tree, *at, &text, order);
                        for file in targets(tree, *at, &text, order) {
                            users.entry(file).or_insert(*at);
                        }
                    }
                }
            }
        }
        let order = match (source.kind, hits) {
            (ImportKind::Obsidian, _) => LinkOrder::TargetFirst,
            (_, [label, target]) if label > target => LinkOrder::LabelFirst,
            (_, [label, target]) if label < target => LinkOrder::TargetFirst,
            _ => wiki_order,
        };
        Ok(Read { users, order, unreadable })
    }

    fn text(&self, source: &mut Source, at: usize) -> Result<String, &'static str> {
        let most = self.wikis.limits().page_bytes;
        let bytes = match source.bytes(at, most) {
            Ok(bytes) => bytes,
            Err(Unread::TooLarge) => return Err("it is larger than a page may be"),
            Err(Unread::Because(_)) => return Err("it cannot be read"),
        };
        let text = String::from_utf8(bytes).map_err(|_invalid| "it is not UTF-8 text")?;
        if text.contains('\0') { Err("it is not UTF-8 text") } else { Ok(text) }
    }

    fn content(&self, source: &mut Source, at: usize, destination: &Destination) -> Result<Vec<u8>, String> {
        let limits = self.wikis.limits();
        let most = match destination {
            Destination::Page(_) => limits.page_bytes,
            _ if limits.attachment_bytes > 0 => limits.attachment_bytes,
            _ => repo::DEFAULT_BLOB_LIMIT,
        };
        let too_large = || format!("it is larger than {} MB, which is the limit", most >> 20);
        let bytes = source.bytes(at, most).map_err(|unread| match unread {
            Unread::TooLarge => too_large(),
            Unread::Because(reason) => reason,
        })?;
        let fits = match destination {
            Destination::Page(_) => check_content(self.wikis, &String::from_utf8_lossy(&bytes)),
            _ => check_attachment_size(self.wikis, bytes.len()),
        };
        fits.map(|()| bytes).map_err(|error| error.to_string())
    }
}

/// Makes contents durable, some at a time.
struct Store<'s> {
    access: &'s Access<Admin>,
    dry_run: bool,
    waiting: Vec<Vec<u8>>,
    puts: Vec<Put>,
}

impl Store<'_> {
    fn put(&mut self, path: RepoPath, blob: BlobId, bytes: Vec<u8>) -> Result<(), WikiError> {
        self.puts.push(Put { path, blob, size: bytes.len() as u64 });
        if self.dry_run {
            return Ok(());
        }
        self.waiting.push(bytes);
        let total: usize = self.waiting.iter().map(Vec::len).sum();
        if self.waiting.len() >= BATCH || total >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), WikiError> {
        let contents: Vec<&[u8]> = self.waiting.iter().map(Vec::as_slice).collect();
        self.access.wiki().repo().store(&contents)?;
        self.waiting.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Put>, WikiError> {
        self.flush()?;
        Ok(self.puts)
    }
}

/// What there is after the import, for the links that lead nowhere.
struct After<'a> {
    existing: &'a Existing,
    pages: HashMap<crate::model::FoldKey, &'a PagePath>,
    files: BTreeSet<String>,
}

impl<'a> After<'a> {
    fn new(existing: &'a Existing, destinations: &'a [Destination]) -> Self {
        let mut after = Self { existing, pages: HashMap::new(), files: BTreeSet::new() };
        for destination in destinations {
            match destination {
                Destination::Page(page) => drop(after.pages.insert(page.fold(), page)),
                Destination::File(file) => drop(after.files.insert(file.file().to_string())),
                Destination::Nowhere => {}
            }
        }
        after
    }

    fn page(&self, path: &str) -> Option<PagePath> {
        let path = PagePath::parse(path).ok()?;
        self.existing.page(&path).or_else(|| self.pages.get(&path.fold()).copied()).cloned()
    }

    fn has_file(&self, path: &str) -> bool {
        let Some(file) = AttachmentPath::from_file(path) else { return false };
        let page = self.page(file.page.as_str()).unwrap_or_else(|| file.page.clone());
        let file = AttachmentPath { page, ..file };
        self.files.contains(file.file().as_str()) || self.existing.files.contains_key(&file)
    }

    /// What the links of a page name that is not there.
    fn broken(&self, page: &PagePath, text: &str, order: LinkOrder) -> Vec<String> {
        let mut broken = Vec::new();
        for link in markdown::links(text, order) {
            if link.target.is_empty() || markdown::linked_page(&link, page, &|path| self.page(path)).is_some() {
                continue;
            }
            let is_file = link.kind != LinkKind::Wikilink && {
                let path = match link.target.strip_prefix('/') {
                    Some(path) => path.to_owned(),
                    None => format!("{page}/{}", link.target.trim_start_matches("./")),
                };
                self.has_file(&path)
            };
            let own = link.target.starts_with("/-/") || link.target == "/";
            if !is_file && !own && !broken.contains(&link.target) {
                broken.push(link.target);
            }
        }
        broken
    }
}

/// Other names of a note, from its front matter.
fn aliases(text: &str) -> Vec<String> {
    let front = markdown::front_matter(text);
    let fields = front.fields.unwrap_or_default();
    let value = fields.get("aliases").or_else(|| fields.get("alias"));
    match value {
        Some(serde_json::Value::Array(items)) => {
            items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        }
        Some(serde_json::Value::String(text)) => text.split(',').map(|alias| alias.trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// The text of the page for files that no page uses.
fn list_of_the_rest(page: &PagePath, paths: &[&str], destinations: &[Destination]) -> String {
    let mut text = String::from("# Imported files\n\nFiles that came with an import and that no page uses.\n\n");
    for (path, destination) in paths.iter().zip(destinations) {
        if let Destination::File(file) = destination
            && file.page == *page
        {
            let address = percent_encoding::utf8_percent_encode(file.name.as_str(), percent_encoding::NON_ALPHANUMERIC);
            text.push_str(&format!("- [{}](./{address})\n", path.replace(['[', ']', '\\'], "")));
        }
    }
    text
}

fn note_losses(report: &mut ImportReport, losses: Losses) {
    let mut note = |count: usize, what: &str| {
        if count > 0 {
            report.notes.push(format!("{count} {what}"));
        }
    };
    note(losses.embedded, "notes that were shown within another are linked there now.");
    note(losses.sizes, "sizes of pictures were left out.");
    note(losses.blocks, "links to a paragraph lead to its page now.");
}
