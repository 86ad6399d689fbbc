//! Fields of the query language, filters, corrections, sections, languages, and the past.

use std::sync::Arc;

use super::super::{Filter, Limits, Place};
use super::*;

fn ask(index: &TextIndex, text: &str, filter: Filter) -> Vec<String> {
    let hits = index.search(&TextQuery { filter, ..query(text, 100, 0) }).unwrap();
    assert_eq!(hits.total, hits.hits.len(), "{text:?}");
    hits.hits.into_iter().map(|hit| hit.path.to_string()).collect()
}

fn tagged() -> (tempfile::TempDir, TextIndex) {
    let dir = tempfile::tempdir().unwrap();
    let index = TextIndex::open(dir.path()).unwrap().index;
    let front = |tags: &str, category: &str| format!("---\ntags: [{tags}]\ncategory: {category}\n---\n");
    Pages::default()
        .with("Guides/Setup", front("Ops, two words", "How-To") + "deploy the server")
        .with("Guides/Old_Way", front("ops, draft", "history") + "deploy by hand")
        .with("Deploy", front("draft", "how-to") + "what it means")
        .with("guidesman", "deploy nothing".to_owned())
        .apply(&index, 1)
        .unwrap();
    (dir, index)
}

#[test]
fn fields_choose_pages_and_exclude_them() {
    let (_dir, index) = tagged();
    for (query, expected) in [
        ("deploy tag:ops", &["Guides/Old_Way", "Guides/Setup"][..]),
        ("tag:OPS -tag:draft", &["Guides/Setup"]),
        ("deploy tag:\"two words\"", &["Guides/Setup"]),
        ("deploy tag:two", &[]),
        ("path:Guides/ deploy", &["Guides/Old_Way", "Guides/Setup"]),
        ("path:\"guides/old way\"", &["Guides/Old_Way"]),
        ("deploy -path:guides", &["Deploy"]),
        ("category:how-to deploy", &["Deploy", "Guides/Setup"]),
        ("title:deploy", &["Deploy"]),
        ("deploy -title:deploy -tag:ops", &["guidesman"]),
        ("title:\"old way\" server", &["Guides/Old_Way"]),
        ("tag:ops tag:draft", &["Guides/Old_Way"]),
    ] {
        let mut found = found(&index, query);
        found.sort();
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn filters_are_part_of_the_search() {
    let (_dir, index) = tagged();
    let filter = |prefix: Option<&str>, tags: &[&str], category: Option<&str>| Filter {
        prefix: prefix.map(str::to_owned),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        category: category.map(str::to_owned),
    };
    assert_eq!(ask(&index, "deploy", filter(Some("/Guides/"), &["Ops", "DRAFT"], None)), ["Guides/Old_Way"]);
    assert_eq!(ask(&index, "deploy", filter(None, &[], Some("HOW-TO"))).len(), 2);
    assert_eq!(ask(&index, "", filter(Some("guides"), &[], None)).len(), 3, "no word is demanded");
    assert!(ask(&index, "deploy", filter(Some("nowhere/"), &[], None)).is_empty());
    let query = TextQuery { filter: filter(Some("guides"), &[], None), ..query("deploy", 1, 1) };
    let hits = index.search(&query).unwrap();
    assert_eq!((hits.total, hits.hits.len()), (3, 1));
}

#[test]
fn what_is_found_by_meaning_is_admitted_by_the_query() {
    let (_dir, index) = tagged();
    let admitted = |text: &str| {
        let admission = index.admission(&query(text, 10, 0)).unwrap();
        let all = ["Guides/Setup", "Guides/Old_Way", "Deploy", "guidesman", "Unknown"];
        (admission.is_open(), all.into_iter().filter(|path| admission.admits(&path_of(path))).collect::<Vec<_>>())
    };
    assert_eq!(admitted("some words").1.len(), 5);
    assert_eq!(admitted("deploy -tag:draft"), (false, vec!["Guides/Setup", "guidesman"]));
    assert_eq!(admitted("words -\"by hand\" path:guides"), (false, vec!["Guides/Setup", "guidesman"]));
    assert_eq!(admitted("\"the server\" words"), (false, vec!["Guides/Setup"]));
    assert_eq!(super::super::words_of("old -tag:x \"a  phrase\" -no tag:y title:z"), "old a phrase z");
}

#[test]
fn a_misspelt_word_stands_for_those_like_it() {
    let (_dir, index) = index_of(&[
        ("A", "the kubernetes cluster"),
        ("B", "about clusters of stars"),
        ("C", "an administrator writes"),
        ("D", "form from"),
    ]);
    assert_eq!(found(&index, "kuberntes "), ["A"]);
    assert_eq!(found(&index, "kuberntes cluster ")[0], "A");
    assert_eq!(found(&index, "clutser "), ["A", "B"]);
    assert_eq!(found(&index, "adminstratr "), ["C"]);
    assert!(found(&index, "adm1nistrator2 ").is_empty() && found(&index, "\"kuberntes\"").is_empty());
    let hits = index.ask("kuberntes ", 1, 0).unwrap();
    assert_eq!(&hits.hits[0].snippet[hits.hits[0].highlights[0].clone()], "kubernetes");
    assert_eq!(found(&index, "form "), ["D"], "a word that pages have is what was meant");
}

#[test]
fn a_hit_names_its_section_and_others() {
    let filler = "filler ".repeat(200);
    let text = format!(
        "---\ntitle: T\n---\nIntro.\n\n# Setup\n\n{filler}\n\n## Backup\n\nrestore from backup\n\n{filler}\n\n# \
         Other\n\n{filler} backup\n\n# Last\n\n{filler}restore, and the backup\n"
    );
    let (_dir, index) = index_of(&[]);
    written("P", text).apply(&index, 1).unwrap();
    let hits = index.ask("restore backup ", 10, 0).unwrap();
    let hit = &hits.hits[0];
    let section = hit.section.as_ref().unwrap();
    assert_eq!((section.titles.join(" > "), section.anchor.as_str()), ("Setup > Backup".to_owned(), "backup"));
    assert_eq!(section.lines, 10..16);
    assert_eq!(hit.also.iter().map(|s| s.anchor.as_str()).collect::<Vec<_>>(), ["last", "other"]);
    assert!(hit.snippet.contains("restore from backup"), "{}", hit.snippet);
    let intro = index.ask("intro ", 1, 0).unwrap();
    assert_eq!((&intro.hits[0].section, intro.hits[0].also.len()), (&None, 0));
}

#[test]
fn a_question_is_answered_though_no_page_has_all_of_its_words() {
    let (_dir, index) = index_of(&[
        ("A", "Backups of the database are made each night and kept for thirty days."),
        ("B", "The database has tables."),
        ("C", "Nothing of interest."),
    ]);
    let hits = index.ask("How can I restore yesterday's database backup after a failed upgrade? ", 10, 0).unwrap();
    assert_eq!(paths(&hits), ["A", "B"]);
}

struct Home {
    _dir: tempfile::TempDir,
    language: Arc<Mutex<Language>>,
    indexes: Indexes,
}

fn home(wiki: &Arc<FakeWiki>) -> Home {
    let dir = tempfile::tempdir().unwrap();
    let language = Arc::new(Mutex::new(Language::English));
    let (root, source, spoken) = (dir.path().to_owned(), Arc::clone(wiki), Arc::clone(&language));
    let places = move |id: WikiId| {
        let source: Arc<dyn Source> = Arc::clone(&source) as Arc<dyn Source>;
        Ok(Some(Place { dir: root.join(id.to_string()), language: *spoken.lock(), source }))
    };
    Home { indexes: Indexes::start(places, Limits::default()).unwrap(), _dir: dir, language }
}

const WIKI: WikiId = WikiId(1);

#[test]
fn another_language_is_another_index_and_the_old_one_answers_until_then() {
    let wiki = FakeWiki::new(&[("A", "H\u{e4}user und G\u{e4}rten"), ("B", "the houses")]);
    let home = home(&wiki);
    let total = |text: &str| home.indexes.ask(WIKI, text, 10, 0).unwrap().total;
    assert_eq!((total("\"haus\""), total("\"house\"")), (0, 1));
    *home.language.lock() = Language::German;
    *wiki.slow.lock() = Duration::from_millis(150);
    home.indexes.notify(WIKI);
    assert_eq!((total("\"haus\""), total("\"house\"")), (0, 1), "while it is being made");
    assert!(home.indexes.wait_current(WIKI, Duration::from_secs(10)));
    assert_eq!(total("\"haus\""), 1);
    assert_eq!(home.indexes.handle(WIKI).unwrap().language(), Language::German);
    wiki.write(&[("C", "das Haus")]);
    assert!(home.indexes.wait_current(WIKI, Duration::from_secs(10)));
    assert_eq!(total("\"H\u{e4}usern\""), 2, "changes are indexed by the same rules");
}

#[test]
fn a_search_of_the_past_sees_the_pages_of_that_commit() {
    let wiki = FakeWiki::new(&[("A", "apple"), ("B", "banana"), ("C", "cherry apple")]);
    let home = home(&wiki);
    let first = wiki.commits.lock()[0].0;
    let second = wiki.write(&[("A", "avocado"), ("D", "damson apple")]);
    let third = wiki.delete("B");
    assert!(home.indexes.wait_current(WIKI, Duration::from_secs(10)));
    let find = |text: &str, as_of: Revision| {
        let hits = home.indexes.search(WIKI, &TextQuery { as_of: Some(as_of), ..query(text, 10, 0) }).unwrap();
        assert_eq!(hits.total, hits.hits.len());
        let mut found: Vec<String> = hits.hits.iter().map(|hit| hit.path.to_string()).collect();
        found.sort();
        found
    };
    assert_eq!(find("apple ", first), ["A", "C"]);
    assert_eq!(find("apple ", second), ["C", "D"]);
    assert_eq!(find("banana ", second), ["B"]);
    assert_eq!(find("banana ", third), [""; 0]);
    assert_eq!(find("avocado ", first), [""; 0]);
    assert_eq!(find("-apple", first), ["B"]);
    let page = |offset| {
        let query = TextQuery { as_of: Some(first), ..query("apple ", 1, offset) };
        home.indexes.search(WIKI, &query).unwrap()
    };
    assert_eq!((page(0).total, page(1).hits.len(), page(2).hits.len()), (2, 1, 0));
    let unknown = TextQuery { as_of: Some(revision(77)), ..query("apple", 1, 0) };
    assert!(matches!(home.indexes.search(WIKI, &unknown), Err(Error::NoSuchRevision(_))));
    assert!(!home.indexes.handle(WIKI).unwrap().is_damaged());
}

#[test]
fn a_past_that_is_too_different_is_refused_with_the_limit() {
    let wiki = FakeWiki::new(&[("A", "apple")]);
    let first = wiki.commits.lock()[0].0;
    wiki.commit(|tree| {
        for number in 0..2_001 {
            tree.insert(path_of(&format!("P{number}")), "pear".to_owned());
        }
    });
    let home = home(&wiki);
    assert!(home.indexes.wait_current(WIKI, Duration::from_secs(60)));
    let query = TextQuery { as_of: Some(first), ..query("apple", 1, 0) };
    let Err(error) = home.indexes.search(WIKI, &query) else { panic!("answered") };
    assert!(matches!(error, Error::TooManyDiffer { pages: 2_001, limit: 2_000 }));
    assert!(error.to_string().contains("2000"));
}
