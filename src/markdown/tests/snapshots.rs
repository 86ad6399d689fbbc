use super::{html, html_on};

#[test]
fn x() {
    for text in [
        "# A *b*\n\n## A b\n",
        "a [[Guide]] [[Miss ing#Some Heading]] [[x|#a b]] [[https://x.org]] [l](x.png) ![i](./y%20z.png \"t\") [h](https://a.b) [](http://c.d) <https://e.f> www.g.h",
        "| a | b |\n|:-|-:|\n| 1 | `\\|` |\n",
        "> [!NOTE]\n> hi\n\n> [!WARNING] Custom\n> x\n",
        "- [ ] a\n- [x] b\n",
        "x[^a] y[^a] z[^b]\n\n[^a]: note\n\n    more\n[^b]: other\n",
        "```python= foo\nx < 1\n```\n",
        "==m== ~~s~~ H~2~O $a$ \"q\" -- Vec<String> x",
        "<details>\n<summary>S</summary>\n\nbody **x**\n\n</details>\n\n<p align=\"center\"><img src=\"./a.png\" width=\"300\"></p>",
        "term\n\n: def\n",
        "http://a.b/c?x=(1) end a@b.c &copy; &lt;x&gt; a<br>b\\\nc",
    ] {
        println!("{text}\n=>\n{}\n", html(text));
    }
    println!("{}", html_on("A/B", "[x](c) [y](../z)"));
}
