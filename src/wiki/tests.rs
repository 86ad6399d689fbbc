//! The use cases over real repositories in a temporary directory.

mod exports;
mod files;
mod imports;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::StorageBackend;
use redb::backends::InMemoryBackend;

use super::*;
use crate::auth::Operator;
use crate::clock::SystemClock;
use crate::config::Limits;
use crate::model::{
    AttachmentName, AttachmentPath, Author, Name, PagePath, PersonId, Principal, Redirects, RevisionPrefix, SessionId,
    Slug,
};
use crate::repo::{Change, CommitMeta, RealDisk};
use crate::search::Models;
use crate::store::Store;

/// A database whose disk can be broken.
#[derive(Debug)]
struct Breakable {
    inner: InMemoryBackend,
    broken: Arc<AtomicBool>,
}

impl Breakable {
    fn check(&self) -> io::Result<()> {
        if self.broken.load(Ordering::SeqCst) { Err(io::Error::other("no space left")) } else { Ok(()) }
    }
}

impl StorageBackend for Breakable {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.inner.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check().and_then(|()| self.inner.set_len(len))
    }
    fn sync_data(&self) -> io::Result<()> {
        self.check().and_then(|()| self.inner.sync_data())
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check().and_then(|()| self.inner.write(offset, data))
    }
}

struct World {
    wikis: Arc<Wikis>,
    broken: Arc<AtomicBool>,
    dir: tempfile::TempDir,
}

fn operator() -> Operator {
    Operator::on_this_machine()
}

fn slug() -> Slug {
    Slug::parse("docs").unwrap()
}

fn page(text: &str) -> PagePath {
    PagePath::parse(text).unwrap()
}

fn ada() -> Principal {
    Principal::Person { id: PersonId(1), name: Name::parse("Ada").unwrap(), session: SessionId(String::new()) }
}

fn recorded(typed: &str) -> Recording<'_> {
    Recording { message: None, origin: Origin::Api, typed, once: None }
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let broken = Arc::new(AtomicBool::new(false));
        let backend = Breakable { inner: InMemoryBackend::new(), broken: Arc::clone(&broken) };
        let config = WikisConfig {
            store: Arc::new(Store::with_backend(backend).unwrap()),
            clock: Arc::new(SystemClock),
            disk: Arc::new(RealDisk),
            limits: Limits::default(),
            data_dir: dir.path().to_owned(),
            models: Models::only(None),
        };
        let world = Self { wikis: Wikis::start(config).unwrap(), broken, dir };
        world.create().unwrap();
        world
    }

    fn create(&self) -> Result<WikiSummary, WikiError> {
        let name = Name::parse("Docs").unwrap();
        let new = NewWiki { slug: slug(), name, owner: PersonId(1), public: false, from_git: None };
        self.wikis.create(operator(), &new, &mut |_| {})
    }

    fn writing(&self) -> Access<Write> {
        self.wikis.authorize(&ada(), &slug()).unwrap()
    }

    fn write(&self, path: &str, content: &str, base: Option<crate::model::Revision>) -> Result<Saved, WikiError> {
        let base = base.map(RevisionPrefix::from);
        let request = WritePage { content, base, mode: WriteMode::Strict, recording: recorded(path) };
        write(&self.wikis, &self.writing(), &page(path), &request).map(|done| done.value)
    }

    fn edit(&self, saved: &Saved, old: &str, new: &str) -> Result<Saved, WikiError> {
        let edits = [Replacement { old, new, all: false, expected: None }];
        let request = Edit { base: saved.revision.into(), edits: &edits, recording: recorded("edited") };
        edit(&self.wikis, &self.writing(), &saved.path, &request).map(|done| done.value)
    }

    fn read(&self, path: &str) -> String {
        read(&self.writing().reading(), &page(path), None).unwrap().content
    }

    /// What a git push will bring, some day.
    fn commit(&self, change: Change) {
        let wiki = self.writing().repository();
        let author = Author { name: Name::parse("Ada").unwrap(), email: "ada@example.invalid".to_owned() };
        let meta = CommitMeta { committer: author.clone(), author, message: "x".to_owned(), time: 1_795_185_141 };
        wiki.repo().commit(wiki.repo().tip().unwrap(), &[change], &meta).unwrap();
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir.path().join("wikis")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.wikis.shutdown();
    }
}

mod drafts;
mod revert;
mod submit;

#[test]
fn a_durable_commit_is_acknowledged_though_the_database_fails() {
    let world = World::new();
    let access = world.writing();
    world.broken.store(true, Ordering::SeqCst);
    let request = WritePage { content: "kept", base: None, mode: WriteMode::Strict, recording: recorded("New") };
    let saved = write(&world.wikis, &access, &page("New"), &request).unwrap().value;
    let found = read(&access.reading(), &page("New"), None).unwrap();
    assert_eq!((found.content.as_str(), found.last.unwrap().revision), ("kept", saved.revision));
}

#[test]
fn an_edit_that_only_respells_line_ends_changes_nothing() {
    let world = World::new();
    let saved = world.write("Windows", "a\r\nb\r\n", None).unwrap();
    let same = world.edit(&saved, "a\nb", "a\r\nb").unwrap();
    assert_eq!(same.revision, saved.revision);
    let edited = world.edit(&saved, "a\nb", "a\nc\nb").unwrap();
    assert_eq!(world.read("Windows"), "a\r\nc\r\nb\r\n");
    assert_ne!(edited.revision, saved.revision);
}

#[test]
fn a_page_of_mixed_line_ends_can_be_edited() {
    let world = World::new();
    let saved = world.write("Mixed", "a\r\nb\nc\nd\n", None).unwrap();
    world.edit(&saved, "b\nc", "b\nx").unwrap();
    assert_eq!(world.read("Mixed"), "a\r\nb\nx\nd\n");
}

#[test]
fn an_ambiguous_text_is_refused_in_one_pass() {
    let world = World::new();
    let saved = world.write("Many", &"e\n".repeat(200_000), None).unwrap();
    let Err(WikiError::OldStringAmbiguous { count, lines, .. }) = world.edit(&saved, "e", "f") else { panic!() };
    assert_eq!((count, lines.len(), lines[0], lines[99]), (200_000, 100, 1, 100));
}

#[test]
fn a_page_does_not_take_the_address_of_an_attachment() {
    let world = World::new();
    let attached = AttachmentPath { page: page("Home"), name: AttachmentName::parse("otter.png").unwrap() };
    world.commit(Change::Put { path: attached.file(), bytes: b"png".to_vec() });
    assert!(matches!(world.write("home/otter.png", "x", None), Err(WikiError::PathTaken { .. })));
    assert!(world.write("Home/otter", "x", None).is_ok());
}

#[test]
fn whoever_still_uses_a_deleted_wiki_never_reaches_the_next_one_of_its_name() {
    let world = World::new();
    let old = world.writing();
    world.wikis.delete(operator(), &slug()).unwrap();
    assert!(matches!(world.create(), Err(WikiError::Busy)));
    let request = WritePage { content: "x", base: None, mode: WriteMode::Strict, recording: recorded("Late") };
    assert!(matches!(write(&world.wikis, &old, &page("Late"), &request), Err(WikiError::Busy)));
    let id = old.id();
    drop(old);
    world.create().unwrap();
    // A request that looked up the old record before the deletion and opens it after.
    assert!(matches!(world.wikis.open(id, &slug()), Err(WikiError::Access(AccessError::NoSuchWiki(_)))));
    assert_ne!(world.writing().id(), id);
}

#[test]
fn a_wiki_without_a_repository_is_listed_and_can_be_deleted() {
    let world = World::new();
    let id = world.writing().id();
    // As after a restart: nothing is open.
    world.wikis.close(id);
    std::fs::remove_dir_all(world.dir.path().join("wikis/docs")).unwrap();
    assert_eq!(world.wikis.list(operator()).unwrap().len(), 1);
    world.wikis.delete(operator(), &slug()).unwrap();
    assert!(world.wikis.list(operator()).unwrap().is_empty());
    world.create().unwrap();
}

#[test]
fn a_wiki_that_cannot_be_made_leaves_nothing() {
    let world = World::new();
    world.wikis.delete(operator(), &slug()).unwrap();
    let new = NewWiki {
        slug: slug(),
        name: Name::parse("Docs").unwrap(),
        owner: PersonId(1),
        public: false,
        from_git: Some(world.dir.path().to_owned()),
    };
    assert!(matches!(world.wikis.create(operator(), &new, &mut |_| {}), Err(WikiError::Import(_))));
    assert_eq!(world.files(), Vec::<String>::new());
    world.create().unwrap();
}

#[test]
fn a_result_counts_only_when_the_branch_reaches_its_commit() {
    let world = World::new();
    let access = world.writing();
    let once = Once { key: "k".to_owned(), request: [1; 32] };
    let recording = Recording { once: Some(&once), ..recorded("New") };
    let request = WritePage { content: "kept", base: None, mode: WriteMode::Strict, recording };
    let first = write(&world.wikis, &access, &page("New"), &request).unwrap();
    let again = write(&world.wikis, &access, &page("New"), &request).unwrap();
    assert_eq!((first.replayed, again.replayed, again.value.revision), (false, true, first.value.revision));

    // As if the server had died after the result was stored and before the branch moved.
    let key = {
        use sha2::Digest as _;
        let digest: [u8; 32] = sha2::Sha256::digest([access.actor().as_bytes(), b"\0lost"].concat()).into();
        digest
    };
    let lost = crate::model::Revision::from_bytes([7; 20]);
    let outcome = serde_json::to_value(Saved { revision: lost, ..first.value }).unwrap();
    let request_hash = "01".repeat(32);
    let result = crate::store::FirstResult { request: request_hash, at: i64::MAX / 2, revision: Some(lost), outcome };
    let store = world.wikis.store();
    store.write(|tx| tx.set_first_result(access.id(), &key, &result, 0)).unwrap();
    let once = Once { key: "lost".to_owned(), request: [1; 32] };
    let recording = Recording { once: Some(&once), ..recorded("Other") };
    let request = WritePage { recording, ..request };
    let done = write(&world.wikis, &access, &page("Other"), &request).unwrap();
    assert!(!done.replayed);
    assert_eq!(world.read("Other"), "kept");
    assert!(write(&world.wikis, &access, &page("Other"), &request).unwrap().replayed);
}

#[test]
fn a_request_whose_result_cannot_be_kept_changes_nothing() {
    let world = World::new();
    let access = world.writing();
    let once = Once { key: "k".to_owned(), request: [1; 32] };
    let recording = Recording { once: Some(&once), ..recorded("New") };
    let request = WritePage { content: "kept", base: None, mode: WriteMode::Strict, recording };
    world.broken.store(true, Ordering::SeqCst);
    assert!(write(&world.wikis, &access, &page("New"), &request).is_err());
    assert!(read(&access.reading(), &page("New"), None).is_err());
}

#[test]
fn a_deleted_page_comes_back_under_the_name_it_had() {
    let world = World::new();
    world.commit(Change::Put { path: page("New York").file(), bytes: b"a city".to_vec() });
    let access = world.writing();
    let then = access.repository().repo().tip().unwrap().unwrap();
    delete(&world.wikis, &access, &page("New_York"), None, false, &recorded("New_York")).unwrap();
    let back = restore(&world.wikis, &access, &page("New York"), (&then.into(), None), &recorded("New York")).unwrap();
    assert_eq!((back.value.path.as_str(), world.read("New York").as_str()), ("New York", "a city"));
}

fn rename_page(world: &World, from: &str, to: &str) -> Renamed {
    let request =
        Rename { to, base: None, subpages: true, attachments: true, dry_run: false, recording: recorded(from) };
    rename(&world.wikis, &world.writing(), &page(from), &request).unwrap().value
}

#[test]
fn a_rename_rewrites_links_of_every_spelling_and_leaves_others_alone() {
    let world = World::new();
    world.write("Tools/Old_Name", "[up](../Linker) [[Part]]\n", None).unwrap();
    world.write("Tools/Old_Name/Part", "[up](../Old_Name)\n", None).unwrap();
    world
        .write("Linker", "[[it|tools/old name#x]] [b](Tools/Old%20Name) [c][r]\n\n[r]: <Tools/Old_Name>\n", None)
        .unwrap();
    world.write("Other", "Old Name, tools/old name and `[[Tools/Old Name]]`\n", None).unwrap();
    let extent = extent_of_rename(&world.writing(), &page("tools/old name")).unwrap();
    assert_eq!(extent, Extent { subpages: 1, files: 0, linked_from: 1 });
    let done = rename_page(&world, "Tools/Old_Name", "New");
    assert_eq!(done.updated_pages.iter().map(PagePath::as_str).collect::<Vec<_>>(), ["Linker", "New/Part"]);
    let linker = world.read("Linker");
    assert!(!linker.to_lowercase().contains("old") && linker.matches("New").count() == 3, "{linker}");
    assert!(world.read("Other").contains("`[[Tools/Old Name]]`"));
}

#[test]
fn a_page_that_comes_to_stand_nearer_takes_no_links() {
    let world = World::new();
    world.write("Install", "the general one\n", None).unwrap();
    world.write("Guide", "[how](Install)\n", None).unwrap();
    world.write("Draft", "the guide's own\n", None).unwrap();
    rename_page(&world, "Draft", "Guide/Install");
    let links = page_links(&world.writing().reading(), &page("Guide")).unwrap();
    assert!(format!("{links:?}").contains("\"Install\""), "{links:?} of {:?}", world.read("Guide"));
}

#[test]
fn a_rename_finds_the_pages_that_show_its_files() {
    let world = World::new();
    world.write("Old name", "![p](./plan.png)\n", None).unwrap();
    let file = AttachmentPath { page: page("Old_name"), name: AttachmentName::parse("plan.png").unwrap() };
    world.commit(Change::Put { path: file.file(), bytes: b"png".to_vec() });
    world.write("Shows", "![p](/old%20name/plan.png)\n", None).unwrap();
    world.write("Links", "[the plan][p]\n\n[p]: ../Old_name/plan.png\n", None).unwrap();
    world.write("Mentions", "plan.png of `![p](/Old_name/plan.png)`\n", None).unwrap();
    let done = rename_page(&world, "Old_name", "New");
    assert_eq!(done.updated_pages.iter().map(PagePath::as_str).collect::<Vec<_>>(), ["Links", "Shows"]);
    assert_eq!(world.read("Shows"), "![p](/New/plan.png)\n");
    assert!(world.read("Links").contains("/New/plan.png"), "{}", world.read("Links"));
    let names = ["plan.png", "map.png"].map(|name| AttachmentName::parse(name).unwrap());
    let moved =
        rename_attachment(&world.wikis, &world.writing(), &page("New"), (&names[0], &names[1]), &recorded("New"));
    assert_eq!(moved.unwrap().value.iter().map(PagePath::as_str).collect::<Vec<_>>(), ["Links", "New", "Shows"]);
    assert_eq!(world.read("Shows"), "![p](/New/map.png)\n");
}

#[test]
fn a_link_that_a_redirect_covers_leads_somewhere() {
    let world = World::new();
    world.write("Linker", "[[Moved]] [[Further]] [[Gone]]\n", None).unwrap();
    let redirects = Redirects::parse("Moved -> Home\nFurther -> Nowhere").unwrap();
    let admin = world.wikis.authorize::<Admin>(&ada(), &slug()).unwrap();
    world.wikis.change_settings(&admin, &Settings { redirects: Some(redirects), ..Settings::default() }).unwrap();
    let broken = broken_links(&world.writing().reading()).unwrap();
    assert_eq!(broken.iter().map(|link| link.target.as_str()).collect::<Vec<_>>(), ["Further", "Gone"]);
}
