use std::time::{Duration, Instant};

use super::html;
use crate::markdown::{LinkOrder, headings, links, plain_text};

/// Pages of a size, each made to cost a careless program the square of its length.
fn bombs(size: usize) -> Vec<(&'static str, String)> {
    let fill = |piece: &str| piece.repeat(size / piece.len());
    let root = size.isqrt();
    let numbered = |piece: fn(usize) -> String, count: usize| (0..count).map(piece).collect::<String>();
    vec![
        ("quotes", fill(">")),
        ("quote lines", fill("> > > > > > > >\n")),
        ("lists", (0..root).map(|n| " ".repeat(n) + "- a\n").collect()),
        ("one-line lists", fill("- ")),
        ("stars", fill("*a ")),
        ("stars and lines", fill("*a_ ")),
        ("strong", fill("**a **a*")),
        ("marks", fill("==a ")),
        ("tildes", fill("~~a ")),
        ("brackets", fill("[")),
        ("closing brackets", fill("]")),
        ("images", fill("![")),
        ("links", fill("[a](")),
        ("nested links", fill("[a](b")),
        ("link openers", fill("[[a](b) ")),
        ("backticks", (0..root).map(|n| "`".repeat(n) + " ").collect()),
        ("fences", fill("```\n")),
        ("wikilinks", fill("[[a]] ")),
        ("wikilink openers", fill("[[")),
        ("wikilink halves", fill("[[a|")),
        ("wikilinks with bars", fill("[[a|b]] ")),
        ("wikilinks in links", fill("[[[a]]](b) ")),
        ("escapes", fill("\\")),
        ("escaped openers", fill("\\[[a")),
        ("entities", fill("&amp;")),
        ("angles", fill("<")),
        ("tags", fill("<b>")),
        ("tags with attributes", numbered(|n| format!("<b id={n}>"), size / 13)),
        ("tags, then paragraphs", numbered(|n| format!("<b id={n}>"), 500) + &fill("x\n\n")),
        ("divs", fill("<div>")),
        ("divs by block", fill("<div>\n\n")),
        ("wrong ends", fill("<div></p>")),
        ("table and paragraphs", "<table>\n\n".to_owned() + &fill("x\n\n")),
        ("table and breaks", "<table>".to_owned() + &fill("<br>")),
        ("cells, then paragraphs", "<table><td></table><table>\n\n".to_owned() + &fill("x\n\n")),
        ("anchors", fill("<a href=x>")),
        ("half tags", fill("<a ")),
        ("half attributes", fill("<a b=\"")),
        ("comments", fill("<!--")),
        ("declarations", fill("<!A ")),
        ("instructions", fill("<?")),
        ("cdata", fill("<![CDATA[")),
        ("wide table", format!("{}\n{}\n{}", "|a".repeat(1000), "|-".repeat(1000), "|\n".repeat(size / 3))),
        ("many columns", format!("{}\n{}\n", "|a".repeat(size / 5), "|-".repeat(size / 5))),
        ("table rows", "|a|b|\n|-|-|\n".to_owned() + &fill("|c|d|\n")),
        ("notes", "[^a]: x\n\n".to_owned() + &fill("[^a]")),
        ("many notes", numbered(|n| format!("[^{n}] [^{n}]: x\n\n[^{n}]: y\n\n"), size / 33)),
        ("nested notes", fill("[^a]: ")),
        ("notes in notes", numbered(|n| format!("[^{}]: [^{n}]\n\n", n + 1), size / 25)),
        ("references", format!("[a]: /{}\n\n{}", "x".repeat(size / 20), "[a] ".repeat(size / 5))),
        ("definitions", numbered(|n| format!("[{n}]: /x\n"), size / 13)),
        ("headings", fill("# a\n")),
        ("numbered headings", numbered(|n| format!("# a-{n}\n"), size / 20) + &"# a\n".repeat(size / 10)),
        ("setext", fill("a\n=\n")),
        ("definition lists", fill("a\n\n: b\n\n")),
        ("addresses", fill("http://")),
        ("mails", fill("a@b.c ")),
        ("half mails", fill("a@")),
        ("dots", fill("www.")),
        ("alerts", fill("> [!NOTE]\n")),
        ("tabs", fill("\t")),
        ("blank", fill("\n")),
        ("returns", fill("\r")),
        ("nulls", fill("\0")),
        ("one word", fill("a")),
        ("tasks", fill("- [ ] a\n")),
        ("deep quotes with lists", fill("> - ")),
        ("boxes", fill("::: info\n")),
        ("closing boxes", fill(":::\n")),
        ("boxes in lists", fill("- ::: info\n")),
        ("boxes in deeper lists", (0..root).map(|n| " ".repeat(2 * n) + "- ::: info\n").collect()),
        ("boxes of more colons", (0..root).map(|n| ":".repeat(n + 3) + "info\n").collect()),
        ("boxes beside lists", fill("- ::: a\n\n::: b\n")),
        ("boxes in code", "```\n".to_owned() + &fill("::: info\n")),
        ("spoilers", fill(">! ")),
        ("spoiler lines", fill(">! >! >! a\n>! > >! a\n")),
        ("folds", fill(">| # a\n\n")),
        ("dollars", fill("$")),
        ("dollars and letters", fill("$a")),
        ("formulas", fill("$a$ ")),
        ("dollars and backticks", fill("$`a")),
        ("escaped dollars", fill("$a\\$ ")),
        ("formula openers", fill("$$\n")),
        ("formula lines", fill("$$\na\n")),
        ("a formula's line far to the right", format!("$$\n{}x\n$$\n", " ".repeat(size))),
        ("a listed formula far to the right", format!("-{}$$\n{}x\n$$\n", " ".repeat(size), " ".repeat(size))),
        ("one formula", format!("$$\n{}\n$$\n", "\\sqrt".repeat(size / 5))),
        ("groups in a formula", format!("${}$", "{".repeat(size))),
        ("primes", fill("$''''''''''$ ")),
        ("blocks of formulas", "```math\n".to_owned() + &fill("{\n")),
        ("coloured code", "```rust\n".to_owned() + &fill("1 ")),
        ("blocks of code", fill("```js=\n/a\n```\n")),
        ("comments in code", "```haskell\n".to_owned() + &fill("{-")),
        ("quotes in code", "```python\n".to_owned() + &fill("'\"")),
        ("raw texts in code", "```rust\n".to_owned() + &fill("r#\"")),
        ("patterns in code", "```js\n".to_owned() + &fill("=/[")),
        ("tags in code", "```html\n".to_owned() + &fill("<a b='")),
        ("variables in code", "```sh\n".to_owned() + &fill("${")),
        ("attributes in code", "```rust\n".to_owned() + &fill("#[")),
        ("lists in code", "```yaml\n".to_owned() + &fill("- ")),
        ("keys in code", "```yaml\n".to_owned() + &fill("'a: ")),
        ("abbreviations", numbered(|n| format!("*[a{n}]: x\n\n"), size / 20) + &fill("a1 ")),
        ("long abbreviations", "*[a]: x\n\n".to_owned() + &fill("a ")),
        ("properties", format!("---\na: [{}]\n---\n", "1,".repeat(size.min(20_000) / 4))),
    ]
}

/// Whether to measure at full size: CONTRIBUTING.md, "Measure".
fn measuring() -> bool {
    std::env::var_os("ROBOTWIKI_MEASURE").is_some_and(|value| value == "1")
}

/// Renders and reads every bomb of a size and names the slow ones.
#[expect(clippy::print_stdout, reason = "the times are what one measures")]
fn defuse(size: usize, limit: Duration) -> Vec<&'static str> {
    let mut slow = Vec::new();
    for (name, text) in bombs(size) {
        let start = Instant::now();
        let html = html(&text);
        let rendered = start.elapsed();
        drop((
            headings(&text, LinkOrder::LabelFirst),
            links(&text, LinkOrder::LabelFirst),
            plain_text(&text, LinkOrder::LabelFirst),
        ));
        let all = start.elapsed();
        println!("{name}: {rendered:?} {:?} {}", all - rendered, html.len());
        assert!(html.len() <= 8 * 1024 * 1024, "{name}");
        if all > limit {
            slow.push(name);
        }
    }
    slow
}

/// At full size this takes minutes in a debug build.
#[test]
fn bombs_are_defused() {
    let (size, seconds) = if measuring() { (100_000, 120) } else { (4_000, 10) };
    assert_eq!(defuse(size, Duration::from_secs(seconds)), [""; 0]);
}

#[test]
fn html_that_would_cost_too_much_is_shown_as_text() {
    let text: String =
        (0..2_000).map(|n| format!("<b id={n}>")).collect::<String>() + &"# x\n\ny **z**\n\n".repeat(500);
    let html = html(&text);
    assert!(html.contains("&lt;b id=1&gt;") && html.contains("<strong>z</strong>"), "{}", &html[..200]);
}

#[test]
fn what_cannot_be_formatted_is_shown_as_it_is_written() {
    let html = html(&format!("{} <b>x</b>", ">".repeat(5_000)));
    assert!(html.starts_with("<p class=\"notice\""), "{}", &html[..200]);
    assert!(html.ends_with("&gt; &lt;b&gt;x&lt;/b&gt;</pre>\n"));
}

#[test]
#[expect(clippy::print_stdout, reason = "the times are what one measures")]
fn a_page_of_thirty_kilobytes_is_rendered_whole() {
    let text = page(30_000);
    let rounds = if measuring() { 50 } else { 2 };
    let mut rendered = String::new();
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            rendered = html(&text);
            start.elapsed()
        })
        .collect();
    times.sort();
    let (median, worst) = (times[rounds / 2], times[rounds - 1]);
    println!("{} bytes, {} of HTML: median {median:?}, worst {worst:?}", text.len(), rendered.len());
    let sections = text.matches("## Section").count();
    for element in ["<h2", "<pre", "<table", "<blockquote", "<strong>lazy</strong>", "dog</a>"] {
        assert_eq!(rendered.matches(element).count(), sections, "{element}");
    }
}

/// A page like those of a wiki, of a little more than so many bytes: prose, links, lists,
/// code and tables.
fn page(bytes: usize) -> String {
    let section = "## Section [[Guide]]\n\nThe *quick* brown fox [jumps](./file.pdf) over the **lazy** [[dog|Home]] and \
        reads <https://example.org> with `code` in it. Some more words follow here to fill the line.\n\n- one\n- two\n  - \
        three [[Missing]]\n- [x] done\n\n```rust\nfn main() {\n    println!(\"hello\");\n}\n```\n\n| a | b |\n|---|---|\n| \
        1 | [[x|Guide]] |\n| 2 | 3 |\n\n> A quote that goes on.\n\n";
    let mut text = "---\ntitle: T\ntags: [a, b]\n---\n# Title\n\n".to_owned();
    while text.len() < bytes {
        text.push_str(section);
    }
    text
}
