//! Tables of data, for embeddings.

use std::fmt::{self, Write as _};

use super::csv;
use super::embedding::Embedding;
use super::render::Out;
use super::render_embeds::{Target, problem, target};

/// Largest file that is read, in bytes, all tables of a page together.
const MAX_CSV: usize = 1024 * 1024;

/// What the script of data tables reads.
pub(super) fn options(shown: &Embedding) -> String {
    let mut classes = String::new();
    for (name, class) in [("sortable", " sortable"), ("searchable", " searchable")] {
        if shown.flag(name, true) {
            classes.push_str(class);
        }
    }
    if shown.flag("paging", true) {
        let part = shown.option(&["perpage", "per_page"]).and_then(|number| number.parse().ok()).unwrap_or(25);
        classes.push_str(&format!(" paged-{}", u16::clamp(part, 1, 1000)));
    }
    if shown.flag("fixedheight", false) {
        classes.push_str(" tall");
    }
    classes
}

/// A table of the file that `src` names, if it names one.
pub(super) fn file(out: &mut Out<'_, '_, '_>, shown: &Embedding) -> fmt::Result {
    let Some(source) = shown.option(&["src"]) else { return Ok(()) };
    let path = match target(out, source) {
        Ok(Target::File { path, .. }) => path,
        Ok(Target::Site(_)) => return problem(out, &shown.name, "shows files of this wiki only."),
        Err(text) => return problem(out, &shown.name, &text),
    };
    let left = MAX_CSV.saturating_sub(out.user.nesting.budget.csv.get());
    let bytes = match out.user.context.sources.file(&path, left) {
        Ok(bytes) => bytes,
        Err(error) => return problem(out, &shown.name, &format!("cannot show {source}: the file {error}.")),
    };
    let budget = &out.user.nesting.budget.csv;
    budget.set(budget.get() + bytes.len());
    let Ok(text) = String::from_utf8(bytes) else {
        return problem(out, &shown.name, &format!("cannot show {source}: the file is not text in UTF-8."));
    };
    let one =
        |names: &[&str]| shown.option(names).map(|value| if value == "\\t" { "\t" } else { value })?.chars().next();
    let delimiter = one(&["delimiter"]).unwrap_or_else(|| csv::delimiter(&text));
    let table = csv::read(&text, delimiter, one(&["quotechar"]).unwrap_or('"'));
    write_table(out, shown, table)
}

fn write_table(out: &mut Out<'_, '_, '_>, shown: &Embedding, table: csv::Table) -> fmt::Result {
    let seal = out.user.seal.as_str();
    let mut rows = table.rows.into_iter();
    let first = if shown.flag("header", true) { rows.next() } else { None };
    let given = shown.option(&["headers"]).map(|names| names.split(',').map(|name| name.trim().to_owned()).collect());
    let rows: Vec<Vec<String>> = rows.collect();
    let wide = rows.iter().map(Vec::len).max().unwrap_or_default();
    let head: Vec<String> = match given.or(first) {
        Some(head) => head,
        None => (1..=wide).map(|n| format!("Column {n}")).collect(),
    };
    let chosen = columns(shown, &head, wide.max(head.len()));
    write!(
        out,
        "<div class=\"{seal}table-scroll\" role=\"{seal}group\" tabindex=\"{seal}0\" aria-label=\"{seal}Table\">\n<table>\n<thead><tr>"
    )?;
    let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
    for at in &chosen {
        out.write_str("<th scope=\"col\">")?;
        out.escape(&cell(&head, *at))?;
        out.write_str("</th>")?;
    }
    out.write_str("</tr></thead>\n<tbody>\n")?;
    for row in &rows {
        out.write_str("<tr>")?;
        for at in &chosen {
            out.write_str("<td>")?;
            out.escape(&cell(row, *at))?;
            out.write_str("</td>")?;
        }
        out.write_str("</tr>\n")?;
    }
    out.write_str("</tbody>\n</table>\n</div>\n")?;
    if table.cut {
        problem(out, &shown.name, &format!("shows the first {} rows; the file has more.", rows.len()))?;
    }
    Ok(())
}

/// The columns to show: `columns=1,Name` counts from 1 and knows names, `column0=0,1` from 0.
fn columns(shown: &Embedding, head: &[String], wide: usize) -> Vec<usize> {
    let named = |name: &str| head.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
    let chosen: Vec<usize> = if let Some(list) = shown.option(&["columns"]) {
        let one = |word: &str| named(word).or_else(|| word.parse::<usize>().ok()?.checked_sub(1));
        list.split(',').filter_map(|word| one(word.trim())).filter(|at| *at < wide).collect()
    } else if let Some(list) = shown.option(&["column0", "columns0"]) {
        list.split(',').filter_map(|word| word.trim().parse().ok()).filter(|at| *at < wide).collect()
    } else {
        Vec::new()
    };
    let all = (0..wide).collect();
    if chosen.is_empty() || chosen.len() > wide { all } else { chosen }
}
