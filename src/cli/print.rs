//! The only place that writes to the terminal. Results go to standard output, everything
//! else to standard error; a reader that has gone away is no error.

use std::io::{Write as _, stderr, stdout};

use jiff::Timestamp;
use serde::Serialize;

use super::CliError;
use crate::admin::{Answer, Finding, Health, Reindexed};
use crate::model::UnixSeconds;
use crate::wiki::{Fate, ImportReport};

/// How a listing is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    Table,
    Json,
}

impl Listing {
    pub(super) fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Table }
    }
}

pub(super) fn lines(text: &str) {
    let _reader_gone = writeln!(stdout(), "{}", text.trim_end());
}

pub(super) fn problem(text: &str) {
    let _reader_gone = writeln!(stderr(), "robotwiki: {text}");
}

pub(super) fn progress(text: &str) {
    let _reader_gone = writeln!(stderr(), "{text}");
}

/// Prints an answer. Tells how well things are: [`Health::Ok`] for all but `doctor`.
pub(super) fn answer(answer: &Answer, listing: Listing) -> Result<Health, CliError> {
    match answer {
        Answer::SignInLink { person, link, expires } => {
            progress(&format!(
                "{} ({}) signs in with this link, once, until {}:",
                person.name,
                person.id,
                time(*expires)
            ));
            lines(link);
        }
        Answer::People { people } if listing == Listing::Json => json(people)?,
        Answer::People { people } => table(
            &["ID", "NAME", "OPERATOR", "SINCE"],
            people.iter().map(|p| [p.id.clone(), p.name.to_string(), yes(p.operator), time(p.created)]),
        ),
        Answer::Wiki { wiki } => {
            progress(&format!("{} ({}) has {} pages and {} files.", wiki.name, wiki.id, wiki.pages, wiki.attachments));
            lines(&wiki.address);
        }
        Answer::Wikis { wikis } if listing == Listing::Json => json(wikis)?,
        Answer::Wikis { wikis } => table(
            &["ID", "SLUG", "NAME", "PUBLIC", "PAGES", "FILES", "BYTES", "SINCE"],
            wikis.iter().map(|w| {
                [
                    w.id.clone(),
                    w.slug.to_string(),
                    w.name.to_string(),
                    yes(w.public),
                    w.pages.to_string(),
                    w.attachments.to_string(),
                    w.bytes.to_string(),
                    time(w.created),
                ]
            }),
        ),
        Answer::Granted { person, role } => lines(&format!("{} ({}) is {role} now.", person.name, person.id)),
        Answer::NewToken { id, secret, expires } => {
            let until =
                expires.map(|at| format!("works until {}", time(at))).unwrap_or("works until revoked".to_owned());
            progress(&format!("Token {id} {until}. It is shown only now:"));
            lines(secret);
        }
        Answer::Tokens { tokens } if listing == Listing::Json => json(tokens)?,
        Answer::Tokens { tokens } => table(
            &["ID", "NAME", "ROLE", "SINCE", "EXPIRES"],
            tokens.iter().map(|t| {
                let expires = t.expires.map_or("never".to_owned(), time);
                [t.id.clone(), t.name.to_string(), t.role.to_string(), time(t.created), expires]
            }),
        ),
        Answer::Reindexing { wikis } => wikis.iter().for_each(|wiki| lines(&reindexed(wiki))),
        Answer::Findings { findings } => return report(findings, listing),
        Answer::Imported { report, .. } if listing == Listing::Json => json(report)?,
        Answer::Imported { report, dry_run } => imported(report, *dry_run),
        Answer::Done => lines("Done."),
    }
    Ok(Health::Ok)
}

fn imported(report: &ImportReport, dry_run: bool) {
    for (what, fates) in [("page", &report.pages), ("file", &report.files)] {
        for row in fates.rows.iter().filter(|row| row.fate != Fate::Unchanged) {
            let fate = match row.fate {
                Fate::New => "new        ",
                Fate::Overwritten => "overwritten",
                Fate::Renamed => "renamed    ",
                Fate::Skipped => "skipped    ",
                Fate::Unchanged => "unchanged  ",
            };
            let from =
                if row.from == row.to || row.from.is_empty() { String::new() } else { format!("  from {}", row.from) };
            lines(&format!("{fate}  {what}  {}{from}", row.to));
        }
    }
    for refused in &report.refused {
        lines(&format!("REFUSED      {}: {}", refused.path, refused.reason));
    }
    for broken in &report.broken {
        lines(&format!("broken link  {} -> {}", broken.page, broken.target));
    }
    report.notes.iter().for_each(|note| lines(note));
    let (pages, files) = (report.pages.changes(), report.files.changes());
    let done = match (dry_run, report.revision) {
        (true, _) => "Nothing is changed yet".to_owned(),
        (false, None) => "Nothing had to be changed".to_owned(),
        (false, Some(revision)) => format!("Done in {}", revision.short()),
    };
    let (refused, broken) = (report.refused.len() + report.more_refused, report.broken.len() + report.more_broken);
    progress(&format!(
        "{done}: taken for {}; {pages} pages and {files} files, {} skipped, {refused} refused, {} ignored, {broken} broken links.",
        report.kind.name(),
        report.pages.skipped + report.files.skipped,
        report.ignored,
    ));
}

fn reindexed(wiki: &Reindexed) -> String {
    let Reindexed { slug, done, pages, embedded } = wiki;
    match (done, embedded) {
        (false, _) => format!("{slug} is being indexed; the old index answers meanwhile."),
        (true, None) => format!("{slug}: {pages} pages indexed."),
        (true, Some((with, passages))) => {
            format!("{slug}: {pages} pages indexed, {with} of them embedded in {passages} passages.")
        }
    }
}

fn report(findings: &[Finding], listing: Listing) -> Result<Health, CliError> {
    if listing == Listing::Json {
        json(&findings)?;
    } else {
        for finding in findings {
            let mark = match finding.health {
                Health::Ok => "ok     ",
                Health::Warning => "warning",
                Health::Broken => "BROKEN ",
            };
            lines(&format!("{mark}  {}: {}", finding.what, finding.detail));
        }
    }
    let worst = |health| findings.iter().any(|finding| finding.health == health);
    Ok(if worst(Health::Broken) {
        Health::Broken
    } else if worst(Health::Warning) {
        Health::Warning
    } else {
        Health::Ok
    })
}

fn json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(|error| CliError::Failed(error.to_string()))?;
    lines(&text);
    Ok(())
}

/// Columns as wide as they need to be.
fn table<const N: usize>(heads: &[&str; N], rows: impl Iterator<Item = [String; N]>) {
    let rows: Vec<[String; N]> = std::iter::once(heads.map(str::to_owned)).chain(rows).collect();
    let widths: Vec<usize> = (0..N)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        lines(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

pub(super) fn time(at: UnixSeconds) -> String {
    Timestamp::from_second(at).map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}
