use crate::markdown::{Link, LinkKind, LinkOrder, Wikilink, linked_page, links, wikilinks};
use crate::model::PagePath;

fn found(text: &str) -> Vec<(String, Option<String>, Option<String>, String)> {
    wikilinks(text, LinkOrder::LabelFirst)
        .into_iter()
        .map(|Wikilink { target, anchor, label, span }| (target, anchor, label, text[span].to_owned()))
        .collect()
}

fn targets(text: &str) -> Vec<String> {
    found(text).into_iter().map(|link| link.0).collect()
}

#[test]
fn every_form_of_wikilink_is_taken_apart() {
    let some = |text: &str| Some(text.to_owned());
    for (text, target, anchor, label) in [
        ("[[Page]]", "Page", None, None),
        ("[[Label|Page]]", "Page", None, some("Label")),
        ("[[ Label | /Sub/Page/ ]]", "Sub/Page", None, some("Label")),
        ("[[Page#Some Heading]]", "Page", some("Some Heading"), None),
        ("[[T|Page#a b]]", "Page", some("a b"), some("T")),
        ("[[#anchor]]", "", some("anchor"), None),
        ("[[T|#a b]]", "", some("a b"), some("T")),
        ("[[A|B|C]]", "B|C", None, some("A")),
        ("[[Label\\|Page]]", "Page", None, some("Label")),
        ("[[New%20York]]", "New York", None, None),
        ("[[100%]]", "100%", None, None),
        ("[[javascript:alert(1)]]", "javascript:alert(1)", None, None),
        ("[[`code`|Page]]", "Page", None, some("`code`")),
        ("[[日本|東京]]", "東京", None, some("日本")),
    ] {
        assert_eq!(found(text), [(target.to_owned(), anchor, label, text.to_owned())], "{text}");
    }
    let swapped = wikilinks("[[people/Paul|Paul]]", LinkOrder::TargetFirst);
    assert_eq!((swapped[0].target.as_str(), swapped[0].label.as_deref()), ("people/Paul", Some("Paul")));
}

#[test]
fn what_is_not_a_wikilink_stays_alone() {
    for text in [
        "`[[a]]`",
        "``x [[a]] ` y``",
        "```\n[[a]]\n```",
        "~~~\n[[a]]",
        "    [[a]]",
        "---\ntitle: \"[[a]]\"\n---\n",
        "\\[[a]]",
        "[\\[a]]",
        "[[a]",
        "[[]]",
        "[[ ]]",
        "[[|]]",
        "[[#]]",
        "[[a\nb]]",
        "[[https://x.org]]",
        "[[T|HTTP://x.org]]",
        "[[a]](http://x.org)",
        "[see [[a]] there](http://x.org)",
        "![see [[a]]](x.png)",
        "<!-- [[a]] -->",
        "<div>\n[[a]]\n</div>",
        "<a title=\"[[a]]\">",
        "[[^1]]\n\n[^1]: note",
        "[[a ` b]] `",
    ] {
        assert_eq!(targets(text), [""; 0], "{text:?}");
    }
}

#[test]
fn wikilinks_are_found_wherever_prose_is() {
    for text in [
        "**[[a]]**",
        "_[[a]]_ x",
        "x[[a]]y",
        "(see [[a]])",
        "\\\\[[a]]",
        "[[[a]]]",
        "> quote [[a]]",
        "- item\n\n  [[a]] more",
        "# Head [[a]]",
        "text[^1]\n\n[^1]: note [[a]]",
        "| x | y |\n|---|---|\n| b | [[a]] |",
        "![[a]]",
        "[[a]](see there)",
        "[[a]]: x",
        "line\n[[a]]\r\nline",
        "- [ ] [[a]]",
        "> [!NOTE]\n> [[a]]",
    ] {
        assert_eq!(targets(text), ["a"], "{text:?}");
    }
}

#[test]
fn a_bar_in_a_link_splits_no_table_cell() {
    let text = "| a | b |\n|---|---|\n| [[Label|Guide]] | [[Use\\|Guide/Use]] |\n";
    assert_eq!(targets(text), ["Guide", "Guide/Use"]);
    let html = super::html(text);
    assert!(html.contains("<td><a href=\"/Guide\">Label</a></td>"), "{html}");
    assert!(html.contains("<td><a href=\"/Guide/Use\">Use</a></td>"), "{html}");
}

#[test]
fn spans_are_exact_behind_anything() {
    let text = "---\nt: ü\n---\r\n# Ü [[a]]\r\n\r\na\ttab `x` [[b|B]]\r\n> 日本 [[c]] \u{f0001}[[d]]\0[[e]]\r\n";
    let spans: Vec<String> = found(text).into_iter().map(|link| link.3).collect();
    assert_eq!(spans, ["[[a]]", "[[b|B]]", "[[c]]", "[[d]]", "[[e]]"]);
}

#[test]
fn private_characters_of_icon_fonts_survive() {
    let text = "\u{f0000}\u{f0001}// [[a]] `\u{f0000}[[b]]` \u{f0002} [x](\u{f0000})";
    let html = super::html(text);
    assert!(html.contains("\u{f0000}\u{f0001}// <a "), "{html}");
    assert!(html.contains("<code>\u{f0000}[[b]]</code> \u{f0002}"), "{html}");
}

#[test]
fn all_links_within_the_wiki_are_listed_with_their_places() {
    let text = "# [h](Use)\n[[G|Guide#top]] ![i](./a%20b.png \"t\") [x](/New_York#sec 'T') <https://out.example> [o](https://out.example)\n[r][ref] [self](#here) `[c](c)` [m](mailto:a@b.c) [p](<with space>)\n\n[ref]: Install.md\n\n| t |\n|---|\n| \\| [cell](Cell) |\n\n> * [deep\n>   text](../Up)\n";
    let listed: Vec<_> = links(text, LinkOrder::LabelFirst)
        .into_iter()
        .map(|Link { kind, target, anchor, span, destination }| {
            let anchor = anchor.unwrap_or_default();
            (kind, target, anchor, text[span].to_owned(), destination.map(|d| text[d].to_owned()))
        })
        .collect();
    let row = |kind, target: &str, anchor: &str, source: &str, destination: Option<&str>| {
        (kind, target.to_owned(), anchor.to_owned(), source.to_owned(), destination.map(str::to_owned))
    };
    assert_eq!(
        listed,
        [
            row(LinkKind::Inline, "Use", "", "[h](Use)", Some("Use")),
            row(LinkKind::Wikilink, "Guide", "top", "[[G|Guide#top]]", Some("Guide")),
            row(LinkKind::Image, "./a b.png", "", "![i](./a%20b.png \"t\")", Some("./a%20b.png")),
            row(LinkKind::Inline, "/New_York", "sec", "[x](/New_York#sec 'T')", Some("/New_York")),
            row(LinkKind::Reference, "Install.md", "", "[r][ref]", None),
            row(LinkKind::Inline, "", "here", "[self](#here)", Some("")),
            row(LinkKind::Inline, "with space", "", "[p](<with space>)", Some("with space")),
            row(LinkKind::Inline, "Cell", "", "[cell](Cell)", Some("Cell")),
            row(LinkKind::Inline, "../Up", "", "[deep\n>   text](../Up)", Some("../Up")),
        ]
    );
}

#[test]
fn a_link_leads_below_its_page_or_beside_it() {
    let page = PagePath::parse("Guide/Install").unwrap();
    let leads = |text: &str| {
        let link = &links(text, LinkOrder::LabelFirst)[0];
        linked_page(link, &page, &super::find_page).map(|page| page.to_string())
    };
    for (text, page) in [
        ("[[Guide]]", Some("Guide")),
        ("[[new york]]", Some("New_York")),
        ("[[#here]]", None),
        ("[[Use]]", None),
        ("[x](Use)", Some("Guide/Use")),
        ("[x](Use.md#a)", Some("Guide/Use")),
        ("[x](./Use)", None),
        ("[x](../Use)", Some("Guide/Use")),
        ("[x](../../Home)", Some("Home")),
        ("[x](/New%20York?revision=1)", Some("New_York")),
        ("[x](/)", None),
        ("[x](#here)", None),
    ] {
        assert_eq!(leads(text).as_deref(), page, "{text}");
    }
}

#[test]
fn a_wikilinks_destination_is_its_path_as_written() {
    for (text, order, path) in [
        ("[[ /Guide/ ]]", LinkOrder::LabelFirst, "Guide"),
        ("[[Guide|Guide]]", LinkOrder::LabelFirst, "Guide"),
        ("[[Guide|Guide]]", LinkOrder::TargetFirst, "Guide"),
        ("[[x\\| New%20York #a]]", LinkOrder::LabelFirst, "New%20York"),
        ("[[ü|ü/ü#ü]]", LinkOrder::LabelFirst, "ü/ü"),
        ("[[a\\|b]]", LinkOrder::TargetFirst, "a"),
    ] {
        let destination = links(text, order)[0].destination.clone().unwrap();
        assert_eq!(&text[destination.clone()], path, "{text}");
        let second = order == LinkOrder::LabelFirst && text.contains('|');
        assert_eq!(destination.start > text.find('|').unwrap_or(usize::MAX), second, "{text}");
    }
}

#[test]
fn a_link_in_a_cell_with_escaped_bars_is_still_found() {
    let text = "| a |\n|---|\n| \\| \\| [x](Use#a) y |\n";
    let link = &links(text, LinkOrder::LabelFirst)[0];
    assert_eq!((link.kind, &text[link.span.clone()]), (LinkKind::Inline, "[x](Use#a)"));
    assert_eq!(link.destination.clone().map(|place| &text[place]), Some("Use"));
}

#[test]
fn a_page_with_a_number_sign_is_linked_by_its_code() {
    assert!(super::html("[[C%23]]").contains("<a href=\"/C%23\">"));
    assert!(super::html("[[C%23#a%25b]]").contains("<a href=\"/C%23#ab\">"));
}
