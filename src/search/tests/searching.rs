use proptest::prelude::*;

use super::*;

#[test]
fn words_are_found_whatever_their_form_and_case() {
    let (_dir, index) = index_of(&[("A", "We were running caf\u{e9}s."), ("B", "Nothing here.")]);
    for query in ["run", "RUNNING", "runs", "cafe", "cafe\u{301}", "caf\u{e9}", "running cafes"] {
        assert_eq!(found(&index, query), ["A"], "{query}");
    }
    assert!(found(&index, "zebra").is_empty());
}

#[test]
fn title_and_path_rank_above_text() {
    let (_dir, index) = index_of(&[
        ("Other", &"deploy ".repeat(80)),
        ("Notes", "how we deploy the thing, in passing"),
        ("Deploy", "everything about it"),
        ("guide/deploy/Steps", "first this"),
    ]);
    let hits = index.ask("deploy", 10, 0).unwrap();
    assert_eq!(paths(&hits)[..2], ["Deploy", "guide/deploy/Steps"]);
    assert!(hits.hits.iter().all(|hit| hit.score > 0.0 && hit.score <= 1.0));
    assert!(hits.hits.is_sorted_by(|a, b| a.score >= b.score));
    assert!(hits.hits[0].score > 0.6 && hits.hits[2].score < 0.6, "{hits:?}");
}

#[test]
fn headings_and_tags_are_searched() {
    let dir = tempfile::tempdir().unwrap();
    let index = TextIndex::open(dir.path()).unwrap().index;
    let pages = Pages::of(&[("One", "text\n\n## Backup strategy\n")]);
    pages.with("Two", "---\ntags: [operations]\n---\ntext".to_owned()).apply(&index, 1).unwrap();
    assert_eq!(found(&index, "strategy"), ["One"]);
    assert_eq!(found(&index, "operation"), ["Two"]);
}

#[test]
fn all_words_come_first_and_some_words_after_when_few_pages_have_all() {
    let (_dir, index) = index_of(&[
        ("Both", "apple and a banana, with many words between that make it long and so less dense than the others"),
        ("Apple", "apple apple"),
        ("Banana", "banana"),
        ("None", "cherry"),
    ]);
    let hits = index.ask("apple banana ", 10, 0).unwrap();
    assert_eq!((hits.total, paths(&hits)[0]), (3, "Both"));
    assert!(hits.hits.is_sorted_by(|a, b| a.score >= b.score));
    for offset in 0..3 {
        let one = index.ask("apple banana ", 1, offset).unwrap();
        assert_eq!((one.total, one.hits.as_slice()), (3, &hits.hits[offset..=offset]));
    }
    assert_eq!(index.ask("apple banana ", 5, 3).unwrap().hits, []);

    let many: Vec<(String, &str)> = (0..5).map(|i| (format!("P{i}"), "red blue")).collect();
    let mut pages: Vec<(&str, &str)> = many.iter().map(|(path, body)| (path.as_str(), *body)).collect();
    pages.push(("Only", "red"));
    let (_dir, index) = index_of(&pages);
    assert_eq!(index.ask("red blue ", 10, 0).unwrap().total, 5);
}

#[test]
fn a_phrase_is_found_in_order_only() {
    let (_dir, index) = index_of(&[("A", "the quick brown fox"), ("B", "brown and quick"), ("C", "fox")]);
    assert_eq!(found(&index, "\"quick brown\""), ["A"]);
    assert_eq!(found(&index, "\u{201c}quick brown\u{201d} zebra"), ["A"]);
    assert!(found(&index, "\"brown quick\"").is_empty());
}

#[test]
fn excluded_words_and_phrases_are_not_found() {
    let (_dir, index) = index_of(&[("A", "red green"), ("B", "red blue sky"), ("C", "red sky blue")]);
    assert_eq!(found(&index, "red -blue"), ["A"]);
    assert_eq!(found(&index, "red -\"blue sky\""), ["A", "C"]);
    assert_eq!(found(&index, "-blue"), ["A"]);
    assert_eq!(found(&index, "red zebra -blue"), ["A"]);
}

#[test]
fn the_last_word_may_be_unfinished() {
    let (_dir, index) = index_of(&[("Installation", "how"), ("B", "about installing things"), ("C", "nothing")]);
    assert_eq!(found(&index, "install"), ["Installation", "B"]);
    assert_eq!(found(&index, "installat"), ["Installation"]);
    assert_eq!(found(&index, "instalat"), ["Installation", "B"], "and misspelt");
    assert_eq!(found(&index, "abou"), ["B"]);
    assert!(found(&index, "abo ").is_empty(), "a space finishes the word");
}

#[test]
fn stop_words_are_not_demanded() {
    let (_dir, index) = index_of(&[("Install", "unpack it"), ("B", "how to do the other thing")]);
    assert_eq!(found(&index, "How to install ")[0], "Install");
    assert_eq!(index.ask("how to ", 9, 0).unwrap().hits[0].path.as_str(), "B");
}

#[test]
fn scripts_without_spaces_are_searched_by_sequence() {
    let (_dir, index) = index_of(&[
        ("A", "\u{6771}\u{4eac}\u{30bf}\u{30ef}\u{30fc}"),
        ("B", "\u{4eac}\u{6771}"),
        ("C", "\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}"),
    ]);
    assert_eq!(found(&index, "\u{6771}\u{4eac}"), ["A"]);
    assert_eq!(found(&index, "\u{43c}\u{43e}\u{441}\u{43a}\u{432}\u{430}"), ["C"]);
}

#[test]
fn names_with_separators_are_several_words() {
    let (_dir, index) = index_of(&[("New_York/Getting-Started", "x"), ("B", "york is old"), ("C", "tags foo")]);
    assert_eq!(found(&index, "New_York")[0], "New_York/Getting-Started");
    assert_eq!(found(&index, "new york")[0], "New_York/Getting-Started");
    assert_eq!(found(&index, "tags:foo"), ["C"]);
}

#[test]
fn equal_pages_are_in_the_order_of_their_paths() {
    let dir = tempfile::tempdir().unwrap();
    let index = TextIndex::open(dir.path()).unwrap().index;
    for (number, path) in ["c", "a", "e", "b", "d"].iter().enumerate() {
        written(path, page("same", "same text")).apply(&index, number).unwrap();
    }
    let hits = index.ask("same text", 3, 0).unwrap();
    assert_eq!((hits.total, paths(&hits)), (5, vec!["a", "b", "c"]));
    assert_eq!(paths(&index.ask("same text", 3, 3).unwrap()), ["d", "e"]);
}

#[test]
fn a_page_found_by_its_title_shows_the_beginning_of_its_text() {
    let (_dir, index) = index_of(&[("Zebra", "It begins here."), ("B", "Once a zebra, twice a Zebra")]);
    let hits = index.ask("zebra", 10, 0).unwrap();
    assert_eq!((hits.hits[0].snippet.as_str(), hits.hits[0].highlights.len()), ("It begins here.", 0));
    let marked: Vec<&str> = hits.hits[1].highlights.iter().map(|r| &hits.hits[1].snippet[r.clone()]).collect();
    assert_eq!(marked, ["zebra", "Zebra"]);
}

#[test]
fn text_far_down_a_long_page_is_found() {
    let (_dir, index) = index_of(&[("Long", &format!("{} needle", "hay ".repeat(50_000)))]);
    let hits = index.ask("needle", 1, 0).unwrap();
    assert_eq!(hits.total, 1);
    let hit = &hits.hits[0];
    assert!(hit.snippet.ends_with("hay needle") && hit.snippet.chars().count() < 250, "{}", hit.snippet);
    assert_eq!(&hit.snippet[hit.highlights[0].clone()], "needle");
}

#[test]
fn an_update_replaces_and_a_deletion_removes() {
    let (dir, index) = index_of(&[("A", "apple"), ("B", "banana")]);
    written("A", page("A", "cherry")).apply(&index, 1).unwrap();
    assert!(found(&index, "apple").is_empty());
    assert_eq!(found(&index, "cherry"), ["A"]);
    index.apply(&[SourceChange { path: path_of("A"), blob: None }], &Pages::default(), revision(2)).unwrap();
    assert!(found(&index, "cherry").is_empty());
    assert_eq!((index.documents(), index.reflects()), (1, Some(revision(2))));
    drop(index);
    let opened = TextIndex::open(&dir.path().join("text")).unwrap();
    assert!(!opened.rebuilt);
    assert_eq!((opened.index.documents(), opened.index.reflects()), (1, Some(revision(2))));
    assert_eq!(found(&opened.index, "banana"), ["B"]);
}

#[test]
fn replacing_and_tidying_keep_exactly_the_pages() {
    let (dir, index) = index_of(&[("A", "apple")]);
    for number in 1..30 {
        written(&format!("P{number}"), page("p", "pear")).apply(&index, number).unwrap();
    }
    assert!(index.tidy().unwrap());
    assert!(!index.tidy().unwrap());
    assert_eq!(index.ask("pear", 5, 0).unwrap().total, 29);
    assert_eq!(index.reflects(), Some(revision(29)));
    let files = std::fs::read_dir(dir.path().join("text")).unwrap().count();
    assert!(files < 30, "{files} files are left of what was merged");
    let pages = written("Q", page("q", "quince"));
    index.replace(&pages.changes, &pages, revision(99), Language::English).unwrap();
    assert_eq!(index.paths().unwrap().into_iter().collect::<Vec<_>>(), ["Q"]);
    drop(index);
    assert_eq!(TextIndex::open(&dir.path().join("text")).unwrap().index.reflects(), Some(revision(99)));
}

#[test]
fn any_text_is_a_query() {
    let (_dir, index) = index_of(&[("A", "apple"), ("B", "banana")]);
    let long = "word ".repeat(10_000);
    let wide = "\u{1f600}".repeat(500);
    for query in [
        "",
        " ",
        "\"",
        "\"\"",
        "-",
        "--",
        "- -",
        "-\"",
        "-\"\"",
        "\"-",
        "AND",
        "OR NOT AND",
        "NOT apple",
        "title:",
        ":",
        "title:[a TO",
        "a^9",
        "a~1",
        "apple~",
        "*",
        "?",
        "a*b",
        "(",
        ")",
        "((((",
        "{}",
        "\\",
        "\\\"",
        "/re/",
        "+",
        "+apple",
        "+-apple",
        "&&",
        "||",
        "!",
        "apple\0banana",
        "\u{202e}x",
        "\u{feff}",
        "%22",
        "'; DROP TABLE",
        "<b>",
        "\"apple",
        "apple\"",
        "\"apple\"\"banana\"",
        "-apple -banana",
        "\u{301}",
        "\u{0e01}\u{0e33}",
        &long,
        &wide,
    ] {
        let hits = index.ask(query, 10, 0).unwrap_or_else(|error| panic!("{query:?}: {error}"));
        assert!(hits.hits.len() <= hits.total, "{query:?}");
    }
    assert_eq!(found(&index, "NOT apple"), ["A"]);
    assert_eq!(found(&index, "\"apple"), ["A"]);
    assert_eq!(found(&index, "(apple)^2"), ["A"]);
    assert!(!index.is_damaged());
}

#[test]
fn limits_of_any_size_are_answered() {
    let (_dir, index) = index_of(&[("A", "apple"), ("B", "apple")]);
    for (limit, offset, shown) in
        [(0, 0, 0), (1, 1, 1), (1, 2, 0), (usize::MAX, 0, 2), (usize::MAX, usize::MAX, 0), (0, usize::MAX, 0)]
    {
        let hits = index.ask("apple", limit, offset).unwrap();
        assert_eq!((hits.total, hits.hits.len()), (2, shown), "{limit} {offset}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_query_fails(queries in proptest::collection::vec("[ \"\\-a-c\u{201c}\u{6771}]{0,30}|\\PC{0,60}", 8)) {
        let (_dir, index) = index_of(&[("A", "a b c"), ("B", "b c"), ("C", "\u{6771} a")]);
        for query in queries {
            let hits = index.ask(&query, 10, 0).unwrap();
            prop_assert!(hits.total <= 3 && hits.total == hits.hits.len());
            let mut seen = paths(&hits);
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(seen.len(), hits.hits.len(), "a page is found once");
        }
    }
}
