//! Colours in code. Languages are rows of a table (`languages.rs`); one scanner reads them all
//! in a single pass, so that the time is a multiple of the length whatever is written, and no
//! grammar has to be loaded. Tokens are few: what a reader tells apart at a glance.

mod languages;
mod markup;
mod scan;

use std::collections::{HashMap, HashSet};

pub(super) use languages::Language;

/// Most code that is coloured on a page, in bytes; what comes later is plain.
const MAX_BYTES: usize = 200_000;

/// What a piece of code is; its class is a colour in `app.css`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token {
    Plain,
    Comment,
    /// Texts and characters.
    Text,
    Number,
    Keyword,
    /// Functions, types, tags.
    Name,
    /// Keys, attributes, variables with a sign.
    Key,
    Inserted,
    Deleted,
}

impl Token {
    fn class(self) -> Option<&'static str> {
        Some(match self {
            Self::Plain => return None,
            Self::Comment => "hc",
            Self::Text => "hs",
            Self::Number => "hn",
            Self::Keyword => "hk",
            Self::Name => "hf",
            Self::Key => "ha",
            Self::Inserted => "hi",
            Self::Deleted => "hd",
        })
    }
}

/// Colours the code of one page.
#[derive(Default)]
pub(super) struct Highlighter {
    spent: usize,
    words: HashMap<&'static str, HashSet<&'static str>>,
}

impl Highlighter {
    /// The code as HTML, escaped; none when it is more than a page may have.
    pub(super) fn html(&mut self, code: &str, language: &'static Language) -> Option<String> {
        self.spent = self.spent.saturating_add(code.len());
        if self.spent > MAX_BYTES {
            return None;
        }
        let words =
            self.words.entry(language.names).or_insert_with(|| language.keywords.split_ascii_whitespace().collect());
        let mut output = Output { html: String::with_capacity(code.len() * 3), code, done: 0 };
        scan::code(&mut output, language, words);
        Some(output.finish())
    }
}

/// What has been written. Pieces come in order; what is between them is plain.
struct Output<'c> {
    html: String,
    code: &'c str,
    done: usize,
}

impl Output<'_> {
    fn token(&mut self, start: usize, end: usize, token: Token) {
        let Some(class) = token.class() else { return };
        if start < self.done || end <= start {
            return;
        }
        self.plain(start);
        let Some(piece) = self.code.get(start..end) else { return };
        self.html.push_str("<span class=\"");
        self.html.push_str(class);
        self.html.push_str("\">");
        escape(piece, &mut self.html);
        self.html.push_str("</span>");
        self.done = end;
    }

    fn plain(&mut self, end: usize) {
        escape(self.code.get(self.done..end).unwrap_or_default(), &mut self.html);
        self.done = end;
    }

    fn finish(mut self) -> String {
        self.plain(self.code.len());
        self.html
    }
}

fn escape(text: &str, output: &mut String) {
    for piece in text.split_inclusive(['&', '<', '>']) {
        let sign = piece.bytes().last();
        match sign {
            Some(b'&' | b'<' | b'>') => {
                output.push_str(piece.get(..piece.len() - 1).unwrap_or_default());
                output.push_str(match sign {
                    Some(b'&') => "&amp;",
                    Some(b'<') => "&lt;",
                    _ => "&gt;",
                });
            }
            _ => output.push_str(piece),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str, code: &str) -> String {
        let language = Language::find(name).unwrap();
        let html = Highlighter::default().html(code, language).unwrap();
        // `k{...}` for `<span class="hk">...</span>`
        html.replace("<span class=\"h", "").replace("\">", "{").replace("</span>", "}")
    }

    #[test]
    fn each_family_of_languages_is_coloured() {
        for (name, code, expected) in [
            (
                "rust",
                "fn f<'a>(x: &'a str) -> u8 { 'x'; r#\"a\"b\"#; 1_0 } // c",
                "k{fn} f&lt;'a&gt;(x: &amp;'a k{str}) -&gt; k{u8} { s{'x'}; s{r#\"a\"b\"#}; n{1_0} } c{// c}",
            ),
            (
                "rs",
                "/* a /* b */ c */ #[test] println!(\"{}\")",
                "c{/* a /* b */ c */} a{#[test]} f{println!}(s{\"{}\"})",
            ),
            (
                "python",
                "@x\ndef f(a=1.5e-3): # c\n    \"\"\"d\n\"e\"\"\"\n    return None",
                "a{@x}\nk{def} f{f}(a=n{1.5e-3}): c{# c}\n    s{\"\"\"d\n\"e\"\"\"}\n    k{return} k{None}",
            ),
            (
                "js",
                "const a = /[/]\"/g; let b = c / d; `x ${y}\n`",
                "k{const} a = s{/[/]\"/g}; k{let} b = c / d; s{`x ${y}\n`}",
            ),
            (
                "sh",
                "echo \"$A\" ${B#x} 'it' # c\nfor x in $@; do",
                "k{echo} s{\"$A\"} a{${B#x}} s{'it'} c{# c}\nk{for} x k{in} $@; k{do}",
            ),
            (
                "json",
                "{\"a\": \"b\", \"c\": [1, true, null]}",
                "{a{\"a\"}: s{\"b\"}, a{\"c\"}: [n{1}, k{true}, k{null}]}",
            ),
            (
                "yaml",
                "# c\na b: \"x\" # y\n- c: 1\n- d#e\nf: http://x",
                "c{# c}\na{a b}: s{\"x\"} c{# y}\n- a{c}: n{1}\n- d#e\na{f}: http://x",
            ),
            ("toml", "[a.b]\nc = 1 # x\n\"d e\" = [true]", "f{[a.b]}\na{c} = n{1} c{# x}\na{\"d e\"} = [k{true}]"),
            (
                "html",
                "<!-- c --><a href=\"x\" b>t &amp; u</a>",
                "c{&lt;!-- c --&gt;}f{&lt;a} a{href}=s{\"x\"} a{b}f{&gt;}t &amp;amp; uf{&lt;/a&gt;}",
            ),
            (
                "css",
                "a:hover { margin-top: 1px; color: #fff } /* c */ @media",
                "a:hover { a{margin-top}: n{1px}; a{color}: n{#fff} } c{/* c */} k{@media}",
            ),
            (
                "sql",
                "SELECT a from b -- c\nwhere d = 'it''s'",
                "k{SELECT} a k{from} b c{-- c}\nk{where} d = s{'it'}s{'s'}",
            ),
            ("diff", "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z", "k{--- a}\nk{+++ b}\na{@@ -1 +1 @@}\nd{-x}\ni{+y}\n z"),
            ("tex", "\\frac{a}{b} % c", "k{\\frac}{a}{b} c{% c}"),
            ("dockerfile", "FROM a:1\nRUN echo from # c", "k{FROM} a:n{1}\nk{RUN} echo from c{# c}"),
            (
                "c",
                "#include <a.h>\nint main(void) { return 'a'; }",
                "k{#include} &lt;a.h&gt;\nk{int} f{main}(k{void}) { k{return} s{'a'}; }",
            ),
        ] {
            assert_eq!(shown(name, code), expected, "{name}");
        }
    }

    #[test]
    fn names_of_languages_are_found_in_any_case_and_name_one_each() {
        assert!(
            Language::find("C++").is_some() && Language::find("nonsense").is_none() && Language::find("").is_none()
        );
        let mut names: Vec<&str> = Language::all().flat_map(|language| language.names.split(' ')).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn more_code_than_a_page_may_colour_stays_plain() {
        let language = Language::find("rust").unwrap();
        let mut highlighter = Highlighter::default();
        assert!(highlighter.html(&"x ".repeat(90_000), language).is_some());
        assert!(highlighter.html(&"x ".repeat(90_000), language).is_none());
    }

    proptest::proptest! {
        #[test]
        fn colours_change_no_character(
            pieces in proptest::collection::vec(proptest::sample::select(vec![
                "\"", "'", "`", "\\", "/*", "*/", "//", "#", "--", "<", ">", "&", "<!--", "-->", "a", "b1", " ", "\n", "\t", "ü", "日本",
                "1", ".5", "$", "${", "}", "{", ":", "=", "[", "]", "@", "'''", "\"\"\"", "r#\"", "\"#", "/", "(", "r", "+", "-", "\r\n", "%", "=> ", "{-", "]]",
            ]), 0..40),
        ) {
            let code = pieces.concat();
            for language in Language::all() {
                let html = Highlighter::default().html(&code, language).unwrap();
                let mut plain = html.replace("</span>", "");
                while let Some(at) = plain.find("<span") {
                    let end = at + plain[at..].find('>').unwrap();
                    plain.replace_range(at..=end, "");
                }
                let plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
                proptest::prop_assert_eq!(&plain, &code, "{}", language.names);
            }
        }
    }
}
