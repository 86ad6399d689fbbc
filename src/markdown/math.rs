//! Formulas as MathML. What the converter writes is taken apart and written again from a list of
//! elements and attributes: MathML Core, without styles, links and HTML. An author's own MathML
//! is text like any other element that is not allowed.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use math_core::{LatexToMathML, MathDisplay};

use super::html;
use super::properties::push_escaped;

/// Longest formula, in bytes.
const MAX_FORMULA: usize = 4_000;
/// Deepest nesting; the converter recurses.
const MAX_DEPTH: usize = 64;
/// Most MathML on a page, in bytes; formulas after it are shown as written.
const MAX_PAGE: usize = 1024 * 1024;

pub(super) const ELEMENTS: &[&str] = &[
    "math",
    "merror",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
];
const ATTRIBUTES: &[&str] = &[
    "accent",
    "accentunder",
    "columnspan",
    "depth",
    "display",
    "displaystyle",
    "fence",
    "form",
    "height",
    "largeop",
    "linethickness",
    "lspace",
    "mathcolor",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "rowspan",
    "rspace",
    "scriptlevel",
    "separator",
    "stretchy",
    "symmetric",
    "voffset",
    "width",
];

/// Converts the formulas of one page.
#[derive(Default)]
pub(super) struct Formulas {
    converter: Option<LatexToMathML>,
    written: usize,
}

impl Formulas {
    /// A formula as HTML that is safe to stand in a page; with a note when it is none.
    pub(super) fn html(&mut self, source: &str, display: bool) -> String {
        match self.mathml(source.trim(), display) {
            Ok(mathml) => {
                self.written += mathml.len();
                if display { format!("<span class=\"math\">{mathml}</span>") } else { mathml }
            }
            Err(problem) => {
                let mut shown = String::from("<span class=\"math-problem\"><code>");
                push_escaped(source.trim(), &mut shown);
                shown.push_str("</code> <small>");
                push_escaped(problem.trim_end_matches('.'), &mut shown);
                shown.push_str("</small></span>");
                shown
            }
        }
    }

    fn mathml(&mut self, source: &str, display: bool) -> Result<String, String> {
        if source.len() > MAX_FORMULA {
            return Err(format!("This formula has more than {MAX_FORMULA} bytes"));
        }
        if self.written > MAX_PAGE {
            return Err("This page has too many formulas".to_owned());
        }
        if depth(source) > MAX_DEPTH {
            return Err("This formula is nested too deeply".to_owned());
        }
        if self.converter.is_none() {
            self.converter = LatexToMathML::new(math_core::MathCoreConfig::default()).ok();
        }
        let converter = self.converter.as_ref().ok_or("Formulas cannot be shown")?;
        let display = if display { MathDisplay::Block } else { MathDisplay::Inline };
        let converted = catch_unwind(AssertUnwindSafe(|| converter.convert_with_local_state(source, display)))
            .map_err(|_panic| "This formula cannot be shown".to_owned())?;
        Ok(rewritten(&converted.map_err(|error| error.error_message())?.mathml))
    }
}

/// Formulas in a block of code: one a line, and lines that belong together as one.
pub(super) fn formulas(block: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = String::new();
    for line in block.lines() {
        if !open.is_empty() {
            open.push('\n');
        }
        open.push_str(line.trim());
        if !open.trim().is_empty() && is_whole(&open) {
            found.push(std::mem::take(&mut open));
        }
    }
    if !open.trim().is_empty() {
        found.push(open);
    }
    found
}

/// Whether every group that a text opens is closed in it.
fn is_whole(text: &str) -> bool {
    let count = |sign: &str| text.matches(sign).count();
    count("\\begin{") <= count("\\end{")
        && count("\\left") <= count("\\right")
        && count("{") - count("\\{") <= count("}") - count("\\}")
        && !text.ends_with("\\\\")
}

/// At most how deep the converter recurses: groups, and commands that may be each other's arguments.
fn depth(source: &str) -> usize {
    let bytes = source.as_bytes();
    let mut open: Vec<usize> = Vec::new();
    let (mut total, mut chain, mut deepest, mut at) = (0usize, 0usize, 0usize, 0usize);
    while let Some(byte) = bytes.get(at) {
        let mut opens = false;
        let mut closes = false;
        let mut length = 1;
        match byte {
            b'\\' => {
                let name = bytes.iter().skip(at + 1).take_while(|b| b.is_ascii_alphabetic()).count();
                length = 1 + name.max(1);
                let command = bytes.get(at + 1..at + length).unwrap_or_default();
                opens = matches!(command, b"begin" | b"left");
                closes = matches!(command, b"end" | b"right");
                chain += 1;
            }
            b'{' => opens = true,
            b'}' => closes = true,
            b'^' | b'_' | b'\'' | b'[' => chain += 1,
            b' ' | b'\n' | b'\t' | b'*' => {}
            _ => chain = 0,
        }
        if opens {
            open.push(chain + 1);
            total += chain + 1;
            chain = 0;
        } else if closes {
            total -= open.pop().unwrap_or_default();
            chain = 0;
        }
        deepest = deepest.max(total + chain);
        at += length;
    }
    deepest
}

/// The converter's MathML, with what is on the lists and nothing else.
fn rewritten(mathml: &str) -> String {
    let mut output = String::with_capacity(mathml.len());
    let mut done = 0;
    for tag in html::tags(mathml) {
        push_text(mathml.get(done..tag.start).unwrap_or_default(), &mut output);
        done = tag.end;
        if !ELEMENTS.contains(&tag.name) {
            continue;
        }
        let source = mathml.get(tag.start..tag.end).unwrap_or_default();
        if tag.closing {
            let _infallible = write!(output, "</{}>", tag.name);
            continue;
        }
        let _infallible = write!(output, "<{}", tag.name);
        let mut rest = source.split_once(' ').map_or("", |(_, rest)| rest);
        while let Some((name, after)) = rest.split_once("=\"") {
            let Some((value, after)) = after.split_once('"') else { break };
            rest = after;
            attribute(name.trim(), value, &mut output);
        }
        output.push('>');
        if source.ends_with("/>") {
            let _infallible = write!(output, "</{}>", tag.name);
        }
    }
    push_text(mathml.get(done..).unwrap_or_default(), &mut output);
    output
}

fn attribute(name: &str, value: &str, output: &mut String) {
    if name == "style" {
        style(value, output);
    } else if ATTRIBUTES.contains(&name)
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'%' | b'#' | b'+' | b'-'))
    {
        let _infallible = write!(output, " {name}=\"{value}\"");
    }
}

/// What there is to styles without writing any: the side of a cell, and the colour.
fn style(value: &str, output: &mut String) {
    let mut class = None;
    for (property, value) in value.split(';').filter_map(|declaration| declaration.split_once(':')) {
        match (property.trim(), value.trim()) {
            ("text-align", "right") => class = Some("math-right"),
            ("text-align", "left") => class = Some("math-left"),
            ("padding-left", "1em") if class == Some("math-left") => class = Some("math-left math-apart"),
            ("color", color) => attribute("mathcolor", color, output),
            _ => {}
        }
    }
    if let Some(class) = class {
        let _infallible = write!(output, " class=\"{class}\"");
    }
}

/// Text that the converter has escaped, escaped again by our own rule.
fn push_text(text: &str, output: &mut String) {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    push_escaped(&text.replace("&amp;", "&"), output);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inline(source: &str) -> String {
        Formulas::default().html(source, false)
    }

    #[test]
    fn formulas_become_mathml() {
        assert_eq!(inline("a^2"), "<math><msup><mi>a</mi><mn>2</mn></msup></math>");
        assert!(inline("a < b").contains("<mo>&lt;</mo>"));
        let aligned = Formulas::default().html("\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}", true);
        assert!(aligned.starts_with("<span class=\"math\"><math display=\"block\">"), "{aligned}");
        assert!(aligned.contains("<mtd class=\"math-right\">") && !aligned.contains(" style=\""), "{aligned}");
        assert!(inline("\\color{red} x").contains("mathcolor=\"#FF0000\""));
    }

    #[test]
    fn what_is_no_formula_is_shown_with_what_is_wrong() {
        for source in ["\\frac{", "\\nonsense", "a & b", "\\href{javascript:alert(1)}{<b>}"] {
            let html = inline(source);
            assert!(html.starts_with("<span class=\"math-problem\"><code>") && !html.contains("<b>"), "{html}");
        }
        assert!(inline(&"x".repeat(5_000)).contains("more than 4000 bytes"));
    }

    #[test]
    fn text_in_formulas_is_escaped() {
        for source in
            ["\\text{<script>alert(1)</script>}", "\\mathrm{<img src=x onerror=alert(1)>}", "\\operatorname{<b>}"]
        {
            let html = inline(source);
            assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"), "{html}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_before_it_is_converted() {
        for piece in [
            "{",
            "\\sqrt",
            "\\frac",
            "\\hat{",
            "x^{",
            "\\left(",
            "\\begin{matrix}",
            "\\sqrt[",
            "\\not",
            "\\phantom{a",
            "^_",
            "\\sqrt x^",
        ] {
            let source = piece.repeat(MAX_FORMULA / piece.len());
            assert!(inline(&source).contains("math-problem"), "{piece}");
        }
        let deep = format!("{}x{}", "\\sqrt{".repeat(30), "}".repeat(30));
        assert!(inline(&deep).starts_with("<math>"));
        assert!(inline(&"\\alpha+\\beta".repeat(100)).starts_with("<math>"));
    }

    #[test]
    fn a_page_has_so_many_formulas() {
        let mut formulas = Formulas::default();
        let one = "x".repeat(2_000);
        let shown = (0..200).filter(|_| formulas.html(&one, false).starts_with("<math>")).count();
        assert!((20..100).contains(&shown), "{shown}");
    }

    #[test]
    fn a_block_has_a_formula_a_line_but_keeps_groups_together() {
        assert_eq!(formulas("a\n\nb\n"), ["a", "b"]);
        assert_eq!(
            formulas("\\begin{cases}\na \\\\\nb\n\\end{cases}\nc"),
            ["\\begin{cases}\na \\\\\nb\n\\end{cases}", "c"]
        );
        assert_eq!(formulas("{a\n"), ["{a"]);
    }
}
