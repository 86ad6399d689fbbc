//! Lists of files and of pages, for embeddings.

use std::fmt::{self, Write as _};

use super::address;
use super::embedding::Embedding;
use super::render::Out;
use super::render_embeds::problem;
use super::sources::FileEntry;
use crate::model::{PagePath, display_name};

/// Most entries of one list.
const MAX_ENTRIES: usize = 1_000;
/// Most headings in one list, and of one of its pages.
const MAX_HEADINGS: usize = 2_000;
const MAX_HEADINGS_OF_PAGE: usize = 50;
/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 200;

/// The files of the page.
pub(super) fn files(out: &mut Out<'_, '_, '_>, shown: &Embedding) -> fmt::Result {
    let seal = out.user.seal.as_str();
    let context = out.user.context;
    let found = context.sources.files(context.page, MAX_ENTRIES);
    let (mut files, more) = found.map_or((Vec::new(), false), |part| (part.entries, part.more));
    // Its stars may be escaped, as they are where nothing is embedded.
    if let Some(filter) = shown.option(&["filter"]).map(|filter| filter.replace('\\', "").to_lowercase()) {
        files.retain(|file| matches(&filter, &file.name.to_lowercase()));
    }
    if files.is_empty() {
        return writeln!(out, "<p class=\"{seal}embed-index-more\">No files.</p>");
    }
    let format = shown.option(&["format"]).map(str::to_ascii_lowercase);
    if format.as_deref() == Some("minimal") {
        out.write_str("<ul>\n")?;
        for file in &files {
            out.write_str("<li>")?;
            file_link(out, file)?;
            out.write_str("</li>\n")?;
        }
        out.write_str("</ul>\n")?;
    } else {
        let full = format.as_deref() != Some("details");
        file_table(out, &files, full, full && shown.flag("icons", true))?;
    }
    if more {
        writeln!(out, "<p class=\"{seal}embed-index-more\">These are the first {MAX_ENTRIES}.</p>")?;
    }
    Ok(())
}

fn file_table(out: &mut Out<'_, '_, '_>, files: &[FileEntry], full: bool, kinds: bool) -> fmt::Result {
    let seal = out.user.seal.as_str();
    write!(
        out,
        "<div class=\"{seal}table-scroll\" role=\"{seal}group\" tabindex=\"{seal}0\" aria-label=\"{seal}Files\">\n\
         <table>\n<thead><tr><th scope=\"col\">File</th>"
    )?;
    if kinds {
        out.write_str("<th scope=\"col\">Kind</th>")?;
    }
    out.write_str("<th scope=\"col\">Size</th>")?;
    if full {
        out.write_str("<th scope=\"col\">Changed</th>")?;
    }
    out.write_str("</tr></thead>\n<tbody>\n")?;
    for file in files {
        out.write_str("<tr><td>")?;
        file_link(out, file)?;
        out.write_str("</td>")?;
        if kinds {
            let kind = file.name.rsplit_once('.').map_or("", |(_, kind)| kind);
            out.write_str("<td>")?;
            out.escape(&kind.to_uppercase())?;
            out.write_str("</td>")?;
        }
        write!(out, "<td align=\"right\">{}</td>", file.size)?;
        if full {
            match &file.changed {
                Some(day) => write!(out, "<td><time datetime=\"{day}\">{day}</time></td>")?,
                None => out.write_str("<td></td>")?,
            }
        }
        out.write_str("</tr>\n")?;
    }
    out.write_str("</tbody>\n</table>\n</div>\n")
}

fn file_link(out: &mut Out<'_, '_, '_>, file: &FileEntry) -> fmt::Result {
    let href = address::of_page(&format!("{}/{}", out.user.context.page, file.name));
    write!(out, "<a href=\"{href}\">")?;
    out.escape(&file.name)?;
    out.write_str("</a>")
}

/// Whether pages are listed by their whole names, not as a tree.
pub(super) fn is_flat(shown: &Embedding) -> bool {
    shown.option(&["style"]).is_some_and(|style| style.eq_ignore_ascii_case("list"))
}

/// The pages below this one, or those that `src` names.
pub(super) fn pages(out: &mut Out<'_, '_, '_>, shown: &Embedding) -> fmt::Result {
    let context = out.user.context;
    let own = context.page.fold();
    let found = match shown.option(&["src"]) {
        Some(pattern) if pattern.len() > MAX_PATTERN => {
            return problem(out, &shown.name, &format!("has a src of more than {MAX_PATTERN} bytes."));
        }
        Some(pattern) => {
            let pattern = match pattern.strip_prefix("./") {
                Some(below) => format!("{}/{below}", context.page),
                None => pattern.trim_start_matches('/').to_owned(),
            };
            let pattern = pattern.replace('_', " ").to_lowercase();
            context.sources.pages(&|page| matches(&pattern, page), MAX_ENTRIES)
        }
        None => {
            let above = format!("{}/", own.as_str());
            context.sources.pages(&|page| page.starts_with(&above), MAX_ENTRIES)
        }
    };
    let seal = out.user.seal.as_str();
    if found.entries.is_empty() {
        return writeln!(out, "<p class=\"{seal}embed-index-more\">No pages.</p>");
    }
    let mut list = PageList { shown, headings: 0 };
    if is_flat(shown) {
        out.write_str("<ul>\n")?;
        for page in &found.entries {
            out.write_str("<li>")?;
            list.entry(out, page, &page.as_str().split('/').map(display_name).collect::<Vec<_>>().join(" / "))?;
            out.write_str("</li>\n")?;
        }
        out.write_str("</ul>\n")?;
    } else {
        // What is above all of them is not repeated.
        let above = if shown.option(&["src"]).is_none() { context.page.as_str().split('/').count() } else { 0 };
        list.tree(out, &found.entries, above)?;
    }
    if found.more {
        writeln!(
            out,
            "<p class=\"{seal}embed-index-more\">These are the first {MAX_ENTRIES}. <a href=\"/-/index\">All pages</a></p>"
        )?;
    }
    Ok(())
}

struct PageList<'e> {
    shown: &'e Embedding,
    /// Headings that have been listed.
    headings: usize,
}

impl PageList<'_> {
    /// Pages in reading order as lists in lists; folders without a page are names.
    fn tree(&mut self, out: &mut Out<'_, '_, '_>, pages: &[PagePath], above: usize) -> fmt::Result {
        let mut open: Vec<&str> = Vec::new();
        for page in pages {
            let components: Vec<&str> = page.as_str().split('/').skip(above).collect();
            let shared = open.iter().zip(&components).take_while(|(a, b)| fold(a) == fold(b)).count();
            let shared = shared.min(components.len().saturating_sub(1));
            let mut goes_on = false;
            while open.len() > shared {
                out.write_str("</li>\n")?;
                goes_on = open.len() == shared + 1;
                if !goes_on {
                    out.write_str("</ul>\n")?;
                }
                open.pop();
            }
            for (depth, component) in components.iter().enumerate().skip(shared) {
                out.write_str(if goes_on { "<li>" } else { "<ul>\n<li>" })?;
                goes_on = false;
                open.push(component);
                if depth + 1 == components.len() {
                    self.entry(out, page, &display_name(component))?;
                } else {
                    out.write_str("<strong>")?;
                    out.escape(&display_name(component))?;
                    out.write_str("</strong>")?;
                }
                if depth + 1 < components.len() {
                    out.write_str("\n")?;
                }
            }
        }
        for _level in open {
            out.write_str("</li>\n</ul>\n")?;
        }
        Ok(())
    }

    fn entry(&mut self, out: &mut Out<'_, '_, '_>, page: &PagePath, name: &str) -> fmt::Result {
        let href = address::of_page(page.as_str());
        write!(out, "<a href=\"{href}\">")?;
        out.escape(name)?;
        out.write_str("</a>")?;
        let left = MAX_HEADINGS.saturating_sub(self.headings).min(MAX_HEADINGS_OF_PAGE);
        if !self.shown.flag("toc", false) || left == 0 {
            return Ok(());
        }
        let headings = out.user.context.sources.headings(page);
        if headings.is_empty() {
            return Ok(());
        }
        let folded = self.shown.flag("toggle", true);
        if folded {
            out.write_str("\n<details><summary>Headings</summary>")?;
        }
        out.write_str("\n<ul>\n")?;
        for (title, anchor) in headings.iter().take(left) {
            self.headings += 1;
            write!(out, "<li><a href=\"{href}#")?;
            out.escape(anchor)?;
            out.write_str("\">")?;
            out.escape(title)?;
            out.write_str("</a></li>\n")?;
        }
        out.write_str("</ul>\n")?;
        if folded {
            out.write_str("</details>\n")?;
        }
        Ok(())
    }
}

fn fold(component: &str) -> String {
    PagePath::parse(component).map_or_else(|_refused| component.to_owned(), |path| path.fold().as_str().to_owned())
}

/// Whether `text` is what `pattern` describes: `*` stands for anything, `?` for one character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    // The last star, and where what it stands for ends.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(from) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == c => {
                at += 1;
                from += 1;
            }
            _ => match &mut star {
                Some((star_at, end)) => {
                    *end += 1;
                    (at, from) = (*star_at + 1, *end);
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_stand_for_whole_names() {
        for (pattern, text, expected) in [
            ("guide/*", "guide/install", true),
            ("guide/*", "guide", false),
            ("*", "", true),
            ("*.png", "a.b.png", true),
            ("*.png", "a.pngx", false),
            ("a?c*", "abcd", true),
            ("a*b*c", "aXbXXc", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        assert!(!matches(&"*a".repeat(100), &"b".repeat(10_000)));
    }
}
