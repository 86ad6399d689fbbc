//! Databases that other versions wrote: every schema that was ever released stays readable.
//!
//! `tests/fixtures/store-v{N}.redb.gz` was written once, with `ROBOTWIKI_WRITE_FIXTURE=1`, by
//! the version that released schema N, and is not written again: a new schema adds a file.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Once;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use redb::{Database, ReadableDatabase as _, TableDefinition};
use robotwiki::model::{
    CustomCss, Description, Did, Handle, Language, LinkOrder, Menu, MessageDemand, MessagePolicy, MessageTemplate,
    Name, PagePath, PersonId, PersonalTokenId, Preferences, Redirects, Revision, Role, SessionId, Sidebar, Slug,
    StartPage, TokenId, TokenRole, TreeDepth, TreeFocus, TreeMode, WikiId,
};
use robotwiki::store::{
    AuditEntry, AuditEvent, CountersRecord, DraftRecord, OneTimeRecord, PersonRecord, PersonalTokenRecord, Purpose,
    SCHEMA, SessionRecord, Store, StoreError, TokenRecord, WikiRecord,
};
use tempfile::TempDir;

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const CREATED: i64 = 1_790_000_000;
const ADA: PersonId = PersonId(1);
const BOB: PersonId = PersonId(2);
const DOCS: WikiId = WikiId(1);
const SESSION: &str = "00112233445566778899aabbccddeeff";
const LINK: [u8; 32] = [1; 32];
const HANDOFF: [u8; 32] = [2; 32];

fn fixture(schema: u64) -> PathBuf {
    static WRITTEN: Once = Once::new();
    let path = |schema| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/store-v{schema}.redb.gz"));
    WRITTEN.call_once(|| {
        if std::env::var_os("ROBOTWIKI_WRITE_FIXTURE").is_some() {
            write_fixture(&path(SCHEMA));
        }
    });
    path(schema)
}

fn people() -> [(PersonId, PersonRecord); 2] {
    let person = |name, handle: Option<&str>, operator| PersonRecord {
        name: Name::parse(name).unwrap(),
        handle: handle.map(|handle| Handle(handle.to_owned())),
        operator,
        created: CREATED,
    };
    [(ADA, person("Ada Lovelace", None, true)), (BOB, person("Bob ß 🦀", Some("bob.example.com"), false))]
}

fn bobs_identity() -> Did {
    Did("did:plc:abcdefghijklmnopqrstuvwx".to_owned())
}

fn wiki() -> WikiRecord {
    let (slug, name) = (Slug::parse("docs").unwrap(), Name::parse("The Docs").unwrap());
    WikiRecord { slug, name, public: true, created: CREATED + 1, language: Language::English }
}

fn counters() -> CountersRecord {
    CountersRecord { commit: Some(revision()), pages: 12, attachments: 3, bytes: 34_567 }
}

fn revision() -> Revision {
    Revision::parse("0123456789abcdef0123456789abcdef01234567").unwrap()
}

fn tokens() -> [(TokenId, TokenRecord); 2] {
    let token = |name, role, hash, expires| TokenRecord {
        name: Name::parse(name).unwrap(),
        role,
        hash: [hash; 32],
        created: CREATED + 2,
        expires,
    };
    [
        (TokenId(1), token("reader", TokenRole::Read, 7, None)),
        (TokenId(2), token("writer", TokenRole::Write, 8, Some(CREATED + 86_400))),
    ]
}

fn session() -> SessionRecord {
    SessionRecord { person: BOB, created: CREATED + 3, expires: CREATED + 2_592_000 }
}

fn one_time() -> [([u8; 32], OneTimeRecord); 2] {
    let handoff = Purpose::Handoff { session: SessionId(SESSION.to_owned()), wiki: DOCS, state: "ab".repeat(32) };
    [
        (LINK, OneTimeRecord { purpose: Purpose::SignIn { person: ADA }, expires: CREATED + 3_600 }),
        (HANDOFF, OneTimeRecord { purpose: handoff, expires: CREATED + 60 }),
    ]
}

/// What schema 2 added.
fn personal_tokens() -> [(PersonalTokenId, PersonalTokenRecord); 2] {
    let token = |name, hash, expires, last_used| PersonalTokenRecord {
        name: Name::parse(name).unwrap(),
        hash: [hash; 32],
        created: CREATED + 4,
        expires,
        last_used,
    };
    [
        (PersonalTokenId(1), token("laptop", 17, None, None)),
        (PersonalTokenId(2), token("server", 18, Some(CREATED + 86_400), Some(CREATED + 5))),
    ]
}

/// What schema 3 added.
fn preferences() -> Preferences {
    Preferences {
        description: Description::parse("Everything about boats \u{26f5}").unwrap(),
        start: StartPage::parse("/-/changelog").unwrap(),
        indexed: false,
        link_order: LinkOrder::TargetFirst,
        sidebar: Sidebar {
            tree: TreeMode::FoldersFirst,
            focus: TreeFocus::Branch,
            depth: TreeDepth::parse("3").unwrap(),
        },
        menu: Menu::parse("Start | Home\n---\nhttps://example.org/\nmailto:ada@example.org\n/-/index").unwrap(),
        messages: MessagePolicy {
            demand: MessageDemand::Required,
            template: MessageTemplate::parse("%P on %Y-%m-%d").unwrap(),
        },
        css: CustomCss::parse("h2 { color: teal }").unwrap(),
        redirects: Redirects::parse("Old page -> New page\nAway -> https://example.org/a?b#c").unwrap(),
    }
}

/// Also of schema 3.
fn drafts() -> [(&'static str, DraftRecord); 2] {
    let draft = |path: &str, section: Option<&str>, base| DraftRecord {
        path: PagePath::parse(path).unwrap(),
        section: section.map(str::to_owned),
        base,
        content: "Boats \u{26f5}\n".to_owned(),
        saved: CREATED + 6,
        writer: "window".to_owned(),
        seq: 3,
    };
    [("guide/boats", draft("Guide/Boats", None, None)), ("home", draft("Home", Some("part"), Some(revision())))]
}

/// One of each kind that a schema knows, newest first as the store lists them.
fn audit(schema: u64) -> Vec<AuditEntry> {
    let added_by_3 = [AuditEvent::PreferencesChanged { fields: "css, redirects".to_owned() }];
    let added = [
        AuditEvent::PersonalTokenRevoked { token: "pt3".to_owned() },
        AuditEvent::PersonalTokenCreated { token: "pt2".to_owned() },
        AuditEvent::SettingsChanged { name: "The Docs".to_owned(), public: true },
        AuditEvent::RoleRemoved { person: "p2".to_owned() },
    ];
    let entry = |event| AuditEntry { at: CREATED + 10, actor: ADA.to_string(), wiki: None, event };
    let newest = added_by_3.into_iter().filter(|_| schema >= 3);
    let newer = newest.chain(added.into_iter().filter(|_| schema >= 2)).map(entry);
    newer.chain(audit_of_schema_1()).collect()
}

fn audit_of_schema_1() -> Vec<AuditEntry> {
    let person = || BOB.to_string();
    let events = [
        AuditEvent::Committed { revision: revision() },
        AuditEvent::TokenRevoked { token: "t3".to_owned() },
        AuditEvent::TokenCreated { token: "t2".to_owned(), role: "write".to_owned() },
        AuditEvent::RoleGranted { person: person(), role: "editor".to_owned() },
        AuditEvent::WikiDeleted { slug: "old".to_owned() },
        AuditEvent::WikiCreated { slug: "docs".to_owned() },
        AuditEvent::SignedOut { person: person() },
        AuditEvent::SignedIn { person: person() },
        AuditEvent::SignInLinkCreated { person: person() },
        AuditEvent::PersonCreated { person: person() },
    ];
    let wiki = |at: usize| (at < 6).then_some(DOCS);
    let entry =
        |(at, event)| AuditEntry { at: CREATED - at as i64, actor: "operator".to_owned(), wiki: wiki(at), event };
    events.into_iter().enumerate().map(entry).collect()
}

fn write_fixture(path: &Path) {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("store.redb");
    let store = Store::open(&file).unwrap();
    store
        .write(|tx| {
            for (id, person) in people() {
                assert_eq!(tx.add_person(&person)?, id);
            }
            tx.link_identity(&bobs_identity(), BOB)?;
            assert_eq!(tx.add_wiki(&wiki())?, Some(DOCS));
            tx.set_role(DOCS, ADA, Role::Owner)?;
            tx.set_role(DOCS, BOB, Role::Viewer)?;
            tx.set_counters(DOCS, &counters())?;
            for (id, token) in tokens() {
                assert_eq!(tx.add_token(DOCS, &token)?, id);
            }
            tx.add_session(&SessionId(SESSION.to_owned()), &session())?;
            for (hash, record) in one_time() {
                tx.add_one_time(&hash, &record)?;
            }
            for (id, token) in personal_tokens() {
                assert_eq!(tx.add_personal_token(BOB, &token)?, id);
            }
            tx.set_preferences(DOCS, &preferences())?;
            for (key, draft) in drafts() {
                tx.set_draft(DOCS, BOB, (key, &draft), 10)?;
            }
            for entry in audit(SCHEMA).iter().rev() {
                tx.audit(entry)?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    drop(store);
    let mut gzip = GzEncoder::new(File::create(path).unwrap(), Compression::best());
    gzip.write_all(&fs::read(file).unwrap()).unwrap();
    gzip.finish().unwrap();
}

/// A copy of the fixture that a test may open and change.
fn unpacked(dir: &TempDir, schema: u64) -> PathBuf {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(fixture(schema)).unwrap()).read_to_end(&mut bytes).unwrap();
    let path = dir.path().join("robotwiki.redb");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn every_record_of_a_schema_1_database_is_read() {
    let dir = TempDir::new().unwrap();
    assert!(fs::metadata(fixture(1)).unwrap().len() < 100_000, "the fixture has grown");
    let path = unpacked(&dir, 1);
    assert_eq!(schema(&path), Some(1));
    let store = Store::open(&path).unwrap();
    assert_holds_every_record(&store, 1);
    assert!(store.read(|tx| tx.personal_tokens(BOB)).unwrap().is_empty());
    assert_eq!(store.read(|tx| tx.preferences(DOCS)).unwrap(), Preferences::default());
    drop(store);
    assert_eq!(schema(&path), Some(SCHEMA));
}

#[test]
fn every_record_of_a_schema_2_database_is_read() {
    let dir = TempDir::new().unwrap();
    assert!(fs::metadata(fixture(2)).unwrap().len() < 100_000, "the fixture has grown");
    let path = unpacked(&dir, 2);
    assert_eq!(schema(&path), Some(2));
    let store = Store::open(&path).unwrap();
    assert_holds_every_record(&store, 2);
    store
        .read(|tx| {
            assert_eq!(tx.personal_tokens(BOB)?, personal_tokens());
            for (id, token) in personal_tokens() {
                assert_eq!(tx.personal_token_by_hash(&token.hash)?, Some((BOB, id, token)));
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn every_record_of_a_schema_3_database_is_read() {
    let dir = TempDir::new().unwrap();
    assert!(fs::metadata(fixture(3)).unwrap().len() < 100_000, "the fixture has grown");
    let path = unpacked(&dir, 3);
    assert_eq!(schema(&path), Some(3));
    let store = Store::open(&path).unwrap();
    assert_holds_every_record(&store, 3);
    store
        .read(|tx| {
            assert_eq!(tx.personal_tokens(BOB)?, personal_tokens());
            assert_eq!(tx.preferences(DOCS)?, preferences());
            assert_eq!(tx.drafts(DOCS, BOB)?, drafts().map(|(_, draft)| draft));
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

fn assert_holds_every_record(store: &Store, schema: u64) {
    store
        .read(|tx| {
            assert_eq!(tx.people()?, people());
            assert_eq!(tx.person(BOB)?.as_ref(), Some(&people()[1].1));
            assert_eq!(tx.person_by_did(&bobs_identity())?, Some(BOB));
            assert_eq!(tx.wiki_by_slug(&wiki().slug)?, Some(DOCS));
            assert_eq!(tx.wiki(DOCS)?, Some(wiki()));
            assert_eq!(tx.wikis()?, [(DOCS, wiki())]);
            assert_eq!(tx.roles(DOCS)?, [(ADA, Role::Owner), (BOB, Role::Viewer)]);
            assert_eq!(tx.counters(DOCS)?, Some(counters()));
            assert_eq!(tx.tokens(DOCS)?, tokens());
            for (id, token) in tokens() {
                assert_eq!(tx.token_by_hash(&token.hash)?, Some((DOCS, id, token)));
            }
            assert_eq!(tx.session(&SessionId(SESSION.to_owned()))?, Some(session()));
            for (hash, record) in one_time() {
                assert_eq!(tx.one_time(&hash)?, Some(record));
            }
            assert_eq!(tx.audit(100)?, audit(schema));
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn an_old_database_continues_its_sequences_and_keeps_the_current_schema() {
    let dir = TempDir::new().unwrap();
    let path = unpacked(&dir, 1);
    let store = Store::open(&path).unwrap();
    let person = store.write(|tx| tx.add_person(&people()[0].1)).unwrap();
    let token = store.write(|tx| tx.add_token(DOCS, &TokenRecord { hash: [9; 32], ..tokens()[0].1.clone() })).unwrap();
    assert_eq!((person, token), (PersonId(3), TokenId(3)));
    drop(store);
    assert_eq!(schema(&path), Some(SCHEMA));
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    let path = unpacked(&dir, SCHEMA);
    set_schema(&path, SCHEMA + 1);
    let before = fs::read(&path).unwrap();

    let refusal = Store::open(&path).map(drop).unwrap_err();
    assert!(
        matches!(refusal, StoreError::TooNew { found, known } if found == SCHEMA + 1 && known == SCHEMA),
        "{refusal}"
    );
    assert!(fs::read(&path).unwrap() == before, "not one byte changes");

    // Nothing was lost: with the schema that it really has, it opens.
    set_schema(&path, SCHEMA);
    assert_holds_every_record(&Store::open(&path).unwrap(), SCHEMA);
}

#[test]
fn a_database_from_before_the_first_schema_is_migrated() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("robotwiki.redb");
    drop(Database::create(&path).unwrap());
    assert_eq!(schema(&path), None);
    let store = Store::open(&path).unwrap();
    assert!(store.read(|tx| tx.audit(1)).unwrap().is_empty());
    assert!(store.read(|tx| tx.wikis()).unwrap().is_empty());
    drop(store);
    assert_eq!(schema(&path), Some(SCHEMA));
}

fn schema(path: &Path) -> Option<u64> {
    let tx = Database::open(path).unwrap().begin_read().unwrap();
    tx.open_table(META).ok()?.get("schema").unwrap().map(|version| version.value())
}

fn set_schema(path: &Path, version: u64) {
    let tx = Database::open(path).unwrap().begin_write().unwrap();
    tx.open_table(META).unwrap().insert("schema", version).unwrap();
    tx.commit().unwrap();
}
