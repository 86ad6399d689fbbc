use crate::markdown::{LinkOrder, headings, links, plain, plain_text, set_task, word_count};

fn outline(text: &str) -> Vec<(u8, String, String, usize, String)> {
    headings(text, LinkOrder::LabelFirst)
        .into_iter()
        .map(|h| {
            let line = text[h.start..].lines().next().unwrap_or_default().to_owned();
            (h.level, h.title, h.anchor, h.line, line)
        })
        .collect()
}

fn row(level: u8, title: &str, anchor: &str, line: usize, source: &str) -> (u8, String, String, usize, String) {
    (level, title.to_owned(), anchor.to_owned(), line, source.to_owned())
}

#[test]
fn headings_are_those_of_commonmark_with_their_places_in_the_file() {
    let text = "---\ntitle: T\n# comment: in yaml\n---\n# Head 1\n\nSet *ext*\n===\n\n```\n# code\n```\n\n    # code\n\n   ## head 1.1 **bold** ##\n## C#\n#nospace\n####### seven\n#\n> # quoted\n\n- # listed\n\n## head 1.1 bold\nLast\n---\n";
    assert_eq!(
        outline(text),
        [
            row(1, "Head 1", "head-1", 5, "# Head 1"),
            row(1, "Set ext", "set-ext", 7, "Set *ext*"),
            row(2, "head 1.1 bold", "head-11-bold", 16, "   ## head 1.1 **bold** ##"),
            row(2, "C#", "c", 17, "## C#"),
            row(1, "", "section", 20, "#"),
            row(2, "head 1.1 bold", "head-11-bold-1", 25, "## head 1.1 bold"),
            row(2, "Last", "last", 26, "Last"),
        ]
    );
}

#[test]
fn line_ends_of_every_kind_count() {
    let text = "---\r\na: b\r\n---\r\n# One\r\n\r\ntext\r\n# Two\r\n";
    assert_eq!(outline(text), [row(1, "One", "one", 4, "# One"), row(1, "Two", "two", 7, "# Two")]);
    let starts: Vec<usize> = headings("# One\r# Two\n", LinkOrder::LabelFirst).iter().map(|h| h.start).collect();
    assert_eq!(starts, [0, 6]);
}

#[test]
fn wikilinks_in_headings_count_by_their_label() {
    assert_eq!(outline("# See [[the guide|Guide]]!")[0].2, "see-the-guide");
    assert_eq!(headings("# See [[Guide|the guide]]!", LinkOrder::TargetFirst)[0].anchor, "see-the-guide");
}

#[test]
fn rendered_anchors_are_those_of_the_headings() {
    let text = "# A\n\n> # A\n\n# A\n\n- # B\n\ntext[^1]\n\n# B\n\n[^1]: # A\n[^2]: # A\n\n# A\n";
    let html = super::html(text);
    let ids: Vec<&str> =
        html.match_indices("<h1 id=\"").filter_map(|(at, m)| html[at + m.len()..].split('"').next()).collect();
    assert_eq!(ids, ["a", "a-1", "a-2", "b", "b-1", "a-3", "a-4"]);
    let of_sections: Vec<String> = headings(text, LinkOrder::LabelFirst).into_iter().map(|h| h.anchor).collect();
    assert_eq!(of_sections, ["a", "a-2", "b-1", "a-3"]);
}

#[test]
fn plain_text_has_the_words_and_not_the_markup() {
    let text = "---\ntitle: hidden\n---\n# Head **one**\n\nA [link](http://x.y/z) and [[Label|Page]], `code`,\nsoft ![alt](i.png) ~~gone~~ ==mark== &copy;\n\n- item\n- [ ] task\n\n| a | b |\n|---|---|\n| c | [[d|E]] |\n\n```rust\nlet x;\n```\n\n<div class=\"k\">raw <b>bo</b>ld<!-- no --><script>no()</script></div>\n\nnote[^1] Vec<String>\n\n[^1]: the note\n\n> [!NOTE]\n> alert\n";
    assert_eq!(
        plain_text(text, LinkOrder::default()),
        "Head one\nA link and Label, code, soft alt gone mark ©\nitem\ntask\na b\nc d\nlet x;\nraw bold\nnote Vec<String>\nthe note\nalert"
    );
}

#[test]
fn words_are_what_white_space_separates() {
    assert_eq!(word_count("a  b\n# c\t**d**"), 5);
    assert_eq!(word_count(""), 0);
}

#[test]
fn headings_in_blocks_open_no_section_and_leave_positions_alone() {
    let text = "# One\n\n::: info\n# In a box\n## And below\n[[Guide]]\n:::\n\n>| # Summary\n>| - [ ] task [x](Use)\n\n## Two\n";
    assert_eq!(outline(text), [row(1, "One", "one", 1, "# One"), row(2, "Two", "two", 12, "## Two")]);
    let html = super::html(text);
    assert!(html.contains("<h2 id=\"and-below\">") && !html.contains("in-a-box"), "{html}");
    let places: Vec<&str> =
        links(text, LinkOrder::LabelFirst).into_iter().filter_map(|link| text.get(link.span)).collect();
    assert_eq!(places, ["[[Guide]]", "[x](Use)"]);
    assert!(set_task(text, 0, true).unwrap().contains(">| - [x] task"));
}

#[test]
fn plain_text_of_blocks_has_their_words_and_none_of_their_signs() {
    let text = "before\n::: warning Mind the gap\none\n:::\n::: note\n# Title\ntwo\n:::\n>! hidden\n>! words\n\n>| # Summary\n>| below\n";
    assert_eq!(
        plain_text(text, LinkOrder::default()),
        "before\nMind the gap\none\nTitle\ntwo\nhidden words\nSummary\nbelow"
    );
    let plain = plain(text, LinkOrder::default());
    assert_eq!(plain.line(plain.text.find("below").unwrap()), 13);
}

#[test]
fn formulas_and_code_are_plain_text_as_they_are_written() {
    let text = "$a^2$ `$b$`\n\n$$\nc\n\n- d\n$$\n\n```rust=\nfn f() {}\n```\n\n# Mass $m$\n\n*[m]: mass\n";
    assert_eq!(plain_text(text, LinkOrder::LabelFirst), "a^2 $b$\nc\n- d\nfn f() {}\nMass m\n*[m]: mass");
    assert_eq!(outline(text), [row(1, "Mass m", "mass-m", 13, "# Mass $m$")]);
}

#[test]
fn the_title_of_the_front_matter_is_shown_where_the_text_has_none() {
    let contents = |text: &str| {
        let page = crate::model::PagePath::parse("Guide").unwrap();
        let context = crate::markdown::RenderContext {
            page: &page,
            order: LinkOrder::LabelFirst,
            find_page: &super::find_page,
            sources: &crate::markdown::NoSources,
        };
        let output = crate::markdown::render(text, &context);
        let titles: Vec<String> = output.contents.iter().map(|heading| heading.title.clone()).collect();
        (output.html.matches("<h1").count(), output.title, titles)
    };
    let owned = |titles: &[&str]| titles.iter().map(|title| (*title).to_owned()).collect::<Vec<_>>();
    assert_eq!(contents("---\ntitle: T\n---\n## a\n"), (1, Some("T".to_owned()), owned(&["T", "a"])));
    assert_eq!(contents("---\ntitle: T\n---\n## a\n# b\n"), (1, Some("T".to_owned()), owned(&["a", "b"])));
    assert_eq!(contents("## a\n"), (0, Some("a".to_owned()), owned(&["a"])));
}

#[test]
fn a_tab_inside_of_a_formula_makes_no_code() {
    for text in [
        "a\n  $$\nb\n\tc\n$$\nd\n",
        "- $$\n\tb\n  $$\n",
        "1. a\n\n   $$\n\tb\n\t\tc\n   $$\n",
        "> $$\n>\tb\n> $$\n",
        " $$\n\tb\n\t\tc\n$$\n",
    ] {
        let shown = super::html(text);
        assert!(shown.matches("<math").count() == 1 && !shown.contains("<pre"), "{text:?}\n{shown}");
    }
}
