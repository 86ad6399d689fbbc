use super::{html, html_on};

/// Snapshots show the text and its HTML, so that they read as documentation.
macro_rules! snapshot {
    ($name:literal, $($text:expr),+ $(,)?) => {
        let shown: Vec<String> = [$($text),+].iter().map(|text| format!("{text}\n=>\n{}", html(text))).collect();
        insta::assert_snapshot!($name, shown.join("\n----\n\n"));
    };
}

#[test]
fn blocks() {
    snapshot!("headings", "# A *b*\n\n## A b\n\nSetext\n===\n", "# Überschrift & mehr!\n\n# 中文\n\n> ### quoted\n");
    snapshot!(
        "lists",
        "- one\n- two\n  1) three\n\n- [ ] open\n- [x] **done**\n",
        "3. three\n4. four\n",
        "term\n\n: meaning\n\n  more\n\nother *term*\n: without a blank line\n"
    );
    snapshot!(
        "tables",
        "| a | b | c |\n|:-|-:|:-:|\n| 1 | `\\|` | [[L|Guide]] |\n",
        "a|b\n-|-\n1|2\n",
        "a|b\nno delimiter"
    );
    snapshot!(
        "code",
        "```python= title\nx < 1 && y\n```\n",
        "    indented\n",
        "~~~\n[[not a link]]\n~~~\n",
        "``` c++\n```\n"
    );
    snapshot!(
        "alerts",
        "> [!NOTE]\n> hi\n",
        "> [!warning] Own <b>title</b>\n> - x\n",
        "> [!FOO]\n> an ordinary quote\n"
    );
    snapshot!(
        "boxes",
        "::: info\n# Head *line*\nbody\n\nmore\n:::\nafter\n",
        "::: warning Mind the gap\n- one\n:::\n",
        ":::success\n:::\n::: red\nx\n:::\n::: none\n:::\n::: My own\nx\n:::\n::: other\n### Title\nx\n",
        "- one\n- two\n::::info\na\n:::danger\nb\n:::\nc\n::::\nd\n",
        ":::info\n:::danger\nb\n:::\n:::\nnothing to close\n:::\n",
        "- item\n\n  ::: info\n  in it\n  :::\n- next\n\n> ::: info\n> quoted\n",
        "text\n    ::: no\n\n    ::: code\n\n```\n::: info [[a]]\n:::\n```\n\n<div>\n::: html\n</div>\n"
    );
    snapshot!(
        "spoilers_and_folds",
        ">! one\n>! two\n>!\n>! - three\nlazy\n",
        ">| # The *summary*\n>| body\n>|\n>| > quoted\n",
        ">| no heading\n",
        "- a\n- b\n>! after a list\n\n- c\n  >! in a list\n",
        ">! out\n>! >! in\n\n> quote\n>! of one\n",
        ">![picture](./a.png)\n\n>| a | b |\n>|---|---|\n>| 1 | 2 |\n",
        "```\n>! code\n>| code\n```\n\n    >! code\n"
    );
    snapshot!(
        "formulas",
        "$a^2$ and `$b$`, but `$`, `$$`, `$x=2`, $ a $, \\$a\\$\n\n5$ and 6$\n",
        "costs $5 and $6, or $7 to $10\n",
        "in $$a < b$$ text\n\n$$\na\n\n- b\n= c\n$$\nafter\n\n- item\n  $$x\n  + y$$\n\n> $$\n> q\n> $$\n",
        "```math\na\nb\n```\n",
        "$\\frac{$ and $\\text{<b>}$ [[$x$]] ![$y$](z.png)\n\n# Energy $E$\n",
        "```\n$$\na\n$$\n```\n\n$$ alone\n\ntext $$\n"
    );
    snapshot!(
        "coloured_code",
        "```rust=\nfn main() {\n    // <b>\n}\n```\n",
        "```python=10\nx = \"&\"\n```\n",
        "```unknown\nx < 1\n```\n",
        "```mermaid\ngraph TD; A-->B[\"<img src=x>\"]\n```\n"
    );
    snapshot!(
        "abbreviations",
        "*[HTML]: Hyper \"Text\" <b>\n*[e.g.]: for example\n\nHTML is ok, e.g. HTML5 and XHTML are not, `HTML` and [HTML](x) and **HTML**.\n",
        "*[no]: definition\nbecause text follows\n\nno\n"
    );
    snapshot!(
        "properties",
        "---\ntitle: <b>T</b>\ntags: [a, 1, true]\nnested:\n  key: \"x & y\"\n  list:\n    - a: 1\n    - b\nempty:\n---\ntext\n",
        "---\ntitle: Other\n---\n# Own title\n\ntext\n",
        "---\nkind: note\n---\n## No title\n"
    );
    snapshot!(
        "footnotes",
        "x[^a] y[^a] z[^b] [^undefined]\n\n[^a]: note\n\n    second paragraph\n[^b]: other\n[^unused]: gone\n"
    );
}

#[test]
fn inlines() {
    snapshot!(
        "marks",
        "**b** *i* _i_ ***bi*** ~~s~~ ==m== `c` a  \nb\\\nc\nd",
        "x^2^ :smile: $a$ \"q\" -- Vec<String> &copy; \\*"
    );
    snapshot!(
        "wikilinks",
        "[[Guide]] [[guide/install]] [[/Guide/Use]] [[Label|new york]] [[Guide#Some Heading]] [[#a b]]",
        "[[Missing]] [[x|Miss ing#a]] [[javascript:alert(1)]] [[https://x.org]] [[x|https://x.org]]",
        "[[C#]] [[<b>x</b>|Guide]] `[[code]]` \\[[escaped]] [[1]](https://x.org) ![[Guide]]"
    );
    snapshot!(
        "links",
        "[a](./file.pdf) [b](file.pdf?x=1&y#z) [c](/Guide#top) [d](Use) [e](../Home) [f](#here) [g](Install.md)",
        "[h](https://a.b \"t\") [](http://c.d) <https://e.f> www.g.h http://i.j/k?x=(1) end a@b.c [m](mailto:a@b.c) [n](//o.p)",
        "![i](./a%20b.png \"t\") ![j](/Guide/c.png) ![k](https://a.b/c.png) ![[[x]]](d.png)",
        "[r] [s][r]\n\n[r]: Use 'title'\n"
    );
    insta::assert_snapshot!(
        "links_of_a_sub_page",
        html_on("Guide/Install", "[x](Use) [y](../../Home) [z](file.pdf) [w](./Use)")
    );
}

#[test]
fn raw_html() {
    snapshot!(
        "raw_html",
        "<details open>\n<summary>S</summary>\n\nbody **x**\n\n</details>\n",
        "<p align=\"center\"><img src=\"./a.png\" width=\"300\" style=\"x\" onerror=\"y\"></p>\n",
        "H<sub>2</sub>O <kbd>Ctrl</kbd> <mark>m</mark><br>x <!-- gone --> <foo> <script>alert(1)</script>\n",
        "<a href=\"https://x.org\" target=\"_blank\" class=\"anchor\" id=\"x\">x</a> <a href=\"Use\">y</a>\n",
        "<div title=\"half\n\n# after\n",
        "<video src=\"./v.mp4\" controls autoplay></video>\n"
    );
}
