use proptest::prelude::*;

use super::html;
use crate::markdown::{LinkOrder, front_matter, headings, links, plain_text, wikilinks};

/// Pieces of Markdown and HTML in any order: far likelier to meet an edge than random text.
fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\n",
            "\n\n",
            "\r\n",
            " ",
            "    ",
            "\t",
            "a",
            "b c",
            "ü",
            "日本",
            "\u{0}",
            "\u{f0000}",
            "\\",
            "*",
            "**",
            "_",
            "~~",
            "==",
            "`",
            "``",
            "```\n",
            "~~~\n",
            "#",
            "# ",
            "## h",
            "===\n",
            "---\n",
            "> ",
            "- ",
            "1. ",
            "- [ ] ",
            "|",
            "|-|-|\n",
            "| a | b |\n",
            "[",
            "]",
            "(",
            ")",
            "[[",
            "]]",
            "[[a]]",
            "[[a|b]]",
            "[[a#b]]",
            "![",
            "](",
            "[x](y)",
            "![x](./y)",
            "[^1]",
            "[^1]: ",
            "[a]: /b\n",
            "<",
            ">",
            "</",
            "<div>",
            "</div>",
            "<b>",
            "</b>",
            "<p",
            "<table>",
            "<td>",
            "</table>",
            "<!--",
            "-->",
            "<script>",
            "</script>",
            "<svg>",
            "<a href=",
            "\"",
            "'",
            "=",
            "javascript:",
            "onerror=",
            "<img src=x ",
            "id=a",
            "&",
            "&#106;",
            "&lt;",
            "&colon;",
            "http://a.b/c",
            "www.a.b",
            "a@b.c",
            ": d\n",
            "> [!NOTE]\n",
            "%20",
            "{",
            "{{InfoBox",
            "{{Figure\n",
            "{{Attachments}}\n",
            "|a=b\n",
            "|caption=x",
            "|src=y",
            "}}\n",
            "}}",
            "$",
            "^",
            "title: x\n",
            "- a: &a\n",
            "*a",
            "<style>",
            "<![CDATA[",
            "<?",
            "<textarea>",
            "::: info\n",
            "::: name",
            ":::\n",
            "::::\n",
            ">! ",
            ">| ",
            ">| # t\n",
            "$$",
            "$$\n",
            "$x$",
            "`$x$`",
            "\\text{",
            "\\frac{a}{",
            "}",
            "```math\n",
            "```rust=\n",
            "```mermaid\n",
            "*[a]: b\n",
            "\n\n*[b]: \"<i>\n\n",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// What a browser would take for markup: names of open tags and of their attributes.
fn live(html: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut tags = Vec::new();
    for tag in crate::markdown::html::tags(html) {
        let source = &html[tag.start + 1 + tag.name.len()..tag.end - 1];
        let mut attributes = Vec::new();
        let mut rest = source;
        while let Some((name, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').unwrap_or((after, ""));
            attributes.push((name.trim().to_owned(), value.to_owned()));
            rest = after;
        }
        if !tag.closing {
            tags.push((tag.name.to_owned(), attributes));
        }
    }
    tags
}

/// No element, attribute or address that could run anything, and no id that is not ours.
pub(super) fn assert_safe(html: &str) {
    let allowed = [crate::markdown::html::ELEMENTS, crate::markdown::math::ELEMENTS].concat();
    for (name, attributes) in live(html) {
        assert!(allowed.contains(&name.as_str()) || name == "input", "<{name}> in {html}");
        for (attribute, value) in attributes {
            assert!(!attribute.starts_with("on"), "{attribute} in {html}");
            assert!(
                !matches!(attribute.as_str(), "style" | "name" | "srcdoc" | "formaction" | "srcset"),
                "{attribute} in {html}"
            );
            if matches!(attribute.as_str(), "href" | "src" | "poster") {
                let plain: String = value.chars().filter(|c| *c > ' ').collect::<String>().to_lowercase();
                for scheme in ["javascript:", "data:", "vbscript:", "file:", "about:", "blob:"] {
                    assert!(!plain.starts_with(scheme), "{value} in {html}");
                }
            }
        }
    }
    assert!(!html.to_lowercase().contains("<script"), "{html}");
}

/// Lines of blocks in any order, each with a word that no other has, and the number of words.
fn blocks() -> impl Strategy<Value = (String, usize)> {
    let line = prop::sample::select(vec![
        "",
        "\n",
        "- ",
        "1. ",
        "  ",
        "   ",
        "    ",
        "      ",
        "> ",
        ">",
        ">! ",
        ">!",
        ">| ",
        ">! >! ",
        "> >| ",
        "# ",
        ">| # ",
        "::: info\n",
        ":::\n",
        "::::red\n",
        "::::\n",
        "- ::: info\n",
        "  :::\n",
        "    ::: info\n",
        "> ::: info\n",
        "> :::\n",
        ">! ::: info\n",
        "$$\n",
        "  $$\n",
        "> $$\n",
        "$$ ",
        "```\n",
        "~~~\n",
        "> ```\n",
        "  ```\n",
        "\t",
        "| a |\n|---|\n| ",
        "* ",
        "[^1]: ",
        "[^1] ",
        "*** ",
    ]);
    let end = prop::sample::select(vec!["\n", "\n\n", "\r\n", "\r"]);
    prop::collection::vec((line, end), 1..25).prop_map(|lines| {
        let text = lines.iter().enumerate().map(|(at, (line, end))| format!("{line}w{at:03}{end}")).collect();
        (text, lines.len())
    })
}

proptest! {
    #[test]
    fn no_word_is_lost_or_doubled_by_blocks((text, count) in blocks()) {
        let (html, plain) = (html(&text), plain_text(&text, LinkOrder::default()));
        let mut shown = String::new();
        crate::markdown::html::push_text(&html, &mut shown);
        for word in (0..count).map(|at| format!("w{at:03}")) {
            // A note that nothing refers to is not shown, and letters of a formula stand apart.
            let times = shown.matches(&word).count();
            let formulas = text.contains("$$");
            let hidden = text.contains("[^1]: ") || formulas;
            prop_assert!(times == 1 || (times == 0 && hidden), "{} is there {} times in {}\n{}", word, times, text, html);
            let in_plain = plain.matches(&word).count();
            prop_assert!(in_plain == times || (formulas && in_plain == 1), "{} in {}", word, plain);
        }
        for sign in [":::", "::: info"] {
            prop_assert!(plain.matches(sign).count() <= text.matches(sign).count());
        }
    }

    #[test]
    fn rendered_pages_are_safe(text in markdown()) {
        let html = html(&text);
        assert_safe(&html);
        // Headings in these open no section, and have anchors all the same.
        let hidden = ["<li", "<blockquote", "<details", "role=\"note\"", "class=\"embed"];
        let hidden = hidden.iter().any(|part| html.contains(part));
        let own = |id: &str| {
            hidden || id.starts_with("fn") || headings(&text, LinkOrder::LabelFirst).iter().any(|h| h.anchor == id)
        };
        for (_, attributes) in live(&html) {
            for (name, value) in attributes {
                prop_assert!(name != "id" || own(&value), "id {} in {}", value, html);
            }
        }
    }

    #[test]
    fn rendering_is_repeatable(text in markdown()) {
        prop_assert_eq!(html(&text), html(&text));
    }

    #[test]
    fn spans_slice_to_their_links(text in markdown()) {
        for link in wikilinks(&text, LinkOrder::LabelFirst) {
            let source = text.get(link.span).unwrap();
            prop_assert!(source.starts_with("[[") && source.ends_with("]]"), "{}", source);
        }
        for link in links(&text, LinkOrder::TargetFirst) {
            prop_assert!(text.get(link.span.clone()).is_some());
            if let Some(destination) = link.destination {
                prop_assert!(text.get(destination.clone()).is_some());
                prop_assert!(link.span.start < destination.start && destination.end < link.span.end);
            }
        }
    }

    #[test]
    fn headings_start_lines(text in markdown()) {
        for heading in headings(&text, LinkOrder::LabelFirst) {
            prop_assert!(text.is_char_boundary(heading.start));
            let starts_line = heading.start == 0 || text[..heading.start].ends_with(['\n', '\r', '\u{feff}']);
            prop_assert!(starts_line);
            prop_assert!(heading.start >= front_matter(&text).body_offset);
        }
    }

    #[test]
    fn nothing_of_ours_is_left_in_the_text(text in markdown()) {
        let had = |c: char| text.contains(c);
        for c in plain_text(&text, LinkOrder::default()).chars().chain(html(&text).chars()) {
            prop_assert!(!('\u{f0000}'..='\u{ffffd}').contains(&c) || had(c), "{:?}", c);
        }
    }
}
