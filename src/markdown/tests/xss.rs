use super::html;
use super::properties::assert_safe;

/// Inputs of Otterwiki's own tests and of published advisories, with what the page must not have.
const CASES: &[(&str, &[&str])] = &[
    ("<p><script>alert(1)</script></p>", &["<script"]),
    ("<p><span><script>alert(1)</script></span></p>", &["<script"]),
    ("<script>alert(1)</script>", &["<script"]),
    ("<SCRIPT SRC=//evil.example/x.js></SCRIPT>", &["<script"]),
    ("<scr<script>ipt>alert(1)</script>", &["<script"]),
    ("<div><img src=\"x\" onerror=\"alert(1)\"></div>", &["onerror"]),
    ("<div><a href=\"javascript:alert(3)\">click</a></div>", &["javascript:"]),
    ("<blockquote><iframe src=\"https://evil.com\"></iframe></blockquote>", &["<iframe"]),
    ("<p onclick=\"alert(4)\">x</p>", &["onclick"]),
    ("<div onload=alert(1)>x</div>", &["onload"]),
    ("<img src=x onerror=alert(1)>", &["onerror"]),
    ("<img/src=x/onerror=alert(1)>", &[" onerror"]),
    ("<body onbeforeprint=alert(1)>", &["<body"]),
    ("<object data=\"data:text/html,<script>alert(1)</script>\"></object>", &["<object", "<script"]),
    ("<iframe src=\"javascript:alert(1)\"></iframe>", &["<iframe"]),
    ("<iframe src=\"data:text/html,x\"></iframe>", &["<iframe"]),
    ("<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>", &["<iframe", "<script"]),
    ("<svg><animate onbegin=alert(4) attributeName=x dur=1s></svg>", &["<svg", "<animate"]),
    ("<svg><style><!--</style><img src=x onerror=alert(1)>--></svg>", &["<svg", "<style", "onerror=\""]),
    ("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></math>", &["<math", "<style"]),
    ("<embed src=\"test.swf\">", &["<embed"]),
    ("<form action=/x><button formaction=\"javascript:alert(1)\">x</button></form>", &["<form", "<button"]),
    ("<input autofocus onfocus=alert(1)>", &["<input"]),
    ("<a href=\"jav&#x09;ascript:alert(1)\">x</a>", &["href"]),
    ("<a href=\"java&#10;script:alert(1)\">x</a>", &["href"]),
    ("<a href=\"java&#13;script:alert(1)\">x</a>", &["href"]),
    ("<a href=\"java\tscript:alert(1)\">x</a>", &["href"]),
    ("<a href=\"&#x20;&#x09;javascript:alert(1)\">x</a>", &["href"]),
    ("<a href=\"\u{1}javascript:alert(1)\">x</a>", &["href"]),
    ("<a href=\"&#x6a;avascript:alert(1)\">x</a>", &["href"]),
    ("<a href=\"javascript&colon;alert(1)\">x</a>", &["href"]),
    ("<a href=\"da&#9;ta:text/html,x\">x</a>", &["href"]),
    // A relative address that is odd, and no scheme.
    ("<a href=\"&amp;#106;avascript:alert(1)\">x</a>", &["href=\"javascript", "href=\"&#106;"]),
    ("<video poster=\"jav&#x09;ascript:alert(1)\"></video>", &["poster"]),
    ("<button formaction=\"javascript:alert(1)\">x</button>", &["<button"]),
    ("<a href=\"vb&#9;script:x\">x</a>", &["href"]),
    ("<img src=\"jav&#x09;ascript:alert(1)\">", &["src"]),
    ("<img src=\"data:image/svg+xml,<svg onload=alert(1)>\">", &["src", "<svg"]),
    ("<video poster=\"javascript:alert(1)\"></video>", &["poster"]),
    ("<video src=x onerror=alert(1)>", &["onerror"]),
    ("<details open ontoggle=alert(1)><summary>s</summary></details>", &["ontoggle"]),
    ("![\" onerror=\"alert(document.cookie)](http://x/y.png)", &["\" onerror=\""]),
    ("![x](http://x/y.png \"t\\\" onerror=\\\"alert(1)\")", &["\" onerror=\""]),
    ("[x](javascript:alert(1))", &["href"]),
    ("[x](JaVaScRiPt:alert(1))", &["href"]),
    ("[x](&#x6a;avascript:alert(1))", &["href"]),
    ("[x](javascript&colon;alert(1))", &["href"]),
    ("[x](\\javascript:alert(1))", &["href=\"javascript"]),
    ("[x][r]\n\n[r]: javascript:alert(1)", &["href"]),
    ("![](javascript:alert(1))", &["src"]),
    ("![](data:text/html;base64,PHNjcmlwdD4=)", &["src"]),
    ("<javascript:alert(1)>", &["href"]),
    ("<data:text/html,x>", &["href"]),
    ("[[javascript:alert(1)]]", &["href=\"javascript"]),
    ("[[x|javascript:alert(1)]]", &["href=\"javascript"]),
    ("[[<img src=x onerror=alert(1)>]]", &["<img"]),
    ("[[x\" onmouseover=\"alert(1)]]", &["\" onmouseover"]),
    ("[[x|#\" onmouseover=\"alert(1)]]", &["\" onmouseover"]),
    ("::: x\" onmouseover=\"alert(1)\n:::", &["\" onmouseover=\""]),
    ("::: info\n# <img src=x onerror=alert(1)>\n:::", &["onerror"]),
    (">| # <img src=x onerror=alert(1)>", &["onerror"]),
    (">! <script>alert(1)</script>", &["<script"]),
    ("::: <img src=x onerror=alert(1)>\n:::", &["<img"]),
    ("::: info <img src=x onerror=alert(1)>\n</div><script>\n:::", &["<img", "<script"]),
    ("$\\text{<img src=x onerror=alert(1)>}$", &["<img"]),
    ("$\\href{javascript:alert(1)}{x}$", &["href"]),
    ("$\\color{red\" onload=\"alert(1)}x$", &[" onload=\"alert"]),
    ("$\\class{x}{y} \\style{color:red}{z} \\unicode{<svg>}$", &["style=", "<svg"]),
    ("```math\n\\text{</math><img src=x onerror=alert(1)>}\n```", &["<img"]),
    ("<math><mi>x</mi></math>", &["<math", "<mi"]),
    ("<math href=\"javascript:alert(1)\">x</math>", &["<math", "href"]),
    (
        "<math><annotation-xml encoding=\"text/html\"><img src=x onerror=alert(1)></annotation-xml></math>",
        &["<math", "<annotation", "onerror=\""],
    ),
    ("<span class=\"hk\">x</span><pre class=\"mermaid\">y</pre><details class=\"spoiler\">z</details>", &["class="]),
    ("<div class=\"alert alert-note\" aria-hidden=\"true\">x</div>", &["class=", "aria-hidden"]),
    ("```rust\n\"</span><img src=x onerror=alert(1)>\" // <script>\n```", &["<img", "<script"]),
    ("```html=\n<img src=x onerror=alert(1)>\n```", &["<img"]),
    ("```rust=1\" onload=\"alert(1)\nx\n```", &["onload"]),
    ("```mermaid\n</pre><script>alert(1)</script>\n```", &["<script"]),
    ("*[x]: \" onmouseover=\"alert(1)\n\nx", &["\" onmouseover=\""]),
    ("*[x]: <img src=x onerror=alert(1)>\n\nx", &["<img"]),
    ("*[<img src=x onerror=alert(1)>]: y\n\n<img src=x onerror=alert(1)>", &["onerror"]),
    (
        "---\n\"<img src=x onerror=alert(1)>\": {\"<script>\": [\"<svg onload=alert(1)>\"]}\n---\n",
        &["<img", "<script", "<svg"],
    ),
    ("---\ntitle: \"</h1><script>alert(1)</script>\"\n---\n", &["<script"]),
    (">! [x](javascript:alert(1))\n>! <iframe src=//evil.example>", &["href", "<iframe"]),
    ("# <img src=x onerror=alert(1)>", &["onerror"]),
    ("$$<img src=x onerror=alert(1)>$$", &["onerror"]),
    ("- $<img src=x onerror=alert(1)>$", &["onerror"]),
    ("---\ntitle: <img src=x onerror=alert(1)>\n---\n", &["<img"]),
    ("---\nfoo: \"</pre><img src=x onerror=alert(1)>\"\n---\n", &["<img"]),
    ("{{InfoBox\n|style=x\"></div><script>alert('xss')</script><div style=\"x\n}}", &["<script", "style="]),
    ("{{Video\n|src=a.mp4\" onerror=\"alert(1)\n}}", &["\" onerror=\"alert(1)\""]),
    ("```mermaid\n<img src=x onerror=alert(1)>\n```", &["<img"]),
    ("```\"onload=alert(1)\n<script>\n```", &["onload=", "<script"]),
    ("`<script>alert(1)</script>`", &["<script"]),
    ("<div style=\"position:fixed;inset:0\">x</div>", &["style"]),
    ("<div id=\"content\" class=\"dialog\" name=\"x\">x</div>", &["id=", "class=", "name="]),
    ("<h1 id=\"head\">x</h1>\n\n# head", &["<h1 id=\"head\">x"]),
    ("<a href=\"https://evil.example\" target=\"_blank\" rel=\"opener\">x</a>", &["target", "\"opener\""]),
    ("<base href=\"//evil.example\">", &["<base"]),
    ("<meta http-equiv=refresh content=\"0;url=//evil.example\">", &["<meta"]),
    ("<link rel=stylesheet href=//evil.example>", &["<link"]),
    ("<template><img src=x onerror=alert(1)></template>", &["<template", "onerror"]),
    ("<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>", &["<noscript", "onerror=\""]),
    ("<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\"></textarea>", &["<textarea", "onerror=\""]),
    ("<!--><img src=x onerror=alert(1)>-->", &["onerror=\""]),
    ("<!-- a --!><img src=x onerror=alert(1)>", &["onerror=\""]),
    ("<![CDATA[<img src=x onerror=alert(1)>]]>", &["onerror=\""]),
    ("<?php <img src=x onerror=alert(1)> ?>", &["onerror=\""]),
    ("<div title=\"\n\n<img src=x onerror=alert(1)>\n\n\">", &["onerror"]),
    ("<img alt='\n\n# head\n\n'>", &["id=\"s"]),
    ("[^x\"onload=alert(1)]\n\n[^x\"onload=alert(1)]: n", &["\"onload"]),
    ("> [!NOTE] <img src=x onerror=alert(1)>\n> x", &["onerror"]),
    ("| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |", &["<script", "onerror"]),
    ("<p/onclick=alert(1)>x", &[" onclick"]),
    ("<a\u{c}href=\"javascript:alert(1)\">x</a>", &["javascript:"]),
    ("<xss id=x tabindex=1 onfocus=alert(1)></xss>", &["<xss"]),
    ("<audio src onloadstart=alert(1)>", &["onloadstart"]),
    ("<img srcset=\"javascript:alert(1)\" src=x>", &["srcset"]),
    ("<a ping=\"https://evil.example\" href=\"/\">x</a>", &["ping"]),
    (
        "<a href=\"https://x\" class=\"anchor\" role=\"button\" tabindex=\"1\" aria-label=\"y\">x</a>",
        &["role", "tabindex", "aria"],
    ),
];

#[test]
fn an_author_cannot_name_what_the_renderer_wrote() {
    // The seal is drawn for each rendering; a text that looks like one is text.
    for text in ["s0123456789abcdef-0; $x$", "<b title=\"s0123456789abcdef-0;\">x</b> $y$", "`s0123456789abcdef-0;`"] {
        let html = html(text);
        assert!(html.contains("s0123456789abcdef-0;"), "{html}");
        assert!(html.matches("<math").count() == text.matches('$').count() / 2, "{html}");
    }
}

#[test]
fn nothing_an_author_writes_runs() {
    for (text, forbidden) in CASES {
        let html = html(text);
        assert_safe(&html);
        for forbidden in *forbidden {
            let live: String =
                html.split('<').skip(1).map(|tag| format!("<{} ", tag.split('>').next().unwrap_or_default())).collect();
            assert!(!live.contains(forbidden), "{forbidden:?} for {text:?} in\n{html}");
        }
    }
}
