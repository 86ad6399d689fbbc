//! Blocks of code, and what is written as one: formulas and diagrams.

use std::fmt::{self, Write as _};

use comrak::nodes::NodeCodeBlock;

use super::highlight::Language;
use super::math::formulas;
use super::render::Out;

/// Most lines that get a number.
const MAX_NUMBERED: usize = 10_000;

/// What stands behind the fence, as far as it has a meaning.
struct Info {
    /// In small letters; of these, letters, digits and `_+#.-`.
    language: String,
    /// The number of the first line, when lines have one: `python=`, `python=10`.
    first: Option<usize>,
}

impl Info {
    fn of(info: &str) -> Self {
        let word = info.split_whitespace().next().unwrap_or_default();
        let (name, number) = word.split_once('=').map_or((word, None), |(name, number)| (name, Some(number)));
        let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '#' | '.' | '-');
        let language: String = name.chars().filter(allowed).take(40).collect();
        let first = number.and_then(|number| if number.is_empty() { Some(1) } else { number.parse().ok() });
        Self { language: language.to_ascii_lowercase(), first: first.filter(|first| *first < 1_000_000) }
    }
}

pub(super) fn block(out: &mut Out<'_, '_, '_>, block: &NodeCodeBlock) -> fmt::Result {
    let seal = out.user.seal.as_str();
    let info = Info::of(&block.info);
    out.cr()?;
    match info.language.as_str() {
        "math" => {
            for formula in formulas(&block.literal) {
                let html = out.user.formulas.html(&formula, true);
                out.write_str("<p>")?;
                slot(out, html)?;
                out.write_str("</p>\n")?;
            }
            return Ok(());
        }
        // Drawn in the browser; without scripts it is its source.
        "mermaid" => {
            write!(out, "<pre class=\"{seal}mermaid\">")?;
            out.escape(&block.literal)?;
            return out.write_str("</pre>\n");
        }
        _ => {}
    }
    let lines = block.literal.lines().count();
    match info.first.filter(|_| lines <= MAX_NUMBERED) {
        Some(first) => {
            write!(out, "<pre class=\"{seal}numbered\"><span class=\"{seal}numbers\" aria-hidden=\"{seal}true\">")?;
            for number in first..first + lines {
                writeln!(out, "{number}")?;
            }
            out.write_str("</span>")?;
        }
        None => out.write_str("<pre>")?,
    }
    if info.language.is_empty() {
        out.write_str("<code>")?;
    } else {
        write!(out, "<code class=\"language-{}\">", info.language)?;
    }
    let coloured =
        Language::find(&info.language).and_then(|language| out.user.highlighter.html(&block.literal, language));
    match coloured {
        Some(html) => slot(out, html)?,
        None => out.escape(&block.literal)?,
    }
    out.write_str("</code></pre>\n")
}

/// Writes what the renderer made by itself, so that it needs no sanitizing.
pub(super) fn slot(out: &mut Out<'_, '_, '_>, html: String) -> fmt::Result {
    let seal = out.user.seal.as_str();
    write!(out, "{seal}{};", out.user.slots.len())?;
    out.user.slots.push(html);
    Ok(())
}
