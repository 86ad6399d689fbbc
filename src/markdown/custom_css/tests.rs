use cssparser::{Parser, Token};
use proptest::prelude::*;

use super::*;

fn served(source: &str) -> String {
    let style = custom_css(source);
    assert_eq!(style.problems, [], "{source}");
    style.css.strip_suffix(CONFINED).unwrap_or_else(|| panic!("{:?}", style.css)).to_owned()
}

fn problem(source: &str) -> String {
    let style = custom_css(source);
    assert_eq!(style.css, "", "{source}");
    style.problems.first().unwrap_or_else(|| panic!("{source:?} passed")).text.clone()
}

#[test]
fn every_selector_is_within_the_text() {
    for (source, expected) in [
        ("h2{color:red}", ".prose h2{color:red;}\n"),
        ("h2, .box > p {color:red}", ".prose h2,.prose .box>p{color:red;}\n"),
        (".prose{color:red}", ".prose{color:red;}\n"),
        (".prose > h2 + p{color:red}", ".prose>h2+p{color:red;}\n"),
        (".prose h2 ~ p{color:red}", ".prose h2~p{color:red;}\n"),
        (".prose.wide a:hover::before{content:\"x\"}", ".prose.wide a:hover::before{content:\"x\";}\n"),
        (".prosecco{color:red}", ".prose .prosecco{color:red;}\n"),
        ("li:nth-child(2n + 1):not(.a, .b){color:red}", ".prose li:nth-child(2n+1):not(.a, .b){color:red;}\n"),
        ("a[href^=\"http\"]{color:red}", ".prose a[href^=\"http\"]{color:red;}\n"),
        ("*{color:red}", ".prose *{color:red;}\n"),
        (":is(.top, header){color:red}", ".prose :is(.top, header){color:red;}\n"),
        (
            "@media (min-width:40em) and (prefers-color-scheme: dark){h2{color:red}}",
            "@media (min-width:40em) and (prefers-color-scheme: dark){\n.prose h2{color:red;}\n}\n",
        ),
        (
            "@supports (display:grid){@media print{h2{color:red}}}",
            "@supports (display:grid){\n@media print{\n.prose h2{color:red;}\n}\n}\n",
        ),
    ] {
        let served = served(source);
        let plain = |text: &str| text.replace("/**/", "").replace(' ', "");
        assert_eq!(plain(&served), plain(expected), "{served}");
    }
}

#[test]
fn values_are_kept() {
    for value in [
        "1px solid rgb(1 2 3 / 50%)",
        "calc(100% - 2rem)",
        "var(--x, 3px)",
        "linear-gradient(to right, #fff, #000)",
        "\"a \\\"b\\\"\" / 2",
        "1.5",
        "-0.5em",
        "red !important",
        "repeat(auto-fill, minmax(10em, 1fr))",
    ] {
        let css = served(&format!("p{{--y:{value}}}")).replace("/**/", "");
        assert_eq!(css, format!(".prose p{{--y:{value};}}\n"));
    }
    assert!(served("p{color:red;position:relative;z-index:3}").contains("position:relative;z-index:3;"));
}

#[test]
fn what_could_load_run_or_leave_the_text_is_refused() {
    for source in [
        "@import url(//evil.example/x.css);",
        "@import \"x.css\";",
        "@font-face{font-family:x;src:url(x)}",
        "@namespace svg url(http://www.w3.org/2000/svg);",
        "@layer a{h2{color:red}}",
        "@layer a, b;",
        "@keyframes x{from{color:red}}",
        "@scope (body){h2{color:red}}",
        "@property --x{syntax:\"*\"}",
        "@page{margin:0}",
        "@media url(x){h2{color:red}}",
        "@media screen{@media screen{@media screen{@media screen{@media screen{h2{color:red}}}}}}",
        "h2{background:url(x.png)}",
        "h2{background:url(\"x.png\")}",
        "h2{background:u\\72l(x.png)}",
        "h2{background:URL(x.png)}",
        "h2{background:image-set(\"x.png\" 1x)}",
        "h2{background:-webkit-image-set(\"x.png\" 1x)}",
        "h2{background:src(\"x\")}",
        "h2{background:element(#x)}",
        "h2{background:paint(x)}",
        "h2{--x:url(x.png)}",
        "h2{width:expression(alert(1))}",
        "h2{width:calc(1px + expression(alert(1)))}",
        "h2{behavior:none}",
        "h2{-moz-binding:none}",
        "h2{-ms-behavior:none}",
        "h2{src:none}",
        "h2{contain:none}",
        "h2{view-transition-name:x}",
        "h2{position:fixed}",
        "h2{position:FIXED}",
        "h2{position:fi\\78 ed}",
        "h2{position:sticky}",
        "h2{position:var(--x)}",
        "h2{z-index:2147483647}",
        "h2{z-index:calc(999*999)}",
        "h2{z-index:9\\65 9}",
        "h2{color:red;<script>}",
        "h2{color:}}",
        ".prose ~ footer{color:red}",
        ".prose + footer{color:red}",
        ".prose/**/+ footer{color:red}",
        ".prose:hover ~ footer{color:red}",
        "> h2{color:red}",
        "~ h2{color:red}",
        "body{color:red}",
        "html .top{color:red}",
        ":root{color:red}",
        ":host{color:red}",
        "h2{& + .top{color:red}}",
        "h2{.top:not(&){color:red}}",
        "&{color:red}",
        "svg|a{color:red}",
        "h2 || p{color:red}",
        "h2 >{color:red}",
        "h2,{color:red}",
        ",h2{color:red}",
        "{color:red}",
        "::slotted(h2){color:red}",
        "</style><script>alert(1)</script>{color:red}",
        "<!-- h2 -->{color:red}",
        "h2{color:\"\n\"}",
    ] {
        let style = custom_css(source);
        assert!(!style.problems.is_empty(), "{source:?} passed as {:?}", style.css);
        harmless(&style.css);
    }
    assert_eq!(problem("@import 'x';"), "@import is not allowed; only @media and @supports are");
    assert_eq!(problem("p{background:url(x)}"), "url() is not allowed: nothing is loaded");
    assert_eq!(problem("body{color:red}"), "'body' is outside of the text; write .prose for all of it");
}

#[test]
fn one_wrong_part_leaves_the_others_and_says_its_line() {
    let style = custom_css("h1{color:red}\n\nh2{position:fixed;color:blue}\n.top{}\nh3{color:green}\n@import 'x';");
    let css = style.css.strip_suffix(CONFINED).unwrap();
    assert_eq!(css, ".prose h1{color:red;}\n.prose h2{color:blue;}\n.prose h3{color:green;}\n");
    assert_eq!(style.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [3, 6]);
    assert_eq!(custom_css(" /* nothing */ "), CustomStyle::default());
    assert_eq!(custom_css(&"x".repeat(40_000)).css, "");
}

#[test]
fn deep_nesting_ends() {
    for source in ["(", "[", "{", "a{b:(", "@media ("] {
        harmless(&custom_css(&source.repeat(32_000 / source.len())).css);
    }
}

/// Reads what is served as a browser would: every rule begins in the scope, and nothing loads.
fn harmless(css: &str) {
    if css.is_empty() {
        return;
    }
    let css = css.strip_suffix(CONFINED).unwrap_or_else(|| panic!("not confined: {css:?}"));
    rules(&mut Parser::new(css), css);
}

fn rules(input: &mut Parser<'_>, all: &str) {
    let mut prelude: Vec<Token<'_>> = Vec::new();
    while let Ok(token) = input.next().cloned() {
        match token {
            Token::CurlyBracketBlock => {
                let media =
                    matches!(prelude.first(), Some(Token::AtKeyword(name)) if *name == "media" || *name == "supports");
                if media {
                    input
                        .parse_nested_block(|inner| {
                            rules(inner, all);
                            Ok::<_, cssparser::ParseError<()>>(())
                        })
                        .unwrap();
                } else {
                    for selector in prelude.split(|token| *token == Token::Comma) {
                        let [dot, class, rest @ ..] = selector else { panic!("{all:?}") };
                        assert!(
                            *dot == Token::Delim('.') && matches!(class, Token::Ident(name) if *name == "prose"),
                            "{all:?}"
                        );
                        assert!(!matches!(rest.first(), Some(Token::Delim('~' | '+'))), "{all:?}");
                    }
                    input
                        .parse_nested_block(|inner| {
                            values(inner, all);
                            Ok::<_, cssparser::ParseError<()>>(())
                        })
                        .unwrap();
                }
                prelude.clear();
            }
            Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock => {
                input
                    .parse_nested_block(|inner| {
                        while inner.next().is_ok() {}
                        Ok::<_, cssparser::ParseError<()>>(())
                    })
                    .unwrap();
                prelude.push(Token::Delim('x'));
            }
            Token::Semicolon | Token::CDO | Token::CDC | Token::CloseCurlyBracket => panic!("{all:?}"),
            token => prelude.push(token),
        }
    }
    assert!(prelude.is_empty(), "{all:?}");
}

fn values(input: &mut Parser<'_>, all: &str) {
    while let Ok(token) = input.next().cloned() {
        match token {
            Token::Function(name) => {
                assert!(super::values::may_call(&name.to_ascii_lowercase()), "{all:?}");
                input
                    .parse_nested_block(|inner| {
                        values(inner, all);
                        Ok::<_, cssparser::ParseError<()>>(())
                    })
                    .unwrap();
            }
            Token::ParenthesisBlock | Token::SquareBracketBlock => {
                input
                    .parse_nested_block(|inner| {
                        values(inner, all);
                        Ok::<_, cssparser::ParseError<()>>(())
                    })
                    .unwrap();
            }
            Token::UnquotedUrl(_)
            | Token::BadUrl(_)
            | Token::BadString(_)
            | Token::AtKeyword(_)
            | Token::CurlyBracketBlock => {
                panic!("{all:?}");
            }
            _ => {}
        }
    }
}

/// Pieces of style sheets, whole and broken.
fn piece() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec![
        "h2",
        ".prose",
        ".",
        "#x",
        "~",
        "+",
        ">",
        ",",
        " ",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        ";",
        "::before",
        ":not(",
        ":is(",
        "@media ",
        "@supports ",
        "@import ",
        "@layer a",
        "url(",
        "url(x)",
        "URL('x')",
        "u\\72 l(",
        "expression(",
        "calc(",
        "position:fixed",
        "position",
        "z-index:99999",
        "color:red",
        "--a:",
        "/*",
        "*/",
        "\"",
        "'",
        "\\",
        "\n",
        "!important",
        "&",
        "<!--",
        "-->",
        "1e3",
        "1",
        "-",
        "--",
        "u",
        "rl(",
        "%",
        "\\}",
        "\\a ",
        "/",
        "*",
        "|",
        "=",
    ]);
    prop_oneof![9 => known.prop_map(str::to_owned), 1 => "\\PC{1,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn whatever_is_written_what_is_served_is_harmless(pieces in prop::collection::vec(piece(), 0..40)) {
        let style = custom_css(&pieces.concat());
        harmless(&style.css);
        if !style.css.is_empty() {
            let own = style.css.strip_suffix(CONFINED).unwrap();
            // What is served is understood, and stays what it is.
            let again = custom_css(own);
            prop_assert_eq!(again.problems, vec![]);
            harmless(&again.css);
        }
    }
}
