use std::time::{Duration, Instant};

use super::find_page;
use super::properties::assert_safe;
use crate::markdown::{
    FileEntry, Link, LinkKind, LinkOrder, Part, RenderContext, SourceError, Sources, headings, links, plain, render,
    set_task,
};
use crate::model::PagePath;

/// The texts and files of the tests' wiki.
struct Library;

const LONG: usize = 3_000_000;

fn text_of(page: &str) -> Option<String> {
    Some(match page {
        "Home" => "---\ntitle: T\n---\n# Welcome\n\nSee [below](#more), [a file](./plan.pdf), [[Guide]] and ==this==[^1].\n\n[^1]: note\n\n## More\n\nDeep.\n\n### Deeper\n\nDeepest.\n".to_owned(),
        "Guide/Install" => "Install, then {{Nope}}\n\n{{Include|src=Guide/Use}}\n".to_owned(),
        "Guide/Use" => "Use it.\n\n{{Include|src=Guide/Install}}\n".to_owned(),
        "New_York" => "{{Include|src=New York}}\n".to_owned(),
        "C#" => "{{Include|src=Home}}\n".repeat(60),
        _ => return None,
    })
}

fn file_of(path: &str) -> Option<Vec<u8>> {
    Some(match path {
        "Guide/map.png" | "Guide/clip.mp4" | "Guide/clip.webm" | "Home/plan.pdf" => vec![0xff, 0xfe],
        "Guide/towns.csv" => {
            b"Name;People;Note\nOslo;709037;\"<b>capital</b>; \"\"big\"\"\"\nBergen;289330;\n".to_vec()
        }
        "Guide/comma.csv" => b"a,b\n1,2\n".to_vec(),
        "Guide/long.csv" => "a;b\n".repeat(LONG / 4).into_bytes(),
        "Guide/many.csv" => "a;b\n".repeat(20_000).into_bytes(),
        _ => return None,
    })
}

impl Sources for Library {
    fn files(&self, page: &PagePath, most: usize) -> Option<Part<FileEntry>> {
        let file = |name: &str, size: &str, day: Option<&str>| FileEntry {
            name: name.to_owned(),
            size: size.to_owned(),
            changed: day.map(str::to_owned),
        };
        let all = [file("map.png", "84 KB", Some("2026-11-20")), file("t & c.csv", "1.2 KB", None)];
        (page.as_str() == "Guide").then(|| Part { entries: all.into_iter().take(most).collect(), more: false })
    }

    fn is_file(&self, path: &str) -> bool {
        file_of(path).is_some()
    }

    fn file(&self, path: &str, most: usize) -> Result<Vec<u8>, SourceError> {
        let bytes = file_of(path).ok_or(SourceError::Missing)?;
        if bytes.len() > most { Err(SourceError::TooLarge) } else { Ok(bytes) }
    }

    fn pages(&self, wanted: &dyn Fn(&str) -> bool, most: usize) -> Part<PagePath> {
        let all = ["Guide", "Guide/Install", "Guide/Install/On_Debian", "Guide/No_page/Deep", "Guide/Use", "Home"];
        let pages = all.iter().map(|path| PagePath::parse(path).unwrap()).filter(|path| wanted(path.fold().as_str()));
        Part { entries: pages.take(most).collect(), more: false }
    }

    fn headings(&self, _page: &PagePath) -> Vec<(String, String)> {
        vec![("Some <i>part</i>".to_owned(), "some-part".to_owned())]
    }

    fn page(&self, path: &PagePath, most: usize) -> Result<String, SourceError> {
        let text = text_of(path.as_str()).ok_or(SourceError::Missing)?;
        if text.len() > most { Err(SourceError::TooLarge) } else { Ok(text) }
    }
}

fn html_on(page: &str, text: &str) -> String {
    let page = PagePath::parse(page).unwrap();
    let context = RenderContext { page: &page, order: LinkOrder::LabelFirst, find_page: &find_page, sources: &Library };
    render(text, &context).html
}

fn html(text: &str) -> String {
    html_on("Guide", text)
}

macro_rules! snapshot {
    ($name:literal, $($text:expr),+ $(,)?) => {
        let shown: Vec<String> = [$($text),+].iter().map(|text| format!("{text}\n=>\n{}", html(text))).collect();
        insta::assert_snapshot!($name, shown.join("\n----\n\n"));
    };
}

#[test]
fn every_embedding_has_its_html() {
    snapshot!(
        "embed_info_box",
        "{{InfoBox\n|caption=A *town*\n|width=300px|position=left\n|Country=[[Norway]]\n|People=709 037|Area=480 km²\n|_width=wide\n\nMore **text**.\n\n![](./map.png)\n}}\nafter\n",
        "{{Info Box|caption=One line|a\\|b=c\\=d}}\n",
    );
    snapshot!(
        "embed_image_frame",
        "{{ImageFrame\n|src=map.png\n|caption=The [[Guide|map]]\n|width=50%\n}}\n",
        "{{ImageFrame|src=/Guide/map.png|alt=A map|float=left}}\n",
        "{{Image Frame\n|src=https://example.org/a.png?b=1&c\n}}\n",
        "{{ImageFrame|src=gone.png|caption=Still here}}\n",
        "{{ImageFrame\n![map](./map.png)\n}}\n",
    );
    snapshot!(
        "embed_figure",
        "{{Figure\n|caption=Two columns\n|width=60%\n|height=20em\n| a | b=c |\n|---|---|\n| 1 | 2 |\n}}\n",
        "{{Figure|align=left|caption=\n```\n{{x}}\n}}\n```\n}}\n",
    );
    snapshot!(
        "embed_video",
        "{{Video|src=clip.mp4}}\n",
        "{{Video\n|src=clip.mp4\n|src=./clip.webm\n|loop=false\n|autoplay=true\n|width=50%\n|caption=Both\n}}\n",
        "{{Video\nhttps://www.youtube.com/watch?v=dQw4w9WgXcQ\nhttps://videos.example.org/a.mp4\n}}\n",
        "{{Video}}\n",
        "{{Video\nclip.mp4\n}}\n",
    );
    snapshot!(
        "embed_data_table",
        "{{DataTable\n|caption=Towns\n|perPage=10\n\n| a | b |\n|---|---|\n| 1 | 2 |\n}}\n",
        "{{DataTable|src=towns.csv|columns=Name,3|searchable=false}}\n",
        "{{DataTable|src=/Guide/comma.csv|headers=First,Second|header=false|column0=1|paging=no|fixedHeight=yes}}\n",
        "{{DataTable|src=gone.csv}}\n{{DataTable|src=https://example.org/a.csv}}\n{{DataTable|src=map.png}}\n",
    );
    snapshot!(
        "embed_attachment_list",
        "{{Attachments}}\n",
        "{{AttachmentList|format=details|caption=*Files*}}\n",
        "{{AttachmentList|format=minimal|filter=\\*.PNG}}\n",
        "{{AttachmentList|icons=no|filter=x}}\n",
    );
    snapshot!(
        "embed_page_index",
        "{{PageIndex}}\n",
        "{{PageIndex|style=list|src=*in*}}\n",
        "{{PageIndex|src=./use|toc=true}}\n",
        "{{PageIndex|src=guide/install|toc=true|toggle=false}}\n",
        "{{PageIndex|src=nothing}}\n",
    );
    snapshot!(
        "embed_include",
        "[^1]\n\n{{Include|src=home}}\n\n[^1]: mine\n",
        "{{Include|src=/Home|section=More|heading=no|children=no}}\n",
        "{{Include|src=Home|section=nothing}}\n{{Include|src=Not yet}}\n{{Include}}\n{{Include|src=Guide/Install}}\n",
    );
    snapshot!(
        "embed_elsewhere",
        "{{Nope|a=b}}\n\n{{ user.name }}\n\ntext {{Attachments}} text\n\n{{Attachments\n",
        "> quoted\n>\n> {{InfoBox\n> |a=b\n> text\n> }}\n\n- item\n\n  {{InfoBox\n  |c=d\n  }}\n- next\n- {{InfoBox|e=f}}\n",
        "{{Figure\nlast line }}\nnext\n\n- {{Figure\n  nested }}\n\n{{Figure\n::: info\nin a box\n}}\nout\n",
        "```\n{{InfoBox\n|a=b}}\n}}\n```\n\n    {{InfoBox|a=b}}\n\n<div>\n{{InfoBox|a=b}}\n</div>\n\n`{{Attachments}}`\n",
        "{{Figure\n{{InfoBox\n|a=b\n}}\n{{Nope\n|c=[[Home]]\n}}\n## Inside\n}}\n",
    );
}

/// Rows 17 to 23 of the reference's table, and what else could break out.
#[test]
fn embeddings_run_nothing() {
    for (text, forbidden) in [
        ("{{InfoBox\n|style=x\"></div><script>alert('xss')</script><div style=\"x\n}}", ["<script", "style="]),
        (
            "{{ImageFrame|src=map.png|style=x\"></div><script>alert('xss')</script><div style=\"x}}",
            ["<script", "style="],
        ),
        ("{{Figure\n|style=x\"></div><script>alert('xss')</script>\nx\n}}", ["<script", "style="]),
        ("{{ImageFrame\n|src=http://x\" autofocus onfocus=\"alert(1)\n}}", ["onfocus=\"", "\" autofocus"]),
        ("{{ImageFrame\n|src=https://e.com/x.png\" onerror=\"alert(1)\n}}", ["onerror=\"", "onload"]),
        ("{{ImageFrame|src=javascript:alert(1)}}", ["href=\"javascript", "src=\"javascript"]),
        ("{{ImageFrame|src=java\tscript:alert(1)}}", ["href=\"java", "src=\"java"]),
        ("{{ImageFrame|src=data:image/svg+xml,<svg onload=alert(1)>}}", ["<svg", "src=\"data"]),
        ("{{ImageFrame|src=//evil.example/x.png}}", ["src=\"//", "href=\"//"]),
        (
            "{{ImageFrame|src=map.png|alt=\" onerror=\"alert(1)|caption=<img src=x onerror=alert(1)>}}",
            ["onerror=\"", "onerror=a"],
        ),
        ("{{Video\n|src=https://e.com/a.mp4\" onerror=\"alert(1)\n}}", ["onerror=\"", "<video"]),
        ("{{Video\nclip.mp4\" onerror=\"alert(1)\n}}", ["onerror=\"", "onload"]),
        ("{{Video|src=clip.mp4|width=100\" onmouseover=\"alert(1)}}", ["onmouseover", "width="]),
        (
            "{{Video|src=https://youtu.be/dQw4w9WgXcQ\" onload=\"alert(1)|width=1\" onmouseover=\"x}}",
            ["onmouseover=\"", "onload=\""],
        ),
        ("{{InfoBox\n|<svg onload\\=alert(1)>=x\n|a=<svg onload\\=alert(1)>\n}}", ["<svg", "<object"]),
        ("{{DataTable|src=towns.csv|headers=<img src=x onerror=alert(1)>,Points}}", ["<img", "<b>"]),
        ("{{DataTable\n|caption=foo\\bar\"</script><script>\n|a|\n|-|\n|1|\n}}", ["<script", "onload"]),
        ("{{DataTable|src=../../secret.cfg}}", ["<table", "<td"]),
        ("{{DataTable|src=/Guide/../../../secret.cfg}}", ["<table", "<td"]),
        ("{{DataTable|src=%2e%2e/%2e%2e/secret.cfg}}", ["<table", "<td"]),
        ("{{PageIndex|src=<img src=x onerror=alert(1)>}}", ["<img", "<i>"]),
        ("{{Include|src=<img src=x onerror=alert(1)>}}", ["<img", "<i>"]),
        ("{{Include|src=Home|section=<img src=x onerror=alert(1)>}}", ["<img", "<i>"]),
        ("{{<img src=x onerror=alert(1)>}}", ["onerror", "<i>"]),
        ("{{InfoBox|width=1;position:fixed|position=fixed\" onload=\"x}}", ["onload", "position"]),
    ] {
        let html = html(text);
        assert_safe(&html);
        let live: String =
            html.split('<').skip(1).map(|tag| format!("<{} ", tag.split('>').next().unwrap_or_default())).collect();
        for forbidden in forbidden {
            assert!(!live.contains(forbidden), "{forbidden:?} for {text:?} in\n{html}");
        }
    }
    for text in ["{{DataTable|src=../../secret.cfg}}", "{{DataTable|src=/page/../../../secret.cfg}}"] {
        assert!(html(text).contains("traversal"), "{}", html(text));
    }
}

#[test]
fn what_embeddings_link_to_is_known() {
    let text = "{{Include|src=/New York|section=Part}}\n\n{{ImageFrame\n|caption=By [[Home]]\n|src=./map.png\n}}\n\n\
        {{InfoBox\n|see=[x](Use) and [[L|Guide]]|y=z\n[deep](/Home#a)\n}}\n{{Video|src=clip.mp4|src=https://x.example/}}\n\
        {{DataTable|src=towns.csv}}\n{{PageIndex|src=Home/*}}\n";
    let found: Vec<(LinkKind, String, &str, Option<String>)> = links(text, LinkOrder::LabelFirst)
        .into_iter()
        .map(|Link { kind, target, anchor, span, destination }| {
            let place = destination.expect("all of them can be rewritten");
            assert!(span.start < place.start && place.end < span.end, "{}", &text[span]);
            (kind, target, &text[place], anchor)
        })
        .collect();
    let link = |kind, target: &str, written, anchor: Option<&str>| {
        (kind, target.to_owned(), written, anchor.map(str::to_owned))
    };
    assert_eq!(
        found,
        [
            link(LinkKind::Wikilink, "New York", "New York", Some("Part")),
            link(LinkKind::Wikilink, "Home", "Home", None),
            link(LinkKind::Image, "./map.png", "./map.png", None),
            link(LinkKind::Inline, "Use", "Use", None),
            link(LinkKind::Wikilink, "Guide", "Guide", None),
            link(LinkKind::Inline, "/Home", "/Home", Some("a")),
            link(LinkKind::Image, "clip.mp4", "clip.mp4", None),
            link(LinkKind::Image, "towns.csv", "towns.csv", None),
        ]
    );
}

#[test]
fn headings_words_and_tasks_in_content_keep_their_places() {
    let text = "# Top\n\n{{Figure\n|caption=Shown below\n## Inside\n- [ ] task\n}}\n\n## After\n- [ ] other\n";
    let found: Vec<(String, usize)> =
        headings(text, LinkOrder::LabelFirst).into_iter().map(|heading| (heading.title, heading.line)).collect();
    assert_eq!(found, [("Top".to_owned(), 1), ("After".to_owned(), 9)]);
    let html = html(text);
    assert!(html.contains("<h2 id=\"inside\">") && html.contains("<h2 id=\"after\">"), "{html}");
    assert!(set_task(text, 0, true).is_some_and(|text| text.contains("- [x] task")));
    let words = plain(text, LinkOrder::LabelFirst);
    assert_eq!(words.line(words.text.find("task").unwrap()), 6, "{}", words.text);
    assert_eq!(
        plain("{{InfoBox\n|Colour=#fff white|Sign=> more\n|#1=#2 and 3}}\n", LinkOrder::LabelFirst).text,
        "Colour\n#fff white\nSign\n> more\n#1\n#2 and 3"
    );
    let rows =
        plain("{{InfoBox\n|caption=Oslo\n|Country=[[Land|Norway]]|Area=480\n\nMore.\n}}\n", LinkOrder::LabelFirst).text;
    assert_eq!(rows, "Oslo\nCountry\nLand\nArea\n480\nMore.");
}

#[test]
fn pages_that_include_each_other_end() {
    assert!(html_on("New_York", &text_of("New_York").unwrap()).contains("within itself"));
    assert!(html_on("Guide/Install", &text_of("Guide/Install").unwrap()).contains("within itself"));
    let both = html_on("Home", "{{Include|src=Guide/Use}}");
    assert!(both.contains("Use it.") && both.contains("Install, then") && both.contains("within itself"), "{both}");
    let many = html_on("Guide", "{{Include|src=C#}}");
    assert_eq!(many.matches("Deepest.").count(), 49);
    assert!(many.contains("may include others at most 50"));
}

#[test]
fn ids_are_unique_where_pages_are_included() {
    let html = html("## More\n\n[^1]\n\n{{Include|src=Home}}\n\n{{Include|src=Home}}\n\n[^1]: x\n");
    let ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(ids.len(), unique.len(), "{ids:?}");
    for href in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(&href), "{href} leads nowhere: {ids:?}");
    }
}

#[test]
fn large_tables_are_cut_or_refused() {
    assert!(html("{{DataTable|src=long.csv}}").contains("too large"));
    let many = html("{{DataTable|src=many.csv}}");
    assert_eq!(many.matches("<tr>").count(), 5_001);
    assert!(many.contains("the file has more"));
    assert!(html(&"{{DataTable|src=many.csv}}\n".repeat(50)).len() < 8 * 1024 * 1024);
}

#[test]
fn many_embeddings_take_no_time() {
    let page = |piece: &str| piece.repeat(10_000);
    for text in [
        page("{{Attachments}}\n"),
        page("{{Include|src=Home}}\n"),
        page("{{InfoBox|a=b}}\n"),
        page("{{InfoBox\n"),
        page("{{InfoBox\n") + &page("}}\n"),
        page("{{Figure\nx }}\n"),
        page("{{InfoBox\n|a=b}}\n"),
        "{{InfoBox\n".to_owned() + &page("|a=b|c=d\n") + "}}\n",
        "{{InfoBox\n".to_owned() + &page("[[a|b]]=c|") + "}}\n",
        page("}}\n"),
        page("> {{Figure\n\n"),
        page("- {{Figure\n  x }}\n"),
        "```\n".to_owned() + &page("{{Figure\nx }}\n"),
    ] {
        let start = Instant::now();
        let html = html(&text);
        drop((
            headings(&text, LinkOrder::LabelFirst),
            links(&text, LinkOrder::LabelFirst),
            plain(&text, LinkOrder::LabelFirst),
        ));
        assert!(html.len() <= 8 * 1024 * 1024);
        assert!(start.elapsed() < Duration::from_secs(30), "{:?} for {:.40}", start.elapsed(), text);
    }
}
