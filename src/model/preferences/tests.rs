use proptest::prelude::*;

use super::*;
use crate::model::PagePath;

#[test]
fn what_nobody_has_set_has_defaults() {
    let defaults: Preferences = serde_json::from_str("{}").unwrap();
    assert_eq!(defaults, Preferences::default());
    assert_eq!(defaults.start.to_string(), "Home");
    assert!(defaults.indexed);
}

#[test]
fn every_value_comes_back_from_its_record() {
    let preferences = Preferences {
        description: Description::parse(" All  about\nboats ").unwrap(),
        start: StartPage::parse("/-/changelog").unwrap(),
        indexed: false,
        link_order: LinkOrder::TargetFirst,
        sidebar: Sidebar {
            tree: TreeMode::FoldersOnly,
            focus: TreeFocus::Branch,
            depth: TreeDepth::parse("3").unwrap(),
        },
        menu: Menu::parse(
            "Start | Home\n\n---\nhttps://example.org/x\nMail | mailto:a@example.org\nNew | /-/changelog",
        )
        .unwrap(),
        messages: MessagePolicy {
            demand: MessageDemand::Required,
            template: MessageTemplate::parse("%P, %Y-%m-%d").unwrap(),
        },
        css: CustomCss::parse("h2 { color: red }").unwrap(),
        redirects: Redirects::parse("Old -> New\nFar away -> https://example.org/?q=1#x").unwrap(),
    };
    let json = serde_json::to_string(&preferences).unwrap();
    assert_eq!(serde_json::from_str::<Preferences>(&json).unwrap(), preferences);
    assert_eq!(preferences.description.as_str(), "All about boats");
    assert_eq!(Menu::parse(&preferences.menu.to_string()).unwrap(), preferences.menu);
    assert_eq!(Redirects::parse(&preferences.redirects.to_string()).unwrap(), preferences.redirects);
}

#[test]
fn what_is_refused_says_which_field_and_why() {
    let long = |n: usize| "x".repeat(n);
    let lines = |n: usize, line: &str| (0..n).map(|i| line.replace('#', &i.to_string())).collect::<Vec<_>>().join("\n");
    let refused: [(Result<String, PreferenceError>, &str); 19] = [
        (Description::parse(&long(301)).map(|v| v.to_string()), "description must be at most 300 characters"),
        (StartPage::parse("/-/search").map(|v| v.to_string()), "home_page must be a page, /-/changelog or /-/index"),
        (
            StartPage::parse("../x").map(|v| v.to_string()),
            "home_page is no name of a page: must not contain '..' or '.' as a name",
        ),
        (CustomCss::parse(&long(32_769)).map(|v| v.to_string()), "css is too large: the limit is 32768 bytes"),
        (
            TreeDepth::parse("11").map(|v| format!("{v:?}")),
            "sidebar_depth must be a number from 1 to 10, or empty for all levels",
        ),
        (
            TreeDepth::parse("0").map(|v| format!("{v:?}")),
            "sidebar_depth must be a number from 1 to 10, or empty for all levels",
        ),
        (
            TreeMode::parse("up").map(|v| v.as_str().to_owned()),
            "sidebar_tree must be one of off, sorted, folders_first, folders_only",
        ),
        (LinkOrder::parse("").map(|v| v.as_str().to_owned()), "link_order must be one of label_first, target_first"),
        (MessageTemplate::parse(&long(201)).map(|v| v.to_string()), "message_template must be at most 200 characters"),
        (
            MessageTemplate::parse("50%").map(|v| v.to_string()),
            "message_template has the unknown placeholder '%'; known are %P, %Y, %m, %d, %H, %M and %%",
        ),
        (Menu::parse(&lines(51, "a | b")).map(|v| v.to_string()), "menu must have at most 50 entries"),
        (
            Menu::parse("a | b\nx | javascript:alert(1)").map(|v| v.to_string()),
            "menu line 2: 'javascript:alert(1)' must be a page, /-/…, http://…, https://… or mailto:…",
        ),
        (
            Menu::parse(&format!("{} | b", long(101))).map(|v| v.to_string()),
            "menu line 1: a title must be at most 100 characters",
        ),
        (Redirects::parse("a b").map(|v| v.to_string()), "redirects line 1: 'a b' has no '->' in it"),
        (
            Redirects::parse("a -> ftp://x/y").map(|v| v.to_string()),
            "redirects line 1: 'ftp://x/y' must be a page, http://… or https://…",
        ),
        (Redirects::parse("New York -> b\nnew_york -> c").map(|v| v.to_string()), "redirects name 'new_york' twice"),
        (Redirects::parse("a -> b\nb -> c\nc -> A").map(|v| v.to_string()), "redirects lead in a circle from 'a'"),
        (Redirects::parse("a -> A").map(|v| v.to_string()), "redirects lead in a circle from 'a'"),
        (Redirects::parse(&lines(501, "p# -> q")).map(|v| v.to_string()), "redirects must be at most 500"),
    ];
    for (result, text) in refused {
        assert_eq!(result.map_err(|error| error.to_string()), Err(text.to_owned()));
    }
}

#[test]
fn an_address_of_the_web_has_a_host_and_no_surprises() {
    for text in ["https://example.org", "HTTP://Example.org:8080/a?b#c", "http://[::1]:80/", "https://x/%20"] {
        assert_eq!(WebAddress::parse(text).unwrap().as_str(), text);
    }
    for text in [
        "example.org",
        "//example.org",
        "https:///x",
        "https://",
        "https://a b/",
        "https://a/\nb",
        "https://user@host/",
        "https://a/\"x",
        "https://a:b/",
        "javascript://x",
        "https://\u{e9}/",
        "http:example.org",
        "https://a\\b",
    ] {
        assert!(WebAddress::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(WebAddress::parse("HTTP://Example.org:8080/a").unwrap().authority(), "example.org:8080");
}

#[test]
fn placeholders_become_the_page_and_the_time() {
    let template = MessageTemplate::parse("%P: 100%% on %Y-%m-%d at %H:%M").unwrap();
    assert_eq!(template.expand("Guide/50% off", 1_795_184_341).unwrap(), "Guide/50% off: 100% on 2026-11-20 at 14:19");
    assert_eq!(MessageTemplate::default().expand("x", 0), None);
}

#[test]
fn a_redirect_is_found_by_any_spelling() {
    let redirects = Redirects::parse("Old_Place -> New").unwrap();
    for spelling in ["Old Place", "old_place", "OLD PLACE"] {
        assert!(redirects.get(&PagePath::parse(spelling).unwrap()).is_some(), "{spelling}");
    }
    assert!(redirects.get(&PagePath::parse("Old").unwrap()).is_none());
}

proptest! {
    #[test]
    fn what_is_parsed_is_safe_in_a_header_and_parses_to_itself(text in "\\PC{0,40}", scheme in "(https?://)?") {
        let text = format!("{scheme}{text}");
        if let Ok(address) = WebAddress::parse(&text) {
            prop_assert!(address.as_str().bytes().all(|b| b.is_ascii_graphic() && b != b'"'));
            prop_assert_eq!(WebAddress::parse(address.as_str()), Ok(address));
        }
        if let Ok(to) = Destination::parse(&text) {
            prop_assert_eq!(Destination::parse(&to.to_string()), Ok(to));
        }
        if let Ok(menu) = Menu::parse(&text) {
            prop_assert_eq!(Menu::parse(&menu.to_string()), Ok(menu));
        }
        if let Ok(redirects) = Redirects::parse(&text) {
            prop_assert_eq!(Redirects::parse(&redirects.to_string()), Ok(redirects));
        }
    }
}
