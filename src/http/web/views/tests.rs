//! Renders every page kind with sample data. With `ROBOTWIKI_RENDER_DIR` set, the pages
//! are left there as files, to look at in a browser.

mod transfer;

use std::path::Path;

use askama::Template;

use super::*;

const ARTICLE: &str = include_str!("sample.html");
const MARKDOWN: &str = "# First Steps\n\nInstall the package, open the link that it prints, and write.\n\n\
## What you need\n\n- one machine with Debian 12\n- a host name, or only `localhost`\n\n\
## Install\n\n```console\n$ sudo apt install ./robotwiki_1.0.0_amd64.deb\n```\n\n\
> [!NOTE]\n> The server prints a link. Open it once, in the browser you want to use.\n\n\
See [[Administration]] for backups.\n";

fn nav() -> PageNav<'static> {
    PageNav { name: "First Steps", base: "/Guides/First_Steps" }
}

fn wiki_frame(title: &'static str) -> Frame<'static> {
    Frame {
        title,
        site: "Field Notes",
        slug: Some("notes"),
        page: None,
        person: Some("Ada Lindqvist"),
        may_write: true,
        may_administer: false,
        style_href: None,
        sign_in_href: None,
        platform_href: "http://localhost:8080/",
        csrf: "csrf-token",
        side: None,
        indexed: true,
    }
}

fn page_frame(title: &'static str) -> Frame<'static> {
    Frame { page: Some(nav()), ..wiki_frame(title) }
}

fn visitor(frame: Frame<'static>) -> Frame<'static> {
    Frame { person: None, may_write: false, sign_in_href: Some("/-/sign-in?return=%2FGuides%2FFirst_Steps"), ..frame }
}

fn platform_frame(title: &'static str) -> Frame<'static> {
    Frame { site: "robotwiki", slug: None, platform_href: "/", ..wiki_frame(title) }
}

fn link(text: &str, href: &str) -> Link {
    Link { text: text.to_owned(), href: href.to_owned() }
}

fn change(seconds: UnixSeconds, author: &str) -> Change {
    Change { at: Moment::from_unix(seconds), author: author.to_owned(), agent: author.contains("agent") }
}

fn drafting() -> Drafting {
    Drafting { window: "abc123".to_owned(), seen: String::new(), limit: 1_000_000, summary: SummaryField::Optional }
}

fn new_page(name: &'static str, problem: Option<&'static str>) -> NewPage<'static> {
    NewPage {
        frame: wiki_frame("New page"),
        name,
        from: "/Guides/First_Steps",
        problem,
        existing: None,
        near: Vec::new(),
        anyway_href: None,
        places: vec![link("Guides", "/-/new?name=Guides%2F"), link("Guides / First Steps", "/-/new?name=x")],
    }
}

fn revert(possible: bool) -> RevertView<'static> {
    let row = RevertRow { name: "Guides / First Steps".to_owned(), fate: "changes", from: None };
    let clash = ClashView {
        field: String::new(),
        number: 1,
        before: None,
        rows: vec![DiffRow {
            old: Some(Half { number: 1, parts: vec![("as it is now".to_owned(), false)] }),
            new: None,
            same: false,
        }],
        mine_empty: false,
        theirs_empty: true,
        chosen: String::new(),
    };
    let obstacle = ObstacleRow { name: row.name.clone(), why: "was changed since", clashes: vec![clash], more: 2 };
    RevertView {
        frame: wiki_frame("Undo a change"),
        subject: "Small machines are enough",
        change: change(1_795_189_680, "Jun Okafor"),
        revision: "0d44f1ab36",
        message: "",
        files: if possible { vec![row] } else { Vec::new() },
        obstacles: if possible { Vec::new() } else { vec![obstacle] },
        problem: None,
    }
}

fn held(frame: Frame<'static>) -> Held<'static> {
    Held {
        frame,
        action: "/Guides/First_Steps/edit",
        path: "Guides/First_Steps",
        content: MARKDOWN,
        base: "4f6c0b1d",
        section: "",
        message: "",
        writer: "abc123",
        seen: "",
    }
}

fn page() -> PageView<'static> {
    let contents = [
        (2, "What you need", "what-you-need"),
        (2, "Install", "install"),
        (3, "On Debian 12", "on-debian-12"),
        (3, "By hand", "by-hand"),
        (2, "Settings", "settings"),
        (2, "Good to know", "good-to-know"),
        (2, "What is next", "what-is-next"),
    ];
    PageView {
        frame: page_frame("First Steps"),
        crumbs: vec![Crumb { name: "Guides".to_owned(), href: Some("/Guides".to_owned()) }],
        heading: None,
        html: ARTICLE,
        has: Extras::default(),
        contents: contents
            .into_iter()
            .map(|(level, title, anchor)| ContentsEntry { level, title: title.to_owned(), anchor: anchor.to_owned() })
            .collect(),
        tags: vec![link("guide", "/-/tags/guide")],
        category: Some(link("Manual", "/-/categories/Manual")),
        attachments: vec![
            AttachmentRow {
                name: "first-boot.png".into(),
                href: "/Guides/first-boot.png".into(),
                thumbnail: Some(
                    "/Guides/first-boot.png?thumbnail=128&revision=4f6c0b1d2e9a8c7f6b5a4d3c2b1a0f9e8d7c6b5a".into(),
                ),
                size: "84 KB".into(),
            },
            AttachmentRow {
                name: "robotwiki.toml".into(),
                href: "/Guides/robotwiki.toml".into(),
                thumbnail: None,
                size: "1.2 KB".into(),
            },
        ],
        changed: Some(change(1_795_189_680, "Ada Lindqvist")),
        revision: "4f6c0b1d2e9a8c7f6b5a4d3c2b1a0f9e8d7c6b5a",
        words: "1,240 words, 6 minutes",
        description: "Install the package, open the link.",
        canonical: "https://notes.example.org/Guides/First_Steps",
        merged: false,
        old: None,
    }
}

fn versions() -> Vec<Version> {
    [
        ("4f6c0b1d2e", 1_795_189_680, "Ada Lindqvist", "Say which port the server listens on", None),
        ("91be07aa54", 1_795_102_280, "Research agent", "Add the table of settings", None),
        ("c03d5e8f17", 1_794_690_000, "Jun Okafor", "", None),
        ("7a2210be9d", 1_793_190_000, "Ada Lindqvist", "Rename Setup to First Steps", Some("Setup")),
        ("0d44f1ab36", 1_790_000_000, "Ada Lindqvist", "Start the guide", Some("Setup")),
    ]
    .into_iter()
    .enumerate()
    .map(|(at, (revision, seconds, author, message, former))| Version {
        href: format!("/Guides/First_Steps?revision={revision}"),
        diff_href: format!("/Guides/First_Steps/diff?to={revision}"),
        revision: revision.to_owned(),
        change: change(seconds, author),
        message: message.to_owned(),
        former_path: former.map(str::to_owned),
        current: at == 0,
    })
    .collect()
}

fn index(pages_a_letter: usize) -> PageIndex<'static> {
    let words = ["Administration", "Backups", "Changelog", "Field trips", "Guides", "Herbarium", "Moss", "Weather"];
    let groups: Vec<IndexGroup> = words
        .iter()
        .map(|word| {
            let entry = |n: usize| {
                let (depth, name, is_page) = match n % 7 {
                    0 => (0, format!("{word} {}", 1990 + n), false),
                    4 => (2, "Notes from the road".to_owned(), true),
                    5 | 6 => (0, format!("{word}, part {n}"), true),
                    _ => (1, format!("Week {n}"), true),
                };
                let below = (n % 7 == 6).then(|| ("312 pages".to_owned(), format!("/-/index?in={word}_{n}")));
                IndexEntry { depth, name, href: format!("/{word}_{n}"), is_page, below, headings: Vec::new() }
            };
            let letter = word.chars().next().unwrap();
            IndexGroup { letter, entries: (0..pages_a_letter).map(entry).collect() }
        })
        .collect();
    PageIndex {
        frame: wiki_frame("All pages"),
        heading: "All pages",
        folder: None,
        total: u32::try_from(pages_a_letter * words.len()).unwrap(),
        letters: groups.iter().map(|g| Letter { letter: g.letter, href: format!("#letter-{}", g.letter) }).collect(),
        groups,
        whole: pages_a_letter < 100,
        headings: false,
        headings_href: "/-/index?headings=1".to_owned(),
        all_href: "/-/index".to_owned(),
        previous_href: None,
        next_href: (pages_a_letter >= 100).then(|| "/-/index?from=n".to_owned()),
        filter: "",
        found: None,
    }
}

fn side() -> Side {
    let name = |text: &str, href: &str, current| TreeName { link: link(text, href), current };
    let folded = |text: &str, href: &str, pages: u32| TreeRow::Folded {
        name: name(text, href, false),
        pages: format!("{pages} pages"),
        inside_href: format!("/-/index?in={text}"),
    };
    Side {
        menu: vec![
            Some(link("Start", "/Home")),
            Some(link("The society", "https://example.org/")),
            None,
            Some(link("Changes", "/-/changelog")),
        ],
        rows: vec![
            TreeRow::Name(name("Administration", "/Administration", false)),
            folded("Field trips", "/Field_trips", 48),
            TreeRow::Opens(name("Guides", "/Guides", false)),
            TreeRow::Name(name("Drying and pressing", "/Guides/Drying_and_pressing", false)),
            TreeRow::Name(name("First Steps", "/Guides/First_Steps", true)),
            folded("Microscopy", "/Guides/Microscopy", 1),
            TreeRow::Closes,
            TreeRow::Name(name("Herbarium of the northern collection, 1890 to 1912", "/Herbarium", false)),
            TreeRow::More(link("More", "/-/index")),
        ],
        hidden: false,
    }
}

fn hits() -> Vec<SearchHit> {
    let part = |text: &str, hit| SnippetPart { text: text.to_owned(), hit };
    vec![
        SearchHit {
            title: "First Steps".to_owned(),
            path: "Guides / First Steps".to_owned(),
            href: "/Guides/First_Steps".to_owned(),
            section: Some(link("Backup", "/Guides/First_Steps#backup")),
            also: vec![link("Restore", "/Guides/First_Steps#restore")],
            meaning_only: false,
            snippet: vec![
                part("… open the link, and the wiki is yours. A ", false),
                part("backup", true),
                part(" is a git clone; run one every night and keep the last seven. Restoring a ", false),
                part("backup", true),
                part(" needs one command …", false),
            ],
        },
        SearchHit {
            title: "Administration".to_owned(),
            path: "Administration".to_owned(),
            href: "/Administration".to_owned(),
            section: None,
            also: Vec::new(),
            meaning_only: true,
            snippet: vec![
                part("How to ", false),
                part("back up", true),
                part(" everything with <git clone --mirror>.", false),
            ],
        },
    ]
}

/// Every page kind and state: a name for its file, and the page.
fn all_pages() -> Vec<(&'static str, String)> {
    let error = |typed| ErrorPage {
        frame: wiki_frame("Too long"),
        status: 413,
        heading: "The text is too long",
        advice: "A page can hold 1 MB, this text has 1.3 MB. Divide it into several pages, then save each of them.",
        links: vec![link("Back to the page", "/Guides/First_Steps"), link("All pages", "/-/index")],
        request_id: "01JD4Q7Z8M",
        typed,
    };
    let draw = |page: &dyn askama::DynTemplate| page.dyn_render().unwrap();
    let side = side();
    let landing = |frame, wikis| Landing { frame, wikis };
    let card = |name: &str, slug: &str, public, role| WikiCard {
        name: name.to_owned(),
        slug: slug.to_owned(),
        host: format!("{slug}.example.org"),
        href: format!("https://{slug}.example.org/"),
        public,
        role,
    };
    let old = PageView {
        heading: Some("First Steps"),
        html: "<p>Install the package.</p>",
        contents: Vec::new(),
        attachments: Vec::new(),
        old: Some(OldVersion { current_href: Some("/Guides/First_Steps"), base: "/Guides/First_Steps" }),
        ..page()
    };
    let drafting = drafting();
    let edit = |content, base, problem| EditForm {
        frame: page_frame("Editing First Steps"),
        path: "Guides/First_Steps",
        content,
        base,
        message: "",
        problem,
        note: None,
        unsaved: false,
        section: None,
        drafting: &drafting,
        offer: None,
    };
    let offer = DraftOffer {
        at: Moment::from_unix(1_795_189_680),
        outdated: true,
        taken: false,
        continue_href: "/Guides/First_Steps/edit?draft=continue".to_owned(),
        compare_href: "/Guides/First_Steps/edit?draft=compare".to_owned(),
        path: "Guides/First_Steps".to_owned(),
        section: String::new(),
        return_to: "/Guides/First_Steps/edit".to_owned(),
    };
    let section = Section { anchor: "install", encoded: "install", title: "Install" };
    let mine =
        MARKDOWN.replace("one machine", "one small machine").replace("See [[Administration]] for backups.\n", "");
    let conflict = EditConflict {
        frame: page_frame("Two versions of First Steps"),
        path: "Guides/First_Steps",
        mine: &mine,
        theirs: Some(MARKDOWN),
        their_change: Some(change(1_795_189_680, "Jun Okafor")),
        origin: "3f6c0b1d2e9a8c7f6b5a4d3c2b1a0f9e8d7c6b5a",
        base: "4f6c0b1d2e9a8c7f6b5a4d3c2b1a0f9e8d7c6b5a",
        message: "Small machines are enough",
        clashes: vec![ClashView {
            field: "choice-0".to_owned(),
            number: 1,
            before: Some("- one machine\n".to_owned()),
            rows: vec![DiffRow {
                old: Some(Half { number: 1, parts: vec![("- one ".to_owned(), false), ("small".to_owned(), true)] }),
                new: Some(Half { number: 1, parts: vec![("- one ".to_owned(), false), ("large".to_owned(), true)] }),
                same: false,
            }],
            mine_empty: false,
            theirs_empty: false,
            chosen: String::new(),
        }],
        problem: None,
        drafting: &drafting,
    };
    let found = |query, total, hits, create_href| SearchResults {
        frame: wiki_frame("Search"),
        query,
        prefix: "",
        tag: "",
        category: "",
        filtered: false,
        unfiltered_href: "/-/search?q=backup",
        words_only: false,
        has_model: true,
        note: None,
        total,
        hits,
        create_href,
        previous_href: None,
        next_href: (total > 10).then_some("/-/search?q=backup&page=2"),
    };
    vec![
        ("page", draw(&page())),
        ("page-visitor", draw(&PageView { frame: visitor(page_frame("First Steps")), ..page() })),
        ("page-old", draw(&old)),
        (
            "index-status",
            draw(&IndexStatusView {
                frame: wiki_frame("Search index"),
                words: IndexRow {
                    state: "Up to date".to_owned(),
                    percent: None,
                    holds: "5,000 pages".to_owned(),
                    problem: None,
                },
                meaning: Some(IndexRow {
                    state: "Reading pages: 120 of 5,000".to_owned(),
                    percent: Some(2),
                    holds: "119 pages, 410 passages, 1 MB on disk".to_owned(),
                    problem: Some("The disk is full".to_owned()),
                }),
                model: "all-MiniLM-L6-v2",
                started: true,
            }),
        ),
        ("edit", draw(&edit(MARKDOWN, "4f6c0b1d", None))),
        ("edit-new", draw(&edit("", "", None))),
        ("edit-problem", draw(&edit(MARKDOWN, "4f6c0b1d", Some("The text is longer than 1 MB.")))),
        (
            "edit-section",
            draw(&EditForm {
                section: Some(&section),
                offer: Some(offer.clone()),
                ..edit("## Install\n", "4f6c0b1d", None)
            }),
        ),
        (
            "drafts",
            draw(&Drafts {
                frame: wiki_frame("My drafts"),
                rows: vec![DraftRow {
                    page: link("Guides / First Steps", "/Guides/First_Steps"),
                    section: Some("install".to_owned()),
                    missing: false,
                    size: "1.2 KB".to_owned(),
                    offer: offer.clone(),
                }],
                days: 90,
                most: 100,
                given_up: Some("Plans"),
            }),
        ),
        (
            "draft-compare",
            draw(&DraftCompare {
                frame: page_frame("Compare with your draft"),
                name: "Guides / First Steps",
                offer,
                hunks: Vec::new(),
                truncated: false,
            }),
        ),
        ("held", draw(&held(visitor(page_frame("Sign in"))))),
        ("held-forbidden", draw(&held(page_frame("Not allowed")))),
        ("conflict", draw(&conflict)),
        (
            "conflict-deleted",
            draw(&EditConflict {
                theirs: None,
                their_change: None,
                clashes: Vec::new(),
                base: "",
                frame: page_frame("First Steps"),
                ..conflict
            }),
        ),
        ("new", draw(&new_page("", None))),
        (
            "new-problem",
            draw(&NewPage {
                existing: Some(link("Hidden", "/Hidden")),
                ..new_page(".hidden", Some("A name must not start with a dot."))
            }),
        ),
        (
            "new-near",
            draw(&NewPage {
                near: vec![link("Guides / First Steps", "/Guides/First_Steps")],
                anyway_href: Some("/First_Step/edit"),
                ..new_page("First Step", None)
            }),
        ),
        (
            "history",
            draw(&History {
                frame: page_frame("History"),
                versions: versions(),
                older_href: Some("?from=0d44f1ab36"),
                gone: None,
            }),
        ),
        (
            "history-deleted",
            draw(&History {
                frame: page_frame("History"),
                versions: versions(),
                older_href: None,
                gone: Some(Deleted {
                    change: change(1_795_189_680, "Jun Okafor"),
                    commit_href: "/-/commit/0d44f1ab36".to_owned(),
                    restore_action: "/Guides/First_Steps/revert",
                    revision: "0d44f1ab36".to_owned(),
                }),
            }),
        ),
        ("revert", draw(&revert(true))),
        ("revert-obstacles", draw(&revert(false))),
        ("index", draw(&index(21))),
        ("index-large", draw(&index(800))),
        ("index-empty", draw(&index(0))),
        (
            "index-folder",
            draw(&PageIndex {
                heading: "Field trips",
                folder: Some(Folder {
                    path: "Field_trips".to_owned(),
                    page_href: None,
                    crumbs: vec![Crumb { name: "All pages".to_owned(), href: Some("/-/index".to_owned()) }],
                    create_href: Some("/Field_trips/edit"),
                }),
                ..index(9)
            }),
        ),
        (
            "index-filter",
            draw(&PageIndex {
                filter: "moss",
                found: Some(NamesFound { pages: vec![link("Moss, part 5", "/Moss_5")], total: 1 }),
                ..index(9)
            }),
        ),
        ("page-side", draw(&PageView { frame: Frame { side: Some(&side), ..page_frame("First Steps") }, ..page() })),
        ("search", draw(&found("backup", 12, hits(), Some("/Backup/edit")))),
        ("search-none", draw(&found("perpetuum <mobile>", 0, Vec::new(), Some("/Perpetuum/edit")))),
        ("search-empty", draw(&found("", 0, Vec::new(), None))),
        (
            "not-found",
            draw(&NotFound {
                frame: wiki_frame("Not found"),
                name: "First Step",
                create_href: Some("/First_Step/edit"),
                near: vec![link("Guides / First Steps", "/Guides/First_Steps"), link("First Aid", "/First_Aid")],
                history_href: None,
            }),
        ),
        ("sign-in", draw(&SignIn { frame: visitor(wiki_frame("Sign in")), problem: None })),
        (
            "sign-in-problem",
            draw(&SignIn { frame: platform_frame("Sign in"), problem: Some("This link has been used already.") }),
        ),
        (
            "sign-in-confirm",
            draw(&SignInConfirm {
                frame: Frame { person: None, ..platform_frame("Sign in") },
                name: "Ada Lindqvist",
                token: "one-time",
                return_to: "",
                instead_of: Some("Jun Okafor"),
            }),
        ),
        ("signed-out", draw(&SignedOut { frame: visitor(wiki_frame("Signed out")), home_href: "/" })),
        ("forbidden", draw(&Forbidden { frame: wiki_frame("Not allowed"), action: "edit this page", typed: None })),
        (
            "sign-in-needed",
            draw(&Forbidden { frame: visitor(wiki_frame("Sign in")), action: "edit this page", typed: Some(MARKDOWN) }),
        ),
        ("error", draw(&error(None))),
        ("error-typed", draw(&error(Some(MARKDOWN)))),
        (
            "landing",
            draw(&landing(
                platform_frame("robotwiki"),
                vec![
                    card("Field Notes", "notes", false, Some("Owner")),
                    card("Robot Documentation", "docs", true, Some("Editor")),
                    card("Moss of the North", "moss", true, None),
                    card("Kitchen", "kitchen", false, Some("Viewer")),
                ],
            )),
        ),
        ("landing-empty", draw(&landing(visitor(platform_frame("robotwiki")), Vec::new()))),
        ("landing-first", draw(&landing(platform_frame("robotwiki"), Vec::new()))),
    ]
}

#[test]
fn every_page_kind_renders_a_whole_document_that_the_content_policy_allows() {
    let pages = [all_pages(), transfer::pages()].concat();
    if let Some(dir) = std::env::var_os("ROBOTWIKI_RENDER_DIR") {
        for (name, html) in &pages {
            std::fs::write(Path::new(&dir).join(name).with_extension("html"), html).unwrap();
        }
    }
    for (name, html) in &pages {
        assert!(html.starts_with("<!doctype html>"), "{name}");
        assert!(html.trim_end().ends_with("</html>"), "{name}");
        assert_eq!(html.matches("<h1").count(), 1, "{name} has one heading of level 1");
        assert!(!html.contains(" style="), "{name} has a style attribute");
        assert!(!html.contains("<style"), "{name} has a style element");
        assert!(!html.contains("<script>"), "{name} has a script in the page");
        let handler = |rest: &str| rest.trim_start_matches(|c: char| c.is_ascii_lowercase()).starts_with('=');
        assert!(!html.split(" on").skip(1).any(handler), "{name} has an event handler");
    }
}

#[test]
fn typed_text_and_names_are_escaped() {
    let hostile = "</textarea><script>alert(1)</script>\"'&";
    let form = EditForm {
        frame: Frame { site: hostile, person: Some(hostile), ..page_frame("x") },
        path: hostile,
        content: hostile,
        base: "4f6c",
        message: hostile,
        problem: Some(hostile),
        note: Some(hostile),
        unsaved: true,
        section: Some(&Section { anchor: hostile, encoded: "x", title: hostile }),
        drafting: &drafting(),
        offer: None,
    };
    let html = form.render().unwrap();
    assert!(!html.contains("<script>"));
    assert_eq!(html.matches("</textarea>").count(), 1);
}

#[test]
fn a_text_that_begins_with_an_empty_line_keeps_it_in_the_form() {
    let form = EditForm {
        frame: page_frame("x"),
        path: "Home",
        content: "\nsecond line",
        base: "4f6c",
        message: "",
        problem: None,
        note: None,
        unsaved: false,
        section: None,
        drafting: &drafting(),
        offer: None,
    };
    // An HTML parser drops the first line break of a textarea, so that one precedes the text.
    assert!(form.render().unwrap().contains(">\n\nsecond line</textarea>"));
}

#[test]
fn moments_are_readable_and_machine_readable() {
    let moment = Moment::from_unix(1_795_189_680);
    assert_eq!(moment.iso, "2026-11-20T15:48:00Z");
    assert_eq!(moment.text, "20 November 2026, 15:48 UTC");
}
