use proptest::prelude::*;

use super::super::{Chunk, chunks};
use super::*;
use crate::markdown::{plain_text, word_count};
use crate::model::LinkOrder;

fn words_of(text: &str) -> usize {
    word_count(text)
}

/// As long as no model's reach is met.
fn cut(text: &str) -> Vec<Chunk> {
    chunks(&path_of("A/Page"), text, LinkOrder::default(), &words_of, 100_000)
}

fn texts(chunks: &[Chunk]) -> Vec<&str> {
    chunks.iter().map(|chunk| chunk.text.as_str()).collect()
}

/// So many numbered words in sentences of ten.
fn prose(from: usize, words: usize) -> String {
    let word = |n: usize| format!("Word{n}{}", if n % 10 == 9 { ". " } else { " " });
    (from..from + words).map(word).collect::<String>().trim().to_owned()
}

#[test]
fn a_short_page_is_one_chunk_after_its_title() {
    let all = cut("Just a few words.\n");
    assert_eq!(texts(&all), ["[A/Page] Just a few words."]);
    assert_eq!((all[0].section_path(), all[0].body()), ("A/Page", "Just a few words."));
    assert_eq!((all[0].section.as_str(), all[0].anchor.as_str(), all[0].heading_path.len()), ("", "", 0));
    assert_eq!(texts(&cut("---\ntitle: T\ntags: [a]\n---\r\nText")), ["[T] Text"]);
    assert_eq!(texts(&cut("---\ntitle: 42\n---\n# H\n\nText")), ["[42 > H] Text"]);
    assert_eq!(texts(&cut("---\n- list\n---\nText")), ["[A/Page] list\nText"]);
}

#[test]
fn a_page_without_a_body_has_no_chunks_and_one_of_headings_has() {
    for empty in ["", "  \n\t\n", "---\ntitle: T\n---\n", "---\ntitle: T\n---\n \n"] {
        assert_eq!(cut(empty), [], "{empty:?}");
    }
    assert_eq!(texts(&cut("# Only\n")), ["[A/Page] Only"]);
    assert_eq!(texts(&cut("# A\n\n## B\n\n## C\n\n# D")), ["[A/Page > A] B\nC", "[A/Page] D"]);
}

#[test]
fn each_section_is_a_chunk_with_its_path_anchor_and_lines() {
    let text = format!(
        "---\ntitle: T\n---\nIntro.\n\n# One\n\n{}\n\n## Two *b*\n\n{}\n\n### Three\n\n#### Four\n\n{}\n",
        prose(0, 60),
        prose(60, 60),
        prose(120, 60)
    );
    let all = cut(&text);
    let about: Vec<_> = all.iter().map(|c| (c.section_path(), c.anchor.as_str(), c.lines.clone())).collect();
    assert_eq!(
        about,
        [
            ("T", "", 4..6),
            ("T > One", "one", 6..10),
            ("T > One > Two b", "two-b", 10..14),
            ("T > One > Two b > Four", "four", 14..19),
        ]
    );
    assert_eq!(all[3].heading_path, ["One", "Two b", "Three", "Four"], "all of them, for reading");
    assert_eq!(all[3].section, "Four");
    assert!(
        text[all[2].bytes.clone()].starts_with("## Two *b*\n\nWord60") && text[all[2].bytes.clone()].ends_with("\n\n")
    );
    assert!(all.iter().all(|c| c.page_word_count == words_of(&text) - 4 && c.total == 4));
    assert_eq!(all.iter().map(|c| c.index).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

#[test]
fn headings_are_those_of_the_readers() {
    let all = cut("# A ##\n\ntext\n\n```\n# code\n```\n\nSet\n===\n\nmore\n\n# C#\n\nlast\n");
    assert_eq!(
        texts(&all),
        ["[A/Page > A] text\n# code", "[A/Page > Set] more", "[A/Page > C#] last"],
        "a closing # is none of the title, code is text"
    );
}

#[test]
fn a_stub_goes_to_the_next_section_and_a_trailing_one_to_the_last() {
    let (long, longer) = (prose(0, 60), prose(100, 60));
    let all = cut(&format!("## Stub\n\nfew words\n\n## Long\n\n{long}\n\n## End\n\nthe end\n"));
    assert_eq!(texts(&all), [format!("[A/Page > Long] Stub\nfew words\n{long}\nEnd\nthe end")]);
    assert_eq!(all[0].lines, 1..12);
    let alone = cut("## A\n\none\n\n## B\n\ntwo\n");
    assert_eq!(texts(&alone), ["[A/Page > A] one", "[A/Page > B] two"]);
    let above = cut(&format!("# Chapter\n\nAbout it.\n\n## Part\n\n{long}\n\n## Next\n\n{longer}\n"));
    assert_eq!(above[0].body(), format!("About it.\n{long}"), "what a path names is not repeated");
    let preamble = cut(&format!("few\n\n## Long\n\n{long}\n"));
    assert_eq!(preamble.len(), 2, "what stands before the headings belongs to none");
}

#[test]
fn a_stub_stays_in_its_chapter() {
    let long = prose(0, 60);
    let all = cut(&format!("# One\n\n{long}\n\n## Last of one\n\nstub\n\n# Two\n\n{long}\n"));
    assert_eq!(all.iter().map(Chunk::section_path).collect::<Vec<_>>(), ["A/Page > One", "A/Page > Two"]);
    assert!(all[0].body().ends_with("\nLast of one\nstub"));
    let alone = cut(&format!("# One\n\n## Last of one\n\nstub\n\n# Two\n\n{long}\n"));
    assert_eq!(
        alone.iter().map(Chunk::section_path).collect::<Vec<_>>(),
        ["A/Page > One > Last of one", "A/Page > Two"]
    );
}

#[test]
fn a_section_below_the_threshold_stays_whole_and_a_longer_one_is_split_with_an_overlap() {
    let paragraphs = |n: usize| (0..n).map(|i| prose(i * 100, 100)).collect::<Vec<_>>().join("\n\n");
    assert_eq!(cut(&format!("# A\n\n{}", prose(0, 299))).len(), 1);
    let all = cut(&format!("# A\n\n{}\n\n# B\n\n{}", paragraphs(4), prose(1_000, 60)));
    assert_eq!(all.len(), 5);
    for (number, pair) in all[..4].windows(2).enumerate() {
        let (before, after) = (pair[0].body(), pair[1].body());
        let repeated: Vec<&str> = before.split_whitespace().rev().take(35).collect();
        let head: Vec<&str> = after.split_whitespace().take(35).collect();
        assert_eq!(head, repeated.into_iter().rev().collect::<Vec<_>>(), "{number}");
        assert_eq!(words_of(after), 135);
    }
    assert!(all[4].body().starts_with("Word1000 "), "no overlap between sections");
    assert_eq!(all[1].lines, 5..7, "what is repeated is not counted");
}

#[test]
fn a_long_paragraph_is_split_at_sentences_and_an_endless_one_at_words() {
    let all = cut(&prose(0, 1_000));
    assert!(all.len() >= 7 && all.iter().all(|c| words_of(c.body()) <= 150 + 35), "{}", all.len());
    assert!(all[..all.len() - 1].iter().all(|c| c.body().ends_with('.')));
    let endless = prose(0, 1_000).replace('.', "");
    let all = chunks(&path_of("P"), &endless, LinkOrder::default(), &words_of, 100);
    assert!(all.iter().all(|c| words_of(&c.text) <= 100) && all.len() < 20, "{}", all.len());
}

#[test]
fn no_chunk_is_longer_than_the_model_reads() {
    let characters = |text: &str| text.chars().count();
    let row = "| cell one | cell two |\n";
    let pages = [
        "\u{6771}\u{4eac}\u{90fd}".repeat(2_000),
        "\u{6771}\u{4eac}\u{3002}".repeat(2_000),
        "x".repeat(10_000),
        format!("| a | b |\n|---|---|\n{}", row.repeat(2_000)),
        format!("```\n{}```\n", "let x = 1;\n".repeat(2_000)),
        format!("# {}\n\ntext\n", "long heading ".repeat(200)),
        "# h\n".repeat(3_000),
        prose(0, 5_000),
    ];
    for page in pages {
        let all = chunks(&path_of("P"), &page, LinkOrder::default(), &characters, 200);
        assert!(!all.is_empty());
        assert!(all.iter().all(|c| characters(&c.text) <= 200), "{}", &page[..page.ceil_char_boundary(20)]);
        // Nothing is cut smaller than it has to be.
        assert!(all.len() <= 20 + page.chars().count() / 25, "{} of {}", all.len(), page.len());
    }
}

#[test]
fn tokens_are_counted_about_once() {
    let page = (0..40).map(|i| prose(i * 100, 100)).collect::<Vec<_>>().join("\n\n");
    let asked = std::cell::Cell::new(0);
    let count = |text: &str| {
        asked.set(asked.get() + text.len());
        words_of(text)
    };
    assert!(chunks(&path_of("P"), &page, LinkOrder::default(), &count, 250).len() >= 40);
    assert!(asked.get() < page.len() * 2, "{} of {}", asked.get(), page.len());
}

#[test]
fn a_hostile_page_is_cut_soon_into_not_too_many() {
    let pages =
        ["# a\nb\n".repeat(100_000), "a. ".repeat(300_000), "#### a\n".repeat(100_000), "- a\n".repeat(200_000)];
    for page in pages {
        let all = chunks(&path_of("P"), &page, LinkOrder::default(), &words_of, 254);
        assert!(all.len() <= 4_096, "{}", all.len());
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n\n".to_owned()),
        Just("\n".to_owned()),
        (1..7_usize, "[a-z]{1,8}").prop_map(|(level, title)| format!("\n\n{} {title}\n\n", "#".repeat(level))),
        "[a-z]{1,9}( [a-z]{1,9}){0,80}[.!?\u{3002}] ?",
        "\u{6771}{1,60}",
        "[|#>`*=-]{1,4} ?",
        "\n\n```\n([a-z ]{1,20}\n){0,30}```\n\n",
        "(\\| [a-z]{1,5} ){1,3}\\|\n",
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 96 } else { 1_000 }))]
    #[test]
    fn chunks_hold_every_word_once_in_order_and_fit(
        page in pieces(), front in prop::bool::ANY, max in 16_usize..300, by_characters in prop::bool::ANY,
    ) {
        let text = if front { format!("---\ntitle: The title\n---\n{page}") } else { page };
        let count: &dyn Fn(&str) -> usize = if by_characters { &|text| text.chars().count() } else { &words_of };
        let all = chunks(&path_of("P"), &text, LinkOrder::default(), count, max);
        let mut held = String::new();
        let first = if front { 4 } else { 1 };
        let mut line = first;
        for (index, chunk) in all.iter().enumerate() {
            prop_assert_eq!((chunk.index, chunk.total), (index, all.len()));
            prop_assert!(count(&chunk.text) <= max, "{:?} of {}", chunk.text, max);
            prop_assert!(chunk.lines.start <= line && chunk.lines.end > chunk.lines.start);
            prop_assert!(chunk.lines.start >= first && chunk.lines.end >= line, "{:?} {}", chunk.lines, line);
            prop_assert!(chunk.lines.start + 1 >= line, "only the line that is shared is named twice");
            prop_assert!(text.get(chunk.bytes.clone()).is_some());
            prop_assert_eq!(&chunk.section, &chunk.heading_path.last().cloned().unwrap_or_default());
            line = chunk.lines.end;
            held.push_str(chunk.body());
            held.push_str(&chunk.heading_path.concat());
        }
        if !all.is_empty() {
            prop_assert_eq!(line, text.split_inclusive('\n').count() + 1);
        }
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let held = letters(&held);
        let text = plain_text(&text, LinkOrder::default());
        for word in text.split(|c: char| c.is_whitespace() || c == '\u{3002}').filter(|word| word.len() < 8) {
            prop_assert!(held.contains(word), "{} is lost", word);
        }
    }

    #[test]
    fn no_page_is_too_strange(text in "\\PC{0,300}|([#>|`\\-\r\n\t \u{a0}\u{2028}a]){0,200}", max in 0_usize..40) {
        for chunk in chunks(&path_of("P"), &text, LinkOrder::default(), &|text| text.len(), max) {
            prop_assert!(text.get(chunk.bytes.clone()).is_some());
        }
    }
}
